"""A trial adopts imports that loaded code of the deployment names and that touch nothing; nobody else chooses any."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.unprivileged import UID

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a deployment that nobody can write needs root")

ZYGOTES: list[subprocess.Popen[str]] = []
PACKAGE = {
    "deployed.py": """
        def handler(event, context):
            import named_here
            from shop import part
            import shop.deep.below as below

        def gives_names():
            return "named_as_text", handler.attribute_of_it
        """,
    "named_here.py": "import brought_along",
    "brought_along.py": "def later():\n    import named_then\n",
    "named_then.py": "",
    "named_as_text.py": "",
    "attribute_of_it.py": "",
    "nobody_names.py": "",
    "shop/__init__.py": "LAZY = {'Thing': '.lazily', 'Other': 'plain_word'}\\nPREFIX = 'shop.backend_'",
    "shop/part.py": "",
    "shop/lazily.py": "",
    "shop/unnamed.py": "",
    "shop/backend_one.py": "",
    "shop/uses.py": "def later():\\n    from . import relative\\n    from .deep import beside\\n",
    "shop/relative.py": "",
    "shop/safe.py": """
        check, IS_STRICT, CHECKS, NAMES = (lambda token: False), True, [print, len], {print, len}
        ALLOWED = ("right",)
        FLAGS, SECRETS = {"strict": True}, {"admin": "hash"}
        is_also_strict, _count, _kept, _pair = True, 1, None, (1, 2)
        TABLE = {"strict": True, "also": True, "check": check}
        class Door:
            def __init__(self): self.is_shut = True
            def opens(self): return False
        class Inner(Door):
            __complete__ = False
            __rule__ = classmethod(lambda cls: False)
        DOOR = Door()
        def signed(token, strict=True, *, algorithm="RS256"): pass
        def wrap(function, count=0):
            def wrapper(token):
                nonlocal count
                count += 1
                return function(token)
            return wrapper
        wrapped = wrap(check)
        """,
    # As six has them: what is asked for first takes the place of the descriptor that computes it.
    "shop/moved.py": """
        import sys, types
        class Late:
            def __init__(self, name): self.name = name
            def __get__(self, module, kind):
                value = {"quote": repr, "check": print}[self.name]
                setattr(module, self.name, value)
                if self.name in vars(kind): delattr(kind, self.name)
                return value
        class Moved(types.ModuleType):
            quote, check = Late("quote"), Late("check")
        sys.modules["shop.moves"] = Moved("shop.moves")
        """,
    "shop/deep/__init__.py": "",
    "shop/deep/below.py": "",
    "lazy/__init__.py": "part, check = object(), lambda token: False\\nimport_names = ['.part', '.check']",
    "lazy/part.py": "",
    "lazy/check.py": "",
    "lazy/other.py": "import sys; sys.modules['lazy'].part = 1",
    "shop/deep/beside.py": "",
}
POOL = """
    #include <pthread.h>
    #include <unistd.h>
    static pthread_t thread;
    static int ends[2];
    static void *wait_for_end(void *none) { char one; (void)!read(ends[0], &one, 1); return none; }
    static void end(void) { if (thread) { (void)!write(ends[1], "", 1); pthread_join(thread, 0); close(ends[0]); close(ends[1]); thread = 0; } }
    __attribute__((constructor)) static void begin(void) {
        (void)!pipe(ends); pthread_create(&thread, 0, wait_for_end, 0); pthread_atfork(end, 0, 0);
    }
    """
# What an import does, and is not adopted for. {tmp} is a directory that workers can write.
TOUCHES = {
    "reads what a worker may have written": "open({tmp!r} + '/planted').read()",
    "lists what a worker may have written": "import os; os.listdir({tmp!r})",
    "loads native code that a worker may have written": "import importlib.util as u; u.module_from_spec(u.spec_from_file_location('planted', {tmp!r} + '/planted.so'))",
    "writes": "open('/dev/null', 'w')",
    "sets a variable": "import os; os.environ['PLANTED'] = '1'",
    "sets a variable past os.environ": "import os; os.putenv('PLANTED', '1')",
    "takes a variable away past os.environ": "import os; os.unsetenv('PATH')",
    "sets a variable past os.environ to another value": "import os; os.environ['X'] = '1'; del os.environ['X']; os.putenv('X', '2')",
    "starts a thread": "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "starts a thread that writes": "import _thread; _thread.start_new_thread(lambda: open({tmp!r} + '/written', 'w'), ())",
    "leaves a socket": "import socket; kept = socket.socket()",
    "leaves a socket pair": "import socket; kept = socket.socketpair()",
    "adds a hook for forks": "import os; os.register_at_fork(before=lambda: None)",
    "adds an audit hook": "import sys; sys.addaudithook(lambda *_: None)",
    "leaves shared memory": "import mmap; kept = mmap.mmap(-1, 4096)",
    "starts a program": "import subprocess; subprocess.run(['/bin/true'])",
    "connects": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
    "keeps a descriptor": "import os; kept = os.pipe()",
    "changes the search path": "import sys; sys.path.insert(0, {tmp!r})",
    "takes an import hook away": "import sys; sys.meta_path.pop()",
    "adds an import hook": "import sys; sys.meta_path.insert(0, object())",
    "handles signals": "import signal; signal.signal(signal.SIGUSR2, lambda *_: None)",
    "replaces import": "import builtins; real = __import__; builtins.__import__ = lambda *a, **k: real(*a, **k)",
    "replaces a function": "import shop.safe; shop.safe.check = lambda token: True",
    "replaces a function's code": "import shop.safe as s; s.check.__code__ = (lambda token: True).__code__",
    "replaces a default": "import shop.safe as s; s.signed.__defaults__ = (False,)",
    "replaces a default of a keyword": "import shop.safe as s; s.signed.__kwdefaults__ = {'algorithm': 'none'}",
    "replaces what a wrapper calls": "import shop.safe as s; s.wrapped.__closure__[1].cell_contents = lambda token: True",
    "hides what a module computes when asked": "import shop.moves as m; vars(m)['check'] = lambda token: True",
    "replaces what a module computes when asked": "import shop.moves as m; m.check = lambda token: True; del type(m).check",
    "takes away what a module computes when asked": "import shop.moves as m; del type(m).check",
    "replaces one of two that modules compute": "import shop.moves as m; m.quote; m.check = lambda token: True; del type(m).check",
    "changes how a module computes": "import shop.moves as m; vars(type(m))['check'].name = 'quote'; m.check",
    "gives a module's class a method for one that it computed": "import shop.moves as m; m.quote; m.check; type(m).opens = lambda self: True",
    "replaces a module's class": "import shop.safe as s, types; s.__class__ = type('Other', (types.ModuleType,), {})",
    "hides a function of Python's": "import shop.safe as s; s.isinstance = lambda *_: True",
    "replaces a function of the standard library": "import json; json.dumps = repr",
    "replaces a method": "import shop.safe; shop.safe.Door.opens = lambda self: True",
    "gives a class a method": "import shop.safe; shop.safe.Inner.opens = lambda self: True",
    "calls something else by an object's name": "import shop.safe; shop.safe.DOOR.opens = lambda: True",
    "replaces a class's own method by a flag": "import shop.safe; shop.safe.Inner.__rule__ = True",
    "gives a class a method of Python's own": "import shop.safe; shop.safe.Inner.__call__ = lambda self: True",
    "replaces a method that Python calls": "import shop.safe; shop.safe.Door.__init__ = lambda self: None",
    "takes an attribute away": "import shop.safe; del shop.safe.Door.opens",
    "changes a flag": "import shop.safe; shop.safe.IS_STRICT = False",
    "changes an object's flag": "import shop.safe; shop.safe.DOOR.is_shut = False",
    "changes a flag in a table": "import shop.safe; shop.safe.TABLE['strict'] = False",
    "changes a flag in a table of flags alone": "import shop.safe; shop.safe.FLAGS['strict'] = False",
    "replaces a text in a table of texts alone": "import shop.safe; shop.safe.SECRETS['admin'] = 'another'",
    "replaces a row of a table": "import shop.safe; shop.safe.TABLE['check'] = repr",
    "takes an item away": "import shop.safe; shop.safe.CHECKS.pop(0)",
    "empties a set": "import shop.safe; shop.safe.NAMES.clear()",
    "sets the recursion limit": "import sys; sys.setrecursionlimit(5000)",
    "lets numbers have any length": "import sys; sys.set_int_max_str_digits(0)",
    "silences the log": "import logging; logging.disable()",
    "sets the log's level": "import logging; logging.getLogger().setLevel(60)",
    "switches the collector off": "import gc; gc.disable()",
    "sets the sockets' time limit": "import socket; socket.setdefaulttimeout(0.001)",
    "sets code where there is none": "import shop.safe; shop.safe._kept = repr",
    "sets a module's constants": "import shop.safe; shop.safe.ALLOWED += ('all',)",
    "makes errors of warnings": "import warnings; warnings.simplefilter('error')",
    "rounds otherwise": "import decimal; decimal.getcontext().prec = 3",
    "sets the locale": "import locale; locale.setlocale(locale.LC_ALL, 'C.UTF-8')",
    "sets what opens every URL": "import urllib.request as u; u.install_opener(u.build_opener())",
    "sets the mode of new files": "import os; os.umask(0)",
    "drops what a codec refuses": "import codecs; codecs.register_error('strict', lambda e: ('', e.end))",
    "fails": "raise LookupError",
    "exits": "raise SystemExit",
}
# What an import does and leaves no trace of, or only what later imports need, or in addition to what there is.
LEAVES_ALONE = {
    "sets a variable for a while": "import os; os.environ['X'] = '1'; del os.environ['X']",
    "changes a variable for a while": "import os; old = os.environ['PATH']; os.environ['PATH'] = '/'; os.environ['PATH'] = old",
    "adds to what there is": "import shop.safe as s; s.TABLE['more'] = repr; s.CHECKS.append(1); s.NAMES.add(2); s.more = repr; s.Door.COUNT = 2",
    "counts and keeps": "import shop.safe as s; s._count += 1; s._kept = object(); s._pair = (1, 3)",
    "computes": "import decimal; decimal.Decimal(1) / 3",
    "leaves warnings out": "import warnings; warnings.simplefilter('ignore')",
    "completes a class": "import shop.safe as s; s.Inner.__complete__ = True",
    "counts in a closure": "import shop.safe as s; s.wrapped(None); s.wrapped.note = 1",
    "asks a module for what it computes": "import shop.moves as m; m.quote; m.check",
    "moves a class": "import shop.safe as s; s.Door.__module__ = 'shop'",
    "loads what has settings": "import decimal, logging, socket, urllib.request",
    "adds an import hook behind all others": "import sys; sys.meta_path.append(type('Finder', (), {'find_spec': lambda *_: None})())",
}


@pytest.fixture
def tmp(tmp_path: Path) -> Path:
    """Where workers can write."""
    place = tmp_path / "tmp"
    place.mkdir()
    (place / "planted").write_text("planted")
    for folder in (place, *place.parents):
        if folder.is_relative_to("/tmp/") and folder != Path("/tmp"):
            folder.chmod(0o755)
    os.chown(place, UID, UID)
    return place


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that UID cannot write, nor what is above it."""
    # Not below /tmp, which everybody can write.
    place = Path(tempfile.mkdtemp(prefix="import-trial-", dir="/var/lib"))
    place.chmod(0o755)
    for name, text in PACKAGE.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_dedented(text))
    monkeypatch.syspath_prepend(str(place))
    yield place
    shutil.rmtree(place)


