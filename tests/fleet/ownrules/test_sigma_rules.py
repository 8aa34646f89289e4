"""Sigma rules and correlations hit exactly the planted rows that they should, to the edge of their windows."""

from __future__ import annotations

import msgspec
import pytest
from tests.fleet.detections.planted import NOW, request

from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.ownrules.sigma_rules import rules_of
from dayfly.fleet.records.rows import ApiCall, Environment, Finding, Invocation
from dayfly.fleet.store.store import Store

_BASE = """
title: base
name: failed
logsource: {product: dayfly, category: invocation}
detection:
  selection: {status|gte: 400}
  condition: selection
"""


def _invocation(ago: float, number: int, **changes: object) -> Invocation:
    row = Invocation(
        time=NOW - ago,
        function="Checkout",
        environment=number + 1,
        request_id=request(number + 1),
        status=404,
        source=7,
        route="GET /a_b/{id}",
        outcome="error",
    )
    return msgspec.structs.replace(row, **changes)


def _hits(store: Store, text: str, *, span: float | None = None) -> dict[str, int]:
    rule = rules_of("own.yml", text)[-1]
    found = run_rule(store, rule, start=NOW - (span or rule.lookback), now=NOW)
    assert all("(unknown)" not in each.story for each in found.detections)
    return {each.subject_key: each.events for each in found.detections}


