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
from tests.interpreters import Interpreter, environment_python, found_interpreters
from tests.item_service import item_service
from tests.rie import Rie

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
    return of_guard(shop)


def of_guard(shop: Shop) -> list[dict[str, object]]:
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
    first = next((one for one in found if one.get("kind") == TROJANS[name]), {})
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


def test_who_goes_through_all_variables_is_shown_those_that_he_may_read(shop: Shop) -> None:
    before = len(guards(shop))
    answer = shop.rie.invoke({"of": "all_variables"})
    found = guards(shop)[before:]
    assert {"environment", "credentials"} <= {one["kind"] for one in found}
    assert {(one["id"], one["verdict"]) for one in found} == {("guard.capability", "observed")}
    if shop.usual == "block":
        assert answer.error_type == "KeyError"
        assert b"STRIPE_KEY" in answer.body
    else:
        assert answer.payload == {"found": KEY}


@pytest.mark.parametrize(("name", "expected"), [("deputy", "paid\n"), ("memory", KEY), ("iterator", [0])])
def test_what_is_out_of_the_policys_reach_passes(name: str, expected: object, shop: Shop) -> None:
    before = guards(shop)
    assert shop.rie.invoke({"of": name}).payload == {"found": expected}
    assert guards(shop) == before


@pytest.mark.parametrize("name", HONEST)
def test_what_the_policy_allows_goes_on_and_nothing_is_found(name: str, shop: Shop) -> None:
    before = guards(shop)
    answer = shop.rie.invoke({"of": name, "number": 7})
    assert answer.payload == {"found": HONEST[name]}
    assert guards(shop) == before


