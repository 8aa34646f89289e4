"""Every SQL file of the product runs on the rows of an attack that went from the lab through the collector."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fleet.attacked import DESK, Attacked, attacked
from tests.fleet.service.running import COMMAND, Person, until
from tests.fleet.sql import CORRELATIONS, FILES, PARAMETER, own_rule
from tests.lab.running import needs_bubblewrap

from dayfly.fleet.blast.radius import affected, blast_radius
from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.exporting.parquet import Destination, export_parquet
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Row, Store
from dayfly.lab.demo.shop import FUNCTION

pytestmark = [needs_bubblewrap, pytest.mark.slow]

_EVIDENCE = sorted(Path(name).stem for name in FILES if name.startswith("detections/evidence/"))
_RULES = sorted(Path(name).stem for name in FILES if name.startswith("detections/rules/"))
# Files that are no query by themselves, and the test here in which they run.
_ELSEWHERE = {
    r"store/migrations/.*|store/sql/(migrations_table|record_migration)\.sql": "test_every_migration_was_made",
    r"service/tables\.sql": "test_the_services_own_tables_were_made",
    r"detections/rules/.*|detections/sql/bounded\.sql": "test_a_rule_runs",
    r"blast/sql/(page|summary|exposed|origins|infections|detection)\.sql": "test_who_was_served_afterwards_is_who_was",
    r"exporting/sql/.*": "test_findings_are_exported_as_parquet",
    r"ownrules/sql/.*": "test_every_kind_ofown_rule_runs",
    r"detections/evidence/.*": "test_evidence_is_exactly_the_requests_that_it_should_be",
}
_QUERIES = [name for name in FILES if not any(re.fullmatch(pattern, name) for pattern in _ELSEWHERE)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, clickhouse_url: str) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("attacked") / "fleet", clickhouse_url) as found:
        yield found


def _rows(store: Store, query: str, **parameters: object) -> list[Row]:
    return store.rows(parse_sql("rows", query), parameters)


class Facts:
    """What a detection of this attack would say, read from the lines as the collector got them."""

    def __init__(self, lab: Attacked) -> None:
        self.lab = lab
        by_request = {one["request_id"]: one for one in lab.invocations}
        attack, broken = (by_request[min(ids & by_request.keys())] for ids in (lab.attacks, lab.broken))
        times = [
            by_request[one]["time"] for one in (lab.attacks | lab.broken | lab.refused) & by_request.keys()
        ]
        self.first, self.last = min(times), max(times)
        self.attack, self.broken = attack, broken
        environment = int(attack["environment"], 16)
        self.values: dict[str, object] = {
            "first_time": self.first / 1000, "last_time": self.last / 1000, "most": 1000, "function": FUNCTION,
            "source": int(attack["source"], 16), "pattern": int(attack["pattern"], 16),
            "subject": int(attack["subject"], 16), "residue": int(attack["residue"], 16), "route": attack["route"],
            "key": int(attack["pattern"], 16), "by": "pattern", "version": attack["version"], "before": 0,
            "after": int(attack["code"], 16), "environment_list": [environment],
            "stream_list": [row["stream"] for row in _rows(lab.store, "SELECT DISTINCT stream FROM environments")],
            "access_key": _rows(lab.store, "SELECT access_key FROM api_calls WHERE event_name = 'Scan'")[0]["access_key"],
        }  # fmt: skip

    def served(self, is_one: Callable[[dict[str, Any]], bool]) -> set[str]:
        """The requests of lines within the detection's time."""
        return {
            one["request_id"]
            for one in self.lab.invocations
            if self.first <= one["time"] <= self.last and is_one(one)
        }

    def environments(self) -> set[str]:
        """Where the shop was served."""
        return {one["environment"] for one in self.lab.invocations if one["function"] == FUNCTION}


@pytest.fixture(scope="module")
def facts(lab: Attacked) -> Facts:
    return Facts(lab)


def _run(facts: Facts, name: str, **values: object) -> list[Row]:
    file = parse_sql(name, FILES[f"detections/evidence/{name}.sql"].read_text())
    known = facts.values | values
    return facts.lab.store.rows(file, {key: known[key] for key, _ in PARAMETER.findall(file.text)})


