"""Functions of SAM and CloudFormation templates: settings, what invokes them, what they may do."""

from __future__ import annotations

import json

import pytest
from tests.scan.template.making import function_of, project_of, template_of

from dayfly.scan.model import NoteKind
from dayfly.scan.template.model import Trigger, Unresolved
from dayfly.scan.template.reading import read_templates

SAM = "Transform: AWS::Serverless-2016-10-31\n"


def _sam(properties: str, rest: str = "") -> str:
    body = "\n".join("      " + line for line in properties.strip().splitlines())
    return (
        SAM
        + "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.handler\n"
        + body
        + "\n"
        + rest
    )


def test_settings_with_globals_under_them() -> None:
    function = function_of(
        SAM
        + """
Globals:
  Function:
    Runtime: python3.12
    Timeout: 10
    Layers: [shared]
    Environment: {Variables: {A: 1, B: global}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: ./src/
      Timeout: 30
      Layers: [own]
      ReservedConcurrentExecutions: 5
      Environment: {Variables: {B: own, C: !Ref Table}}
"""
    )
    assert (function.handler, function.code, function.runtime, function.timeout) == (
        "app.handler",
        "src",
        "python3.12",
        30,
    )
    assert function.layers == ("shared", "own")
    assert function.reserved_concurrency == 5
    assert function.environment["A"] == "1"
    assert function.environment["B"] == "own"
    unresolved = function.environment["C"]
    assert isinstance(unresolved, Unresolved)
    assert unresolved.expression == "${Table}"
    assert function.environment_places["B"].line == 18
    assert function.places["runtime"].line == 5


@pytest.mark.parametrize(
    ("event", "trigger"),
    [
        ("{Type: Api, Properties: {Path: /, Method: get}}", Trigger.API_V1),
        ("{Type: HttpApi}", Trigger.API_V2),
        ("{Type: S3, Properties: {Bucket: !Ref B}}", Trigger.S3),
        ("{Type: SNS, Properties: {Topic: !Ref T}}", Trigger.SNS),
        ("{Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}", Trigger.SQS),
        ("{Type: Kinesis, Properties: {Stream: x}}", Trigger.KINESIS),
        ("{Type: DynamoDB, Properties: {Stream: x}}", Trigger.DYNAMODB),
        ("{Type: Schedule, Properties: {Schedule: rate(1 day)}}", Trigger.SCHEDULE),
        ("{Type: ScheduleV2}", Trigger.SCHEDULE),
        ("{Type: EventBridgeRule}", Trigger.EVENTBRIDGE),
        ("{Type: CloudWatchEvent}", Trigger.EVENTBRIDGE),
        ("{Type: CloudWatchLogs}", Trigger.LOGS),
        ("{Type: IoTRule}", Trigger.IOT),
        ("{Type: AlexaSkill}", Trigger.ALEXA),
        ("{Type: Cognito}", Trigger.COGNITO),
        ("{Type: MSK}", Trigger.KAFKA),
        ("{Type: SelfManagedKafka}", Trigger.KAFKA),
        ("{Type: MQ}", Trigger.MQ),
        ("{Type: SomethingNew}", Trigger.UNKNOWN),
    ],
)
def test_every_kind_of_sam_event(event: str, trigger: Trigger) -> None:
    assert function_of(_sam(f"Events: {{E: {event}}}")).triggers == (trigger,)


@pytest.mark.parametrize(
    ("event", "rest", "is_public"),
    [
        ("{Type: Api, Properties: {Path: /, Method: get}}", "", True),
        ("{Type: Api, Properties: {Path: /, Method: options}}", "", False),
        ("{Type: Api, Properties: {Path: /, Method: get, Auth: {Authorizer: AWS_IAM}}}", "", False),
        ("{Type: Api, Properties: {Path: /, Method: get, Auth: {ApiKeyRequired: true}}}", "", False),
        (
            "{Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref A}}",
            "Auth: {DefaultAuthorizer: X}",
            False,
        ),
        ("{Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref A}}", "StageName: x", True),
        (
            "{Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref A, Auth: {Authorizer: NONE}}}",
            "Auth: {DefaultAuthorizer: X}",
            True,
        ),
        (
            "{Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref A}}",
            "EndpointConfiguration: {Type: PRIVATE}",
            False,
        ),
        (
            "{Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref A}}",
            "DefinitionUri: api.yaml",
            None,
        ),
        ("{Type: Api, Properties: {Path: /, Method: get, RestApiId: !ImportValue x}}", "", None),
    ],
)
def test_whether_a_route_is_open(event: str, rest: str, is_public: bool | None) -> None:
    api = f"  A: {{Type: AWS::Serverless::Api, Properties: {{{rest}}}}}\n" if rest else ""
    (source,) = function_of(_sam(f"Events: {{E: {event}}}", api)).sources
    assert source.is_public is is_public


