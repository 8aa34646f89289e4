"""Each check of a function tells the safe from the unsafe twin, in every language of templates."""

from __future__ import annotations

from datetime import date

import pytest
from tests.scan.configuration.dialects import DIALECTS, Shape
from tests.scan.configuration.making import checks_of, findings_of

from dayfly.scan.model import Confidence, Severity

_OWN = "arn:aws:lambda:eu-west-1:123456789012:layer:shared"
_KNOWN = "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-x86_64"

# Check, the unsafe shape, its safe twin.
PAIRS = [
    ("configuration.public-url", Shape(url="NONE"), Shape(url="AWS_IAM")),
    ("configuration.public-url", Shape(url="NONE", concurrency=3), Shape()),
    ("configuration.public-url", Shape(url="NONE", cors=("https://a.example", False)), Shape(url="AWS_IAM", cors=("https://a.example", False))),
    ("configuration.public-url", Shape(url="NONE", runtime="nodejs24.x"), Shape(url="AWS_IAM", runtime="nodejs24.x")),
    ("configuration.no-concurrency-limit", Shape(url="NONE"), Shape(url="NONE", concurrency=10)),
    ("configuration.no-concurrency-limit", Shape(url="NONE"), Shape(url="AWS_IAM")),
    ("configuration.no-concurrency-limit", Shape(url="NONE", bucket=True), Shape(bucket=True)),
    ("configuration.no-concurrency-limit", Shape(url="NONE", queue=True), Shape(url="NONE", queue=True, concurrency=1)),
    ("configuration.cors-credentials", Shape(url="AWS_IAM", cors=("*", True)), Shape(url="AWS_IAM", cors=("*", False))),
    ("configuration.cors-credentials", Shape(url="NONE", cors=("*", True)), Shape(url="NONE", cors=("https://a.example", True))),
    ("configuration.cors-credentials", Shape(url="AWS_IAM", cors=("*", True)), Shape(url="AWS_IAM")),
    ("configuration.cors-credentials", Shape(url="AWS_IAM", cors=("*", True)), Shape()),
    ("configuration.no-dead-letter", Shape(bucket=True), Shape(bucket=True, dead_letter=True)),
    ("configuration.no-dead-letter", Shape(bucket=True), Shape(queue=True)),
    ("configuration.no-dead-letter", Shape(bucket=True, concurrency=2), Shape()),
    ("configuration.no-dead-letter", Shape(bucket=True, queue=True), Shape(bucket=True, queue=True, dead_letter=True)),
    ("configuration.no-redrive", Shape(queue=False), Shape(queue=True)),
    ("configuration.no-redrive", Shape(queue=False), Shape()),
    ("configuration.no-redrive", Shape(queue=False, dead_letter=True), Shape(queue=True, dead_letter=True)),
    ("configuration.no-redrive", Shape(queue=False, bucket=True), Shape(bucket=True)),
    ("configuration.deprecated-runtime", Shape(runtime="python3.9"), Shape(runtime="python3.13")),
    ("configuration.deprecated-runtime", Shape(runtime="python3.7"), Shape(runtime="python3.14")),
    ("configuration.deprecated-runtime", Shape(runtime="nodejs18.x"), Shape(runtime="nodejs24.x")),
    ("configuration.deprecated-runtime", Shape(runtime="python3.10"), Shape(runtime="python3.11")),
    ("configuration.no-dayfly", Shape(), Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"})),
    ("configuration.no-dayfly", Shape(layer=_OWN + "-dayfly:3"), Shape(runtime="nodejs24.x")),
    ("configuration.no-dayfly", Shape(environment={"A": "b"}), Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly", "A": "b"})),
    ("configuration.no-dayfly", Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}),
     Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument", "DAYFLY_NEXT_WRAPPER": "/opt/x"})),
    ("configuration.unpinned-layer", Shape(layer=_OWN), Shape(layer=_OWN + ":3")),
    ("configuration.unpinned-layer", Shape(layer=_OWN + ":latest"), Shape(layer=_OWN + ":12")),
    ("configuration.unpinned-layer", Shape(layer=_KNOWN), Shape(layer=_KNOWN + ":7")),
    ("configuration.unpinned-layer", Shape(layer=_KNOWN + ":*"), Shape()),
    ("configuration.unknown-layer", Shape(layer=_OWN + ":3"), Shape(layer=_KNOWN + ":3")),
    ("configuration.unknown-layer", Shape(layer=_OWN + ":3"), Shape()),
    ("configuration.unknown-layer", Shape(layer="arn:aws:lambda:us-east-1:999988887777:layer:x:1"),
     Shape(layer="arn:aws:lambda:us-east-1:464622532012:layer:Datadog-Python313:100")),
    ("configuration.unknown-layer", Shape(layer="arn:aws-cn:lambda:cn-north-1:999988887777:layer:x:1"),
     Shape(layer="arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:14")),
    ("configuration.unknown-wrapper", Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/helper"}),
     Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"})),
    ("configuration.unknown-wrapper", Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/run.sh"}),
     Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"})),
    ("configuration.unknown-wrapper", Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/x/dayfly"}),
     Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"})),
    ("configuration.unknown-wrapper", Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}), Shape(environment={"WRAPPER": "/opt/wrapper"})),
    ("configuration.writable-path", Shape(environment={"PYTHONPATH": "/tmp/lib"}), Shape(environment={"PYTHONPATH": "/opt/lib"})),
    ("configuration.writable-path", Shape(environment={"PYTHONPATH": "/var/task:/tmp"}), Shape(environment={"PYTHONPATH": "/var/task:/opt/tmp"})),
    ("configuration.writable-path", Shape(environment={"LD_PRELOAD": "/tmp/x.so"}), Shape(environment={"LD_PRELOAD": "/opt/lib/x.so"})),
    ("configuration.writable-path", Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/tmp/run"}), Shape(environment={"DATA_DIR": "/tmp/run"})),
]  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("check", "unsafe", "safe"), PAIRS)
def test_the_unsafe_twin_is_found_and_the_safe_one_is_not(
    dialect: str, check: str, unsafe: Shape, safe: Shape
) -> None:
    if dialect == "Serverless Framework" and unsafe.cors is not None and unsafe.url is None:
        pytest.skip("a URL's CORS needs a URL there")
    assert check in checks_of(DIALECTS[dialect](unsafe))
    assert check not in checks_of(DIALECTS[dialect](safe))


def test_every_check_has_twenty_pairs() -> None:
    for check in {one[0] for one in PAIRS}:
        assert sum(one[0] == check for one in PAIRS) * len(DIALECTS) >= 20, check


def _url(permission: str = "") -> dict[str, str]:
    return {
        "t.yaml": (
            "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Runtime: python3.13, Handler: a.b}}\n"
            "  U: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref F, AuthType: NONE}}\n"
            + permission
        )
    }


@pytest.mark.parametrize(
    ("permission", "confidence"),
    [
        ("", Confidence.MEDIUM),
        ("  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Action: 'lambda:InvokeFunctionUrl', Principal: '*'}}\n",
         Confidence.HIGH),
        (("  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Action: 'lambda:InvokeFunctionUrl', Principal: '*', "
         "PrincipalOrgID: o-1}}\n"), None),
        (("  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Action: 'lambda:InvokeFunctionUrl', Principal: '*', "
         "SourceAccount: 1}}\n"), None),
    ],
)  # fmt: skip
def test_an_open_url_needs_a_permission_for_everybody(permission: str, confidence: Confidence | None) -> None:
    found = [
        one.confidence for one in findings_of(_url(permission)) if one.check == "configuration.public-url"
    ]
    assert found == ([confidence] if confidence else [])


def _runtime(today: date, runtime: str = "python3.10") -> list[Severity]:
    found = findings_of(DIALECTS["SAM"](Shape(runtime=runtime)), today=today)
    return [one.severity for one in found if one.check == "configuration.deprecated-runtime"]


@pytest.mark.parametrize(
    ("today", "severities"),
    [
        (date(2026, 5, 3), []),
        (date(2026, 5, 4), [Severity.INFORMATIONAL]),
        (date(2026, 10, 30), [Severity.INFORMATIONAL]),
        (date(2026, 10, 31), [Severity.MEDIUM]),  # the day itself is the first without patches
        (date(2027, 3, 2), [Severity.MEDIUM]),
        (date(2027, 3, 3), [Severity.HIGH]),
    ],
)
def test_a_runtime_is_worse_the_later_it_is(today: date, severities: list[Severity]) -> None:
    assert _runtime(today) == severities


def test_an_unknown_runtime_is_not_judged() -> None:
    assert _runtime(date(2026, 11, 25), "python9.9") == []


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Shape(), "dayfly layer build"),
        (Shape(layer="arn:aws:lambda:eu-west-1:1:layer:dayfly-python313:1"), "the layer alone has no effect"),
        (Shape(environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}), "DAYFLY_NEXT_WRAPPER"),
    ],
)
def test_missing_dayfly_says_how_to_attach_it(shape: Shape, words: str) -> None:
    (finding,) = [
        one for one in findings_of(DIALECTS["SAM"](shape)) if one.check == "configuration.no-dayfly"
    ]
    assert words in finding.fix
    assert finding.severity is Severity.INFORMATIONAL


