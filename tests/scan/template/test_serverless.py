"""Functions of the Serverless Framework: variables, events, roles."""

from __future__ import annotations

import pytest
from tests.scan.template.making import function_of, project_of

from dayfly.scan.model import NoteKind
from dayfly.scan.template.model import Trigger, Unresolved
from dayfly.scan.template.reading import read_templates

HEAD = "service: s\nprovider: {name: aws, runtime: python3.12}\n"


def _function(settings: str, rest: str = "", head: str = HEAD) -> str:
    body = "\n".join("    " + line for line in settings.strip().splitlines())
    return f"{head}{rest}functions:\n  f:\n    handler: src/app.handler\n{body}\n"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("${self:custom.a}", "x"),
        ("pre-${self:custom.a}-post", "pre-x-post"),
        ("${self:custom.nested.${self:custom.a}}", "deep"),
        ("${opt:stage, 'dev'}", "dev"),
        ("${opt:stage, self:custom.a}", "x"),
        ("${env:HOST, 'local'}", "local"),
        ("${self:custom.missing, 'fallback'}", "fallback"),
        ("${sls:stage}", "test"),
        ("${param:p}", "of-param"),
        ("${file(./values.yml):dev.key}", "of-file"),
        ("${self:custom.list.1}", "b"),
        ("${self:custom.flag}", "true"),
    ],
)
def test_variables_that_the_project_decides(written: str, value: str) -> None:
    text = _function(
        f'environment: {{V: "{written}"}}',
        "custom: {a: x, nested: {x: deep}, list: [a, b], flag: true}\nparams: {default: {p: of-param}}\n",
        "service: s\nprovider: {name: aws, stage: test}\n",
    )
    project = project_of({"serverless.yml": text, "values.yml": "dev: {key: of-file}\n"})
    (template,) = read_templates(project)
    assert template.functions[0].environment["V"] == value


@pytest.mark.parametrize(
    "written",
    [
        "${ssm:/path}",
        "${cf:stack.output}",
        "${opt:stage}",
        "${env:SECRET}",
        "${self:custom.loop}",
        "a-${self:custom.missing}",
        "${file(../outside.yml):x}",
        "${file(./program.js):x}",
    ],
)
def test_variables_that_only_a_deployment_knows(written: str) -> None:
    text = _function(
        f'environment: {{V: "{written}"}}',
        'custom: {loop: "${self:custom.back}", back: "${self:custom.loop}"}\n',
    )
    value = function_of(text, path="serverless.yml").environment["V"]
    assert isinstance(value, Unresolved)


def test_variables_that_multiply_end() -> None:
    lines = ["custom:", "  v0: x"]
    lines += [
        f'  v{i}: ["${{self:custom.v{i - 1}}}", "${{self:custom.v{i - 1}}}", "${{self:custom.v{i - 1}}}"]'
        for i in range(1, 12)
    ]
    text = _function('environment: {V: "${self:custom.v11}"}', "\n".join(lines) + "\n")
    assert isinstance(function_of(text, path="serverless.yml").environment["V"], Unresolved)


@pytest.mark.parametrize(
    ("event", "trigger", "is_public"),
    [
        ("http: GET /x", Trigger.API_V1, True),
        ("http: {path: x, method: get, authorizer: aws_iam}", Trigger.API_V1, False),
        ("http: {path: x, method: get, private: true}", Trigger.API_V1, False),
        ("http: {path: x, method: options}", Trigger.API_V1, False),
        ("httpApi: '*'", Trigger.API_V2, True),
        ("httpApi: {path: /, method: get, authorizer: {name: jwt}}", Trigger.API_V2, False),
        ("websocket: $connect", Trigger.WEBSOCKET, True),
        ("schedule: rate(1 hour)", Trigger.SCHEDULE, None),
        ("s3: bucket", Trigger.S3, None),
        ("sns: topic", Trigger.SNS, None),
        ("sqs: {arn: !GetAtt Q.Arn}", Trigger.SQS, None),
        ("stream: arn:aws:dynamodb:eu-west-1:1:table/t/stream/x", Trigger.DYNAMODB, None),
        ("stream: {type: kinesis, arn: x}", Trigger.KINESIS, None),
        ("eventBridge: {schedule: rate(1 day)}", Trigger.SCHEDULE, None),
        ("eventBridge: {pattern: {source: [x]}}", Trigger.EVENTBRIDGE, None),
        ("cognitoUserPool: {pool: p, trigger: PreSignUp}", Trigger.COGNITO, None),
        ("alb: {priority: 1}", Trigger.ALB, None),
        ("iot: {sql: x}", Trigger.IOT, None),
        ("alexaSkill: x", Trigger.ALEXA, None),
        ("activemq: {arn: x}", Trigger.MQ, None),
        ("msk: {arn: x}", Trigger.KAFKA, None),
        ("cloudwatchLog: /group", Trigger.LOGS, None),
    ],
)
def test_every_kind_of_event(event: str, trigger: Trigger, is_public: bool | None) -> None:
    (source,) = function_of(_function(f"events: [{{{event}}}]"), path="serverless.yml").sources
    assert (source.trigger, source.is_public) == (trigger, is_public)