def _rule(
    selection: str, *, condition: str = "selection", category: str = "product: dayfly, category: invocation"
) -> str:
    return f"title: One\nlevel: high\nlogsource: {{{category}}}\ndetection:\n  selection: {selection}\n  other: {{function: nobody}}\n  condition: {condition}\n"


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with rows of several tables."""
    store.insert(
        "invocations",
        [
            _invocation(100, 1, route="GET /cards/{id}", trigger="http-api", source=0xAB),
            _invocation(90, 2, route="POST /a_b", status=200, outcome="success", source=0),
            _invocation(80, 3, route="POST /aXb", status=0, trigger="sqs", outcome="crash", duration_us=5000),
            _invocation(70, 4, route="100%'; DROP TABLE invocations --", status=500, function="café\\x"),
        ],
    )
    store.insert(
        "findings",
        [
            Finding(
                time=NOW - 60,
                function="checkout",
                environment=1,
                uid="1:1:guard.refused",
                kind="guard.refused",
                severity=4,
                title="T",
                message="the guard refused code from data at app.py",
            ),
            Finding(
                time=NOW - 60,
                function="orders",
                environment=2,
                uid="2:1:residue.file",
                kind="residue.file",
                severity=2,
                title="T",
                message="files",
            ),
        ],
    )
    store.insert(
        "api_calls",
        [
            ApiCall(
                time=NOW - 50,
                function="a",
                event_id=request(1),
                event_name="GetObject",
                source_ip="10.1.2.3",
                user_agent="Boto3",
            ),
            ApiCall(
                time=NOW - 50,
                function="b",
                event_id=request(2),
                event_name="GetObject",
                source_ip="8.8.8.8",
                user_agent="aws-cli",
            ),
            ApiCall(
                time=NOW - 50,
                function="c",
                event_id=request(3),
                event_name="PutObject",
                source_ip="lambda.amazonaws.com",
                user_agent="",
            ),
            ApiCall(
                time=NOW - 50,
                function="d",
                event_id=request(4),
                event_name="PutObject",
                source_ip="2001:db8::1",
                user_agent="x",
            ),
        ],
    )
    store.insert(
        "environments",
        [
            Environment(
                time=NOW - 40,
                function="plain",
                environment=9,
                isolation="process",
                not_promised=["tenants share"],
            )
        ],
    )
    return store


_ALL = {"Checkout": 3, "café\\x": 1}
_CLOUDTRAIL = "product: aws, service: cloudtrail"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_rule("{function: checkout}"), {"Checkout": 3}),
        (_rule("{function|cased: checkout}"), {}),
        (_rule("{function|cased: Checkout}"), {"Checkout": 3}),
        (_rule("{function: 'CHECK*'}"), {"Checkout": 3}),
        (_rule("{function|contains: 'AFÉ'}"), {"café\\x": 1}),
        (_rule("{function|endswith: '\\x'}"), {"café\\x": 1}),
        (_rule("{route|startswith: 'post /a_b'}"), {"Checkout": 1}),
        (_rule("{route: 'POST /a?b'}"), {"Checkout": 2}),
        (_rule("{route|contains|all: ['post', 'xb']}"), {"Checkout": 1}),
        (_rule("{route|contains: ['cards', '%''']}"), {"Checkout": 1, "café\\x": 1}),
        (_rule("{route: \"100%'; DROP TABLE invocations --\"}"), {"café\\x": 1}),
        (_rule("{route|re: '^POST /a.b$'}"), {"Checkout": 2}),
        (_rule("{route|re|i: '^post /a_b$'}"), {"Checkout": 1}),
        (_rule("{route|re: '^post'}"), {}),
        (_rule("{status: 404}"), {"Checkout": 1}),
        (_rule("{status: [404, 500]}"), {"Checkout": 1, "café\\x": 1}),
        (_rule("{status|gt: 404}"), {"café\\x": 1}),
        (_rule("{status|lt: 200}"), {"Checkout": 1}),
        (_rule("{status|lte: 200}"), {"Checkout": 2}),
        (_rule("{status: null}"), {"Checkout": 1}),
        (_rule("{trigger: ''}"), {"Checkout": 1, "café\\x": 1}),
        (_rule("{trigger|exists: true}"), {"Checkout": 2}),
        (_rule("{trigger|exists: false}"), {"Checkout": 1, "café\\x": 1}),
        (_rule("{source: '00000000000000ab'}"), {"Checkout": 1}),
        (_rule("{source: null}"), {"Checkout": 1}),
        (_rule("{time|year: 2025, status|gte: 0}"), _ALL),
        (_rule("{outcome: success}", condition="not selection"), {"Checkout": 2, "café\\x": 1}),
        (_rule("{outcome: success}", condition="not (selection or other)"), {"Checkout": 2, "café\\x": 1}),
        (_rule("[{outcome: success}, {status: 500}]"), {"Checkout": 1, "café\\x": 1}),
        (_rule("{outcome: error, status: 500}", condition="selection and not other"), {"café\\x": 1}),
        (_rule("{outcome: success}", condition="1 of selection*"), {"Checkout": 1}),
        (_rule("['SQS', 'cards']"), {"Checkout": 2}),
        (_rule("['code from']", category="product: dayfly, category: finding"), {"checkout": 1}),
        (_rule("{kind|startswith: guard.}", category="product: dayfly, category: finding"), {"checkout": 1}),
        (_rule("{not_promised|contains: tenants}", category="product: dayfly, category: environment"), {"plain": 1}),
        (_rule("{sourceIPAddress|cidr: 10.0.0.0/8}", category=_CLOUDTRAIL), {"a": 1}),
        (_rule("{sourceIPAddress|cidr: 0.0.0.0/0}", category=_CLOUDTRAIL), {"a": 1, "b": 1}),
        (_rule("{sourceIPAddress|cidr: '2001:db8::/32'}", category=_CLOUDTRAIL), {"d": 1}),
        (_rule("{eventName: getobject, userAgent|contains: cli}", category=_CLOUDTRAIL), {"b": 1}),
    ],
)  # fmt: skip
def test_a_rule_matches_what_it_says(filled_once: Store, text: str, expected: dict[str, int]) -> None:
    assert {key.strip(): events for key, events in _hits(filled_once, text).items()} == expected


@pytest.fixture(scope="module")
def filled_once(clickhouse_url: str) -> Store:
    """The same rows for every condition."""
    from dayfly.fleet.store.schema import Deployment, migrate
    from dayfly.fleet.store.store import Place

    store = Store(Place.parse(clickhouse_url), database="sigma_conditions")
    migrate(store, Deployment.SINGLE)
    return filled.__wrapped__(store)  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_rule("{nosuch: 1}"), "no field nosuch"),
        (_rule("{source: 12}"), "source is a hash"),
        (_rule("{source: 'zz'}"), "source is a hash"),
        (_rule("{status: many}"), "is a number, but"),
        (_rule("{status: true}"), "not a boolean"),
        (_rule("{route|gt: 5}"), "is not a number"),
        (_rule("{route|cidr: 10.0.0.0/8}", category="product: dayfly, category: finding"), "no field route"),
        (_rule("{source|cidr: 10.0.0.0/8}"), "is not an address"),
        (_rule("{route|re: 'a(?=b)'}"), "invalid perl operator"),
        (_rule("{route|re: '(a)\\1'}"), "invalid escape sequence"),
        (_rule("{route|re: '('}"), ""),
        (_rule("{route|expand: '%list%'}"), ""),
        (
            _rule("{status: 1}", category="product: windows, category: process_creation"),
            "unsupported log source",
        ),
        (_rule("{status: 1}", condition="missing"), ""),
        ("title: x\n  broken: [", "line 2"),
        ("- 1\n- 2", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_said_exactly_is_refused(text: str, message: str) -> None:
    from dayfly.errors import DayflyError

    if not text:
        assert rules_of("own.yml", text) == []
        return
    with pytest.raises(DayflyError) as caught:
        rules_of("own.yml", text)
    assert message in caught.value.message
    assert "own.yml" in caught.value.message


def _correlation(body: str, base: str = _BASE) -> str:
    return f"{base}---\ntitle: Many\nlevel: high\ntags: [attack.t1110.004]\ncorrelation:\n{body}"


def test_event_count_slides_and_includes_its_edges(store: Store, shards: Store) -> None:
    text = _correlation(
        "  type: event_count\n  rules: failed\n  group-by: [source]\n  timespan: 5m\n  condition: {gte: 3}\n"
    )
    rows = [
        _invocation(ago, n, source=1) for n, ago in enumerate((500, 350, 200))
    ]  # 300 s from first to last: in
    rows += [
        _invocation(ago, 10 + n, source=2) for n, ago in enumerate((500.001, 350, 200))
    ]  # one millisecond too long
    rows += [
        _invocation(ago, 20 + n, source=3) for n, ago in enumerate((310, 290, 20))
    ]  # across every aligned border
    rows += [_invocation(ago, 30 + n, source=0) for n, ago in enumerate((40, 30, 20))]  # no source, no group
    rows += [_invocation(ago, 40 + n, source=4, status=200) for n, ago in enumerate((40, 30, 20))]
    store.insert("invocations", rows)
    expected = {f"{number:016x}": 3 for number in (1, 3)}
    assert _hits(store, text) == _hits(shards, text) == expected
    # Two bursts of one group are two detections of a whole day.
    store.insert("invocations", [_invocation(9000 + n, 50 + n, source=1) for n in range(5)])
    (rule,) = rules_of("own.yml", text)
    found = run_rule(store, rule, start=NOW - 86_400, now=NOW).detections
    assert sorted((each.subject_key[-1], each.events) for each in found) == [("1", 3), ("1", 5), ("3", 3)]
    assert len({each.uid for each in found}) == 3
    assert {each.technique for each in found} == {"T1110.004"}


def test_value_count_counts_different_values(store: Store, shards: Store) -> None:
    text = _correlation(
        "  type: value_count\n  rules: [failed]\n  group-by: source\n  timespan: 60s\n  condition: {field: subject, gt: 2}\n"
    )
    rows = [_invocation(50 - n, n, source=1, subject=n + 1) for n in range(3)]
    rows += [_invocation(50 - n, 10 + n, source=2, subject=n % 2 + 1) for n in range(9)]
    rows += [_invocation(50 - n, 30 + n, source=3, subject=0) for n in range(9)]
    rows += [_invocation(500 - n * 31, 40 + n, source=4, subject=n + 1) for n in range(5)]
    store.insert("invocations", rows)
    assert _hits(store, text) == _hits(shards, text) == {f"{1:016x}": 3}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("{lt: 3}", {1, 2}), ("{lte: 2}", {1, 2}), ("{eq: 5}", {3}), ("{neq: 5}", {1, 2})],
)
def test_other_comparisons_look_at_whole_time_spans(store: Store, condition: str, expected: set[int]) -> None:
    text = _correlation(
        f"  type: event_count\n  rules: failed\n  group-by: [source]\n  timespan: 1m\n  condition: {condition}\n"
    )
    began = NOW - NOW % 60 - 60
    rows = [
        _invocation(NOW - began - n, 100 * source + n, source=source)
        for source, many in ((1, 1), (2, 2), (3, 5))
        for n in range(many)
    ]
    # Of a time span that is not over nothing is said.
    rows += [_invocation(NOW % 60 - 0.001 if NOW % 60 else 0.001, 900, source=9)] if NOW % 60 else []
    store.insert("invocations", rows)
    assert {int(key, 16) for key in _hits(store, text)} == expected


_TWO = (
    _BASE
    + """---
