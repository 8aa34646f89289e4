"""The AWS Security Finding Format, which Security Hub CSPM imports.

Attributes and their limits: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
and https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from dayfly.core.loglines import PRODUCT
from dayfly.fleet.formats.ocsf import (
    Row,
    environment,
    function_arn,
    milliseconds,
    parsed,
    partition,
    techniques,
    texts,
)

# Characters and numbers that Security Hub takes at most.
_TITLE, _DESCRIPTION, _ID, _RECOMMENDATION, _FIELD = 256, 1024, 512, 512, 2048
_RESOURCES, _FIELDS = 32, 50
# A finding has at most 240 kB; a batch at most 100 findings.
MAX_FINDING_BYTES = 240_000
MAX_BATCH = 100
_LABELS = {1: "INFORMATIONAL", 2: "LOW", 3: "MEDIUM", 4: "HIGH", 5: "CRITICAL"}
_NORMALIZED = {1: 0, 2: 30, 3: 60, 4: 80, 5: 95}
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
# Of what lines say, only what can be a region goes into an ARN.
_REGION = re.compile(r"[a-z]{2}(-[a-z]{1,16}){1,3}-\d{1,2}", re.ASCII)
_DEFAULT_TYPE = "Unusual Behaviors/Application"
# Types are a closed list: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-type-taxonomy.html
_TACTICS = {
    "T1190": "TTPs/Initial Access", "T1078": "TTPs/Initial Access", "T1195": "TTPs/Initial Access",
    "T1059": "TTPs/Execution", "T1203": "TTPs/Execution",
    "T1543": "TTPs/Persistence", "T1554": "TTPs/Persistence", "T1546": "TTPs/Persistence", "T1574": "TTPs/Persistence",
    "T1562": "TTPs/Defense Evasion", "T1070": "TTPs/Defense Evasion", "T1550": "TTPs/Defense Evasion",
    "T1110": "TTPs/Credential Access", "T1552": "TTPs/Credential Access", "T1528": "TTPs/Credential Access", "T1557": "TTPs/Credential Access",
    "T1087": "TTPs/Discovery", "T1595": "TTPs/Discovery", "T1580": "TTPs/Discovery",
    "T1071": "TTPs/Command and Control", "T1029": "TTPs/Command and Control",
    "T1041": "Effects/Data Exfiltration", "T1567": "Effects/Data Exfiltration", "T1020": "Effects/Data Exfiltration", "T1530": "Effects/Data Exfiltration",
    "T1496": "Effects/Resource Consumption", "T1499": "Effects/Denial of Service", "T1565": "Effects/Data Exposure",
}  # fmt: skip


def asff_detection(
    row: Row, *, account: str, region: str, url: str = "", advice: str = ""
) -> dict[str, object]:
    """Return a row of `detections` in ASFF; `account` and `region` are whose Security Hub it is for."""
    facts = {
        "dayfly/rule": str(row["rule"]),
        "dayfly/environments": str(row["environments_all"]),
        "dayfly/environment_ids": " ".join(environment(one) for one in _many(row["environments"])),
        "dayfly/events": str(row["events"]),
        "dayfly/reasons": "; ".join(texts(row["reasons"])),
        "dayfly/request_ids": " ".join(texts(row["request_ids"])),
        "dayfly/facts": json.dumps(parsed(row["facts"]), sort_keys=True),
    }
    return _finding(
        row,
        names=texts(row["functions"]),
        generator=f"dayfly/fleet/{row['rule']}",
        description=str(row["story"]) or str(row["title"]),
        created=row["first_time"],
        updated=row["updated"],
        observed=(row["first_time"], row["last_time"]),
        facts=facts,
        account=account,
        region=region,
        url=url,
        advice=advice,
    )


def asff_finding(row: Row, *, account: str, region: str, url: str = "") -> dict[str, object]:
    """Return a row of `findings` (see sql/findings.sql) in ASFF."""
    facts = {
        "dayfly/kind": str(row["kind"]),
        "dayfly/environment": str(row["environment"]),
        "dayfly/request_id": str(row["request_id"]),
        "dayfly/trust": str(row["trust"]),
        "dayfly/evidence": json.dumps(parsed(row["evidence"]), sort_keys=True),
    }
    return _finding(
        row,
        names=[str(row["function"])],
        generator=f"dayfly/runtime/{row['kind']}",
        description=str(row["message"]) or str(row["title"]),
        created=row["time"],
        updated=row["time"],
        observed=(row["time"], row["time"]),
        facts=facts,
        account=account,
        region=region,
        url=url,
        advice="",
    )


def _finding(
    row: Row,
    *,
    names: list[str],
    generator: str,
    description: str,
    created: object,
    updated: object,
    observed: tuple[object, object],
    facts: dict[str, str],
    account: str,
    region: str,
    url: str,
    advice: str,
) -> dict[str, object]:
    uid = str(row["uid"])
    # Where lines do not say whose they are, they are taken for the account's that the hub is in.
    owner = str(row["account"]) if _ACCOUNT.fullmatch(str(row["account"])) else account
    place = str(row["region"]) if _REGION.fullmatch(str(row["region"])) else region
    severity = min(5, max(1, int(str(row["severity"]))))
    made: dict[str, object] = {
        "SchemaVersion": "2018-10-08",
        # Findings of other accounts are imported by their own: the hub takes those of its account alone.
        "Id": _cut(f"{region}/{owner}/dayfly/{uid}", _ID),
        "ProductArn": f"arn:{partition(region)}:securityhub:{region}:{account}:product/{account}/default",
        "ProductName": PRODUCT,
        "CompanyName": PRODUCT,
        "GeneratorId": _cut(generator, _ID),
        "AwsAccountId": account,
        "Types": _types(str(row["technique"])),
        "CreatedAt": _iso(created),
        "UpdatedAt": _iso(updated),
        "FirstObservedAt": _iso(observed[0]),
        "LastObservedAt": _iso(observed[1]),
        "Severity": {
            "Label": _LABELS[severity],
            "Normalized": _NORMALIZED[severity],
            "Original": str(severity),
        },
        "Title": _cut(str(row["title"]) or uid, _TITLE),
        "Description": _cut(description, _DESCRIPTION),
        "ProductFields": {key: _cut(value, _FIELD) for key, value in list(facts.items())[:_FIELDS] if value},
        "Resources": [
            {
                "Type": "AwsLambdaFunction",
                "Id": _cut(function_arn(name, owner, place), _ID),
                "Partition": partition(place),
                "Region": place,
            }
            for name in names[:_RESOURCES]
        ]
        or [{"Type": "Other", "Id": _cut(f"dayfly/{uid}", _ID)}],
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
    }
    if advice:
        made["Remediation"] = {"Recommendation": {"Text": _cut(advice, _RECOMMENDATION)}}
    if url.startswith("https://"):
        made["SourceUrl"] = f"{url}/findings/{uid}"
    # 4-byte characters can make the fields above larger than one finding may be: facts go first.
    if len(json.dumps(made).encode()) > MAX_FINDING_BYTES:
        made["ProductFields"] = {"dayfly/left_out": "too long for Security Hub"}
    return made


def _types(technique: str) -> list[str]:
    found = [
        _TACTICS[one.partition(".")[0]] for one in techniques(technique) if one.partition(".")[0] in _TACTICS
    ]
    return list(dict.fromkeys(found)) or [_DEFAULT_TYPE]


def _iso(moment: object) -> str:
    stamp = datetime.fromtimestamp(milliseconds(moment) / 1000, UTC)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03d}Z"


def _cut(text: str, limit: int) -> str:
    clean = "".join(one if one.isprintable() else " " for one in text)
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