def _dedented(text: str) -> str:
    return textwrap.dedent(text).replace("\\n", "\n")


@pytest.fixture(scope="module", autouse=True)
def _zygote() -> Iterator[None]:
    command = [sys.executable, "-m", "tests.runtime.bare_trials"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        ZYGOTES.append(process)
        yield
        ZYGOTES.remove(process)


def adopted(
    *names: str,
    loaded: tuple[str, ...] = ("deployed", "shop", "shop.uses"),
    tmp: Path,
    room_mb: int = 100,
    spare_mb: int = 200,
    marks: str = "+",
) -> list[str]:
    """What a trial of `names` reports in a process that has loaded the others, as a user who cannot write them."""
    zygote = ZYGOTES[0]
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    limits = {"temporary": (str(tmp),), "room_mb": room_mb, "spare_mb": spare_mb}
    print(
        json.dumps({"path": sys.path, "loaded": loaded, "names": names, **limits}),
        file=zygote.stdin,
        flush=True,
    )
    lines = json.loads(zygote.stdout.readline())
    return [line[1:].partition(" ")[0] for line in lines if line.startswith(tuple(marks))]


def test_what_takes_memory_that_workers_need_is_not_adopted(deployment: Path, tmp: Path) -> None:
    (deployment / "named_here.py").write_text(
        "import brought_along\nTABLE = bytes(24 << 20).replace(b'\\0', b'x')"
    )
    assert adopted("named_here", "shop.part", tmp=tmp, room_mb=16) == []
    assert adopted("named_here", "shop.part", tmp=tmp) == ["named_here", "shop.part"]


def test_what_a_trial_needs_itself_counts(deployment: Path, tmp: Path) -> None:
    (deployment / "large.py").write_text("TABLE = [[number] for number in range(800_000)]")
    loaded = ("deployed", "large")
    assert adopted("named_here", loaded=loaded, tmp=tmp, spare_mb=16) == []
    assert adopted("named_here", loaded=loaded, tmp=tmp) == ["named_here"]


@pytest.mark.usefixtures("deployment")
def test_what_no_loaded_code_imports_is_not_imported(tmp: Path) -> None:
    refused = ("nobody_names", "named_as_text", "attribute_of_it", "shop.unnamed", "plain_word", "dayfly.cli")
    assert adopted(*refused, "shop.__main__", "shop.part", tmp=tmp) == ["shop.part"]


@pytest.mark.usefixtures("deployment")
def test_what_the_standard_library_alone_names_is_not_imported(tmp: Path) -> None:
    # The module `site` names them.
    assert adopted("readline", "usercustomize", "rlcompleter", "shop.part", tmp=tmp) == ["shop.part"]


@pytest.mark.usefixtures("deployment")
def test_what_loaded_code_names_is_imported(tmp: Path) -> None:
    named = ("named_here", "shop.part", "shop.deep.below", "shop.lazily", "shop.backend_one", "shop.relative")
    assert adopted(*named, "shop.deep.beside", tmp=tmp) == [*named, "shop.deep.beside"]


@pytest.mark.usefixtures("deployment")
def test_what_an_import_has_loaded_names_what_comes_before_it(tmp: Path) -> None:
    assert adopted("nobody_names", "named_then", "named_here", tmp=tmp) == ["named_here", "named_then"]


def test_a_trial_ends_before_it_reads_what_a_worker_may_have_written(deployment: Path, tmp: Path) -> None:
    reads = "import os\ntry:\n    open({0!r} + '/planted')\nfinally:\n    os.mkfifo({0!r} + '/went_on')\n"
    (deployment / "named_here.py").write_text(reads.format(str(tmp)))
    assert adopted("named_here", tmp=tmp) == []
    assert sorted(path.name for path in tmp.iterdir()) == ["planted"]


@pytest.mark.usefixtures("deployment")
def test_code_that_is_not_loaded_names_nothing(tmp: Path) -> None:
    assert adopted("named_here", loaded=("shop",), tmp=tmp) == []


@pytest.mark.parametrize("does", TOUCHES)
def test_an_import_that_touches_anything_ends_the_trial(deployment: Path, tmp: Path, does: str) -> None:
    (deployment / "named_here.py").write_text(TOUCHES[does].replace("{tmp!r}", repr(str(tmp))))
    loaded = ("deployed", "shop", "shop.uses", "shop.safe", "shop.moved")
    assert adopted("shop.part", "named_here", "shop.relative", loaded=loaded, tmp=tmp) == ["shop.part"]


@pytest.mark.parametrize("does", LEAVES_ALONE)
def test_an_import_that_puts_back_what_it_touched_is_adopted(deployment: Path, tmp: Path, does: str) -> None:
    (deployment / "named_here.py").write_text(LEAVES_ALONE[does])
    loaded = ("deployed", "shop", "shop.uses", "shop.safe", "shop.moved")
    assert adopted("named_here", "shop.relative", loaded=loaded, tmp=tmp) == ["named_here", "shop.relative"]


def test_a_module_takes_the_place_of_what_its_package_has_for_it_but_not_a_functions(
    deployment: Path, tmp: Path
) -> None:
    for name in ("part", "check", "other"):
        (deployment / "lazy" / "uses.py").write_text(f"def later():\n    from . import {name}\n")
        found = adopted(f"lazy.{name}", loaded=("lazy", "lazy.uses"), tmp=tmp)
        assert found == ([f"lazy.{name}"] if name == "part" else []), name


def test_what_another_import_of_the_trial_brought_is_not_replaced_either(deployment: Path, tmp: Path) -> None:
    (deployment / "named_here.py").write_text("import shop.part; shop.part.check = lambda token: True")
    (deployment / "shop/part.py").write_text("check = lambda token: False")
    assert adopted("shop.part", "named_here", "shop.relative", tmp=tmp) == ["shop.part"]


@pytest.mark.parametrize(
    "first", ["import shop.safe as s; s.more = print", "import shop.moves as m; m.check"]
)
def test_nor_is_what_another_import_added_to_what_there_was(deployment: Path, tmp: Path, first: str) -> None:
    (deployment / "named_here.py").write_text(first)
    (deployment / "shop/part.py").write_text(
        "import shop.safe, shop.moves\nshop.safe.more = shop.moves.check = lambda token: True"
    )
    loaded = ("deployed", "shop", "shop.safe", "shop.moved")
    assert adopted("named_here", "shop.part", loaded=loaded, tmp=tmp) == ["named_here"]


def test_a_hook_for_forks_is_one_too_many_whatever_hooks_there_are(deployment: Path, tmp: Path) -> None:
    hook = "import os; os.register_at_fork(before=lambda: None)"
    (deployment / "hooked.py").write_text(hook)
    (deployment / "named_here.py").write_text(hook)
    loaded = ("deployed", "shop", "shop.uses", "hooked")
    assert adopted("shop.part", "named_here", "shop.relative", loaded=loaded, tmp=tmp) == ["shop.part"]


def test_a_library_whose_threads_end_at_a_fork_is_adopted(deployment: Path, tmp: Path) -> None:
    # As OpenBLAS does it, which NumPy loads.
    source = deployment / "pool.c"
    source.write_text(POOL)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-pthread", str(source), "-o", str(deployment / "pool.so")], check=True
    )
    (deployment / "named_here.py").write_text(f"import ctypes; ctypes.CDLL({str(deployment / 'pool.so')!r})")
    assert adopted("named_here", "shop.relative", tmp=tmp) == ["named_here", "shop.relative"]


