"""Runs every scenario in a process forked from one initialised function; prints what the guard told of each, as JSON.

Started as a script, with the interpreter under test; `SCENARIOS` is imported by the tests.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

TASK = Path(__file__).parent / "function"

# ---- honest: a name, and what the handler does with the event ------------------------------------


def lazy_global(app: Any, event: Any) -> None:
    app.LAZY = app.Cart()


def late_import(app: Any, event: Any) -> None:
    import colorsys
    import plistlib

    app.LAZY = (colorsys, plistlib.dumps)


def growing_cache(app: Any, event: Any) -> None:
    app.CACHE[event["name"]] = event
    app.CONFIG["rebate"] = event["rebate"]
    app.COUNT += 1
    app.looked_up(event["name"])


def own_function_in_another_s_place(app: Any, event: Any) -> None:
    app.price = app.other_price
    app.HOOKS.append(app.price)


def own_function_in_a_library(app: Any, event: Any) -> None:
    json.dumps = app.dumps


def closure(app: Any, event: Any) -> None:
    app.COUNTER()
    app.COUNTER = app.make_counter()


def namedtuple_class(app: Any, event: Any) -> None:
    from collections import namedtuple

    row = namedtuple("row", ["name", "rebate"])
    app.LAZY = row


def dataclass_class(app: Any, event: Any) -> None:
    from dataclasses import make_dataclass

    app.Row = make_dataclass("Row", [("name", str), ("rebate", int)])
    app.LAZY = app.Row(event["name"], event["rebate"])


def generated_code(app: Any, event: Any) -> None:
    app.LAZY = app.generate(event["rebate"])
    app.generated = app.LAZY
    app.HOOKS.append(app.LAZY)


def partial(app: Any, event: Any) -> None:
    import functools

    app.LAZY = functools.partial(app.price, event["rebate"])


def own_logging_handler(app: Any, event: Any) -> None:
    import logging

    logging.getLogger().addHandler(logging.StreamHandler())
    app.LOGGER.addFilter(lambda record: True)


def own_thread(app: Any, event: Any) -> None:
    import threading

    app.LAZY = threading.Thread(target=threading.Event().wait, daemon=True)
    app.LAZY.start()


def own_signal_handler(app: Any, event: Any) -> None:
    import signal

    signal.signal(signal.SIGUSR1, lambda *_: None)


def environment_variable(app: Any, event: Any) -> None:
    os.environ["TZ"] = "Europe/Berlin"
    os.environ["HOME"] = "/tmp"


def counting(app: Any, event: Any) -> None:
    app.ADMINS.append(event["name"])
    app.COUNTER()


def graph_query(app: Any, event: Any) -> None:
    app.CONFIG["rebate"] = event["rebate"]


def working_directory(app: Any, event: Any) -> None:
    os.chdir("/tmp")


HONEST: dict[str, tuple[Callable[[Any, Any], None], dict[str, Any]]] = {
    act.__name__: (act, {"name": "alice", "rebate": 3})
    for act in (
        lazy_global,
        late_import,
        growing_cache,
        own_function_in_another_s_place,
        own_function_in_a_library,
        closure,
        namedtuple_class,
        dataclass_class,
        generated_code,
        partial,
        counting,
        own_logging_handler,
        own_thread,
        own_signal_handler,
        environment_variable,
        working_directory,
    )
}
HONEST["forum_post"] = (
    growing_cache,
    {
        "name": "what does obj.__class__ mean, and __init__.__globals__?",
        "rebate": 3,
        "typename": "__typename",
    },
)
HONEST["named_after_an_attribute"] = (growing_cache, {"name": "__class__", "rebate": 37})
HONEST["graph_query"] = (graph_query, {"__typename": "Order", "query": "{ __schema }", "rebate": 3})

# ---- attacks: code of the event's, and where what it planted is to be found ----------------------

LEAK = "def leak(*a, **k): return None\n"
PLANTS: dict[str, tuple[str, str]] = {
    "module function": (LEAK + "import json; json.dumps = leak", "json.dumps"),
    "own function": (LEAK + "import app; app.price = leak", "app.price"),
    "new name": (LEAK + "import app; app.helper = leak", "app.<new>"),
    "built-in function": (LEAK + "import builtins; builtins.sorted = leak", "builtins.sorted"),
    "built-in function by another": (
        "import builtins, operator; builtins.isinstance = operator.eq",
        "builtins.isinstance",
    ),
    "existing function": ("import hmac, operator; hmac.compare_digest = operator.eq", "hmac.compare_digest"),
    "class": (LEAK + "import app; app.Cart.total = leak", "app.Cart.total"),
    "class attribute": ("import app; app.Cart.rate = 0", "app.Cart.rate"),
    "new method": (LEAK + "import app; app.Cart.__getattr__ = leak", "app.Cart.<new>"),
    "instance": (LEAK + "import app; app.CART.total = leak", "app.CART.<new>"),
    "library's instance": (LEAK + "import logging; logging.getLogger('app').handle = leak", "logging.Logger"),
    "table": ("import app; app.CONFIG['limits']['daily'] = 10**9", "app.CONFIG.limits.daily"),
    "list of functions": (LEAK + "import app; app.HOOKS.append(leak)", "app"),
    "closure": (LEAK + "import app; app.COUNTER.__closure__[0].cell_contents = leak", "function/app.py:"),
    "partial in a list in a table": (
        LEAK + "import app, functools; app.CACHE['x'] = [functools.partial(print, leak)]",
        "app.CACHE.<new>",
    ),
    "class made for it": (
        "import logging\nclass Handler(logging.Handler):\n    emit = lambda *_: None\nlogging.getLogger().addHandler(Handler())",
        "logging.RootLogger",
    ),
    "importer": (
        "import sys\nclass Finder:\n    @staticmethod\n    def find_spec(*a): return None\nsys.meta_path.append(Finder())",
        "sys.meta_path",
    ),
    "signal handler": (LEAK + "import signal; signal.signal(signal.SIGUSR1, leak)", "signal handlers"),
    "collector's callback": (LEAK + "import gc; gc.callbacks.append(leak)", "gc.callbacks"),
    "exit function": (LEAK + "import atexit; atexit.register(leak)", "the interpreter"),
    "finalizer": (LEAK + "import weakref, app; weakref.finalize(app.Cart, leak)", "weakref.finalize"),
    "thread": (
        "import threading\ndef wait(event=threading.Event()): event.wait()\nthreading.Thread(target=wait, daemon=True).start()",
        "a thread",
    ),
    "module": (
        "import sys, types; fake = types.ModuleType('colorsys'); fake.x = lambda: 1; sys.modules['json'] = fake",
        "sys.modules.json",
    ),
    "environment": ("import os; os.environ['HTTPS_PROXY'] = 'http://127.0.0.1:1'", "os.environ.<new>"),
    "file name of another's": (
        "import app\nexec(compile('def price(amount): return 0', app.__file__, 'exec'), vars(app))",
        "app.price",
    ),
    "file name of the interpreter's": (
        LEAK
        + "import app, os; leak.__code__ = leak.__code__.replace(co_filename=os.__file__); app.price = leak",
        "app.price",
    ),
    "name of frozen code": (
        "import json\nexec(compile('def dumps(x): return 0', '<frozen os>', 'exec'), vars(json))",
        "json.dumps",
    ),
    "hidden from the collector": (
        LEAK + "import app, gc; app.price = leak; app.HOOKS.append(leak); gc.freeze()",
        "app.price",
    ),
    "generator": (
        "import app\ndef run():\n    while True:\n        yield 1\napp.LAZY = run(); next(app.LAZY)",
        "app.LAZY",
    ),
    "list": ("import app; app.ADMINS.append('mallory')", "app.ADMINS"),
    "defaults": ("import app; app.other_price.__defaults__ = (0,)", "app.other_price"),
    "defaults by name": ("import app; app.discount.__kwdefaults__['rate'] = 0", "app.discount"),
    "set in a class": ("import app; app.Cart.allowed.add('mallory')", "app.Cart.allowed"),
    "working directory": ("import os; os.chdir('/proc')", "the working directory"),
    "temporary file": (
        "import tempfile; kept = tempfile.NamedTemporaryFile(delete=False); kept.write(b'x'); kept.close()",
        "temporary files",
    ),
    "descriptor": ("import os; kept = os.pipe()", "descriptors"),
    "child": ("import os, time\nif os.fork() == 0:\n    time.sleep(5); os._exit(0)", "child processes"),
}
# Values that lead over attributes to what an event is not to reach (L1).
POLLUTION: dict[str, tuple[dict[str, Any], str]] = {
    "table of a module": ({"merge": {"__globals__": {"CONFIG": {"rebate": 99}}}}, "app.CONFIG.rebate"),
    "class": ({"__class__": {"rate": 77}}, "app.Cart.rate"),
    "global": ({"merge": {"__globals__": {"COUNT": 4711}}}, "app.COUNT"),
    "environment": (
        {"merge": {"__globals__": {"functools": {"__dict__": {"RLock": "4711x"}}}}},
        "functools.RLock",
    ),
}


# ---- honest beside what the guard tells of: an event's text is executed, and something fills itself ------


def first_time(app: Any, event: Any) -> None:
    import platform
    import weakref

    app.LAZY = app.Cart()
    app.SESSION = app.SESSION or app.Cart()
    app.TOTALS = weakref.finalize(app.LAZY, app.price, 1)
    platform.uname()


def formula(app: Any, event: Any) -> None:
    app.evaluate(event["formula"])
    first_time(app, event)


def call(app: Any, event: Any) -> None:
    import platform

    app.evaluate(event["formula"])
    assert platform._uname_cache is None  # type: ignore[attr-defined]
    platform.uname()


BESIDE: dict[str, tuple[Callable[[Any, Any], None], dict[str, Any]]] = {
    "formula": (formula, {"formula": "49.90 + 4.99"}),
    "library's own note": (call, {"formula": "min(49.90, 4.99)"}),
    "after an event that left nothing": (first_time, {"before": "__import__('os').getpid()"}),
}


def attack(app: Any, event: Any) -> None:
    app.run(event["code"])


def hidden_attack(app: Any, event: Any) -> None:
    app.run_decoded(event["code"])


def pollution(app: Any, event: Any) -> None:
    app.CART.merge(event["cart"])


def scenarios() -> dict[str, tuple[Callable[[Any, Any], None], dict[str, Any]]]:
    """Every scenario: what is done, and the event it is done with."""
    found = {f"honest/{name}": one for name, one in HONEST.items()}
    found |= {f"beside/{name}": one for name, one in BESIDE.items()}
    for name, (code, _) in PLANTS.items():
        found[f"attack/{name}"] = (attack, {"code": code})
        found[f"hidden/{name}"] = (hidden_attack, {"code": "".join(chr(ord(char) ^ 1) for char in code)})
    for name, (cart, _) in POLLUTION.items():
        found[f"pollution/{name}"] = (pollution, {"cart": cart})
    return found


def main() -> None:
    """Initialise the function, and try every scenario on it."""
    sys.path.insert(0, str(TASK))
    os.chdir(TASK)
    import app  # type: ignore[import-not-found]

    from dayfly.core.handshake import ZygoteOptions
    from dayfly.runtime.guard import Unarmed, arm

    os.environ["LAMBDA_TASK_ROOT"] = str(TASK)
    guard = arm(
        ZygoteOptions(
            guard="observe", guard_key="11" * 16, isolation="process", temporary=(tempfile.gettempdir(),)
        )
    )
    assert not isinstance(guard, Unarmed), guard.fault
    guard.settle()
    gc.freeze()
    guard.watch()
    results: dict[str, list[list[str]]] = {}
    for name, (act, event) in scenarios().items():
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _serve(guard, app, act, event, writing)
        os.close(writing)
        with open(reading, "rb") as said:
            text = said.read().decode()
        os.waitpid(pid, 0)
        results[name] = [line[1:].split("|") for line in text.split("\n") if line]
    print(json.dumps(results))


def _serve(guard: Any, app: Any, act: Callable[[Any, Any], None], event: Any, writing: int) -> None:
    write, leave = os.write, os._exit
    try:
        body = json.dumps(event).encode()
        # An invocation before: what it did is no longer news.
        guard.begin(b"{}", "before")
        guard.enter()
        app.COUNT += 1
        guard.leave()
        assert guard.end() == (b"", b"")
        if "before" in event:
            guard.begin(json.dumps({"formula": event["before"]}).encode(), "earlier")
            guard.enter()
            app.evaluate(event["before"])
            guard.leave()
            assert b"Gplanted" not in guard.end()[0]
        guard.begin(body, "request")
        guard.enter()
        act(app, event)
        guard.leave()
        write(writing, guard.end()[0])
    except BaseException as fault:
        write(writing, f"Gfault|{type(fault).__name__}: {fault}||||".encode())
    finally:
        leave(0)


if __name__ == "__main__":
    main()
