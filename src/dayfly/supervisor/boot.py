"""Starts an environment: settings, scope, an emptied environment, the zygote, and then the loop."""

from __future__ import annotations

import os
import signal
import sys
import time

from dayfly import __version__
from dayfly._sys import proc, processors
from dayfly.core.handshake import ZygoteOptions
from dayfly.core.scope import ScopeDecision, decide_api_lock, decide_scope
from dayfly.core.settings import Settings
from dayfly.errors import SettingError, StartError
from dayfly.supervisor import startup
from dayfly.supervisor.extensions import ExtensionRoutes
from dayfly.supervisor.life import (
    API_VARIABLE,
    Life,
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
    Channel,
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
# In the first log line.
_MANY_PLACES = 8


def run(environ: Mapping[str, str], life: Life) -> Channel:
    """Become the supervisor and serve for ever; returns only in a forked zygote, with its channel.

    `life` is what was done before.

    Exits with 2 for a setting that is not valid, after telling the platform why init failed; with the
    function's own exit status if its init ends the process. Raises StartError, before anything was done.
    """
    address = environ.get(API_VARIABLE, "")
    if not address:
        print_error(
            f"{API_VARIABLE} is not set", "this command is started by Lambda, its emulator or `dayfly lab`"
        )
        raise SystemExit(BAD_INPUT)
    upstream = Upstream(address)
    try:
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
        self._opening = self._stranger = self._memory = ""
        self._lock = decide_api_lock(settings.api_lock, decision.platform)
        self._watch: ApiWatch
        self._is_confined = self._is_offline = False
        self._opens_itself = False
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
        if self._is_wide and self._settings.tmp == "scrub":
            self._places = places_here(self._settings, self._environ, self._files.roots)
        self._opening = life.close_memory()
        self._opens_itself = proc.opens_memory("self")
        self._stranger = "" if self._opening else find_open_stranger()
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

            self._reporter = Reporter(self._output, self._environ)
            self._watch = self._make_watch()
            try:
                ready = self._wait_until_ready(zygote, self._call_platform, None)
            except ZygoteLostError as fault:
                _end_like(zygote, fault)
            self._stop_if_online(ready)
            self._stop_if_unguarded(ready)
            supervisor = self._supervisor()
            self._tell_start(ready)
            supervisor.serve(zygote, ready, init_s=time.monotonic() - self._began)
        except UpstreamError as fault:
            print_error(str(fault), "the platform is gone; nothing more can be served")
            raise SystemExit(1) from None
        except ZygoteLostError as fault:
            # A later zygote's init failed: the platform starts the runtime anew and reports it.
            print_error(
                f"the function could not be initialised again: {fault.reason}", "see the log lines above"
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
                f"scrub names {refused}, where the function's code lies", hint="name a directory of data"
            )
            raise SystemExit(_refuse(self._upstream, fault))
        return roots

    def _refuse_changed_code(self, count: int) -> int:
        from dayfly.core import findings
        from dayfly.supervisor.report import Reporter

        message = (
            f"{count} files of the function's code were changed since this environment began, perhaps by an "
            "earlier life of it"
        )
        hint = (
            "recycle this environment; where init makes these files itself, name their directory in `scrub`"
        )
        Reporter(self._output, self._environ).find(
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
            self._limits.append("orphans are found by a mark in their environment only")
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
                f"no temporary directory can be made in {parent}: {fault}",
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
            if self._was_opened(ready) and not self._memory:
                # A worker can lower our limits until no memory file can be made: nothing is forked from
                # what it could then write.
                raise ZygoteLostError("its memory can be opened, unlike that of the first", None)
            if self._is_offline and ready.online:
                raise ZygoteLostError(
                    f"its workers have the network, unlike the first's: {ready.online}", None
                )
            if self._is_confined and ready.unconfined:
                # Nothing that is promised rests on it; only nobody may think that it is in force.
                self._is_confined = False
                self._tell_missing("confine", f"system calls are no longer confined: {ready.unconfined}")
        except ZygoteLostError:
            zygote.end()
            raise
        return zygote, ready

    def _wait_until_ready(
        self, zygote: Zygote, call: Callable[[bytes], bytes], limit_s: float | None
    ) -> Ready:
        ready = zygote.wait_until_ready(call, limit_s=limit_s)
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
            raise ZygoteLostError("it asked for a call that no zygote makes", None)
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
            own_namespace=sees_everybody and platform != "other",
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

    def _tell_start(self, ready: Ready) -> None:
        decision, settings, life = self._decision, self._settings, self._life
        isolation = "process" if ready.reasons else settings.isolation
        lock = self._lock
        if decision.not_promised:
            self._limits.append(decision.not_promised)
        network, calls = self._judge_network(ready), self._judge_calls(ready)
        if not lock and network != "none":
            self._limits.append(self._watch.what_it_misses())
        if self._is_wide and self._kernel_objects is None:
            self._limits.append("System V objects and keyrings are shared with the machine and not cleared")
        if isolation == "process":
            self._limits.append("process isolation: what an invocation changes in memory stays")
            if settings.tenant:
                self._limits.append("tenants share the function's process")
        elif isolation == "window":
            self._limits.append(
                f"window isolation: what an invocation changes in memory stays for up to {settings.max_age:g} s "
                f"or {settings.max_invocations} invocations" + (" of one tenant" if settings.tenant else "")
            )
        memory = self._memory = self._judge_memory(ready)
        guard = "not armed" if ready.unguarded else settings.guard
        if ready.unguarded:
            self._limits.append(f"the guard could not be armed: {ready.unguarded}")
        if settings.policy is not None and settings.guard == "off":
            self._limits.append("the policy is not in force: the guard is off")
        if settings.tenant and settings.keep:
            self._limits.append("what `keep` names is shared by all tenants")
        self._limits += ready.notes
        self._limits += self._limits_of_places()
        task = os.path.realpath(self._environ.get("LAMBDA_TASK_ROOT") or ".")
        if not (self._places and self._places.has(task)) and os.access(task, os.W_OK):
            self._limits.append(
                "the function's code is writable by the function: a rebuilt zygote loads what it finds"
            )
        if places := startup.plantable(self._environ, has_user_site=life.has_user_site):
            self._limits.append(
                f"what a worker puts into {' or '.join(places)} may run when an interpreter starts: start with python -I, "
                "or name a place where the function may not write"
            )
        if settings.unknown_variables:
            self._limits.append(
                "variables that are no settings: " + ", ".join(settings.unknown_variables[:10])
            )
        evidence = {
            "version": __version__,
            "isolation": isolation,
            "scope": decision.scope,
            "scope_reason": decision.reason,
            "platform": decision.platform,
            "api_lock": "on" if lock else "off",
            "memory": "open" if memory else "closed",
            **({"memory_reason": memory} if memory else {}),
            "system_calls": "open" if calls else "confined",
            **({"system_calls_reason": calls} if calls else {}),
            "network": network,
            "guard": guard,
            **({"guard_reason": ready.unguarded} if ready.unguarded else {}),
            "not_promised": self._limits,
        }
        limits = "; not promised: " + "; ".join(self._limits) if self._limits else ""
        self._reporter.start(
            f"{__version__}, isolation {isolation}, scope {decision.scope} ({decision.reason}), "
            f"Runtime API {'locked' if lock else 'not locked'}, "
            f"memory of supervisor, zygote and workers {'open' if memory else 'closed'}, "
            f"system calls {'not ' if calls else ''}confined"
            f"{', no network' if network == 'none' else ''}, guard {guard}{self._which_life()}{limits}",
            evidence,
        )
        if settings.network != "shared" and network == "shared":
            self._tell_missing("network", f"workers are not kept from the network: {ready.online}")
        if ready.unguarded:
            self._tell_missing("guard", f"the guard could not be armed: {ready.unguarded}")
        if life.found:
            from dayfly.core import findings

            self._reporter.find(findings.EARLIER_LIFE, _tell_earlier_life(life), life.found)

    def _limits_of_places(self) -> list[str]:
        limits: list[str] = []
        ignored = [place for place in self._settings.scrub if place not in self._files.roots]
        if ignored:
            limits.append("not emptied, since they are no directories of this scope: " + ", ".join(ignored))
        if self._places is not None and self._places.not_covered:
            shown = self._places.not_covered[:_MANY_PLACES]
            more = len(self._places.not_covered) - len(shown)
            limits.append(
                "writable and not compared: " + ", ".join(shown) + (f" and {more} more" if more else "")
            )
        return limits

    def _tell_missing(self, protection: str, message: str) -> None:
        from dayfly.core import findings

        self._reporter.find(findings.CANNOT_CHECK, message, {"protection": protection})

    def _stop_if_online(self, ready: Ready) -> None:
        """Start nothing that was to have no network and would have it: raises SystemExit, after telling why."""
        if self._settings.network == "none" and ready.online:
            fault = SettingError(
                f"network is none, but the function would have one: {ready.online}",
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

    def _judge_network(self, ready: Ready) -> str:
        """Return what the first line says of the workers' network; they have none where that is in force."""
        if self._settings.network == "shared":
            return "shared"
        self._is_offline = not ready.online
        if ready.online:
            self._limits.append(f"workers have the network: {ready.online}")
            return "shared"
        # Nobody who could be at the Runtime API is in its network.
        self._watch.stand_down()
        return "none"

    def _judge_calls(self, ready: Ready) -> str:
        """Return why system calls are not confined, "" where they are."""
        if self._settings.confine == "off":
            return "switched off"
        if self._decision.platform == "lambda":
            return "Lambda refuses a filter, so none is tried"
        self._is_confined = not ready.unconfined
        return ready.unconfined

    def _was_opened(self, ready: Ready) -> bool:
        # Root opens its own memory, closed or not; what it says of itself tells nothing then.
        return ready.is_open and not self._opens_itself

    def _which_life(self) -> str:
        """Return words for an environment that has had a runtime before, as far as that can be told."""
        if self._life.found:
            return ", a later life of this environment"
        if isinstance(self._sweeper, EnvironmentSweeper) and not self._sweeper.is_first_life:
            # Whoever starts runtimes here may have had something else to wait for.
            return (
                ", perhaps a later life of this environment (who starts runtimes here has seen a process end)"
            )
        return ""

    def _judge_memory(self, ready: Ready) -> str:
        """Say why the memory of Dayfly's processes is open to each other; empty where it is closed."""
        memory = self._opening
        if not memory and self._was_opened(ready):
            memory = "the function's init opened that of the zygote again"
        if memory:
            self._limits.append(
                f"a worker can read and write the memory of supervisor, zygote and later workers: {memory}"
            )
        elif self._stranger:
            self._limits.append(
                f"void against Python code in a worker (L2): the memory of {self._stranger} can be written, and code outlives its worker there"
            )
        return memory


def _tell_earlier_life(life: Life) -> str:
    young = life.young_code + life.young_data
    return (
        f"this is a later life: {life.killed} processes were ended and {life.removed} files removed before any "
        "function code"
    ) + (
        f"; {young} files outside temporary directories are younger than the environment and were left"
        if young
        else ""
    )


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
