"""AWS for functions: moto behind a front that keeps a ledger, over HTTP or TLS."""

from __future__ import annotations

import http.client
import logging
import threading
from types import TracebackType

import boto3
from moto.server import ThreadedMotoServer
from tests.real.certificates import Certificates
from tests.real.http_server import Call, HttpServer, Reply

REGION = "eu-central-1"
# moto asks for a signature and looks at none of it.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}
# Hop by hop, or set anew for the reply.
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "keep-alive", "server", "date"}


class Aws:
    """DynamoDB, S3, SQS, SSM and Secrets Manager with what the functions expect in them."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self._local = threading.local()

    def __enter__(self) -> Aws:
        # One line for each request would bury what a failure has to say.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._moto.start()
        self._address = self._moto.get_host_and_port()
        # What another server of this process was given is there as well.
        connection = http.client.HTTPConnection(*self._address)
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().read()
        connection.close()
        self.plain = HttpServer(self._forward).__enter__()
        self.secure = HttpServer(self._forward, context=self._certificates.server_context()).__enter__()
        self._furnish()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.secure.__exit__(None, None, None)
        self.plain.__exit__(None, None, None)
        self._moto.stop()
        logging.getLogger("werkzeug").setLevel(logging.NOTSET)

    def environment(self, front: HttpServer) -> dict[str, str]:
        """What a function needs to use it through `front`."""
        # By number: botocore would put a bucket's name before a host name.
        url = front.url.replace("localhost", "127.0.0.1")
        variables = {**ENVIRONMENT, "AWS_ENDPOINT_URL": url}
        if front is self.secure:
            variables["AWS_CA_BUNDLE"] = str(self._certificates.authority)
        return variables

    def _forward(self, call: Call) -> Reply:
        # One connection for each thread of the front, and so for each of its clients' connections.
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(*self._address, timeout=60)
        headers = {
            name: value
            for name, value in call.headers.items()
            if name.lower() not in _NOT_PASSED_ON | {"expect"}
        }
        connection.request(call.method, call.path, body=call.raw_body, headers=headers)
        response = connection.getresponse()
        body = response.read()
        passed = tuple(pair for pair in response.getheaders() if pair[0].lower() not in _NOT_PASSED_ON)
        return Reply(response.status, body, passed)

    def _furnish(self) -> None:
        url = f"http://{self._address[0]}:{self._address[1]}"
        session = boto3.Session("testing", "testing", region_name=REGION)
        dynamodb = session.client("dynamodb", endpoint_url=url)
        for table in ("orders", "idempotency"):
            dynamodb.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        dynamodb.put_item(TableName="orders", Item={"id": {"S": "settings"}, "currency": {"S": "EUR"}})
        session.client("s3", endpoint_url=url).create_bucket(
            Bucket="receipts", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        session.client("sqs", endpoint_url=url).create_queue(QueueName="orders")
        session.client("ssm", endpoint_url=url).put_parameter(
            Name="/shop/discount", Value="15", Type="String"
        )
        session.client("secretsmanager", endpoint_url=url).create_secret(
            Name="shop/key", SecretString='{"key":"k-1"}'
        )
