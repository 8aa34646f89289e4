"""The metadata endpoint of an environment: which Availability Zone it is in.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html; answers are worded as AWS's emulator
words them.
"""

from __future__ import annotations

import hmac
import uuid

from dayfly.lab.http1 import Exchange

PATH = "/2026-01-15/metadata/execution-environment"
_MAX_AGE_S = 43200
_MAX_BODY_BYTES = 65536
_TEXT = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))


class Metadata:
    """Serves `PATH` to whoever has the environment's own token."""

    def __init__(self, availability_zone_id: str) -> None:
        self.token = str(uuid.uuid4())
        self._zone = availability_zone_id

    async def answer(self, exchange: Exchange) -> None:
        """Answer a request of any method."""
        if exchange.method != "GET":
            await exchange.read_body(_MAX_BODY_BYTES)
            await exchange.answer(405, b"Method Not Allowed\n", _TEXT)
            return
        scheme, _, token = (exchange.header("authorization") or "").partition(" ")
        is_known = hmac.compare_digest(token.encode("latin-1"), self.token.encode())
        if scheme != "Bearer" or not is_known:
            await exchange.answer(401, b"Unauthorized\n", _TEXT)
            return
        cached = ("Cache-Control", f"private, max-age={_MAX_AGE_S}, immutable")
        body = f'{{"AvailabilityZoneID":"{self._zone}"}}'.encode()
        await exchange.answer(200, body, (("Content-Type", "application/json"), cached))


def zone_of(slot: int) -> str:
    """The zone of the environment in a slot: neighbours are in different ones, as a region spreads them."""
    return f"use1-az{slot % 3 + 1}"