@pytest.mark.parametrize(
    ("provider", "settings", "actions"),
    [
        ("iam: {role: {statements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}", "", ["s3:*"]),
        ("iamRoleStatements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]", "", ["s3:*"]),
        (
            "iamRoleStatements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]",
            "iamRoleStatements: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]",
            ["sqs:*"],
        ),
        (
            "iamRoleStatements: [{Effect: Allow, Action: 's3:*', Resource: '*'}]",
            "iamRoleStatementsInherit: true\niamRoleStatements: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]",
            ["sqs:*", "s3:*"],
        ),
        ("stage: x", "", []),
    ],
)
def test_statements_of_the_service_and_of_the_function(
    provider: str, settings: str, actions: list[str]
) -> None:
    text = _function(settings or "timeout: 3", head=f"service: s\nprovider:\n  name: aws\n  {provider}\n")
    function = function_of(text, path="serverless.yml")
    assert function.statements is not None
    assert [one.actions[0] for one in function.statements] == actions


def test_resources_invoke_functions_by_their_logical_names() -> None:
    text = _function("timeout: 3") + (
        "resources:\n  Resources:\n"
        "    S: {Type: AWS::SNS::Subscription, Properties: {Protocol: lambda, Endpoint: !GetAtt FLambdaFunction.Arn}}\n"
    )
    assert function_of(text, path="serverless.yml").triggers == (Trigger.SNS,)


@pytest.mark.parametrize(
    ("settings", "auth"),
    [
        ("url: true", "NONE"),
        ("url: {authorizer: aws_iam}", "AWS_IAM"),
        ("url: {cors: true}", "NONE"),
        ("url: false", None),
    ],
)
def test_urls(settings: str, auth: str | None) -> None:
    assert function_of(_function(settings), path="serverless.yml").url_auth == auth


def test_another_cloud_is_not_read() -> None:
    project = project_of(
        {"serverless.yml": "service: s\nprovider: {name: google}\nfunctions: {f: {handler: x.y}}\n"}
    )
    assert read_templates(project) == ()


def test_a_service_that_is_a_program_is_named() -> None:
    project = project_of({"serverless.ts": "export default {}", "cdk.json": "{}"})
    assert read_templates(project) == ()
    assert [note.kind for note in project.notes] == [NoteKind.NOT_CHECKED, NoteKind.NOT_CHECKED]


@pytest.mark.parametrize(
    "text",
    [
        "provider: aws\nfunctions: []\n",
        "provider: {name: aws}\nfunctions: {f: 3, g: {events: x}, h: {events: [1, {http: [1]}, {sqs: }]}}\n",
        "provider: {name: aws, iam: {role: [1]}}\nfunctions: {f: {handler: [x], layers: 3, environment: [1]}}\nresources: [1, {a: b}]\n",
        'provider: {name: aws}\nfunctions: {f: {handler: "${self:functions.f.handler}"}}\n',
        'provider: "${file(p.yml)}"\nfunctions: "${file(f.yml)}"\n',
    ],
)
def test_files_of_the_wrong_shape_do_not_break(text: str) -> None:
    read_templates(project_of({"serverless.yml": text}))