title: worked
name: worked
logsource: {product: dayfly, category: invocation}
detection:
  selection: {status: 200}
  condition: selection
---
title: told
name: told
logsource: {product: dayfly, category: finding}
detection:
  selection: {kind: guard.observed}
  condition: selection
"""
)


def test_temporal_needs_all_rules_in_any_order_and_ordered_in_theirs(store: Store, shards: Store) -> None:
    body = "  rules: [failed, worked]\n  group-by: [source]\n  timespan: 10s\n"
    any_order = _correlation("  type: temporal\n" + body, _TWO)
    ordered = _correlation("  type: temporal_ordered\n" + body, _TWO)

    def pair(source: int, *events: tuple[float, int]) -> list[Invocation]:
        return [
            _invocation(ago, source * 10 + n, source=source, status=status)
            for n, (ago, status) in enumerate(events)
        ]

    store.insert(
        "invocations",
        pair(1, (50, 404), (40, 200))  # exactly ten seconds
        + pair(2, (50, 404), (39.999, 200))
        + pair(3, (50, 200), (45, 404))  # the other way round
        + pair(4, (50, 404), (45, 404))
        + pair(5, (80, 404), (52, 404), (50, 200), (20, 200))  # the latest start is the chain's
        + pair(6, (50, 404), (50, 200)),
    )  # fmt: skip
    assert {int(key, 16) for key in _hits(store, any_order)} == {1, 3, 5, 6}
    assert {int(key, 16) for key in _hits(store, ordered)} == {1, 5, 6}
    assert _hits(shards, any_order) == _hits(store, any_order)
    assert _hits(shards, ordered) == _hits(store, ordered)
    assert _hits(store, any_order.replace("10s", "1m")).keys() >= _hits(store, any_order).keys()


def test_aliases_join_fields_of_different_names(store: Store) -> None:
    body = """  type: temporal_ordered
  rules: [told, worked]
  group-by: [where]
  timespan: 1h
  aliases:
    where: {told: environment, worked: environment}
