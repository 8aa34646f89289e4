"""Rules: an SQL file each, whose header says what it is for; read and checked here, since users write them, too."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dayfly.errors import DayflyError
from dayfly.fleet.store.sqlfiles import SqlFile, parse_sql, read_folder, read_sql

PACKAGE = "dayfly.fleet.detections"
# What every rule must return, in any order.
COLUMNS = (
    "subject_key", "episode", "account", "region", "functions", "environments", "environments_all", "sources",
    "request_ids", "events", "first_time", "last_time", "severity", "reasons", "facts",
)  # fmt: skip
SEVERITIES = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_REQUIRED = ("rule", "title", "severity", "every", "lookback", "story", "do", "explain")
_KNOWN = {*_REQUIRED, "technique", "evidence", "sees", "misses", "gap", "limit", "suspects"}
_NAME = re.compile(r"[a-z][a-z0-9_]{2,63}")
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")
_THRESHOLD = re.compile(r"(\S+)\s+\((\w+)\)\s+(\S.*)")
_PARAMETER = re.compile(r"\{(\w+):\s*(\w+(?:\(\w+\))?)\}")
_ALWAYS = {"now": "DateTime64(3)", "start": "DateTime64(3)"}
# What a query for suspects may tell of each, by its column, and what the rule gets of all of them.
SUSPECT_COLUMNS = {
    "suspect": "suspects",
    "function": "suspect_functions",
    "caller": "suspect_callers",
    "pattern": "suspect_patterns",
    "role": "suspect_roles",
}
_SUSPECTS = {
    name: "Array(String)" if name in {"suspect_functions", "suspect_roles"} else "Array(UInt64)"
    for name in SUSPECT_COLUMNS.values()
}
_INTEGERS = re.compile(r"U?Int(8|16|32|64)")
_MAX_EVERY = 86_400
_MAX_LOOKBACK = 30 * 86_400


class RuleError(DayflyError):
    """A rule's file or rules.toml is not as the format asks."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a rule compares with; users may set it in rules.toml."""

    name: str
    value: int | float
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to run.

    `every`, `lookback` and `gap` are seconds: how often it runs, what it looks at each time, and how long a subject may
    be quiet before a further sighting is a new detection. `limit` is how long one run may take. `suspects` is a cheap
    query whose columns the rule gets as arrays, named in SUSPECT_COLUMNS: values that are written out let ClickHouse use its
    indices, which a subquery of a WITH does not. Where it finds none, the rule is not run.
    """

    name: str
    title: str
    severity: int
    techniques: tuple[str, ...]
    every: int
    lookback: int
    gap: int
    limit: int
    story: str
    advice: str
    explain: str
    sees: str
    misses: str
    evidence: str
    thresholds: tuple[Threshold, ...]
    sql: SqlFile
    suspects: SqlFile | None = None
    own: bool = False
    enabled: bool = True

    @property
    def technique(self) -> str:
        """The rule's ATT&CK ids in one string, the most telling first."""
        return ", ".join(self.techniques)

    def parameters(self) -> dict[str, object]:
        """The thresholds as ClickHouse takes them."""
        return {threshold.name: threshold.value for threshold in self.thresholds}


def load_rules(folder: Path | None = None) -> list[Rule]:
    """Return Dayfly's rules and those of `folder`, by name.

    Raises RuleError where a file is not a rule, or has the name of another.
    """
    rules = [parse_rule(file) for file in read_folder(PACKAGE, "rules")]
    if folder is not None:
        rules += [replace(parse_rule(_read(path)), own=True) for path in sorted(folder.glob("*.sql"))]
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.name in seen:
            raise RuleError(f"two rules are named {rule.name}", hint="rename one of them in its header")
        seen[rule.name] = rule
    return sorted(rules, key=lambda rule: rule.name)


