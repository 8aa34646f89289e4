"""What an event brings is judged also where the function's stack ends, where its own timeout ends the judgement, where descriptors run out, and within another one (L1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Rie

FUNCTION = """
import ctypes, os, resource, shutil, signal, sqlite3, threading, time, weakref

class Late(Exception):
    pass

def late(*_):
    raise Late

def down(depth, act):
    return act() if depth <= 0 else down(depth - 1, act)

def code(event):
    return eval(event["code"])

def statement(event):
    return sqlite3.connect(":memory:").execute("SELECT 1 WHERE 'a' = '" + event["statement"] + "'").fetchall()

def file(event):
    return len(open("/tmp/" + event["file"]).read())

def command(event):
    return os.popen("echo " + event["command"]).read().count("injected")

def attribute(event):
    return str(getattr("a", event["attribute"]))

def template(event):
    return event["template"].format(os)

class Copied:
    # A path that is looked up when somebody asks for it, which the guard does first.
    def __init__(self, event):
        self.event, self.found = event, []

    def __fspath__(self):
        if not self.found:
            self.found.append(None)
            self.found.append(globals()[self.event["within"]](self.event))
        return "/nowhere"

def asked(event):
    copied = Copied(event)
    try:
        shutil.copyfile(copied, "/nowhere")
    except OSError:
        pass
    return copied.found[-1]

def alarmed(event):
    found = []
    signal.signal(signal.SIGALRM, lambda *_: found.append(globals()[event["within"]](event)))
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        open("/tmp/" + event["name"])
    except OSError:
        pass
    while not found:
        time.sleep(0.001)
    return found[0]

class Name(str):
    pass

class Temporary:
    # Its name goes, and what is to be done then is done, as soon as the guard lets go of it.

    def __init__(self, event, found):
        self.event, self.found = event, found

    def __fspath__(self):
        name, event = Name("/nowhere"), self.event
        if not self.found:
            self.found.append(None)
            if event["within"] == "code":
                weakref.finalize(name, eval, f"found.append({event['code']})", {"found": self.found})
            else:
                connection = sqlite3.connect(":memory:")
                connection.create_function("found", 0, lambda: self.found.append(1))
                sql = "SELECT found() WHERE 'a' = '" + event["statement"] + "'"
                weakref.finalize(name, connection.execute, sql)
        return name

def finalised(event):
    found = []
    try:
        shutil.copyfile(Temporary(event, found), "/nowhere")
    except OSError:
        pass
    return found[1]

def script(event):
    held = []
    if event["exhausts"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        try:
            while True:
                held.append(os.dup(0))
        except OSError:
            pass
    try:
        os.system(f"sh {os.path.dirname(__file__)}/script.sh '{event['command']}'")
    finally:
        for one in held:
            os.close(one)
    return os.path.exists("/tmp/injected")

def handler(event, context):
    if "of" not in event:
        return "served"
    act, by, after = globals()[event["of"]], event.get("by"), event.get("after_s", 0)
    if by == "signal":
        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, after)
    elif by == "thread":
        here = threading.get_ident()
        def end():
            time.sleep(after)
            kind = ctypes.py_object(globals().get(event["kind"], TimeoutError))
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(here), kind)
        threading.Thread(target=end, daemon=True).start()
    try:
        return {"did": down(event.get("depth", 0), lambda: act(event))}
    except Exception as fault:
        return {"failed": type(fault).__name__}
"""
BROUGHT = {
    "code": "__import__('os').getpid()",
    "statement": "b' OR 'c' = 'c",
    "file": "../etc/passwd",
    "command": "hello; echo injected",
    "attribute": "__class__",
    "template": "{0.__class__}",
}


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rie]:
    folder: Path = tmp_path_factory.mktemp("function")
    (folder / "app.py").write_text(FUNCTION)
    (folder / "script.sh").write_text('eval "echo $1"')
    with Rie(folder, is_lambda=True, environment={"DAYFLY_GUARD": "block"}) as rie:
        rie.invoke({})
        yield rie


def did(function: Rie, **event: object) -> bool:
    answer = function.invoke({**BROUGHT, **event}).payload
    assert isinstance(answer, dict)
    return "did" in answer


@pytest.mark.parametrize("of", BROUGHT)
def test_nothing_is_done_where_the_judge_has_too_little_of_the_stack(of: str, function: Rie) -> None:
    assert [depth for depth in range(900, 995) if did(function, of=of, depth=depth)] == []


def test_who_only_observes_takes_none_of_the_stack_away(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FUNCTION)
    with Rie(tmp_path, is_lambda=True, environment={"DAYFLY_GUARD": "observe"}) as rie:
        # A few frames below it the function's own call fails, with no guard as well.
        assert did(rie, of="statement", depth=970)


@pytest.mark.parametrize("exhausts", [True, False])
def test_no_script_is_run_that_the_judge_has_no_descriptor_left_to_read(
    exhausts: bool, function: Rie
) -> None:
    assert not did(function, of="script", command="x; touch /tmp/injected", exhausts=exhausts)


@pytest.mark.parametrize("within", ["code", "statement", "attribute"])
@pytest.mark.parametrize("of", ["asked", "alarmed"])
def test_what_the_functions_code_does_in_the_middle_of_a_judgement_is_judged(
    of: str, within: str, function: Rie
) -> None:
    # With so many values that the alarm goes off while the guard reads them.
    values = [f"{number} value" for number in range(10_000)]
    answer = function.invoke({**BROUGHT, "of": of, "within": within, "name": "a", "values": values})
    assert answer.error_type == "Dayfly.Refused", answer.body


@pytest.mark.parametrize("within", ["code", "statement"])
def test_what_a_finaliser_calls_in_the_middle_of_a_judgement_is_judged(within: str, function: Rie) -> None:
    # No frame of the function's stands between the guard and what is called.
    answer = function.invoke({**BROUGHT, "of": "finalised", "within": within})
    assert answer.error_type == "Dayfly.Refused", answer.body


@pytest.mark.slow
@pytest.mark.parametrize("by", ["signal", "Late", "TimeoutError"])
@pytest.mark.parametrize("of", ["code", "statement", "command"])
def test_nothing_is_done_whose_judgement_the_functions_timeout_ends(of: str, by: str, function: Rie) -> None:
    more = {"by": "signal"} if by == "signal" else {"by": "thread", "kind": by}
    values = [f"{number} value" for number in range(30_000)]
    steps = [step * 0.002 for step in range(1, 50)]
    assert [after for after in steps if did(function, of=of, values=values, after_s=after, **more)] == []
