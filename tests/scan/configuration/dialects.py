"""One function in each of the languages that templates are written in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    """A function; None leaves a setting out."""

    runtime: str = "python3.13"
    url: str | None = None  # AuthType
    cors: tuple[str, bool] | None = None  # origin, credentials
    concurrency: int | None = None
    layer: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    permission: dict[str, str] | None = None  # in CloudFormation's words
    bucket: bool = False  # invoked by one
    dead_letter: bool = False
    queue: bool | None = None  # invoked by one; True where that has a redrive policy


def _resources(shape: Shape, *, is_sam: bool) -> dict[str, object]:
    """The resources of CloudFormation or SAM."""
    properties: dict[str, object] = {
        "Handler": "app.handler",
        "Runtime": shape.runtime,
        "Environment": {"Variables": shape.environment},
    }
    resources: dict[str, object] = {}
    if shape.concurrency is not None:
        properties["ReservedConcurrentExecutions"] = shape.concurrency
    if shape.layer is not None:
        properties["Layers"] = [shape.layer]
    if shape.dead_letter:
        properties["DeadLetterQueue" if is_sam else "DeadLetterConfig"] = {"TargetArn": "x"}
    url: dict[str, object] = {}
    if shape.url is not None:
        url["AuthType"] = shape.url
        if shape.cors is not None:
            url["Cors"] = {"AllowOrigins": [shape.cors[0]], "AllowCredentials": shape.cors[1]}
        if is_sam:
            properties["FunctionUrlConfig"] = url
        else:
            resources["Url"] = {
                "Type": "AWS::Lambda::Url",
                "Properties": {"TargetFunctionArn": {"Ref": "F"}, **url},
            }
            if shape.url == "NONE":
                open_to_all = {
                    "FunctionName": {"Ref": "F"},
                    "Action": "lambda:InvokeFunctionUrl",
                    "Principal": "*",
                }
                resources["Open"] = {
                    "Type": "AWS::Lambda::Permission",
                    "Properties": {**open_to_all, "FunctionUrlAuthType": "NONE"},
                }
    if shape.permission is not None:
        permission = {"FunctionName": {"Ref": "F"}, "Action": "lambda:InvokeFunction", **shape.permission}
        resources["P"] = {"Type": "AWS::Lambda::Permission", "Properties": permission}
    if shape.bucket:
        notification = {
            "LambdaConfigurations": [
                {"Event": "s3:ObjectCreated:*", "Function": {"Fn::GetAtt": ["F", "Arn"]}}
            ]
        }
        resources["B"] = {
            "Type": "AWS::S3::Bucket",
            "Properties": {"NotificationConfiguration": notification},
        }
    if shape.queue is not None:
        redrive = {"RedrivePolicy": {"maxReceiveCount": 3}} if shape.queue else {}
        resources["Q"] = {"Type": "AWS::SQS::Queue", "Properties": redrive}
        source = {"FunctionName": {"Ref": "F"}, "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]}}
        resources["M"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": source}
    kind = "AWS::Serverless::Function" if is_sam else "AWS::Lambda::Function"
    return {"F": {"Type": kind, "Properties": properties}, **resources}


def _json(shape: Shape, *, is_sam: bool) -> str:
    head = (
        {"Transform": "AWS::Serverless-2016-10-31"} if is_sam else {"AWSTemplateFormatVersion": "2010-09-09"}
    )
    return json.dumps({**head, "Resources": _resources(shape, is_sam=is_sam)}, indent=2)


def _serverless(shape: Shape) -> str:
    function: dict[str, object] = {
        "handler": "app.handler",
        "runtime": shape.runtime,
        "environment": shape.environment,
    }
    if shape.concurrency is not None:
        function["reservedConcurrency"] = shape.concurrency
    if shape.layer is not None:
        function["layers"] = [shape.layer]
    if shape.dead_letter:
        function["onError"] = "arn:x"
    if shape.url is not None:
        function["url"] = {"authorizer": "aws_iam"} if shape.url == "AWS_IAM" else {}
        if shape.cors is not None:
            cors = {"allowedOrigins": [shape.cors[0]], "allowCredentials": shape.cors[1]}
            function["url"] = {**function["url"], "cors": cors}  # type: ignore[dict-item]
    events: list[object] = []
    if shape.bucket:
        events.append({"s3": "uploads"})
    if shape.queue is not None:
        events.append({"sqs": {"arn": {"Fn::GetAtt": ["Q", "Arn"]}}})
    function["events"] = events
    resources = _resources(shape, is_sam=False)
    kept = {name: resources[name] for name in ("Q", "P") if name in resources}
    text = json.dumps(kept).replace('{"Ref": "F"}', '{"Ref": "FLambdaFunction"}')
    service = {
        "service": "s",
        "provider": {"name": "aws"},
        "functions": {"f": function},
        "resources": {"Resources": json.loads(text)},
    }
    return json.dumps(service, indent=2)


def _terraform(shape: Shape) -> str:
    lines = [
        'resource "aws_lambda_function" "f" {',
        '  handler = "app.handler"',
        f'  runtime = "{shape.runtime}"',
    ]
    if shape.concurrency is not None:
        lines.append(f"  reserved_concurrent_executions = {shape.concurrency}")
    if shape.layer is not None:
        lines.append(f"  layers = [{json.dumps(shape.layer)}]")
    if shape.dead_letter:
        lines.append('  dead_letter_config {\n    target_arn = "x"\n  }')
    if shape.environment:
        lines.append("  environment {\n    variables = {")
        lines += [f"      {name} = {json.dumps(value)}" for name, value in shape.environment.items()]
        lines.append("    }\n  }")
    lines.append("}")
    if shape.url is not None:
        lines.append('resource "aws_lambda_function_url" "u" {\n  function_name = aws_lambda_function.f.arn')
        lines.append(f'  authorization_type = "{shape.url}"')
        if shape.cors is not None:
            lines.append(
                f'  cors {{\n    allow_origins = ["{shape.cors[0]}"]\n    allow_credentials = {str(shape.cors[1]).lower()}\n  }}'
            )
        lines.append("}")
    if shape.permission is not None:
        lines.append('resource "aws_lambda_permission" "p" {\n  function_name = aws_lambda_function.f.arn')
        lines.append('  action = "lambda:InvokeFunction"')
        words = {"Principal": "principal", "SourceArn": "source_arn", "SourceAccount": "source_account",
                 "PrincipalOrgID": "principal_org_id", "EventSourceToken": "event_source_token"}  # fmt: skip
        lines += [f"  {words[key]} = {json.dumps(value)}" for key, value in shape.permission.items()]
        lines.append("}")
    if shape.bucket:
        lines.append('resource "aws_s3_bucket_notification" "n" {\n  lambda_function {')
        lines.append("    lambda_function_arn = aws_lambda_function.f.arn\n  }\n}")
    if shape.queue is not None:
        redrive = "  redrive_policy = jsonencode({ maxReceiveCount = 3 })\n" if shape.queue else ""
        lines.append(f'resource "aws_sqs_queue" "q" {{\n{redrive}}}')
        lines.append(
            'resource "aws_lambda_event_source_mapping" "m" {\n  event_source_arn = aws_sqs_queue.q.arn'
        )
        lines.append("  function_name = aws_lambda_function.f.arn\n}")
    return "\n".join(lines) + "\n"


DIALECTS = {
    "SAM": lambda shape: {"template.json": _json(shape, is_sam=True)},
    "SAM in YAML": lambda shape: {"template.yaml": _json(shape, is_sam=True)},
    "CloudFormation": lambda shape: {"stack.template.json": _json(shape, is_sam=False)},
    "Serverless Framework": lambda shape: {"serverless.yml": _serverless(shape)},
    "Terraform": lambda shape: {"main.tf": _terraform(shape)},
}
