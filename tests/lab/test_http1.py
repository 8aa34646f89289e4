"""A connection hands over headers before bodies, trailers after them, and survives broken peers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from tests.lab.raw_http import RawAnswer, RawConnection
from tests.lab.running import run

from dayfly.lab.http1 import Body, Connection, Exchange

_LIMIT = 1000


@contextlib.asynccontextmanager
async def _echo() -> AsyncIterator[tuple[str, list[Body]]]:
    """A server that remembers each body and answers with its length."""
    bodies: list[Body] = []

    async def handle(exchange: Exchange) -> None:
        if exchange.path == "/silent":
            return
        body = await exchange.read_body(_LIMIT)
        bodies.append(body)
        await exchange.answer(200, str(len(body.data)).encode(), (("X-Method", exchange.method),))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(reader, writer).serve(handle)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"{host}:{port}", bodies
    server.close()


def _talk(script: Callable[[RawConnection], list[RawAnswer]]) -> tuple[list[RawAnswer], list[Body]]:
    answers: list[RawAnswer] = []
    seen: list[Body] = []

    async def scenario() -> None:
        async with _echo() as (address, bodies):

            def connect_and_talk() -> None:
                connection = RawConnection(address)
                with contextlib.closing(connection):
                    answers.extend(script(connection))

            await asyncio.to_thread(connect_and_talk)
            seen.extend(bodies)

    run(scenario())
    return answers, seen


def test_one_connection_serves_request_after_request() -> None:
    answers, bodies = _talk(lambda c: [c.request("POST", "/a", b"abc"), c.request("GET", "/b")])
    assert [answer.body for answer in answers] == [b"3", b"0"]
    assert answers[1].header("x-method") == "GET"
    assert bodies[0] == Body(b"abc")


def test_a_held_request_gets_its_interim_answer_and_its_trailers_are_kept() -> None:
    answers, bodies = _talk(lambda c: [c.hold("/a"), c.finish(b"xy", "X-Trailer: value")])
    assert [answer.status for answer in answers] == [100, 200]
    assert bodies[0].data == b"xy"
    assert bodies[0].trailer("x-trailer") == "value"
    assert bodies[0].trailer("absent") is None


def test_a_body_beyond_the_limit_is_read_away_and_marked() -> None:
    def script(connection: RawConnection) -> list[RawAnswer]:
        return [
            connection.request("POST", "/a", b"x" * 100_000),
            connection.request("POST", "/a", b"x" * _LIMIT),
        ]

    answers, bodies = _talk(script)
    assert [body.is_too_large for body in bodies] == [True, False]
    assert answers[1].body == b"1000"


def test_a_sender_that_hangs_up_leaves_a_truncated_body_and_no_error() -> None:
    def script(connection: RawConnection) -> list[RawAnswer]:
        answer = connection.hold("/a")
        connection.send(b"5\r\nab")
        connection.socket.shutdown(1)
        with contextlib.suppress(ConnectionError):
            connection.read()
        return [answer]

    _, bodies = _talk(script)
    assert [body.is_truncated for body in bodies] == [True]


def test_what_is_no_http_closes_the_connection() -> None:
    def script(connection: RawConnection) -> list[RawAnswer]:
        connection.send(b"\x16\x03\x01 nonsense\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            connection.read()
        return []

    assert _talk(script) == ([], [])
