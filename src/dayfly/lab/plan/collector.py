"""Receives the probe's reports over an abstract Unix socket: in reach of an environment, on no disk."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from dayfly.lab.plan.sightings import Sighting, read_sighting

if TYPE_CHECKING:
    from types import TracebackType

_MAX_LINE_BYTES = 32 * 1024 * 1024
_MAX_SIGHTINGS = 1000


class Collector:
    """Use as an async context manager. Connections without the token are dropped: any process of this
    machine can reach an abstract socket."""

    def __init__(self) -> None:
        self.address = f"dayfly-plan-{secrets.token_hex(16)}"
        self.token = secrets.token_hex(16)
        self.sightings: list[Sighting] = []
        self.fault: Exception | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Collector:
        self._server = await asyncio.start_unix_server(
            self._receive, path="\0" + self.address, limit=_MAX_LINE_BYTES
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            token = (await reader.readline()).strip()
            if not secrets.compare_digest(token, self.token.encode()):
                return
            while line := await reader.readline():
                if len(self.sightings) < _MAX_SIGHTINGS:
                    self.sightings.append(read_sighting(line))
        except Exception as fault:
            # Trust boundary: what the function's process sends may be anything. The plan ends on it.
            self.fault = fault
        finally:
            writer.close()
