"""Projects as people have them, for the commands to be used on: SAM, CloudFormation, Terraform, and a plain folder."""

from __future__ import annotations

import sys

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"

SAM = {
    "template.yaml": f"""\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
# The shop: two functions and what both share.
Globals:
  Function:
    Runtime: {PYTHON}
    Timeout: 10
Resources:
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: shared/
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: orders/
      Handler: app.handler
      Layers: [!Ref Shared]
      Environment:
        Variables:
          TABLE: !Sub "${{AWS::StackName}}-orders"   # one table for each stack
      Events:
        Api:
          Type: HttpApi
          Properties: {{Path: /orders, Method: post}}
  Refunds:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: refunds/
      Handler: app.handler
      Layers: [!Ref Shared]
""",
    "orders/app.py": """\
import json

from shop.audit import archive


def handler(event, context):
    order = json.loads(event["body"])
    archive(order["file"])
    return {"statusCode": 200}
""",
    "refunds/app.py": """\
def handler(event, context):
    return {"refunded": sum(event["amounts"])}
""",
    "shared/python/shop/__init__.py": "",
    "shared/python/shop/audit.py": """\
import subprocess


def archive(name):
    subprocess.run(f"tar czf /tmp/archive.tgz {name}", shell=True, check=True)
""",
}
EVALUATES = """\
def handler(event, context):
    return eval(event["formula"])
"""
CLOUDFORMATION = {
    "stack.yaml": f"""\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  DayflyLayerArn: {{Type: String}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: "sts:AssumeRole"}}]
      Policies:
        - PolicyName: everything
          PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "*", Resource: "*"}}]}}
  Report:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: {PYTHON}
      Handler: app.handler
      Code: src/
      Role: !GetAtt Role.Arn
""",
    "src/app.py": EVALUATES,
}
TERRAFORM = {
    "main.tf": f"""\
# The nightly report.
resource "aws_lambda_function" "report" {{
  function_name    = "report"
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256
  handler          = "app.handler"
  runtime          = "{PYTHON}"
  role             = aws_iam_role.report.arn

  environment {{
    variables = {{
      TABLE = "reports" # read only
    }}
  }}
}}

data "archive_file" "code" {{
  type        = "zip"
  source_dir  = "${{path.module}}/src"
  output_path = "${{path.module}}/code.zip"
}}
""",
    "src/app.py": EVALUATES,
}
PLAIN = {
    "app.py": """\
import os
import subprocess


def handler(event, context):
    done = subprocess.run(["/bin/echo", "price"], capture_output=True, text=True, check=True)
    return {done.stdout.strip(): event["price"] * 2, "table": os.environ["TABLE"]}
""",
    "events/one.json": '{"price": 21}',
}
# Two environments of a function, as `aws logs tail --format detailed` prints them.
LOG = """\
2026-11-27T10:00:00.000000+00:00 2026/11/27/[$LATEST]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:1
2026-11-27T10:00:01.000000+00:00 2026/11/27/[$LATEST]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa START RequestId: 11111111-1111-1111-1111-111111111111 Version: $LATEST
2026-11-27T10:00:02.000000+00:00 2026/11/27/[$LATEST]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa REPORT RequestId: 11111111-1111-1111-1111-111111111111\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\tInit Duration: 200.00 ms
2026-11-27T11:00:02.000000+00:00 2026/11/27/[$LATEST]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa START RequestId: 22222222-2222-2222-2222-222222222222 Version: $LATEST
2026-11-27T11:00:03.000000+00:00 2026/11/27/[$LATEST]aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa REPORT RequestId: 22222222-2222-2222-2222-222222222222\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB
2026-11-27T11:00:04.000000+00:00 2026/11/27/[$LATEST]bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:1
2026-11-27T11:00:05.000000+00:00 2026/11/27/[$LATEST]bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb START RequestId: 33333333-3333-3333-3333-333333333333 Version: $LATEST
2026-11-27T11:00:06.000000+00:00 2026/11/27/[$LATEST]bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb REPORT RequestId: 33333333-3333-3333-3333-333333333333\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\tInit Duration: 200.00 ms
"""
