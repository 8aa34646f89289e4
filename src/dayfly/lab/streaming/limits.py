"""How much a streamed response may hold, and how fast it may be; pure.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html: 200 MB, the first 6 MB without a
limit on their rate, the rest at 2 MB a second.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """In bytes, and bytes per second after the first `uncapped_bytes`."""

    most_bytes: int = 200 * 1024 * 1024
    uncapped_bytes: int = 6 * 1024 * 1024
    bytes_per_s: float = 2 * 1024 * 1024

    def pause_s(self, sent_bytes: int, capped_for_s: float) -> float:
        """Return how long to wait when `sent_bytes` are out, `capped_for_s` after the rate began to count."""
        return max(0.0, (sent_bytes - self.uncapped_bytes) / self.bytes_per_s - capped_for_s)