@pytest.mark.slow
@pytest.mark.parametrize("interpreter", found_interpreters(), ids=lambda found: found.version)
def test_on_every_python_the_same_is_refused_and_allowed(
    interpreter: Interpreter, service: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # A short one: the emulator takes no error whose trace does not fit into four kilobytes.
    function = deploy(tmp_path_factory.mktemp("f"), service, "block")
    environment = {"DAYFLY_GUARD": "observe", "SERVICE": service, "STRIPE_KEY": KEY}
    python = environment_python(interpreter, awslambdaric=">=3,<5")
    with Rie(function, "app.handler", environment=environment, interpreter=python) as rie:
        refused = {name: rie.invoke({"of": name}).error_type for name in TROJANS}
        honest = {name: rie.invoke({"of": name, "number": 7}).payload for name in HONEST}
    assert refused == dict.fromkeys(TROJANS, "Dayfly.Refused")
    assert honest == {name: {"found": found} for name, found in HONEST.items()}


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
        assert "tracker" in str(answer.body)
        one.rie.wait_for_log('"types":["guard.refused"]', deadline_s=60)
        found = of_guard(one)
    assert {one["phase"] for one in found} == {"init"}
    assert {one["rule"] for one in found} & {f"capability.{TROJANS[name]}", "capability.environment"}


@pytest.mark.parametrize("name", AT_IMPORT)
def test_at_import_it_is_found_while_it_is_observed_and_the_function_serves(
    name: str, service: str, tmp_path: Path
) -> None:
    function = deploy(tmp_path, service, "observe")
    with shop_with(function, service, AT_IMPORT=name) as one:
        assert one.rie.invoke({"of": "honest_child"}).payload == {"found": "paid\n"}
        found = of_guard(one)
    kinds = [one["kind"] for one in found if "tracker" in str(one["packages"])]
    # Variables it may read at init.
    assert kinds[:1] == ([] if TROJANS[name] == "environment" else [TROJANS[name]])
    assert {one["id"] for one in found} <= {"guard.capability"}


def test_what_is_cheap_at_import_hides_nothing_that_follows(service: str, tmp_path: Path) -> None:
    function = deploy(tmp_path, service, "observe")
    tracker = function / "tracker" / "__init__.py"
    cheap = 4 * "try:\n    open('/nowhere/it')\nexcept OSError:\n    pass\n"
    cheap += cheap.replace("it'", "it', 'w'")
    tracker.write_text(f"{tracker.read_text()}\n{cheap}of_subprocess()\n")
    with shop_with(function, service) as one:
        one.rie.invoke({"of": "honest_child"})
        found = {one["kind"] for one in of_guard(one)}
    assert found >= {"read", "write", "process"}


def test_a_refusal_that_an_import_swallows_ends_init_all_the_same(service: str, tmp_path: Path) -> None:
    function = deploy(tmp_path, service, "block")
    tracker = function / "tracker" / "__init__.py"
    swallowing = "\ntry:\n    of_subprocess()\nexcept BaseException:\n    pass\n"
    tracker.write_text(tracker.read_text() + swallowing)
    with shop_with(function, service) as one:
        answer = one.rie.invoke({})
        assert answer.error_type == "Dayfly.Refused", answer.body


@pytest.mark.parametrize("at", ["import", "call"])
def test_who_replaces_the_guard_is_noticed(at: str, service: str, tmp_path: Path) -> None:
    function = deploy(tmp_path, service, "block")
    tracker = function / "tracker" / "__init__.py"
    act = "from dayfly.runtime.guard import capabilities\n    capabilities.Capabilities.ask = lambda *_: None"
    text = f"\ndef of_blinding():\n    {act}\n    return os.system('true')\n"
    tracker.write_text(tracker.read_text() + text + ("of_blinding()\n" if at == "import" else ""))
    with shop_with(function, service) as one:
        answer = one.rie.invoke({"of": "blinding"})
        assert answer.error_type == "Dayfly.Refused", answer.body
        assert "runtime.patched" in str(answer.body)


def test_what_an_event_supplied_is_in_no_finding(service: str, tmp_path: Path) -> None:
    function = deploy(
        tmp_path, service, "observe", policy_of(service, "observe").replace("${TMP}/*", "/nowhere")
    )
    with shop_with(function, service, DAYFLY_GUARD_LEARN="on") as one:
        one.rie.invoke({"of": "honest_file", "number": "4929123412341234"})
        one.rie.invoke({})
        log = one.rie.logs()
        found = of_guard(one)
    assert {"observed", "used"} <= {str(one["verdict"]) for one in found}
    assert [line for line in log.split("\n") if "4929123412341234" in line and '"types"' in line] == []


def test_what_has_observed_for_long_enough_blocks(service: str, tmp_path: Path) -> None:
    text = policy_of(service, "observe").replace(
        "[policy]", '[policy]\npromote_after = "14d"\nquiet_since = 2020-01-01'
    )
    function = deploy(tmp_path, service, "observe", text)
    with shop_with(function, service) as one:
        assert one.rie.invoke({"of": "system"}).error_type == "Dayfly.Refused"
        assert one.rie.invoke({"of": "honest_child"}).payload == {"found": "paid\n"}


def test_a_rules_own_mode_is_the_one_that_counts(service: str, tmp_path: Path) -> None:
    text = policy_of(service, "block").replace("[policy.process]", '[policy.process]\nmode = "observe"')
    function = deploy(tmp_path, service, "block", text)
    with shop_with(function, service) as one:
        assert one.rie.invoke({"of": "system"}).payload == {"found": 0}
        assert one.rie.invoke({"of": "file"}).error_type == "Dayfly.Refused"
        kinds = [(found["id"], found["rule"]) for found in guards(one)]
    assert kinds == [("guard.capability", "capability.process"), ("guard.refused", "capability.read")]


def test_a_policy_that_means_nothing_ends_init_and_says_where(service: str, tmp_path: Path) -> None:
    function = deploy(tmp_path, service, "block", "[policy.network]\nallow = ['https://example.com']\n")
    with shop_with(function, service) as one:
        answer = one.rie.invoke({})
        assert answer.error_type == "Dayfly.InvalidSetting"
        assert b"[policy.network]: invalid entry 'https://example.com'" in answer.body


def test_the_recorder_writes_what_is_used_and_switches_nothing_off(
    service: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("f")
    function, uses = deploy(folder, service, "block"), folder / "uses.jsonl"
    environment = {"SERVICE": service, "STRIPE_KEY": KEY, "DAYFLY_LEARN": str(uses)}
    with Rie(function, "app.handler", environment=environment) as rie:
        assert rie.invoke({"of": "system"}).error_type == "Dayfly.Refused"
        assert rie.invoke({"of": "honest_file", "number": "4929123412341234"}).payload == {"found": "paid"}
    text = uses.read_text()
    assert "4929123412341234" not in text
    found = [json.loads(line) for line in text.splitlines()]
    written = {(one["kind"], one["target"], tuple(one["packages"]), one["phase"]) for one in found}
    assert {
        ("environment", "STRIPE_KEY", ("function",), "init"),
        ("process", "/bin/sh", ("tracker",), "invoke"),
        ("write", "${TMP}/*", ("function",), "invoke"),
    } <= written


def test_the_policy_is_not_active_without_the_guard_and_the_first_line_says_so(
    service: str, tmp_path: Path
) -> None:
    function = deploy(tmp_path, service, "block")
    with shop_with(function, service, DAYFLY_GUARD="off") as one:
        assert one.rie.invoke({"of": "system"}).payload == {"found": 0}
        first = next(line for line in one.rie.logs().split("\n") if '"environment.started"' in line)
    assert "the policy is not active" in first
