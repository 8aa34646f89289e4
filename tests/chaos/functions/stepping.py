"""Follows a supervisor step by step, and does at one of them what the director in the test says.

A step is the call or the return of a function of Dayfly's supervisor, or a call into the kernel that one of them makes.
The director, at an abstract socket, is asked for an order at the start of a process and at each event, and is told
which steps the event before had. No tracer and no change to what is tested: `sys.setprofile`, which the zygote and
its workers switch off.
"""

import _socket
import errno
import json
import os
import signal
import sys
import time

_PARTS = ("/dayfly/supervisor/", "/dayfly/_sys/")
# Modules whose functions enter the kernel, or ask it the time.
_KERNEL = {"posix", "_socket", "select", "_signal", "time", "fcntl"}
_EVENT = "loop:Supervisor._handle:call"


class Follower:
    """Where the supervisor is: `order` is what to do and at which step, `steps` those of the event so far."""

    def __init__(self, director):
        self.director = director
        self.pid = os.getpid()
        self.labels = {}
        self.steps = []
        self.order = self.ask("start")

    def ask(self, phase):
        """Tell the steps so far and take an order."""
        steps, self.steps = self.steps, []
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            sock.connect("\0" + self.director)
            sock.sendall(json.dumps({"phase": phase, "steps": steps, "pid": self.pid}).encode() + b"\n")
            answer = b""
            while data := sock.recv(65536):
                answer += data
        except OSError:
            return {}
        finally:
            sock.close()
        return json.loads(answer)

    def hook(self, frame, event, arg):
        """Called by the interpreter at every call and return."""
        code = frame.f_code
        label = self.labels.get(code)
        if label is None:
            name = code.co_filename
            part = next((part for part in _PARTS if part in name), "")
            label = self.labels[code] = name.rpartition("/")[2][:-3] + ":" + code.co_qualname if part else ""
        if not label or event in ("c_return", "c_exception"):
            return
        if os.getpid() != self.pid:
            sys.setprofile(None)
            return
        if event == "c_call":
            owner = getattr(arg, "__self__", None)
            module = getattr(arg, "__module__", None) or type(owner).__module__
            if module not in _KERNEL and type(owner).__module__ not in _KERNEL:
                return
            step = f"{label}>{arg.__name__}"
        else:
            step = f"{label}:{event}"
        if step == _EVENT:
            self.order = self.ask("event")
        self.steps.append(step)
        order = self.order
        if order and step == order["step"]:
            order["nth"] -= 1
            if order["nth"] == 0:
                self.order = {}
                self.ask("acting")
                act(order["act"], order["of"])


def begin(director):
    """Follow this process from here on."""
    sys.setprofile(Follower(director).hook)


def act(what, whom):
    """Do what the order says."""
    if what == "raise":
        if whom == "MemoryError":
            raise MemoryError
        number = getattr(errno, whom)
        raise OSError(number, os.strerror(number))
    if what == "clock":
        jump(float(whom))
        return
    number = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "terminate": signal.SIGTERM}[what]
    for pid in targets(whom):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def targets(whom):
    """Return the pids of a part: the oldest child of the zygote serves while an event is out."""
    if whom == "supervisor":
        return [os.getpid()]
    zygotes = children(os.getpid())
    if whom == "zygote":
        return zygotes
    workers = [worker for zygote in zygotes for worker in children(zygote)]
    return {"worker": workers[:1], "spare": workers[1:], "all": [*workers, *zygotes, os.getpid()]}[whom]


def children(pid):
    """Return the living children of a process, oldest first."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] not in "ZX":
                found.append((int(fields[19]), int(name)))
    return [child for _, child in sorted(found)]


def jump(seconds):
    """Have the clocks that may jump stand elsewhere for this process: the time of day, and the time since boot."""
    real_time, real_clock, real_ns = time.time, time.clock_gettime, time.clock_gettime_ns
    moved = {time.CLOCK_REALTIME, time.CLOCK_BOOTTIME, 5}
    time.time = lambda: real_time() + seconds
    time.clock_gettime = lambda number: real_clock(number) + (seconds if number in moved else 0.0)
    time.clock_gettime_ns = lambda number: real_ns(number) + (int(seconds * 1e9) if number in moved else 0)
