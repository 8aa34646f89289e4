"""Starts an environment: settings, scope, an emptied environment, the zygote, and then the loop."""

from __future__ import annotations

import os
import signal
import sys
import time

from dayfly._sys import proc, processors
from dayfly._sys.channel import Channel
from dayfly.core.handshake import ZygoteOptions
from dayfly.core.scope import ScopeDecision, decide_api_lock, decide_scope
from dayfly.core.settings import Settings
from dayfly.errors import SettingError, StartError
from dayfly.supervisor.extensions import ExtensionRoutes
from dayfly.supervisor.life import (
    API_VARIABLE,
    Life,
    Memory,
    find_key_holder,
    find_open_stranger,
    mount_points,
    named_roots,
    observe_host,
    own_roots,
    owns_kernel_objects,
    places_here,
    print_error,
    read_settings,
)
from dayfly.supervisor.output import Output
from dayfly.supervisor.residue import KernelObjects, TemporaryFiles
from dayfly.supervisor.sweep import DescendantsSweeper, EnvironmentSweeper
from dayfly.supervisor.upstream import Upstream, UpstreamError
from dayfly.supervisor.zygote import (
    Zygote,
    ZygoteLostError,
    execute_zygote,
    fork_zygote,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from dayfly.core.handshake import Ready
    from dayfly.supervisor.announcement import Announcement
    from dayfly.supervisor.apiwatch import ApiWatch
    from dayfly.supervisor.keeper import Keeper
    from dayfly.supervisor.loop import Supervisor
    from dayfly.supervisor.places import Places
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.summons import Summons

TELEMETRY_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"
MARK_VARIABLE = "_DAYFLY_MARK"
RESTORE = b"/restore/next"
EXTENSIONS = b"/extensions"
FINDINGS = b"/findings"
_CALLS = {
    (b"TELL", FINDINGS),
    (b"GET", RESTORE),
    (b"DROP", EXTENSIONS),
    (b"POST", b"/init/error"),
    (b"POST", b"/restore/error"),
}
BAD_INPUT = 2


def run(environ: Mapping[str, str], life: Life) -> Channel:
    """Become the supervisor and serve for ever; returns only in a forked zygote, with its channel.

    `life` is what was done before.

    Exits with 2 for a setting that is not valid, after telling the platform why init failed; with the
    function's own exit status if its init ends the process. Raises StartError, before anything was done.
    """
    address = environ.get(API_VARIABLE, "")
    if not address:
        print_error(
            f"{API_VARIABLE} is not set", "start this command through Lambda, its emulator or `dayfly lab`"
        )
        raise SystemExit(BAD_INPUT)
    upstream = Upstream(address)
    try:
        life.check_key()
        settings = read_settings(environ)
    except SettingError as fault:
        raise SystemExit(_refuse(upstream, fault)) from None
    decision = decide_scope(settings.scope, observe_host())
    return _Start(dict(environ), settings, decision, upstream, life).run()


def _refuse(upstream: Upstream, fault: SettingError) -> int:
    print_error(fault.message, fault.hint)
    _report_init_error(upstream, "Dayfly.InvalidSetting", f"{fault.message} ({fault.hint})")
    return BAD_INPUT


def _report_init_error(upstream: Upstream, kind: str, message: str) -> None:
    import json

    body = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    name = "Runtime." + kind.partition(".")[2]
    try:
        upstream.post("/init/error", body, {"Lambda-Runtime-Function-Error-Type": name})
    except UpstreamError as unreachable:
        print_error(str(unreachable), f"check {API_VARIABLE}")


class _Start:
    """The steps of a start, in the order in which rule 1 wants them."""

    def __init__(
        self,
        environ: dict[str, str],
        settings: Settings,
        decision: ScopeDecision,
        upstream: Upstream,
        life: Life,
    ) -> None:
        self._environ = environ
        self._settings = settings
        self._decision = decision
        self._upstream = upstream
        self._life = life
        self._began = life.began
        self._is_wide = decision.scope == "environment"
        self._mark = os.urandom(12).hex()
        self._is_restored = False
        self._routes = ExtensionRoutes(environ[API_VARIABLE])
        self._temporary = ""
        self._output = Output(telemetry=int(environ.get(TELEMETRY_VARIABLE, "-1")))
        self._reporter: Reporter
        self._limits: list[str] = []
        self._marks: list[str] = []
        self._lock = decide_api_lock(settings.api_lock, decision.platform)
        self._watch: ApiWatch
        self._announcement: Announcement
        self._processors: set[int] = set()
        self._places: Places | None = None
        self._summons: Summons | None = None
        self._keeper: Keeper | None = None
        if self._is_wide:
            self._sweeper: EnvironmentSweeper | DescendantsSweeper = EnvironmentSweeper()
            roots = (*own_roots(decision), *self._named_roots())
            self._files = TemporaryFiles(roots, settings.keep, stops=mount_points(roots))
        else:
            self._sweeper = self._narrow_sweeper()
            self._files = TemporaryFiles((self._make_temporary(),), settings.keep)
        if isinstance(self._sweeper, EnvironmentSweeper):
            self._files.spare_files_of(self._sweeper.extension_pids)
        self._kernel_objects = KernelObjects() if owns_kernel_objects(decision) else None
        self._options = ZygoteOptions(
            isolation=settings.isolation,
            deliver=settings.fork_deliver,
            reseed=settings.reseed,
            huge_pages=settings.huge_pages == "auto",
            immortal=settings.immortal == "auto",
            confine=settings.confine == "auto" and decision.platform != "lambda",
            offline=settings.network != "shared",
            restarts_threads=settings.fork_threads == "restart",
            guard=settings.guard,
            guard_closed=settings.guard_on_fault == "closed",
            # Plain, the hash of a card number is the card number: nobody but this environment can compute these.
            guard_key=os.urandom(16).hex() if settings.guard != "off" else "",
            guard_learns=settings.guard_learn,
            fingerprints=settings.log_invocations or life.has_key,
            # The lines of invocations carry it; without them only the environment's first line does.
            prints_late=settings.log_invocations,
            policy=self._packed_policy(),
            telemetry=self._output.telemetry_number,
            prime=settings.zygote_prime,
            events=settings.zygote_events,
            before=settings.fork_before,
            after=settings.fork_after,
            temporary=self._files.roots,
        )

    def _packed_policy(self) -> str:
        """Return the function's policy as it is today, for the guard to unpack."""
        policy = self._settings.policy
        if policy is None or self._settings.guard == "off":
            return ""
        return policy.promoted(time.time()).pack()

    def run(self) -> Channel:
        life = self._life
        if self._is_wide and not life.is_emptied:
            life.empty(self._settings, self._decision, self._environ)
        if life.young_code and self._settings.changed_code == "refuse":
            raise SystemExit(self._refuse_changed_code(life.young_code))
        if self._kernel_objects is not None and isinstance(self._sweeper, EnvironmentSweeper):
            self._kernel_objects.begin(is_first_life=self._sweeper.is_first_life)
            if self._kernel_objects.keys_stay:
                self._limits.append(
                    "kernel keys from before the runtime restart could not be removed: "
                    f"{self._kernel_objects.keys_stay}"
                )
        if self._is_wide and self._settings.tmp == "scrub":
            self._places = places_here(self._settings, self._environ, self._files.roots)
        opening = life.close_memory()
        memory = Memory(
            opening,
            opens_itself=proc.opens_memory("self"),
            stranger="" if opening else find_open_stranger(),
        )
        self._processors = processors.allowed()
        zygote: Zygote | Channel
        if self._is_wide:
            zygote = fork_zygote(self._output, self._options)
            if isinstance(zygote, Channel):
                life.forget_interpreter()
                self._routes.release()
                os.environ[API_VARIABLE] = self._routes.address
                return zygote
            zygote.routes = self._routes
        else:
            zygote = self._execute()
        processors.use(processors.for_supervisor(self._processors))
        self._summons = zygote.summons = self._begin_summons()
        supervisor: Supervisor | None = None
        try:
            # Only now, while the function initialises: 10 ms of modules that the zygote need not have.
            from dayfly.supervisor import loop as _loop  # noqa: F401
            from dayfly.supervisor.report import Reporter

            self._reporter = Reporter(self._output, self._environ, life.read_key())
            if self._reporter.key is not None and (holder := find_key_holder()):
                self._limits.append(
                    f"the fleet's signing key can be read in the environment variables of {holder}"
                )
            self._watch = self._make_watch()
            try:
                ready = self._wait_until_ready(zygote, self._call_platform, None)
            except ZygoteLostError as fault:
                _end_like(zygote, fault)
            self._stop_if_online(ready)
            self._stop_if_unguarded(ready)
            supervisor = self._supervisor()
            self._announcement = self._announce(memory)
            self._announcement.tell(ready)
            supervisor.serve(zygote, ready, init_s=time.monotonic() - self._began)
        except UpstreamError as fault:
            print_error(str(fault), "the platform has ended; no further event can be served")
            raise SystemExit(1) from None
        except ZygoteLostError as fault:
            # A later zygote's init failed: the platform starts the runtime anew and reports it.
            print_error(
                f"the function could not be initialised again: {fault.reason}", "see the log records above"
            )
            raise SystemExit(1) from None
        finally:
            if supervisor is not None:
                supervisor.end()
            else:
                zygote.end()
            self._remove_temporary()

    def _named_roots(self) -> tuple[str, ...]:
        roots, refused = named_roots(self._settings, self._environ)
        if refused:
            fault = SettingError(
                f"scrub contains {refused}, the directory of the function's code", hint="use a data directory"
            )
            raise SystemExit(_refuse(self._upstream, fault))
        return roots

    def _refuse_changed_code(self, count: int) -> int:
        from dayfly.core import findings
        from dayfly.supervisor.report import Reporter

        message = f"{count} files of the function's code changed since this environment started"
        hint = "recycle this environment; if init creates these files itself, add their directory to `scrub`"
        Reporter(self._output, self._environ, self._life.read_key()).find(
            findings.NOT_CLEAN, f"the environment does not start: {message}", {"files": count}
        )
        print_error(message, hint)
        _report_init_error(self._upstream, "Dayfly.NotClean", f"{message} ({hint})")
        return 1

    def _narrow_sweeper(self) -> DescendantsSweeper:
        from dayfly._sys import native

        is_subreaper = native.set_child_subreaper()
        if not is_subreaper:
            # What is only forked from an unreadable zygote shows no environment, but its command line.
            self._marks = ["-X", f"{MARK_VARIABLE}={self._mark}"]
            self._limits.append("orphan processes are found only by a marker in their environment")
        return DescendantsSweeper(mark=f"{MARK_VARIABLE}={self._mark}".encode(), is_subreaper=is_subreaper)

    def _make_temporary(self) -> str:
        # Scope `descendants` alone needs it, and is never on Lambda.
        from dayfly.supervisor import private

        parent = self._environ.get("TMPDIR") or "/tmp"
        private.remove_abandoned(parent)
        try:
            # The lock stays open as long as this process lives.
            self._temporary, _lock = private.make(parent, f"{os.getpid()}-{self._mark[:8]}")
        except OSError as fault:
            raise StartError(
                f"cannot create a temporary directory in {parent}: {fault}",
                hint="set TMPDIR to a writable directory",
            ) from fault
        return self._temporary

    def _remove_temporary(self) -> None:
        if self._temporary:
            self._files.forget()
            self._files.clear(has_time=lambda: True)
            try:
                os.rmdir(self._temporary)
            except OSError:
                return

    def _execute(self) -> Zygote:
        environ = dict(self._environ)
        environ[API_VARIABLE] = self._routes.address
        if not self._is_wide:
            environ["TMPDIR"] = self._temporary
            environ[MARK_VARIABLE] = self._mark
        zygote = execute_zygote(
            self._output,
            self._options,
            environ,
            self._processors,
            self._life,
            self._marks,
            leave=self._keeper.leave if self._keeper is not None else lambda: None,
        )
        zygote.summons = self._summons
        zygote.routes = self._routes
        return zygote

    def _rebuild(self, limit_s: float | None) -> tuple[Zygote, Ready]:
        """Initialise the function again; with a limit, without telling the platform if that fails."""
        zygote = self._execute()
        call = self._call_platform if limit_s is None else self._call_quietly
        try:
            ready = self._wait_until_ready(zygote, call, limit_s)
            if self._announcement.was_opened(ready) and not self._announcement.memory:
                # A worker can lower our limits until no memory file can be made: nothing is forked from
                # what it could then write.
                raise ZygoteLostError("its memory can be opened, unlike the memory of the first zygote", None)
            if self._announcement.is_offline and ready.online:
                raise ZygoteLostError(
                    f"its workers have network access, unlike the first zygote's: {ready.online}", None
                )
            if self._announcement.is_confined and ready.unconfined:
                # Nothing that is promised rests on it; only nobody may think that it is in force.
                self._announcement.is_confined = False
                self._announcement.tell_missing(
                    "confine", f"system calls are no longer confined: {ready.unconfined}"
                )
        except ZygoteLostError:
            zygote.end()
            raise
        return zygote, ready

    def _wait_until_ready(
        self, zygote: Zygote, call: Callable[[bytes], bytes], limit_s: float | None
    ) -> Ready:
        ready = zygote.wait_until_ready(call, limit_s=limit_s)
        self._reporter.code = ready.code
        if self._kernel_objects is not None and self._settings.isolation != "process":
            ready.reasons += self._kernel_objects.made_by_init()
        return ready

    def _call_quietly(self, packed: bytes) -> bytes:
        """The same for an init that nobody waits for: its failure is not the platform's to act on."""
        path = packed.split(b"\n", 2)[1]
        return b"202\n" if path.endswith(b"/error") else self._call_platform(packed)

    def _call_platform(self, packed: bytes) -> bytes:
        """Make a call of the init phase (init error, SnapStart's restore) for the zygote."""
        fields = packed.split(b"\n", 3)
        if len(fields) < 4 or tuple(fields[:2]) not in _CALLS:
            raise ZygoteLostError("it made an unsupported control call", None)
        method, path, error_type, body = fields
        if path == EXTENSIONS:
            # Whoever waits for an event there would wait in the zygote for ever.
            self._routes.drop_peers()
            return b"200\n" if self._routes.has_extensions else b"404\n"
        if path == FINDINGS:
            from dayfly.supervisor.witness import Witness

            Witness(self._reporter, self._settings).tell_init(body)
            return b"200\n"
        if path == RESTORE and self._is_restored:
            # A zygote that is initialised again: the platform restores an environment once.
            return b"200\n"
        if method == b"GET":
            reply = self._upstream.get(path.decode("ascii", "replace"))
            if path == RESTORE and reply.status == 200:
                self._begin_again()
        else:
            kind = "".join(char for char in error_type.decode("ascii", "ignore") if 32 <= ord(char) < 127)
            reply = self._upstream.post(
                path.decode("ascii", "replace"),
                body,
                {
                    "Content-Type": "application/json",
                    **({"Lambda-Runtime-Function-Error-Type": kind} if kind else {}),
                },
            )
        return b"%d\n" % reply.status + reply.body

    def _begin_again(self) -> None:
        """A snapshot was restored: many environments begin here, and each has an identity of its own."""
        self._is_restored = True
        self._began = time.monotonic()
        self._reporter.renew(os.environ)

    def _make_watch(self) -> ApiWatch:
        from dayfly.supervisor.apiwatch import ApiWatch, memory_of

        sweeper, platform = self._sweeper, self._decision.platform
        sees_everybody = isinstance(sweeper, EnvironmentSweeper) and sweeper.sees_all_extensions
        return ApiWatch(
            self._upstream,
            sweeper,
            own_namespace=sees_everybody,
            on_lambda=platform == "lambda",
            memory_mb=memory_of(self._environ),
        )

    def _begin_summons(self) -> Summons:
        """Let no signal end or disturb this process but the platform's."""
        # Only now, while the zygote initialises the function: 2 ms (ctypes) that it need not have.
        from dayfly._sys import native
        from dayfly.supervisor.summons import Summons

        summons = Summons(has_terminal=not self._is_wide)
        summons.begin()
        if isinstance(self._sweeper, EnvironmentSweeper):
            self._sweeper.buries = native.set_child_subreaper()
        return summons

    def _begin_keeping(self, summons: Summons) -> Keeper:
        from dayfly.supervisor.keeper import Keeper

        # In the other scope the user has processes that are none of ours, and his limit is not ours to divide.
        sweeper = self._sweeper if isinstance(self._sweeper, EnvironmentSweeper) else None
        self._keeper = keeper = Keeper(
            self._reporter,
            summons,
            buries=sweeper is None or sweeper.buries,
            zombies=0 if sweeper is None else sweeper.count_zombies(),
        )
        self._limits += keeper.failures
        return keeper

    def _supervisor(self) -> Supervisor:
        from dayfly.supervisor.gate import Gate
        from dayfly.supervisor.loop import Supervisor
        from dayfly.supervisor.residue import Cleaner

        assert self._summons is not None
        return Supervisor(
            self._settings,
            upstream=self._upstream,
            output=self._output,
            reporter=self._reporter,
            sweeper=self._sweeper,
            cleaner=Cleaner(
                self._reporter,
                self._files,
                self._kernel_objects,
                scrubs=self._settings.tmp == "scrub",
                places=self._places,
                runs_changed_code=self._settings.changed_code == "run",
            ),
            lock=self._lock,
            gate=Gate(self._upstream, self._watch, self._reporter),
            routes=self._routes,
            keeper=self._begin_keeping(self._summons),
            summons=self._summons,
            rebuild=self._rebuild,
        )

    def _announce(self, memory: Memory) -> Announcement:
        from dayfly.supervisor.announcement import Announcement

        return Announcement(
            self._environ,
            self._settings,
            self._decision,
            self._life,
            reporter=self._reporter,
            watch=self._watch,
            lock=self._lock,
            memory_of_start=memory,
            roots=self._files.roots,
            places=self._places,
            is_later_life=isinstance(self._sweeper, EnvironmentSweeper) and not self._sweeper.is_first_life,
            shares_kernel_objects=self._is_wide and self._kernel_objects is None,
            limits=self._limits,
        )

    def _stop_if_online(self, ready: Ready) -> None:
        """Start nothing that was to have no network and would have it: raises SystemExit, after telling why."""
        if self._settings.network == "none" and ready.online:
            fault = SettingError(
                f"network is none, but the function would have network access: {ready.online}",
                hint="set network to none-where-allowed or shared",
            )
            raise SystemExit(_refuse(self._upstream, fault))

    def _stop_if_unguarded(self, ready: Ready) -> None:
        """Start nothing whose guard could not be armed, where its faults refuse: raises SystemExit, after telling why."""
        if ready.unguarded and self._settings.guard_on_fault == "closed":
            fault = SettingError(
                f"guard is {self._settings.guard}, but it could not be armed: {ready.unguarded}",
                hint="set guard_on_fault to open, or guard to off",
            )
            raise SystemExit(_refuse(self._upstream, fault))


def _end_like(zygote: Zygote, fault: ZygoteLostError) -> NoReturn:
    """Init ended the process: end the same way, so that the platform words it as without Dayfly."""
    zygote.await_end()
    zygote.end()
    status = fault.status if fault.status is not None else zygote.status
    if status is None:
        raise SystemExit(1)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        sys.stdout.flush()
        os.kill(os.getpid(), number)
    raise SystemExit(os.waitstatus_to_exitcode(status))
