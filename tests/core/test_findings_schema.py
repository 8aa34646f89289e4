"""Findings against the schema's own models: Detection Finding and the objects in it, by py-ocsf-models.

It knows OCSF 1.5, whose Detection Finding 1.6 only adds to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from pydantic import BaseModel
from tests.native.compared import ended
from tests.native.test_invocation_findings import notes

from dayfly.core.findings import KINDS, FindingKind, Where, finding_line
from dayfly.core.policy import TABLES
from dayfly.core.reports import SUBJECTS

__all__ = ["ended"]

WHERE = Where(environment="0123456789abcdef", function="shop", version="7")
# For Lambda's log-level filter, beside the schema.
OURS = {"timestamp", "level"}


def line(kind: FindingKind) -> dict[str, object]:
    made = finding_line(
        kind,
        WHERE,
        now=1_764_000_000.25,
        message="something was found",
        number=3,
        request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        evidence={"rule": "python.structure", "count": 2, "names": ["a", "b"]},
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


@pytest.mark.usefixtures("ended")
def test_so_is_every_rule_of_the_guard_with_a_technique_of_its_own() -> None:
    packed = [f"{subject}.rule||a|" for subject in SUBJECTS if subject != "capability"]
    packed += [f"capability.{kind}||a||b|c|init|" for kind in (*TABLES, "shape")]
    for text in packed:
        (record,) = notes(f"Grefused|{text}".encode())
        attacks = DetectionFinding.model_validate(record).finding_info.attacks
        assert attacks is not None
        technique = attacks[0].technique
        assert technique is not None
        # That of a use of any kind.
        assert technique.uid != "T1195.002", text


def test_the_models_refuse_what_is_no_finding() -> None:
    record = line(KINDS[0])
    for name in ("metadata", "time", "severity_id", "type_uid", "finding_info"):
        with pytest.raises(ValueError, match=name):
            DetectionFinding.model_validate({key: value for key, value in record.items() if key != name})
