"""The policy that is suggested, its reasons, and what it says it does not know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from tests.scan.permissions.projects import RESOURCES, make_entry, make_function, make_project
from tests.scan.permissions.test_needs import CASES, ENVIRONMENT, HEAD

from dayfly.scan.model import Place
from dayfly.scan.permissions.suggesting import Suggestion, suggest
from dayfly.scan.template.model import Source, Template, Trigger


def suggestion_for(code: str, **more: Any) -> Suggestion:
    project = make_project(code)
    function = make_function(environment=ENVIRONMENT, **more)
    template = Template("template.yaml", "SAM", (function,), RESOURCES)
    return suggest(project, make_entry(project, function), [template])


def statements_of(document: dict[str, object]) -> list[dict[str, Any]]:
    statements = document["Statement"]
    assert isinstance(statements, list)
    return statements


CODE = """
import boto3, os
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
def handler(event, context):
    table.put_item(Item=event)
    return table.query(IndexName="by-name")
"""


def test_actions_with_the_same_resources_are_one_statement() -> None:
    found = suggestion_for(CODE)
    own = [one for one in statements_of(found.document) if one["Sid"].startswith("Dynamodb")]
    assert [(one["Action"], one["Resource"]) for one in own] == [
        (["dynamodb:PutItem"], ["${Orders.Arn}"]),
        (["dynamodb:Query"], ["${Orders.Arn}", "${Orders.Arn}/index/by-name"]),
    ]


def test_every_action_has_the_line_that_needs_it() -> None:
    found = suggestion_for(CODE)
    reasons = {one.action: (str(one.place), one.line) for one in found.reasons}
    assert reasons["dynamodb:PutItem"] == ("app.py:5", "table.put_item(Item=event)")
    assert reasons["dynamodb:Query"] == ("app.py:6", 'return table.query(IndexName="by-name")')
    granted = {action for one in statements_of(found.document) for action in one["Action"]}
    assert granted == set(reasons)


def test_logs_are_always_part_of_it() -> None:
    actions = [
        one["Action"] for one in statements_of(suggestion_for("def handler(e, c):\n    pass\n").document)
    ]
    assert actions == [["logs:CreateLogGroup"], ["logs:CreateLogStream", "logs:PutLogEvents"]]


def test_a_template_gets_its_references_as_substitutions() -> None:
    document = suggestion_for(CODE).for_cloudformation()
    (first, *_) = statements_of(document)
    assert first["Resource"] == [{"Fn::Sub": "${Orders.Arn}"}]
    assert "${AWS::AccountId}" in json.dumps(document)


def test_a_trigger_that_is_polled_needs_its_source() -> None:
    function = make_function(triggers=[Trigger.SQS])
    source = Source(Trigger.SQS, Place("template.yaml", 5), source="${Jobs.Arn}")
    project = make_project(CODE)
    object.__setattr__(function, "sources", (source,))
    found = suggest(project, make_entry(project, function))
    polled = [one for one in statements_of(found.document) if one["Sid"] == "Sqs"]
    assert [one["Resource"] for one in polled] == [["${Jobs.Arn}"]]


def test_a_role_is_passed_to_the_service_alone_that_runs_with_it() -> None:
    code = "import boto3\ndef handler(e, c):\n    boto3.client('ecs').run_task(taskDefinition='job')\n"
    (passing,) = [one for one in statements_of(suggestion_for(code).document) if one["Sid"] == "Iam"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}


def test_what_could_not_be_resolved_is_beside_it() -> None:
    found = suggestion_for("import boto3\ndef handler(e, c):\n    boto3.client(e['s']).list_x()\n")
    assert [note.message.partition(":")[0] for note in found.notes] == [
        "could not resolve the service of this client"
    ]


def test_a_wide_resource_says_why_it_is_wide() -> None:
    found = suggestion_for(
        "import boto3\ndef handler(e, c):\n    boto3.client('dynamodb').scan(TableName=e['t'])\n"
    )
    (reason,) = [one for one in found.reasons if one.action == "dynamodb:Scan"]
    assert (reason.resource, reason.unknown) == ("arn:aws:dynamodb:*:*:table/*", "it depends on the event")


@pytest.mark.parametrize("name", CASES)
def test_every_suggested_policy_is_valid(name: str) -> None:
    document = json.dumps(suggestion_for(HEAD + CASES[name][0]).document)
    # References become ARNs when the template is deployed.
    for logical in RESOURCES:
        document = document.replace(f"${{{logical}.Arn}}", f"arn:aws:s3:::{logical.lower()}")
        document = document.replace(f"${{{logical}}}", f"arn:aws:s3:::{logical.lower()}")
    IAMPolicyDocumentValidator(document).validate()


def test_terraform_gets_its_references_as_it_writes_them() -> None:
    function = make_function(environment={"TABLE": "${aws_dynamodb_table.orders.name}"})
    template = Template(
        "main.tf", "Terraform", (function,), {"aws_dynamodb_table.orders": "aws_dynamodb_table"}
    )
    project = make_project(CODE)
    found = suggest(project, make_entry(project, function), [template])
    (first, *_) = statements_of(found.for_cloudformation())
    assert first["Resource"] == ["${aws_dynamodb_table.orders.arn}"]
