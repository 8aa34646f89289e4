"""Starts an environment: settings, scope, an emptied environment, the zygote, and then the loop."""

from __future__ import annotations

import os
import signal
import sys
import time

from dayfly import __version__
from dayfly._sys import proc, processors
from dayfly._sys.mounts import is_within, read_mounts
from dayfly.core.handshake import ZygoteOptions
from dayfly.core.keep import keep_rule
from dayfly.core.scope import HostFacts, ScopeDecision, decide_api_lock, decide_scope
from dayfly.core.settings import FILE_NAME, Settings, load_settings
from dayfly.errors import SettingError, StartError
from dayfly.supervisor.earlier import clear_earlier_life
from dayfly.supervisor.extensions import ExtensionRoutes
from dayfly.supervisor.loop import Supervisor
from dayfly.supervisor.output import Output
from dayfly.supervisor.places import find_places
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.residue import SCRATCH, Cleaner, KernelObjects, TemporaryFiles
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
    from collections.abc import Mapping
    from typing import NoReturn

    from dayfly.core.handshake import Ready
    from dayfly.supervisor.earlier import Cleared
    from dayfly.supervisor.places import Places

TELEMETRY_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"
API_VARIABLE = "AWS_LAMBDA_RUNTIME_API"
MARK_VARIABLE = "_DAYFLY_MARK"
RESTORE = b"/restore/next"
EXTENSIONS = b"/extensions"
BAD_INPUT = 2
# In the first log line.
_MANY_PLACES = 8
# PROC_IPC_INIT_INO in the kernel's include/linux/proc_ns.h: the objects of the machine itself.
INITIAL_IPC_NAMESPACE = "ipc:[4026531839]"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings from `dayfly.toml` in the task root and the environment; raises SettingError."""
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
                f"{path} cannot be read: {fault}", hint="it must be a TOML file of top-level keys"
            ) from fault
    return load_settings(environ, table)


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


def run(environ: Mapping[str, str]) -> Channel:
    """Become the supervisor and serve for ever; returns only in a forked zygote, with its channel.

    Exits with 2 for a setting that is not valid, after telling the platform why init failed; with the
    function's own exit status if its init ends the process. Raises StartError, before anything was done.
    """
    began = time.monotonic()
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
    return _Start(dict(environ), settings, decision, upstream, began=began).run()


def print_error(message: str, hint: str) -> None:
    """Write an error and what to do about it to standard error."""
    os.write(2, f"dayfly: error: {message}\n  hint: {hint}\n".encode())


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
        *,
        began: float,
    ) -> None:
        self._environ = environ
        self._settings = settings
        self._decision = decision
        self._upstream = upstream
        self._began = began
        self._is_wide = decision.scope == "environment"
        self._mark = os.urandom(12).hex()
        self._is_restored = False
        self._routes = ExtensionRoutes(environ[API_VARIABLE])
        self._temporary = ""
        self._output = Output(telemetry=int(environ.get(TELEMETRY_VARIABLE, "-1")))
        self._reporter = Reporter(self._output, environ)
        self._limits: list[str] = []
        self._processors: set[int] = set()
        self._places: Places | None = None
        if self._is_wide:
            self._sweeper: EnvironmentSweeper | DescendantsSweeper = EnvironmentSweeper()
            roots = (*self._own_roots(), *self._named_roots())
            table = read_mounts()
            self._files = TemporaryFiles(
                roots, settings.keep, stops=frozenset(mount.point for mount in table) - set(roots)
            )
            if settings.tmp == "scrub":
                self._places = find_places(
                    environ,
                    scratch=roots,
                    keeps=keep_rule(settings.keep),
                    started=proc.started_at(1),
                    table=table,
                )
        else:
            self._sweeper = self._narrow_sweeper()
            self._files = TemporaryFiles((self._make_temporary(),), settings.keep)
        if isinstance(self._sweeper, EnvironmentSweeper):
            self._files.spare_files_of(self._sweeper.extension_pids)
        self._kernel_objects = KernelObjects() if self._owns_kernel_objects else None
        self._options = ZygoteOptions(
            isolation=settings.isolation,
            max_age=settings.max_age,
            max_invocations=settings.max_invocations,
            deliver=settings.fork_deliver,
            reseed=settings.reseed,
            huge_pages=settings.huge_pages == "auto",
            immortal=settings.immortal == "auto",
            restarts_threads=settings.fork_threads == "restart",
            telemetry=self._output.telemetry_number,
            prime=settings.zygote_prime,
            events=settings.zygote_events,
            before=settings.fork_before,
            after=settings.fork_after,
            temporary=self._files.roots,
        )

    def run(self) -> Channel:
        cleared = self._empty_environment()
        self._processors = processors.allowed()
        zygote: Zygote | Channel
        if self._is_wide:
            zygote = fork_zygote(self._output, self._options)
            if isinstance(zygote, Channel):
                self._routes.release()
                os.environ[API_VARIABLE] = self._routes.address
                return zygote
            zygote.routes = self._routes
        else:
            zygote = self._execute()
        _end_on_signals()
        processors.use(processors.for_supervisor(self._processors))
        supervisor: Supervisor | None = None
        try:
            try:
                ready = self._wait_until_ready(zygote)
            except ZygoteLostError as fault:
                _end_like(zygote, fault)
            supervisor = self._supervisor()
            self._tell_start(cleared, ready)
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

    @property
    def _owns_kernel_objects(self) -> bool:
        """Say whether System V objects that appear are the function's: a container may share the machine's."""
        if not self._is_wide:
            return False
        return self._decision.platform == "lambda" or proc.ipc_namespace() != INITIAL_IPC_NAMESPACE

    def _empty_environment(self) -> Cleared | None:
        """Rule 1: what runs or lies here already may be the work of an earlier, poisoned life."""
        if not isinstance(self._sweeper, EnvironmentSweeper):
            return None
        cleared = clear_earlier_life(
            self._sweeper,
            self._files if self._settings.tmp == "scrub" else None,
            self._kernel_objects,
            self._places,
            runs_changed_code=self._settings.changed_code == "run",
        )
        if cleared.fault:
            cleared.report(self._reporter)
            hint = "recycle this environment; where init makes these files itself, name their directory in `scrub`"
            print_error(cleared.fault, hint)
            _report_init_error(self._upstream, "Dayfly.NotClean", f"{cleared.fault} ({hint})")
            raise SystemExit(1)
        return cleared

    def _named_roots(self) -> tuple[str, ...]:
        """Return the directories that are to be emptied as temporary ones; raises SystemExit for the function's own."""
        code = os.path.realpath(self._environ.get("LAMBDA_TASK_ROOT") or os.getcwd())
        for place in self._settings.scrub:
            if any(is_within(path, os.path.realpath(place)) for path in (code, sys.prefix, sys.base_prefix)):
                fault = SettingError(
                    f"scrub names {place}, where the function's code lies",
                    hint="name a directory of data",
                )
                raise SystemExit(_refuse(self._upstream, fault))
        return self._settings.scrub

    def _own_roots(self) -> tuple[str, ...]:
        """Return the temporary directories that began with this environment; a container may share the host's."""
        if self._decision.platform == "lambda":
            return SCRATCH
        shared_ipc = not self._owns_kernel_objects
        return tuple(
            root
            for root in SCRATCH
            if root == "/tmp"
            or (proc.tmp_is_own_mount(root) and not (shared_ipc and root.startswith("/dev/")))
        )

    def _narrow_sweeper(self) -> DescendantsSweeper:
        from dayfly._sys import native

        is_subreaper = native.set_child_subreaper()
        if not is_subreaper:
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
        zygote = execute_zygote(self._output, self._options, environ, self._processors)
        zygote.routes = self._routes
        return zygote

    def _rebuild(self) -> tuple[Zygote, Ready]:
        zygote = self._execute()
        try:
            return zygote, self._wait_until_ready(zygote)
        except ZygoteLostError:
            zygote.end()
            raise

    def _wait_until_ready(self, zygote: Zygote) -> Ready:
        ready = zygote.wait_until_ready(self._call_platform)
        if self._kernel_objects is not None and self._settings.isolation != "process":
            ready.reasons += self._kernel_objects.made_by_init()
        return ready

    def _call_platform(self, packed: bytes) -> bytes:
        """Make a call of the init phase (init error, SnapStart's restore) for the zygote."""
        method, path, error_type, body = packed.split(b"\n", 3)
        if path == EXTENSIONS:
            # Whoever waits for an event there would wait in the zygote for ever.
            self._routes.drop_peers()
            return b"200\n" if self._routes.has_extensions else b"404\n"
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

    def _supervisor(self) -> Supervisor:
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
            lock=decide_api_lock(self._settings.api_lock, self._decision.platform),
            routes=self._routes,
            rebuild=self._rebuild,
        )

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

    def _tell_start(self, cleared: Cleared | None, ready: Ready) -> None:
        decision, settings = self._decision, self._settings
        isolation = "process" if ready.reasons else settings.isolation
        lock = decide_api_lock(settings.api_lock, decision.platform)
        if decision.not_promised:
            self._limits.append(decision.not_promised)
        if not lock:
            self._limits.append(
                "the Runtime API is not locked: a worker that polls it can take events until its own ends"
            )
        if self._is_wide and not self._owns_kernel_objects:
            self._limits.append("System V objects and keyrings are shared with the machine and not cleared")
        if isolation == "process":
            self._limits.append("process isolation: what an invocation changes in memory stays")
        elif isolation == "window":
            self._limits.append(
                f"window isolation: what an invocation changes in memory stays for up to {settings.max_age:g} s "
                f"or {settings.max_invocations} invocations"
            )
        self._limits += ready.notes
        self._limits += self._limits_of_places()
        task = os.path.realpath(self._environ.get("LAMBDA_TASK_ROOT") or ".")
        is_compared = self._places is not None and any(
            is_within(task, place) for place in self._places.covered
        )
        if not is_compared and os.access(task, os.W_OK):
            self._limits.append(
                "the function's code is writable by the function: a rebuilt zygote loads what it finds"
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
            "guard": settings.guard,
            "not_promised": self._limits,
        }
        limits = "; not promised: " + "; ".join(self._limits) if self._limits else ""
        self._reporter.start(
            f"{__version__}, isolation {isolation}, scope {decision.scope} ({decision.reason}), "
            f"Runtime API {'locked' if lock else 'not locked'}{limits}",
            evidence,
        )
        if cleared is not None:
            cleared.report(self._reporter)


def _end_on_signals() -> None:
    """Let SIGTERM, SIGINT and SIGHUP end the supervisor in order, with everything it started."""

    def end(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)


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
        sys.stdout.flush()
        os.kill(os.getpid(), number)
    raise SystemExit(os.waitstatus_to_exitcode(status))
