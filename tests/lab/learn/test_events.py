"""What a function uses on its events is seen, becomes a policy, and the policy lets it run and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.item_service import item_service
from tests.lab.learn.making import SHOP, copy, request, run_lab, serve
from tests.lab.running import both_confinements

from dayfly.lab.learn.events import Ran, learn_from_events
from dayfly.lab.model import ConfinementChoice
from dayfly.lab.plan.model import Trial
from dayfly.policy.checking import check
from dayfly.policy.document import read_document
from dayfly.policy.explaining import explain
from dayfly.policy.learned import learn
from dayfly.policy.logs import parse_log
from dayfly.policy.model import Gathered, PolicyError
from dayfly.policy.writing import write_policy

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


@pytest.fixture
def aws() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    session.client("dynamodb", endpoint_url=url).create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    session.client("s3", endpoint_url=url).create_bucket(
        Bucket="receipts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    yield url
    server.stop()


def run(wanted: Trial) -> Ran:
    return asyncio.run(learn_from_events(wanted, progress=lambda done, total, uses: None))


def write(folder: Path, gathered: Gathered) -> None:
    """Put what was learned into the package, blocking, and look it over."""
    path = folder / "dayfly.toml"
    text = path.read_text() if path.exists() else ""
    today = datetime.now(UTC)
    path.write_text(write_policy(text, learn([gathered]), today=today.date(), source="events", mode="block"))
    assert check(read_document(path), now=today, folder=folder) == ()


def uses(gathered: Gathered) -> dict[str, set[tuple[str, tuple[str, ...], str]]]:
    found: dict[str, set[tuple[str, tuple[str, ...], str]]] = {}
    for seen in gathered.seen:
        found.setdefault(seen.use.kind, set()).add((seen.use.target, seen.use.packages, seen.use.phase))
    return found


@both_confinements
def test_uses_are_seen_with_package_phase_place_and_event(
    confinement: ConfinementChoice, service: str, tmp_path: Path
) -> None:
    folder = copy("shop", tmp_path)
    environment = {"RATE": "1.5", "SERVICE": service}
    wanted = request(folder, SHOP, environment=environment, confinement=confinement)
    gathered = run(wanted).gathered
    found = uses(gathered)
    assert ("git", ("function",), "invoke") in found["process"]
    assert found["network"] == {(service.removeprefix("http://"), ("carrier",), "invoke")}
    assert ("RATE", ("function",), "init") in found["environment"]
    assert {target for target, _, _ in found["write"]} == {"${TMP}/*"}
    assert "o-1" not in json.dumps([seen.use.target for seen in gathered.seen]), "an order is the event's"
    by_unit = {(seen.use.kind, seen.unit) for seen in gathered.seen if seen.use.phase == "invoke"}
    assert {("process", "3.json"), ("network", "2.json"), ("write", "1.json")} <= by_unit
    assert ("network", "0.json") not in by_unit
    assert {seen.place for seen in gathered.seen if seen.use.kind == "process"} == {"app.py:15 handler"}
    assert (gathered.malformed, gathered.failed, gathered.notes) == (0, (), ())
    assert gathered.unreached == ("app.py:25 refund",)


def test_what_was_learned_lets_the_function_run_and_refuses_a_trojan(service: str, tmp_path: Path) -> None:
    folder = copy("shop", tmp_path)
    environment = {"RATE": "1.5", "SERVICE": service, **KEYS}
    write(folder, run(request(folder, SHOP, environment=environment)).gathered)
    answers, found = asyncio.run(serve(folder, SHOP * 2, environment))
    assert [answer.function_error for answer in answers] == [None] * 8
    assert json.loads(answers[0].payload) == 4.5
    assert found == []
    # A new version of a package that never did anything but multiply.
    trojan = folder / "prices" / "__init__.py"
    honest = trojan.read_text()
    trojan.write_text(
        honest.replace(
            "    return", "    import urllib.request\n    urllib.request.urlopen(service())\n    return"
        )
        + "def service():\n    import carrier, os\n    return os.environ['SERVICE'] + '/stolen'\n"
    )
    answers, found = asyncio.run(serve(folder, SHOP[:2], environment))
    assert "Dayfly.Refused" in answers[0].payload.decode()
    assert answers[1].function_error is None, "the rest of the function runs"
    assert found[0]["finding_info"]["types"] == ["guard.refused"]
    evidence = found[0]["unmapped"]["evidence"]
    assert (evidence["kind"], evidence["packages"]) in [("network", ["prices"]), ("environment", ["prices"])]
    # The same at import, for what lies in the environment of every function.
    trojan.write_text(f"import os\nKEY = os.environ['AWS_SECRET_ACCESS_KEY']\n{honest}")
    answers, found = asyncio.run(serve(folder, SHOP[:1], environment))
    assert answers[0].function_error is not None
    kinds = [one["unmapped"]["evidence"].get("kind") for one in found]
    assert "credentials" in kinds, found


@pytest.mark.slow
def test_a_function_on_boto3_runs_under_its_policy(aws: str, tmp_path: Path) -> None:
    folder = copy("orders", tmp_path)
    environment = {**KEYS, "AWS_ENDPOINT_URL": aws, "TABLE": "orders"}
    values: list[dict[str, Any]] = [{"order": "o-1"}, {"order": "3f0c-77"}]
    gathered = run(request(folder, values, environment=environment)).gathered
    assert gathered.failed == ()
    found = uses(gathered)
    assert {"botocore", "urllib3"} <= {name for _, packages, _ in found["network"] for name in packages}
    assert found["credentials"]
    write(folder, gathered)
    answers, found_by_guard = asyncio.run(serve(folder, values * 2, environment))
    assert [json.loads(answer.payload)["id"]["S"] for answer in answers] == ["o-1", "3f0c-77"] * 2
    assert found_by_guard == []


@pytest.mark.slow
def test_a_log_of_an_observe_period_becomes_a_policy_as_well(service: str, tmp_path: Path) -> None:
    folder = copy("shop", tmp_path)
    environment = {"RATE": "1.5", "SERVICE": service}
    observing = {**environment, "DAYFLY_GUARD": "observe", "DAYFLY_GUARD_LEARN": "on"}
    _, lines = asyncio.run(run_lab(folder, SHOP * 2, observing))
    log = parse_log("\n".join(lines))
    assert log.malformed == 0
    assert {entry.verdict for entry in log.entries} == {"used"}
    assert len(log.requests) == 8
    ran = run(request(folder, SHOP, environment=environment)).gathered
    assert {entry.seen.use for entry in log.entries} == {seen.use for seen in ran.seen}
    write(folder, log.gather())
    answers, found = asyncio.run(serve(folder, SHOP, environment))
    assert [answer.function_error for answer in answers] == [None] * 4
    assert found == []
    # What the policy does not allow is in the log of the next observe period, as a use that was observed.
    (folder / "app.py").write_text((folder / "app.py").read_text().replace('"git"', '"uname"'))
    path = folder / "dayfly.toml"
    path.write_text(path.read_text().replace('mode = "block"', 'mode = "observe"'))
    _, lines = asyncio.run(run_lab(folder, SHOP, {**environment, "DAYFLY_GUARD": "observe"}))
    log = parse_log("\n".join(lines))
    assert [(entry.seen.use.target, entry.verdict) for entry in log.entries] == [("uname", "observed")]
    assert explain(read_document(path), log.entries[0].seen.use).effect == "observed"


@pytest.mark.slow
def test_a_policy_that_is_there_does_not_hide_what_is_needed(service: str, tmp_path: Path) -> None:
    folder = copy("shop", tmp_path)
    path = folder / "dayfly.toml"
    path.write_text(
        'tmp = "scrub"\n[policy]\nmode = "block"\n[policy.process]\nallow = []\n[policy.packages]\n'
    )
    text = path.read_text()
    gathered = run(request(folder, SHOP, environment={"RATE": "1", "SERVICE": service})).gathered
    assert gathered.failed == ()
    assert "git" in {target for target, _, _ in uses(gathered)["process"]}
    assert path.read_text() == text


@pytest.mark.slow
def test_a_function_that_cannot_be_forked_shows_every_use_with_every_event(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import socket\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "loaded = []\n"
        "def handler(event, context):\n"
        "    if not loaded:\n"
        "        loaded.append(open('/etc/passwd').read())\n"
    )
    gathered = run(request(tmp_path, [{}, {}, {}])).gathered
    assert {seen.unit for seen in gathered.seen if seen.use.target == "/etc/passwd"} == {
        "0.json",
        "1.json",
        "2.json",
    }
    assert "cannot be forked" in gathered.notes[0]


def test_events_that_fail_are_named_and_a_function_that_always_fails_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1 / event['n']\n")
    assert run(request(tmp_path, [{"n": 1}, {"n": 0}])).gathered.failed == ("1.json",)
    with pytest.raises(PolicyError, match="fails on every event: ZeroDivisionError"):
        run(request(tmp_path, [{"n": 0}]))
    (tmp_path / "app.py").write_text("def handler(event, context):\n    pass\nraise KeyError('TABLE')\n")
    with pytest.raises(PolicyError, match="fails on every event"):
        run(request(tmp_path, [{"n": 0}]))
