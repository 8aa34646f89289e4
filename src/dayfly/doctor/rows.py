"""Decides which defences are active from what the probes found; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dayfly.doctor.scope import INITIAL_PID_NAMESPACE, HostFacts, ScopeDecision, decide_scope

# PROC_IPC_INIT_INO in the kernel's include/linux/proc_ns.h: the objects of the machine itself.
INITIAL_IPC_NAMESPACE = "ipc:[4026531839]"

State = Literal["yes", "no", "unknown"]
# defence: active in this version where the host allows it. means: what a later version can build on.
# speed and function: nothing is less safe without it. tool: what working on functions here needs.
Kind = Literal["defence", "means", "speed", "function", "tool"]

ON_A_DEVELOPMENT_MACHINE = (
    "nothing to do on a development machine; `dayfly lab serve` gives each function its own"
)
NOT_YET = "nothing to do: no released version uses it yet"


@dataclass(frozen=True, slots=True)
class Row:
    """One defence: whether it is active, what it protects, why not and what to do then.

    `allowed` says whether the host lets Dayfly have it, whether or not this version uses it.
    """

    name: str
    group: str
    kind: Kind
    active: State
    allowed: State
    protects: str
    reason: str
    to_do: str

    @property
    def is_missing(self) -> bool:
        """True for a defence that is not known to be active."""
        return self.kind == "defence" and self.active != "yes"

    def as_json(self) -> dict[str, object]:
        """Stable: keys are only ever added."""
        return {
            "name": self.name,
            "group": self.group,
            "kind": self.kind,
            "active": self.active,
            "allowed": self.allowed,
            "protects": self.protects,
            "reason": self.reason,
            "to_do": self.to_do,
        }


@dataclass(frozen=True, slots=True)
class Survey:
    """The `host` and `calls` of a survey; a missing or odd value reads as unknown."""

    host: Mapping[str, object]
    calls: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.host.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        value = self.host.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def works(self, call: str) -> tuple[State, str]:
        """Whether a call worked and, if not, the error's name."""
        found = self.calls.get(call)
        if not isinstance(found, Mapping):
            return "unknown", "not tried"
        why = found.get("why")
        return as_state(found.get("works")), why if isinstance(why, str) else ""

    def detail(self, call: str, name: str) -> State:
        """A true-or-false detail of a call."""
        found = self.calls.get(call)
        return as_state(found.get(name)) if isinstance(found, Mapping) else "unknown"

    def scope(self, setting: str = "auto") -> ScopeDecision:
        """The scope Dayfly would choose where this survey was made."""
        facts = HostFacts(
            pid_namespace=self.text("pid_namespace"),
            init_command=self.text("init_command"),
            parent_command=self.text("parent_command"),
            parent_pid=self.number("parent_pid") or 0,
            tmp_is_own_mount=self.host.get("tmp_is_mount") is True,
        )
        return decide_scope(setting, facts)


def as_state(value: object) -> State:
    if value is True:
        return "yes"
    return "no" if value is False else "unknown"


def defences(survey: Survey, scope: ScopeDecision, closes_memory: bool = True) -> tuple[Row, ...]:
    """Every row that follows from a survey; the same input always gives the same rows.

    `closes_memory` is false where the settings leave memory open.
    """
    return (
        *_reach(survey, scope),
        *_ending(survey),
        *_memory(survey, closes_memory),
        *_confinement(survey, scope),
        *_means(survey),
        *_others(survey),
    )


def _reach(survey: Survey, scope: ScopeDecision) -> tuple[Row, ...]:
    group = "Scope"
    is_wide = scope.scope == "environment"
    pids, ipc = survey.text("pid_namespace"), survey.text("ipc_namespace")
    own_pids = _known(pids, lambda: pids != INITIAL_PID_NAMESPACE)
    own_ipc = _known(ipc, lambda: ipc != INITIAL_IPC_NAMESPACE)
    own_tmp = as_state(survey.host.get("tmp_is_mount"))
    others = survey.number("processes_of_others")
    hidden: State = "unknown" if others is None else ("no" if others else "yes")
    return (
        _defence(
            "scope",
            group,
            "yes" if is_wide else "no",
            "all leftovers of an invocation are removed, including processes that hide from Dayfly",
            f"{scope.scope}: {scope.reason}",
            ON_A_DEVELOPMENT_MACHINE,
        ),
        _defence(
            "pid-namespace",
            group,
            own_pids,
            "every unknown process belongs to the function, so Dayfly ends no other process",
            "processes share the machine's own PID namespace"
            if own_pids == "no"
            else "unknown: /proc does not show it",
            ON_A_DEVELOPMENT_MACHINE,
        ),
        _defence(
            "own-tmp",
            group,
            own_tmp,
            "/tmp can be emptied completely between invocations",
            "/tmp is shared; only a private TMPDIR is emptied",
            ON_A_DEVELOPMENT_MACHINE,
        ),
        _defence(
            "own-ipc",
            group,
            own_ipc,
            "System V objects and keyrings of an invocation can be cleared",
            "System V objects are shared with the machine"
            if own_ipc == "no"
            else "unknown: /proc does not show it",
            ON_A_DEVELOPMENT_MACHINE,
        ),
        _defence(
            "others-hidden",
            group,
            hidden,
            "functions do not see processes of other users",
            f"/proc shows processes of other users ({others})"
            if others
            else "unknown: /proc does not show it",
            "mount /proc with hidepid=2, or run functions in their own PID namespace",
        ),
    )


