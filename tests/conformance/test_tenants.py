"""A worker serves one tenant alone, and files go before another is served; who is not known shares with nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
PATH = "requestContext.authorizer.jwt.claims.sub"


def started(tenant: str, **more: str) -> RuntimeProcess:
    environment = {"DAYFLY_ISOLATION": "window", "DAYFLY_TENANT": tenant, "DAYFLY_JITTER": "0", **more}
    return RuntimeProcess(FUNCTIONS, "policies.handler", runtime="dayfly", environment=environment)


@pytest.fixture(scope="module", params=["off", "on"], ids=["open", "locked"])
def by_header(request: pytest.FixtureRequest) -> Iterator[RuntimeProcess]:
    with started("lambda", DAYFLY_API_LOCK=request.param) as process:
        yield process


@pytest.fixture(scope="module")
def by_path() -> Iterator[RuntimeProcess]:
    with started(PATH) as process:
        yield process


def ask(process: RuntimeProcess, event: dict[str, object], *, tenant: str = "") -> dict[str, object]:
    headers = {"Lambda-Runtime-Aws-Tenant-Id": tenant}
    payload = process.settle(process.api.send(event, headers=headers)).payload
    assert isinstance(payload, dict), payload
    return payload


def of_tenant(process: RuntimeProcess, tenant: str, act: str = "file") -> dict[str, object]:
    return ask(process, {"act": act, "tenant": tenant}, tenant=tenant)


def claimed(sub: object) -> dict[str, object]:
    return {"requestContext": {"authorizer": {"jwt": {"claims": {"sub": sub}}}}}


def test_a_worker_serves_one_tenant_and_leaves_the_next_nothing(by_header: RuntimeProcess) -> None:
    tenants = ["a", "a", "b", "b", "b", "a", "b", "a", "a"]
    answers = [of_tenant(by_header, tenant) for tenant in tenants]
    assert [answer["seen"] for answer in answers] == [1, 2, 1, 2, 3, 1, 1, 1, 2]
    for tenant, answer in zip(tenants, answers, strict=True):
        assert set(map(str, _list(answer["tenants"]))) == {tenant}
        assert answer["files"] == ([] if answer["seen"] == 1 else ["left"])
    assert len({answer["init"] for answer in answers}) == 1


def test_events_without_a_tenant_share_a_worker_with_nobody(by_header: RuntimeProcess) -> None:
    of_tenant(by_header, "a")
    answers = [ask(by_header, {"act": "file", "tenant": "nobody"}) for _ in range(3)]
    answers.append(of_tenant(by_header, "a"))
    assert [answer["seen"] for answer in answers] == [1, 1, 1, 1]
    assert [answer["files"] for answer in answers] == [[], [], [], []]
    assert len({answer["pid"] for answer in answers}) == 4


def test_a_claim_of_an_authorizer_tells_tenants_apart(by_path: RuntimeProcess) -> None:
    events = [claimed(sub) for sub in ("anna", "anna", "berta", "anna")]
    assert [ask(by_path, event)["seen"] for event in events] == [1, 2, 1, 1]


@pytest.mark.parametrize(
    "event",
    [
        {"headers": {"authorization": "anna"}, "body": json.dumps(claimed("anna"))},
        {"requestContext": {"authorizer": None}, "authorizer": {"jwt": {"claims": {"sub": "anna"}}}},
        {"requestContext": {"authorizer": {"claims": {"sub": "anna"}}}},
        claimed(["anna"]),
        claimed(""),
        claimed(7),
        claimed("аnna"),
        claimed("anna "),
        claimed("\ud800"),
    ],
    ids=str,
)
def test_who_only_looks_like_a_tenant_does_not_join_him(
    by_path: RuntimeProcess, event: dict[str, object]
) -> None:
    victim = ask(by_path, claimed("anna"))
    intruder = ask(by_path, event)
    after = ask(by_path, claimed("anna"))
    assert intruder["seen"] == after["seen"] == 1
    assert len({victim["pid"], intruder["pid"], after["pid"]}) == 3


def test_an_event_that_cannot_be_read_is_served_in_a_worker_of_its_own(by_path: RuntimeProcess) -> None:
    victim = ask(by_path, claimed("anna"))
    text = json.dumps(claimed("anna"))
    twice = text.replace('"sub": "anna"', '"sub": "mallory", "sub": "anna"').encode()
    outcome = by_path.settle(by_path.api.send(body=twice))
    assert isinstance(outcome.payload, dict)
    assert outcome.payload["seen"] == 1
    assert outcome.payload["pid"] != victim["pid"]


def test_nothing_of_a_tenant_is_written_to_the_log(by_path: RuntimeProcess) -> None:
    ask(by_path, claimed("unmistakable-name"))
    ask(by_path, {**claimed("other"), "act": "child"})
    assert "residue.process" in by_path.output()
    assert "unmistakable-name" not in by_path.output()


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
