"""Says when credentials that init fetched end, so that the zygote is initialised anew before.

A process of its own would refresh them once; every worker of an old zygote would do so again. Credentials
from variables say no end, and need none: the platform ends the environment before.
"""

from __future__ import annotations

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing


def kinds() -> tuple[type, ...]:
    """Return botocore's class of credentials that end."""
    return heap.classes(("botocore.credentials", "RefreshableCredentials"))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Take the earliest end of all credentials that were fetched."""
    instances: list[object] = found.of(*kinds())
    for credentials in instances:
        ends = getattr(credentials, "_expiry_time", None)
        timestamp = getattr(ends, "timestamp", None)
        if not callable(timestamp):
            # Not fetched yet: they will be a worker's own.
            continue
        ends_at = float(timestamp())
        sealing.expires_at = min(sealing.expires_at or ends_at, ends_at)