def test_policies_of_every_form() -> None:
    function = function_of(
        _sam(
            """
Policies:
  - AmazonS3FullAccess
  - S3ReadPolicy: {BucketName: !Ref B}
  - Statement:
      - {Effect: Allow, Action: "sqs:*", Resource: "*"}
  - {Effect: Deny, Action: [s3:PutObject], Resource: x, Condition: {Bool: {"aws:SecureTransport": false}}}
  - NoSuchPolicyTemplate: {}
"""
        )
    )
    assert function.statements is not None
    by_origin = {one.origin: one for one in function.statements}
    assert by_origin["S3ReadPolicy"].resources[0] == "arn:${AWS::Partition}:s3:::${B}"
    assert "s3:GetObject" in by_origin["S3ReadPolicy"].actions
    assert [one.actions for one in function.statements if one.origin == "inline"] == [
        ("sqs:*",),
        ("s3:PutObject",),
    ]
    assert function.statements[-1].has_condition
    assert [one.expression for one in function.unresolved_policies] == [
        "AmazonS3FullAccess",
        "the policy template NoSuchPolicyTemplate",
    ]


CLOUDFORMATION = """
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: orders
      Handler: app.handler
      Runtime: python3.9
      Role: !GetAtt R.Arn
      Code: {S3Bucket: b, S3Key: k}
      DeadLetterConfig: {TargetArn: x}
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole, !Ref M]
      Policies:
        - PolicyName: own
          PolicyDocument: {Statement: {Effect: Allow, Action: "logs:*", Resource: "*"}}
  M:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Ref T}]}
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: attached
      Roles: [!Ref R]
      PolicyDocument: {Statement: [{Effect: Allow, NotAction: "iam:*", Resource: "*"}]}
"""


def test_a_role_with_everything_attached_to_it() -> None:
    function = function_of(CLOUDFORMATION)
    assert function.statements is not None
    assert {one.origin for one in function.statements} == {"own", "M", "attached"}
    assert [one.not_actions for one in function.statements if one.origin == "attached"] == [("iam:*",)]
    assert [one.expression.rpartition("/")[2] for one in function.unresolved_policies] == [
        "AWSLambdaBasicExecutionRole"
    ]
    assert function.code is None
    assert function.has_dead_letter


def test_a_role_of_elsewhere_is_unresolved() -> None:
    function = function_of(_sam("Role: !ImportValue role"))
    assert function.statements is None
    assert [one.expression for one in function.unresolved_policies] == ["${ImportValue:role}"]


def test_json_is_read_like_yaml() -> None:
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "F": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "app.handler",
                    "Runtime": "python3.13",
                    "Code": {"ZipFile": "x = 1"},
                },
                "Metadata": {"aws:asset:path": "asset.0123"},
            }
        },
    }
    function = function_of(json.dumps(template, indent=1), path="cdk/stack.template.json")
    assert function.inline_code == "x = 1"
    assert function.place.line == 4


