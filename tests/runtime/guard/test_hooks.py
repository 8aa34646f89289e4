"""Which of the interpreter's events are looked at, when, and what is not mistaken for an attack."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import linecache
import os
import pkgutil
import subprocess
import sys
import threading
import tokenize
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from tests.runtime.guard.guards import serving, told
from tests.unprivileged import forked

from dayfly.core.handshake import ZygoteOptions
from dayfly.runtime.guard import audit_events, places, sinks
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.hooks import make_hook
from dayfly.runtime.guard.refusal import Refused

EVIL = "__import__('os').getpid()"


def tell(guard: Guard, event: str, *arguments: object) -> None:
    make_hook(guard)(event, arguments)


def test_code_of_the_event_is_refused_as_text_as_bytes_and_as_a_tree() -> None:
    for source in (EVIL, EVIL.encode(), ast.parse(EVIL)):
        guard = serving({"code": EVIL})
        with pytest.raises(Refused):
            tell(guard, "compile", source, None)
        assert told(guard) == [["refused", "python.structure"]]


def test_what_only_makes_a_tree_of_a_source_runs_none_of_it() -> None:
    def compiled(source: str, *_rest: object, **_options: object) -> None:
        audit_events.ACTS["compile"](serving({"code": EVIL}), (source, None), sys._getframe(1))

    compiled(ast.unparse(ast.Constant(1)))
    parse: Callable[..., object] = compiled
    parse(EVIL, "x", "exec", ast.PyCF_ONLY_AST)
    parse(EVIL, "x", mode="exec", flags=ast.PyCF_ONLY_AST)
    with pytest.raises(Refused):
        (ast.PyCF_ONLY_AST, parse(EVIL, "x", "exec"))
    with pytest.raises(Refused):
        parse(EVIL, "x", str(ast.PyCF_ONLY_AST))
    with pytest.raises(Refused):
        parse(EVIL, "x", "exec")


def test_inspect_shows_the_source_of_code_and_nothing_else_reads_lines_of_a_file_that_the_event_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard = serving({"file": ast.__file__})

    def open_judged(path: str, mode: str) -> object:
        audit_events.ACTS["open"](guard, (path, mode, 0), sys._getframe(1))
        return open(path, mode)

    monkeypatch.setattr(tokenize, "_builtin_open", open_judged)
    linecache.clearcache()
    assert "def literal_eval" in inspect.getsource(ast.literal_eval)
    linecache.clearcache()
    with pytest.raises(Refused):
        linecache.getlines(ast.__file__)
    assert told(guard) == [["refused", "path.whole"]]


@pytest.mark.parametrize(
    ("text", "flags", "is_refused"),
    [
        ("<rss><title>It's / that</title></rss>", os.O_RDONLY, False),
        ('[{"date": "2026/01/01"}]', os.O_RDONLY, False),
        ("BEGIN:VCALENDAR\nURL:https://example.com/a\n", os.O_RDONLY, False),
        ("a,b;" * 99 + "/etc", os.O_RDONLY, False),
        # It would be made, or it is there, or it begins where a file may be.
        ("<rss/>", os.O_RDWR | os.O_CREAT, True),
        ("<there/a.txt", os.O_RDONLY, True),
        ("app.py", os.O_RDONLY, True),
        ("./<rss>\n", os.O_RDONLY, True),
        ("../etc/passwd\n", os.O_RDONLY, True),
        ("/etc/passwd\n", os.O_RDONLY, True),
        ("/" + "a" * 300, os.O_RDONLY, True),
    ],
)
def test_a_document_that_is_tried_as_the_name_of_a_file_opens_none(
    text: str, flags: int, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "<there").mkdir()
    guard = serving({"body": text})
    for path in (text, text.encode()):
        with pytest.raises(Refused) if is_refused else contextlib.nullcontext():
            audit_events.ACTS["open"](guard, (path, "r", flags), sys._getframe(0))


def test_what_makes_or_runs_code_that_is_in_no_file_is_counted() -> None:
    code = compile("1", "<string>", "exec")
    guard = serving({"a": "b"}, mode="observe")
    for number, (event, arguments) in enumerate(
        (
            ("marshal.loads", (b"N",)),
            ("code.__new__", (b"", "", "", 0, 0, 0, 0, 0, 0)),
            ("function.__new__", (code,)),
            ("exec", (code,)),
            ("object.__setattr__", (tell, "__code__", tell.__code__)),
        )
    ):
        assert guard.made == number
        tell(guard, event, *arguments)
    assert guard.made == 5
    tell(guard, "compile", "1", None)
    assert guard.made == 5


def test_where_nobody_was_served_nothing_is_looked_at() -> None:
    guard = serving({"code": EVIL})
    guard.leave()
    guard.end()
    guard.has_rehearsed()
    tell(guard, "compile", EVIL, None)
    tell(guard, "sys.addaudithook")
    tell(guard, "object.__setattr__", tell, "__code__", compile("1", "<string>", "exec"))


def test_while_it_is_observed_nothing_is_raised() -> None:
    guard = serving({"code": EVIL}, mode="observe")
    tell(guard, "compile", EVIL, None)
    assert told(guard) == [["observed", "python.structure"]]


@pytest.mark.parametrize(
    ("event", "arguments", "rule"),
    [
        ("sys.addaudithook", (), "hook.audit"),
        ("os.system", (b"echo x; id",), "shell"),
        ("subprocess.Popen", (None, ["/bin/sh", "-c", "echo x; id"], None, None), "shell"),
        ("os.exec", ("/usr/bin/id", ["/usr/bin/id"], None), "argv"),
        ("os.posix_spawn", ("/usr/bin/id", ["/usr/bin/id"], None), "argv"),
        ("os.spawn", (0, "/usr/bin/id", ["/usr/bin/id"], None), "argv"),
        ("open", ("/srv/data/../../etc/shadow", "r", 0), "path"),
        ("os.rename", ("/tmp/a", "/srv/data/../../etc/shadow", -1, -1), "path"),
        ("os.chdir", ("/srv/data/../../etc/shadow",), "path"),
        ("os.chown", ("/srv/data/../../etc/shadow", 0, 0, -1), "path"),
        ("os.utime", ("/srv/data/../../etc/shadow", None, None, -1), "path"),
        ("os.setxattr", ("/srv/data/../../etc/shadow", "user.x", b"", 0), "path"),
        ("sqlite3.load_extension", (None, "/srv/data/../../etc/shadow"), "path"),
        ("socket.connect", (None, "/srv/data/../../etc/shadow"), "path"),
        ("socket.sendto", (None, b"\0../../etc/shadow"), "path"),
        ("socket.getaddrinfo", ("evil.example", 80, 0, 0, 0), "url"),
        ("socket.getaddrinfo", ("0", 80, 0, 0, 0), "url"),
        ("socket.connect", (None, ("::", 80)), "url"),
        ("socket.connect", (None, ("169.254.170.2", 80)), "url"),
        ("urllib.Request", ("http://evil.example/x", None, {}, "GET"), "url"),
        ("pickle.find_class", ("posix", "system"), "global"),
    ],
)
def test_each_sink_is_asked_about(event: str, arguments: tuple[object, ...], rule: str) -> None:
    brought = {
        "command": "x; id",
        "program": "/usr/bin/id",
        "file": "../../etc/shadow",
        "host": "evil.example",
        "address": "169.254.170.2",
        "here": "0",
        "here too": "::",
        "url": "http://evil.example/x",
        "pickle": "cposix\nsystem\n.",
    }
    guard = serving(brought, own=("echo ", "/srv/data/", "/tmp/a"))
    with pytest.raises(Refused):
        tell(guard, event, *arguments)
    found = told(guard)
    assert [verdict for verdict, _ in found] == ["refused"]
    assert found[0][1].partition(".")[0] == rule.partition(".")[0]


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", (3, "r", 0)),
        ("open", (None, "r", 0)),
        ("os.chdir", (3,)),
        ("os.utime", (3, None, None, -1)),
        ("socket.sendmsg", (None, None)),
        ("socket.connect", (None, "/run/some.sock")),
        ("socket.connect", (None, b"\0abstract")),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("socket.getaddrinfo", ("uploads.s3.eu-central-1.amazonaws.com", 443, 0, 0, 0)),
        ("compile", (None, "x")),
        ("import", ("colorsys", None, None, None, None)),
        ("object.__setattr__", (Path, "__name__", "x")),
        ("code.__new__", (b"", "x", "x")),
        ("nobody.knows", (object(),)),
    ],
)
def test_what_is_none_of_its_business_passes(event: str, arguments: tuple[object, ...]) -> None:
    guard = serving({"bucket": "uploads", "region": "eu-central-1", "port": 443})
    tell(guard, event, *arguments)
    assert told(guard) == []


def test_a_name_in_the_way_to_deployed_code_is_no_way_of_the_events() -> None:
    """A traceback shows lines of files below /usr or /var, and somebody's event has such a word."""
    first, *_, last = Path(ast.__file__).parent.parts[1:]
    guard = serving({"value": first, last: 1})
    tell(guard, "open", ast.__file__, "r", 0)
    assert told(guard) == []
    for value in (ast.__file__, ast.__file__[1:], f"{first}/{last}"):
        guard = serving({"value": value, "other": first})
        with pytest.raises(Refused):
            tell(guard, "open", f"/{value.removeprefix('/')}", "r", 0)
    guard = serving(dict(enumerate(Path(ast.__file__).parent.parts[1:])))
    with pytest.raises(Refused):
        tell(guard, "open", ast.__file__, "r", 0)
    # The route of an API's root brings a separator, and no way.
    guard = serving({"rawPath": "/", "value": first})
    tell(guard, "open", ast.__file__, "r", 0)
    assert told(guard) == []
    guard = serving({"rawPath": "/", "value": str(Path(ast.__file__)).removeprefix("/")})
    with pytest.raises(Refused):
        tell(guard, "open", ast.__file__, "r", 0)


