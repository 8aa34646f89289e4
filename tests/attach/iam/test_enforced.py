"""Each command runs under exactly the policy that is printed for it, and needs every action of it.

IAM is played by `enforcing` on resources and conditions, and once more by moto on actions alone.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core import set_initial_no_auth_action_count
from moto.iam.access_control import IAMRequestBase
from tests.attach.iam.account import REGION, account, archive
from tests.attach.iam.enforcing import ACCOUNT, Asked, enforced, is_allowed, watched

from dayfly.attach.iam.commands import COMMANDS
from dayfly.attach.iam.model import Scope
from dayfly.attach.iam.policies import make_policy
from dayfly.cli.main import run
from dayfly.core.policylayer import PLACE, render

_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:payments"


_OURS = Scope(functions=("payments",), region=REGION, account=ACCOUNT)


@dataclass(frozen=True)
class Scenario:
    """Lines of the command line which together make every call that a command ever makes."""

    command: str
    lines: tuple[tuple[str, ...], ...]
    scope: Scope = _OURS
    before: tuple[tuple[str, ...], ...] = ()  # what somebody else ran, who may do all

    @property
    def document(self) -> dict[str, Any]:
        return make_policy(COMMANDS[self.command], self.scope).document

    def prepare(self) -> None:
        for line in self.before:
            assert run(list(line)) == 0

    def play(self) -> list[int]:
        return [run(list(line)) for line in self.lines]


_LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:dayfly-python312:1"
_PROMOTE = (
    "promote",
    "attached",
    "--from",
    "log.txt",
    "--policy",
    "dayfly.toml",
    "--guard",
    "block",
    "--force",
    "a test",
    "--publish",
    "live",
    "--yes",
)
_PUBLISHING = frozenset({"--publish"})
_PUBLISH = ("layer", "publish", "policy.zip", "--name", "dayfly-policy-payments")
_ALL = replace(_OURS, functions=())
SCENARIOS = {
    one.command: one
    for one in (
        Scenario(
            "attach",
            (
                ("attach", "--tag", "team=payments", "--layer", _LAYER, "--dry-run"),
                ("attach", "payments", "--layer", _LAYER, "--publish", "live", "--yes"),
            ),
            replace(_ALL, layers=(_LAYER,), options=frozenset({"--publish"})),
        ),
        Scenario(
            "detach",
            (
                ("detach", "--all", "--dry-run"),
                ("detach", "attached", "--publish", "live", "--yes"),
            ),
            replace(_ALL, options=frozenset({"--publish"})),
        ),
        Scenario(
            "status",
            (("status", "--all", "--logs"), ("status", "--tag", "team=payments")),
            replace(_ALL, options=frozenset({"--logs"})),
        ),
        Scenario(
            "recycle",
            (
                (
                    "recycle",
                    "payments",
                    "--patience",
                    "0",
                    "--yes",
                    "--alarm",
                    "errors",
                    "--max-error-rate",
                    "5",
                ),
                ("recycle", "payments", "--patience", "0", "--yes", "--revoke-sessions"),
                ("recycle", "payments", "--unrevoke"),
                ("recycle", "--all", "--dry-run"),
            ),
            replace(
                _ALL,
                alarms=("errors",),
                options=frozenset({"--revoke-sessions", "--max-error-rate"}),
            ),
        ),
        Scenario(
            "promote",
            (_PROMOTE,),
            replace(_ALL, functions=("attached",), options=frozenset({"--publish"})),
        ),
        Scenario(
            "rollback",
            (("rollback", "attached", "--publish", "live"),),
            replace(_ALL, functions=("attached",), options=frozenset({"--publish"})),
            (_PROMOTE,),
        ),
        Scenario("layer publish", (_PUBLISH, _PUBLISH)),
        Scenario(
            "lifetimes",
            (("lifetimes", "--function", "payments"), ("lifetimes", "--all")),
        ),
    )
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    policy = render({"network": {"mode": "observe"}}).decode()
    (tmp_path / "policy.zip").write_bytes(archive({PLACE.removeprefix("/opt/"): policy}))
    (tmp_path / "dayfly.toml").write_text('[policy.network]\nmode = "observe"\nallow = ["*:443"]\n')
    (tmp_path / "log.txt").write_text(
        "START RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Version: $LATEST\n"
    )
    monkeypatch.setenv("DAYFLY_JOURNAL", str(tmp_path / "journal.jsonl"))
    monkeypatch.setenv("DAYFLY_RECYCLE_JOURNAL", str(tmp_path / "recycle.jsonl"))
    with account(monkeypatch, tmp_path):
        boto3.client("cloudwatch").put_metric_alarm(
            AlarmName="errors", MetricName="Errors", Namespace="AWS/Lambda", Period=60, EvaluationPeriods=1, Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        yield


def _spoken(command: str) -> set[str]:
    """The actions that the command itself calls by name, under its scenario's policy, where moto plays what it asks for."""
    policy = make_policy(COMMANDS[command], SCENARIOS[command].scope)
    return {call.action for call in policy.calls if not call.is_silent and not call.is_seldom}


def _without(document: Mapping[str, Any], action: str) -> dict[str, Any]:
    less = copy.deepcopy(dict(document))
    for statement in less["Statement"]:
        if statement["Effect"] == "Allow":
            statement["Action"] = [one for one in statement["Action"] if one != action]
    less["Statement"] = [one for one in less["Statement"] if one["Action"]]
    return less


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.command)
def test_the_command_works_under_its_policy_and_needs_all_of_it(scenario: Scenario) -> None:
    scenario.prepare()
    with enforced(scenario.document, tags={"team": "payments"}) as enforcement:
        codes = scenario.play()
    assert enforcement.denied == []
    # The address that moto gives for a layer's file leads nowhere: what the layer holds could not be checked.
    assert max(codes) < (3 if scenario.command == "status" else 2)
    assert _spoken(scenario.command) - enforcement.actions == set(), "granted and never used"