_Values = Callable[[Facts], dict[str, object]]


def _as_it_is(facts: Facts) -> dict[str, object]:
    return {}


def _always(facts: Facts) -> dict[str, object]:
    return {"first_time": facts.first / 1000 - 3600, "last_time": facts.last / 1000 + 3600}


def _use(facts: Facts) -> dict[str, object]:
    """What the desk does and nobody else: it writes a file."""
    (told,) = [
        one for one in facts.lab.uses if one["function"] == DESK and one["evidence"]["kind"] == "write"
    ]
    said = {key: told["evidence"][key] for key in ("kind", "target")}
    return {
        **_always(facts),
        "function": DESK,
        "package": "function",
        "request_id": told["request_id"],
        **said,
    }


# For each file: the column that tells what a row is about, what is asked, and which rows must come, all and alone.
_CASES: dict[str, tuple[str, _Values, Callable[[Facts], set[str]]]] = {
    "requests_of_caller": (
        "request_id", _as_it_is, lambda f: (f.lab.attacks - f.lab.suppressed) | f.lab.broken | f.lab.knocks,
    ),
    "requests_of_caller_or_pattern": ("request_id", _as_it_is, lambda f: f.lab.attacks - f.lab.suppressed),
    "requests_of_pattern": ("request_id", _as_it_is, lambda f: f.lab.attacks - f.lab.suppressed),
    "requests_of_route": (
        "request_id", lambda f: {"function": DESK, "route": "POST /closed"}, lambda f: f.lab.refused,
    ),
    "requests_of_subject": (
        "request_id", _as_it_is, lambda f: f.served(lambda one: one["subject"] == f.attack["subject"]),
    ),
    "failures_of_caller": ("request_id", _as_it_is, lambda f: f.lab.broken | f.lab.refused),
    "failures_of_pattern": (
        "request_id", lambda f: {"pattern": int(f.broken["pattern"], 16)}, lambda f: f.lab.broken,
    ),
    "failures_of_route": (
        "request_id", lambda f: {"function": DESK, "route": "POST /closed"}, lambda f: f.lab.refused,
    ),
    "residue_of_environments": (
        "request_id", _as_it_is, lambda f: f.served(lambda one: one.get("residue") == f.attack["residue"]),
    ),
    "served_since_infection": (
        "request_id", _as_it_is, lambda f: f.served(lambda one: one["environment"] == f.attack["environment"]),
    ),
    "requests_without_line": ("request_id", _always, lambda f: f.lab.suppressed),
    "invocations_without_proof": ("request_id", _always, lambda f: f.lab.suppressed),
    "guard_findings_of_pattern": ("request_id", _always, lambda f: f.lab.attacks - f.lab.suppressed),
    "behaviours_of_function": ("request_id", _use, lambda f: {str(_use(f)["request_id"])}),
    "functions_with_behaviour": ("function", _use, lambda f: {DESK}),
    "quarantined_lines": (
        "detail", _always, lambda f: {"invalid signature, but other records of its environment are signed"},
    ),
    "calls_of_key": ("event_name", _as_it_is, lambda f: {"PutItem", "Scan"}),
    "numbers_around_gaps": (
        "sequence", _as_it_is,
        lambda f: {
            str(one["sequence"])
            for one in ({**line, **line.get("unmapped", {})} for line in f.lab.lines)
            if one["environment"] == f.attack["environment"] and f.first <= one["time"] <= f.last
        },
    ),
    "code_of_environment": ("environment", _as_it_is, lambda f: f.environments()),
    "code_of_environments": ("environment", _as_it_is, lambda f: f.environments()),
}  # fmt: skip


def test_every_evidence_query_has_a_case() -> None:
    assert len(_EVIDENCE) >= 19
    assert sorted(_CASES) == _EVIDENCE
    assert {rule.evidence for rule in load_rules()} <= {"", *_EVIDENCE}


