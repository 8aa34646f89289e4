"""Whole templates through the family, from files to findings; the pages among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scan.permissions.projects import make_project

import dayfly.scan
from dayfly.scan.model import Finding, Note, NoteKind
from dayfly.scan.permissions.checking import check_project
from dayfly.scan.source.project import Project
from dayfly.scan.source.reading import read_project
from dayfly.scan.tables.permission import CHECKS
from dayfly.scan.template.reading import read_templates

PAGES = Path(dayfly.scan.__file__).parent / "pages"


def results_of(project: Project) -> list[Finding | Note]:
    templates = read_templates(project)
    functions = [function for template in templates for function in template.functions]
    return list(check_project(project, templates, functions))


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_the_page_is_found_and_its_twin_is_not(check: str) -> None:
    vulnerable = results_of(read_project(PAGES / check / "vulnerable.yaml"))
    fixed = results_of(read_project(PAGES / check / "fixed.yaml"))
    assert check in {one.check for one in vulnerable if isinstance(one, Finding)}
    assert fixed == []


TERRAFORM = """
resource "aws_dynamodb_table" "orders" {
  name     = "orders"
  hash_key = "id"
}
resource "aws_iam_role" "shop" {
  name = "shop"
}
resource "aws_iam_role_policy" "shop" {
  role = aws_iam_role.shop.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", ACTIONS]
      Resource = RESOURCE
    }]
  })
}
resource "aws_lambda_function" "shop" {
  function_name = "shop"
  role          = aws_iam_role.shop.arn
  handler       = "app.handler"
  runtime       = "python3.13"
  filename      = "shop.zip"
  environment {
    variables = { TABLE = aws_dynamodb_table.orders.name }
  }
}
"""
CODE = """
import boto3, os
def handler(event, context):
    return boto3.resource("dynamodb").Table(os.environ["TABLE"]).get_item(Key={"id": event["id"]})
"""


@pytest.mark.parametrize(
    ("actions", "resource", "expected"),
    [
        ("", "aws_dynamodb_table.orders.arn", set()),
        ('"dynamodb:DeleteTable"', "aws_dynamodb_table.orders.arn", {"permission.unused"}),
        ("", '"*"', {"permission.wildcard"}),
    ],
)
def test_terraform_is_compared_like_a_template(actions: str, resource: str, expected: set[str]) -> None:
    text = TERRAFORM.replace("ACTIONS", actions).replace("RESOURCE", resource)
    found = results_of(make_project({"main.tf": text, "app.py": CODE}))
    assert {one.check for one in found if isinstance(one, Finding)} == expected


SERVERLESS = """
service: shop
provider:
  name: aws
  runtime: python3.13
  environment:
    TABLE: !Ref Orders
  iam:
    role:
      statements:
        - Effect: Allow
          Action: [dynamodb:GetItem]
          Resource: RESOURCE
functions:
  shop:
    handler: app.handler
resources:
  Resources:
    Orders:
      Type: AWS::DynamoDB::Table
"""


@pytest.mark.parametrize(
    ("resource", "expected"), [("!GetAtt Orders.Arn", set()), ('"*"', {"permission.wildcard"})]
)
def test_the_serverless_framework_is_compared_like_a_template(resource: str, expected: set[str]) -> None:
    files = {"serverless.yml": SERVERLESS.replace("RESOURCE", resource), "app.py": CODE}
    found = results_of(make_project(files))
    assert {one.check for one in found if isinstance(one, Finding)} == expected


def test_code_that_is_not_there_is_not_compared_but_a_broad_policy_is_told() -> None:
    template = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Shop:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.13
          Handler: gone.handler
          Policies:
            - AmazonS3FullAccess
            - Statement: [{Effect: Allow, Action: dynamodb:GetItem, Resource: arn:aws:dynamodb:x:1:table/t}]
    """
    found = [one for one in results_of(make_project({"template.yaml": template})) if isinstance(one, Finding)]
    assert {one.check for one in found} == {"permission.managed"}


def test_a_role_of_elsewhere_is_a_note() -> None:
    template = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Shop:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.13
          Handler: app.handler
          Role: arn:aws:iam::111122223333:role/shop
    """
    found = results_of(make_project({"template.yaml": template, "app.py": CODE}))
    assert [one.kind for one in found if isinstance(one, Note)] == [NoteKind.NOT_CHECKED]
    assert not [one for one in found if isinstance(one, Finding)]
