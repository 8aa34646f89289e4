"""The first acts of an environment's life: an emptied environment, then an interpreter that nobody can read.

What runs first loads little: it ends what runs, empties what lies there (rule 1), and executes its own command line from
a memory file while nothing else of our user lives that could reach into it. The second interpreter finds
here what the first one did.
"""

from __future__ import annotations

import os
import sys
import time

from dayfly._sys import proc, unreadable
from dayfly.core.scope import HostFacts, ScopeDecision, decide_scope
from dayfly.core.settings import FILE_NAME, Settings, load_settings
from dayfly.errors import SettingError
from dayfly.supervisor import startup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import NoReturn

    from dayfly.core.proofs import FleetKey
    from dayfly.supervisor.places import Places

# As `core.proofs` has it, which is loaded where there is a key.
KEY_VARIABLE = "DAYFLY_FLEET_KEY"
# In place of the number of the pipe that holds the key.
_NO_KEY, _BROKEN_KEY = -1, -2
_KEY_BYTES = 32
LATER_VARIABLE = "_DAYFLY_LATER"
API_VARIABLE = "AWS_LAMBDA_RUNTIME_API"
# PROC_IPC_INIT_INO in the kernel's include/linux/proc_ns.h: the objects of the machine itself.
INITIAL_IPC_NAMESPACE = "ipc:[4026531839]"
# What one life tells of the one before it, in the order in which it is told.
_COUNTS = ("killed", "removed", "objects", "young_code", "young_data")
# As `policylayer` names it, which functions without one do not load.
_POLICY_PLACE = "/opt/dayfly.policy/policy.json"


class Memory:
    """What the start found out of memory, by trying.

    `opening` says why this process's own stays open ("" where it is closed), `opens_itself` whether it may open it
    all the same (root), `stranger` names a foreign process whose memory can be written.
    """

    __slots__ = ("opening", "opens_itself", "stranger")

    def __init__(self, opening: str, *, opens_itself: bool, stranger: str) -> None:
        self.opening = opening
        self.opens_itself = opens_itself
        self.stranger = stranger