@pytest.mark.parametrize("name", _EVIDENCE)
def test_evidence_is_exactly_the_requests_that_it_should_be(facts: Facts, name: str) -> None:
    column, values, expected = _CASES[name]
    rows = _run(facts, name, **values(facts))
    found = [str(row[column]) for row in rows]
    assert set(found) == expected(facts)
    # The guard may say several things of one request.
    if column == "request_id" and not name.startswith("guard_findings"):
        assert len(found) == len(set(found))


@pytest.fixture(scope="module")
def person(lab: Attacked) -> Iterator[Person]:
    with Person(lab.served.url) as one:
        one.sign_in("vic")
        yield one


@pytest.fixture(scope="module")
def burst(facts: Facts) -> str:
    """The detection that the service made of the attack."""
    query = (
        "SELECT uid FROM detections WHERE rule = 'infection_burst' "
        "AND JSONExtractUInt(facts, 'pattern') = {pattern:UInt64} AND functions = [{function:String}]"
    )
    # The same client knocks at the desk with this pattern: that is a detection of its own.
    asked = {"pattern": facts.values["pattern"], "function": FUNCTION}
    until(lambda: _rows(facts.lab.store, query, **asked))
    return str(_rows(facts.lab.store, query, **asked)[0]["uid"])


def test_the_console_shows_the_attacks_requests_and_no_others(
    lab: Attacked, person: Person, burst: str
) -> None:
    answer = person.get(f"/findings/{burst}")
    assert answer.status_code == 200
    evidence = answer.text.partition("Requests with this pattern")[2].partition("</section>")[0]
    assert f"{len(lab.attacks - lab.suppressed)} rows" in evidence
    shown = {one for one in lab.attacks | lab.customers | lab.broken | lab.knocks if one in evidence}
    assert shown == lab.attacks - lab.suppressed


