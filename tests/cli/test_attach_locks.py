"""What a template says of a function's triggers decides whose events the Runtime API is locked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.reading import read_all
from dayfly.attach.triggers import LOCK_VARIABLE
from dayfly.cli.attach_locks import choose_locks, noted, with_locks

SAM = """Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
{web}
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: other
{caller}
"""
API = "      Events: {A: {Type: HttpApi}}"
QUEUE = "      Events: {A: {Type: HttpApi}, Q: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:eu-west-1:1:q'}}}"
AUTHORIZER = """      FunctionUrlConfig: {AuthType: NONE}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: x, Auth: {Authorizers: {A: {FunctionArn: !GetAtt Web.Arn}}}}"""
INVOKES = """      Policies:
        - Statement: [{Effect: Allow, Action: 'lambda:Invoke*', Resource: !GetAtt Web.Arn}]"""


def decide(folder: Path, *, web: str = "", caller: str = "", own: str = "") -> tuple[str, str]:
    path = folder / "template.yaml"
    path.write_text(SAM.format(web=web, caller=caller))
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "dayfly.toml").write_text(own)
    (template,) = read_all([path])
    choice = choose_locks(template)["Web"]
    return choice.value, choice.note


@pytest.mark.parametrize(
    ("web", "caller", "value", "note"),
    [
        (API, "", "on", "only API Gateway HTTP is known to invoke it"),
        ("      FunctionUrlConfig: {AuthType: AWS_IAM}", "", "on", "only Function URL"),
        (
            QUEUE,
            "",
            "",
            "mixed triggers: only events of API Gateway HTTP are locked, and a takeover through SQS",
        ),
        (AUTHORIZER, "", "", "mixed triggers: only events of Function URL"),
        (API, INVOKES, "", "a takeover through the function Caller"),
        ("      Events: {S: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}", "", "", ""),
        ("", "", "", ""),
    ],
    ids=["api", "url", "queue too", "authorizer too", "invoked by another", "schedule", "nothing"],
)
def test_every_event_is_locked_where_http_services_alone_invoke(
    tmp_path: Path, web: str, caller: str, value: str, note: str
) -> None:
    found = decide(tmp_path, web=web, caller=caller)
    assert found[0] == value
    assert note in found[1]
    assert bool(note) == bool(found[1])


PERMISSION = (
    "Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Web, Action: 'lambda:InvokeFunction'"
)
INTEGRATION = "Uri: !Sub 'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${Web.Arn}/invocations'"
OTHERS = {
    "receipt rule": "Type: AWS::SES::ReceiptRule, Properties: {Rule: {Actions: [{LambdaAction: {FunctionArn: !GetAtt Web.Arn}}]}}",
    "alarm's action": "Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!GetAtt Web.Arn]}",
    "custom resource": "Type: 'Custom::Thing', Properties: {ServiceToken: !GetAtt Web.Arn}",
    "rotation": "Type: AWS::SecretsManager::RotationSchedule, Properties: {SecretId: s, RotationLambdaARN: !GetAtt Web.Arn}",
    "type of no known service": "Type: AWS::New::Thing, Properties: {Deep: [{Er: !Sub '${Web}'}]}",
    "destination": "Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: o, DestinationConfig: {OnFailure: {Destination: !GetAtt Web.Arn}}}",
    "asynchronous settings": "Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Web, MaximumRetryAttempts: 0}",
    "service without a trigger's name": f"{PERMISSION}, Principal: ses.amazonaws.com}}",
    "account": f"{PERMISSION}, Principal: '123456789012'}}",
    "another function's variable": "Type: AWS::Lambda::Function, Properties: {Runtime: python3.13, Handler: a.b, Environment: {Variables: {WORKER: !Ref Web}}}",
    "asynchronous REST method": f"Type: AWS::ApiGateway::Method, Properties: {{Integration: {{{INTEGRATION}, RequestParameters: {{integration.request.header.X-Amz-Invocation-Type: x}}}}}}",
}
HARMLESS = {
    "alarm on it": "Type: AWS::CloudWatch::Alarm, Properties: {Dimensions: [{Name: FunctionName, Value: !Ref Web}], AlarmActions: [!Ref T]}",
    "log group": "Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/aws/lambda/${Web}'}",
    "alias": "Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Web, FunctionVersion: '1', Name: live}",
    "REST method": f"Type: AWS::ApiGateway::Method, Properties: {{Integration: {{{INTEGRATION}}}}}",
    "target group": "Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {TargetType: lambda, Targets: [{Id: !GetAtt Web.Arn}]}",
    "VPC Lattice": f"{PERMISSION}, Principal: vpc-lattice.amazonaws.com}}",
    "function URL": f"{PERMISSION}, Principal: '*', InvokedViaFunctionUrl: true}}",
    "role": "Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 'logs:*', Resource: !GetAtt Web.Arn}]}}",
}


@pytest.mark.parametrize("resource", OTHERS)
def test_a_resource_that_may_invoke_it_in_any_other_way_leaves_the_default(
    tmp_path: Path, resource: str
) -> None:
    """Under the lock what it invokes asynchronously might be lost, so what is not known counts as such."""
    value, note = decide(tmp_path, web=API, caller=f"  E: {{{OTHERS[resource]}}}")
    assert (value, "mixed triggers" in note) == ("", True)


@pytest.mark.parametrize(
    "own", ["DeadLetterQueue: {Type: SQS, TargetArn: q}", "EventInvokeConfig: {MaximumRetryAttempts: 1}"]
)
def test_a_function_that_is_set_up_for_asynchronous_calls_has_them(tmp_path: Path, own: str) -> None:
    assert decide(tmp_path, web=f"{API}\n      {own}")[0] == ""


@pytest.mark.parametrize("resource", HARMLESS)
def test_what_only_refers_to_it_changes_nothing(tmp_path: Path, resource: str) -> None:
    assert decide(tmp_path, web=API, caller=f"  E: {{{HARMLESS[resource]}}}")[0] == "on"


@pytest.mark.parametrize("value", ["http", "off", "auto"])
def test_what_the_function_has_decided_stays(tmp_path: Path, value: str) -> None:
    assert decide(tmp_path, web=API, own=f'api_lock = "{value}"') == ("", "")
    variables = f"{API}\n      Environment: {{Variables: {{DAYFLY_API_LOCK: '{value}'}}}}"
    assert decide(tmp_path, web=variables) == ("", "")


def test_terraforms_functions_are_known_across_files(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_lambda_function" "web" {\n  runtime = "python3.13"\n  handler = "app.handler"\n}\n'
    )
    (tmp_path / "url.tf").write_text(
        'resource "aws_lambda_function_url" "u" {\n'
        "  function_name = aws_lambda_function.web.function_name\n"
        '  authorization_type = "NONE"\n}\n'
    )
    (tmp_path / "watched.tf").write_text(
        'resource "aws_cloudwatch_metric_alarm" "a" {\n'
        "  dimensions = { FunctionName = aws_lambda_function.web.function_name }\n  alarm_actions = [aws_sns_topic.t.arn]\n}\n"
    )
    (template,) = read_all([tmp_path / "main.tf"])
    assert choose_locks(template)["aws_lambda_function.web"].value == "on"
    (tmp_path / "mail.tf").write_text(
        'resource "aws_ses_receipt_rule" "r" {\n  lambda_action {\n'
        "    function_arn = aws_lambda_function.web.arn\n    position = 1\n  }\n}\n"
    )
    (template,) = read_all([tmp_path / "main.tf"])
    choice = choose_locks(template)["aws_lambda_function.web"]
    assert choice.value == ""
    assert "the resource aws_ses_receipt_rule.r" in choice.note


@pytest.mark.parametrize("name", ["template.yaml", "serverless.yml"])
def test_it_is_written_once_and_taken_out_again(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    texts = {
        "template.yaml": SAM.format(web=API, caller=QUEUE),
        "serverless.yml": (
            "service: x\nprovider: {name: aws, runtime: python3.13}\nfunctions:\n"
            "  web: {handler: a.h, url: true}\n  jobs: {handler: a.h, events: [{sns: topic}]}\n"
        ),
    }
    path.write_text(texts[name])
    options = Options(layer="arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:1")
    for _ in range(2):
        (template,) = read_all([path])
        chosen = choose_locks(template)
        edited = noted(template.attach(with_locks(options, chosen)), template, options, chosen)
        path.write_text(edited.text)
        assert edited.text.count(LOCK_VARIABLE + ":") == 1
        assert [note.function for note in edited.notes if "known to invoke it" in note.reason] == [
            next(iter(chosen))
        ]
    (template,) = read_all([path])
    assert template.detach().text == texts[name]


def test_what_was_asked_for_counts_more(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(SAM.format(web=API, caller=API))
    (template,) = read_all([path])
    options = Options(
        layer="arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:1", settings={LOCK_VARIABLE: "http"}
    )
    chosen = choose_locks(template)
    edited = noted(template.attach(with_locks(options, chosen)), template, options, chosen)
    assert edited.text.count(f"{LOCK_VARIABLE}: http") == 2
    assert f"{LOCK_VARIABLE}: on" not in edited.text
    assert not edited.notes
