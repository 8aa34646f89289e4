"""Signing in with OpenID Connect: code flow with PKCE, by Authlib; nothing that comes back is believed unchecked.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation, RFC 7636 (PKCE), RFC 9207 (the issuer in the
answer, against mix-up), RFC 9700 (best current practice).
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from dayfly.errors import DayflyError
from dayfly.fleet.service.roles import Role

if TYPE_CHECKING:
    from dayfly.fleet.service.ledger import Ledger
    from dayfly.fleet.service.settings import OidcSettings

# None that is made with a shared secret, and never "none": a public key must not become a password.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_JOURNEY_SECONDS = 600.0
_MOST_JOURNEYS = 10_000
# How far two clocks may be apart.
_LEEWAY_SECONDS = 60
_DISCOVERY_SECONDS = 3600.0
# Unknown keys are looked up anew, but not for everybody who sends one.
_KEYS_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_MAX_BYTES = 1_000_000


class OidcError(DayflyError):
    """Somebody was not let in, or the provider cannot be used; the message has nothing of a token in it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says somebody is, and what that person may do here."""

    name: str
    role: Role


class Provider:
    """One provider. `journeys` are kept in the ledger, so that a sign-in survives a restart of ours, and no replay."""

    def __init__(
        self,
        settings: OidcSettings,
        ledger: Ledger,
        redirect_uri: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._ledger = ledger
        self._redirect_uri = redirect_uri
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_at = -_DISCOVERY_SECONDS
        self._keys: KeySet | None = None
        self._keys_at = -_KEYS_SECONDS

    def begin(self, visit: str, target: str) -> str:
        """Return the provider's address to send a browser to; `visit` is the cookie that it comes back with."""
        metadata = self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        now = self._ledger.clock()
        with self._ledger.together():
            self._ledger.change("DELETE FROM journeys WHERE created < ?", (now - _JOURNEY_SECONDS,))
            # Bounded; the oldest go first, so that nobody can keep others from beginning.
            self._ledger.change(
                "DELETE FROM journeys WHERE state IN (SELECT state FROM journeys ORDER BY created DESC LIMIT -1 OFFSET ?)",
                (_MOST_JOURNEYS,),
            )
            self._ledger.change(
                "INSERT INTO journeys VALUES (?, ?, ?, ?, ?, ?)", (state, visit, nonce, verifier, target, now)
            )
        with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    def finish(self, answer: Mapping[str, str], visit: str) -> tuple[Identity, str]:
        """Return who came back and where to go on. Raises OidcError for whatever is not as it must be."""
        row = self._ledger.one(
            "DELETE FROM journeys WHERE state = ? RETURNING visit, nonce, verifier, target, created",
            (answer.get("state", ""),),
        )
        if row is None:
            raise OidcError("this sign-in is unknown or has expired", hint="sign in again")
        kept_visit, nonce, verifier, target, created = row
        if not hmac.compare_digest(str(kept_visit).encode(), visit.encode("utf-8", "replace")):
            raise OidcError("this sign-in was started in another browser", hint="sign in again")
        if self._ledger.clock() - float(str(created)) > _JOURNEY_SECONDS:
            raise OidcError("this sign-in has expired", hint="sign in again")
        metadata = self._discover()
        named = answer.get("iss", "")
        if (
            named or metadata.get("authorization_response_iss_parameter_supported")
        ) and named != self.settings.issuer:
            raise OidcError("the response came from another identity provider", hint="sign in again")
        if error := answer.get("error"):
            raise OidcError(
                f"the identity provider returned an error: {_word(error)}",
                hint="sign in again, or contact its administrator",
            )
        token = self._exchange(metadata, answer.get("code", ""), str(verifier))
        claims = self._verify(
            str(token.get("id_token") or ""), str(nonce), str(token.get("access_token") or "")
        )
        return self._identity(claims, metadata, str(token.get("access_token") or "")), str(target)

    def _exchange(self, metadata: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        if not code:
            raise OidcError("the identity provider sent no authorization code", hint="sign in again")
        try:
            with self._client() as client:
                token = client.fetch_token(
                    metadata["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    grant_type="authorization_code",
                )
        except AuthlibBaseError as error:
            raise OidcError(
                f"the identity provider rejected the authorization code: {_word(str(error.error))}",
                hint="sign in again",
            ) from None
        except (httpx.HTTPError, ValueError) as error:
            raise OidcError(
                f"cannot connect to the identity provider: {type(error).__name__}", hint="try again"
            ) from None
        return cast(Mapping[str, Any], token)

    def _verify(self, text: str, nonce: str, access_token: str) -> CodeIDToken:
        if not text:
            raise OidcError(
                "the identity provider sent no ID token", hint="configure its client for OpenID Connect"
            )
        try:
            try:
                decoded = jwt.decode(text, self._key_set(), algorithms=_ALGORITHMS)
            except (JoseError, ValueError, KeyError):
                # Keys are rotated: once more with those of now.
                decoded = jwt.decode(text, self._key_set(is_anew=True), algorithms=_ALGORITHMS)
            settings = self.settings
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token},
            )
            claims.validate(now=int(self._ledger.clock()), leeway=_LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise OidcError(
                f"the ID token is invalid: {type(error).__name__}",
                hint="sign in again; check the clocks of both systems",
            ) from None
        return claims

    def _identity(
        self, claims: Mapping[str, Any], metadata: Mapping[str, Any], access_token: str
    ) -> Identity:
        settings = self.settings
        told: dict[str, Any] = dict(claims)
        if settings.groups_claim not in told and (endpoint := metadata.get("userinfo_endpoint")):
            more = self._get(str(endpoint), headers={"authorization": f"Bearer {access_token}"})
            # It is about the same person, or about nobody.
            if more.get("sub") == claims["sub"]:
                told = {**more, **told}
        groups = told.get(settings.groups_claim)
        groups = groups if isinstance(groups, str | list) else []
        names = {groups} if isinstance(groups, str) else {one for one in groups if isinstance(one, str)}
        found = [role for role in Role if names & set(settings.roles.get(role.value, []))]
        email = told.get("email")
        if settings.require_verified_email and (not email or told.get("email_verified") is not True):
            raise OidcError(
                "the identity provider has not verified your email address",
                hint="verify the address, or set require_verified_email = false in fleet.toml",
            )
        if not found:
            raise OidcError(
                "your account has no role in Dayfly",
                hint="ask an admin to add you to a group in [oidc.roles] of fleet.toml",
            )
        who = str(email) if email and told.get("email_verified") is True else str(claims["sub"])
        return Identity(f"oidc:{_word(who, 200)}", found[-1])

    def _client(self) -> OAuth2Client:
        settings = self.settings
        return OAuth2Client(
            client_id=settings.client_id,
            client_secret=settings.client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if settings.client_secret else "none",
            scope=" ".join(settings.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
            follow_redirects=False,
        )

    def _discover(self) -> dict[str, Any]:
        with self._lock:
            if self._monotonic() - self._metadata_at < _DISCOVERY_SECONDS:
                return self._metadata
            issuer = self.settings.issuer
            found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise OidcError(
                    "the identity provider has a different issuer", hint="set oidc.issuer to its exact issuer"
                )
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_safe(str(found.get(name, ""))):
                    raise OidcError(
                        f"{name} of the identity provider is not an https URL",
                        hint="http is allowed only for loopback addresses",
                    )
            self._metadata, self._metadata_at = found, self._monotonic()
            return found

    def _key_set(self, *, is_anew: bool = False) -> KeySet:
        metadata = self._discover()
        with self._lock:
            may_ask = self._monotonic() - self._keys_at >= _KEYS_SECONDS
            if self._keys is None or (is_anew and may_ask):
                found = self._get(str(metadata["jwks_uri"]))
                keys = [
                    one for one in found.get("keys", []) if isinstance(one, dict) and one.get("kty") != "oct"
                ]
                self._keys = KeySet.import_key_set(cast(KeySetSerialization, {"keys": keys}))
                self._keys_at = self._monotonic()
            return self._keys

    def _get(self, url: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        if not _is_safe(url):
            raise OidcError(
                "a URL of the identity provider is not https",
                hint="http is allowed only for loopback addresses",
            )
        try:
            answer = httpx.get(url, headers=dict(headers or {}), timeout=_TIMEOUT, follow_redirects=False)
            found = answer.json() if answer.is_success and len(answer.content) <= _MAX_BYTES else None
        except (httpx.HTTPError, ValueError) as error:
            raise OidcError(
                f"cannot connect to the identity provider: {type(error).__name__}", hint="try again later"
            ) from None
        if not isinstance(found, dict):
            raise OidcError(
                f"the identity provider returned status {answer.status_code}",
                hint="check oidc.issuer in fleet.toml",
            )
        return found


def _is_safe(url: str) -> bool:
    return url.startswith(("https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:"))


def _word(text: str, limit: int = 60) -> str:
    return "".join(one for one in text if one.isprintable())[:limit]
