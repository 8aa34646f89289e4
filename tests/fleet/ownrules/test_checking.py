"""An own rule reads the fleet's tables and nothing else of the machine."""

from __future__ import annotations

import pytest

from dayfly.fleet.detections.rules import RuleError, load_rules
from dayfly.fleet.ownrules.checking import check_own
from dayfly.fleet.store.sqlfiles import parse_sql

_GOOD = [
    "SELECT count() FROM invocations",
    "WITH a AS (SELECT * FROM findings), b AS (SELECT 1 AS x) SELECT * FROM a, b WHERE x IN (SELECT x FROM b)",
    "SELECT * FROM invocations AS i INNER JOIN environments AS e ON e.environment = i.environment, numbers(5)",
    "SELECT 'FROM file(''/etc/passwd'')' AS text, domain(route) AS d, format('{}', version) FROM environments -- FROM system.tables",
    "SELECT route FROM invocations AS i ARRAY JOIN [1, 2] AS n, [3] AS m JOIN findings USING (environment)",
    "WITH a AS MATERIALIZED (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b, a",
    "SELECT version, i.version FROM invocations AS i WHERE status NOT IN (401, 403) AND i.source GLOBAL IN (SELECT source FROM callers)",
    "SELECT * FROM (invocations AS i JOIN findings AS f ON i.environment = f.environment) WHERE f.kind IN ('a') OR (i.route, 1) IN (('x', 1))",
    "SELECT 'café “file”' AS t, NULL AS n FROM invocations WHERE t IS NOT NULL ORDER BY route, status LIMIT 1, 2",
    "SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 2) WHERE x IN [1, 2] AND x IN 1",
]
_BAD = [
    ("SELECT * FROM file('/etc/passwd')", "file()"),
    ("SELECT * FROM `file`('/etc/passwd')", "file()"),
    ('SELECT * FROM "url"(\'http://x\', CSV)', "url()"),
    ("SELECT * FROM\n/* x */ FiLe ('/etc/passwd')", "line 2"),
    ("SELECT file('/etc/passwd')", "file()"),
    ("SELECT * FROM invocations, s3('x')", "s3()"),
    ("SELECT * FROM invocations JOIN remote('h', t) USING a", "remote()"),
    ("SELECT * FROM invocations AS a, invocations AS b, system.users", "another database"),
    ("SELECT * FROM system.tables", "another database"),
    ("SELECT * FROM `system`.`tables`", "another database"),
    ("SELECT * FROM users", "cannot read the table users"),
    ("SELECT * FROM triage", "cannot read the table triage"),
    ("SELECT 1 WHERE 1 IN system.one", "another database"),
    ("SELECT 1 WHERE 1 IN users", "cannot read the table users"),
    ("SELECT (SELECT * FROM executable('x', CSV, 'y String'))", "executable()"),
    ("SELECT dictGet('d', 'a', 1)", "dictGet()"),
    ("SELECT sleep(3)", "sleep()"),
    ("SELECT getSetting('x')", "getSetting()"),
    ("SELECT hostName()", "hostName()"),
    ("SELECT * FROM merge('x', 'y')", "merge()"),
    ("SELECT * FROM view(SELECT 1)", "view()"),
    ("SELECT * FROM clusterAllReplicas('c', system.one)", "clusterAllReplicas()"),
    ("SELECT * FROM invocations SETTINGS max_memory_usage = 0", "SETTINGS"),
    ("SELECT * FROM invocations INTO OUTFILE '/tmp/x'", "INTO"),
    ("SELECT * FROM invocations FORMAT CSV", "FORMAT"),
    ("SELECT 1; DROP TABLE invocations", "after the statement"),
    ("INSERT INTO findings SELECT 1", "INSERT"),
    ("SELECT $$x$$", "heredoc"),
    ("SELECT 'unclosed", "quote"),
    ("SELECT (1", "without a closing one"),
    ("SELECT 1)", "without an opening one"),
    ("SELECT * FROM {t:Identifier}", "parameter"),
    ("SELECT * FROM '/etc/passwd'", "a string cannot replace a table name"),
    ("SELECT * FROM", "missing at the end"),
    # Functions by their names alone, and in other quotes than ours.
    ("SELECT “file”('/etc/passwd')", "outside of a string"),
    ("SELECT ‘ ' ’ AS a, file('/etc/passwd'), ‘ ' ’", "outside of a string"),
    ("SELECT * FROM “system”.“users”", "is not a table name"),
    ("SELECT * APPLY file FROM (SELECT '/etc/passwd')", "file()"),
    ("SELECT arrayMap(file, ['/etc/passwd'])", "file()"),
    ('SELECT "fi\\x6ce"(\'/etc/passwd\')', "escape"),
    ("SELECT `AIGenerate`('x')", "AIGenerate()"),
    ("SELECT hasColumnInTable('system', 'users', 'name')", "hasColumnInTable()"),
    ("SELECT currentDatabase()", "currentDatabase()"),
    ("SELECT @@version", "outside of a string"),
    ("SELECT 1 FROM invocations |> WHERE 1", "outside of a string"),
    ("SELECT y FROM values('x String, y String ALIAS file(''/etc/passwd'')', ('a'))", "values()"),
    # Tables among values.
    ("SELECT 1 IN (system.one)", "another database"),
    ("SELECT 1 IN ((`system`.`one`))", "another database"),
    ("SELECT 1 NOT IN (triage)", "cannot read the table triage"),
    ("SELECT in(1, system.one)", "needs a value before"),
    ("SELECT NOT in(1, system.one)", "needs a value before"),
    ("SELECT `in`(1, system.one)", "needs a value before"),
    ("SELECT globalNotNullIn(1, other.one)", "needs a value before"),
    # Commas between tables.
    ("SELECT 1 FROM invocations AS array, other.one", "another database"),
    ("SELECT 1 FROM invocations AS limit, other.one", "another database"),
    ("SELECT 1 FROM invocations fetch, other.one", "another database"),
    ("SELECT 1 FROM invocations select, other.one", "SELECT stands after FROM"),
    ("SELECT 1 FROM invocations JOIN findings ON 1 = 1, other.one", "another database"),
    ("SELECT 1 FROM invocations AS i JOIN findings AS f ON i.limit = 1, other.one", "another database"),
    ("SELECT 1 FROM invocations JOIN findings USING (time), other.one", "another database"),
    ("SELECT 1 FROM (invocations, other.one)", "another database"),
    ("SELECT 1 FROM ((invocations), (other.one))", "another database"),
    ("SELECT 1 FROM (EXPLAIN (SELECT 1))", "reading from EXPLAIN() is not allowed"),
    ("SELECT 1 FROM invocations AS array JOIN other.one", "another database"),
    # Names of WITH, where they are not what they seem.
    ("WITH triage AS (SELECT * FROM triage) SELECT * FROM triage", "cannot read the table triage"),
    ("WITH triage AS MATERIALIZED (SELECT * FROM triage) SELECT * FROM triage", "cannot read the table triage"),
    ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT * FROM t", "cannot read the table t"),
    ("SELECT (WITH triage AS (SELECT 1) SELECT 1) FROM triage", "cannot read the table triage"),
    ("SELECT 1 FROM triage WINDOW triage AS (ORDER BY 1)", "cannot read the table triage"),
]  # fmt: skip


@pytest.mark.parametrize("text", _GOOD)
def test_reading_the_fleets_tables_is_allowed(text: str) -> None:
    check_own(parse_sql("own", text))


@pytest.mark.parametrize(("text", "message"), _BAD)
def test_everything_else_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        check_own(parse_sql("own", text))
    assert message in caught.value.message
    assert "own.sql, line " in caught.value.message


def test_dayflys_own_rules_would_be_allowed() -> None:
    rules = load_rules()
    assert rules
    for rule in rules:
        check_own(rule.sql)
