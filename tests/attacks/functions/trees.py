"""A function whose events describe a tree of processes that it is to leave behind, or ask it what else runs."""

import json
import os
import resource
import subprocess
import sys
import time

STAYS_S = 20
# RLIMIT_LOCKS, which the module does not name, RLIMIT_RSS, RLIMIT_FSIZE.
LIMITS = (10, resource.RLIMIT_RSS, resource.RLIMIT_FSIZE)


def handler(event, context):
    if "tree" in event:
        grow(event["tree"], is_worker=True)
        return {"id": context.aws_request_id}
    # A child of its own, of which an honest function has need.
    said = subprocess.run([sys.executable, "-S", "-c", "print(6 * 7)"], capture_output=True, text=True)
    return {
        "id": context.aws_request_id,
        "said": said.stdout.strip(),
        "others": others(),
        "mark": event["mark"],
    }


def grow(steps, is_worker=False):
    """Do the steps in this process; any but the worker stays for a while afterwards, unless the last one says otherwise."""
    for number, (name, value) in enumerate(steps):
        if name == "child" and fork() == 0:
            grow(value)
        if name == "orphan" and (between := fork()) == 0:
            if fork() == 0:
                grow(value)
            os._exit(0)
        if name == "orphan" and between > 0:
            os.waitpid(between, 0)
        if name == "lower":
            lower(*value)
        if is_worker:
            continue
        if name == "session" and os.getpid() != os.getsid(0):
            try:
                os.setsid()
            except OSError:
                os.setpgid(0, 0)
        if name == "hop":
            for _ in range(value):
                if fork():
                    os._exit(0)
        if name == "program":
            # Without variables, under another name: nothing is left by which its worker could be told but its limits.
            rest = json.dumps(steps[number + 1 :])
            os.execve(sys.executable, [value, "-S", __file__, rest], {})
        if name == "end":
            os._exit(0)
    if not is_worker:
        time.sleep(STAYS_S)
        os._exit(0)


def fork():
    try:
        return os.fork()
    except OSError:
        return -1


def lower(number, share):
    """Lower a limit of each process of the user but the first, this one included."""
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            hard = resource.prlimit(pid, LIMITS[number])[1]
            if pid > 1 and hard != 0:
                low = int(share * (hard if hard > 0 else 1 << 40))
                resource.prlimit(pid, LIMITS[number], (low, low))
        except (OSError, ValueError):
            continue


def others():
    """Everything that runs besides this worker, the supervisor above it, and what the supervisor has started."""
    parents, names = {}, {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            with open(f"/proc/{pid}/cmdline") as line:
                names[pid] = line.read()
        except OSError:
            continue
        if fields[0] not in "ZX":
            parents[pid] = int(fields[1])
    supervisor = parents[os.getppid()]
    found = []
    for pid in parents:
        above = pid
        while above > 1 and above != supervisor:
            above = parents.get(above, 0)
        if above != supervisor and pid != 1:
            found.append([pid, parents[pid], names[pid]])
    return found


if __name__ == "__main__":
    grow(json.loads(sys.argv[1]))
