"""A bad file costs only itself, and the service says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fleet.detections.planted import NOW, served

from dayfly.errors import DayflyError
from dayfly.fleet.detections.rules import RuleError, load_rules
from dayfly.fleet.ownrules.loading import load_all, parse_own
from dayfly.fleet.ownrules.trying import check_in_store, try_rules
from dayfly.fleet.store.store import Store

OWN = """-- rule: many_of_one
-- title: Many of one
-- severity: low
-- every: 60
-- lookback: 600
-- story: {functions} had {events}
-- do: look
-- explain: much
-- param_least: 3 (UInt32) how many
SELECT function AS subject_key, toStartOfHour(min(time)) AS episode, '' AS account, '' AS region, [toString(function)] AS functions,
    groupUniqArray(100)(environment) AS environments, uniqExact(environment) AS environments_all, [] AS sources, [] AS request_ids,
    count() AS events, min(time) AS first_time, max(time) AS last_time, 0 AS severity, [] AS reasons, '{}' AS facts
FROM invocations
WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)}
GROUP BY function
HAVING events >= {least:UInt32}
"""
SIGMA = """title: Errors
name: errors
level: high
logsource: {product: dayfly, category: invocation}
detection: {selection: {outcome: success}, condition: selection}
"""


def test_every_rule_of_a_folder_is_loaded_and_bad_files_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "mine.sql").write_text(OWN)
    (folder / "sigma.yml").write_text(SIGMA)
    (folder / "again.sql").write_text(OWN)
    (folder / "clash.sql").write_text(OWN.replace("rule: many_of_one", "rule: foothold"))
    (folder / "thief.sql").write_text(OWN.replace("FROM invocations", "FROM file('/etc/passwd')"))
    (folder / "broken.yaml").write_text("title: [")
    (folder / "binary.sql").write_bytes(b"\xff\xfe\x00")
    (folder / "notes.txt").write_text("nothing")
    (tmp_path / "rules.toml").write_text("[many_of_one]\nleast = 9\n")
    loaded = load_all(tmp_path)
    own = {rule.name: rule for rule in loaded.rules if rule.own}
    assert set(own) == {"many_of_one", "sigma_errors"}
    assert own["many_of_one"].parameters() == {"least": 9}
    assert len(loaded.rules) == len(load_rules()) + 2
    told = " | ".join(fault.message for fault in loaded.faults)
    assert len(loaded.faults) == 5
    for word in ("mine.sql", "Dayfly", "thief.sql, line 13", "broken.yaml", "binary.sql"):
        assert word in told, told
    (tmp_path / "rules.toml").write_text("[none]\n")
    assert len(load_all(tmp_path).faults) == 6
    assert load_all(tmp_path / "nowhere").faults == []


def test_a_rule_is_tried_on_what_is_there_and_writes_nothing(store: Store) -> None:
    store.insert("invocations", [served("checkout", 1, 100 + n, n + 1) for n in range(7)])
    for name, text, subject in (("mine.sql", OWN, "checkout"), ("sigma.yml", SIGMA, "checkout  ")):
        (told,) = try_rules(store, check_in_store(store, name, text), since=NOW - 86_400, until=NOW)
        assert (told["detections"], told["error"]) == (1, "")
        worst = told["worst"]
        assert isinstance(worst, list)
        assert (worst[0]["subject"], worst[0]["events"]) == (subject, 7)
    with pytest.raises(DayflyError):
        try_rules(store, [], since=NOW, until=NOW - 1)
    with pytest.raises(RuleError, match="shoe"):
        check_in_store(store, "mine.sql", OWN.replace("GROUP BY function", "GROUP BY shoe"))


def test_an_own_rule_cannot_take_the_stores_time_or_memory(store: Store) -> None:
    greedy = OWN.replace("FROM invocations", "FROM invocations, numbers(100000000000) AS n").replace(
        "-- every", "-- limit: 1\n-- every"
    )
    store.insert("invocations", [served("checkout", 1, 100, 1)])
    (told,) = try_rules(store, parse_own("greedy.sql", greedy), since=NOW - 86_400, until=NOW)
    assert told["error"]
    # Who lets it run waits for it for longer than a test may take.
    assert isinstance(told["seconds"], float)