@pytest.mark.parametrize(("name", "answer"), [("bob", "bob\n"), ("bob; id", "refused")])
def test_the_shell_that_subprocess_starts_is_not_the_events_word(name: str, answer: str) -> None:
    def act() -> str:
        guard = serving({"kind": "sh", "name": name}, own=("echo ",))
        sys.addaudithook(make_hook(guard))
        try:
            return subprocess.run(f"echo {name}", shell=True, capture_output=True, text=True).stdout
        except Refused:
            return "refused"

    assert forked(act) == answer


def test_a_module_that_the_event_names_is_refused_and_one_that_the_code_names_is_not() -> None:
    guard = serving({"module": "antigravity", "other": "colorsys"}, own=("colorsys",))
    hook = make_hook(guard)
    with pytest.raises(Refused):
        hook("import", ("antigravity", None, None, None, None))
    hook("import", ("colorsys", None, None, None, None))
    assert told(guard) == [["refused", "import.named"]]


def test_a_module_of_which_the_event_has_a_part_is_the_codes_choice() -> None:
    """`_sysconfigdata__linux_x86_64-linux-gnu`, and a browser that names its machine."""
    guard = serving({"agent": "Mozilla/5.0 (X11; Linux x86_64)", "kind": "card", "module": "antigravity"})
    hook = make_hook(guard)
    hook("import", ("_sysconfigdata__linux_x86_64-linux-gnu", None, None, None, None))
    hook("import", ("plugins.card", None, None, None, None))
    with pytest.raises(Refused):
        hook("import", ("antigravity", None, None, None, None))
    assert told(guard) == [["refused", "import.named"]]


