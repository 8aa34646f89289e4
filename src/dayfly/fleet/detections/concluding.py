"""Decides what becomes of a rule's rows: a new detection, more of one that is known, or nothing; reads and writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from dayfly.fleet.detections.story import render
from dayfly.fleet.records.rows import Detection

if TYPE_CHECKING:
    from dayfly.fleet.detections.rules import Rule
    from dayfly.fleet.store.store import Row

_T = TypeVar("_T")
# No detection carries more of its environments, sources or requests; its evidence query finds all.
_MANY = 100
_MANY_REASONS = 12


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A detection to write: `is_new` where its uid was unknown, `is_worse` where its severity rose."""

    detection: Detection
    is_new: bool
    is_worse: bool


def uid_of(rule: str, subject: str, episode_ms: int) -> str:
    """Return the uid of an episode: the same for the same data, whoever computes it."""
    text = f"{rule}\0{subject}\0{episode_ms}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def detection_from(rule: Rule, row: Row, *, updated: float) -> Detection:
    """Make a detection of one row of sql/bounded.sql."""
    subject = str(row["subject_key"])
    made = _from_columns(row, updated=updated)
    return _told(
        rule,
        msgspec.structs.replace(
            made,
            uid=uid_of(rule.name, subject, cast(int, row["episode_ms"])),
            rule=rule.name,
            title=rule.title,
            severity=min(max(made.severity or rule.severity, 1), 5),
            technique=rule.technique,
        ),
    )


def detection_of(row: Row) -> Detection:
    """Make a detection of one row of the table, as sql/known.sql returns it."""
    made = _from_columns(row, updated=cast(int, row["updated_ms"]) / 1000)
    return msgspec.structs.replace(
        made,
        uid=str(row["uid"]),
        rule=str(row["rule"]),
        title=str(row["title"]),
        technique=str(row["technique"]),
        story=str(row["story"]),
    )


def conclude(rule: Rule, found: Iterable[Detection], known: Iterable[Detection]) -> list[Conclusion]:
    """Return what must be written so that `known` holds what was `found`.

    A subject seen again within the rule's gap continues its detection under the uid that this has; so an attack of
    six hours is one detection, though no run of the rule sees all of it.
    """
    by_subject: dict[str, list[Detection]] = {}
    for detection in known:
        by_subject.setdefault(detection.subject_key, []).append(detection)
    changed: dict[str, Conclusion] = {}
    for new in sorted(found, key=lambda each: (each.first_time, each.uid)):
        stored = by_subject.setdefault(new.subject_key, [])
        old = _continued(new, stored, gap=rule.gap)
        if old is None:
            stored.append(new)
            changed[new.uid] = Conclusion(new, is_new=True, is_worse=False)
            continue
        merged = _merged(rule, old, new)
        if merged is None:
            continue
        stored[stored.index(old)] = merged
        before = changed.get(merged.uid)
        changed[merged.uid] = Conclusion(
            merged,
            is_new=before is not None and before.is_new,
            is_worse=merged.severity > old.severity or (before is not None and before.is_worse),
        )
    return sorted(changed.values(), key=lambda each: (-each.detection.severity, -each.detection.events))


def _continued(new: Detection, stored: list[Detection], *, gap: int) -> Detection | None:
    for old in reversed(stored):
        if old.uid == new.uid or (
            old.last_time >= new.first_time - gap and old.first_time <= new.last_time + gap
        ):
            return old
    return None


def _merged(rule: Rule, old: Detection, new: Detection) -> Detection | None:
    """Return both in one, None where the new says nothing more. What was seen once is never made less."""
    worse = new.severity > old.severity
    content = new if worse or (new.severity == old.severity and new.events > old.events) else old
    environments = _union(old.environments, new.environments)
    merged = msgspec.structs.replace(
        content,
        uid=old.uid,
        updated=old.updated,
        first_time=min(old.first_time, new.first_time),
        last_time=max(old.last_time, new.last_time),
        environments=environments,
        environments_all=max(old.environments_all, new.environments_all, len(environments)),
        sources=_union(old.sources, new.sources),
        request_ids=_union(old.request_ids, new.request_ids),
        functions=_union(old.functions, new.functions),
        events=max(old.events, new.events),
    )
    merged = _told(rule, merged)
    if merged == old:
        return None
    return msgspec.structs.replace(merged, updated=new.updated)


def _told(rule: Rule, detection: Detection) -> Detection:
    return msgspec.structs.replace(detection, story=render(rule.story, facts_of(detection)))


def facts_of(detection: Detection) -> dict[str, object]:
    """Return what a story and an evidence query may use: the query's facts and the detection's own columns."""
    facts: dict[str, object] = {
        "functions": detection.functions,
        "function": detection.functions[0] if detection.functions else "",
        "account": detection.account,
        "region": detection.region,
        "environments": detection.environments_all,
        "events": detection.events,
        "first_time": detection.first_time,
        "last_time": detection.last_time,
        "seconds": max(detection.last_time - detection.first_time, 0.0),
        "subject_key": detection.subject_key,
    }
    try:
        own = msgspec.json.decode(detection.facts)
    except msgspec.DecodeError:
        own = None
    return facts | own if isinstance(own, dict) else facts


def _union(first: list[_T], second: list[_T]) -> list[_T]:
    return list(dict.fromkeys([*first, *second]))[:_MANY]


def _from_columns(row: Mapping[str, object], *, updated: float) -> Detection:
    return Detection(
        uid="",
        updated=updated,
        rule="",
        title="",
        story="",
        account=str(row["account"]),
        region=str(row["region"]),
        subject_key=str(row["subject_key"]),
        functions=list(cast("list[str]", row["functions"])),
        environments=list(cast("list[int]", row["environments"])),
        environments_all=cast(int, row["environments_all"]),
        sources=list(cast("list[int]", row["sources"])),
        request_ids=[str(each) for each in cast("list[object]", row["request_ids"])],
        events=cast(int, row["events"]),
        first_time=cast(int, row["first_ms"]) / 1000,
        last_time=cast(int, row["last_ms"]) / 1000,
        severity=cast(int, row["severity"]),
        reasons=[str(each) for each in cast("list[object]", row["reasons"])][:_MANY_REASONS],
        facts=str(row["facts"]),
    )
