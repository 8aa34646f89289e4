"""A trojaned library does what the policy never saw it do (L2), at import and at call; what is honest goes on.

The function, its honest library and its trojaned one are deployed as `pip install --target` leaves them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.item_service import item_service

pytestmark = needs_confinement()

FUNCTIONS = Path(__file__).parent / "supply_chain" / "functions"
KEY, SECRET = "sk_live_51Hx8Qe", "wJalrXUtnFEMI"
# What it does, and the kind of use that it is.
TROJANS = {
    "urllib": "network",
    "socket": "network",
    "lookup": "network",
    "subprocess": "process",
    "system": "process",
    "fork": "process",
    "silent_child": "process",
    "variable": "environment",
    "all_variables": "credentials",
    "credentials": "credentials",
    "environment_file": "credentials",
    "file": "read",
    "link": "read",
    "writing": "write",
    "library": "native",
    "symbols": "native",
    "thread": "threads",
    "library_of_others": "network",
    "text": "process",
    "forged_name": "process",
    "forged_library_name": "process",
    "forged_code": "process",
    "forged_globals": "process",
    "collector": "process",
    "generator": "process",
    "partial": "process",
    "finalizer": "process",
    "decorator": "process",
}
# Code objects that nobody executed before they were called: whose they are cannot be said.
NOBODYS = {"forged_code"}
HONEST = {
    "honest_page": "item",
    "honest_child": "paid\n",
    "honest_file": "paid",
    "honest_thread": "item",
    "honest_callback": "paid",
    "honest_variable": len(KEY),
}
AT_IMPORT = (
    "urllib",
    "subprocess",
    "variable",
    "credentials",
    "file",
    "thread",
    "library_of_others",
    "forged_name",
)


def policy_of(service: str, mode: str) -> str:
    return f"""
[policy]
mode = "{mode}"
[policy.process]
allow = ["echo"]
[policy.network]
allow = ["{service.removeprefix("http://")}"]
[policy.read]
allow = ["${{TMP}}/*"]
[policy.write]
allow = ["${{TMP}}/*"]
[policy.environment]
allow = ["STRIPE_KEY", "SERVICE", "AT_IMPORT", "*_proxy", "*_PROXY", "REQUEST_METHOD"]
[policy.threads]
allow = ["function"]
[policy.packages.function]
uses = ["process", "network", "read", "write", "environment", "threads"]
[policy.packages.client]
uses = ["network", "environment"]
[policy.packages.tracker]
init = ["environment"]
"""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


def deploy(folder: Path, service: str, mode: str, policy: str = "") -> Path:
    function = folder / "function"
    shutil.copytree(FUNCTIONS, function, ignore=shutil.ignore_patterns("__pycache__"))
    (function / "dayfly.toml").write_text(policy or policy_of(service, mode))
    return function


def shop_with(function: Path, service: str, **environment: str) -> Shop:
    variables = {"DAYFLY_GUARD": "observe", "SERVICE": service, "STRIPE_KEY": KEY, **environment}
    return Shop("dayfly", environment=variables, function=function)


@pytest.fixture(scope="module", params=["block", "observe"])
def shop(
    request: pytest.FixtureRequest, service: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    function = deploy(tmp_path_factory.mktemp("deployed"), service, request.param)
    with shop_with(function, service) as one:
        assert one.rie.invoke({}).payload == {"found": None}
        one.usual = request.param
        yield one


def guards(shop: Shop) -> list[dict[str, object]]:
    """What the guard has found so far, once the invocation before is all told."""
    shop.rie.invoke({})
    found = []
    for line in shop.rie.logs().split("\n"):
        if line.startswith("{") and '"types":["guard.' in line:
            record = json.loads(line)
            assert KEY not in line
            assert SECRET not in line
            found.append({"id": record["finding_info"]["types"][0], **record["unmapped"]["evidence"]})
    return found


@pytest.mark.parametrize("name", TROJANS)
def test_what_a_library_never_did_is_refused_or_found(name: str, shop: Shop) -> None:
    before = len(guards(shop))
    answer = shop.rie.invoke({"of": name})
    found = guards(shop)[before:]
    kinds = {TROJANS[name], "environment"} if name == "all_variables" else {TROJANS[name]}
    first = next((one for one in found if one.get("kind") in kinds), {})
    assert first, answer.body
    assert first["rule"] == f"capability.{first['kind']}"
    packages = first["packages"]
    assert isinstance(packages, list)
    assert ("?" if name in NOBODYS else "tracker") in packages
    assert first["phase"] == "invoke"
    if shop.usual == "block":
        assert first["id"] == "guard.refused"
        assert answer.error_type == "Dayfly.Refused"
        assert "tracker" in str(answer.body) or name in NOBODYS
    else:
        assert first["id"] == "guard.capability"
        assert first["verdict"] == "observed"
        assert answer.error_type == "", answer.body


@pytest.mark.parametrize("name", HONEST)
def test_what_the_policy_allows_goes_on_and_nothing_is_found(name: str, shop: Shop) -> None:
    before = guards(shop)
    answer = shop.rie.invoke({"of": name, "number": 7})
    assert answer.payload == {"found": HONEST[name]}
    assert guards(shop) == before


@pytest.mark.parametrize("name", AT_IMPORT)
def test_at_import_it_is_refused_and_init_fails_with_rule_and_package(
    name: str, service: str, tmp_path: Path
) -> None:
    function = deploy(
        tmp_path, service, "block", policy_of(service, "block").replace('init = ["environment"]', "")
    )
    policy = (function / "dayfly.toml").read_text().replace("[policy.packages.tracker]", "")
    (function / "dayfly.toml").write_text(policy + "[policy.packages.tracker]\ninit = []\n")
    with shop_with(function, service, AT_IMPORT=name) as one:
        answer = one.rie.invoke({})
        assert answer.error_type == "Dayfly.Refused", answer.body
        one.rie.wait_for_log('"types":["guard.refused"]', deadline_s=5)
