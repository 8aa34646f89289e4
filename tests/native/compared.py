"""Modules of the supervisor behind a pipe, for tests that give them bytes and look at what they make of them."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as limits
from native.build import NATIVE
from tests.native.compiled import compile_program, supervisor_library

_LIMIT_S = 120
EXAMPLES = limits(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Native:
    """The native modules behind a pipe."""

    def __init__(self, kind: str) -> None:
        program = compile_program([NATIVE / "tests" / "compare.c"], library=supervisor_library())
        self._process = subprocess.Popen(
            [program, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
            },
        )

    def told(self, pieces: Sequence[bytes]) -> bytes:
        """Return what came of a case."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        packed = b"".join(struct.pack("<I", len(piece)) + piece for piece in pieces)
        self._process.stdin.write(struct.pack("<I", len(pieces)) + packed)
        self._process.stdin.flush()
        head = self._process.stdout.read(4)
        assert len(head) == 4, f"it ended with {self._process.wait(_LIMIT_S)}"
        return self._process.stdout.read(struct.unpack("<I", head)[0])

    def close(self) -> None:
        """End it; a fault of its memory shows in how it ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(_LIMIT_S) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def native(request: pytest.FixtureRequest) -> Iterator[Native]:
    """The native modules that a test names by its parameter."""
    started = Native(str(request.param))
    yield started
    started.close()


_started: dict[str, Native] = {}


def told_by(kind: str, pieces: Sequence[bytes]) -> list[bytes | int | None]:
    """Return what the modules `kind` make of a case; a module's tests close what this starts with `ended`."""
    if kind not in _started:
        _started[kind] = Native(kind)
    return parse(_started[kind].told(pieces))


@pytest.fixture(scope="module")
def ended() -> Iterator[None]:
    """End what `told_by` started for a module's tests."""
    yield
    while _started:
        _started.popitem()[1].close()


def parse(told: bytes) -> list[bytes | int | None]:
    """Return the values that `say` and its counterpart in compare.c wrote, None for what is missing; words are bytes."""
    found: list[bytes | int | None] = []
    at = 0
    while at < len(told):
        end = min(place for place in (told.find(b" ", at), told.find(b":", at), len(told)) if place >= 0)
        token = told[at:end]
        if told[end : end + 1] == b":":
            length = int(token)
            found.append(told[end + 1 : end + 1 + length])
            at = end + length + 2
            continue
        found.append(None if token == b"-" else int(token) if token.lstrip(b"-").isdigit() else token)
        at = end + 1
    return found


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Return `data` in pieces, none empty."""
    places = sorted({min(place, len(data)) for place in cuts})
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece]


def of(kind: str) -> pytest.MarkDecorator:
    """Mark a test with what it compares."""
    return pytest.mark.parametrize("native", [kind], indirect=True)


def say(*values: object) -> bytes:
    """Return values as the native side tells them."""
    told = b""
    for value in values:
        if isinstance(value, int):
            told += b"%d " % value
        else:
            data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
            told += b"%d:%s " % (len(data), data)
    return told
