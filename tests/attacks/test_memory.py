"""In-memory persistence (L2; T1574 Hijack Execution Flow, T1546 Event Triggered Execution, T1056 Input Capture).

Each payload changes the process it runs in so that later customers' cards are copied to the attacker. It
must work on a plain warm environment, else the test proves nothing, and must fail to see a single later
customer under Dayfly, with the guard off.
"""

from __future__ import annotations

import sys

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

# name → payload. Everything is written so that the customer still gets the right answer.
PATCHES = {
    "code of the handler (M1)": """
import app
real = type(app.handler)(app.handler.__code__, app.handler.__globals__)
app._real, app._leak = real, leak
def evil(event, context):
    _leak(event.get("card"))
    return _real(event, context)
app.handler.__code__ = evil.__code__
""",
    "global that the handler calls (M2)": """
import app
real = app.receipt
app.receipt = lambda card: (leak(card), real(card))[1]
""",
    "mutable default and closure cell (M1)": """
import app
class Rates(dict):
    def __getitem__(self, key):
        leak(sys._getframe(1).f_locals["card"])
        return dict.__getitem__(self, key)
app.RATES = Rates(app.RATES)
""",
    "function of a shared module (M3)": """
import json
real = json.dumps
json.dumps = lambda value, *a, **k: (leak(value), real(value, *a, **k))[1]
""",
    "C encoder of json (M3)": """
import json.encoder
real = json.encoder.JSONEncoder.encode
def encode(self, value):
    leak(value)
    return real(self, value)
json.encoder.JSONEncoder.encode = encode
""",
    "builtins (M3)": """
import builtins
real = len
def evil(value):
    if isinstance(value, str):
        leak(value)
    return real(value)
builtins.len = evil
""",
    "runtime's event loop function (M4)": """
from awslambdaric import bootstrap
real = bootstrap.handle_event_request
def evil(*args, **kwargs):
    leak(args)
    return real(*args, **kwargs)
bootstrap.handle_event_request = evil
""",
    "runtime's context maker (M4)": """
from awslambdaric import bootstrap
real = bootstrap.create_lambda_context
def evil(*args, **kwargs):
    frame = sys._getframe(1)
    leak(frame.f_locals.get("event_body"))
    return real(*args, **kwargs)
bootstrap.create_lambda_context = evil
""",
    "runtime's marshaller (M4)": """
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
real = LambdaMarshaller.unmarshal_request
def evil(self, body, *rest):
    leak(body)
    return real(self, body, *rest)
LambdaMarshaller.unmarshal_request = evil
""",
    "client of the runtime (M4)": """
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
client = frame.f_locals["lambda_runtime_client"]
real = client.post_invocation_result
def evil(*args, **kwargs):
    leak(args)
    return real(*args, **kwargs)
client.post_invocation_result = evil
""",
    "import hook (M7)": """
import app, builtins
real = builtins.__import__
def evil(name, *rest):
    leak([frame for frame in sys._current_frames().values()][0].f_back.f_locals)
    return real(name, *rest)
builtins.__import__ = evil
def log(card):
    import colorsys
app.receipt.__code__ = (lambda card: (log(card), {"paid_by": card[-4:]})[1]).__code__
app.receipt.__globals__["log"] = log
""",
    "profiler (M8)": """
def profile(frame, what, argument):
    if frame.f_code.co_name == "receipt":
        leak(frame.f_locals)
sys.setprofile(profile)
""",
    "tracer for all threads (M8)": """
import threading
def trace(frame, what, argument):
    if frame.f_code.co_name == "receipt":
        leak(frame.f_locals)
threading.settrace(trace)
sys.settrace(trace)
""",
    "logging handler (M12)": """
import logging
class Evil(logging.Handler):
    def emit(self, record):
        leak(record.args)
logging.getLogger().addHandler(Evil())
""",
    "logging filter (M12)": """
import logging
logging.getLogger("shop").addFilter(lambda record: (leak(record.args), True)[1])
""",
    "log record factory (M12)": """
import logging
real = logging.getLogRecordFactory()
logging.setLogRecordFactory(lambda *a, **k: (leak(a), real(*a, **k))[1])
""",
    "audit hook (M16)": """
def hook(name, args):
    if name == "sys._getframe":
        frame = args[0]
        while frame and "card" not in frame.f_locals:
            frame = frame.f_back
        if frame:
            leak(frame.f_locals["card"])
import logging
sys.addaudithook(hook)
""",
    "garbage collector callback (M11)": """
import gc
def collected(phase, info):
    frame = sys._getframe()
    while frame and "card" not in frame.f_locals:
        frame = frame.f_back
    if frame:
        leak(frame.f_locals["card"])
gc.callbacks.append(collected)
gc.set_threshold(1, 1, 1)
""",
}
if sys.version_info >= (3, 12):
    PATCHES["sys.monitoring (M8)"] = """
tool = sys.monitoring
tool.use_tool_id(3, "x")
def called(code, offset):
    if code.co_name == "receipt":
        leak(sys._getframe(1).f_locals)
tool.register_callback(3, tool.events.PY_START, called)
tool.set_events(3, tool.events.PY_START)
"""
if sys.version_info >= (3, 13):
    PATCHES["locals of the runtime's loop (M6)"] = """
frame = sys._getframe()
while frame.f_code.co_name != "run":
    frame = frame.f_back
real = frame.f_locals["request_handler"]
frame.f_locals["request_handler"] = lambda event, context: (leak(event), real(event, context))[1]
"""

