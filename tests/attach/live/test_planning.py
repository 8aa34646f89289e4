"""What attaching would change, and every reason why a function is left as it is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tests.attach.live.aws import ACCOUNT, REGION, arn_of

from dayfly.attach.aws.facts import AliasFact, Environment, FunctionFacts, LayerFact, ProvisionedFact
from dayfly.attach.aws.invokers import Invokers
from dayfly.attach.live.model import AttachOptions, LayerOffer, Plan, Signing
from dayfly.attach.live.planning import MAX_UNZIPPED_BYTES, plan_attach

_LAYERS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer"
_LAYER = f"{_LAYERS}:dayfly-python312:3"
_OFFER = LayerOffer(_LAYER, _LAYER, size=400_000, pythons=("3.12",))
_PROFILE = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/ours/1"


def facts(**more: Any) -> FunctionFacts:
    told: dict[str, Any] = {
        "name": "payments",
        "arn": arn_of("payments"),
        "region": REGION,
        "account": ACCOUNT,
        "runtime": "python3.12",
        "handler": "app.handler",
        "revision_id": "r1",
        **more,
    }
    return FunctionFacts(**told)


def plan(function: FunctionFacts, *, offer: LayerOffer = _OFFER, **more: Any) -> Plan:
    signing = more.pop("signing", None)
    return plan_attach(function, AttachOptions(**more), offer, signing)


def test_a_plain_function_gets_one_layer_and_one_variable() -> None:
    found = plan(facts())
    assert (found.state, found.layers_after) == ("change", (_LAYER,))
    assert found.variables == {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}


@pytest.mark.parametrize(
    ("invokers", "set_", "has", "value", "note"),
    [
        (Invokers(frozenset({"API Gateway"})), {}, {}, "on", "only API Gateway is known to invoke it"),
        (Invokers(frozenset({"API Gateway"}), frozenset({"sqs"})), {}, {}, None, "mixed triggers"),
        (Invokers(others=frozenset({"sqs"})), {}, {}, None, ""),
        (Invokers(unknown="AccessDenied"), {}, {}, None, "what invokes it could not be read"),
        (Invokers(frozenset({"API Gateway"})), {"DAYFLY_API_LOCK": "http"}, {}, "http", ""),
        (Invokers(frozenset({"API Gateway"})), {}, {"DAYFLY_API_LOCK": "off"}, None, ""),
    ],
)
def test_the_lock_follows_from_what_invokes_the_function_unless_somebody_has_decided(
    invokers: Invokers, set_: dict[str, str], has: dict[str, str], value: str | None, note: str
) -> None:
    found = plan_attach(facts(environment=Environment(has)), AttachOptions(set_), _OFFER, None, invokers)
    assert found.variables.get("DAYFLY_API_LOCK") == value
    assert [one for one in found.notes if "invoke" in one or "mixed" in one] == (
        [] if not note else [found.notes[-1]]
    )
    assert note in "".join(found.notes)


REFUSED = {
    "image": facts(package_type="Image", runtime=""),
    "not-python": facts(runtime="nodejs22.x"),
    "unsupported-version": facts(runtime="python3.9"),
    "managed-instances": facts(is_on_managed_instances=True),
    "durable": facts(is_durable=True),
    "state": facts(state="Failed", state_reason="no network interface"),
    "variables-unreadable": facts(
        environment=Environment(error="KMSAccessDeniedException", kms_key_arn="arn:k")
    ),
    "variables-size": facts(environment=Environment({"BIG": "x" * 4060})),
    "wrapper": facts(
        environment=Environment({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/a", "DAYFLY_NEXT_WRAPPER": "/opt/b"})
    ),
    "settings": facts(environment=Environment({"DAYFLY_ISOLATION": "none at all"})),
    "managed": facts(managed_by="sam:shop"),
    "layers": facts(layers=tuple(LayerFact(f"{_LAYERS}:other{n}:1", 10) for n in range(5))),
    "size": facts(code_bytes=MAX_UNZIPPED_BYTES),
    "python": facts(runtime="python3.13"),
    "region": facts(region="us-east-1"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_function_that_cannot_have_it_is_refused_with_the_reason_and_nothing_to_change(reason: str) -> None:
    found = plan(REFUSED[reason])
    assert [refusal.reason for refusal in found.refusals] == [reason]
    assert (found.changes, found.variables, found.layers_after) == ((), {}, found.layers_before)


def test_architecture_of_a_named_layer_must_fit() -> None:
    found = plan(
        facts(architectures=("arm64",)), offer=dataclasses.replace(_OFFER, architectures=("x86_64",))
    )
    assert [refusal.reason for refusal in found.refusals] == ["architecture"]


def test_an_image_is_told_the_lines_of_its_dockerfile() -> None:
    (refusal,) = plan(facts(package_type="Image", runtime="")).refusals
    assert 'ENTRYPOINT ["python", "-I", "-m", "dayfly.runtime"]' in refusal.hint


@pytest.mark.parametrize(
    ("signing", "signed_by", "is_refused"),
    [
        (Signing("arn:csc", "Enforce", frozenset({_PROFILE})), "", True),
        (Signing("arn:csc", "Enforce", frozenset({_PROFILE})), _PROFILE + "x", True),
        (Signing("arn:csc", "Enforce", frozenset({_PROFILE})), _PROFILE, False),
        (Signing("arn:csc", "Warn"), "", False),
        (Signing("arn:csc"), _PROFILE, True),  # could not be read: not taken for a yes
        (None, "", False),
    ],
)
def test_code_signing_decides(signing: Signing | None, signed_by: str, is_refused: bool) -> None:
    found = plan(facts(), offer=dataclasses.replace(_OFFER, signed_by=signed_by), signing=signing)
    assert [refusal.reason for refusal in found.refusals] == (["signing"] if is_refused else [])


def test_drift_that_was_accepted_is_a_note() -> None:
    found = plan(facts(managed_by="terraform"), accept_drift=True)
    assert found.state == "change"
    assert any("managed by terraform" in note for note in found.notes)


def test_an_older_layer_of_dayfly_is_replaced_where_it_lies() -> None:
    others = [
        LayerFact(f"{_LAYERS}:{name}:1", 10)
        for name in ("a", "dayfly-python312", "dayfly-policy-payments", "b")
    ]
    found = plan(facts(layers=tuple(others)))
    names = [arn.partition(":layer:")[2] for arn in found.layers_after]
    assert names == ["a:1", "dayfly-python312:3", "dayfly-policy-payments:1", "b:1"]


def test_five_layers_with_an_older_one_of_dayfly_are_no_sixth() -> None:
    others = [
        *(LayerFact(f"{_LAYERS}:other{n}:1", 10) for n in range(4)),
        LayerFact(f"{_LAYERS}:dayfly:1", 10),
    ]
    assert plan(facts(layers=tuple(others))).state == "change"


def test_another_wrapper_is_chained() -> None:
    found = plan(facts(environment=Environment({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"})))
    assert found.variables == {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly",
        "DAYFLY_NEXT_WRAPPER": "/opt/otel-instrument",
    }
    assert any("otel-instrument runs first" in note for note in found.notes)


def test_what_a_change_of_latest_does_not_reach_is_told() -> None:
    found = plan(
        facts(
            aliases=(AliasFact("live", "7", {"8": 0.1}), AliasFact("dev", "$LATEST")),
            provisioned=(ProvisionedFact("live", 5),),
            snapstart=True,
            unknown=("versions could not be read",),
        )
    )
    told = "\n".join(found.notes)
    assert "the alias live serves version 7 and 8" in told
    assert "--publish live" in told
    assert "5 provisioned environments of live" in told
    assert "SnapStart" in told
    assert "unknown: versions" in told
    assert "dev" not in told


def test_a_key_that_would_be_lost_is_refused() -> None:
    old, new = "a" * 64, "b" * 64
    found = plan(
        facts(environment=Environment({"DAYFLY_FLEET_KEY": old})), settings={"DAYFLY_FLEET_KEY": new}
    )
    assert [refusal.reason for refusal in found.refusals] == ["key"]


def test_nothing_that_is_shown_holds_a_value() -> None:
    secret = "c0ffee" * 10 + "abcd"
    found = plan(facts(environment=Environment({"PASSWORD": secret})), settings={"DAYFLY_FLEET_KEY": secret})
    assert found.state == "change"
    assert secret not in repr(found) + repr(found.described())
