"""moto's server as a lab's other services, and a client of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

ACCOUNT = "123456789012"


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """Serve moto on a free port of loopback; its URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def moto_client(url: str, service: str) -> Any:
    """Any: the class depends on the service's name."""
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
    )
