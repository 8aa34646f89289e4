"""A function under the policy that is suggested for it works; without any one of its actions it does not.

IAM is played by moto. It checks the resources of S3 alone, so the other services' statements are checked on `*`
by it, and here that each suggested resource means the thing that was made.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from tests.scan.permissions.projects import make_entry, make_function, make_project

from dayfly.scan.permissions.catalogue import glob_pattern
from dayfly.scan.permissions.suggesting import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Sample:
    """Code of a handler, what the environment holds of what is made, and the actions it needs."""

    code: str
    actions: frozenset[str]


SAMPLES = {
    "s3": Sample(
        """
        import boto3, os
        s3 = boto3.client("s3")
        def handler(event, context):
            bucket = os.environ["BUCKET"]
            s3.put_object(Bucket=bucket, Key=f"reports/{event['id']}.txt", Body=b"x")
            s3.get_object(Bucket=bucket, Key=f"reports/{event['id']}.txt")
            s3.list_objects_v2(Bucket=bucket)
            s3.delete_object(Bucket=bucket, Key=f"reports/{event['id']}.txt")
        """,
        frozenset({"s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"}),
    ),
    "dynamodb": Sample(
        """
        import boto3, os
        class Store:
            def __init__(self):
                self.table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
            def put(self, item):
                self.table.put_item(Item=item)
            def get(self, key):
                return self.table.get_item(Key={"id": key})
        def handler(event, context):
            store = Store()
            store.put({"id": event["id"]})
            store.get(event["id"])
            with store.table.batch_writer() as batch:
                batch.put_item(Item={"id": "2"})
        """,
        frozenset({"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:BatchWriteItem"}),
    ),
    "sqs": Sample(
        """
        import boto3, os
        def handler(event, context):
            sqs = boto3.client("sqs")
            url = os.environ["QUEUE"]
            sqs.send_message(QueueUrl=url, MessageBody=event["id"])
            for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        """,
        frozenset({"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"}),
    ),
    "sns": Sample(
        """
        import boto3, os
        def handler(event, context):
            boto3.resource("sns").Topic(os.environ["TOPIC"]).publish(Message=event["id"])
        """,
        frozenset({"sns:Publish"}),
    ),
    "ssm": Sample(
        """
        import boto3
        def read(name):
            return boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        def handler(event, context):
            read("/app/prod/key")
            boto3.client("ssm").get_parameters_by_path(Path="/app/prod/")
        """,
        frozenset({"ssm:GetParameter", "ssm:GetParametersByPath"}),
    ),
    "secretsmanager": Sample(
        """
        import boto3, functools
        @functools.lru_cache
        def client(service):
            return boto3.client(service)
        def handler(event, context):
            client.cache_clear()
            return client("secretsmanager").get_secret_value(SecretId="prod/db")["SecretString"]
        """,
        frozenset({"secretsmanager:GetSecretValue"}),
    ),
    "kms": Sample(
        """
        import boto3, os
        def handler(event, context):
            kms = boto3.client("kms")
            sealed = kms.encrypt(KeyId=os.environ["KEY"], Plaintext=b"x")["CiphertextBlob"]
            kms.decrypt(KeyId=os.environ["KEY"], CiphertextBlob=sealed)
        """,
        frozenset({"kms:Encrypt", "kms:Decrypt"}),
    ),
    "events": Sample(
        """
        import boto3
        def handler(event, context):
            boto3.client("events").put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
        """,
        frozenset({"events:PutEvents"}),
    ),
}


_numbers = itertools.count(1)


@dataclass(frozen=True)
class Made:
    """What there is in the account: environment variables, and the ARNs of things by IAM prefix."""

    environment: dict[str, str]
    arns: dict[str, set[str]]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        boto3.client("s3").create_bucket(
            Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        table = boto3.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableArn"]
        url = boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        topic = boto3.client("sns").create_topic(Name="news")["TopicArn"]
        boto3.client("ssm").put_parameter(Name="/app/prod/key", Value="x", Type="String")
        secret = boto3.client("secretsmanager").create_secret(Name="prod/db", SecretString="x")["ARN"]
        key = boto3.client("kms").create_key()["KeyMetadata"]
        yield Made(
            {"BUCKET": "files", "TABLE": "orders", "QUEUE": url, "TOPIC": topic, "KEY": key["KeyId"]},
            {
                "s3": {"arn:aws:s3:::files", "arn:aws:s3:::files/reports/1.txt"},
                "dynamodb": {table},
                "sqs": {attributes["Attributes"]["QueueArn"]},
                "sns": {topic},
                "ssm": {
                    "arn:aws:ssm:eu-west-1:123456789012:parameter/app/prod/key",
                    "arn:aws:ssm:eu-west-1:123456789012:parameter/app/prod",
                },
                "secretsmanager": {secret},
                "kms": {key["Arn"]},
                "events": {"arn:aws:events:eu-west-1:123456789012:event-bus/default"},
            },
        )


def suggestion_for(sample: Sample, made: Made) -> dict[str, Any]:
    project = make_project(sample.code)
    found = suggest(project, make_entry(project, make_function(environment=made.environment)))
    assert not found.notes
    return found.document


def run_under(document: dict[str, Any], sample: Sample, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the sample's handler as a new user with this policy."""
    iam = boto3.client("iam")
    user = f"function-{next(_numbers)}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(document))
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    @set_initial_no_auth_action_count(0)
    def act() -> None:
        scope: dict[str, Any] = {}
        exec(make_project(sample.code).python["app.py"].text, scope)
        scope["handler"]({"id": "1"}, None)

    act()


def as_moto_checks(document: dict[str, Any]) -> dict[str, Any]:
    """The same with `*` for resources that moto does not tell apart."""
    widened = copy.deepcopy(document)
    for statement in widened["Statement"]:
        if not statement["Action"][0].startswith("s3:"):
            statement["Resource"] = "*"
    return widened


@pytest.mark.parametrize(
    ("name", "action"), [(name, action) for name in SAMPLES for action in sorted(SAMPLES[name].actions)]
)
def test_without_one_of_the_suggested_actions_it_does_not(
    name: str, action: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = as_moto_checks(suggestion_for(SAMPLES[name], made))
    for statement in document["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    document["Statement"] = [one for one in document["Statement"] if one["Action"]]
    with pytest.raises(ClientError, match=re.compile("AccessDenied|not authorized|Forbidden", re.IGNORECASE)):
        run_under(document, SAMPLES[name], made, monkeypatch)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_function_works_under_a_policy_of_these_actions_and_what_was_made_and_nothing_else(
    name: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = suggestion_for(SAMPLES[name], made)
    IAMPolicyDocumentValidator(json.dumps(document)).validate()
    own = [one for one in document["Statement"] if not one["Action"][0].startswith("logs:")]
    assert {action for statement in own for action in statement["Action"]} == SAMPLES[name].actions
    for statement in own:
        for pattern in statement["Resource"]:
            matcher = glob_pattern(pattern)
            assert any(matcher.fullmatch(arn) for arn in made.arns[name]), pattern
            other = "arn:aws:s3:::other/k" if name == "s3" else f"arn:aws:{name}:eu-west-1:123456789012:other"
            assert not matcher.fullmatch(other), pattern
    run_under(as_moto_checks(document), SAMPLES[name], made, monkeypatch)
