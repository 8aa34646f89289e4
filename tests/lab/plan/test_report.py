"""The JSON says everything that a job decides by, under keys that docs/plan.md names."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.lab.plan.making import CONFINEMENT, cost, difference, loss

from dayfly.cli.plan import DEFAULT_INVOCATIONS, DEFAULT_LIMIT_S
from dayfly.lab.plan.advise import (
    ACCEPTED_ADDED_MS,
    ACCEPTED_ADDED_SHARE,
    MAX_WINDOW,
    MIN_PRIME_GAIN_MS,
    MIN_WINDOW,
    WINDOW_MAX_AGE,
    WINDOW_SHARE_MS,
    Facts,
    advise,
)
from dayfly.lab.plan.measure import MIN_FOR_P99
from dayfly.lab.plan.model import Destination, LineCost, Plan, Prime, Split
from dayfly.lab.plan.report import as_json

ROOT = Path(__file__).parents[3]


def make_plan(*, p50_ms: float = 6.0) -> Plan:
    """A plan with one of everything."""
    costs = (
        cost("plain", 1.0, isolation="none"),
        cost("invocation", p50_ms, p99_ms=30.123456),
        cost("invocation-primed", p50_ms - 2, isolation="invocation"),
        cost("window", 1.25),
        cost("process", None, unavailable="refused"),
    )
    losses = (
        loss("late-work", "thread 'reporter'"),
        loss("lazy-import", "import pandas", prime=("pandas",)),
        loss("tmp", "/tmp/model/**"),
    )
    differences = (difference(),)
    prime = Prime("dayfly_prime", "prime", "def prime() -> None:\n    import pandas\n")
    parts = Split(
        isolation_ms=1.5,
        imports_ms=0.5,
        connections_ms=2.0,
        first_use_ms=26.0,
        samples=20,
        lines=(
            LineCost(
                "app.py:9", "client = boto3.client(…)", "handler", 25.0, 3.0, connects=False, can_move=True
            ),
            LineCost("app.py:10", "client.put_item(…)", "handler", 4.0, 1.0, connects=True, can_move=False),
        ),
    )
    advice = advise(Facts({one.name: one for one in costs}, losses, differences, prime, parts))
    return Plan(
        handler="app.handler",
        events=("a.json",),
        memory_mb=256,
        observed=12,
        losses=losses,
        costs=costs,
        differences=differences,
        prime=prime,
        advice=advice,
        notes=("a note",),
        confinement=CONFINEMENT,
        split=parts,
        network=(
            Destination("db.example.com:5432", ""),
            Destination("cache.example.com:6379", "TimeoutError"),
        ),
    )


def test_the_recommendation_is_there_with_its_figure() -> None:
    report = json.loads(json.dumps(as_json(make_plan())))
    found = report["recommendation"]
    assert found["isolation"] == "invocation"
    assert found["added_p50_ms"] == 3.0
    assert found["must_fix"] == 1
    assert found["ready"] is False
    assert found["keep_candidates"] == ["/tmp/model/**"]
    assert report["settings"] == {"isolation": "invocation", "zygote.prime": "dayfly_prime:prime"}


def test_isolations_say_what_they_add_and_whether_answers_are_the_same() -> None:
    rows = {row["name"]: row for row in json.loads(json.dumps(as_json(make_plan())))["isolations"]}
    assert rows["invocation"]["added_p50_ms"] == 5.0
    assert rows["invocation"]["p99_ms"] == 30.123
    assert rows["invocation"]["answers_same"] is False
    assert rows["window"]["answers_same"] is True
    assert rows["process"]["answers_same"] is None
    assert rows["process"]["unavailable"] == "refused"


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
    report = as_json(make_plan())
    keys = set(report) | set(report["recommendation"]) | set(report["isolations"][0])  # type: ignore[call-overload, index]
    assert len(keys) > 25
    assert [key for key in sorted(keys) if not re.search(rf"`{key}`", page)] == []


def test_limits_in_the_page_are_those_of_the_code() -> None:
    page = " ".join((ROOT / "docs" / "plan.md").read_text(encoding="utf-8").split())
    for words in (
        f"adds more than {ACCEPTED_ADDED_MS:.0f} ms **and** more than {ACCEPTED_ADDED_SHARE:.0%}",
        f"saves at least {MIN_PRIME_GAIN_MS} ms",
        f"{MIN_WINDOW} to {MAX_WINDOW}, in tens, and at most {WINDOW_MAX_AGE}",
        f"cost to {WINDOW_SHARE_MS:.0f} ms each",
        f"null below {MIN_FOR_P99} samples",
        f"`--invocations`, {DEFAULT_INVOCATIONS} each; `--limit`, {DEFAULT_LIMIT_S:.0f} s",
    ):
        assert words in page
