"""Show which worker serves, what it remembers, and misbehave on demand."""

import os
import subprocess
import tempfile
import threading
import time

INIT = os.urandom(8).hex()
PRIMED = []
HOOKS = []
SEEN = 0
TICKS = 0


def prime():
    PRIMED.append(os.getpid())
    print("primed")


def fail():
    raise LookupError("secret of the hook")


def before():
    HOOKS.append("before")


def after():
    HOOKS.append(f"after in {os.getpid()}")


def _tick():
    global TICKS
    while True:
        TICKS += 1
        time.sleep(0.001)


def _speak_after_answering():
    """Have the answer's frame sent twice, as one would who forges the answer to the next event."""
    from dayfly.runtime.client import DayflyRuntimeClient

    answer = DayflyRuntimeClient._answer

    def twice(self, *arguments):
        answer(self, *arguments)
        answer(self, *arguments)

    DayflyRuntimeClient._answer = twice


def handler(event, context):
    global SEEN
    SEEN += 1
    act = event.get("act")
    if act == "child":
        subprocess.Popen(["/bin/sleep", "300"])
    elif act == "thread":
        threading.Thread(target=_tick, daemon=True).start()
    elif act == "speak":
        _speak_after_answering()
    elif act == "exit":
        os._exit(3)
    elif act == "raise":
        raise ValueError("no")
    note = os.path.join(tempfile.gettempdir(), "note")
    noted = os.path.exists(note)
    with open(note, "w") as file:
        file.write("x")
    if event.get("print"):
        print("handled", event["print"])
    return {
        "pid": os.getpid(),
        "seen": SEEN,
        "ticks": TICKS,
        "noted": noted,
        "init": INIT,
        "primed": len(PRIMED),
        "in_zygote": os.getpid() not in PRIMED,
        "hooks": HOOKS,
        "request": context.aws_request_id,
    }
