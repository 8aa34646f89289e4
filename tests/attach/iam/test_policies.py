"""A printed policy is one that IAM takes, says what the table says, and cannot be widened by a name."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from tests.attach.iam.enforcing import Asked, is_allowed

from dayfly.attach.iam.commands import COMMANDS
from dayfly.attach.iam.model import On, Only, Scope
from dayfly.attach.iam.policies import MAX_CHARACTERS, make_policy
from dayfly.errors import DayflyError
from dayfly.scan.permissions.catalogue import load_catalogue

_LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:dayfly"
_FULL = Scope(
    functions=("payments", "checkout-*"),
    region="eu-central-1",
    account="123456789012",
    tags=(("team", "payments"),),
    layers=(f"{_LAYER}:*",),
    keys=("arn:aws:kms:eu-central-1:123456789012:key/k",),
    roles=("payments",),
    alarms=("errors",),
    boundary="arn:aws:iam::123456789012:policy/functions",
    options=frozenset(
        {"--revoke-sessions", "--publish", "--verify", "--logs", "--max-error-rate", "--lambda"}
    ),
)
# Names of types in the service authorization reference, where they differ from ours; `*` where an action knows none.
_TYPES = {On.LAYER_VERSION: "layerVersion", On.LOG_GROUP: "log-group"}


def statements(command: str, scope: Scope) -> list[dict[str, Any]]:
    found = make_policy(COMMANDS[command], scope).document["Statement"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("scope", [Scope(options=frozenset({"--lambda"})), _FULL], ids=["all", "narrow"])
def test_iam_takes_it(command: str, scope: Scope) -> None:
    policy = make_policy(COMMANDS[command], scope)
    IAMPolicyDocumentValidator(json.dumps(policy.document)).validate()
    assert policy.characters <= MAX_CHARACTERS
    assert all(re.fullmatch("[A-Za-z0-9]+", one["Sid"]) for one in statements(command, scope))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_every_action_exists_and_is_granted_on_a_type_that_it_knows(command: Any) -> None:
    for call in command.calls:
        action = load_catalogue().action(call.action)
        assert action is not None, call.action
        assert action.name == call.action
        assert action.is_narrowable == (call.on is not On.ANY), call.action
        if call.on is On.QUALIFIED:
            assert "function alias" in action.resource_types
        elif call.on is not On.ANY:
            assert _TYPES.get(call.on, call.on.value) in action.resource_types, call.action
    for denied in command.denied:
        assert [name for name in denied.actions if load_catalogue().action(name) is None] == []


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_calls_of_one_statement_share_what_it_can_say_once(command: Any) -> None:
    parts: dict[str, set[tuple[On, Only]]] = {}
    for call in command.calls:
        parts.setdefault(call.part, set()).add((call.on, call.only))
    assert [part for part, kinds in parts.items() if len(kinds) > 1] == []


def test_a_policy_for_all_is_no_wildcard_of_actions() -> None:
    for command in COMMANDS:
        for one in statements(command, Scope(options=frozenset({"--lambda"}))):
            assert not any("*" in action for action in one["Action"])


def test_what_is_named_is_all_that_is_reached() -> None:
    document = make_policy(COMMANDS["recycle"], _FULL).document
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:"
    tags = {"aws:ResourceTag/team": ["payments"]}
    assert is_allowed(document, Asked("lambda:GetFunction", arn + "payments", tags))
    assert is_allowed(document, Asked("lambda:GetFunction", arn + "checkout-eu", tags))
    assert not is_allowed(document, Asked("lambda:GetFunction", arn + "payments2", tags))
    assert not is_allowed(document, Asked("lambda:GetFunction", arn + "payments"))
    assert not is_allowed(document, Asked("lambda:GetFunction", arn + "payments", {"aws:ResourceTag/team": ["web"]}))  # fmt: skip
    elsewhere = "arn:aws:lambda:eu-west-1:123456789012:function:payments"
    assert not is_allowed(document, Asked("lambda:GetFunction", elsewhere, tags))


def test_sessions_are_revoked_only_of_roles_within_the_boundary() -> None:
    role = Asked("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/payments")
    boundary = {"iam:PermissionsBoundary": ["arn:aws:iam::123456789012:policy/functions"]}
    document = make_policy(COMMANDS["recycle"], _FULL).document
    assert is_allowed(document, Asked(role.action, role.resource, boundary))
    assert not is_allowed(document, role)
    assert not is_allowed(document, Asked(role.action, role.resource + "2", boundary))


def test_what_an_option_makes_needless_is_not_granted() -> None:
    options = frozenset({"--only-latest", "--fleet"})
    actions = {
        action
        for one in statements("recycle", Scope(options=options))
        if one["Effect"] == "Allow"
        for action in one["Action"]
    }
    assert actions.isdisjoint(
        {"lambda:UpdateAlias", "lambda:PutProvisionedConcurrencyConfig", "logs:FilterLogEvents"}
    )
    layers = Scope(layers=(f"{_LAYER}:*",), functions=("payments",))
    actions = {action for one in statements("attach", layers) for action in one["Action"]}
    assert actions.isdisjoint({"lambda:PublishLayerVersion", "lambda:ListFunctions", "lambda:InvokeFunction"})


def test_keys_and_sessions_are_granted_only_where_they_are_asked_for() -> None:
    actions = {action for one in statements("recycle", Scope()) if one["Effect"] == "Allow" for action in one["Action"]}  # fmt: skip
    assert not any(action.startswith(("kms:", "iam:")) for action in actions)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(functions=("pay:*",)),
        Scope(functions=("arn:aws:lambda:eu-central-1:123456789012:function:pay",)),
        Scope(functions=("",)),
        Scope(functions=('x","Action":"*',)),
        Scope(functions=("${aws:username}",)),
        Scope(functions=("pay\n",)),
        Scope(region="eu-central-1:123456789012"),
        Scope(account="12345678901"),
        Scope(account="١٢٣٤٥٦٧٨٩٠١٢"),
        Scope(partition="aws:lambda"),
        Scope(layers=("*",)),
        Scope(layers=("arn:aws:lambda:*:*:layer:*",)),
        Scope(keys=("alias/k",)),
        Scope(boundary="*"),
        Scope(boundary="arn:aws:iam::*:policy/p"),
        Scope(roles=("a b",)),
        Scope(tags=(("team", "*"),)),
        Scope(tags=(("team", "${aws:PrincipalTag/team}"),)),
        Scope(log_groups=("a:*",)),
        Scope(alarms=("a?",)),
    ],
)
def test_a_name_that_could_widen_a_policy_is_refused(scope: Scope) -> None:
    with pytest.raises(DayflyError):
        make_policy(COMMANDS["recycle"], scope)


def test_the_doctors_role_is_for_one_function_and_passes_roles_to_lambda_alone() -> None:
    document = make_policy(COMMANDS["doctor"], Scope(options=frozenset({"--lambda"}))).document
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:"
    assert is_allowed(document, Asked("lambda:CreateFunction", arn + "dayfly-doctor"))
    assert not is_allowed(document, Asked("lambda:CreateFunction", arn + "payments"))
    role = "arn:aws:iam::123456789012:role/r"
    assert is_allowed(
        document, Asked("iam:PassRole", role, {"iam:PassedToService": ["lambda.amazonaws.com"]})
    )
    assert not is_allowed(
        document, Asked("iam:PassRole", role, {"iam:PassedToService": ["ec2.amazonaws.com"]})
    )
    with pytest.raises(DayflyError, match="makes no AWS calls"):
        make_policy(COMMANDS["doctor"], Scope())


def test_the_scheduled_recycler_reaches_only_functions_with_its_tag() -> None:
    document = make_policy(COMMANDS["max-age"], Scope()).document
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:payments"
    tagged = {"aws:ResourceTag/dayfly:max-age": ["6h"]}
    for action in ("lambda:GetFunction", "lambda:UpdateFunctionConfiguration", "lambda:PublishVersion"):
        assert is_allowed(document, Asked(action, arn, tagged))
        assert not is_allowed(document, Asked(action, arn))
    assert not is_allowed(
        document, Asked("lambda:UpdateFunctionConfiguration", arn, {**tagged, "lambda:Layer": ["x"]})
    )


def test_another_partition_has_its_own_names() -> None:
    scope = Scope(
        partition="aws-cn", region="cn-north-1", keys=("arn:aws-cn:kms:cn-north-1:123456789012:key/k",)
    )
    told = json.dumps(statements("status", scope))
    assert "lambda.cn-north-1.amazonaws.com.cn" in told
    assert "arn:aws:" not in told
