"""What of Dayfly holds in this environment, judged once the zygote is ready, and said in the first log line."""

from __future__ import annotations

import os
import time

from dayfly import __version__
from dayfly.core import findings
from dayfly.supervisor import startup
from dayfly.supervisor.bytecode import FIX, judge_bytecode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.handshake import Ready
    from dayfly.core.scope import ScopeDecision
    from dayfly.core.settings import Settings
    from dayfly.supervisor.apiwatch import ApiWatch
    from dayfly.supervisor.life import Life, Memory
    from dayfly.supervisor.places import Places
    from dayfly.supervisor.report import Reporter

_MANY_PLACES = 8


class Announcement:
    """Says what is in force and what is not promised.

    `limits` are those that the start has met so far; it grows. After `tell`, `memory` says why Dayfly's memory is
    open to workers ("" where it is closed), `is_confined` and `is_offline` what workers may not do.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        settings: Settings,
        decision: ScopeDecision,
        life: Life,
        *,
        reporter: Reporter,
        watch: ApiWatch,
        lock: bool,
        memory_of_start: Memory,
        roots: tuple[str, ...],
        places: Places | None,
        is_later_life: bool,
        shares_kernel_objects: bool,
        limits: list[str],
    ) -> None:
        self._environ = environ
        self._settings = settings
        self._decision = decision
        self._life = life
        self._reporter = reporter
        self._watch = watch
        self._lock = lock
        self._memory_of_start = memory_of_start
        self._roots = roots
        self._places = places
        self._is_later_life = is_later_life
        self._shares_kernel_objects = shares_kernel_objects
        self._limits = limits
        self.memory = ""
        self.is_confined = self.is_offline = False

    def tell(self, ready: Ready) -> None:
        """Write the first log line, and a finding for every protection that was asked for and is missing."""
        decision, settings, life = self._decision, self._settings, self._life
        isolation = "process" if ready.reasons else settings.isolation
        lock = self._lock
        if decision.not_promised:
            self._limits.append(decision.not_promised)
        network, calls = self._judge_network(ready), self._judge_calls(ready)
        if not lock and network != "none":
            self._limits.append(self._watch.what_it_misses())
        if self._shares_kernel_objects:
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
        memory = self.memory = self._judge_memory(ready)
        guard = "not armed" if ready.unguarded else settings.guard
        if ready.unguarded:
            self._limits.append(f"the guard could not be armed: {ready.unguarded}")
        if settings.policy is not None and settings.guard == "off":
            self._limits.append("the policy is not in force: the guard is off")
        if settings.policy_fault:
            self._limits.append(f"the layer's policy is not in force: {settings.policy_fault}")
        if settings.policy_doubt:
            self._limits.append(settings.policy_doubt)
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
        uncompiled = judge_bytecode()
        if uncompiled:
            self._limits.append(f"a fast start: {uncompiled}; {FIX}")
        if settings.unknown_variables:
            self._limits.append(
                "variables that are no settings: " + ", ".join(settings.unknown_variables[:10])
            )
        policy = self._policy(guard)
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
            **({"guard_learn": "on"} if settings.guard_learn else {}),
            **policy,
            **({"code": f"{ready.code:016x}"} if ready.code else {}),
            **({"bytecode": uncompiled} if uncompiled else {}),
            "not_promised": self._limits,
        }
        limits = "; not promised: " + "; ".join(self._limits) if self._limits else ""
        self._reporter.start(
            f"{__version__}, isolation {isolation}, scope {decision.scope} ({decision.reason}), "
            f"Runtime API {'locked' if lock else 'not locked'}, "
            f"memory of supervisor, zygote and workers {'open' if memory else 'closed'}, "
            f"system calls {'not ' if calls else ''}confined"
            f"{', no network' if network == 'none' else ''}, guard {guard}{_policy_words(policy)}{self._which_life()}{limits}",
            evidence,
        )
        if settings.network != "shared" and network == "shared":
            self.tell_missing("network", f"workers are not kept from the network: {ready.online}")
        if settings.policy_fault:
            self.tell_missing("policy", f"the layer's policy is not in force: {settings.policy_fault}")
        if ready.unguarded:
            self.tell_missing("guard", f"the guard could not be armed: {ready.unguarded}")
        if life.found:
            self._reporter.find(findings.EARLIER_LIFE, _tell_earlier_life(life), life.found)
        if ready.path:
            # For who watches a fleet.
            from dayfly.supervisor import carried

            carried.tell(self._reporter, ready.path)

    def _policy(self, guard: str) -> dict[str, str]:
        """Return what the first line says of the policy: whence it is, which one, and what it does."""
        settings = self._settings
        if settings.policy is None or guard not in ("observe", "block"):
            return {}
        from dayfly.core.policy import KINDS

        told = {"policy": settings.policy_source}
        if settings.policy_digest:
            told["policy_digest"] = settings.policy_digest
        policy = settings.policy.promoted(time.time())
        modes = {policy.mode_of(kind, guard) for kind in KINDS if policy.restricts(kind)}
        # As a rule all have one.
        told["policy_mode"] = modes.pop() if len(modes) == 1 else "mixed" if modes else guard
        return told

    def _limits_of_places(self) -> list[str]:
        limits: list[str] = []
        ignored = [place for place in self._settings.scrub if place not in self._roots]
        if ignored:
            limits.append("not emptied, since they are no directories of this scope: " + ", ".join(ignored))
        if self._places is not None and self._places.not_covered:
            shown = self._places.not_covered[:_MANY_PLACES]
            more = len(self._places.not_covered) - len(shown)
            limits.append(
                "writable and not compared: " + ", ".join(shown) + (f" and {more} more" if more else "")
            )
        return limits

    def tell_missing(self, protection: str, message: str) -> None:
        """A finding: this protection was asked for, and is not in force."""
        self._reporter.find(findings.CANNOT_CHECK, message, {"protection": protection})

    def _judge_network(self, ready: Ready) -> str:
        """Return what the first line says of the workers' network; they have none where that is in force."""
        if self._settings.network == "shared":
            return "shared"
        self.is_offline = not ready.online
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
        self.is_confined = not ready.unconfined
        return ready.unconfined

    def was_opened(self, ready: Ready) -> bool:
        """Whether the function's init opened the zygote's memory."""
        # Root opens its own memory, closed or not; what it says of itself tells nothing then.
        return ready.is_open and not self._memory_of_start.opens_itself

    def _which_life(self) -> str:
        """Return words for an environment that has had a runtime before, as far as that can be told."""
        if self._life.found:
            return ", a later life of this environment"
        if self._is_later_life:
            # Whoever starts runtimes here may have had something else to wait for.
            return (
                ", perhaps a later life of this environment (who starts runtimes here has seen a process end)"
            )
        return ""

    def _judge_memory(self, ready: Ready) -> str:
        """Say why the memory of Dayfly's processes is open to each other; empty where it is closed."""
        memory = self._memory_of_start.opening
        if not memory and self.was_opened(ready):
            memory = "the function's init opened that of the zygote again"
        if memory:
            self._limits.append(
                f"a worker can read and write the memory of supervisor, zygote and later workers: {memory}"
            )
        elif self._memory_of_start.stranger:
            self._limits.append(
                f"void against Python code in a worker (L2): the memory of {self._memory_of_start.stranger} can be written, and code outlives its worker there"
            )
        return memory


def _policy_words(policy: dict[str, str]) -> str:
    if not policy:
        return ""
    digest = policy.get("policy_digest", "")
    return f" with the {policy['policy']}'s policy{' ' + digest[:12] if digest else ''}"


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
