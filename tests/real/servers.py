"""The servers that functions need, each started once per test session when the first function asks for it."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, assert_never

from tests.real.aws import Aws
from tests.real.certificates import Certificates, make_certificates
from tests.real.databases import DATABASES
from tests.real.datagrams import DatagramSink
from tests.real.http_server import HttpServer
from tests.real.ledger import Ledger
from tests.real.programs import program_server
from tests.real.remote_procedures import GrpcServer

Kind = Literal[
    "http",
    "https",
    "aws-http",
    "aws-https",
    "postgres",
    "mariadb",
    "redis",
    "xray",
    "statsd",
    "otlp",
    "sentry",
    "grpc",
    "kafka",
    "mongodb",
]


@dataclass(frozen=True)
class Service:
    """A server that runs: how a function finds it, what it was sent, how it closes idle connections."""

    environment: Mapping[str, str]
    ledger: Ledger
    drop_idle: Callable[[], None]


def _nothing_to_drop() -> None:
    """Datagrams have no connections, and what librdkafka and PyMongo do when theirs is closed is not ours to test."""


class Servers:
    """What functions talk to; nothing is left running after `__exit__`.

    `folder` holds their certificates and their data, and is gone then as well.
    """

    def __enter__(self) -> Servers:
        self._stack = contextlib.ExitStack().__enter__()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="real-")))
        self.folder.chmod(0o755)
        self._running: dict[Kind, Service] = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def get(self, kind: Kind) -> Service:
        """The server, started on first use; raises ServerUnavailableError where it cannot be had."""
        if kind not in self._running:
            self._running[kind] = self._start(kind)
        return self._running[kind]

    def _start(self, kind: Kind) -> Service:
        match kind:
            case "http":
                return self._web({"SERVICE_URL": "{url}"})
            case "https":
                return self._web(
                    {"SERVICE_URL": "{url}", "SSL_CERT_FILE": "{ca}", "REQUESTS_CA_BUNDLE": "{ca}"},
                    is_secure=True,
                )
            case "otlp":
                return self._web(
                    {"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}", "OTEL_EXPORTER_OTLP_CERTIFICATE": "{ca}"},
                    is_secure=True,
                )
            case "sentry":
                return self._web(
                    {"SENTRY_DSN": "{scheme}://0123456789abcdef@{host}/1", "SSL_CERT_FILE": "{ca}"},
                    is_secure=True,
                )
            case "aws-http":
                front = self._aws.plain
                return Service(self._aws.environment(front), front.ledger, front.drop_idle)
            case "aws-https":
                front = self._aws.secure
                return Service(self._aws.environment(front), front.ledger, front.drop_idle)
            case "postgres" | "mariadb" | "redis":
                database = self._stack.enter_context(DATABASES[kind](self.folder / kind))
                return Service(database.environment(), database.ledger, database.drop_idle)
            case "xray":
                sink = self._stack.enter_context(DatagramSink())
                daemon = {"AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{sink.port}"}
                return Service(daemon, sink.ledger, _nothing_to_drop)
            case "statsd":
                sink = self._stack.enter_context(DatagramSink())
                agent = {"DD_AGENT_HOST": "127.0.0.1", "DD_DOGSTATSD_PORT": str(sink.port)}
                return Service(agent, sink.ledger, _nothing_to_drop)
            case "grpc":
                server = self._stack.enter_context(GrpcServer())
                return Service({"GRPC_TARGET": server.target}, server.ledger, server.drop_idle)
            case "kafka":
                address = self._stack.enter_context(program_server("kafka_broker"))
                return Service({"KAFKA_BROKERS": address}, Ledger(), _nothing_to_drop)
            case "mongodb":
                address = self._stack.enter_context(program_server("mongodb_server"))
                return Service({"MONGODB_URL": f"mongodb://{address}"}, Ledger(), _nothing_to_drop)
            case never:
                assert_never(never)

    def _web(self, variables: Mapping[str, str], *, is_secure: bool = False) -> Service:
        context = self._certificates.server_context() if is_secure else None
        server = self._stack.enter_context(HttpServer(context=context))
        scheme, _, host = server.url.partition("://")
        known = {"url": server.url, "scheme": scheme, "host": host, "ca": self._certificates.authority}
        environment = {name: value.format_map(known) for name, value in variables.items()}
        return Service(environment, server.ledger, server.drop_idle)

    @functools.cached_property
    def _certificates(self) -> Certificates:
        return make_certificates(self.folder)

    @functools.cached_property
    def _aws(self) -> Aws:
        return self._stack.enter_context(Aws(self._certificates))
