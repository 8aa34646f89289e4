"""Run the code that an event brings, as a function with an `eval` would; say whether Dayfly is there."""

import os
import signal
import sys


def supervisor():
    """Return the process that the platform has started; PID 1 is the platform."""
    pid = os.getpid()
    while True:
        with open(f"/proc/{pid}/stat") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
        if parent <= 1:
            return pid
        pid = parent


def handler(event, context):
    if "code" in event:
        exec(event["code"], {"os": os, "signal": signal, "sys": sys, "supervisor": supervisor})
    return {"dayfly": "dayfly" in sys.modules}
