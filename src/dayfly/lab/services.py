"""The AWS services beside Lambda that a lab talks to: moto's server or LocalStack, all of them behind one URL."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dayfly.errors import SettingError
from dayfly.lab.model import REGION, LabError

_R = TypeVar("_R")
_CALLS_AT_ONCE = 8
_CONNECT_S = 2.0
_READ_S = 30.0


def check_services_url(url: str) -> str:
    """Return the URL without a slash at its end; raises SettingError for what no client could be given."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.username is not None or parts.query or parts.fragment:
        raise SettingError(
            f"--services {url!r} is not the URL of a server",
            hint="moto_server listens on http://127.0.0.1:5000",
        )
    return url.rstrip("/")


class Services:
    """Clients of the services at `url`, called from threads of their own.

    Credentials are made up, never those of whoever runs the lab. Raises SettingError for a URL that is none.
    """

    def __init__(self, url: str) -> None:
        self.url = check_services_url(url)
        self._session = boto3.session.Session(
            aws_access_key_id="lab", aws_secret_access_key="lab", region_name=REGION
        )
        self._clients: dict[str, Any] = {}
        # Making a client is not safe in several threads, using one is.
        self._lock = threading.Lock()
        # Not the loop's own threads: whoever runs a lab may have them all waiting for its answers.
        self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, "dayfly-lab-services")

    def client(self, service: str) -> Any:
        """Return boto3's client of a service by its name there; for use in a thread, it blocks.

        Any: which of boto3's classes it is depends on the name.
        """
        with self._lock:
            if service not in self._clients:
                config = Config(
                    connect_timeout=_CONNECT_S,
                    read_timeout=_READ_S,
                    retries={"total_max_attempts": 2},
                    max_pool_connections=_CALLS_AT_ONCE,
                    s3={"addressing_style": "path"},
                )
                make: Callable[..., Any] = self._session.client
                self._clients[service] = make(service, endpoint_url=self.url, config=config)
            return self._clients[service]

    async def call(self, service: str, operation: str, **arguments: object) -> dict[str, Any]:
        """Call an operation by its method's name and return what boto3 answers.

        Raises LabError, with the service's words, when it is refused or nobody answers.
        """
        return await self.aside(functools.partial(self._call, service, operation, arguments))

    async def aside(self, work: Callable[[], _R]) -> _R:
        """Do something that blocks, with `client`, in one of the threads; raises LabError as `call`."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (BotoCoreError, ClientError) as error:
            raise LabError(f"{self.url} did not accept the call: {error}") from error

    def _call(self, service: str, operation: str, arguments: dict[str, object]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.client(service), operation)(**arguments)
        return answer

    def close(self) -> None:
        """Let go of threads and connections; what is under way goes on to its end, what waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
