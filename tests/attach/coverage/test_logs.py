"""The newest first line of an environment and the newest line that Dayfly is not active, out of what a log holds."""

from __future__ import annotations

import json
from typing import Any

from dayfly.attach.aws.calls import Caller
from dayfly.attach.coverage.logs import look, read
from dayfly.core.findings import ENVIRONMENT_STARTED


def _started(at: int, isolation: str, **more: Any) -> dict[str, Any]:
    record = {
        "metadata": {"product": {"name": "Dayfly", "version": "0.1.0"}},
        "finding_info": {"types": [ENVIRONMENT_STARTED.uid]},
        "unmapped": {"evidence": {"version": "0.1.0", "isolation": isolation, "guard": "observe", **more}},
    }
    return {"timestamp": at * 1000, "message": json.dumps(record)}


def _text(at: int, message: str) -> dict[str, Any]:
    return {"timestamp": at * 1000, "message": message}


def test_the_newest_of_both_kinds_is_kept_in_whatever_order_they_come() -> None:
    seen = read(
        [
            _started(20, "window", not_promised=["a", 7]),
            _started(10, "process"),
            _text(
                30,
                "dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: boot.py is missing\n",
            ),
            _text(5, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop: x"),
        ]
    )
    assert (seen.started, seen.isolation, seen.not_promised) == (20.0, "window", ("a", ""))
    assert (seen.refused, seen.refusal) == (30.0, "boot.py is missing")


def test_what_only_mentions_them_is_neither() -> None:
    imitation = _started(10, "window")
    marked = _text(11, "[not written by Dayfly] " + imitation["message"].translate(str.maketrans("{}", "()")))
    other = json.loads(imitation["message"])
    other["metadata"]["product"]["name"] = "Mayfly"
    seen = read(
        [
            marked,
            _text(12, json.dumps(other)),
            _text(13, 'the docs say "dayfly: not active"'),
            _text(14, '{"finding_info": "environment.started"'),
            _text(15, "[" * 100_000 + "environment.started"),
            {"message": None},
        ]
    )
    assert (seen.started, seen.refused) == (0.0, 0.0)


def test_a_reason_is_bounded_and_for_a_terminal() -> None:
    seen = read(
        [
            _text(
                1,
                "dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: \x1b[31mred"
                + "x" * 999,
            )
        ]
    )
    assert "\x1b" not in seen.refusal
    assert len(seen.refusal) == 300


class _Log:
    """A log of one line a minute, all of them with the same words, that answers a page of ten at a time."""

    def __init__(self, first: int, last: int) -> None:
        self._lines = range(first, last, 60)
        self.asked: list[dict[str, Any]] = []

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        fitting = [at for at in self._lines if asked["startTime"] <= at * 1000 < asked["endTime"]]
        start = int(asked.get("nextToken") or 0)
        page = [_started(at, "window", not_promised=[str(at)]) for at in fitting[start : start + 10]]
        more = {"nextToken": str(start + 10)} if len(fitting) > start + 10 else {}
        return {"events": page, **more}


def test_the_newest_line_of_a_large_log_is_found_without_reading_all_of_it() -> None:
    log: Any = _Log(1_000_000, 1_090_000)
    assert look(Caller(), log, "g", now=1_090_000.0).started == 1_089_940.0
    assert len(log.asked) == 2


def test_a_quiet_log_is_looked_through_for_a_day_and_no_longer() -> None:
    log: Any = _Log(1_000_000, 1_000_600)
    assert look(Caller(), log, "g", now=1_050_000.0).started == 1_000_540.0
    assert look(Caller(), log, "g", now=1_200_000.0).started == 0.0
    assert min(asked["startTime"] for asked in log.asked[-4:]) == (1_200_000 - 86_400) * 1000


def test_a_page_that_names_itself_as_the_next_does_not_go_on_for_ever() -> None:
    class Endless:
        def filter_log_events(self, **asked: Any) -> dict[str, Any]:
            return {"events": [], "nextToken": "same"}

    client: Any = Endless()
    assert look(Caller(), client, "g", now=1e9).started == 0.0
