"""What keeps an environment apart from this machine: bubblewrap where it works, else nothing, announced.

bubblewrap: https://github.com/containers/bubblewrap. As root no user namespace is used: a mapped root is
not unprivileged and the process limit would not count for it; init switches to a real uid of the
environment's own instead. Otherwise a user namespace makes the other namespaces possible.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dayfly.lab.hosts import Hosts
from dayfly.lab.model import ConfinementChoice, ConfinementReport, LabError
from dayfly.lab.system_calls import REFUSED, filter_for

TASK_ROOT = "/var/task"
# Not below /opt, which is the layers'.
LAB_ROOT = Path("/var/lab")
DAYFLY_ROOT = f"{LAB_ROOT}/package"
INIT_PATH = f"{LAB_ROOT}/init.py"
CHANNEL_PATH = f"{LAB_ROOT}/channel"
_PROBE_TIMEOUT_S = 20.0
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = (
    "ca-certificates",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "pki",
    "resolv.conf",
    "ssl",
)
_DEVICES = ("full", "null", "random", "urandom", "zero")
# Seen in a 128 MB function (shared platform facts). Core files are off: a host's core pattern may write
# them outside the environment.
LIMITS = (
    (resource.RLIMIT_NOFILE, 1024, 1024),
    (resource.RLIMIT_NPROC, 742, 742),
    (resource.RLIMIT_CORE, 0, 0),
    (resource.RLIMIT_MEMLOCK, 65536, 65536),
    (resource.RLIMIT_STACK, 8 * 1024 * 1024, resource.RLIM_INFINITY),
)
# uids of one lab. An environment of another lab, living or ended, must not have had the same: the kernel counts
# processes and keeps keys by uid.
_UIDS_PER_LAB = 1024
# The slot, and so the uid, of the place in which interpreters are tried.
CHECK_SLOT = _UIDS_PER_LAB - 1
_HIGH_UID = 100_000_000
_USER_NAMESPACE_UID = 993


@dataclass(frozen=True, slots=True)
class Place:
    """Where one environment's process tree is started and what it sees there.

    `loopback` is what sandbox.localdomain stands for in it.
    """

    prefix: tuple[str, ...]
    uid: int
    task_root: str
    dayfly_root: str
    init_path: str
    tmp: Path | None
    loopback: str = "127.0.0.1"
    # A seccomp filter, as bubblewrap takes it; empty: none.
    call_filter: bytes = b""

    def inside(self, path: Path) -> Path:
        """Return where a folder or file of this machine is seen in the environment."""
        return place_inside(path) if self.prefix else path


class Confinement:
    """Chooses and describes the confinement of a lab, and makes the place of each environment.

    With `refuses_calls` the system calls that Lambda refuses are refused, where there is a confinement at all. Raises
    LabError when bubblewrap was asked for by name and does not work here.
    """

    def __init__(self, choice: ConfinementChoice, *, freezing: str, refuses_calls: bool = False) -> None:
        self._is_root = os.geteuid() == 0
        self._bwrap = shutil.which("bwrap") or ""
        self._uids = _uid_range() if self._is_root else None
        fault = "requested" if choice == "none" else self._find_fault()
        if choice == "bubblewrap" and fault:
            raise LabError(
                f"bubblewrap cannot be used: {fault}",
                hint="install the Debian package bubblewrap, or use confinement auto or none",
            )
        self.is_confined = not fault
        machine = os.uname().machine
        self._filter = filter_for(machine) if refuses_calls and machine in REFUSED else b""
        self.report = self._confined_report(freezing) if not fault else _bare_report(fault, freezing)

    @property
    def switches_user(self) -> bool:
        """True when functions run as a user that may not read what the lab's own user can."""
        return self.is_confined and self._uids is not None

    def _find_fault(self) -> str:
        if not self._bwrap:
            return "no bwrap on PATH (Debian package bubblewrap)"
        if self._is_root and self._uids is None:
            return "root has no unprivileged uid to switch to on this host"
        command = [*self._namespaces(), *_system_mounts(), "--proc", "/proc", "/usr/bin/true"]
        try:
            run = subprocess.run(command, capture_output=True, timeout=_PROBE_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bwrap does not start: {error}"
        if run.returncode:
            return (
                "bwrap is not permitted to create namespaces: " + run.stderr.decode(errors="replace").strip()
            )
        return ""

    def _namespaces(self) -> list[str]:
        user = [] if self._is_root else ["--unshare-user", "--uid", str(_USER_NAMESPACE_UID)]
        flags = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--as-pid-1"]
        return [self._bwrap, *user, *flags]

    def _confined_report(self, freezing: str) -> ConfinementReport:
        uid = "own unprivileged uid per environment" if self._is_root else "unprivileged uid (user namespace)"
        return ConfinementReport(
            kind="bubblewrap",
            reason=self._bwrap,
            active=(
                "own PID, IPC, mount and UTS namespaces",
                "private /tmp (512 MB, or the configured size), no /dev/shm, everything else read-only",
                uid,
                "Lambda's limits: 1024 files, 742 processes, 64 KiB locked memory",
                f"frozen between invocations by {freezing}",
                *(["system calls that Lambda refuses are refused"] if self._filter else []),
            ),
            absent=(
                "the network is this host's: environments can reach each other's loopback ports",
                "the function sees its memory size, but no limit enforces it",
                *(
                    []
                    if self._filter
                    else ["no seccomp filter: system calls that Lambda refuses are permitted here"]
                ),
            ),
        )

    def place(
        self,
        slot: int,
        *,
        environment_id: str,
        folder: Path,
        read_only: Sequence[Path],
        dayfly_folder: Path,
        image: Sequence[str] = (),
        private_folder: Path,
        channel: Path | None = None,
        tmp_mb: int = 512,
    ) -> Place:
        """The place of one environment. `slot` must be unique among the living ones of this lab.

        `image` are arguments of bubblewrap, three words each, for what is to be seen besides.
        """
        init_path = Path(__file__).with_name("init.py")
        if not self.is_confined:
            tmp = private_folder / "tmp"
            tmp.mkdir(parents=True)
            return Place((), -1, str(folder), str(dayfly_folder.parent), str(init_path), tmp)
        hosts = Hosts(private_folder, environment_id)
        binds: list[str] = []
        for source in _outermost(read_only):
            binds += ["--ro-bind", str(source), str(place_inside(source))]
        if channel is not None:
            binds += ["--ro-bind", str(channel), CHANNEL_PATH]
        binds += ["--ro-bind", str(init_path), INIT_PATH]
        binds += ["--ro-bind", str(dayfly_folder), f"{DAYFLY_ROOT}/dayfly"]
        binds += ["--ro-bind", str(folder), TASK_ROOT]
        binds += image
        binds += ["--ro-bind", str(hosts.path), "/etc/hosts"]
        prefix = (
            *self._namespaces(),
            *("--hostname", f"169-254-{slot // 250 % 256}-{slot % 250 + 1}"),
            *_system_mounts(),
            *_parents([Path("/opt/x"), *(Path(target) for target in binds[2::3])]),
            *binds,
            *("--proc", "/proc"),
            *("--perms", "1777", "--size", str(tmp_mb * 1024 * 1024), "--tmpfs", "/tmp"),
            *("--remount-ro", "/"),
            *("--chdir", "/", "--clearenv"),
        )
        uid = -1 if self._uids is None else self._uids.start + slot % len(self._uids)
        root = (TASK_ROOT, DAYFLY_ROOT, INIT_PATH)
        return Place(prefix, uid, *root, None, hosts.loopback, self._filter)


def place_inside(path: Path) -> Path:
    """Where `path` is mounted: at its own name, except that the private /tmp would hide what lies in /tmp."""
    return LAB_ROOT / path.relative_to("/") if path.is_relative_to("/tmp") else path


def _system_mounts() -> list[str]:
    arguments = _parents([Path("/etc/x"), Path("/dev/x")])
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", os.readlink(path), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
    for name in _ETC:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in _DEVICES:
        arguments += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    arguments += ["--symlink", "/proc/self/fd", "/dev/fd"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        arguments += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    return arguments


def _parents(targets: Sequence[Path]) -> list[str]:
    """Make the folders above each target first: left to itself bubblewrap makes them 0700, and the
    environment's user could not reach what is mounted there."""
    folders = {parent for target in targets for parent in target.parents if parent != Path("/")}
    arguments: list[str] = []
    for folder in sorted(folders, key=lambda path: len(path.parts)):
        arguments += ["--perms", "0755", "--dir", str(folder)]
    return arguments


def _outermost(folders: Sequence[Path]) -> list[Path]:
    """Folders to bind, without those a system mount or another of them already brings."""
    kept: list[Path] = []
    for folder in sorted(set(folders), key=lambda path: len(path.parts)):
        is_system = any(folder.is_relative_to(name) for name in _SYSTEM)
        if folder != Path("/") and not is_system and not any(folder.is_relative_to(k) for k in kept):
            kept.append(folder)
    return kept


def _uid_range() -> range | None:
    """Unprivileged uids for this lab's environments, within what root can switch to here."""
    try:
        rows = [
            [int(n) for n in line.split()] for line in Path("/proc/self/uid_map").read_text().splitlines()
        ]
    except OSError:
        return None
    end = max((row[0] + row[2] for row in rows), default=0)
    if end > _HIGH_UID + 1000 * _UIDS_PER_LAB:
        first, labs = _HIGH_UID, (end - _HIGH_UID) // _UIDS_PER_LAB
    elif end >= 65535:
        first, labs = 20000, 40
    else:
        return None
    start = first + secrets.randbelow(labs) * _UIDS_PER_LAB
    return range(start, start + _UIDS_PER_LAB)


def _bare_report(fault: str, freezing: str) -> ConfinementReport:
    return ConfinementReport(
        kind="none",
        reason=fault,
        active=("private TMPDIR per environment", f"frozen between invocations by {freezing}"),
        absent=(
            "functions run as your user and can read and write all your files",
            "no PID, IPC or mount namespace; functions can access this host's /tmp",
            "Lambda's limits on files and processes are not set",
            "Dayfly removes only processes that it started (DAYFLY_SCOPE=descendants)",
        ),
    )
