"""What code uses is asked of the policy: which event is which use, what is nobody's use, and how it is told."""

from __future__ import annotations

import _thread
import copy
import json
import os
import socket
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runtime.guard.policies import TASK, loaded, watching
from tests.unprivileged import forked

from dayfly.core.policy import KINDS, TABLES, Package, Policy, Table
from dayfly.runtime.guard import environment, patched_builtins
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.hooks import make_hook
from dayfly.runtime.guard.refusal import Refused, RefusedRecord

LIB = f"{TASK}/lib/__init__.py"
NOTHING = Policy({kind: Table() for kind in TABLES}, {})


def told(guard: Guard) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Verdict, rule, target and packages of what the guard has to say."""
    guard.leave()
    said, _body = guard.end()
    reports = [line[1:].split("|") for line in said.decode().split("\n") if line]
    return [
        (one[0], one[1], one[5], tuple(filter(None, one[6].split(",")))) for one in reports if len(one) == 9
    ]


def uses_of(
    event: str, *arguments: object, policy: Policy = NOTHING, path: str = LIB
) -> list[tuple[str, str]]:
    """Kind and target of what `lib` is told to have used by one event."""
    guard = watching(policy, mode="observe")
    app, lib = loaded(guard, f"{TASK}/app.py"), loaded(guard, path)
    app.call(lib.tell, make_hook(guard), event, *arguments)
    return [(rule.partition(".")[2], target) for _verdict, rule, target, _packages in told(guard)]


SOCKET = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


@pytest.mark.parametrize(
    ("event", "arguments", "expected"),
    [
        ("subprocess.Popen", ("/usr/bin/id", ["id"], None, None), [("process", "/usr/bin/id")]),
        ("subprocess.Popen", (None, ["no-such-program", "-x"], None, None), [("process", "no-such-program")]),
        ("os.system", (b"id",), [("process", "/bin/sh")]),
        ("os.exec", ("/usr/bin/id", ["id"], None), [("process", "/usr/bin/id")]),
        ("os.posix_spawn", ("/usr/bin/id", ["id"], None), [("process", "/usr/bin/id")]),
        ("os.spawn", (0, "/usr/bin/id", ["id"], None), [("process", "/usr/bin/id")]),
        ("pty.spawn", (["/usr/bin/id"],), [("process", "/usr/bin/id")]),
        ("os.fork", (), [("process", "fork")]),
        ("os.forkpty", (), [("process", "fork")]),
        ("os.kill", (1, 9), [("process", "signal")]),
        ("socket.getaddrinfo", ("evil.example", 443, 0, 0, 0), [("network", "?:443")]),
        ("socket.gethostbyname", ("evil.example",), [("network", "?")]),
        ("socket.gethostbyaddr", ("192.0.2.1",), [("network", "192.0.2.1")]),
        ("socket.connect", (SOCKET, ("192.0.2.1", 80)), [("network", "192.0.2.1:80")]),
        ("socket.connect", (SOCKET, ("2001:db8::1", 80, 0, 0)), [("network", "[2001:db8::1]:80")]),
        ("socket.connect", (SOCKET, "/run/x"), [("network", "unix:/run/x")]),
        ("socket.connect", (SOCKET, b"\0name"), [("network", "unix:@name")]),
        ("socket.connect", (SOCKET, (1, 2)), [("network", f"family:{int(socket.AF_INET)}")]),
        ("socket.sendto", (SOCKET, ("192.0.2.1", 53)), [("network", "192.0.2.1:53")]),
        ("socket.sendmsg", (SOCKET, ("192.0.2.1", 53)), [("network", "192.0.2.1:53")]),
        ("socket.bind", (SOCKET, ("0.0.0.0", 80)), [("network", "0.0.0.0:80")]),
        ("open", ("/etc/shadow", "r", os.O_RDONLY), [("read", "/etc/shadow")]),
        ("open", ("/etc/shadow", "w", os.O_WRONLY | os.O_CREAT), [("write", "/etc/shadow")]),
        ("open", ("/etc/shadow", "r+", os.O_RDWR), [("write", "/etc/shadow"), ("read", "/etc/shadow")]),
        ("open", ("/etc/shadow", None, os.O_RDWR), [("write", "/etc/shadow"), ("read", "/etc/shadow")]),
        ("open", (b"/etc/../etc/shadow", "r", 0), [("read", "/etc/shadow")]),
        ("open", (Path("/etc/shadow"), "r", 0), [("read", "/etc/shadow")]),
        ("open", (f"/proc/{os.getpid()}/environ", "r", 0), [("credentials", f"/proc/{os.getpid()}/environ"), ("environment", "*"), ("read", "/proc/self/environ")]),
        ("os.listdir", ("/etc",), [("read", "/etc")]),
        ("os.scandir", ("/etc",), [("read", "/etc")]),
        ("os.remove", ("/etc/x", -1), [("write", "/etc/x")]),
        ("os.rename", ("/etc/x", "/etc/y", -1, -1), [("write", "/etc/x"), ("write", "/etc/y")]),
        ("os.link", ("/etc/x", "/etc/y", -1, -1), [("read", "/etc/x"), ("write", "/etc/y")]),
        ("os.symlink", ("/etc/x", "/etc/y", -1), [("read", "/etc/x"), ("write", "/etc/y")]),
        ("os.symlink", ("x", "/etc/y", -1), [("read", "/etc/x"), ("write", "/etc/y")]),
        ("os.mkdir", ("/etc/x", 0o777, -1), [("write", "/etc/x")]),
        ("os.chmod", ("/etc/x", 0o777, -1), [("write", "/etc/x")]),
        ("os.truncate", ("/etc/x", 0), [("write", "/etc/x")]),
        ("sqlite3.connect", ("/etc/x.db",), [("write", "/etc/x.db")]),
        ("sqlite3.connect", ("file:/etc/x.db?mode=ro",), [("read", "/etc/x.db")]),
        ("ctypes.dlopen", ("libc.so.6",), [("native", "libc.so.6")]),
        ("ctypes.dlopen", (f"{TASK}/lib/x.so",), [("native", "${TASK}/lib/x.so")]),
        ("ctypes.dlopen", (None,), [("native", "self")]),
        ("import", ("x", f"{TASK}/lib/x.so", None, None, None), [("native", "${TASK}/lib/x.so")]),
        ("sqlite3.load_extension", (None, "/usr/lib/x.so"), [("native", "/usr/lib/x.so")]),
        ("cpython.PyInterpreterState_New", (), [("native", "interpreter")]),
        ("_thread.start_new_thread", (print, ()), [("threads", "lib")]),
        ("_thread.start_joinable_thread", (print, 1, None), [("threads", "lib")]),
    ],
)  # fmt: skip
def test_each_event_is_this_use(
    event: str, arguments: tuple[object, ...], expected: list[tuple[str, str]]
) -> None:
    assert uses_of(event, *arguments) == expected


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", (f"{TASK}/data.json", "r", 0)),
        ("open", (threading.__file__, "r", 0)),
        ("open", ("/etc/ssl/certs/ca.pem", "r", 0)),
        ("open", ("/usr/share/zoneinfo/Europe/Berlin", "rb", 0)),
        ("open", ("/proc/self/status", "r", 0)),
        ("open", (f"/proc/{os.getpid()}/status", "r", 0)),
        ("open", ("/dev/null", "w", os.O_WRONLY)),
        ("open", (7, "w", os.O_WRONLY)),
        ("os.kill", (os.getpid(), 0)),
        ("socket.getaddrinfo", ("192.0.2.1", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("socket.sendmsg", (SOCKET, None)),
        ("socket.bind", (SOCKET, ("127.0.0.1", 0))),
        ("sqlite3.connect", (":memory:",)),
        (
            "import",
            ("_json", threading.__file__.replace("threading.py", "lib-dynload/_json.so"), None, None, None),
        ),
    ],
)
def test_what_the_interpreter_and_the_c_library_need_is_nobodys_use(
    event: str, arguments: tuple[object, ...]
) -> None:
    assert uses_of(event, *arguments) == []


@pytest.mark.parametrize("kind", TABLES)
def test_a_kind_that_is_not_restricted_is_not_asked_about(kind: str) -> None:
    policy = Policy({one: Table() for one in TABLES if one != kind})
    guard = watching(policy)
    assert guard.capabilities is not None
    assert guard.capabilities.kinds == set(TABLES) - {kind}


def test_a_refusal_names_rule_table_and_package_and_a_swallowed_one_is_the_answer() -> None:
    guard = watching(Policy({"process": Table(["*"])}, {"function": Package(KINDS)}))
    app, lib = loaded(guard, f"{TASK}/app.py"), loaded(guard, LIB)
    hook = make_hook(guard)
    app.tell(hook, "os.system", b"id")
    with pytest.raises(Refused, match=r"capability\.process.*\[policy\.packages\].*the package lib"):
        app.call(lib.tell, hook, "os.system", b"id")
    guard.leave()
    said, body = guard.end()
    assert json.loads(body)["errorType"] == "Dayfly.Refused"
    assert "policy.packages" in said.decode()


def test_a_rules_own_mode_is_the_one_that_counts() -> None:
    policy = Policy(
        {"process": Table(mode="observe"), "native": Table()}, mode="block", modes={"hook": "observe"}
    )
    guard = watching(policy, mode="observe")
    app = loaded(guard, f"{TASK}/app.py")
    hook = make_hook(guard)
    app.tell(hook, "os.system", b"id")
    app.tell(hook, "sys.addaudithook")
    with pytest.raises(Refused):
        app.tell(hook, "ctypes.dlopen", "libc.so.6")


def test_an_address_is_allowed_if_it_was_found_for_an_allowed_name() -> None:
    policy = Policy({"network": Table(["api.example.com:443"])})
    guard = watching(policy)
    app = loaded(guard, f"{TASK}/app.py")
    hook = make_hook(guard)
    with pytest.raises(Refused):
        app.tell(hook, "socket.connect", SOCKET, ("192.0.2.1", 443))
    assert guard.capabilities is not None
    guard.capabilities.resolved("api.example.com", [socket.inet_aton("192.0.2.1")])
    guard.capabilities.resolved("evil.example.com", [socket.inet_aton("192.0.2.2")])
    app.tell(hook, "socket.connect", SOCKET, ("192.0.2.1", 443))
    for address in (("192.0.2.1", 80), ("192.0.2.2", 443)):
        with pytest.raises(Refused):
            app.tell(hook, "socket.connect", SOCKET, address)


class _Address(tuple[object, ...]):
    def __getitem__(self, key: object) -> object:  # type: ignore[override]
        return "192.0.2.1" if key == 0 else 443


class _Path(str):
    def __str__(self) -> str:
        return "/tmp/x"

    def startswith(self, *_arguments: object) -> bool:
        return True


def test_a_value_that_lies_is_taken_for_what_the_system_takes_it_for() -> None:
    guard = watching(Policy({"network": Table(["192.0.2.1:443"]), "read": Table(["/tmp/*"])}))
    app = loaded(guard, f"{TASK}/app.py")
    hook = make_hook(guard)
    for event, *arguments in (
        ("socket.connect", SOCKET, _Address(("192.0.2.2", 80))),
        ("open", _Path("/etc/shadow"), "r", 0),
    ):
        with pytest.raises(Refused):
            app.tell(hook, event, *arguments)


def test_a_program_that_is_found_where_functions_write_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "git"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    guard = watching(Policy({"process": Table(["git"])}))
    app = loaded(guard, f"{TASK}/app.py")
    with pytest.raises(Refused):
        app.tell(make_hook(guard), "subprocess.Popen", None, ["git"], None, None)


def test_new_uses_are_told_once_and_without_what_the_event_supplied() -> None:
    guard = watching(
        Policy(),
        learns=True,
        mode="observe",
        event={"id": "customer-4711"},
        own=("/mnt/efs/", "customers", "https://api.example.com/x", "api.example.com"),
    )
    app, lib = loaded(guard, f"{TASK}/app.py"), loaded(guard, LIB)
    hook = make_hook(guard)
    for _ in range(2):
        app.tell(hook, "open", "/mnt/efs/customers/customer-4711.pdf", "r", 0)
        app.tell(hook, "open", "/tmp/customer-4711/y", "w", os.O_WRONLY)
        app.tell(hook, "open", "/mnt/other/secret-of-a-row/z", "r", 0)
        app.call(lib.tell, hook, "socket.getaddrinfo", "api.example.com", 443, 0, 0, 0)
        app.tell(hook, "socket.getaddrinfo", "evil.example.net", 443, 0, 0, 0)
    found = told(guard)
    assert {verdict for verdict, *_ in found} == {"used"}
    assert [(rule, target, packages) for _verdict, rule, target, packages in found] == [
        ("capability.read", "/mnt/efs/customers/*", ("function",)),
        ("capability.write", "${TMP}/**", ("function",)),
        ("capability.read", "/mnt/**", ("function",)),
        ("capability.network", "api.example.com:443", ("lib",)),
        ("capability.network", "?:443", ("function",)),
    ]
    assert not [one for one in found if "4711" in str(one) or "evil" in str(one) or "secret" in str(one)]


def test_what_cannot_be_judged_lets_pass_and_is_told() -> None:
    guard = watching(NOTHING)
    guard.capabilities = None
    assert guard.phase == "invoke"
    guard = watching(NOTHING)
    app = loaded(guard, f"{TASK}/app.py")
    app.tell(make_hook(guard), "socket.connect")
    guard.leave()
    assert b"guard.fault" in guard.end()[0]


def test_at_init_only_uses_are_looked_at_and_nothing_before_an_event() -> None:
    guard = watching(Policy({"process": Table([], ["/bin/sh"])}, mode="block"), mode="observe")
    guard.leave()
    guard.has_rehearsed()
    app, lib = loaded(guard, f"{TASK}/app.py"), loaded(guard, LIB)
    hook = make_hook(guard)
    app.tell(hook, "os.fork")
    guard.is_starting = True
    guard.enter()
    app.tell(hook, "sys.addaudithook")
    app.call(lib.tell, hook, "os.system", b"x")
    with pytest.raises(Refused):
        app.call(lib.tell, hook, "os.fork")


def test_a_function_of_the_guards_that_somebody_replaces_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from dayfly.runtime.guard import tampering
    from dayfly.runtime.guard.capabilities import Capabilities

    guard = watching(NOTHING)
    assert guard.capabilities is not None
    guard.capabilities.own = tampering.guards_own()
    assert guard.end_of_loading() == ""
    monkeypatch.setattr(Capabilities, "ask", lambda *_arguments: None)
    guard.leave()
    said, body = guard.end()
    assert b"runtime.patched" in said
    assert body


def test_modules_that_are_loaded_while_nobody_is_asked_are_known_all_the_same() -> None:
    """Between two events, and by the guard itself in the middle of a judgement."""
    guard = watching(Policy({"process": Table()}))
    assert guard.capabilities is not None
    hook, origins = make_hook(guard), guard.capabilities.origins
    lib = loaded(guard, LIB)
    guard.leave()
    guard.end()
    code = compile("x = 1", LIB, "exec")
    lib.tell(hook, "exec", code)
    assert origins.owner(code) == "lib"
    guard.begin(b"{}", "request")
    guard.enter()
    other = compile("x = 2", "<string>", "exec")
    app = loaded(guard, f"{TASK}/app.py")
    starting = _Starting(lambda: app.call(lib.tell, hook, "exec", other))
    with pytest.raises(Refused):
        app.tell(hook, "subprocess.Popen", None, [starting], None, None)
    assert origins.owner(other) == "lib"


def test_a_record_whose_text_is_in_the_target_fails_alone_and_others_with_what_is_nobodys() -> None:
    records = [{"eventSource": "aws:sqs", "body": body} for body in ("report-2041", "report-2042")]
    guard = watching(NOTHING, event={"Records": records})
    app, hook = loaded(guard, f"{TASK}/app.py"), make_hook(guard)
    with pytest.raises(RefusedRecord, match="record 1"):
        app.tell(hook, "open", "/srv/reports/report-2042", "r", 0)
    for path in ("/srv/reports/all", "/srv/report-2041/report-2042"):
        with pytest.raises(Refused):
            app.tell(hook, "open", path, "r", 0)


# ---- installed, in a child ----------------------------------------------------------------------


def test_who_goes_through_all_variables_finds_those_that_he_may_read_and_the_rest_is_told() -> None:
    def act() -> tuple[object, ...]:
        os.environ.update({"PLAIN": "1", "AWS_SECRET_ACCESS_KEY": "2", "OTHER": "3"})
        guard = installed(
            Policy({"environment": Table(["PLAIN"])}, {"function": Package(["environment"])}), mode="block"
        )
        source = (
            "import os\n"
            "def every():\n"
            "    views = dict(os.environ), os.environ.copy(), {**os.environ}, dict(os.environ.items()), dict(os.environb)\n"
            "    return [len(os.environ), *({os.fsdecode(name) for name in view} for view in views)]\n"
            "def one(): return os.environ['OTHER']"
        )
        app = loaded(guard, f"{TASK}/app.py", source)
        size, *views = app.every()
        try:
            app.one()
        except Refused as refused:
            message = str(refused)
        found = {(verdict, rule, target) for verdict, rule, target, _packages in told(guard)}
        return (
            [view & {"PLAIN", "OTHER", "AWS_SECRET_ACCESS_KEY", "PATH"} for view in views],
            {size - len(view) for view in views},
            "[policy.environment]" in message,
            {
                ("observed", "capability.environment", "OTHER"),
                ("observed", "capability.credentials", "*"),
                ("refused", "capability.environment", "OTHER"),
            }
            - found,
        )

    views, sizes, is_named, missing = forked(act)
    assert views == [{"PLAIN", "PATH"}] * 5
    assert sizes == {0}
    assert is_named
    assert missing == set()


def installed(policy: Policy, *, mode: str = "observe") -> Guard:
    guard = watching(policy, mode=mode)
    assert guard.capabilities is not None
    environment.watch(guard.capabilities)
    patched_builtins.watch(guard.capabilities)
    sys.addaudithook(make_hook(guard))
    return guard


def test_variables_that_are_read_are_asked_about_by_name_and_the_mapping_is_what_it_was() -> None:
    def act() -> tuple[object, ...]:
        os.environ.update({"PLAIN": "1", "AWS_SECRET_ACCESS_KEY": "2", "OTHER": "3"})
        before = dict(os.environ)
        guard = installed(Policy({"environment": Table(["PLAIN"])}, {"function": Package(["environment"])}))
        app = loaded(
            guard,
            f"{TASK}/app.py",
            "import os\ndef read(name): return os.environ[name], os.getenv(name), os.environb[name.encode()]",
        )
        values = [app.read(name) for name in ("PLAIN", "OTHER", "AWS_SECRET_ACCESS_KEY", "PATH")]
        assert os.environ.get("NOT_THERE") is None
        os.environ["NEW"] = "4"
        os.environ.setdefault("NEW", "5")
        del os.environ["NEW"]
        assert "NEW" not in os.environ
        assert os.environ.pop("OTHER") == "3"
        os.environ["OTHER"] = "3"
        guard.leave()
        found = [
            (rule, target) for _verdict, rule, target, packages in told(guard) if packages == ("function",)
        ]
        assert dict(os.environ) == before == {**os.environ} == os.environ.copy()
        apart = copy.deepcopy(os.environ)
        apart._data[b"APART"] = b"1"  # type: ignore[attr-defined]
        assert "APART" not in os.environ
        return values[0], values[2], sorted(set(found))

    plain, secret, found = forked(act)
    assert plain == ("1", "1", b"1")
    assert secret == ("2", "2", b"2")
    assert found == [("capability.credentials", "*"), ("capability.environment", "OTHER")]


def test_builtins_that_raise_no_event_are_asked_about() -> None:
    def act() -> list[tuple[str, str]]:
        guard = installed(Policy({"process": Table(), "write": Table()}))
        source = (
            "import os, signal, _posixsubprocess\n"
            "def act():\n"
            "    os.close(os.memfd_create('x'))\n"
            "    os.mkfifo('/tmp/dayfly-fifo-of-a-test')\n"
            "    os.sched_setaffinity(0, os.sched_getaffinity(0))\n"
            "    signal.pidfd_send_signal(os.pidfd_open(os.getpid()), 0)\n"
        )
        loaded(guard, f"{TASK}/app.py", source).act()
        assert not hasattr(os.memfd_create, "__wrapped__")
        found = [(rule, target) for _verdict, rule, target, _packages in told(guard)]
        os.remove("/tmp/dayfly-fifo-of-a-test")
        return found

    assert forked(act) == [
        ("capability.write", "memfd"),
        ("capability.write", "${TMP}/*"),
        ("capability.process", "scheduling"),
        ("capability.process", "signal"),
    ]


def test_a_file_is_the_one_that_its_directory_says() -> None:
    """Against the working directory, which the event leaves one to suppose, this is a file of the interpreter's."""

    def act() -> list[tuple[str, str]]:
        guard = installed(Policy({"read": Table()}))
        library = os.path.dirname(os.__file__)
        source = "import os\ndef act(path, start): os.close(os.open(path, os.O_RDONLY, dir_fd=os.open(start, os.O_RDONLY)))"
        app = loaded(guard, f"{TASK}/app.py", source)
        os.chdir(f"{library}/concurrent/futures")
        app.act(os.path.relpath("/etc/passwd", library), library)
        return [(rule, target) for _verdict, rule, target, _packages in told(guard)]

    found = forked(act)
    assert ("capability.read", "/etc/passwd") in found


