"""Writes findings about one environment to the function's log."""

from __future__ import annotations

import os
import time

from dayfly.core.findings import ENVIRONMENT_STARTED, FindingKind, Where, finding_line, invocation_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.supervisor.output import Output


class Reporter:
    """Names the environment in every finding and counts invocations.

    `number` and `request_id` are those of the invocation in progress; `triggers` what of `retire_on` was found
    since somebody emptied it.
    """

    def __init__(self, output: Output, environ: Mapping[str, str]) -> None:
        self._output = output
        self.number = 0
        self.request_id = ""
        self.triggers: set[str] = set()
        self.renew(environ)

    def renew(self, environ: Mapping[str, str]) -> None:
        """Name the environment anew: its snapshot was restored, perhaps in many places."""
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
        )
        self.triggers |= kind.triggers
        self._output.emit(line, warning=kind.severity > 1)

    def start(self, message: str, evidence: Mapping[str, object]) -> None:
        """Write an environment's first line."""
        self.find(ENVIRONMENT_STARTED, message, evidence)

    def invocation(self, *, worker: int, outcome: str) -> None:
        """Write the compact line of one invocation."""
        self._output.emit(
            invocation_line(
                self._where,
                now=time.time(),
                number=self.number,
                worker=worker,
                age_s=time.monotonic() - self._born,
                outcome=outcome,
                request_id=self.request_id,
            ),
            warning=False,
        )


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