class Life:
    """How this life began: `began` on the monotonic clock, what was ended and removed before anything else.

    `young_code` and `young_data` count files outside temporary directories that are too young to be the image's and
    were left. `instead` says why Python supervises although native code is wanted. `failure` says why the interpreter
    that runs is readable, empty where it is not; `has_user_site` that the first one looked for code in its user's site
    directory. A fleet's key comes in a pipe, which is empty once it was read: not in variables, which /proc shows of a
    process as it was executed with them.
    """

    __slots__ = (
        "began",
        "failure",
        "has_user_site",
        "instead",
        "interpreter",
        "is_emptied",
        "key",
        "killed",
        "objects",
        "removed",
        "young_code",
        "young_data",
    )

    def __init__(self, *, began: float, is_emptied: bool = False) -> None:
        self.began = began
        self.is_emptied = is_emptied
        self.killed = 0
        self.removed = 0
        self.objects = 0
        self.young_code = 0
        self.young_data = 0
        self.failure = ""
        self.instead = ""
        self.interpreter = -1
        self.key = _NO_KEY
        self.has_user_site = startup.has_user_site()

    def pack(self) -> str:
        """Return what the second interpreter is told."""
        flags = f"{self.is_emptied:d}{self.has_user_site:d}"
        counts = (str(getattr(self, name)) for name in _COUNTS)
        return ",".join([repr(self.began), flags, str(self.key), *counts, self.instead])

    @staticmethod
    def of(arrival: unreadable.Arrival) -> Life:
        """Return what the first interpreter told; a zygote is told nothing."""
        message = arrival.message or f"0,00,{_NO_KEY},0,0,0,0,0,"
        began, flags, key, *counts, instead = message.split(",", 3 + len(_COUNTS))
        life = Life(began=float(began), is_emptied=flags[0] == "1")
        life.instead = instead
        for name, count in zip(_COUNTS, counts, strict=True):
            setattr(life, name, int(count))
        life.has_user_site = flags[1] == "1"
        life.key = int(key)
        if life.key >= 0:
            os.set_inheritable(life.key, False)
        life.failure = arrival.failure
        life.interpreter = arrival.interpreter
        return life

    @property
    def found(self) -> dict[str, int]:
        """What an earlier life had left, by kind; empty where it was nothing."""
        counts = {
            "processes": self.killed,
            "files": self.removed,
            "objects": self.objects,
            "young_code": self.young_code,
            "young_files": self.young_data,
        }
        return counts if any(counts.values()) else {}

    def empty(self, settings: Settings, decision: ScopeDecision, environ: Mapping[str, str]) -> None:
        """Rule 1: what runs or lies here already may be the work of an earlier, poisoned life.

        Raises SystemExit where a process cannot be ended.
        """
        # Not at the top: nothing else of a first start needs them.
        from dayfly.supervisor.residue import TemporaryFiles
        from dayfly.supervisor.sweep import EnvironmentSweeper

        sweeper = EnvironmentSweeper()
        # A lifeline has killed these with the life before, or who else ended it: nobody left them here.
        dying = {pid for pid in sweeper.foreign() if proc.is_dying(pid)}
        at_once = sweeper.kill_all(dying) if sweeper.can_kill_all else 0
        swept = sweeper.sweep(dying)
        # A process that was ended at once may be seen again while it dies.
        self.killed = max(self.killed, at_once, swept.killed)
        roots = (*own_roots(decision), *named_roots(settings, environ)[0])
        if settings.tmp == "scrub":
            files = TemporaryFiles(roots, settings.keep, stops=mount_points(roots))
            files.spare_files_of(sweeper.extension_pids)
            cleaned = files.clear(has_time=lambda: True)
            self.removed = cleaned.files + cleaned.directories
        if not swept.is_proved:
            print_error(
                "processes from before the runtime restart could not be ended", "recycle this environment"
            )
            raise SystemExit(1)
        if not sweeper.is_first_life:
            self._empty_more(settings, decision, environ, roots, has_extensions=sweeper.has_extensions)
        self.is_emptied = True

    def _empty_more(
        self,
        settings: Settings,
        decision: ScopeDecision,
        environ: Mapping[str, str],
        roots: tuple[str, ...],
        *,
        has_extensions: bool,
    ) -> None:
        """What a first life need not look for: nobody can have left anything."""
        from dayfly.supervisor.residue import KernelObjects

        if owns_kernel_objects(decision) and not has_extensions:
            # Nothing says which objects an extension made.
            self.objects = KernelObjects().clear_all()
        if settings.tmp == "scrub":
            places = places_here(settings, environ, roots)
            if places is not None:
                earlier = places.clear_earlier(proc.started_at(1))
                self.removed += earlier.removed
                self.young_code, self.young_data = earlier.code, earlier.data

    def execute(self, environ: MutableMapping[str, str], options: list[str]) -> NoReturn:
        """Become a fresh interpreter with the command line of this one, unreadable as this one is."""
        options = [*startup.options(), *options]
        failure = self.failure or unreadable.execute(options, environ, interpreter=self.interpreter)
        unreadable.execute_readable(options, environ, failure)

    def forget_interpreter(self) -> None:
        """In a forked zygote, which executes none: close what it has of the interpreter's file, and of the key."""
        if self.interpreter >= 0:
            os.close(self.interpreter)
            self.interpreter = -1
        if self.key >= 0:
            os.close(self.key)
            self.key = _NO_KEY

    def take_key(self, environ: MutableMapping[str, str]) -> None:
        """Take the fleet's key out of the variables; who goes on with it must be another execution."""
        text = environ.pop(KEY_VARIABLE, None)
        if text is None:
            return
        # Only where there is one.
        from dayfly.core.proofs import parse_key

        try:
            key = parse_key(text)
        except SettingError:
            self.key = _BROKEN_KEY
            return
        self.key, write_end = os.pipe()
        os.write(write_end, key)
        os.close(write_end)
        os.set_inheritable(self.key, True)

    def read_key(self) -> FleetKey | None:
        """Return the fleet's key, once, None without one; raises SettingError for what is none.

        After the zygote was forked, which would have it in its memory.
        """
        if self.key == _NO_KEY:
            return None
        from dayfly.core.proofs import FleetKey, parse_key

        if self.key == _BROKEN_KEY:
            parse_key("")
        key = os.read(self.key, _KEY_BYTES)
        os.close(self.key)
        self.key = _NO_KEY
        return FleetKey(key)

    @property
    def has_key(self) -> bool:
        """Say whether a fleet's key waits to be read."""
        return self.key >= 0

    def check_key(self) -> None:
        """Raise SettingError where the variable held no key."""
        if self.key == _BROKEN_KEY:
            self.read_key()

    def close_memory(self) -> str:
        """Close this process's memory to others of its user, if it is not; return why it stays open, "" if closed."""
        return unreadable.close(self.failure)


