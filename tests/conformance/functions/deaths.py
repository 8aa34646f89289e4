"""Die in mid-invocation in the way the event names; remember which init this is."""

import ctypes
import os
import signal
import sys
import threading
import uuid

INIT = str(uuid.uuid4())


def _other_thread():
    thread = threading.Thread(target=lambda: os._exit(9))
    thread.start()
    thread.join()


CASES = {
    "live": lambda: "alive",
    "sys.exit": lambda: sys.exit(),
    "sys.exit(0)": lambda: sys.exit(0),
    "sys.exit(7)": lambda: sys.exit(7),
    "sys.exit(text)": lambda: sys.exit("a reason"),
    "os._exit(0)": lambda: os._exit(0),
    "os._exit(3)": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "abort": lambda: os.abort(),
    "term": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "thread": _other_thread,
    "keyboard": lambda: (_ for _ in ()).throw(KeyboardInterrupt()),
}


def handler(event, context):
    print(f"about to {event['case']}")
    CASES[event["case"]]()
    return {"init": INIT, "pid": os.getpid()}
