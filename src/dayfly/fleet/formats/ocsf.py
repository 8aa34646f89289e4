"""OCSF Detection Findings (class 2004) of what the fleet concluded and of what runtimes found.

https://schema.ocsf.io/1.6.0/classes/detection_finding; fields and their order are those of the runtime's own findings
(`core/findings.py`), so that a reader of one can read the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from dayfly import __version__
from dayfly.core.findings import ATTACK_VERSION, KINDS, OCSF_VERSION
from dayfly.core.loglines import PRODUCT
from dayfly.fleet.exporting.techniques import NAMES
from dayfly.fleet.records.rows import NO_REQUEST

Row = Mapping[str, object]
SEVERITY_WORDS = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
_MEANINGS = {kind.uid: kind.meaning for kind in KINDS}


def ocsf_detection(row: Row, *, url: str = "", is_update: bool = False) -> dict[str, object]:
    """Return a row of `detections` as a Detection Finding; `url` is the console's address, "" for none."""
    uid, title, story = (str(row[key]) for key in ("uid", "title", "story"))
    info: dict[str, object] = {
        "uid": uid,
        "title": title,
        "types": [str(row["rule"])],
        "desc": story,
        "created_time": milliseconds(row["first_time"]),
        "modified_time": milliseconds(row["updated"]),
        "first_seen_time": milliseconds(row["first_time"]),
        "last_seen_time": milliseconds(row["last_time"]),
        "analytic": {"uid": str(row["rule"]), "name": str(row["rule"]), "type_id": 1, "type": "Rule"},
    }
    if url:
        info["src_url"] = f"{url}/findings/{uid}"
    _add_attacks(info, str(row["technique"]))
    return {
        "message": f"{PRODUCT}: {title}",
        **_head(int(str(row["severity"])), is_update=is_update),
        "time": milliseconds(row["updated"]),
        "start_time": milliseconds(row["first_time"]),
        "end_time": milliseconds(row["last_time"]),
        "count": max(1, int(str(row["events"]))),
        "finding_info": info,
        "metadata": _metadata(uid),
        "cloud": _cloud(row),
        "resources": [_function(name, row) for name in texts(row["functions"])],
        "unmapped": {
            "reasons": texts(row["reasons"]),
            "environments": [environment(one) for one in _many(row["environments"])],
            "environments_all": int(str(row["environments_all"])),
            "sources": [environment(one) for one in _many(row["sources"])],
            "request_ids": texts(row["request_ids"]),
            "facts": parsed(row["facts"]),
        },
    }


def ocsf_finding(row: Row, *, url: str = "") -> dict[str, object]:
    """Return a row of `findings` (see sql/findings.sql) as a Detection Finding, as the runtime itself had written it."""
    uid, kind = str(row["uid"]), str(row["kind"])
    info: dict[str, object] = {
        "uid": uid,
        "title": str(row["title"]),
        "types": [kind],
        "desc": _MEANINGS.get(kind, str(row["title"])),
        "created_time": milliseconds(row["time"]),
        "analytic": {"uid": kind, "name": kind, "type_id": 1, "type": "Rule"},
    }
    if url:
        info["src_url"] = f"{url}/findings/{uid}"
    _add_attacks(info, str(row["technique"]))
    unmapped: dict[str, object] = {
        "environment": str(row["environment"]),
        "sequence": int(str(row["sequence"])),
    }
    if row["invocation"]:
        unmapped["invocation"] = int(str(row["invocation"]))
    for key in ("request_id", "source_request"):
        if str(row[key]) != NO_REQUEST:
            unmapped[key] = str(row[key])
    return {
        "message": str(row["message"]),
        **_head(int(str(row["severity"]))),
        "time": milliseconds(row["time"]),
        "finding_info": info,
        "metadata": _metadata(uid),
        "cloud": _cloud(row),
        "resources": [{**_function(str(row["function"]), row), "version": str(row["version"])}],
        "unmapped": {**unmapped, "evidence": parsed(row["evidence"]), "trust": str(row["trust"])},
    }


def milliseconds(moment: object) -> int:
    """A time of the store, or seconds since the epoch, as OCSF has it."""
    if isinstance(moment, datetime):
        return round(moment.replace(tzinfo=UTC).timestamp() * 1000)
    return round(float(str(moment)) * 1000)


def environment(value: object) -> str:
    """An environment, or a keyed hash, as everybody writes it."""
    return f"{int(str(value)):016x}"


def texts(value: object) -> list[str]:
    """A column of many texts."""
    return [str(one) for one in _many(value)]


def parsed(value: object) -> object:
    """A column that holds JSON; {} where it does not."""
    try:
        return json.loads(str(value))
    except ValueError:
        return {}


def techniques(text: str) -> list[str]:
    """The ATT&CK ids of a rule, the most telling first."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _head(severity: int, *, is_update: bool = False) -> dict[str, object]:
    number = min(5, max(1, severity))
    activity, word = (2, "Update") if is_update else (1, "Create")
    return {
        "activity_id": activity,
        "activity_name": word,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200400 + activity,
        "type_name": f"Detection Finding: {word}",
        "severity_id": number,
        "severity": SEVERITY_WORDS[number],
        "status_id": 1,
        "status": "New",
    }


def _metadata(uid: str) -> dict[str, object]:
    return {
        "version": OCSF_VERSION,
        "uid": uid,
        "profiles": ["cloud"],
        "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": __version__},
    }


def _cloud(row: Row) -> dict[str, object]:
    made: dict[str, object] = {"provider": "AWS"}
    if row["account"]:
        made["account"] = {
            "uid": str(row["account"]),
            "name": str(row["account"]),
            "type": "AWS Account",
            "type_id": 10,
        }
    if row["region"]:
        made["region"] = str(row["region"])
    return made


def _function(name: str, row: Row) -> dict[str, object]:
    made: dict[str, object] = {"type": "AWS::Lambda::Function", "name": name}
    if row["account"] and row["region"]:
        made["uid"] = function_arn(name, str(row["account"]), str(row["region"]))
        made["region"] = str(row["region"])
    return made


def function_arn(name: str, account: str, region: str) -> str:
    """The ARN of a function."""
    return f"arn:{partition(region)}:lambda:{region}:{account}:function:{name}"


def partition(region: str) -> str:
    """The partition a region is in: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _add_attacks(info: dict[str, object], technique: str) -> None:
    if found := techniques(technique):
        info["attacks"] = [
            {
                "version": ATTACK_VERSION,
                "technique": {"uid": one, "name": NAMES.get(one, one)},
            }
            for one in found
        ]


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
