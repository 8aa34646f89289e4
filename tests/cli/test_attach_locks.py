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
    (template,) = read_all([tmp_path / "main.tf"])
    assert choose_locks(template)["aws_lambda_function.web"].value == "on"


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