def parse_rule(file: SqlFile) -> Rule:
    """Take a rule out of its file; raises RuleError that names the file and the header's key."""
    header = file.header
    for key in _REQUIRED:
        if not header.get(key):
            raise _error(file, f"the header has no {key}", f"add a line -- {key}: …")
    for key in header:
        if key not in _KNOWN and not key.startswith("param_"):
            raise _error(file, f"unknown header key {key}", f"use only: {_known()}")
    if not _NAME.fullmatch(header["rule"]):
        raise _error(
            file, f"{header['rule']!r} is not a valid rule name", "use 3 to 64 characters of a-z, 0-9 and _"
        )
    lookback = _seconds(file, "lookback", _MAX_LOOKBACK)
    rule = Rule(
        name=header["rule"],
        title=header["title"],
        severity=_severity(file),
        techniques=_techniques(file),
        every=_seconds(file, "every", _MAX_EVERY),
        lookback=lookback,
        gap=_seconds(file, "gap", _MAX_LOOKBACK) if "gap" in header else lookback,
        limit=_seconds(file, "limit", 60) if "limit" in header else 10,
        story=header["story"],
        advice=header["do"],
        explain=header["explain"],
        sees=header.get("sees", ""),
        misses=header.get("misses", ""),
        evidence=header.get("evidence", ""),
        thresholds=tuple(_threshold(file, key) for key in header if key.startswith("param_")),
        sql=file,
        suspects=read_sql(PACKAGE, f"suspects/{header['suspects']}") if "suspects" in header else None,
    )
    if rule.every > rule.lookback:
        raise _error(
            file, f"it runs every {rule.every} s but looks back {rule.lookback} s, so it would miss some records",
            "set lookback to at least every; twice as much also covers late records",
        )  # fmt: skip
    _check_sql(rule)
    return rule


def with_thresholds(rules: Iterable[Rule], settings: Mapping[str, object]) -> list[Rule]:
    """Return the rules with what rules.toml says: a table per rule, `enabled`, `every` and thresholds by name.

    Raises RuleError for a rule or threshold that there is not, and for a value that does not fit.
    """
    by_name = {rule.name: rule for rule in rules}
    for name, table in settings.items():
        if name not in by_name:
            raise RuleError(
                f"rules.toml: unknown rule {name}", hint=f"use one of {', '.join(sorted(by_name))}"
            )
        if not isinstance(table, dict):
            raise RuleError(
                f"rules.toml: {name} is not a table", hint=f"write [{name}] with its settings below"
            )
        by_name[name] = _changed(by_name[name], table)
    return [by_name[name] for name in sorted(by_name)]


def parse_text(name: str, text: str) -> Rule:
    """Take a rule out of SQL that is not a file, as one that was made of a Sigma rule."""
    return parse_rule(parse_sql(name, text))


def _changed(rule: Rule, table: Mapping[str, object]) -> Rule:
    thresholds = {threshold.name: threshold for threshold in rule.thresholds}
    for key, value in table.items():
        if key == "enabled":
            if not isinstance(value, bool):
                raise RuleError(f"rules.toml: {rule.name}.enabled is {value!r}", hint="use true or false")
            rule = replace(rule, enabled=value)
        elif key == "every":
            if type(value) is not int or not 1 <= value <= min(_MAX_EVERY, rule.lookback):
                raise RuleError(
                    f"rules.toml: {rule.name}.every is {value!r}",
                    hint=f"use whole seconds from 1 to {min(_MAX_EVERY, rule.lookback)}",
                )
            rule = replace(rule, every=value)
        elif key not in thresholds:
            known = ", ".join(["enabled", "every", *thresholds])
            raise RuleError(f"rules.toml: {rule.name} has no threshold {key}", hint=f"use one of {known}")
        else:
            kind = thresholds[key].type
            if isinstance(value, bool) or not isinstance(value, int | float) or not _fits(value, kind):
                raise RuleError(f"rules.toml: {rule.name}.{key} is {value!r}", hint=f"use a number ({kind})")
            thresholds[key] = replace(thresholds[key], value=value)
    return replace(rule, thresholds=tuple(thresholds.values()))


