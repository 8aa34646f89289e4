"""No SQL file compares an alias where it means a column, as ClickHouse reads it."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.fleet.sql import CORRELATIONS, FILES, PARAMETER, own_rule

from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Place, Store

_COLUMNS = set(
    re.findall(
        r"^    (\w+) +[A-Z]",
        "".join(text.read_text() for name, text in FILES.items() if "/migrations/" in name),
        re.MULTILINE,
    )
)


@pytest.fixture(scope="module")
def engine(clickhouse_url: str) -> Iterator[Store]:
    with Store(Place.parse(clickhouse_url), database="default") as opened:
        yield opened


@pytest.mark.parametrize(
    "name", [name for name in FILES if "migrations" not in name and not name.startswith("service/tables")]
)
def test_no_condition_reads_an_alias_in_place_of_a_column(engine: Store, name: str) -> None:
    """ClickHouse lets an alias of SELECT stand for the column of that name in WHERE: `hex(x) AS x … WHERE x = 5` never holds."""
    text = re.sub(r"@\w+", "SELECT 1", FILES[name].read_text())
    if not re.search(r"^\s*(WITH|SELECT)\b", text, re.MULTILINE) or name.startswith("ownrules/"):
        pytest.skip("it is no query by itself: what it becomes is asked for below")
    assert list(_shadowed(engine, text)) == []


@pytest.mark.parametrize("body", CORRELATIONS)
def test_noown_rule_reads_an_alias_in_place_of_a_column(engine: Store, body: str) -> None:
    assert list(_shadowed(engine, own_rule(body).sql.body)) == []


def test_an_alias_in_place_of_a_column_is_noticed(engine: Store) -> None:
    text = "SELECT hex(status) AS status FROM (SELECT toUInt64(time) AS time FROM t WHERE {0}) AS t WHERE {1}"
    for inner, outer, expected in (
        ("1", "status = 5", ["status"]),
        ("time > 5", "1", ["time"]),
        ("t.time > 5", "t.status = 5", []),
    ):
        assert list(_shadowed(engine, text.format(inner, outer))) == expected


@pytest.mark.parametrize("name", FILES)
def test_an_identity_that_is_shown_has_its_leading_zeros(name: str) -> None:
    """ClickHouse's hex() leaves them out: one environment in 256 would not be found by what its log records call it."""
    shown = [line for line in FILES[name].read_text().splitlines() if not line.endswith("AS subject_key,")]
    assert re.findall(r"(?<!leftPad\()(?<!leftPad\(lower\()\bhex\(.*", "\n".join(shown)) == []


def _shadowed(engine: Store, text: str) -> Iterator[str]:
    """The names in WHERE and PREWHERE that an alias of the same SELECT takes from a column, by ClickHouse's own reading."""
    samples = {"Array": [], "DateTime": "1764000000", "UUID": str(uuid.UUID(int=0))}
    values = {
        key: next((sample for start, sample in samples.items() if kind.startswith(start)), "0")
        for key, kind in PARAMETER.findall(text)
    }
    lines = [str(row["explain"]) for row in engine.rows(parse_sql("ast", f"EXPLAIN AST {text}"), values)]
    nodes = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]

    named = Counter(name for _, node in nodes for name in re.findall(r"\(alias (\w+)\)", node))

    def below(position: int) -> list[int]:
        depth = nodes[position][0]
        end = next((n for n in range(position + 1, len(nodes)) if nodes[n][0] <= depth), len(nodes))
        return list(range(position + 1, end))

    for position, (depth, node) in enumerate(nodes):
        if not node.startswith("SelectQuery"):
            continue
        children = [n for n in below(position) if nodes[n][0] == depth + 1]
        tables = next((n for n in children if nodes[n][1].startswith("TablesInSelectQuery")), None)
        if tables is None:
            continue
        (selected,) = [n for n in children if n < tables][-1:]
        aliases = {
            match[1]
            for n in below(selected)
            if nodes[n][0] == depth + 2
            and (match := re.search(r"\(alias (\w+)\)", nodes[n][1]))
            # `t.time AS time` is the column itself; what has no column's name shadows none.
            and not re.match(rf"Identifier (\w+\.)?{match[1]} ", nodes[n][1])
            and (match[1] in _COLUMNS or named[match[1]] > 1)
        }
        # What follows the tables is the condition, up to GROUP BY, ORDER BY or LIMIT.
        for n in [n for n in children if n > tables]:
            if nodes[n][1].startswith(("ExpressionList", "Literal", "Set")):
                break
            inside = below(n)
            own = [
                m
                for m in inside
                if not any(nodes[k][1].startswith("Subquery") and m in below(k) for k in inside)
            ]
            yield from (
                nodes[m][1].split()[1]
                for m in own
                if nodes[m][1].startswith("Identifier") and nodes[m][1].split()[1] in aliases
            )
