"""Writes findings about one environment to the function's log."""

from __future__ import annotations

import os
import time

from dayfly.core.findings import ENVIRONMENT_STARTED, FindingKind, Where, finding_line, invocation_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.activity import Activity
    from dayfly.core.proofs import FleetKey
    from dayfly.supervisor.output import Output

# Of a finding's evidence, what does not differ between two environments in which the same happened.
_STABLE = frozenset(("rule", "place", "change", "kind", "reason", "changed", "signals"))


class Reporter:
    """Names the environment in every finding, counts its lines and its invocations, and proves lines with the fleet's key.

    `number` and `request_id` are those of the invocation in progress; `triggers` what of `retire_on` was found
    since somebody emptied it. `left` are the kinds and stable names of what the invocation in progress left behind.
    """

    def __init__(self, output: Output, environ: Mapping[str, str], key: FleetKey | None = None) -> None:
        self._output = output
        self.key = key
        self.left: list[str] = []
        # Of the function's code as init left it, 0 where that is not known.
        self.code = 0
        self.number = 0
        self.request_id = ""
        self.triggers: set[str] = set()
        self.renew(environ)

    def renew(self, environ: Mapping[str, str]) -> None:
        """Name the environment anew: its snapshot was restored, perhaps in many places."""
        self._sequence = 0
        self._born = time.monotonic()
        self._where = Where(
            environment=os.urandom(8).hex(),
            function=environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            version=environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        )

    def find(
        self,
        kind: FindingKind,
        message: str,
        evidence: Mapping[str, object] | None = None,
        *,
        attack: tuple[str, str] | None = None,
    ) -> None:
        """Write one finding; `attack` is a technique that says more than its kind's."""
        line = finding_line(
            kind,
            self._where,
            now=time.time(),
            message=message,
            number=self.number,
            request_id=self.request_id,
            evidence=evidence,
            attack=attack,
            sequence=self._next_sequence(),
            key=self.key,
        )
        self.triggers |= kind.triggers
        if kind.uid.startswith("residue."):
            self.left.append(describe_residue(kind.uid, evidence or {}))
        self._output.emit(line, warning=kind.severity > 1)

    def start(self, message: str, evidence: Mapping[str, object]) -> None:
        """Write an environment's first line."""
        self.find(ENVIRONMENT_STARTED, message, evidence)

    def age_ms(self) -> int:
        """Return how old the environment is."""
        return int((time.monotonic() - self._born) * 1000)

    def invocation(self, *, worker: int, outcome: str, activity: Activity | None = None) -> None:
        """Write the compact line of one invocation."""
        self._output.emit(
            invocation_line(
                self._where,
                now=time.time(),
                number=self.number,
                worker=worker,
                age_ms=self.age_ms(),
                outcome=outcome,
                request_id=self.request_id,
                sequence=self._next_sequence(),
                activity=activity,
                key=self.key,
            ),
            warning=False,
        )

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence


def describe_residue(uid: str, evidence: Mapping[str, object]) -> str:
    """Return what an invocation left, in words that are the same wherever the same is left: no numbers, no hashes."""
    stable = [
        f"{name}={value if isinstance(value, str) else ','.join(sorted(value))}"
        for name, value in sorted(evidence.items())
        if name in _STABLE and isinstance(value, str | list | dict)
    ]
    return " ".join([uid, *stable])


def describe_fault(fault: BaseException) -> str:
    """Return type and place of an exception, without its message, which may hold an event's data."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        ""
        if trace is None
        else f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    )
    return type(fault).__name__ + where
