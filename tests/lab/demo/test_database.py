"""The database keeps each act's records apart and listens on loopback alone."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from dayfly.lab.demo.database import Database


def test_each_table_has_records_of_its_own() -> None:
    with Database() as database:
        first = database.add_table("first")
        database.add_table("second")
        client = boto3.client(
            "dynamodb",
            endpoint_url=first["AWS_ENDPOINT_URL_DYNAMODB"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.put_item(TableName="first", Item={"payment": {"S": "1"}, "customer": {"S": "Ada 1"}})
        assert database.customers("first") == ("Ada 1",)
        assert database.customers("second") == ()
        with pytest.raises(ClientError, match="ResourceNotFound"):
            database.customers("third")


def test_the_endpoint_is_on_loopback() -> None:
    with Database() as database:
        assert database.endpoint.startswith("http://127.0.0.1:")


def test_a_second_database_starts_empty() -> None:
    for _ in range(2):
        with Database() as database:
            database.add_table("payments")
            assert database.customers("payments") == ()