def begin(
    environ: MutableMapping[str, str], arrival: unreadable.Arrival | None, *, instead: str = ""
) -> Life:
    """Do what must come before anything else; usually returns in a second interpreter, executed from here.

    `arrival` is how this one was executed, from `unreadable.arrive`, `instead` why native code does not serve. Raises
    SystemExit where processes of an earlier life cannot be ended. Settings that are not valid are left to whoever reports them: nothing was done then.
    """
    if arrival is not None:
        return Life.of(arrival)
    life = Life(began=time.monotonic())
    # No control characters: other fields follow it.
    life.instead = "".join(char if char >= " " else " " for char in instead)
    # The layer's wrapper has ended it.
    life.killed = int(environ.pop(LATER_VARIABLE, "") == "met")
    if not environ.get(API_VARIABLE):
        return life
    life.take_key(environ)
    if life.key == _BROKEN_KEY:
        return life
    try:
        settings = read_settings(environ)
    except SettingError:
        return life
    decision = decide_scope(settings.scope, observe_host())
    if decision.scope == "environment":
        life.empty(settings, decision, environ)
    if settings.close_memory == "off":
        life.failure = unreadable.SWITCHED_OFF
    elif proc.may_trace_all():
        # Whatever is executed would be open to it: another interpreter's start would be for nothing.
        life.failure = unreadable.MAY_TRACE
    else:
        life.failure = unreadable.execute(startup.options(), environ, message=life.pack(), hands_on=True)
    if life.key != _NO_KEY:
        _leave_key_behind(life, environ)
    return life


def _leave_key_behind(life: Life, environ: MutableMapping[str, str]) -> NoReturn:
    """Execute this interpreter anew, readable as it is: what it was executed with, and its memory, hold the key."""
    try:
        unreadable.execute_readable(startup.options(), environ, life.failure, message=life.pack())
    except OSError as fault:
        print_error(
            f"{KEY_VARIABLE} cannot be hidden from the function: {fault.strerror}", "remove the variable"
        )
        raise SystemExit(1) from None


def owns_kernel_objects(decision: ScopeDecision) -> bool:
    """Say whether System V objects that appear are the function's: a container may share the machine's."""
    if decision.scope != "environment":
        return False
    return decision.platform == "lambda" or proc.ipc_namespace() != INITIAL_IPC_NAMESPACE


def own_roots(decision: ScopeDecision) -> tuple[str, ...]:
    """Return the temporary directories that began with this environment; a container may share the host's."""
    from dayfly.supervisor.residue import SCRATCH

    if decision.platform == "lambda":
        return SCRATCH
    shared_ipc = not owns_kernel_objects(decision)
    return tuple(
        root
        for root in SCRATCH
        if root == "/tmp" or (proc.tmp_is_own_mount(root) and not (shared_ipc and root.startswith("/dev/")))
    )