@pytest.mark.parametrize(
    ("resource", "trigger"),
    [
        (
            "{Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F, EventSourceArn: !GetAtt Q.Arn}}",
            Trigger.SQS,
        ),
        (
            (
                "{Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: orders, "
                "EventSourceArn: 'arn:aws:kinesis:eu-west-1:1:stream/x'}}"
            ),
            Trigger.KINESIS,
        ),
        (
            "{Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: [{Function: !GetAtt F.Arn}]}}}",
            Trigger.S3,
        ),
        (
            "{Type: AWS::SNS::Subscription, Properties: {Protocol: lambda, Endpoint: !GetAtt F.Arn}}",
            Trigger.SNS,
        ),
        (
            "{Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: lambda, Endpoint: !GetAtt F.Arn}]}}",
            Trigger.SNS,
        ),
        (
            "{Type: AWS::Events::Rule, Properties: {EventPattern: {}, Targets: [{Arn: !GetAtt F.Arn}]}}",
            Trigger.EVENTBRIDGE,
        ),
        (
            "{Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Arn: !GetAtt F.Arn}]}}",
            Trigger.SCHEDULE,
        ),
        ("{Type: AWS::Scheduler::Schedule, Properties: {Target: {Arn: !GetAtt F.Arn}}}", Trigger.SCHEDULE),
        (
            (
                "{Type: AWS::ApiGateway::Method, Properties: {AuthorizationType: NONE, Integration: {Uri: "
                "!Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations'}}}"
            ),
            Trigger.API_V1,
        ),
        (
            "{Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt F.Arn}}",
            Trigger.API_V2,
        ),
        (
            "{Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {TargetType: lambda, Targets: [{Id: !GetAtt F.Arn}]}}",
            Trigger.ALB,
        ),
        (
            "{Type: AWS::Cognito::UserPool, Properties: {LambdaConfig: {PreSignUp: !GetAtt F.Arn}}}",
            Trigger.COGNITO,
        ),
        (
            "{Type: AWS::AppSync::DataSource, Properties: {LambdaConfig: {LambdaFunctionArn: !GetAtt F.Arn}}}",
            Trigger.APPSYNC,
        ),
        (
            '{Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionString: !Sub \'{"Resource": "${F.Arn}"}\'}}',
            Trigger.STEP_FUNCTIONS,
        ),
        ("{Type: AWS::Logs::SubscriptionFilter, Properties: {DestinationArn: !GetAtt F.Arn}}", Trigger.LOGS),
        (
            "{Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref F, AuthType: NONE}}",
            Trigger.FUNCTION_URL,
        ),
        (
            "{Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Principal: iot.amazonaws.com}}",
            Trigger.IOT,
        ),
        (
            "{Type: AWS::ApiGateway::Authorizer, Properties: {AuthorizerUri: !Sub 'x/${F.Arn}/y'}}",
            Trigger.AUTHORIZER,
        ),
    ],
)
def test_resources_that_invoke_a_function(resource: str, trigger: Trigger) -> None:
    text = CLOUDFORMATION + f"  Q: {{Type: AWS::SQS::Queue}}\n  X: {resource}\n"
    assert function_of(text).triggers == (trigger,)


def test_an_alias_of_a_version_is_its_function() -> None:
    text = CLOUDFORMATION + (
        "  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}\n"
        "  A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !GetAtt V.FunctionArn}}\n"
        "  S: {Type: AWS::SNS::Subscription, Properties: {Protocol: lambda, Endpoint: !Ref A}}\n"
    )
    assert function_of(text).triggers == (Trigger.SNS,)


def test_an_alias_of_itself_ends() -> None:
    text = CLOUDFORMATION + (
        "  A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref A}}\n"
        "  S: {Type: AWS::SNS::Subscription, Properties: {Protocol: lambda, Endpoint: !Ref A}}\n"
    )
    assert function_of(text).triggers == ()


def test_what_a_false_condition_keeps_away_is_not_there() -> None:
    text = (
        "Parameters: {On: {Type: String, Default: 'no'}}\nConditions: {IsOn: !Equals [!Ref On, 'yes']}"
        + CLOUDFORMATION
    )
    template = template_of(text.replace("  M:\n", "  M:\n    Condition: IsOn\n"))
    assert "M" not in template.resources


def test_permissions_are_the_functions_resource_policy() -> None:
    text = CLOUDFORMATION + (
        "  P1: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Principal: s3.amazonaws.com, "
        "Action: 'lambda:InvokeFunction', SourceAccount: !Ref AWS::AccountId}}\n"
    )
    (statement,) = function_of(text).resource_policy
    assert statement.principals == ("s3.amazonaws.com",)
    assert statement.conditions == ("aws:sourceaccount",)


