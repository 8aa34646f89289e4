"""Findings and records of invocations: the supervisor writes the very bytes that `core.findings` does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.native.compared import EXAMPLES, Native, native, of

from dayfly.core import findings
from dayfly.core.activity import Activity
from dayfly.core.proofs import FleetKey, split_seal
from dayfly.testing.invocations import invocation_line

__all__ = ["native"]

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)


KEY = FleetKey(b"0123456789abcdef" * 2)


@pytest.mark.parametrize(
    ("native", "key"), [("finding", None), ("sealed", KEY)], indirect=["native"], ids=["plain", "sealed"]
)
@given(
    number=st.integers(0, len(findings.KINDS) - 1),
    invocation=st.integers(0, 1 << 40),
    request_id=TEXT.filter(lambda text: len(text.encode()) <= 128),
    now_ms=st.integers(0, 1 << 42),
    message=st.one_of(TEXT, TEXT.map(lambda text: text * 700)),
    function=TEXT.filter(lambda text: len(text.encode()) < 256),
    evidence=st.dictionaries(
        st.text("abcdefghijklmnop_", min_size=1, max_size=6),
        st.one_of(TEXT, st.integers(-(1 << 50), 1 << 50), st.booleans()),
        max_size=5,
    ),
    listed=st.one_of(st.none(), TEXT),
    counted=st.one_of(st.none(), TEXT),
    share=st.one_of(st.none(), st.integers(-5000, 5000)),
)
@EXAMPLES
def test_findings(
    native: Native,
    key: FleetKey | None,
    number: int,
    invocation: int,
    request_id: str,
    now_ms: int,
    message: str,
    function: str,
    evidence: dict[str, object],
    listed: str | None,
    counted: str | None,
    share: int | None,
) -> None:
    fields = [(name, *field(value)) for name, value in evidence.items()]
    if share is not None:
        evidence["zshare"] = share / 1000
        fields.append(("zshare", 2, str(share)))
    if listed is not None:
        evidence["zz"] = [listed]
        fields.append(("zz", 4, listed))
    if counted is not None:
        evidence["zzz"] = {counted: 1}
        fields.append(("zzz", 5, counted))
    pieces = [str(number), str(invocation), request_id, str(now_ms), message, function]
    for name, kind, value in fields:
        pieces += [name, str(kind), value]
    line = findings.finding_line(
        findings.KINDS[number],
        findings.Where(environment="0123456789abcdef", function=function, version="1"),
        now=now_ms / 1000,
        message=message,
        number=invocation,
        request_id=request_id,
        evidence=evidence,
        sequence=7,
        key=key,
    )
    # What Python makes of a float in between may be a millisecond less.
    told = native.told([piece.encode() for piece in pieces]).partition(b":")[2]
    if key is not None:
        check_proof(told.strip())
        told, line = (split_seal(one.strip())[0] for one in (told, line))
    assert without_time(told) == without_time(line)


def check_proof(line: bytes) -> None:
    body, proof = split_seal(line)
    assert KEY.prove(body) == proof


HASH = st.one_of(st.just(0), st.integers(1, 2**64 - 1))
NUMBER = st.one_of(st.integers(0, 10**7), st.integers(2**32 - 2, 2**40))


@of("invocation")
@given(
    outcome=st.sampled_from(["success", "error", "crash"]),
    worker=st.integers(0, 2**31),
    numbers=st.lists(NUMBER, min_size=5, max_size=5),
    hashes=st.lists(HASH, min_size=7, max_size=7),
    status=st.integers(0, 599),
    route=st.sampled_from(["", "GET /orders/{id}", "$default"]),
)
@EXAMPLES
def test_records_of_invocations(
    native: Native, outcome: str, worker: int, numbers: list[int], hashes: list[int], status: int, route: str
) -> None:
    activity = Activity()
    activity.trigger, activity.route, activity.status = "rest-api", route, status
    times = ("duration_us", "cpu_us", "overhead_us", "bytes_in", "bytes_out")
    names = ("code", "source", "principal", "shape", "pattern", "subject", "residue")
    for name, number in zip(times + names, numbers + hashes, strict=True):
        setattr(activity, name, number)
    spelled = [f"{number:016x}" if number else "" for number in hashes]
    pieces = [
        outcome,
        str(worker),
        *map(str, numbers),
        spelled[0],
        "rest-api",
        route,
        *spelled[1:],
        str(status),
    ]
    told = native.told([piece.encode() for piece in pieces]).partition(b":")[2].strip()
    line = invocation_line(
        findings.Where(environment="0123456789abcdef", function="f", version="1"),
        now=0.0,
        number=3,
        worker=worker,
        age_ms=0,
        outcome=outcome,
        request_id="request",
        sequence=9,
        activity=activity,
        key=KEY,
    )
    check_proof(told)
    ours, theirs = json.loads(told), json.loads(line)
    assert list(ours) == list(theirs)
    for name in ("time", "timestamp", "age_ms", "proof"):
        del ours[name], theirs[name]
    assert ours == theirs


def field(value: object) -> tuple[int, str]:
    """Return kind and text of one item of evidence."""
    if isinstance(value, bool):
        return 3, str(int(value))
    return (1, str(value)) if isinstance(value, int) else (0, str(value))


def without_time(line: bytes) -> dict[str, object]:
    """Return a finding without its time; its bytes must be its canonical form."""
    record = json.loads(line)
    assert json.dumps(record, sort_keys=True, separators=(",", ":")).encode() == line.strip()
    del record["time"], record["timestamp"]
    assert isinstance(record, dict)
    return record