def test_a_query_that_fails_is_never_shown_as_no_rows(lab: Attacked, person: Person, burst: str) -> None:
    uid = burst
    # What an evidence query and the count of affected requests read, and the rest of the page does not.
    lab.store.command("ALTER TABLE invocations RENAME COLUMN principal TO gone")
    try:
        page = person.get(f"/findings/{uid}")
        with lab.served.api() as api:
            table = api.get(f"/api/v1/affected/{uid}")
            figures = api.get(f"/api/v1/affected/{uid}/figures")
        told = subprocess.run(
            [*COMMAND, "affected", uid, "--folder", str(lab.served.folder), "--csv", "-"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        lab.store.command("ALTER TABLE invocations RENAME COLUMN gone TO principal")
    evidence = page.text.partition("Requests with this pattern")[2].partition("</section>")[0]
    assert page.status_code == 200
    assert "0 rows" not in page.text
    assert "Query failed" in evidence
    assert "dayfly fleet status" in evidence
    assert "Could not check" in page.text
    assert (table.status_code, figures.status_code) == (503, 503)
    assert (told.returncode, told.stdout) == (2, "")
    assert "hint:" in told.stderr


@pytest.mark.parametrize("name", _QUERIES)
def test_a_query_runs(facts: Facts, name: str) -> None:
    file = parse_sql(name, FILES[name].read_text())
    assert "@" not in re.sub(r"--.*|'[^']*'", "", file.text), (
        f"{name} is a part of a query: say in which test it runs"
    )
    facts.lab.store.rows(file, {key: _value(facts, key, kind) for key, kind in PARAMETER.findall(file.text)})


def _value(facts: Facts, name: str, kind: str) -> object:
    """What the service would ask with, as far as it is of this attack; else something of the type."""
    moments = {"now": facts.last + 60_000, "end": facts.last + 60_000, "until": facts.last + 60_000}
    if kind.startswith("DateTime"):
        moment = datetime.fromtimestamp(moments.get(name, facts.first - 60_000) / 1000, UTC).replace(
            tzinfo=None
        )
        hour = moment.replace(minute=0, second=0, microsecond=0)
        return moment if kind.endswith("(3)") else hour + timedelta(hours=name == "last_hour")
    known: dict[str, object] = {
        **facts.values, "functions": [FUNCTION, DESK], "environment": facts.values["environment_list"][0],  # type: ignore[index]
        "environments": facts.values["environment_list"], "sources": [facts.values["source"]],
        "suspects": facts.values["environment_list"], "suspect_functions": [FUNCTION], "since": facts.first - 60_000,
        "database": facts.lab.store.database, "subject": f"function:{FUNCTION}", "buckets": 60, "days": 14, "step": 60,
        "many": 100, "until": facts.last + 60_000,
    }  # fmt: skip
    if name in known and isinstance(known[name], list if kind.startswith("Array") else (str, int)):
        value = known[name]
        if isinstance(value, str) == (kind == "String"):
            return value
    if kind.startswith("Array"):
        return []
    return {"String": "", "UUID": str(facts.attack["request_id"])}.get(kind, 1)


@pytest.mark.parametrize("name", _RULES)
def test_a_rule_runs(facts: Facts, name: str) -> None:
    (rule,) = [one for one in load_rules() if one.sql.name == name]
    suspect: Row = {
        "suspect": facts.values["environment_list"][0],  # type: ignore[index]
        "function": FUNCTION, "caller": facts.values["source"], "pattern": facts.values["pattern"], "role": "r",
    }  # fmt: skip
    if rule.suspects is not None:
        columns = re.findall(r"\{(suspect\w*):(\w+)", rule.sql.text)
        if ("suspects", "Array") in columns and "suspects:Array(String)" in rule.sql.text:
            suspect["suspect"] = FUNCTION
    run_rule(
        facts.lab.store, rule, start=facts.first / 1000 - 60, now=facts.last / 1000 + 60, suspects=[suspect]
    )


def test_who_was_served_afterwards_is_who_was(facts: Facts) -> None:
    lab = facts.lab
    (first,) = _rows(
        lab.store,
        "SELECT uid FROM findings WHERE kind = 'residue.memory' AND environment = {environment:UInt64} "
        "ORDER BY sequence LIMIT 1",
        environment=int(facts.attack["environment"], 16),
    )
    uid = str(first["uid"])
    found = list(affected(lab.store, uid))
    certain = {one.request_id for one in found if one.exposure.value == "certain"}
    survived = {
        one["request_id"]
        for one in lab.invocations
        if one["request_id"] in lab.survived and one["environment"] == facts.attack["environment"]
    }
    assert survived
    assert survived <= certain
    assert not certain & lab.knocks
    assert blast_radius(lab.store, uid).certain == len(certain)


def test_findings_are_exported_as_parquet(lab: Attacked, tmp_path: Path) -> None:
    written = list(
        export_parquet(lab.store, Destination(tmp_path), now=datetime.now(UTC) + timedelta(days=1))
    )
    assert sum(one.rows for one in written) > 0


@pytest.mark.parametrize("body", CORRELATIONS)
def test_every_kind_ofown_rule_runs(facts: Facts, body: str) -> None:
    found = run_rule(
        facts.lab.store, own_rule(body), start=facts.first / 1000 - 900, now=facts.last / 1000 + 900
    )
    assert {request for one in found.detections for request in one.request_ids} <= facts.lab.refused
    assert found.detections


def test_everyown_rules_file_is_of_a_kind() -> None:
    named = {name for names in CORRELATIONS.values() for name in names}
    assert named == {Path(name).stem for name in FILES if name.startswith("ownrules/sql/")}


def test_every_migration_was_made(lab: Attacked) -> None:
    made = {str(row["name"]) for row in _rows(lab.store, "SELECT name FROM migrations")}
    assert made >= {Path(name).stem for name in FILES if name.startswith("store/migrations/")}


def test_the_services_own_tables_were_made(lab: Attacked) -> None:
    wanted = set(
        re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", FILES["service/tables.sql"].read_text())
    )
    with sqlite3.connect(f"file:{lab.served.folder}/fleet.sqlite?mode=ro", uri=True) as ledger:
        assert wanted
        assert wanted <= {row[0] for row in ledger.execute("SELECT name FROM sqlite_master")}


def test_no_file_is_left_out() -> None:
    for pattern, test in _ELSEWHERE.items():
        assert [name for name in FILES if re.fullmatch(pattern, name)], pattern
        assert callable(globals()[test])
    assert len(_QUERIES) > 80
