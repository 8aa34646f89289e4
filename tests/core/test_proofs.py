"""Keys, proofs and pseudonyms: what is proved, what is not, and what a key may be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.proofs import SEAL_BYTES, FleetKey, canonical, plain_hash, split_seal

KEY = FleetKey(bytes(range(32)))
VALUES = st.dictionaries(
    st.text(max_size=10), st.integers() | st.text(max_size=20) | st.booleans(), min_size=1, max_size=6
)


@given(VALUES)
def test_a_sealed_line_is_json_whose_bytes_and_whose_object_can_be_checked(value: dict[str, object]) -> None:
    value.pop("proof", None)
    line = KEY.seal(canonical({**value, "a": 1}))
    body, proof = split_seal(line)
    assert KEY.prove(body) == proof
    record = json.loads(line)
    assert list(record)[-1] == "proof"
    del record["proof"]
    assert KEY.prove(canonical(record)) == proof


@given(VALUES, st.data())
def test_every_changed_byte_is_noticed(value: dict[str, object], data: st.DataObject) -> None:
    line = bytearray(KEY.seal(canonical({**value, "a": 1})))
    at = data.draw(st.integers(0, len(line) - SEAL_BYTES - 1))
    line[at] ^= data.draw(st.integers(1, 255))
    body, proof = split_seal(bytes(line))
    assert KEY.prove(body) != proof


@given(st.binary(max_size=100))
def test_what_bears_no_proof_is_said_to_bear_none(data: bytes) -> None:
    body, proof = split_seal(data)
    assert (body == b"") == (proof == b"")


def test_whole_floats_are_integers_and_names_are_sorted() -> None:
    assert canonical({"b": 2.0, "a": [0.5, {"z": 1, "y": "ä"}]}) == b'{"a":[0.5,{"y":"\\u00e4","z":1}],"b":2}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_pseudonyms_differ_by_key_kind_and_value_and_are_never_0() -> None:
    other = FleetKey(bytes(32))
    found = {
        KEY.name("source", "a"),
        KEY.name("source", "b"),
        KEY.name("principal", "a"),
        other.name("source", "a"),
    }
    assert len(found) == 4
    assert KEY.name("source", "a") == FleetKey(bytes(range(32))).name("source", "a") != 0
    assert KEY.name("source", "\ud800") != KEY.name("source", "?")
    assert plain_hash("shape", b"a") != plain_hash("pattern", b"a")