def named_roots(settings: Settings, environ: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Return what the setting `scrub` names, and the first of it that holds the function's code, "" without one.

    Nothing is to be emptied then: the setting is not valid.
    """
    if not settings.scrub:
        return (), ""
    from dayfly._sys.mounts import is_within

    task = environ.get("LAMBDA_TASK_ROOT") or os.getcwd()
    code = [os.path.realpath(path) for path in (task, sys.prefix, sys.base_prefix, os.path.dirname(__file__))]
    for place in settings.scrub:
        if any(is_within(path, os.path.realpath(place)) for path in code):
            return (), place
    return settings.scrub, ""


def mount_points(roots: tuple[str, ...]) -> frozenset[str]:
    """Return where other file systems are mounted, but for `roots` themselves: what lies there is not theirs."""
    from dayfly._sys.mounts import read_mounts

    return frozenset(mount.point for mount in read_mounts()) - set(roots)


def places_here(settings: Settings, environ: Mapping[str, str], roots: tuple[str, ...]) -> Places | None:
    """Return the writable places outside the temporary directories `roots`; None without any, as on Lambda."""
    from dayfly._sys.mounts import read_mounts

    table = read_mounts()
    if not any(
        not mount.is_read_only and not mount.is_pseudo and mount.point not in roots for mount in table
    ):
        return None
    # Only where something else can be written.
    from dayfly.core.keep import keep_rule
    from dayfly.supervisor.places import find_places

    return find_places(
        environ,
        scratch=roots,
        keeps=keep_rule(settings.keep),
        started=proc.started_at(1),
        table=table,
    )


def find_open_stranger() -> str:
    """Return the program of a process that is not Dayfly's and whose memory can be written, empty without one.

    By trying; to be asked before anything else is started. What a worker writes there outlives it.
    """
    for pid in proc.list_pids():
        if pid != os.getpid() and proc.opens_memory(pid):
            command = (proc.command_line(pid) or [""])[0]
            return os.path.basename(command) or "a process without a name"
    return ""


def find_key_holder() -> str:
    """Return the program of another process whose variables show the fleet's key to a worker, empty without one.

    An init of the container or an extension that was started with them; to be asked where there is a key.
    """
    mark = KEY_VARIABLE.encode() + b"="
    for pid in proc.list_pids():
        if pid != os.getpid() and mark in proc.initial_environment(pid):
            command = (proc.command_line(pid) or [""])[0]
            return os.path.basename(command) or "a process without a name"
    return ""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings from `dayfly.toml` in the task root, the environment and a policy's layer; raises SettingError."""
    path = os.path.join(environ.get("LAMBDA_TASK_ROOT") or os.getcwd(), FILE_NAME)
    table: dict[str, object] = {}
    if os.path.exists(path):
        # 5.5 ms; only functions that ship the file pay it.
        import tomllib

        try:
            with open(path, "rb") as file:
                table = tomllib.load(file)
        except (OSError, ValueError) as fault:
            # TOMLDecodeError is a ValueError, and so is what bytes that are no UTF-8 raise.
            raise SettingError(
                f"{path} cannot be read: {fault}", hint="use a TOML file with top-level keys"
            ) from fault
    settings = load_settings(environ, table)
    is_wanted = "DAYFLY_POLICY" in environ or "DAYFLY_POLICY_DIGEST" in environ
    if settings.guard != "off" and (is_wanted or os.path.lexists(_POLICY_PLACE)):
        # For functions that have one.
        from dayfly.supervisor import policyplace

        policyplace.take(settings, environ)
    return settings


def observe_host() -> HostFacts:
    """Return what the process tree and the mounts show."""

    def command(pid: int) -> str:
        return (proc.command_line(pid) or [""])[0]

    parent = os.getppid()
    return HostFacts(
        pid_namespace=proc.pid_namespace(),
        init_command=command(1),
        parent_command=command(parent),
        parent_pid=parent,
        tmp_is_own_mount=proc.tmp_is_own_mount(),
    )


def print_error(message: str, hint: str) -> None:
    """Write an error and what to do about it to standard error."""
    os.write(2, f"dayfly: error: {message}\n  hint: {hint}\n".encode())