@pytest.mark.slow
@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.command)
def test_it_works_where_tags_narrow_it_too(scenario: Scenario) -> None:
    scope = replace(scenario.scope, tags=(("team", "payments"),))
    document = make_policy(COMMANDS[scenario.command], scope).document
    scenario.prepare()
    with enforced(document, tags={"team": "payments"}) as enforcement:
        scenario.play()
    assert enforcement.denied == []


# That a command needs each of its actions is seen above; here, that a refusal of any is an answer it can end with.
@pytest.mark.slow
@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("command", "action"),
    [
        pytest.param(name, action, marks=[pytest.mark.nightly] if number else [])
        for name in SCENARIOS
        for number, action in enumerate(sorted(_spoken(name)))
    ],
)
def test_without_one_action_the_command_is_refused_something(command: str, action: str) -> None:
    scenario = SCENARIOS[command]
    scenario.prepare()
    with enforced(_without(scenario.document, action), tags={"team": "payments"}) as enforcement:
        scenario.play()
    assert {asked.action for asked in enforcement.denied} == {action}


@pytest.mark.slow
@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.command)
def test_moto_lets_a_user_with_this_policy_do_it(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _under_moto(scenario, scenario.document, monkeypatch) == []


@pytest.mark.slow
@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.command)
def test_moto_refuses_a_user_without_its_actions(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"}],
    }
    assert _under_moto(scenario, other, monkeypatch) != []


_GRAVE = (
    ("lambda:UpdateFunctionCode", _ARN),
    ("lambda:AddPermission", _ARN),
    ("lambda:CreateFunction", _ARN),
    ("lambda:DeleteFunction", _ARN),
    ("lambda:InvokeFunction", _ARN),
    ("lambda:PutFunctionCodeSigningConfig", _ARN),
    ("lambda:DeleteFunctionCodeSigningConfig", _ARN),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/function"),
    ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/function"),
    ("logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/payments:*"),
)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "doctor"])
@pytest.mark.parametrize(("action", "resource"), _GRAVE)
def test_no_command_may_touch_code_callers_or_roles(command: str, action: str, resource: str) -> None:
    document = make_policy(COMMANDS[command], Scope()).document
    assert not is_allowed(document, Asked(action, resource))


@pytest.mark.parametrize("command", [name for name, one in COMMANDS.items() if one.denied])
def test_a_recycler_can_change_neither_code_nor_layers_even_beside_a_policy_that_allows_all(
    command: str,
) -> None:
    document: dict[str, Any] = copy.deepcopy(make_policy(COMMANDS[command], Scope()).document)
    document["Statement"].append({"Effect": "Allow", "Action": ["*"], "Resource": ["*"]})
    layers = {"lambda:Layer": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:evil:1"]}
    assert is_allowed(document, Asked("lambda:UpdateFunctionConfiguration", _ARN))
    assert not is_allowed(document, Asked("lambda:UpdateFunctionConfiguration", _ARN, layers))
    for action in (
        "lambda:UpdateFunctionCode",
        "lambda:AddPermission",
        "lambda:PublishLayerVersion",
        "iam:PassRole",
    ):
        assert not is_allowed(document, Asked(action, _ARN))


@pytest.mark.usefixtures("made")
def test_a_recycler_that_tries_is_refused_by_the_call_itself() -> None:
    with enforced(SCENARIOS["recycle"].document) as enforcement:
        client = boto3.Session().client("lambda")
        client.get_function_configuration(FunctionName="payments")
        tries: list[Callable[[], object]] = [
            lambda: client.update_function_code(FunctionName="payments", ZipFile=b""),
            lambda: client.update_function_configuration(FunctionName="payments", Layers=["arn:aws:lambda:eu-central-1:1:layer:x:1"]),
            lambda: client.update_function_configuration(FunctionName="payments", Role=f"arn:aws:iam::{ACCOUNT}:role/function"),
            lambda: client.add_permission(FunctionName="payments", StatementId="s", Action="lambda:InvokeFunction", Principal="*"),
        ]  # fmt: skip
        for attempt in tries:
            with pytest.raises(client.exceptions.ClientError, match="not authorized"):
                attempt()
    assert len(enforcement.denied) == len(tries)


def _under_moto(
    scenario: Scenario, document: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Run it as a user of moto's, which knows actions alone; return the actions that were refused."""
    widened = copy.deepcopy(dict(document))
    widened["Statement"] = [
        # It names CloudWatch's actions after the name that its requests are signed for.
        {
            **one,
            "Action": [
                *one["Action"],
                *(name.replace("cloudwatch:", "monitoring:") for name in one["Action"]),
            ],
            "Resource": "*",
            "Condition": {},
        }
        for one in widened["Statement"]
        if one["Effect"] == "Allow"
    ]
    scenario.prepare()
    iam = boto3.client("iam")
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(widened))
    keys = iam.create_access_key(UserName="u")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    # moto computes another signature than botocore for Lambda's requests; whose key it is, it knows all the same.
    monkeypatch.setattr(IAMRequestBase, "check_signature", lambda request: None)
    with watched() as refused:
        set_initial_no_auth_action_count(0)(scenario.play)()
    return refused
