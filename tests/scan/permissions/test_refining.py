"""Parameters that decide which actions an operation needs."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

START = (
    "import boto3\ns3 = boto3.client('s3')\ndb = boto3.client('dynamodb')\ndef handler(event, context):\n    "
)
S3 = {
    "get_object(Bucket='b', Key='k')": {"GetObject b/k"},
    "get_object(Bucket='b', Key='k', VersionId='1')": {"GetObjectVersion b/k"},
    "delete_object(Bucket='b', Key='k', VersionId=event['v'])": {"DeleteObjectVersion b/k"},
    "put_object(Bucket='b', Key='k', ACL='private')": {"PutObject b/k", "PutObjectAcl b/k"},
    "put_object(Bucket='b', Key='k', Tagging='a=b')": {"PutObject b/k", "PutObjectTagging b/k"},
    "copy_object(Bucket='b', Key='k', CopySource='from/here')": {"PutObject b/k", "GetObject from/here"},
    "copy_object(Bucket='b', Key='k', CopySource='/from/here')": {"PutObject b/k", "GetObject from/here"},
    "copy_object(Bucket='b', Key='k', CopySource={'Bucket': 'from', 'Key': 'here'})": {
        "PutObject b/k",
        "GetObject from/here",
    },
    "copy_object(Bucket='b', Key='k', CopySource=event['from'])": {"PutObject b/k", "GetObject */*"},
}


@pytest.mark.parametrize("call", S3)
def test_an_object_needs_what_its_parameters_say(call: str) -> None:
    lines = {line for line in lines_of(needs_of(f"{START}s3.{call}\n")[0]) if line.startswith("s3:")}
    wanted = [one.split(" ") for one in S3[call]]
    assert lines == {f"s3:{action} arn:aws:s3:::{resource}" for action, resource in wanted}


def test_a_key_of_ones_own_is_needed_to_encrypt_and_none_for_the_service_s() -> None:
    own = needs_of(
        f"{START}s3.put_object(Bucket='b', Key='k', ServerSideEncryption='aws:kms', SSEKMSKeyId='1-2')\n"
    )[0]
    other = needs_of(f"{START}s3.put_object(Bucket='b', Key='k', ServerSideEncryption='AES256')\n")[0]
    assert "kms:GenerateDataKey arn:aws:kms:*:*:key/1-2" in lines_of(own)
    assert not any(line.startswith("kms:") for line in lines_of(other))


STATEMENTS = {
    "SELECT * FROM orders WHERE id = ?": {"PartiQLSelect orders"},
    'select * from \\"orders\\".\\"index\\"': {"PartiQLSelect orders"},
    "INSERT INTO orders VALUE {'id': 1}": {"PartiQLInsert orders"},
    "UPDATE orders SET a = 1": {"PartiQLUpdate orders"},
    "DELETE FROM orders WHERE id = ?": {"PartiQLDelete orders"},
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_needs_its_verb_on_its_table(statement: str) -> None:
    lines = lines_of(needs_of(f'{START}db.execute_statement(Statement="{statement}")\n')[0])
    ((action, table),) = (one.split(" ") for one in STATEMENTS[statement])
    assert f"dynamodb:{action} arn:aws:dynamodb:*:*:table/{table}" in lines
    assert {line.split(" ")[0] for line in lines} == {f"dynamodb:{action}"}


def test_a_statement_of_the_event_may_need_every_verb() -> None:
    lines = lines_of(needs_of(f"{START}db.execute_statement(Statement=event['sql'])\n")[0])
    assert {line.split(" ")[0] for line in lines} == {
        f"dynamodb:PartiQL{verb}" for verb in ("Select", "Insert", "Update", "Delete")
    }


def test_a_transaction_needs_what_its_items_do() -> None:
    items = "[{'Put': {'TableName': 'orders'}}, {'ConditionCheck': {'TableName': 'users'}}]"
    lines = lines_of(needs_of(f"{START}db.transact_write_items(TransactItems={items})\n")[0])
    assert lines == {
        "dynamodb:PutItem arn:aws:dynamodb:*:*:table/orders",
        "dynamodb:ConditionCheckItem arn:aws:dynamodb:*:*:table/users",
    }