def test_a_thread_that_runs_nothing_but_a_builtin_is_nobodys() -> None:
    def act() -> list[tuple[str, str, str, tuple[str, ...]]]:
        guard = installed(Policy({"process": Table()}))
        assert guard.capabilities is not None
        _thread.start_new_thread(os.system, ("true",))
        deadline = time.monotonic() + 60
        while not any(one.use for one in guard._reports) and time.monotonic() < deadline:
            os.sched_yield()
        return told(guard)

    assert ("observed", "capability.process", "/bin/sh", ("?",)) in forked(act)


class _Starting:
    """What it does it does while it is judged."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def __fspath__(self) -> str:
        self._act()
        return "/bin/echo"


def test_what_runs_in_the_middle_of_a_judgement_is_judged_as_well() -> None:
    guard = watching(Policy({"process": Table(["/bin/echo"]), "read": Table()}), mode="observe")
    assert guard.capabilities is not None
    app, lib = loaded(guard, f"{TASK}/app.py"), loaded(guard, LIB)
    hook, capabilities = make_hook(guard), guard.capabilities

    def wrapped() -> None:
        app.call(lib.call, capabilities.ask_wrapped, "process", "inner", _frame(lib))

    acts = [lambda: app.call(lib.tell, hook, "open", "/etc/shadow", "r", 0), wrapped]
    for act in acts:
        app.tell(hook, "subprocess.Popen", None, [_Starting(act)], None, None)
    assert [target for _verdict, _rule, target, _packages in told(guard)] == ["/etc/shadow", "inner"]


def _frame(module: types.ModuleType) -> types.FrameType:
    return types.SimpleNamespace(f_code=module.call.__code__, f_back=None, f_lineno=1)  # type: ignore[return-value]


def test_who_disturbs_a_judgement_does_not_get_past_it() -> None:
    """A signal's handler that raises, and a stack that is used up: neither is a fault of the guard's."""
    guard = watching(Policy({"process": Table()}), mode="observe")
    app = loaded(guard, f"{TASK}/app.py")
    hook = make_hook(guard)

    def disturb() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        app.tell(hook, "subprocess.Popen", None, [_Starting(disturb)], None, None)

    def exhaust() -> None:
        raise RecursionError

    with pytest.raises(RecursionError):
        app.tell(hook, "subprocess.Popen", None, [_Starting(exhaust)], None, None)
    guard.leave()
    assert b"guard.fault" not in guard.end()[0]


def test_addresses_of_names_are_learned_as_they_are_looked_up() -> None:
    def act() -> tuple[str, ...]:
        guard = installed(Policy({"network": Table(["localhost"])}))
        assert guard.capabilities is not None
        socket.getaddrinfo("localhost", 80, socket.AF_INET)
        return guard.capabilities.names_of(socket.inet_aton("127.0.0.1"))

    assert forked(act) == ("localhost",)


def test_uses_of_an_event_with_an_attack_are_left_for_another_event_to_tell() -> None:
    for mode, path, kinds in (("observe", "reports/4711", ["read"]), ("observe", "../4711", [])):
        guard = watching(NOTHING, mode=mode, event={"id": path}, learns=True)
        app = loaded(guard, f"{TASK}/app.py")
        app.tell(make_hook(guard), "open", f"/mnt/efs/{path}", "r", 0)
        uses = [rule.partition(".")[2] for verdict, rule, *_ in told(guard) if verdict == "used"]
        assert uses == kinds, path
