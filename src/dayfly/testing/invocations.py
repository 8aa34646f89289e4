"""The log record of an invocation, as the supervisor writes it (native/supervisor/report.c): for who tests or times its readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.core.findings import seal, timestamp
from dayfly.core.loglines import INVOCATION_MESSAGE, PRODUCT

if TYPE_CHECKING:
    from dayfly.core.activity import Activity
    from dayfly.core.findings import Where
    from dayfly.core.proofs import FleetKey

_COUNT_LIMIT = 2**32 - 1


def invocation_line(
    where: Where,
    *,
    now: float,
    number: int,
    worker: int,
    age_ms: int,
    outcome: str,
    request_id: str,
    sequence: int = 0,
    activity: Activity | None = None,
    key: FleetKey | None = None,
) -> bytes:
    """Return the compact line of one invocation (off by default), ended.

    `age_ms` is the environment's age, `worker` the worker's number, `outcome` one of `success`, `error`, `crash`, `activity`
    what else is known of it. With a `key` the line bears its proof.
    """
    record: dict[str, object] = {
        "timestamp": timestamp(now),
        "time": int(now * 1000),
        "level": "INFO",
        "message": INVOCATION_MESSAGE,
        "metadata": {"product": {"name": PRODUCT, "version": __version__}},
        "environment": where.environment,
        "function": where.function,
        "version": where.version,
        "worker": worker,
        "age_ms": age_ms,
        "invocation": number,
        "outcome": outcome,
        "request_id": request_id,
    }
    if sequence:
        record["sequence"] = sequence
    if activity is not None:
        record |= facts_of(activity)
    return seal(record, key) + b"\n"


def facts_of(activity: Activity) -> dict[str, object]:
    """Return what an invocation's line says of it: hashes as 16 hexadecimal digits, what is nothing left out."""
    found: dict[str, object] = {"trigger": activity.trigger, "route": activity.route}
    for name in ("source", "principal", "shape", "pattern", "subject", "code", "residue"):
        if number := getattr(activity, name):
            found[name] = f"{number:016x}"
    for name in ("status", "duration_us", "cpu_us", "overhead_us", "bytes_in", "bytes_out"):
        found[name] = min(max(0, getattr(activity, name)), _COUNT_LIMIT)
    return found
