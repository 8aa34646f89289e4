"""A function whose first init is ended by the platform, as one that takes longer than ten seconds is, and leaves a process."""

import os
import signal
import subprocess


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


with open("/proc/1/stat") as stat:
    # The page faults of children that were waited for: none before the platform has ended a runtime.
    is_first = stat.read().rpartition(")")[2].split()[8] == "0"
if is_first:
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    os.kill(_parent(os.getpid()), signal.SIGKILL)
    signal.pause()


def handler(event: dict[str, object], context: object) -> dict[str, object]:
    """Answer as the shop does."""
    return {"mark": event.get("card")}
