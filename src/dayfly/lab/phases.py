"""How long an environment may take to initialise, and what the log says of it; pure.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from typing import Literal

from dayfly.lab.model import InitializationType

Phase = Literal["init", "invoke"]

INIT_LIMIT_S = 10.0
# Where nobody waits for it: provisioned concurrency and SnapStart.
INIT_AHEAD_LIMIT_S = 130.0


def init_limit_s(initialization: InitializationType, timeout_s: float) -> float:
    """Seconds for the init phase: ten on demand, else 130 or the function's time-out if that is longer."""
    if initialization == "on-demand":
        return INIT_LIMIT_S
    return max(INIT_AHEAD_LIMIT_S, timeout_s)


def init_report_line(duration_ms: float, phase: Phase, status: str) -> str:
    """INIT_REPORT's line; `status` is empty for an init that went well, else `timeout` or `error\\tError Type: …`."""
    line = f"INIT_REPORT Init Duration: {duration_ms:.2f} ms"
    return f"{line}\tPhase: {phase}\tStatus: {status}" if status else line


def restore_report_line(duration_ms: float, status: str) -> str:
    """RESTORE_REPORT's line; `status` as for `init_report_line`."""
    line = f"RESTORE_REPORT Restore Duration: {duration_ms:.2f} ms"
    return f"{line}\tStatus: {status}" if status else line
