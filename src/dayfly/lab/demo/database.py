"""The database of payments: moto's DynamoDB on a free loopback port, one table for each act."""

from __future__ import annotations

import logging
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from types import TracebackType

    from mypy_boto3_dynamodb import DynamoDBClient

_REGION = "us-east-1"
_RESET_TIMEOUT_S = 10.0


class Database:
    """The server, for as long as the context lasts.

    It runs in a thread of this process, which ends with it.
    """

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.endpoint = ""

    def __enter__(self) -> Database:
        # werkzeug logs every request at INFO to stderr once nobody else has configured logging.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # moto's tables belong to this process, not to the server: else a second database has them too.
            connection = HTTPConnection(*self._server.get_host_and_port(), timeout=_RESET_TIMEOUT_S)
            connection.request("POST", "/moto-api/reset")
            connection.getresponse().read()
            connection.close()
        finally:
            self._server.stop()

    def add_table(self, table: str) -> dict[str, str]:
        """Make an empty table and return the variables with which a function finds it."""
        self._client().create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "payment", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "payment", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return {"PAYMENTS_TABLE": table, "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint}

    def customers(self, table: str) -> tuple[str, ...]:
        """Return the customer named in each record of `table`, in no order."""
        pages = self._client().get_paginator("scan").paginate(TableName=table)
        return tuple(item["customer"]["S"] for page in pages for item in page["Items"])

    def _client(self) -> DynamoDBClient:
        return boto3.client(
            "dynamodb",
            endpoint_url=self.endpoint,
            region_name=_REGION,
            # A proxy of the user's environment would be asked for this machine's own loopback.
            config=Config(proxies={}),
            # moto asks for a signature and looks at none of it.
            aws_access_key_id="demo",
            aws_secret_access_key="demo",
        )
