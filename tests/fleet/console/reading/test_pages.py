"""What the read models make of planted data, whole and as two shards."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from tests.fleet.console.conftest import NOW, Filled, moment
from tests.fleet.console.planted import FUNCTION, HOSTILE

from dayfly.fleet.console.reading.finding import read_finding
from dayfly.fleet.console.reading.findings import FindingsFilter, read_findings
from dayfly.fleet.console.reading.function import read_function
from dayfly.fleet.console.reading.functions import read_functions
from dayfly.fleet.console.reading.ingest import read_ingest
from dayfly.fleet.console.reading.overview import read_overview
from dayfly.fleet.console.reading.rules import read_rules
from dayfly.fleet.console.span import read_span
from dayfly.fleet.records.rows import Finding, Triage

DAY = read_span("24h", None, moment(NOW))
WEEK = read_span("7d", None, moment(NOW))


def test_the_overview_says_what_needs_somebody(filled: Filled) -> None:
    for console in filled.both:
        found = read_overview(console, DAY)
        severities = [need.severity for need in found.needs]
        assert severities == sorted(severities, reverse=True)
        assert found.needs[0].functions == (FUNCTION,)
        assert found.exposure.infected == 14
        assert 0 < found.exposure.serving < 14
        assert found.exposure.served > 0
        assert found.exposure.functions == (FUNCTION,)
        assert found.voices.voice == "well"
        assert found.bare > 0
        assert found.age is not None
        assert sum(found.age.bins) == found.age.alive
        assert all(need.next for need in found.needs)


def test_a_function_shows_which_environments_were_infected_and_when(filled: Filled) -> None:
    for console in filled.both:
        found = read_function(console, FUNCTION, DAY)
        assert found is not None
        assert {life.environment for life in found.infected} == set(filled.planted.infected)
        assert all(
            life.infected is not None and abs(life.infected - moment(NOW - 2400)) < timedelta(seconds=10)
            for life in found.infected
        )
        assert found.protection.level == "observed"
        assert "statsd" in found.protection.reason
        assert found.overheads is not None
        assert found.durations is not None
        assert found.overheads[1] < found.durations[1]
        assert len(found.retired) == 1


def test_a_function_without_dayfly_has_lives_of_its_log_streams(filled: Filled) -> None:
    for console in filled.both:
        found = read_function(console, "legacy-report", DAY)
        assert found is not None
        assert found.protection.level == "bare"
        assert {life.is_bare for life in found.lives} == {True}


def test_a_function_that_no_log_spoke_of_is_none(filled: Filled) -> None:
    assert read_function(filled.whole, "no-such-function", DAY) is None


def test_functions_page_by_page_are_all_of_them_once(filled: Filled) -> None:
    for sort in ("name", "invocations", "findings", "last", "failures"):
        names: list[str] = []
        after = ""
        while True:
            page = read_functions(filled.whole, DAY, sort=sort, after=after, page=7)
            names += [one.name for one in page.rows]
            if not page.next:
                break
            after = page.next
        assert len(names) == len(set(names)) == page.matching
        assert HOSTILE in names


def test_findings_page_by_page_are_all_of_them_once(filled: Filled) -> None:
    for console in filled.both:
        everything = read_findings(console, WEEK, FindingsFilter(state="all"), page=500)
        assert everything.next == ""
        uids: list[str] = []
        after = ""
        for _ in range(200):
            page = read_findings(console, WEEK, FindingsFilter(state="all", after=after), page=3)
            uids += [one.uid for one in page.rows]
            after = page.next
            if not after:
                break
        assert uids == [one.uid for one in everything.rows]


def test_findings_are_filtered(filled: Filled) -> None:
    acknowledged = read_findings(filled.whole, WEEK, FindingsFilter(state="acknowledged"))
    assert [one.uid for one in acknowledged.rows] == ["c" * 32]
    critical = read_findings(filled.whole, WEEK, FindingsFilter(severity=5))
    assert critical.rows
    assert {one.severity for one in critical.rows} == {5}
    searched = read_findings(filled.whole, WEEK, FindingsFilter(search="MANY environments in one BURST"))
    assert [one.uid for one in searched.rows] == ["b" * 32]
    runtime = read_findings(filled.whole, WEEK, FindingsFilter(source="runtime"))
    assert runtime.rows
    assert not any(one.is_fleet for one in runtime.rows)


def test_a_mute_hides_and_its_end_shows_again(filled: Filled) -> None:
    store, uid = filled.whole.store, f"{1:016x}:1:zygote.not-forkable"
    store.insert(
        "triage",
        [Triage(time=NOW - 60, subject=uid, action="mute", actor="ines", reason="known", expires=NOW + 3600)],
    )
    assert uid in [one.uid for one in read_findings(filled.whole, WEEK, FindingsFilter(state="muted")).rows]
    assert uid not in [one.uid for one in read_findings(filled.whole, WEEK, FindingsFilter()).rows]
    store.insert(
        "triage",
        [Triage(time=NOW - 50, subject=uid, action="mute", actor="ines", reason="known", expires=NOW - 1)],
    )
    assert uid in [one.uid for one in read_findings(filled.whole, WEEK, FindingsFilter()).rows]


def test_a_detection_tells_its_story_and_who_was_served(filled: Filled) -> None:
    for console in filled.both:
        found = read_finding(console, filled.planted.burst)
        assert found is not None
        assert found.is_fleet
        assert found.radius is not None
        assert found.radius.possible + found.radius.certain > 0
        assert len(found.served) == 14
        assert found.still_serving
        assert found.pulse is not None


def test_a_finding_of_the_runtime_says_what_to_do(filled: Filled) -> None:
    found = read_finding(filled.whole, filled.planted.finding)
    assert found is not None
    assert "Recycle" in found.advice
    assert found.explanation
    assert found.evidence[0].rows[0][0] == "changed"
    assert found.environment is not None
    assert len(found.around) >= 2


def test_evidence_that_is_no_object_costs_only_itself(filled: Filled) -> None:
    row = Finding(
        time=NOW - 100,
        function=FUNCTION,
        environment=5,
        uid="5:1:x",
        kind="x",
        severity=3,
        evidence="not json",
    )
    filled.whole.store.insert("findings", [row, msgspec.structs.replace(row, uid="5:2:x", evidence="[1]")])
    for uid in ("5:1:x", "5:2:x"):
        found = read_finding(filled.whole, uid)
        assert found is not None
        assert found.evidence == ()


def test_a_uid_of_nothing_is_none(filled: Filled) -> None:
    assert read_finding(filled.whole, "'; DROP TABLE findings --") is None


def test_ingest_counts_what_came_and_what_was_set_aside(filled: Filled) -> None:
    for console in filled.both:
        found = read_ingest(console, DAY)
        assert {str(row["road"]) for row in found.roads} == {"firehose", "telemetry"}
        assert found.forged == 1
        assert found.reasons[0]["reason"] == "forged"
        assert len(found.quarantine) == 6
        assert not any("4111" in str(row) for row in found.quarantine)
        assert [str(row["reason"]) for row in read_ingest(console, DAY, reason="forged").quarantine] == [
            "forged"
        ]


def test_rules_have_their_alarms_by_day(filled: Filled) -> None:
    for console in filled.both:
        states = {state.rule.name: state for state in read_rules(console, moment(NOW))}
        assert states["foothold"].alarms >= 1
        assert states["foothold"].days[-1] >= 1
