"""Which function of resolved CloudFormation properties gets what, and which gets nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dayfly.attach.templates.resolved import Attached, Unprotected, Wanted, capitalised, decide, references

_ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:3"
_PYTHON: Mapping[str, object] = {"Runtime": "python3.12", "Handler": "app.handler"}


def _decide(
    properties: Mapping[str, object],
    *,
    settings: Mapping[str, str] | None = None,
    region: str = "",
    layer: str = "",
    is_signed: bool = False,
) -> Wanted | Attached | Unprotected:
    return decide(
        properties,
        settings or {},
        region=region,
        layer=layer,
        is_signed=is_signed,
        as_text=lambda _: "${token}",
    )


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"PackageType": "Image"}, 'ENTRYPOINT ["python", "-I", "-m", "dayfly.runtime"]'),
        ({"Runtime": {"Ref": "Runtime"}}, "only known at deployment"),
        ({}, "only known at deployment"),
        ({"Runtime": "python3.9"}, "3.11"),
        ({**_PYTHON, "Environment": {"Fn::If": ["a", {}, {}]}}, "environment"),
        ({**_PYTHON, "Environment": {"Variables": {"Fn::If": ["a", {}, {}]}}}, "environment"),
        ({**_PYTHON, "Layers": {"Ref": "Layers"}}, "layers"),
        ({**_PYTHON, "Layers": ["a", "b", "c", "d", "e"]}, "5 layers"),
        ({**_PYTHON, "CodeSigningConfigArn": "arn:x"}, "signed"),
        ({**_PYTHON, "CapacityProviderConfig": {}}, "Managed Instances"),
        (
            {**_PYTHON, "Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}}},
            "no layer",
        ),
        (
            {
                **_PYTHON,
                "Environment": {
                    "Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/a", "DAYFLY_NEXT_WRAPPER": "/opt/b"}
                },
            },
            "would be lost",
        ),
    ],
)
def test_a_function_that_would_not_be_protected_is_left_alone(
    properties: Mapping[str, object], reason: str
) -> None:
    decided = _decide(properties)
    assert isinstance(decided, Unprotected)
    assert reason in decided.reason
    assert not decided.is_harmless


def test_another_language_is_no_gap() -> None:
    decided = _decide({"Runtime": "nodejs24.x"})
    assert decided == Unprotected("is not Python (nodejs24.x)", is_harmless=True)


def test_a_layer_of_another_region_is_refused_before_the_deployment_is() -> None:
    assert isinstance(_decide(_PYTHON, region="us-east-1", layer=_ARN), Unprotected)
    assert isinstance(_decide(_PYTHON, region="eu-west-1", layer=_ARN), Wanted)
    assert isinstance(_decide(_PYTHON, region="", layer=_ARN), Wanted)


def test_a_signed_layer_goes_on_a_function_that_takes_signed_code() -> None:
    assert isinstance(_decide({**_PYTHON, "CodeSigningConfigArn": "arn:x"}, is_signed=True), Wanted)


def test_a_wrapper_that_is_known_at_deployment_only_is_chained() -> None:
    decided = _decide(
        {
            **_PYTHON,
            "Environment": {
                "variables": {"AWS_LAMBDA_EXEC_WRAPPER": {"Ref": "Wrapper"}, "DAYFLY_GUARD": {"Ref": "Guard"}}
            },
        },
        settings={"DAYFLY_ISOLATION": "window"},
    )
    assert isinstance(decided, Wanted)
    assert decided.variables == {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly",
        "DAYFLY_NEXT_WRAPPER": "${token}",
        "DAYFLY_ISOLATION": "window",
    }


def test_a_function_that_has_dayfly_stays() -> None:
    variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}}
    assert isinstance(_decide({**_PYTHON, "Layers": [_ARN], "Environment": variables}), Attached)


def test_what_other_tools_lose_is_told() -> None:
    layer = "arn:aws:lambda:eu-west-1:464622532012:layer:Datadog-Python312:100"
    decided = _decide({**_PYTHON, "Layers": [layer], "Handler": "datadog_lambda.handler.handler"})
    assert isinstance(decided, Wanted)
    assert "Datadog" in {note.tool for note in decided.notes}


def test_references_are_found_wherever_they_stand() -> None:
    value = {"a": [{"Ref": "One"}, {"Fn::GetAtt": ["Two", "Arn"]}], "b": {"c": {"Ref": "Three"}}, "d": "Four"}
    assert references(value) == {"One", "Two", "Three"}


def test_what_is_null_is_not_there() -> None:
    assert capitalised({"runtime": "python3.12", "Layers": None}) == {"Runtime": "python3.12"}