def test_a_module_of_the_functions_own_may_be_the_events_choice_and_a_library_beside_it_not(
    tmp_path: Path,
) -> None:
    """A queue's message names the job that it is for."""
    for file in ("jobs/__init__.py", "jobs/totals.py", "shop.py", "requests/__init__.py", "json.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "requests-2.32.dist-info").mkdir()
    names = ["jobs.totals", "shop", "jobs.none", "requests", "json", "../shop", "shop/"]
    guard = serving({"modules": names}, task=str(tmp_path))
    hook = make_hook(guard)
    refused = []
    for name in names:
        try:
            hook("import", (name, None, None, None, None))
        except Refused:
            refused.append(name)
    assert refused == ["jobs.none", "requests", "json", "../shop", "shop/"]


def test_modules_of_the_interpreter_itself_and_plural_forms_are_not_code_from_elsewhere() -> None:
    def act() -> list[list[str]]:
        import gettext

        guard = serving({"rule": "n != 1", "word": "return", "name": "n"})
        sys.addaudithook(make_hook(guard))
        # A module that lies in the interpreter, not in a file.
        importlib.import_module("__hello__")
        assert [gettext.c2py("n != 1")(n) for n in (1, 2)] == [0, 1]
        assert ast.literal_eval("[1, 'x']") == [1, "x"]
        return told(guard)

    assert forked(act) == []


def test_plural_forms_that_are_code_are_looked_at_by_gettext_itself() -> None:
    import gettext

    with pytest.raises(ValueError, match="token"):
        gettext.c2py(f"n or {EVIL}")


def test_what_stands_outside_a_modules_functions_is_the_functions_own(tmp_path: Path) -> None:
    """Nothing holds it once the module is executed: a text that was handed to an engine at init."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "vendored-1.0.dist-info").mkdir()
    (tmp_path / "vendored-1.0.dist-info" / "RECORD").write_text("vendored.py,,\n")
    source = "Engine({{'page': 'Dear {}, thanks'}})\ndef later(): return 'of a function'\n"
    guard = Guard(ZygoteOptions(guard="block", guard_key="11" * 16), str(tmp_path))
    hook = make_hook(guard)
    for name in ("app.py", "shop/pages.py", "vendored.py", "/usr/lib/elsewhere.py"):
        hook("exec", (compile(source.format(name), str(tmp_path / name), "exec"),))
    hook("exec", ("not code",))
    guard.settle()
    # Nor is what is executed while an event is served.
    hook("exec", (compile(source.format("too late"), str(tmp_path / "late.py"), "exec"),))
    for name, is_own in (
        ("app.py", True),
        ("shop/pages.py", True),
        ("vendored.py", False),
        ("too late", False),
    ):
        assert guard.own.is_constant(f"Dear {name}, thanks") is is_own, name
    assert guard.own.is_constant("of a function")


def test_code_from_where_functions_write_is_not_imported() -> None:
    guard = serving({})
    with pytest.raises(Refused):
        tell(guard, "import", "x", "/tmp/x.cpython-313-x86_64-linux-gnu.so", None, None, None)
    with pytest.raises(Refused):
        tell(guard, "ctypes.dlopen", "/dev/shm/x.so")
    assert told(guard) == [["refused", "import.planted"]]


def test_a_fault_lets_pass_or_refuses_as_it_is_set_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = importlib.import_module("dayfly.runtime.guard.hooks")
    for closed in (False, True):
        guard = serving({"code": EVIL}, closed=closed)
        # No code but the guard's own runs here: what other code raises in between is no fault of the guard's.
        monkeypatch.setitem(hooks.ACTS, "compile", "{4111111111111111}".format)
        if closed:
            with pytest.raises(Refused, match=r"guard\.fault"):
                tell(guard, "compile", EVIL, None)
        else:
            tell(guard, "compile", EVIL, None)
        guard.leave()
        said, _ = guard.end()
        assert said.startswith(b"Gfault|guard.fault||IndexError take_turn")
        assert b"4111" not in said


def test_a_fault_of_code_with_the_file_name_of_the_guard_is_not_the_guards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooks = importlib.import_module("dayfly.runtime.guard.hooks")
    made: dict[str, object] = {}
    exec(compile("def fail(*_): raise ZeroDivisionError", str(hooks.__file__), "exec"), made)
    monkeypatch.setitem(hooks.ACTS, "compile", made["fail"])
    guard = serving({"code": EVIL})
    with pytest.raises(ZeroDivisionError):
        tell(guard, "compile", EVIL, None)
    assert told(guard) == []


def test_code_swapped_into_a_function_is_refused_unless_both_are_deployed() -> None:
    made: dict[str, object] = {}
    exec(compile("def made(): return 1", "<string>", "exec"), made)
    guard = serving({})
    with pytest.raises(Refused):
        tell(guard, "object.__setattr__", tell, "__code__", made["made"].__code__)  # type: ignore[attr-defined]
    assert told(guard) == [["refused", "code.swapped"]]
    guard = serving({})
    tell(guard, "object.__setattr__", tell, "__code__", tell.__code__)
    assert told(guard) == []


def test_a_library_puts_code_that_it_compiled_itself_into_a_function(tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / "wrapping.py"
    asking: dict[str, Callable[..., None]] = {}
    exec(compile("def ask(hook, event, *rest): hook(event, rest)", str(library), "exec"), asking)
    text = "def wrapper(*names):\n    return names\n"
    made: dict[str, object] = {}
    exec(compile(text, "<wrapper>", "exec"), made)
    swap = ("object.__setattr__", tell, "__code__", made["wrapper"].__code__)  # type: ignore[attr-defined]

    def swapped(event: object, *, compiles: bool, by_library: bool) -> bool:
        guard = serving(event, mode="observe")
        guard.places.roots = (*guard.places.roots, f"{library.parent}/")
        if compiles:
            asking["ask"](make_hook(guard), "compile", text, "<wrapper>")
        if by_library:
            asking["ask"](make_hook(guard), *swap)
        else:
            tell(guard, *swap)
        return ["observed", "code.swapped"] in told(guard)

    assert not swapped({}, compiles=True, by_library=True)
    assert swapped({}, compiles=False, by_library=True)
    assert swapped({}, compiles=True, by_library=False)
    assert swapped({"code": text}, compiles=True, by_library=True)


@pytest.mark.parametrize(
    "event",
    [
        "sys.settrace",
        "sys.setprofile",
        "gc.get_objects",
        "gc.get_referrers",
        "cpython.PyInterpreterState_New",
    ],
)
def test_what_reaches_into_the_interpreter_is_for_deployed_code_alone(event: str) -> None:
    guard = serving({})
    tell(guard, event)
    assert told(guard) == []
    guard = serving({})
    hook = make_hook(guard)
    with pytest.raises(Refused):
        exec(compile("hook(event, (None,))", "<string>", "exec"), {"hook": hook, "event": event})
    assert told(guard)[0][0] == "refused"


def test_a_refusal_in_another_thread_is_one_all_the_same() -> None:
    guard = serving({"code": EVIL})
    raised: list[BaseException] = []

    def work() -> None:
        try:
            tell(guard, "compile", EVIL, None)
        except BaseException as refused:
            raised.append(refused)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert isinstance(raised[0], Refused)
    guard.leave()
    _said, body = guard.end()
    assert b"Dayfly.Refused" in body


def test_what_the_guard_itself_does_is_not_looked_at_but_what_runs_meanwhile_is() -> None:
    guard = serving({"code": EVIL}, mode="observe")
    guard.busy[threading.get_ident()] = 1
    # The test's own frames stand between: as a signal handler's would.
    tell(guard, "compile", EVIL, None)
    assert told(guard) == [["observed", "python.structure"]]


_OF_CLOUDFORMATION = "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/arn%3Aaws%3Acloudformation%3Aus-east-1%3A1%3Astack/s?AWSAccessKeyId=AKIA&Expires=1&Signature=x%3D"


def _request(url: str) -> tuple[object, ...]:
    return (url, None, {}, "PUT")


@pytest.mark.parametrize("key", ["ResponseURL", "inputS3Url"])
def test_where_a_service_of_aws_says_that_it_waits_the_function_may_go(key: str) -> None:
    event = {"RequestType": "Create", "StackId": "arn:aws:cloudformation:us-east-1:1:stack/s/1"}
    event |= {key: _OF_CLOUDFORMATION} if key == "ResponseURL" else {}
    context = {"getObjectContext": {key: _OF_CLOUDFORMATION}} if key == "inputS3Url" else {}
    guard = serving({**event, **context})
    tell(guard, "urllib.Request", *_request(_OF_CLOUDFORMATION))
    host = _OF_CLOUDFORMATION.split("/")[2]
    tell(guard, "socket.getaddrinfo", host, 443, 0, 0, 0)
    assert told(guard) == []


@pytest.mark.parametrize(
    ("event", "url"),
    [
        ({"body": {"ResponseURL": _OF_CLOUDFORMATION}}, _OF_CLOUDFORMATION),
        ({"ResponseURL": "https://evil.example/x"}, "https://evil.example/x"),
        (
            {"ResponseURL": "https://x.s3.amazonaws.com@evil.example/"},
            "https://x.s3.amazonaws.com@evil.example/",
        ),
        (
            {"ResponseURL": "http://169.254.169.254/?.amazonaws.com"},
            "http://169.254.169.254/?.amazonaws.com",
        ),
        (
            {"ResponseURL": "https://evil.example\\.s3.amazonaws.com/"},
            "https://evil.example\\.s3.amazonaws.com/",
        ),
        ({"ResponseURL": "file:///etc/passwd"}, "file:///etc/passwd"),
    ],
)
def test_and_nowhere_else(event: dict[str, object], url: str) -> None:
    guard = serving(event)
    with pytest.raises(Refused):
        tell(guard, "urllib.Request", *_request(url))


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("shop.prices", ("shop.prices",), True),
        ("shop", ("shop.prices",), True),
        ("shop.parts.prices", ("parts.prices",), True),
        ("shop.parts", ("parts.prices",), True),
        ("shop.prices", ("prices",), True),
        ("evil", ("shop.prices", "prices"), False),
        ("shop.evil", ("shop.prices", "shop"), False),
        ("evil.parts.other", ("parts.prices",), False),
    ],
)
def test_an_import_statement_says_what_it_imports(name: str, names: tuple[str, ...], expected: bool) -> None:
    assert audit_events._is_stated(name, names) is expected


def test_data_of_a_package_lies_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "texts"
    package.mkdir()
    for file in (package / "__init__.py", package / "in.txt", tmp_path / "out.txt"):
        file.write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    # In a function's folder nothing is.
    monkeypatch.setattr(places.Places, "is_planted", lambda *_: False)
    guard = serving({"name": "../out.txt", "plain": "in.txt"}, task=str(tmp_path), own=("texts",))
    for name, is_refused in (("in.txt", False), ("../out.txt", True)):
        frames: list[FrameType] = []
        sys.setprofile(lambda frame, _event, _argument: frames.append(frame))  # noqa: B023
        try:
            pkgutil.get_data("texts", name)
        finally:
            sys.setprofile(None)
        readers = [one for one in frames if one.f_code.co_name == "get_data"]
        reader = next(one for one in readers if str(one.f_locals.get("path")).endswith(name))
        with pytest.raises(Refused) if is_refused else nullcontext():
            audit_events._on_open(guard, (reader.f_locals["path"], "r", 0), reader)
    assert told(guard) == [["refused", "path.parent"]]


def test_what_a_finaliser_asks_in_the_middle_of_a_judgement_is_judged() -> None:
    guard = serving({"code": EVIL})
    refused: list[bool] = []

    def wrapper() -> None:
        guard.ask(sinks.about_python, EVIL)

    class Held:
        def __del__(self) -> None:
            try:
                wrapper()
            except Refused:
                refused.append(True)

    def judge(_guard: Guard, _frame: FrameType) -> None:
        Held()

    guard.ask(judge)
    assert refused == [True]


def test_a_thread_that_goes_on_is_refused_at_every_step_of_the_answer() -> None:
    guard = serving({"code": EVIL})
    hook = make_hook(guard)
    guard.leave()
    refused: list[bool] = []

    def evaluate() -> None:
        try:
            hook("compile", (EVIL, None))
        except Refused:
            refused.append(True)
        else:
            refused.append(False)

    def step(_frame: FrameType, _event: str, _argument: object) -> Any:
        thread = threading.Thread(target=evaluate)
        thread.start()
        thread.join()
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        guard.end()
    finally:
        sys.settrace(before)
    step(sys._getframe(), "", None)
    assert len(refused) > len(inspect.getsource(Guard.said).split("\n"))
    assert all(refused)