# What goes on by itself: a customer's handler that takes a moment gives it its turn.
BY_ITSELF = {
    "thread (M9)": """
import threading
def watch():
    end = time.time() + 6
    while time.time() < end:
        for frame in list(sys._current_frames().values()):
            while frame:
                if "card" in frame.f_locals:
                    leak(frame.f_locals["card"])
                frame = frame.f_back
        time.sleep(0.005)
threading.Thread(target=watch, daemon=True).start()
""",
    "native thread without threading's knowledge (M9)": """
import _thread
def watch():
    end = time.time() + 6
    while time.time() < end:
        for frame in list(sys._current_frames().values()):
            while frame:
                if "card" in frame.f_locals:
                    leak(frame.f_locals["card"])
                frame = frame.f_back
        time.sleep(0.005)
_thread.start_new_thread(watch, ())
""",
    "interval timer with a signal handler (M11)": """
import signal
def tick(number, frame):
    while frame:
        if "card" in frame.f_locals:
            leak(frame.f_locals["card"])
        frame = frame.f_back
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
""",
}


@pytest.mark.parametrize("name", PATCHES)
def test_a_patched_process_leaks_when_plain_and_is_gone_under_dayfly(
    name: str, plain_shop: Shop, dayfly_shop: Shop
) -> None:
    plain_shop.attack(PATCHES[name])
    assert plain_shop.stolen(plain_shop.serve(3)) == 3, "the attack does not work: this test proves nothing"
    dayfly_shop.attack(PATCHES[name])
    assert dayfly_shop.stolen(dayfly_shop.serve(3)) == 0


@pytest.mark.parametrize("name", BY_ITSELF)
def test_what_goes_on_by_itself_is_gone_under_dayfly(name: str, plain_shop: Shop, dayfly_shop: Shop) -> None:
    plain_shop.attack(BY_ITSELF[name])
    assert plain_shop.stolen(plain_shop.serve(3, takes=0.05)) == 3, "the attack does not work"
    dayfly_shop.attack(BY_ITSELF[name])
    assert dayfly_shop.stolen(dayfly_shop.serve(3, takes=0.05)) == 0


@pytest.mark.parametrize("how", ["os.environ['DISCOUNT'] = 'all'", "os.environ._data[b'DISCOUNT'] = b'all'"])
def test_a_changed_environment_reaches_no_later_customer(
    how: str, plain_shop: Shop, dayfly_shop: Shop
) -> None:
    """M14, T1574.007: variables steer clients, proxies and children."""
    seen: list[object] = []
    for shop in (plain_shop, dayfly_shop):
        shop.attack(how)
        payload = shop.rie.invoke({"card": "4000111122223333"}).payload
        assert isinstance(payload, dict)
        seen.append(payload["discount"])
    assert seen == ["all", ""]


SETTLED = """
import atexit, weakref, signal, socket as s, threading, codecs, sys, os
marks = []
if s.getdefaulttimeout() == 77: marks.append("socket timeout")
if signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, None): marks.append("signal handler")
if sys.getswitchinterval() > 1: marks.append("switch interval")
if sys.getrecursionlimit() == 54321: marks.append("recursion limit")
if os.getcwd() == "/tmp": marks.append("working directory")
if os.umask(0o22) == 0o777: marks.append("umask")
if os.nice(0) > 0: marks.append("nice")
if os.sched_getscheduler(0) == os.SCHED_IDLE: marks.append("scheduler")
if any("evil" in entry for entry in sys.path): marks.append("path")
if any("Evil" in repr(finder) for finder in sys.meta_path): marks.append("finder")
if getattr(sys.excepthook, "__name__", "") == "evil": marks.append("excepthook")
if atexit._ncallbacks() > 90: marks.append("atexit")
import resource
if resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 77: marks.append("limit")
if threading.active_count() > 1: marks.append("threads")
result = sorted(marks)
"""
SET = """
import atexit, signal, socket as s, threading, sys, os, resource, codecs
s.setdefaulttimeout(77)
signal.signal(signal.SIGTERM, lambda *_: None)
sys.setswitchinterval(2)
sys.setrecursionlimit(54321)
os.chdir("/tmp")
os.umask(0o777)
os.nice(5)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
sys.path.insert(0, "/tmp/evil")
class Evil: pass
sys.meta_path.append(Evil())
def evil(*_): pass
sys.excepthook = evil
for _ in range(100): atexit.register(evil)
resource.setrlimit(resource.RLIMIT_NOFILE, (77, 77))
threading.Thread(target=lambda: time.sleep(5), daemon=True).start()
"""


def test_settings_of_the_process_are_as_they_were(plain_shop: Shop, dayfly_shop: Shop) -> None:
    """M11 and 2.5: handlers, limits, priority, paths and hooks of one worker are no other's."""
    plain_shop.attack(SET)
    left = plain_shop.result_of(SETTLED)
    assert isinstance(left, list)
    assert len(left) >= 12, left
    # Not empty where the tests themselves run at another priority.
    before = dayfly_shop.result_of(SETTLED)
    dayfly_shop.attack(SET)
    assert dayfly_shop.result_of(SETTLED) == before


EXIT_HOOKS = """
import atexit, signal, weakref, os
atexit.register(lambda: leak("atexit ran"))
class Thing: pass
thing = Thing(); sys.modules["keep"] = thing
weakref.finalize(thing, lambda: leak("finalizer ran"))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD, signal.SIGCONT):
    signal.signal(number, lambda n, f: leak("handler ran %d" % n))
os.register_at_fork(before=lambda: leak("fork seen"), after_in_child=lambda: leak("fork seen"))
result = "planted"
"""


def test_hooks_for_the_end_never_run_where_a_later_event_is(dayfly_shop: Shop) -> None:
    """M11, T1546: the worker is killed, so that exit hooks, finalizers and handlers get no turn of their own."""
    assert dayfly_shop.result_of(EXIT_HOOKS) == "planted"
    dayfly_shop.serve(3, takes=0.01)
    assert dayfly_shop.sink.received() == []