OPEN_ROUTE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      Events: {{E: {{Type: {kind}, Properties: {{{settings}}}}}}}
{rest}
"""
_API = "  A: {Type: AWS::Serverless::%s, Properties: {Auth: {DefaultAuthorizer: %s}}}"


@pytest.mark.parametrize("kind", ["Api", "HttpApi"])
@pytest.mark.parametrize("path", ["/orders", "/{proxy+}"])
@pytest.mark.parametrize(
    ("unsafe", "safe", "rest"),
    [
        ("", "Auth: {Authorizer: Own}", ""),
        ("Auth: {Authorizer: NONE}", "Auth: {Authorizer: AWS_IAM}", ""),
        ("", "%s: !Ref A", _API % ("%s", "Own")),
        ("%s: !Ref A", "%s: !Ref A, Auth: {Authorizer: Own}", _API % ("%s", "NONE")),
        ("%s: !Ref A, Auth: {Authorizer: NONE}", "%s: !Ref A", _API % ("%s", "Own")),
    ],
)
def test_open_routes_and_their_closed_twins(kind: str, path: str, unsafe: str, safe: str, rest: str) -> None:
    key = "RestApiId" if kind == "Api" else "ApiId"
    route = f"Path: '{path}', Method: get"
    rest = rest.replace("%s", kind)

    def template(settings: str) -> dict[str, str]:
        filled = ", ".join(part for part in (route, settings.replace("%s", key)) if part)
        return {"t.yaml": OPEN_ROUTE.format(kind=kind, settings=filled, rest=rest)}

    assert "configuration.open-route" in checks_of(template(unsafe))
    assert "configuration.open-route" not in checks_of(template(safe))


def test_the_same_layer_of_globals_is_told_once() -> None:
    text = (
        "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Runtime: python3.13, Layers: ['"
        + _OWN
        + "']}}\n"
        "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n"
        "  G: {Type: AWS::Serverless::Function, Properties: {Handler: a.c}}\n"
    )
    found = [one for one in findings_of({"t.yaml": text}) if one.check == "configuration.unpinned-layer"]
    assert len(found) == 1
