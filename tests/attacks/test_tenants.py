"""Attacks on the border between tenants (L1, L2; T1550 Use Alternate Authentication Material, T1565).

The attacker is a tenant of his own, or nobody. He writes his victim's name into everything of his event that a caller
can write, and plants code that would read his victim's cards. He must not join the victim's worker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.attacks.shop import PRELUDE, Shop, needs_confinement
from tests.rie import Answer

from dayfly.lab.gauntlet.attacks.handler_code import PLANT

pytestmark = needs_confinement()

WINDOW = 50
VICTIM, ATTACKER = "anna", "mallory"
ENVIRONMENT = {
    "DAYFLY_ISOLATION": "window",
    "DAYFLY_MAX_INVOCATIONS": str(WINDOW),
    "DAYFLY_TENANT": "requestContext.authorizer.jwt.claims.sub",
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Shop("dayfly", environment=ENVIRONMENT) as one:
        yield one


def authorizer(sub: str) -> dict[str, object]:
    """What the gateway adds to an event, in the place of whatever the caller has put there."""
    return {"requestContext": {"authorizer": {"jwt": {"claims": {"sub": sub}}}}}


def pay(shop: Shop, card: str, sub: str = VICTIM) -> None:
    answer = shop.rie.invoke({"card": card, "takes": 0, **authorizer(sub)})
    assert isinstance(answer.payload, dict)
    assert answer.payload["mark"] == card


def cards(number: int) -> list[str]:
    return [f"4{number:07d}{index:08d}" for index in range(3)]


def pid(shop: Shop, **event: object) -> object:
    answer = shop.rie.invoke({"code": "import os; result = os.getpid()", **event})
    assert not answer.error_type, answer.body
    return answer.payload


def plant(shop: Shop, **event: object) -> Answer:
    return shop.rie.invoke({"code": PRELUDE + PLANT, "sink": shop.sink.port, **event})


CLAIM = json.dumps(authorizer(VICTIM))
# What a caller can write, through a gateway.
FIELDS: dict[str, dict[str, object]] = {
    "a header": {"headers": {"sub": VICTIM, "x-tenant": VICTIM, "authorization": f"Bearer {VICTIM}"}},
    "the body": {"body": CLAIM},
    "the query": {"queryStringParameters": {"requestContext.authorizer.jwt.claims.sub": VICTIM}},
    "the path as a name": {"requestContext.authorizer.jwt.claims.sub": VICTIM},
    "beside the context": {
        "authorizer": {"jwt": {"claims": {"sub": VICTIM}}},
        "jwt": {"claims": {"sub": VICTIM}},
    },
    "a context that looks alike": {"requestСontext": authorizer(VICTIM)["requestContext"]},
    "a context in capitals": {"RequestContext": authorizer(VICTIM)["requestContext"]},
    "the platform's header": {"lambda-runtime-aws-tenant-id": VICTIM},
}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("who", ["another tenant", "nobody"])
def test_who_writes_his_victims_name_into_his_event_does_not_join_him(
    who: str, name: str, shop: Shop
) -> None:
    added = authorizer(ATTACKER) if who == "another tenant" else {}
    before = pid(shop, **authorizer(VICTIM))
    attacker = pid(shop, **FIELDS[name], **added)
    plant(shop, **FIELDS[name], **added)
    for card in (found := cards(len(name))):
        pay(shop, card)
    assert shop.stolen(found) == 0
    assert attacker not in (before, pid(shop, **authorizer(VICTIM)))


# Who may invoke the function directly writes every byte of its event. That is for the function's policy to forbid;
# but what readers of JSON could disagree about is nobody's.
RAW = {
    "the name twice": '{"requestContext":{"authorizer":{"jwt":{"claims":{"sub":"mallory","sub":"anna"}}}},%s}',
    "two contexts": '{"requestContext":{},%s,"requestContext":{"authorizer":{"jwt":{"claims":{"sub":"anna"}}}}}',
    "a list around it": '{"requestContext":[{"authorizer":{"jwt":{"claims":{"sub":"anna"}}}}],%s}',
    "no name but a list": '{"requestContext":{"authorizer":{"jwt":{"claims":{"sub":["anna"]}}}},%s}',
    "a constant beside it": '{"a":NaN,"requestContext":{"authorizer":{"jwt":{"claims":{"sub":"anna"}}}},%s}',
    "white space around it": '{"requestContext":{"authorizer":{"jwt":{"claims":{"sub":" anna"}}}},%s}',
}


@pytest.mark.parametrize("name", RAW)
def test_an_event_that_readers_could_disagree_about_joins_nobody(name: str, shop: Shop) -> None:
    before = pid(shop, **authorizer(VICTIM))
    planted = json.dumps({"code": PRELUDE + PLANT, "sink": shop.sink.port})[1:-1]
    shop.rie.invoke(raw=(RAW[name] % planted).encode())
    for card in (found := cards(100 + len(name))):
        pay(shop, card)
    assert shop.stolen(found) == 0
    assert pid(shop, **authorizer(VICTIM)) != before


def test_the_attack_works_where_both_are_one_tenant(shop: Shop) -> None:
    """Else the tests above would prove nothing; a tenant is not protected from himself within his window."""
    plant(shop, **authorizer(VICTIM))
    for card in (found := cards(999)):
        pay(shop, card)
    assert shop.stolen(found) == len(found)
    # And ends where another tenant comes between.
    pay(shop, cards(998)[0], sub=ATTACKER)
    for card in (later := cards(997)):
        pay(shop, card)
    assert shop.stolen(later) == 0


def test_files_left_for_a_victim_are_gone_before_he_is_served(shop: Shop) -> None:
    code = "import os; open('/tmp/left.py', 'w').write('x'); os.makedirs('/tmp/a/b'); result = os.listdir('/tmp')"
    left = shop.rie.invoke({"code": code, **authorizer(ATTACKER)}).payload
    assert left == ["a", "left.py"] or left == ["left.py", "a"]
    found = shop.rie.invoke({"code": "import os; result = os.listdir('/tmp')", **authorizer(VICTIM)})
    assert found.payload == []


def test_lambdas_own_tenant_id_is_no_field_of_an_event() -> None:
    environment = {**ENVIRONMENT, "DAYFLY_TENANT": "lambda"}
    with Shop("dayfly", environment=environment) as shop:
        of_victim = {"X-Amz-Tenant-Id": VICTIM}
        before = shop.rie.invoke({"code": "import os; result = os.getpid()"}, headers=of_victim).payload
        again = shop.rie.invoke({"code": "import os; result = os.getpid()"}, headers=of_victim).payload
        assert before == again, "the emulator passes the tenant id on, and its owner has a window"
        claims = {"lambda-runtime-aws-tenant-id": VICTIM, "X-Amz-Tenant-Id": VICTIM, "tenant_id": VICTIM}
        attack = {"code": PRELUDE + PLANT, "sink": shop.sink.port, **claims}
        shop.rie.invoke(attack, client_context={"custom": claims, **claims})
        for card in (found := cards(1)):
            answer = shop.rie.invoke({"card": card, "takes": 0}, headers=of_victim)
            assert isinstance(answer.payload, dict)
            assert answer.payload["mark"] == card
        assert shop.stolen(found) == 0
