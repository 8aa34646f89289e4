"""An attack in the lab, its log lines in a running `dayfly fleet serve` by the collector's own door, and what really happened."""

from __future__ import annotations

import asyncio
import gzip
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.fleet.service.running import Served, add_people, until

from dayfly.fleet.store.store import Place, Store
from dayfly.lab.demo.shop import FUNCTION, Shop
from dayfly.lab.demo.traffic import attack_event
from dayfly.lab.model import FunctionConfig, LogLine
from dayfly.lab.shipping import subscription_records

ATTACKER = "203.0.113.77"
ACCESS_KEY = "ASIAEXAMPLEEXAMPLE77"
DESK = "desk"
# Another function at which the same address knocks: it refuses with 403.
_DESK = """
def handler(event, context):
    with open("/tmp/seen", "w") as file:
        file.write("1")
    return {"statusCode": 403 if event["rawPath"] == "/closed" else 200, "body": ""}
"""
# The rule waits two minutes to see that silence followed, and lets a function be known for six hours first.
_RULES = """
[infection_burst]
every = 1
silence = 2
learned = 0
min_environments = 1
"""


@dataclass(slots=True)
class Attacked:
    """`lines` are Dayfly's own lines as the collector got them; the sets of request ids are what the lab did."""

    served: Served
    store: Store
    lines: list[dict[str, Any]] = field(default_factory=list)
    attacks: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    knocks: set[str] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    survived: set[str] = field(default_factory=set)
    forged: str = ""

    @property
    def invocations(self) -> list[dict[str, Any]]:
        """The lines of invocations."""
        return [one for one in self.lines if "outcome" in one]

    @property
    def uses(self) -> list[dict[str, Any]]:
        """The lines that tell of a new use of a capability, with what they say of it."""
        return [
            {**one["unmapped"], "function": one["resources"][0]["name"]}
            for one in self.lines
            if one.get("finding_info", {}).get("types") == ["guard.capability"]
        ]


class _Recorder:
    """Takes the lab's lines in place of its shipper."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []

    def take(self, line: LogLine) -> None:
        self.lines.append(line)

    def close(self) -> None:
        """Nothing waits."""


async def _play(found: Attacked, key: str, desk: Path) -> list[LogLine]:
    recorder = _Recorder()
    async with Shop(random=Random(7), environments=2) as shop:
        shop._shipper = recorder  # type: ignore[assignment]
        variables = {"DAYFLY_FLEET_KEY": key, "DAYFLY_GUARD_LEARN": "on"}
        await shop.open(isolation="process", variables=variables)
        environment = {**variables, "DAYFLY_ISOLATION": "process", "DAYFLY_LOG_INVOCATIONS": "on"}
        await shop.lab.add_function(
            FunctionConfig(
                DESK, folder=desk, handler="app.handler", runtime="dayfly", environment=environment
            )
        )
        found.customers |= {one.request_id for _, one in await shop.sell(4, at_once=2)}
        host, port = shop._sink.host, shop._sink.port
        for _ in range(4):
            event = attack_event(sink_host=host, sink_port=port, address=ATTACKER)
            found.attacks |= {(await shop._call(event)).request_id}
        found.customers |= {one.request_id for _, one in await shop.sell(6, at_once=2)}
        for number in range(3):
            # The same address looks for what the form takes: each fails.
            event = json.loads(attack_event(sink_host="h", sink_port=1, address=ATTACKER))
            event["body"] = json.dumps({"customer": "x", "card": "0", "amount": f"no_{number}"})
            found.broken |= {(await shop._call(json.dumps(event).encode())).request_id}
        for path in ("/closed", "/open", "/closed"):
            event = json.loads(attack_event(sink_host="h", sink_port=1, address=ATTACKER))
            event["rawPath"] = event["requestContext"]["http"]["path"] = path
            event["routeKey"] = event["requestContext"]["routeKey"] = f"POST {path}"
            answer = await shop.lab.invoke(DESK, json.dumps(event).encode())
            found.knocks.add(answer.request_id)
            if path == "/closed":
                found.refused.add(answer.request_id)
        found.customers |= {(await shop.ping(1))[0].request_id}
        await shop.settle()
        found.survived = {report.request_id for report in shop.reports if report.has_survived}
    return recorder.lines


def _trail() -> bytes:
    """A file of CloudTrail's: the function's key used from where the function is, and from elsewhere."""
    calls = [
        {
            "eventVersion": "1.09",
            "eventID": str(uuid.uuid4()),
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "dynamodb.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "recipientAccountId": "000000000000",
            "sourceIPAddress": address,
            "userAgent": "aws-cli",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::000000000000:assumed-role/{FUNCTION}-role/{FUNCTION}",
                "accountId": "000000000000",
                "accessKeyId": key,
                "sessionContext": {"sessionIssuer": {"type": "Role", "userName": f"{FUNCTION}-role"}},
            },
        }
        for name, address, key in (
            ("PutItem", "198.51.100.1", ACCESS_KEY),
            ("Scan", ATTACKER, ACCESS_KEY),
            ("PutItem", "198.51.100.2", "ASIAEXAMPLEEXAMPLE99"),
        )
    ]
    return gzip.compress(json.dumps({"Records": calls}).encode())


@contextmanager
def attacked(folder: Path, clickhouse_url: str) -> Iterator[Attacked]:
    """Serve, play and bring the lines in; the service runs until the end."""
    (desk := folder.with_name("desk")).mkdir()
    (desk / "app.py").write_text(_DESK)
    folder.mkdir()
    (folder / "rules.toml").write_text(_RULES)
    add_people(folder)
    with Served(folder, store=clickhouse_url) as served, Store(Place.parse(clickhouse_url)) as store:
        found = Attacked(served, store)
        lines = asyncio.run(_play(found, (folder / "fleet.key").read_text().split()[0], desk))
        kept = _tampered(found, lines)
        with served.api() as api:
            api.post("/ingest/lab", content=subscription_records(kept, first_id=1)).raise_for_status()
            api.post("/ingest/trail", content=_trail()).raise_for_status()
            until(lambda: api.get("/api/v1/status").json()["collector"]["queue_batches"] == 0)
            until(lambda: api.get("/api/v1/status").json()["collector"]["rows"] >= len(found.lines))
        yield found


def _tampered(found: Attacked, lines: list[LogLine]) -> list[LogLine]:
    """The attacker keeps one line of its own from the log and prints one that Dayfly never wrote."""
    found.suppressed = {min(found.attacks)}
    kept: list[LogLine] = []
    for line in lines:
        try:
            told = json.loads(line.text)
        except ValueError:
            kept.append(line)
            continue
        is_ours = isinstance(told, dict) and "metadata" in told
        if is_ours and "outcome" in told and told["request_id"] in found.suppressed:
            continue
        if is_ours:
            found.lines.append(told)
        kept.append(line)
    victim = next(line for line in kept if '"outcome"' in line.text)
    found.forged = str(uuid.uuid4())
    told = json.loads(victim.text) | {"request_id": found.forged, "sequence": 900_000, "invocation": 900_000}
    return [*kept, replace(victim, text=json.dumps(told))]
