"""Put a command where Lambda would have it: own PID and mount namespace, private /tmp, unprivileged user."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Literal

from tests.lambda_refusals import under_refusals

# Lambda's limits at 128 MB (AWS-validated by LocalStack's introspection tests). They bound what an attack can
# leave on the machine that runs the tests, too: PID 1 of an environment may not bury its zombies.
LIMITS = ("--nproc=742:742", "--nofile=1024:1024", "--memlock=65536:65536")
# Processes are counted by user over all namespaces: each environment has a user of its own, one that owns no
# files and runs nothing else.
FIRST_UID = 1_000_000
TASK_ROOT = "/var/task"
# The name of Lambda's user.
USER = "sbx_user1051"
Kind = Literal["bwrap-root", "bwrap-user", "none"]
Disk = Literal["tmpfs", "ext4"]
# Of /tmp, as Lambda has it by default.
TMP_BYTES = 512 << 20
# By its name Lambda's PID 1 is recognised.
RAPID = "/var/rapid/init"
# What takes on that name and stays what it is.
AS_RAPID = ("bash", "-c", f'exec -a {RAPID} "$@"', "bash")
_serial = itertools.count()
_TMP_OF_MEMORY = ("--perms", "1777", "--size", f"{TMP_BYTES}", "--tmpfs", "/tmp")
# Mounted in a mount namespace, and its file removed at once: both are gone with the last process, whoever ends it.
_MOUNT = "/mnt"
_ON_EXT4 = (
    *("unshare", "--mount", "--propagation", "private", "sh", "-ec"),
    (
        f'image=$(mktemp); truncate -s {TMP_BYTES} $image; PATH="$PATH:/usr/sbin:/sbin" mkfs.ext4 -q -F -m 0 $image; '
        f'mount -o loop $image {_MOUNT}; rm $image; rmdir {_MOUNT}/lost+found; chmod 1777 {_MOUNT}; exec "$@"'
    ),
    "sh",
)


def unused_uid() -> int:
    """A user id that no other environment of this machine's tests has now."""
    return FIRST_UID + os.getpid() % 100_000 * 1_000 + next(_serial) % 1_000


@dataclass(frozen=True)
class Confinement:
    """How far this machine lets us confine, and why not further."""

    kind: Kind
    reason: str
    _: KW_ONLY
    disk: Disk = "tmpfs"
    # 0: as many as there are.
    processors: int = 0
    # What starts the command instead of being replaced by it, as PID 1 and, as on Lambda, of another user where this is root.
    starter: tuple[str, ...] = ()
    # 0: one of its own for each command.
    uid: int = 0

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        """The command line that runs `command` as PID 1 of its own namespace, with an empty /tmp.

        The folder `task` appears as /var/task, read-only, and is the working directory. `binds` are shown
        read-only even if they lie under /tmp or in a folder the user may not enter. Each call has a user of
        its own with Lambda's limits. With `refusals` it also lacks what Lambda lacks: the system calls of
        tests/lambda_refusals.py, /dev/shm and /dev/mqueue. With kind "none" no more than those calls are
        taken from the command. Precondition of `disk` ext4: `ext4_missing` returns nothing.
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
        line += ["--unshare-pid", "--unshare-ipc", "--as-pid-1"]
        line += [*_TMP_OF_MEMORY] if self.disk == "tmpfs" else ["--bind", _MOUNT, "/tmp"]
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
        uid = self.uid or unused_uid()
        if refusals:
            line += ["--ro-bind", str(_users_with(uid)), "/etc/passwd"]
        processors = ["taskset", "-c", processors_named(self.processors)] if self.processors else []
        limits = [shutil.which("prlimit") or "prlimit", *LIMITS, *processors]
        if self.kind == "bwrap-user":
            user = ["--unshare-user", "--uid", str(uid), "--gid", str(uid)]
            return [*line, *user, *self.starter, *limits, *command]
        for capability in ("SETUID", "SETGID", "SETPCAP", *(["KILL"] if self.starter else [])):
            line += ["--cap-add", f"CAP_{capability}"]
        setpriv = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        line += [*self.starter, *limits, *setpriv, "--inh-caps=-all", "--bounding-set=-all", *command]
        return line if self.disk == "tmpfs" else [*_ON_EXT4, *line]


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


def processors_named(count: int) -> str:
    """The numbers of so many processors that this process may use, or of all, for taskset."""
    return ",".join(map(str, sorted(os.sched_getaffinity(0))[:count]))


@functools.cache
def ext4_missing() -> str:
    """Why this machine cannot have an environment with /tmp on ext4, found by trying; empty where it can."""
    here = confinement_here()
    if here.kind != "bwrap-root":
        return here.reason if here.kind == "none" else "a file system is mounted by root alone"
    trial = replace(here, disk="ext4").wrap(
        ["/bin/sh", "-c", 'test "$(stat -f -c %T /tmp)" = ext2/ext3 && touch /tmp/x'],
        task=Path("/etc"),
        binds=[],
    )
    outcome = subprocess.run(trial, capture_output=True, timeout=60)
    return outcome.stderr.decode(errors="replace").strip() if outcome.returncode else ""


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


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Of what environments are shown, until this process ends."""
    return tempfile.TemporaryDirectory(prefix="confined-")


def _users_with(uid: int) -> Path:
    """/etc/passwd with an entry for the user, as Lambda's has one: `HOME` is not set there, and libraries look it up."""
    path = Path(_folder().name) / str(uid)
    entry = f"{USER}:x:{uid}:{uid}::/home/{USER}:/sbin/nologin\n"
    path.write_text(Path("/etc/passwd").read_text() + entry)
    path.chmod(0o444)
    return path


def _is_below(path: Path, *roots: str) -> bool:
    return any(path.is_relative_to(root) and path != Path(root) for root in roots)


def _interpreter_folders() -> list[Path]:
    candidates = [Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"]
    return [folder for folder in candidates if folder.is_dir() and folder.is_relative_to("/root")]
