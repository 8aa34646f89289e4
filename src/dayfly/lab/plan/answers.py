"""Tells whether answers are the same under an isolation, times and ids aside; pure, and silent about values."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.lab.plan.model import ANSWER, Difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.lab.plan.masking import Mask

    Answers = Mapping[int, Sequence["Answer"]]

# Paths of one answer that are compared; what is beyond is compared as one text.
_MAX_PATHS = 2000
# A number within this many seconds of now, in seconds to microseconds, is a time.
_NEAR_NOW_S = 2 * 86400.0
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
    r"|\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
)
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{16,}\b|0x[0-9a-f]{6,}",
    re.IGNORECASE,
)
_TIMED_KEY = re.compile(
    r"(^|_)(ms|seconds|elapsed|took|duration|time|timestamp|latency|age)($|_)", re.IGNORECASE
)
# In fewer invocations than this, values that all differ, or never do, may be chance.
_ENOUGH = 3

_ABSENT = ("absent", None)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its bytes, whether the function failed, and whether its environment had served before."""

    payload: bytes
    is_error: bool
    is_first: bool


def find_differences(
    isolation: str,
    names: Sequence[str],
    *,
    plain: Answers,
    other: Answers,
    mask: Mask,
    now: float | None = None,
) -> tuple[Difference, ...]:
    """Return where answers under `isolation` are not as plain's, by event and path in the JSON.

    A path whose value varies on plain by itself is compared by type only, except when it never varies under
    the isolation: then it depends on state of earlier invocations.
    """
    moment = time.time() if now is None else now
    found: list[Difference] = []
    for index, name in enumerate(names):
        ours, theirs = other.get(index, ()), plain.get(index, ())
        if ours and theirs:
            found += _of_event(isolation, name, plain=theirs, other=ours, mask=mask, now=moment)
    return tuple(found)


def _of_event(
    isolation: str, event: str, *, plain: Sequence[Answer], other: Sequence[Answer], mask: Mask, now: float
) -> list[Difference]:
    errors = {answer.is_error for answer in plain}
    failed = [answer for answer in other if answer.is_error]
    if errors == {False} and failed:
        error = f"an error ({type_of_error(failed[0].payload)})"
        why = "plain awslambdaric answers"
        return [Difference(isolation, event, "", ANSWER, error, why, len(failed), len(other))]
    if errors == {True} and len(failed) < len(other):
        expected_error = f"an error ({type_of_error(plain[0].payload)})"
        why = "always fails without Dayfly"
        affected = len(other) - len(failed)
        return [Difference(isolation, event, "", expected_error, ANSWER, why, affected, len(other))]
    steady = [answer for answer in plain if not answer.is_first] or list(plain)
    first = [answer for answer in plain if answer.is_first]
    # An environment's first invocation is the same everywhere.
    other = [answer for answer in other if not answer.is_first] or list(other)
    expected, early, got = (_columns(answers, now) for answers in (steady, first, other))
    found: list[Difference] = []
    for path in sorted({*expected, *got}):
        reason = _judge(
            expected.get(path, [_ABSENT] * len(steady)),
            early.get(path, [_ABSENT] * len(first)),
            got.get(path, [_ABSENT] * len(other)),
        )
        if reason is not None:
            found.append(Difference(isolation, event, mask.hide(path), *reason))
    return _without_children(found)


def _judge(
    plain: Sequence[tuple[str, object]],
    first: Sequence[tuple[str, object]],
    other: Sequence[tuple[str, object]],
) -> tuple[str, str, str, int, int] | None:
    """Return expected, got, explanation and how often for one path; None when it is the same."""
    known, seen = set(plain), set(other)
    if seen <= known:
        # Values that all differ on plain and one single value here: a counter that never counts.
        never = (
            len(plain) >= _ENOUGH and len(other) >= _ENOUGH and len(known) == len(plain) and len(seen) == 1
        )
        if not never:
            return None
    elif seen & known and seen <= known | set(first):
        return None  # some are first invocations of a worker, as plain has those of an environment
    types, types_here = sorted({kind for kind, _ in known}), sorted({kind for kind, _ in seen})
    expected, got = " or ".join(types), " or ".join(types_here)
    total = len(other)
    strange = sum(value not in known for value in other)
    if len(known) == 1:
        got = f"different {got}" if types == types_here else got
        if seen <= known | set(first):
            return expected, got, "as in an environment's first invocation", strange, total
        return expected, got, "always the same without Dayfly", strange, total
    if total >= _ENOUGH and len(plain) >= _ENOUGH and len(seen) == 1 and len(known) == len(plain):
        got = f"the same {got} every time"
        return expected, got, "depends on state of earlier invocations", total, total
    return None if set(types_here) <= set(types) else (expected, got, "another type", strange, total)


def _columns(answers: Sequence[Answer], now: float) -> dict[str, list[tuple[str, object]]]:
    """Return each path's values, one per answer, `_ABSENT` where it is not there."""
    rows = [_flatten(answer.payload, now) for answer in answers]
    columns: dict[str, list[tuple[str, object]]] = defaultdict(list)
    for path in {path for row in rows for path in row}:
        columns[path] = [row.get(path, _ABSENT) for row in rows]
    return columns


def _flatten(payload: bytes, now: float) -> dict[str, tuple[str, object]]:
    try:
        value = json.loads(payload)
    except ValueError:
        return {"$": ("text", payload)}
    found: dict[str, tuple[str, object]] = {}
    pending: list[tuple[str, str, object]] = [("$", "", value)]
    while pending and len(found) < _MAX_PATHS:
        path, key, item = pending.pop()
        if isinstance(item, str) and item[:1] in ("{", "["):
            # An API Gateway answer's body is JSON in a string.
            try:
                item = json.loads(item)
            except ValueError:
                pass
        if isinstance(item, dict):
            found[path] = ("object", tuple(sorted(item)))
            pending += [(f"{path}.{name}", name, inner) for name, inner in item.items()]
        elif isinstance(item, list):
            found[path] = ("array", len(item))
            pending += [(f"{path}[{index}]", key, inner) for index, inner in enumerate(item)]
        else:
            found[path] = _level(key, item, now)
    return found


def _level(key: str, value: object, now: float) -> tuple[str, object]:
    """Return type and value of a scalar, with times and ids made equal."""
    if value is None:
        return "null", None
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, str):
        return "string", _ID.sub("<id>", _TIME.sub("<time>", value))
    assert isinstance(value, int | float)
    is_time = any(abs(value / scale - now) < _NEAR_NOW_S for scale in (1, 1e3, 1e6, 1e9))
    return "number", "<time>" if is_time or _TIMED_KEY.search(key) else value


def _without_children(found: list[Difference]) -> list[Difference]:
    """Leave out what lies below a path that differs in itself: an array of another length, say."""
    kept: list[Difference] = []
    for difference in found:
        is_below = any(
            difference.path.startswith((one.path + ".", one.path + "["))
            for one in kept
            if one.expected.startswith(("object", "array"))
            or one.got.startswith(("object", "array", "another"))
        )
        if not is_below:
            kept.append(difference)
    return kept


def type_of_error(payload: bytes) -> str:
    """Return the type of a function's error; messages may hold an event's data."""
    try:
        value = json.loads(payload)
    except ValueError:
        return "unknown"
    return str(value.get("errorType", "unknown")) if isinstance(value, dict) else "unknown"