@pytest.mark.usefixtures("deployment")
def test_what_the_trial_itself_has_loaded_is_tried_once(tmp: Path) -> None:
    assert adopted("dis", "shop.part", tmp=tmp, marks="?+") == ["dis", "shop.part", "shop.part"]


def test_a_module_that_a_worker_could_have_written_is_not_adopted(deployment: Path, tmp: Path) -> None:
    (deployment / "named_here.py").unlink()
    (tmp / "named_here.py").write_text("")

    sys.path.append(str(tmp))
    try:
        assert adopted("named_here", tmp=tmp) == []
    finally:
        sys.path.remove(str(tmp))


def test_bytecode_that_a_worker_could_have_written_is_not_adopted(deployment: Path, tmp: Path) -> None:
    cache = deployment / "__pycache__"
    cache.mkdir()
    os.chown(cache, UID, UID)
    assert adopted("named_here", tmp=tmp) == []


@pytest.mark.slow
def test_real_libraries_are_adopted_that_replace_nothing(
    deployment: Path, tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = next((real_python().parent.parent / "lib").glob("python3*/site-packages"))
    monkeypatch.syspath_prepend(str(place))
    (deployment / "deployed.py").write_text(
        "import six\ndef handler(event, context):\n    import dateutil.rrule, sqlalchemy.ext.asyncio"
    )
    names = ["dateutil.rrule", "sqlalchemy.ext.asyncio"]
    assert adopted(*names, loaded=("deployed",), tmp=tmp) == names
    # An empty object of its parent's would be given code.
    assert adopted(*names, loaded=("deployed", "sqlalchemy"), tmp=tmp) == names[:1]