def _ending(survey: Survey) -> tuple[Row, ...]:
    group = "Cleanup after an invocation"
    open_state, open_why = survey.works("pidfd_open")
    send_state, send_why = survey.works("pidfd_send_signal")
    pidfd = _both(open_state, send_state)
    reaped = survey.detail("orphan", "reaped")
    return (
        _call(
            survey, "subreaper", "prctl_set_child_subreaper", group, "orphan processes of a worker are found",
            "orphan processes are found by a marker in their environment, or by reading /proc",
            "nothing to do; scope environment always reads /proc",
        ),
        _defence(
            "pidfd",
            group,
            pidfd,
            "a kill cannot hit another process with a reused PID",
            f"refused: {open_why or send_why or 'not tried'}; PIDs are used while the zygote does not reap",
            "nothing to do; use Linux 5.3 or newer if you choose the kernel",
        ),
        _call(
            survey, "process-limit", "process_limit", group,
            "a worker cannot exhaust the process limit, so the next one can be forked",
            "the limit does not apply to root", "run functions as an unprivileged user",
        ),
        _defence(
            "orphans-reaped",
            group,
            reaped,
            "dead orphans do not count against the process limit",
            "PID 1 did not reap within a second; Dayfly counts zombies instead"
            if reaped == "no"
            else "no orphan process was observed until its end",
            "start containers with an init (docker run --init)",
        ),
        _call(
            survey, "keyrings", "keyring", group, "kernel keys of an invocation are cleared",
            "keyctl is refused, so functions cannot leave keys either", "nothing to set",
        ),
    )  # fmt: skip


def _memory(survey: Survey, closes_memory: bool) -> tuple[Row, ...]:
    group = "Memory of supervisor and zygote"
    opened = survey.detail("proc_mem", "of_parent")
    read = survey.detail("process_vm_readv", "of_parent")
    ways = [name for name, state in (("/proc/PID/mem", opened), ("process_vm_readv", read)) if state == "yes"]
    # What the runtime does: a program that nobody may read, or prctl where that does not help.
    means = {_effect(survey, call) for call in ("memfd_exec_0111", "prctl_set_dumpable")}
    allowed: State = "unknown"
    if "yes" in means or opened == read == "no":
        allowed = "yes"
    elif means == {"no"} and ways:
        allowed = "no"
    found = f"a child opened its parent through {' and '.join(ways)}" if ways else "could not be tested"
    reason = f"{found}, and {_why_not_closed(survey)}" if ways else found
    to_do = (
        "run functions as an unprivileged user, and permit memfd_create and execveat; if you choose the "
        "kernel, kernel.yama.ptrace_scope=1 closes it to all users except root"
    )
    active = allowed
    if not closes_memory and ways:
        active, reason, to_do = "no", f"{found}, and close_memory is off", 'set close_memory = "auto"'
    is_fine = active == "yes"
    return (
        Row(
            "supervisor-memory",
            group,
            "defence",
            active,
            allowed,
            "a worker cannot read or change the supervisor, the zygote or a later worker",
            _unless(is_fine, reason),
            _unless(is_fine, to_do),
        ),
    )


def _effect(survey: Survey, call: str) -> State:
    """Whether a call closes memory: one that is refused does not."""
    return "no" if survey.works(call)[0] == "no" else survey.detail(call, "closes_memory")


def _why_not_closed(survey: Survey) -> str:
    if survey.number("uid") == 0:
        return "root can read every file and open every process"
    state, why = survey.works("memfd_exec_0111")
    if state == "yes":
        return "an unreadable program is as open (fs.suid_dumpable, or a capability to read every file)"
    return f"an unreadable program is {'refused' if state == 'no' else 'unknown'}: {why}"


_MEANS = (
    ("kill-on-hangup", "kill_on_hangup", "no worker outlives its supervisor or zygote"),
    ("parent-death", "prctl_set_pdeathsig", "no worker outlives its parent"),
    ("user-namespaces", "user_namespace", "unprivileged namespaces"),
    ("private-tmp-mount", "private_tmp", "a separate /tmp for each worker"),
    ("private-ipc", "own_ipc", "separate System V objects for each worker"),
    ("private-pids", "own_pids", "the kernel ends all processes of a worker with it"),
    ("close-range", "close_range", "no file descriptor is inherited by accident"),
)


