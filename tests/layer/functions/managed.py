"""Tell what a function of a managed runtime sees of itself, and do what the event names."""

import builtins
import os
import signal
import sys

SEEN_AT_INIT = list(sys.path)
calls = 0


def view(event, context):
    import awslambdaric
    import simplejson

    return {
        "path": sys.path,
        "path at init": SEEN_AT_INIT,
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "main": sys.modules["__main__"].__file__,
        "main names": sorted(vars(sys.modules["__main__"])),
        "client": [awslambdaric.__version__, awslambdaric.__file__, simplejson.__file__],
        "builtins": [name for name in ("exit", "quit", "help", "copyright") if hasattr(builtins, name)],
        "environ": {
            key: value
            for key, value in os.environ.items()
            if key
            not in ("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_EXEC_WRAPPER", "_LAMBDA_TELEMETRY_LOG_FD", "_")
        },
        "cwd": os.getcwd(),
        "processors": sorted(os.sched_getaffinity(0)),
        "descriptors": descriptors() if event.get("descriptors") else [],
        "pth": os.environ.get("SEEN_PTH"),
        "customized": "sitecustomize" in sys.modules,
        "executable": sys.executable,
        "prefix": sys.prefix,
    }


def handler(event, context):
    global calls
    calls += 1
    if event.get("kill") == "zygote":
        os.kill(os.getppid(), signal.SIGKILL)
    if event.get("look") == "processes":
        return names_of_processes()
    return {"calls": calls, "dayfly": "dayfly" in sys.modules, "python": list(sys.version_info[:2])}


def descriptors():
    """Kinds of what is open; the platform's numbers differ."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}").partition(":")[0])
        except OSError:
            continue  # the one that lists
    return sorted(kind for kind in found if not kind.startswith("/"))


def names_of_processes():
    """Command lines of this process and its ancestors, nearest first."""
    found, pid = [], os.getpid()
    while pid > 0:
        with open(f"/proc/{pid}/cmdline") as file:
            found.append(file.read().split("\0"))
        with open(f"/proc/{pid}/stat") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
    return found
