"""OCSF and ASFF of what the fleet concluded hold to their schemas, whatever the rows hold."""

from __future__ import annotations

import json
from typing import Any, cast

import boto3
import pytest
from botocore.validate import validate_parameters
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from dayfly.core import findings as runtime
from dayfly.fleet.formats.asff import MAX_FINDING_BYTES, asff_detection, asff_finding
from dayfly.fleet.formats.ocsf import ocsf_detection, ocsf_finding
from dayfly.fleet.records.rows import NO_REQUEST, Detection, Finding
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Row, Store

T = 1_790_000_000.25
UID = "0" * 31 + "1"
SPAN = {"since": f"{T - 60}", "until": f"{T + 600}"}


def detection(**changes: Any) -> Detection:
    """A detection as a rule writes it. Any: of all fields."""
    fields: dict[str, Any] = {
        "uid": UID, "updated": T + 30, "rule": "infection_burst", "title": "Many environments hit at once", "severity": 4,
        "reasons": ["40 environments in 3 s"], "technique": "T1190, T1546", "story": "One source hit 40 environments.",
        "account": "123456789012", "region": "eu-central-1", "functions": ["checkout"], "environments": [7, 2**64 - 1],
        "environments_all": 40, "sources": [9], "request_ids": [NO_REQUEST.replace("0", "a")], "events": 44, "first_time": T,
        "last_time": T + 3, "subject_key": "9", "facts": '{"peak":40}',
    }  # fmt: skip
    return Detection(**{**fields, **changes})


def finding(**changes: Any) -> Finding:
    """A finding of the runtime, as the collector writes it. Any: of all fields."""
    fields: dict[str, Any] = {
        "time": T, "account": "123456789012", "region": "eu-central-1", "function": "checkout", "version": "3", "environment": 7,
        "sequence": 5, "uid": "0000000000000007:2:residue.memory", "kind": "residue.memory", "severity": 5, "technique": "T1574",
        "title": "Invocation modified the function's memory", "message": "Dayfly: planted", "invocation": 2,
        "request_id": NO_REQUEST.replace("0", "b"), "evidence": '{"names":["app.pay"]}', "trust": "verified",
    }  # fmt: skip
    return Finding(**{**fields, **changes})


def _rows(store: Store, asked: Store, *detections: Detection) -> tuple[list[Row], list[Row]]:
    store.insert("detections", list(detections))
    store.insert(
        "findings",
        [
            finding(),
            finding(
                severity=1,
                uid="0000000000000007:0:environment.started",
                kind="environment.started",
                sequence=1,
            ),
        ],
    )
    return (
        asked.rows(read_sql("dayfly.fleet.formats", "sql/detections"), SPAN),
        asked.rows(read_sql("dayfly.fleet.formats", "sql/findings"), {**SPAN, "severity": 2}),
    )


@pytest.mark.parametrize("where", ["store", "shards"])
def test_rows_of_the_store_are_valid_in_both_formats(where: str, request: pytest.FixtureRequest) -> None:
    store: Store = request.getfixturevalue("store")
    detections, findings = _rows(
        store, request.getfixturevalue(where), detection(), detection(updated=T + 60, severity=5, events=50)
    )
    assert [row["severity"] for row in detections] == [5]  # as it is now, once
    assert [row["kind"] for row in findings] == ["residue.memory"]
    made = [ocsf_detection(detections[0], url="https://dayfly.example.com"), ocsf_finding(findings[0])]
    for one in made:
        DetectionFinding.model_validate(one)
        json.dumps(one)
    assert made[0]["unmapped"]["environments"] == ["0000000000000007", "f" * 16]  # type: ignore[index]
    assert made[1]["unmapped"]["environment"] == "0000000000000007"  # type: ignore[index]
    asff = [
        asff_detection(
            detections[0],
            account="123456789012",
            region="eu-central-1",
            url="https://d.example",
            advice="Retire it.",
        ),
        asff_finding(findings[0], account="123456789012", region="eu-central-1"),
    ]
    _check_asff(asff)
    assert asff[0]["Resources"][0]["Id"] == "arn:aws:lambda:eu-central-1:123456789012:function:checkout"  # type: ignore[index]
    assert asff[0]["Types"] == ["TTPs/Initial Access", "TTPs/Persistence"]


def test_a_runtime_finding_has_the_fields_that_the_runtime_wrote(store: Store) -> None:
    where = runtime.Where(environment="0000000000000007", function="checkout", version="3")
    line = json.loads(
        runtime.finding_line(
            runtime.MEMORY_CHANGED, where, now=T, message="planted", number=2, request_id="r"
        )
    )
    made = ocsf_finding(_rows(store, store, detection())[1][0])
    for key in set(line) - {
        "timestamp",
        "level",
        "proof",
        "unmapped",
        "finding_info",
        "metadata",
        "resources",
        "message",
        "time",
    }:
        assert made[key] == line[key], key
    assert set(line["finding_info"]) <= set(made["finding_info"])  # type: ignore[call-overload]
    assert made["time"] == line["time"]
    assert made["resources"][0]["type"] == line["resources"][0]["type"]  # type: ignore[index]


def test_hostile_and_endless_texts_stay_within_the_limits() -> None:
    long = "\U0001f4a5\n\x00" * 5000
    row = {
        **_as_row(detection(title=long, story=long, reasons=[long] * 50, functions=[f"f{n}" for n in range(500)], technique="")),
        "account": "not an account", "region": "",
    }  # fmt: skip
    made = asff_detection(row, account="123456789012", region="cn-north-1", advice=long)
    _check_asff([made])
    assert len(json.dumps(made).encode()) <= MAX_FINDING_BYTES
    assert made["Types"] == ["Unusual Behaviors/Application"]
    assert str(made["ProductArn"]).startswith("arn:aws-cn:")
    DetectionFinding.model_validate(ocsf_detection(row))


def test_a_detection_of_no_function_is_valid_asff() -> None:
    _check_asff(
        [asff_detection(_as_row(detection(functions=[])), account="123456789012", region="eu-west-1")]
    )


def test_what_lines_say_of_a_region_is_no_part_of_an_arn_unless_it_can_be_one() -> None:
    row = _as_row(detection(region="x:lambda:*", account="١٢٣٤٥٦٧٨٩٠١٢"))
    made = asff_detection(row, account="123456789012", region="eu-west-1")
    resources = cast(list[dict[str, str]], made["Resources"])
    assert resources[0]["Id"] == "arn:aws:lambda:eu-west-1:123456789012:function:checkout"
    assert resources[0]["Region"] == "eu-west-1"


def _as_row(one: Detection) -> Row:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _check_asff(made: list[dict[str, Any]]) -> None:
    client = boto3.client(
        "securityhub", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    shape = client.meta.service_model.operation_model("BatchImportFindings").input_shape
    assert shape is not None
    validate_parameters({"Findings": made}, shape)
    for one in made:
        assert 1 <= len(one["Title"]) <= 256
        assert 1 <= len(one["Description"]) <= 1024
        assert len(one["Id"]) <= 512
        assert 1 <= len(one["Resources"]) <= 32
        assert all(len(value) <= 2048 for value in one["ProductFields"].values())
        assert {
            "SchemaVersion",
            "ProductArn",
            "GeneratorId",
            "AwsAccountId",
            "CreatedAt",
            "UpdatedAt",
        } <= set(one)
