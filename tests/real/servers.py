"""The servers that functions need, each started once per test session when the first function asks for it."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, assert_never

from tests.real.aws import Aws
from tests.real.certificates import Certificates, make_certificates
from tests.real.http_server import HttpServer
from tests.real.ledger import Ledger

Kind = Literal["http", "https", "aws-http", "aws-https"]


class Servers:
    """What functions talk to; nothing is left running after `__exit__`."""

    def __enter__(self) -> Servers:
        self._stack = contextlib.ExitStack().__enter__()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="real-")))
        self._folder.chmod(0o755)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def environment(self, kind: Kind) -> Mapping[str, str]:
        """The variables that lead a function to the server, which is started on first use."""
        match kind:
            case "http":
                return {"SERVICE_URL": self.http.url}
            case "https":
                authority = str(self.certificates.authority)
                return {
                    "SERVICE_URL": self.https.url,
                    "SSL_CERT_FILE": authority,
                    "REQUESTS_CA_BUNDLE": authority,
                }
            case "aws-http":
                return self.aws.environment(self.aws.plain)
            case "aws-https":
                return self.aws.environment(self.aws.secure)
            case never:
                assert_never(never)

    def ledger(self, kind: Kind) -> Ledger:
        """What it was sent."""
        return self._http_server(kind).ledger

    def drop_idle(self, kind: Kind) -> None:
        """Close the connections on which it waits for a request."""
        self._http_server(kind).drop_idle()

    def _http_server(self, kind: Kind) -> HttpServer:
        match kind:
            case "http":
                return self.http
            case "https":
                return self.https
            case "aws-http":
                return self.aws.plain
            case "aws-https":
                return self.aws.secure
            case never:
                assert_never(never)

    @functools.cached_property
    def certificates(self) -> Certificates:
        """The authority that functions trust and the certificate of every TLS server here."""
        return make_certificates(self._folder)

    @functools.cached_property
    def http(self) -> HttpServer:
        """A web service without TLS."""
        return self._stack.enter_context(HttpServer())

    @functools.cached_property
    def https(self) -> HttpServer:
        """A web service behind TLS."""
        return self._stack.enter_context(HttpServer(context=self.certificates.server_context()))

    @functools.cached_property
    def aws(self) -> Aws:
        """AWS."""
        return self._stack.enter_context(Aws(self.certificates))
