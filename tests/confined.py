"""Put a command where Lambda would have it: own PID and mount namespace, private /tmp, unprivileged user."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.lambda_refusals import under_refusals

# Lambda's limits at 128 MB (AWS-validated by LocalStack's introspection tests). They bound what an attack can
# leave on the machine that runs the tests, too: PID 1 of an environment may not bury its zombies.
LIMITS = ("--nproc=742:742", "--nofile=1024:1024")
# Processes are counted by user over all namespaces: each environment has a user of its own, one that owns no
# files and runs nothing else.
FIRST_UID = 1_000_000
_serial = itertools.count()
TASK_ROOT = "/var/task"
Kind = Literal["bwrap-root", "bwrap-user", "none"]


def unused_uid() -> int:
    """A user id that no other environment of this machine's tests has now."""
    return FIRST_UID + os.getpid() % 100_000 * 1_000 + next(_serial) % 1_000


@dataclass(frozen=True)
class Confinement:
    """How far this machine lets us confine, and why not further."""

    kind: Kind
    reason: str

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        """The command line that runs `command` as PID 1 of its own namespace, with an empty /tmp.

        The folder `task` appears as /var/task, read-only, and is the working directory. `binds` are shown
        read-only even if they lie under /tmp or in a folder the user may not enter. Each call has a user of
        its own with Lambda's limits. With `refusals` it also lacks what Lambda lacks: the system calls of
        tests/lambda_refusals.py, /dev/shm and /dev/mqueue. With kind "none" no more than those calls are
        taken from the command.
        """
        if refusals:
            command = under_refusals(command)
        if self.kind == "none":
            return list(command)
        bwrap = shutil.which("bwrap")
        assert bwrap is not None, "confinement_here() found bwrap a moment ago"
        # Order matters: what is mounted later covers what was mounted before, so the binds come last.
        line = [bwrap, "--die-with-parent", "--ro-bind", "/", "/"]
        line += [*(_devices_of_lambda() if refusals else _devices()), "--proc", "/proc"]
        line += ["--unshare-pid", "--unshare-ipc", "--as-pid-1", "--perms", "1777", "--tmpfs", "/tmp"]
        # Interpreters often live in root's home, mode 0700: an empty home that anybody may enter, with only
        # the interpreters in it, shows them without showing the rest.
        line += ["--perms", "0755", "--tmpfs", "/root", "--perms", "0755", "--tmpfs", "/var"]
        for path in [*_interpreter_folders(), *binds]:
            # bwrap makes missing parents with mode 0700, which would shut the unprivileged user out.
            for parent in reversed([path, *path.parents]):
                if parent != path and _is_below(parent, "/tmp", "/root", "/var"):
                    line += ["--perms", "0755", "--dir", str(parent)]
            line += ["--ro-bind", str(path), str(path)]
        line += ["--ro-bind", str(task), TASK_ROOT, "--chdir", TASK_ROOT]
        uid = unused_uid()
        if self.kind == "bwrap-user":
            user = ["--unshare-user", "--uid", str(uid), "--gid", str(uid)]
            return [*line, *user, "prlimit", *LIMITS, *command]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            line += ["--cap-add", capability]
        setpriv = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        return [*line, "prlimit", *LIMITS, *setpriv, "--inh-caps=-all", "--bounding-set=-all", *command]


@functools.cache
def confinement_here() -> Confinement:
    """The strongest confinement this machine allows, found by trying."""
    if shutil.which("bwrap") is None:
        return Confinement("none", "bubblewrap is not installed")
    candidate = Confinement("bwrap-root" if os.geteuid() == 0 else "bwrap-user", "tried and worked")
    trial = candidate.wrap(
        ["/bin/sh", "-c", 'test $$ = 1 && test "$(id -u)" != 0 && touch /tmp/x'],
        task=Path("/etc"),
        binds=[],
    )
    outcome = subprocess.run(trial, capture_output=True, timeout=60)
    if outcome.returncode == 0:
        return candidate
    return Confinement("none", f"bubblewrap refused: {outcome.stderr.decode(errors='replace').strip()}")


def _devices() -> list[str]:
    # bwrap leaves /dev/shm to root alone.
    return ["--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"]


def _devices_of_lambda() -> list[str]:
    """bwrap's own --dev brings /dev/shm, which Lambda has not."""
    line = ["--tmpfs", "/dev"]
    for name in ("full", "null", "random", "tty", "urandom", "zero"):
        line += ["--dev-bind-try", f"/dev/{name}", f"/dev/{name}"]
    line += ["--symlink", "/proc/self/fd", "/dev/fd"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        line += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    return [*line, "--remount-ro", "/dev"]


def _is_below(path: Path, *roots: str) -> bool:
    return any(path.is_relative_to(root) and path != Path(root) for root in roots)


def _interpreter_folders() -> list[Path]:
    candidates = [Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"]
    return [folder for folder in candidates if folder.is_dir() and folder.is_relative_to("/root")]
