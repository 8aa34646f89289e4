"""Whose code stands on a stack is told by where it was loaded from, whatever it says of itself."""

from __future__ import annotations

import sys
import threading
import types
from importlib import machinery
from pathlib import Path

import pytest
from tests.runtime.guard.policies import SOURCE, TASK, loaded, origins_of, watching
from tests.unprivileged import forked

from dayfly.core.policy import Policy, Table
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.hooks import make_hook

LIB, OTHER, APP = f"{TASK}/lib/__init__.py", f"{TASK}/other/deep/inside.py", f"{TASK}/app.py"


@pytest.fixture
def guard() -> Guard:
    return watching(Policy({"process": Table()}))


def test_packages_are_those_between_the_operation_and_the_nearest_code_of_the_function(guard: Guard) -> None:
    lib, other, app, outer = (
        loaded(guard, path) for path in (LIB, OTHER, APP, "/layer/site-packages/outer.py")
    )
    origins = origins_of(guard)
    assert app.ask(origins) == ("function",)
    assert app.call(lib.ask, origins) == ("lib",)
    assert app.call(other.call, lib.ask, origins) == ("lib", "other")
    assert app.call(lib.call, lib.call, other.call, lib.ask, origins) == ("lib", "other")
    # A decorator around the handler is not between them, and a callback of the function's is its own.
    assert outer.call(app.call, lib.ask, origins) == ("lib",)
    assert lib.call(app.ask, origins) == ("function",)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        (f"{TASK}/app.py", "function"),
        (f"{TASK}/services/pay.py", "function"),
        (f"{TASK}/lib/x.py", "lib"),
        ("/opt/python/lib/python3.12/site-packages/yaml/loader.py", "yaml"),
        ("/x/site-packages/six.py", "six"),
        ("/x/site-packages/awslambdaric/bootstrap.py", ""),
        (threading.__file__, ""),
        ("/tmp/evil.py", "?"),
    ],
)
def test_whose_a_file_is(guard: Guard, path: str, owner: str) -> None:
    module = loaded(guard, path)
    assert origins_of(guard).owner(module.ask.__code__) == owner


@pytest.mark.parametrize("name", [APP, OTHER, threading.__file__, "<string>", "/tmp/x"])
def test_text_that_a_package_executes_is_its_own_whatever_it_is_called(guard: Guard, name: str) -> None:
    lib, app = loaded(guard, LIB, SOURCE + "def run(code, names): exec(code, names)\n"), loaded(guard, APP)
    hook = make_hook(guard)
    code = compile(SOURCE, name, "exec")
    app.call(lib.tell, hook, "exec", code)
    names: dict[str, types.FunctionType] = {}
    exec(code, names)
    assert app.call(names["ask"], origins_of(guard)) == ("lib",)


def test_text_that_the_function_is_made_to_execute_without_a_word_of_it_is_nobodys(guard: Guard) -> None:
    """A finaliser or a callback that is nothing but `exec`, which somebody has handed to the function."""
    app = loaded(guard, APP, SOURCE + "def run(code, names): exec(code, names)\n")
    hook, origins = make_hook(guard), origins_of(guard)
    planted, own = compile(SOURCE, APP, "exec"), compile(SOURCE + "def run(): exec\n", APP, "exec")
    app.tell(hook, "exec", planted)
    names: dict[str, types.FunctionType] = {}
    exec(planted, names)
    assert app.call(names["ask"], origins) == ("?",)
    # Its own, where it says so.
    origins.makes(own, types.SimpleNamespace(f_code=app.run.__code__, f_back=None))  # type: ignore[arg-type]
    exec(own, names)
    assert app.call(names["ask"], origins) == ("function",)


def test_code_that_nobody_executed_is_nobodys(guard: Guard) -> None:
    app = loaded(guard, APP)
    forged = types.FunctionType(app.ask.__code__.replace(co_name="ask"), vars(app))
    assert app.call(forged, origins_of(guard)) == ("?",)
    assert origins_of(guard).owner(app.ask.__code__) == "function"


def test_code_that_is_put_into_a_function_is_whose_who_put_it_there(guard: Guard) -> None:
    lib, app = loaded(guard, LIB), loaded(guard, APP)
    code = app.ask.__code__.replace(co_name="ask")
    lib.tell(make_hook(guard), "object.__setattr__", app.ask, "__code__", code)
    app.ask.__code__ = code
    assert app.call(app.ask, origins_of(guard)) == ("lib",)


def test_what_a_thread_does_counts_for_who_started_it(guard: Guard) -> None:
    lib, app = loaded(guard, LIB), loaded(guard, APP)
    origins = origins_of(guard)
    thread, stranger = threading.Thread(), threading.Thread()
    app.call(lib.call, origins.starts, thread, _frame_of(lib))
    assert [origins.packages(_bottom(one)) for one in (thread, stranger)] == [("lib",), ("?",)]


def _bottom(thread: threading.Thread) -> types.FrameType:
    code = threading.Thread._bootstrap.__code__  # type: ignore[attr-defined]
    return types.SimpleNamespace(f_code=code, f_locals={"self": thread}, f_back=None)  # type: ignore[return-value]


def _frame_of(module: types.ModuleType) -> types.FrameType:
    code = module.call.__code__
    return types.SimpleNamespace(f_code=code, f_back=None)  # type: ignore[return-value]


def test_a_loader_is_believed_only_as_the_interpreter_made_it(tmp_path: Path) -> None:
    """In a child: an audit hook stays."""
    app = tmp_path / "app.py"
    app.write_text(SOURCE)
    evil = tmp_path / "evil" / "__init__.py"
    evil.parent.mkdir()
    evil.write_text(SOURCE)

    def act() -> list[str]:
        guard = watching(Policy({"process": Table()}), task=str(tmp_path), mode="observe")
        origins = origins_of(guard)
        sys.addaudithook(make_hook(guard))

        def owner(loader: object) -> str:
            module = types.ModuleType("app")
            loader.exec_module(module)  # type: ignore[attr-defined]
            return origins.owner(module.ask.__code__)

        class SourceFileLoader(machinery.SourceFileLoader):
            pass

        SourceFileLoader.__module__ = "_frozen_importlib_external"
        lying = machinery.SourceFileLoader("app", str(app))
        lying.get_data = lambda path: evil.read_bytes()  # type: ignore[method-assign]
        found = [owner(machinery.SourceFileLoader("app", str(app)))]
        found += [owner(one) for one in (SourceFileLoader("app", str(app)), lying)]
        sys.pycache_prefix = "/tmp/elsewhere"
        found.append(owner(machinery.SourceFileLoader("app", str(app))))
        return found

    first, *others = forked(act)
    assert first == "function"
    assert "function" not in others
