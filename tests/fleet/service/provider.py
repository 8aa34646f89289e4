"""A provider of OpenID Connect on loopback: real keys, real signatures, and whatever an attacker would change."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "dayfly"
SECRET = "the client's secret"


@functools.cache
def make_key(kid: str) -> RSAKey:
    """A key, made once for all tests of a process: that takes up to a second."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class FakeProvider:
    """Signs in whoever comes as `claims` say. `tamper` changes claims, header or key before they are signed."""

    def __init__(self) -> None:
        self.key = make_key("one")
        self.claims: dict[str, Any] = {
            "sub": "u1", "email": "ann@example.com", "email_verified": True, "groups": ["security"],
        }  # fmt: skip
        self.userinfo: dict[str, Any] = {}
        self.tamper: Callable[[dict[str, Any]], str | None] = lambda claims: None
        self.answer: dict[str, str] = {}
        self.issuer_in_metadata = ""
        self.key_requests = 0
        self.codes: dict[str, dict[str, str]] = {}
        self.used: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                if path.endswith("openid-configuration"):
                    self._json(outer.metadata())
                elif path == "/keys":
                    outer.key_requests += 1
                    self._json({"keys": [outer.key.as_dict(private=False)]})
                elif path == "/userinfo":
                    self._json(outer.userinfo)
                elif path == "/authorize":
                    self.send_response(302)
                    self.send_header("location", outer.authorize(dict(parse_qsl(query))))
                    self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                fields = {key: values[0] for key, values in parse_qs(body).items()}
                status, answer = outer.exchange(fields, self.headers.get("authorization", ""))
                self._json(answer, status)

            def _json(self, value: object, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeProvider:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.issuer_in_metadata or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer, **self.answer}
        return f"{asked['redirect_uri']}?{urlencode({key: value for key, value in answer.items() if value})}"

    def exchange(self, fields: dict[str, str], authorization: str) -> tuple[int, dict[str, object]]:
        asked = self.codes.get(fields.get("code", ""))
        challenge = base64.urlsafe_b64encode(
            hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        )
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or fields["code"] in self.used
            or challenge.decode().rstrip("=") != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        if authorization != f"Basic {expected}":
            return 401, {"error": "invalid_client"}
        self.used.add(fields["code"])
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.claims,
        }  # fmt: skip
        forged = self.tamper(claims)
        token = forged or jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}


def come_back(url: str) -> dict[str, str]:
    """Go to the provider, as a browser does, and return what it sends back."""
    import httpx

    location = httpx.get(url).headers["location"]
    return dict(parse_qsl(urlsplit(location).query))
