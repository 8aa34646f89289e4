"""Proofs that a line is Dayfly's, and pseudonyms for who and what an event was about; pure.

Both come from the fleet's key, which the supervisor has and the function's processes have not. A line is canonical
JSON, so that a reader checks the very bytes, or, where a platform parsed the line, the canonical form of the object.
"""

from __future__ import annotations

# The C module itself: `hashlib` brings OpenSSL, 3 ms.
from _blake2 import blake2b, blake2s

KEY_VARIABLE = "DAYFLY_FLEET_KEY"
PROOF_BYTES = 16
_PERSON_PROOF = b"dfproof1"
_PERSON_NAMES = b"dfnames1"
_PERSON_PLAIN = b"dfplain1"
# What stands between a line's canonical JSON, less its closing brace, and the proof.
_BEFORE = b',"proof":"'
_AFTER = b'"}'
# Of a line's end: the above around the proof's digits.
SEAL_BYTES = len(_BEFORE) + 2 * PROOF_BYTES + len(_AFTER)


class Pseudonyms:
    """Makes pseudonyms with the key that is made of a fleet's for that; it proves no line."""

    __slots__ = ("_names",)

    def __init__(self, names: bytes) -> None:
        self._names = names

    def name(self, kind: str, value: str | bytes) -> int:
        """Return a pseudonym of `value`, never 0: equal for equal values of one kind, and nothing to anybody without the key."""
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        return _number(kind.encode() + b"\0" + data, self._names, _PERSON_NAMES)


class FleetKey(Pseudonyms):
    """The two keys that are made of a fleet's: one proves lines, one makes pseudonyms."""

    __slots__ = ("_proofs",)

    def __init__(self, key: bytes) -> None:
        super().__init__(blake2s(key=key, person=_PERSON_NAMES).digest())
        self._proofs = blake2s(key=key, person=_PERSON_PROOF).digest()

    def prove(self, body: bytes) -> bytes:
        """Return the proof, in hexadecimal digits, of a line's canonical JSON without its proof."""
        return blake2s(body, key=self._proofs, digest_size=PROOF_BYTES).hexdigest().encode()

    def seal(self, body: bytes) -> bytes:
        """Return the canonical JSON object `body` with its proof as the last of its names."""
        return body[:-1] + _BEFORE + self.prove(body) + _AFTER


def plain_hash(kind: str, data: bytes) -> int:
    """Return a hash without a key, never 0, for what holds structure only."""
    return _number(kind.encode() + b"\0" + data, b"", _PERSON_PLAIN)


def _number(data: bytes, key: bytes, person: bytes) -> int:
    return int.from_bytes(blake2b(data, key=key, person=person, digest_size=8).digest(), "big") or 1


def split_seal(line: bytes) -> tuple[bytes, bytes]:
    """Return the bytes that a sealed line's proof is of, and the proof; two empty ones where it bears none at its end."""
    if line[-SEAL_BYTES : -SEAL_BYTES + len(_BEFORE)] != _BEFORE or line[-2:] != _AFTER:
        return b"", b""
    return line[:-SEAL_BYTES] + b"}", line[-2 - 2 * PROOF_BYTES : -2]


def canonical(record: object) -> bytes:
    """Return the one JSON text of an object: names sorted, no spaces, ASCII; whole floats are integers.

    Other readers and writers of JSON keep the values but not always `2.0`. What JSON cannot say raises ValueError.
    """
    import json

    return json.dumps(
        _whole(record), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()


def _whole(value: object) -> object:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value
