"""Findings against the schema's own models: Detection Finding and the objects in it, by py-ocsf-models.

It knows OCSF 1.5, whose Detection Finding 1.6 only adds to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from pydantic import BaseModel

from dayfly.core.findings import KINDS, FindingKind, Where, finding_line
from dayfly.core.reports import CAPABILITIES, SUBJECTS, Report

WHERE = Where(environment="0123456789abcdef", function="shop", version="7")
# For Lambda's log-level filter, beside the schema.
OURS = {"timestamp", "level"}


def line(kind: FindingKind, attack: tuple[str, str] | None = None) -> dict[str, object]:
    made = finding_line(
        kind,
        WHERE,
        now=1_764_000_000.25,
        message="something was found",
        number=3,
        request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        evidence={"rule": "python.structure", "count": 2, "names": ["a", "b"]},
        attack=attack,
    )
    found: dict[str, object] = json.loads(made)
    return found


def unknown_in(value: object, model: BaseModel, path: str = "") -> Iterator[str]:
    """Yield the attributes that a model has no field for: pydantic passes over them."""
    assert isinstance(value, dict)
    fields = type(model).model_fields
    for name, inner in value.items():
        if name not in fields:
            yield f"{path}{name}"
            continue
        known = getattr(model, name)
        pairs = zip(inner, known, strict=True) if isinstance(inner, list) else [(inner, known)]
        for item, held in pairs:
            if isinstance(held, BaseModel):
                yield from unknown_in(item, held, f"{path}{name}.")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.uid)
def test_every_kind_of_finding_is_a_detection_finding(kind: FindingKind) -> None:
    record = line(kind)
    model = DetectionFinding.model_validate(record)
    assert set(unknown_in(record, model)) <= OURS
    assert model.type_uid == model.class_uid * 100 + model.activity_id


def test_so_is_every_rule_of_the_guard_with_its_own_technique() -> None:
    (refused,) = (kind for kind in KINDS if kind.uid == "guard.refused")
    rules = [f"{subject}.rule" for subject in SUBJECTS] + [f"capability.{kind}" for kind in CAPABILITIES]
    for rule in rules:
        attack = Report("refused", rule).attack
        model = DetectionFinding.model_validate(line(refused, attack))
        assert model.finding_info.attacks is not None
        assert model.finding_info.attacks[0].technique is not None
        assert model.finding_info.attacks[0].technique.uid == attack[0]


def test_the_models_refuse_what_is_no_finding() -> None:
    record = line(KINDS[0])
    for name in ("metadata", "time", "severity_id", "type_uid", "finding_info"):
        with pytest.raises(ValueError, match=name):
            DetectionFinding.model_validate({key: value for key, value in record.items() if key != name})