def _confinement(survey: Survey, scope: ScopeDecision) -> tuple[Row, ...]:
    group = "Workers against Dayfly and the platform"
    calls, calls_why = survey.works("seccomp_filter")
    calls = _both(calls, survey.works("prctl_set_no_new_privs")[0])
    on_lambda = scope.platform == "lambda"
    network, network_why = survey.works("own_network")
    table, table_why = survey.works("connection_table")
    return (
        Row(
            "confined-calls", group, "defence", "no" if on_lambda else calls, calls,
            "native code in a worker cannot signal, limit or trace supervisor and zygote (`confine`)",
            _unless(
                calls == "yes" and not on_lambda,
                "Lambda does not permit it"
                if on_lambda
                else f"{'refused' if calls == 'no' else 'unknown'}: {calls_why or 'not tried'}",
            ),
            _unless(calls == "yes" and not on_lambda, "nothing to do; permit prctl and seccomp if you choose the host"),
        ),
        Row(
            "network-of-its-own", group, "means", "no", network,
            "a worker cannot reach the Runtime API or any other host",
            {
                "yes": "permitted here; active for functions with `network` none",
                "no": f"refused here: {network_why}",
                "unknown": f"unknown: {network_why or 'no answer'}",
            }[network],
            "set network to none for functions that need no network"
            if network == "yes"
            else "nothing to do; permit user namespaces if you choose the host",
        ),
        _defence(
            "api-watch",
            group,
            table,
            "a worker that connects to an unlocked Runtime API is detected and ended",
            f"connections cannot be listed: {table_why or 'not tried'}; a refused answer is still detected",
            "nothing to do; permit netlink or /proc/net/tcp if you choose the host",
        ),
    )  # fmt: skip


def _means(survey: Survey) -> tuple[Row, ...]:
    """What the host offers and this version does not use; never shown as active."""
    group = "Host features for later versions"
    rows = []
    for name, call, protects in _MEANS:
        state, why = survey.works(call)
        reason = {
            "yes": "permitted here; not used by this version",
            "no": f"refused here: {why}",
            "unknown": f"unknown: {why or 'no answer'}",
        }[state]
        rows.append(Row(name, group, "means", "no", state, protects, reason, NOT_YET))
    return tuple(rows)


def _others(survey: Survey) -> tuple[Row, ...]:
    group = "Speed and functions"
    allowed = survey.number("cpus_allowed")
    affinity, why = survey.works("affinity")
    several: State = "unknown" if allowed is None else ("yes" if allowed > 1 else "no")
    return (
        Row(
            "own-processor", group, "speed", _both(affinity, several), affinity,
            "responses do not wait for the end of a worker",
            _unless(
                _both(affinity, several) == "yes",
                f"refused: {why}" if affinity == "no" else "only one CPU: a worker's end delays the response",
            ),
            _unless(_both(affinity, several) == "yes", "use more than one CPU"),
        ),
        _call(
            survey, "batch-scheduling", "batch_scheduling", group, "forking ahead does not disturb the handler",
            "", "nothing to set", kind="speed",
        ),
        _call(
            survey, "huge-pages", "huge_pages_collapse", group, "large functions fork faster",
            "ordinary pages are used", "nothing to do; it needs Linux 6.1", kind="speed",
        ),
        _call(
            survey, "semaphores", "semaphore", group, "multiprocessing locks, queues and pools work",
            "as on Lambda, where /dev/shm is missing", "use multiprocessing.Pipe, or threads", kind="function",
        ),
    )  # fmt: skip


def _known(value: str, decide: Callable[[], bool]) -> State:
    return as_state(decide()) if value else "unknown"


def _both(one: State, other: State) -> State:
    if "no" in (one, other):
        return "no"
    return "yes" if one == other == "yes" else "unknown"


def _unless(condition: bool, text: str) -> str:
    return "" if condition else text


def _defence(name: str, group: str, state: State, protects: str, reason: str, to_do: str) -> Row:
    is_fine = state == "yes"
    return Row(
        name, group, "defence", state, state, protects, _unless(is_fine, reason), _unless(is_fine, to_do)
    )


def _call(
    survey: Survey,
    name: str,
    call: str,
    group: str,
    protects: str,
    reason: str,
    to_do: str,
    *,
    kind: Kind = "defence",
) -> Row:
    state, why = survey.works(call)
    is_fine = state == "yes"
    words = "; ".join(
        part for part in (f"{'refused' if state == 'no' else 'unknown'}: {why}", reason) if part
    )
    return Row(name, group, kind, state, state, protects, _unless(is_fine, words), _unless(is_fine, to_do))
