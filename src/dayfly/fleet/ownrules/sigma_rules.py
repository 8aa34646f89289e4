"""Makes rules of the fleet's own format from Sigma rules and correlations, with every word of them meant.

A correlation with `gte` or `gt` looks at every time span that ends with an event (a true sliding window, both ends
included). `lt`, `lte`, `eq` and `neq` look at time spans that follow each other from the epoch on, once they are over:
in a sliding window every attack would begin with a small count. An event without a field of `group-by` is in no group.
https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaCorrelationType,
    SigmaExtendedCorrelationCondition,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from dayfly.errors import DayflyError
from dayfly.fleet.detections.rules import Rule, RuleError, parse_text
from dayfly.fleet.ownrules.columns import SOURCES, Column, Kind, Source
from dayfly.fleet.ownrules.sigma_backend import ClickHouseBackend
from dayfly.fleet.store.sqlfiles import read_sql

_PACKAGE = "dayfly.fleet.ownrules"
_SLIDING = {"GTE": ">=", "GT": ">"}
_TUMBLING = {"LT": "<", "LTE": "<=", "EQ": "=", "NEQ": "!="}
_EVERY = 60
_SINGLE_LOOKBACK = 900
_MAX_TIMESPAN = 10 * 86_400
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_MANY_RULES = 12


@dataclass(frozen=True, slots=True)
class _Events:
    """The SQL of what one base rule matches, and the fields it knows."""

    backend: ClickHouseBackend
    source: Source
    condition: str


def rules_of(name: str, text: str) -> list[Rule]:
    """Return the rules of one Sigma file, which may hold several documents; `name` is the file's.

    Raises RuleError where anything of it cannot be said exactly in SQL: a rule is never weakened in silence.
    """
    try:
        documents = [each for each in yaml.safe_load_all(text) if each is not None]
        collection = SigmaCollection.from_dicts(documents)
        collection.resolve_rule_references()
        return [
            _made(name, rule)
            for rule in collection.rules
            if rule._output and isinstance(rule, SigmaRule | SigmaCorrelationRule)
        ]
    except RuleError as error:
        raise RuleError(f"{name}: {error.message}", hint=error.hint) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise RuleError(
            f"{name}{line}: {getattr(error, 'problem', None) or 'this is no YAML'}",
            hint="fix the YAML",
        ) from error
    except (
        SigmaError,
        NotImplementedError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
    ) as error:  # trust boundary: users' files
        raise RuleError(
            f"{name}: {_words(error)}", hint="docs/rules.md lists the supported parts of Sigma"
        ) from error


def _made(name: str, rule: SigmaRule | SigmaCorrelationRule) -> Rule:
    for error in rule.errors:
        raise error
    try:
        if isinstance(rule, SigmaCorrelationRule):
            return _correlation(name, rule)
        return _single(name, rule)
    except RuleError as error:
        raise RuleError(f"{rule.title or rule.name or 'a rule'}: {error.message}", hint=error.hint) from error


def _single(name: str, rule: SigmaRule) -> Rule:
    events = [_events(rule)]
    body = _sql("single", Events=_union(events, groups=[[]], values=[None]))
    sees = f"each matching event in the last {_SINGLE_LOOKBACK} seconds, reported once per function and hour."
    return _rule(name, rule, body, lookback=_SINGLE_LOOKBACK, every=_EVERY, sees=sees)


def _correlation(name: str, rule: SigmaCorrelationRule) -> Rule:
    base = [reference.rule for reference in rule.referenced_rules]
    if not base or len(base) > _MANY_RULES:
        raise RuleError(
            f"it refers to {len(base)} rules", hint=f"a correlation can refer to 1 to {_MANY_RULES} rules"
        )
    simple = [each for each in base if isinstance(each, SigmaRule)]
    if len(simple) != len(base):
        raise RuleError("it refers to another correlation", hint="refer to plain rules only")
    span = rule.timespan.seconds
    if span > _MAX_TIMESPAN:
        raise RuleError(
            f"its timespan is {rule.timespan.spec}", hint=f"the maximum is {_MAX_TIMESPAN // 86_400}d"
        )
    if rule.timespan.unit not in "smhd":
        raise RuleError(f"its timespan is {rule.timespan.spec}", hint="write it in s, m, h or d")
    events = [_events(each) for each in simple]
    groups = [_groups(rule, position, each) for position, each in enumerate(events)]
    if rule.type is SigmaCorrelationType.TEMPORAL_ORDERED:
        return _ordered(name, rule, events, groups, span)
    operator, count = _condition(rule)
    values: list[list[Column] | None] = [None] * len(events)
    aggregate = "count()"
    match rule.type:
        case SigmaCorrelationType.EVENT_COUNT:
            pass
        case SigmaCorrelationType.VALUE_COUNT:
            assert isinstance(rule.condition, SigmaCorrelationCondition)
            named = rule.condition.fieldref
            names = [named] if isinstance(named, str) else list(named or [])
            values = [
                [_field(rule, position, each, field) for field in names]
                for position, each in enumerate(events)
            ]
            # An event without the value counts for nothing.
            aggregate = "uniqExactIf(counted_value, counted_value != '')"
        case SigmaCorrelationType.TEMPORAL:
            aggregate = "uniqExact(rule_number)"
        case _:
            raise RuleError(
                f"{rule.type.name.lower()} correlations are not supported",
                hint="use event_count, value_count, temporal or temporal_ordered",
            )
    union = _union(events, groups=groups, values=values)
    is_sliding = operator in _SLIDING
    sign = _SLIDING[operator] if is_sliding else _TUMBLING[operator]
    parameters = {
        "timespan_ms": (span * 1000, "Int64", "milliseconds of the time span"),
        "least": (count, "UInt32", "the threshold"),
    }
    body = _sql(
        "sliding" if is_sliding else "tumbling",
        Sessions=_sql("sessions"),
        Events=union,
        Aggregate=aggregate,
        Holds=f"{sign} {{least:UInt32}}",
    )
    sees = (
        f"every {rule.timespan.spec} that ends with an event, both ends included."
        if is_sliding
        else (
            f"consecutive time spans of {rule.timespan.spec}, counted from the epoch in UTC, after they "
            "have ended."
        )
    )
    # A run must see the whole time span before each event since the last run, and late lines.
    lookback = 2 * span + 2 * _EVERY
    return _rule(name, rule, body, lookback=lookback, every=_EVERY, sees=sees, parameters=parameters)


def _ordered(
    name: str,
    rule: SigmaCorrelationRule,
    events: Sequence[_Events],
    groups: Sequence[Sequence[Column]],
    span: int,
) -> Rule:
    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        raise RuleError(
            "temporal_ordered with an extended condition is not supported",
            hint="list the rules in order instead",
        )
    operator, count = _condition(rule)
    if (operator, count) not in (("GTE", len(events)), ("EQ", len(events)), ("GT", len(events) - 1)):
        raise RuleError(
            "temporal_ordered with a count is not supported", hint="all rules must match, in their order"
        )
    chain = (
        "    chain_1 AS\n    (\n        SELECT *, if(rule_number = 1, ms, toInt64(0)) AS begun\n        FROM events\n    ),\n"
        + "".join(
            _sql("link", Number=str(number), Before=f"chain_{number - 1}")
            for number in range(2, len(events) + 1)
        )
    )
    body = _sql(
        "ordered",
        Sessions=_sql("sessions"),
        Events=_union(events, groups=groups, values=[None] * len(events)),
        Chain=chain,
        Last=f"chain_{len(events)}",
        Rules=str(len(events)),
    )
    return _rule(
        name,
        rule,
        body,
        lookback=2 * span + 2 * _EVERY,
        every=_EVERY,
        sees=f"the rules in this order (or at the same millisecond) within {rule.timespan.spec}, both ends "
        "included.",
        parameters={"timespan_ms": (span * 1000, "Int64", "milliseconds of the time span")},
    )


def _condition(rule: SigmaCorrelationRule) -> tuple[str, int]:
    condition = rule.condition
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        words = condition.expression.split()
        if any(word in ("or", "not") for word in words) or "(" in condition.expression:
            raise RuleError(
                "conditions with or, not or brackets are not supported",
                hint="list rules that must all match, or write several correlations",
            )
        return "GTE", len(rule.referenced_rules)
    if condition.percentile is not None:
        raise RuleError(
            "conditions with a percentile are not supported",
            hint="use event_count, value_count, temporal or temporal_ordered",
        )
    if not isinstance(condition.count, int) or condition.count < 0:
        raise RuleError(f"its condition compares with {condition.count}", hint="use a whole number")
    operator, count = condition.op.name, condition.count
    if (
        rule.type in (SigmaCorrelationType.TEMPORAL, SigmaCorrelationType.TEMPORAL_ORDERED)
        and operator == "EQ"
        and count == len(rule.referenced_rules)
    ):
        return "GTE", count
    if (operator, count) in (("GTE", 0), ("LT", 0)):
        raise RuleError("its condition is always or never true", hint="use another number")
    return operator, count


def _events(rule: SigmaRule) -> _Events:
    for error in rule.errors:
        raise error
    source = _source(rule)
    backend = ClickHouseBackend(source)
    backend.convert_rule(rule)
    # What it returns is empty for a rule that only a correlation uses.
    queries = rule.get_conversion_result()
    if not queries:
        raise RuleError("it has no condition", hint="write a condition under detection")
    condition = " OR ".join(f"({query})" for query in queries)
    return _Events(backend, source, condition)


def _source(rule: SigmaRule) -> Source:
    logsource = rule.logsource
    key = (logsource.product or "", logsource.category or logsource.service or "")
    source = SOURCES.get(key)
    if source is None or (logsource.category and logsource.service):
        known = "; ".join(
            f"product {product}, {'service' if product == 'aws' else 'category'} {name}"
            for product, name in SOURCES
        )
        raise RuleError(
            f"unsupported log source: product {key[0] or '(none)'}, {key[1] or '(none)'}",
            hint=f"use one of {known}",
        )
    return source


def _groups(rule: SigmaCorrelationRule, position: int, events: _Events) -> list[Column]:
    return [_field(rule, position, events, name) for name in rule.group_by or []]


def _field(rule: SigmaCorrelationRule, position: int, events: _Events, name: str) -> Column:
    """Return the column that a field of a correlation means in one of its rules: an alias may say so."""
    reference = rule.referenced_rules[position]
    for alias in rule.aliases:
        if alias.alias == name:
            for known, field in alias.mapping.items():
                if known.reference == reference.reference:
                    return events.backend.column(field)
            raise RuleError(
                f"the alias {name} has no field for the rule {reference.reference}",
                hint="map the alias for every rule",
            )
    return events.backend.column(name)


def _union(
    events: Sequence[_Events],
    *,
    groups: Sequence[Sequence[Column]],
    values: Sequence[Sequence[Column] | None],
) -> str:
    made = []
    for number, (each, group, value) in enumerate(zip(events, groups, values, strict=True), start=1):
        condition = " AND ".join([f"({each.condition})", *(f"{_text(column)} != ''" for column in group)])
        made.append(
            _sql(
                "events",
                Environment=_or_none(each.source, "environment", "toUInt64(0)"),
                Source=_or_none(each.source, "source", "toUInt64(0)"),
                Request=_or_none(each.source, "request_id", "toUUIDOrZero('')"),
                Group=_joined(group),
                Value=_joined(value or []),
                Number=str(number),
                Table=each.source.table,
                Condition=condition,
            )
        )
    return "        UNION ALL\n".join(made)


def _or_none(source: Source, field: str, none: str) -> str:
    return field if field in source.fields else none


def _joined(columns: Sequence[Column]) -> str:
    if not columns:
        return "''"
    # A space between could make two groups one.
    return "arrayStringConcat([" + ", ".join(_text(column) for column in columns) + "], ' | ')"


def _text(column: Column) -> str:
    match column.kind:
        case Kind.HASH:
            return f"if({column.expression} = 0, '', lower(leftPad(hex({column.expression}), 16, '0')))"
        case Kind.REQUEST:
            return f"if({column.expression} = toUUIDOrZero(''), '', toString({column.expression}))"
        case Kind.LIST:
            raise RuleError(
                f"{column.expression} is a list", hint="use single values for group-by and count fields"
            )
        case _:
            return f"toString({column.expression})"


def _rule(
    name: str,
    rule: SigmaRule | SigmaCorrelationRule,
    body: str,
    *,
    lookback: int,
    every: int,
    sees: str,
    parameters: dict[str, tuple[int, str, str]] | None = None,
) -> Rule:
    title = _line(rule.title or rule.name or name)
    description = _line(rule.description or title)
    told = ", ".join(_line(str(each)) for each in rule.falsepositives or [])
    techniques = [match[1].upper() for tag in rule.tags if (match := _TECHNIQUE.fullmatch(str(tag).lower()))]
    level = rule.level.name.lower() if rule.level is not None else "medium"
    header = [
        f"-- rule: {_slug(rule.name or rule.title or name)}",
        f"-- title: {title}",
        f"-- severity: {level}",
        *([f"-- technique: {', '.join(techniques)}"] if techniques else []),
        f"-- every: {every}",
        f"-- lookback: {lookback}",
        "-- limit: 10",
        "-- story: {events} events in {functions} match the Sigma rule of this name since {first_time:time}.",
        f"-- do: {'Known false alarms: ' + told if told else 'Look at the requests and decide.'}",
        f"-- explain: {description}",
        f"-- sees: {sees}",
        *(
            f"-- param_{key}: {value} ({kind}) {meaning}"
            for key, (value, kind, meaning) in (parameters or {}).items()
        ),
    ]
    return parse_text(name, "\n".join([*header, body]))


def _slug(text: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return f"sigma_{words}"[:60].rstrip("_")


def _line(text: str) -> str:
    """Return a text that can be a header's value: one line, and no field of a story."""
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", text)).strip()[:300] or "(none)"


def _sql(name: str, **values: str) -> str:
    text = read_sql(_PACKAGE, f"sql/{name}").text
    # One pass: what a rule says is never looked at for names again.
    return re.sub(r"@([A-Z][a-z]+)", lambda match: values[match[1]], text)


def _words(error: Exception) -> str:
    text = error.message if isinstance(error, DayflyError) else str(error)
    return re.sub(r"\s+", " ", text)[:300]