"""
    store.insert("invocations", [_invocation(100, 5, status=200), _invocation(100, 6, status=200)])
    store.insert(
        "findings",
        [
            Finding(
                time=NOW - 200, function="Checkout", environment=6, uid="u", kind="guard.observed", severity=4
            )
        ],
    )
    assert _hits(store, _correlation(body, _TWO)) == {f"{6:016x}": 2}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("  type: event_count\n  rules: failed\n  condition: {gte: 3}\n", "timespan"),
        ("  type: event_count\n  rules: failed\n  timespan: 5x\n  condition: {gte: 3}\n", "5x"),
        ("  type: event_count\n  rules: failed\n  timespan: 1M\n  condition: {gte: 3}\n", "1M"),
        ("  type: event_count\n  rules: failed\n  timespan: 90d\n  condition: {gte: 3}\n", "90d"),
        ("  type: event_count\n  rules: failed\n  timespan: 5m\n  condition: {gte: 0}\n", "always"),
        ("  type: event_count\n  rules: failed\n  timespan: 5m\n  condition: {gte: 2.5}\n", "2.5"),
        ("  type: event_count\n  rules: nobody\n  timespan: 5m\n  condition: {gte: 2}\n", "nobody"),
        (
            "  type: event_count\n  rules: failed\n  group-by: [shoe]\n  timespan: 5m\n  condition: {gte: 2}\n",
            "shoe",
        ),
        ("  type: value_count\n  rules: failed\n  timespan: 5m\n  condition: {gte: 2}\n", "field"),
        (
            "  type: value_avg\n  rules: failed\n  timespan: 5m\n  condition: {gte: 2, field: status}\n",
            "value_avg",
        ),
        (
            "  type: temporal\n  rules: [failed, worked]\n  timespan: 5m\n  condition: failed or worked\n",
            "or, not",
        ),
        (
            "  type: temporal\n  rules: [failed, worked]\n  timespan: 5m\n  condition: failed and not worked\n",
            "or, not",
        ),
        (
            "  type: temporal_ordered\n  rules: [failed, worked]\n  timespan: 5m\n  condition: {gte: 1}\n",
            "count",
        ),
    ],
)
def test_a_correlation_that_would_be_weakened_is_refused(body: str, message: str) -> None:
    from dayfly.errors import DayflyError

    with pytest.raises(DayflyError) as caught:
        rules_of("own.yml", _correlation(body, _TWO))
    assert message in caught.value.message


def test_only_what_a_correlation_does_not_use_up_is_a_rule_of_its_own() -> None:
    body = "  type: event_count\n  rules: failed\n  timespan: 5m\n  condition: {gte: 3}\n"
    assert [rule.name for rule in rules_of("own.yml", _correlation(body))] == ["sigma_many"]
    assert [rule.name for rule in rules_of("own.yml", _correlation("  generate: true\n" + body))] == [
        "sigma_failed",
        "sigma_many",
    ]
    (rule,) = rules_of("own.yml", _correlation(body))
    assert (rule.severity, rule.techniques, rule.every, rule.lookback) == (4, ("T1110.004",), 60, 720)
    assert "both ends included" in rule.sees


def test_nothing_in_a_rule_reaches_the_sql_but_as_a_value(store: Store) -> None:
    nasty = "'; DROP TABLE invocations; -- {x:String} @Events \\' \n) OR 1=1"
    store.insert("invocations", [_invocation(10, 1, route=nasty), _invocation(10, 2)])
    text = msgspec.yaml.encode(
        {
            "title": "-- rule: {evil}\n-- title: x",
            "description": nasty,
            "level": "low",
            "logsource": {"product": "dayfly", "category": "invocation"},
            "detection": {
                "selection": {"route|contains": nasty.replace("\\", "\\\\")},
                "condition": "selection",
            },
        }
    ).decode()
    assert list(_hits(store, text).values()) == [1]
