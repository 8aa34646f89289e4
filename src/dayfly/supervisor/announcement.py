"""Determine which protections are active once the zygote is ready, and write the first log record."""

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
    """Reports the active protections and their limits.

    `limits` holds the limits found so far; it grows. After `tell`, `memory` says why workers can open the memory of
    Dayfly's processes ("" if they cannot); `is_confined` and `is_offline` say what workers cannot do.
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
        """Write the first log record, and a finding for each requested protection that is not active."""
        decision, settings, life = self._decision, self._settings, self._life
        isolation = "process" if ready.reasons else settings.isolation
        lock = self._lock
        if decision.not_promised:
            self._limits.append(decision.not_promised)
        network, calls = self._judge_network(ready), self._judge_calls(ready)
        if not lock and network != "none":
            self._limits.append(self._watch.what_it_misses())
        if self._shares_kernel_objects:
            self._limits.append(
                "System V objects and keyrings are shared with the machine and are not cleared"
            )
        if isolation == "process":
            self._limits.append("process isolation: memory changes of an invocation stay")
            if settings.tenant:
                self._limits.append("tenants share the function's process")
        elif isolation == "window":
            self._limits.append(
                f"window isolation: memory changes of an invocation stay for up to {settings.max_age:g} s "
                f"or {settings.max_invocations} invocations" + (" of one tenant" if settings.tenant else "")
            )
        memory = self.memory = self._judge_memory(ready)
        guard = "not armed" if ready.unguarded else settings.guard
        if ready.unguarded:
            self._limits.append(f"the guard could not be armed: {ready.unguarded}")
        if settings.policy is not None and settings.guard == "off":
            self._limits.append("the policy is not active: the guard is off")
        if settings.policy_fault:
            self._limits.append(f"the layer's policy is not active: {settings.policy_fault}")
        if settings.policy_doubt:
            self._limits.append(settings.policy_doubt)
        if settings.tenant and settings.keep:
            self._limits.append("all tenants share the files in `keep`")
        self._limits += ready.notes
        self._limits += self._limits_of_places()
        task = os.path.realpath(self._environ.get("LAMBDA_TASK_ROOT") or ".")
        is_code_writable = not (self._places and self._places.has(task)) and os.access(task, os.W_OK)
        if is_code_writable:
            self._limits.append("the function can write its own code: a rebuilt zygote loads changed code")
        self._limits += startup.limits(self._environ, has_user_site=life.has_user_site)
        uncompiled = judge_bytecode()
        if uncompiled:
            self._limits.append(f"slow start: {uncompiled}; {FIX}")
        if life.instead and self._environ.get("DAYFLY_SUPERVISOR", "").lower() == "native":
            self._limits.append(
                f"DAYFLY_SUPERVISOR is native, but the Python supervisor serves: {life.instead}"
            )
        if settings.unknown_variables:
            self._limits.append("unknown DAYFLY_ variables: " + ", ".join(settings.unknown_variables[:10]))
        policy = self._policy(guard)
        evidence = {
            "version": __version__,
            "supervisor": "python",
            **({"supervisor_reason": life.instead} if life.instead else {}),
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
        gaps = [
            name
            for name, is_open in (
                ("processes and files outside its scope", decision.not_promised),
                ("memory between invocations", isolation == "process"),
                ("memory of Dayfly's processes", memory),
                ("against Python code in a worker (L2)", not memory and self._memory_of_start.stranger),
                ("network", settings.network != "shared" and network == "shared"),
                (
                    "policy",
                    settings.policy_fault or (settings.policy is not None and settings.guard == "off"),
                ),
                ("function code (writable)", is_code_writable),
            )
            if is_open
        ]
        self._reporter.start(
            f"active, version {__version__}: isolation {isolation}, guard {guard}{_policy_words(policy)}, "
            f"Runtime API {'locked' if lock else 'not locked'}"
            + (", no network" if network == "none" else "")
            + self._which_life()
            + (f"; not protected: {', '.join(gaps)}" if gaps else "")
            + (" (details in not_promised)" if self._limits else ""),
            evidence,
        )
        if settings.network != "shared" and network == "shared":
            self.tell_missing("network", f"workers have network access: {ready.online}")
        if settings.policy_fault:
            self.tell_missing("policy", f"the layer's policy is not active: {settings.policy_fault}")
        if ready.unguarded:
            self.tell_missing("guard", f"the guard could not be armed: {ready.unguarded}")
        if life.found:
            self._reporter.find(findings.EARLIER_LIFE, _tell_earlier_life(life), life.found)
        if ready.path:
            # For who watches a fleet.
            from dayfly.supervisor import carried

            carried.tell(self._reporter, ready.path)

    def _policy(self, guard: str) -> dict[str, str]:
        """Return the policy's source, digest and mode for the first log record."""
        settings = self._settings
        if settings.policy is None or guard not in ("observe", "block"):
            return {}
        told = {"policy": settings.policy_source}
        if settings.policy_digest:
            told["policy_digest"] = settings.policy_digest
        told["policy_mode"] = settings.policy.promoted(time.time()).strictness(guard)
        return told

    def _limits_of_places(self) -> list[str]:
        limits: list[str] = []
        ignored = [place for place in self._settings.scrub if place not in self._roots]
        if ignored:
            limits.append("not emptied, because they are outside this scope: " + ", ".join(ignored))
        if self._places is not None and self._places.not_covered:
            shown = self._places.not_covered[:_MANY_PLACES]
            more = len(self._places.not_covered) - len(shown)
            limits.append(
                "writable, but not checked for changes: "
                + ", ".join(shown)
                + (f" and {more} more" if more else "")
            )
        return limits

    def tell_missing(self, protection: str, message: str) -> None:
        """Write a finding: a requested protection is not active."""
        self._reporter.find(findings.CANNOT_CHECK, message, {"protection": protection})

    def _judge_network(self, ready: Ready) -> str:
        """Return the network mode for the first log record: shared or none."""
        if self._settings.network == "shared":
            return "shared"
        self.is_offline = not ready.online
        if ready.online:
            self._limits.append(f"workers have network access: {ready.online}")
            return "shared"
        # No worker can reach the Runtime API without a network.
        self._watch.stand_down()
        return "none"

    def _judge_calls(self, ready: Ready) -> str:
        """Return why system calls are not confined, "" if they are."""
        if self._settings.confine == "off":
            return "switched off"
        if self._decision.platform == "lambda":
            return "Lambda does not permit seccomp filters"
        self.is_confined = not ready.unconfined
        return ready.unconfined

    def was_opened(self, ready: Ready) -> bool:
        """Whether the function's init opened the zygote's memory."""
        # Root opens its own memory, closed or not; what it says of itself tells nothing then.
        return ready.is_open and not self._memory_of_start.opens_itself

    def _which_life(self) -> str:
        """Return words for an environment that has restarted its runtime, as far as that is known."""
        if self._life.found:
            return ", runtime restarted in this environment"
        if self._is_later_life:
            # The process that starts runtimes may have waited for another child.
            return ", runtime possibly restarted in this environment"
        return ""

    def _judge_memory(self, ready: Ready) -> str:
        """Return why Dayfly's processes can open each other's memory; "" if they cannot."""
        memory = self._memory_of_start.opening
        if not memory and self.was_opened(ready):
            memory = "the function's init opened the zygote's memory"
        if memory:
            self._limits.append(
                f"a worker can read and write the memory of supervisor, zygote and later workers: {memory}"
            )
        elif self._memory_of_start.stranger:
            self._limits.append(
                "not effective against Python code in a worker (L2): the worker can write the memory of "
                f"{self._memory_of_start.stranger} and leave code there"
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
        f"the runtime restarted in this environment: {life.killed} processes were ended and {life.removed} "
        "files removed before function code ran"
    ) + (
        f"; {young} files outside temporary directories are newer than the environment and were not removed"
        if young
        else ""
    )
