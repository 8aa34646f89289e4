"""Sends a document with each event, which a part of the guard judges that is loaded when something asks for it."""

import json
import os
import socket
import sys
import threading
import time

IMPORTED = []
if os.environ.get("AT_INIT") == "thread":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
if os.environ.get("AT_INIT") == "hook":
    os.register_at_fork(after_in_child=lambda: IMPORTED.append(time))


def handler(event, context):
    before = set(sys.modules)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.connect(("127.0.0.1", 2000))
        daemon.send(json.dumps({"text": event["text"]}).encode())
    found = event["text"]
    loaded = [name for name in sys.modules if name not in before and name.startswith("dayfly.")]
    import wave  # noqa: F401

    return {"found": found, "loaded": loaded, "wave": "wave" in before, "threads": threading.active_count()}