def _check_sql(rule: Rule) -> None:
    file = rule.sql
    if len(file.statements) != 1:
        raise _error(file, f"it contains {len(file.statements)} statements", "a rule is one SELECT")
    body = "\n".join(line for line in file.text.splitlines() if not line.lstrip().startswith("--"))
    if not re.match(r"\s*(SELECT|WITH)\b", body, re.IGNORECASE):
        raise _error(file, "it does not start with SELECT or WITH", "a rule can only read")
    known = _ALWAYS | {threshold.name: threshold.type for threshold in rule.thresholds}
    if rule.suspects is not None:
        known |= _SUSPECTS
    used = dict(_PARAMETER.findall(body + (rule.suspects.text if rule.suspects is not None else "")))
    for name, kind in used.items():
        if name not in known:
            raise _error(
                file, f"the SQL uses {{{name}:{kind}}}", f"add a line -- param_{name}: value ({kind}) meaning"
            )
    for threshold in rule.thresholds:
        if threshold.name not in used:
            raise _error(file, f"the SQL does not use {threshold.name}", "remove it from the header")
        if used[threshold.name] != threshold.type:
            kind = used[threshold.name]
            raise _error(
                file, f"{threshold.name} is {threshold.type} above and {kind} in the SQL", "use one type"
            )
    if missing := [name for name in COLUMNS if not re.search(rf"\b{name}\b", body)]:
        raise _error(
            file, f"it does not return {', '.join(missing)}", "return every column, if necessary empty"
        )


def _threshold(file: SqlFile, key: str) -> Threshold:
    match = _THRESHOLD.fullmatch(file.header[key])
    if match is None:
        raise _error(file, f"{key} is {file.header[key]!r}", f"write -- {key}: 8 (UInt32) with its meaning")
    try:
        value = int(match[1]) if _INTEGERS.fullmatch(match[2]) else float(match[1])
    except ValueError:
        value = float("nan")
    if not _fits(value, match[2]):
        raise _error(
            file,
            f"{key}: {match[1]} is not a valid {match[2]}",
            "use UInt8 to UInt64, Int8 to Int64 or Float64",
        )
    return Threshold(key.removeprefix("param_"), value, match[2], match[3])


def _fits(value: int | float, kind: str) -> bool:
    if kind == "Float64":
        return math.isfinite(value)
    match = _INTEGERS.fullmatch(kind)
    if match is None or not isinstance(value, int):
        return False
    bits = int(match[1])
    if kind.startswith("U"):
        return bool(0 <= value < 1 << bits)
    return bool(-(1 << bits - 1) <= value < 1 << bits - 1)


def _severity(file: SqlFile) -> int:
    text = file.header["severity"]
    number = SEVERITIES.get(text.lower()) or (int(text) if text.isascii() and text.isdigit() else 0)
    if not 1 <= number <= 5:
        raise _error(file, f"severity is {text!r}", f"use one of {', '.join(SEVERITIES)}")
    return number


def _techniques(file: SqlFile) -> tuple[str, ...]:
    found = tuple(part for part in re.split(r"[,\s]+", file.header.get("technique", "")) if part)
    for text in found:
        if not _TECHNIQUE.fullmatch(text):
            raise _error(file, f"{text!r} is not an ATT&CK ID", "use for example T1110 or T1110.004")
    return found


def _seconds(file: SqlFile, key: str, most: int) -> int:
    text = file.header[key]
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise _error(file, f"{key} is {text!r}", f"use seconds from 1 to {most}")
    return int(text)


def _known() -> str:
    return ", ".join([*sorted(_KNOWN), "param_…"])


def _read(path: Path) -> SqlFile:
    try:
        return parse_sql(path.stem, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path} cannot be read: {error}", hint="a rule is a UTF-8 text file") from error


def _error(file: SqlFile, message: str, hint: str) -> RuleError:
    return RuleError(f"rule {file.name}.sql: {message}", hint=hint)