def test_resource_policies_of_other_resources() -> None:
    text = """
Resources:
  B:
    Type: AWS::S3::BucketPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}]}
  T:
    Type: AWS::SNS::TopicPolicy
    Properties:
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: [s3.amazonaws.com]}, Action: "sns:Publish", Resource: "*"}
"""
    policies = template_of(text).resource_policies
    assert policies["B"][0].principals == ("*",)
    assert policies["T"][0].principals == ("s3.amazonaws.com",)


@pytest.mark.parametrize(
    "text",
    [
        "Resources: []\nAWSTemplateFormatVersion: x\n",
        "Resources: {F: 3, G: {Type: [x]}, H: {Type: AWS::Lambda::Function}}\n",
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: []}}\n",
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Events: [], Policies: {a: {b: c}}, Layers: {x: y}}}}\n",
        "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: [], Environment: x, Role: {a: b}, Timeout: [1]}}}\n",
        "Resources: {F: {Type: AWS::Lambda::Permission}, G: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: 1}}}\n",
        "Parameters: [x]\nConditions: 3\nMappings: !Ref x\nGlobals: x\nResources: {F: {Type: AWS::Serverless::Function}}\n",
    ],
)
def test_templates_of_the_wrong_shape_do_not_break(text: str) -> None:
    read_templates(project_of({"template.yaml": text}))


def test_what_is_no_template_is_none() -> None:
    files = {
        "a.yaml": "key: value\n",
        "b.json": '{"note": "AWS::Lambda::Function is a type"}',
        "c.yaml": "AWS:: [broken",
        "site-packages/x/template.yaml": CLOUDFORMATION,
    }
    project = project_of(files)
    assert read_templates(project) == ()
    assert [(note.kind, note.place.path) for note in project.notes] == [(NoteKind.NOT_ANALYSABLE, "c.yaml")]


def test_a_nested_stack_of_elsewhere_is_named() -> None:
    project = project_of(
        {
            "t.yaml": "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://b.s3/x'}}}\n"
        }
    )
    read_templates(project)
    assert [note.kind for note in project.notes] == [NoteKind.NOT_CHECKED]
    assert "nested stack N" in project.notes[0].message


def test_a_nested_template_of_the_project_is_read_and_a_missing_one_is_named() -> None:
    outer = "Resources: {N: {Type: AWS::Serverless::Application, Properties: {Location: ./inner.yaml}}}\n"
    inner = "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}}\n"
    project = project_of({"a/outer.yaml": outer, "a/inner.yaml": inner})
    assert [template.path for template in read_templates(project)] == ["a/inner.yaml", "a/outer.yaml"]
    assert not project.notes
    project = project_of({"a/outer.yaml": outer})
    read_templates(project)
    assert "a/inner.yaml" in project.notes[0].message


def test_a_connector_is_a_trigger_or_a_grant_that_is_not_spelled_out() -> None:
    text = _sam(
        "Runtime: python3.13",
        "    Connectors: {C: {Properties: {Destination: {Id: T}, Permissions: [Read]}}}\n"
        "  T: {Type: AWS::DynamoDB::Table}\n  Q: {Type: AWS::SQS::Queue}\n"
        "  D: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Q}, Destination: {Id: F}, Permissions: [Read]}}\n",
    )
    function = function_of(text)
    assert function.triggers == (Trigger.SQS,)
    assert [one.expression for one in function.unresolved_policies] == ["a SAM connector: Read to T"]


@pytest.mark.parametrize("piece", ["${", "${A", "${A[", "${A.", "$", "${A:${B", "{{", "${aws_a.b"])
def test_text_of_unclosed_references_does_not_run_away(piece: str) -> None:
    text = piece * (600_000 // len(piece))
    template = {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": {"Fn::Sub": text}, "Role": text}}
        }
    }
    read_templates(project_of({"t.json": json.dumps({"AWSTemplateFormatVersion": "x", **template})}))
    service = {"provider": {"name": "aws"}, "functions": {"f": {"handler": text, "role": text}}}
    read_templates(project_of({"serverless.json": json.dumps(service)}))
    project = project_of({})
    heredoc = f'resource "aws_lambda_function" "f" {{\n  role = <<EOF\n{text}\nEOF\n}}\n'
    project.others["main.tf"] = lambda: heredoc.encode()
    read_templates(project)
