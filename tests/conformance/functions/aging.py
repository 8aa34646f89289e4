"""Count inits in a file outside every temporary directory, and fail in those that the test names."""

import os
import time
from pathlib import Path

COUNTER = Path(os.environ["COUNTER"])
NUMBER = int(COUNTER.read_text() or "0") + 1 if COUNTER.exists() else 1
COUNTER.write_text(str(NUMBER))
FAULT = os.environ.get("FAULT", "") if NUMBER in map(int, os.environ.get("FAILS_IN", "0").split(",")) else ""
if FAULT == "raise":
    raise RuntimeError("the database is down")
if FAULT == "exit":
    os._exit(7)
if FAULT == "hang":
    time.sleep(3600)
if FAULT == "thread":
    import socket

    LISTENER = socket.create_server(("127.0.0.1", 0))
if os.environ.get("INIT_FILE"):
    import tempfile

    Path(tempfile.gettempdir(), "made-by-init").write_text(str(NUMBER))
time.sleep(float(os.environ.get("INIT_S", "0")))
PLANTED = []


def handler(event, context):
    if "plant" in event:
        PLANTED.append(event["plant"])
    time.sleep(event.get("takes", 0))
    return {"init": NUMBER, "pid": os.getpid(), "planted": PLANTED}
