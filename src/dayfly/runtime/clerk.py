"""Reads text for the supervisor: what events and answers say for the log records of invocations, and what a function carries.

A process of its own, started after an answer: `native/supervisor/clerk.h` says what it may and what it costs. It answers
one question after the other until its supervisor is gone.
"""

from __future__ import annotations

import os
import re
import struct

from dayfly._sys import unreadable
from dayfly.core.activity import Activity
from dayfly.core.frames import parse_event_headers
from dayfly.core.handshake import CLERK
from dayfly.core.proofs import Pseudonyms, plain_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

_LENGTH = struct.Struct("=I")
_HASHES = ("source", "principal", "shape", "pattern", "subject", "residue")
# A package of Lambda's with all its layers has some hundred distributions at most.
MANY = 2000
# Of one record, which must stay far below MAX_FINDING_BYTES.
_RECORD_CHARACTERS = 8000
# A directory may be anybody's, of any size.
_MANY_NAMES = 20_000
# https://packaging.python.org/en/latest/specifications/recording-installed-packages/
_FOLDER = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]{0,99})-([A-Za-z0-9][A-Za-z0-9.+!_]{0,49})\.dist-info")


def run(environ: Mapping[str, str], arrival: str | None) -> NoReturn:
    """Close this process's memory and answer until nobody asks any more; nothing else may run in it, whatever happens."""
    try:
        unreadable.close(arrival or "")
        _serve(environ)
    finally:
        os._exit(1)


def _serve(environ: Mapping[str, str]) -> NoReturn:
    # Of a socket and a lifeline, which are one here.
    channel = int(environ[CLERK].partition(":")[0])
    os.set_inheritable(channel, False)
    key: Pseudonyms | None = None
    while kind := os.read(channel, 1):
        count = _length(channel)
        parts = [_exactly(channel, _length(channel)) for _ in range(count)]
        if kind == b"K":
            key = Pseudonyms(parts[0]) if parts[0] else None
            continue
        reply = judge(parts, key) if kind == b"A" else list_distributions(parts[0])
        data = reply.encode("ascii", "replace")
        left = memoryview(_LENGTH.pack(len(data)) + data)
        while left:
            left = left[os.write(channel, left) :]
    # No exit handlers: code of the function's may have been loaded at start (sitecustomize).
    os._exit(0)


def judge(parts: list[bytes], key: Pseudonyms | None) -> str:
    """Return what an event and its answer say, one fact a line.

    `parts` are their lengths and whether the answer is a result, the event's headers, event, answer, and what was left.
    """
    numbers, block, body, answer, left = parts
    bytes_in, bytes_out, is_result = map(int, numbers.split())
    activity = Activity()
    try:
        activity.read_event(parse_event_headers(block), body, key, length=bytes_in)
    except Exception:
        # Trust boundary: anybody's event. It has its line all the same, and says that it was not read.
        activity.trigger = "unreadable"
    try:
        activity.read_answer(answer, length=bytes_out, is_result=bool(is_result))
    except Exception:
        # Trust boundary: a worker's answer; it has no status then.
        activity.status = 0
    if left:
        notes = sorted({_residue(note) for note in left.decode("utf-8", "surrogateescape").split("\n")})
        activity.residue = plain_hash("residue", "\n".join(notes).encode("utf-8", "surrogateescape"))
    hashes = (getattr(activity, name) for name in _HASHES)
    facts = [activity.trigger, activity.route, *(f"{number:016x}" if number else "" for number in hashes)]
    return "\n".join([*facts, str(activity.status)])


def list_distributions(path: bytes) -> str:
    """Return the distributions in a function's import path, in pieces of one log record each."""
    pieces: list[list[str]] = []
    length = _RECORD_CHARACTERS
    for item in find_distributions(os.fsdecode(path).split("\n")):
        if length + len(item) > _RECORD_CHARACTERS:
            pieces.append([])
            length = 0
        pieces[-1].append(item)
        length += len(item) + 3
    return "\x1e".join("\n".join(piece) for piece in pieces)


def find_distributions(path: Iterable[str]) -> list[str]:
    """Return `name==version` of the distributions in `path`, sorted, names as package indexes normalise them.

    By the folders that installers leave beside them; the first of a name is the one that is imported.
    """
    found: dict[str, str] = {}
    left = _MANY_NAMES
    for entry in path:
        try:
            with os.scandir(entry) as listing:
                for item in listing:
                    left -= 1
                    match = _FOLDER.fullmatch(item.name)
                    if match and len(found) < MANY:
                        found.setdefault(re.sub(r"[-_.]+", "-", match[1]).lower(), match[2])
                    if left < 0:
                        break
        except OSError:
            continue
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _residue(note: str) -> str:
    """Return a note of the supervisor's (note_left in report.c) in words that are the same wherever the same is left."""
    uid, *fields = note.split("\x1f")
    found = []
    for field in fields:
        name, *items = field.split("\x1d")
        found.append(name + ",".join(sorted(items)))
    return " ".join([uid, *sorted(found)])


def _length(channel: int) -> int:
    return int(_LENGTH.unpack(_exactly(channel, _LENGTH.size))[0])


def _exactly(channel: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = os.read(channel, size - len(data))
        if not more:
            os._exit(0)
        data += more
    return bytes(data)
