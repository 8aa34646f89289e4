"""What detections ask for often is summed up as lines come in, on one machine and on a cluster."""

from __future__ import annotations

from dayfly.fleet.records.rows import Invocation
from dayfly.fleet.store.schema import Deployment, migrations, statements_for
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store

NOW = 1_764_000_000.0
_FAILURES = parse_sql("failures", "SELECT count() AS n, groupUniqArray(status) AS statuses FROM failures")
_CALLERS = parse_sql(
    "callers",
    "SELECT sum(requests) AS requests, sum(failed) AS failed, uniqCombinedMerge(12)(subjects) AS subjects FROM callers",
)
_PATTERNS = parse_sql(
    "patterns",
    "SELECT sum(requests) AS requests, uniqCombinedMerge(12)(environments) AS environments FROM patterns",
)
_ROUTES = parse_sql("routes", "SELECT sum(requests) AS requests, sum(refused) AS refused FROM routes")


def test_aggregates_follow_the_lines(store: Store, shards: Store) -> None:
    for batch in range(2):
        rows = [
            Invocation(
                time=NOW + number, function="orders", route="GET /orders/{id}", environment=number % 7, sequence=number,
                source=5, pattern=3, subject=number, status=404 if number % 4 == 0 else 200,
            )
            for number in range(batch * 100, batch * 100 + 100)
        ]  # fmt: skip
        store.insert("invocations", rows, token=f"batch {batch}")
        store.insert("invocations", rows, token=f"batch {batch}")
    for reader in (store, shards):
        assert reader.rows(_FAILURES) == [{"n": 50, "statuses": [404]}]
        assert reader.rows(_CALLERS) == [{"requests": 200, "failed": 50, "subjects": 200}]
        assert reader.rows(_PATTERNS) == [{"requests": 200, "environments": 7}]
        assert reader.rows(_ROUTES) == [{"requests": 200, "refused": 50}]


def test_on_a_cluster_every_shard_sums_up_its_own_lines() -> None:
    file = next(file for file in migrations() if file.name == "0003_aggregates")
    made = statements_for(file, Deployment.CLUSTER, cluster="main")
    views = [statement for statement in made if "MATERIALIZED VIEW" in statement]
    assert len(views) == 4
    for view in views:
        assert "ON CLUSTER 'main' TO " in view
        assert "_local AS\n" in view
        assert "FROM invocations_local AS invocations" in view
