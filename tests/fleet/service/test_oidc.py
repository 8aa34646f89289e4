"""Whoever the provider vouches for gets in with the role of a group; every forged or replayed word is refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from tests.fleet.service.provider import CLIENT, SECRET, FakeProvider, come_back, make_key
from tests.fleet.service.running import Person, Served

from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.oidc import OidcError, Provider
from dayfly.fleet.service.roles import Role
from dayfly.fleet.service.settings import OidcSettings


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def _settings(fake: FakeProvider, **changes: Any) -> OidcSettings:
    given: dict[str, Any] = {
        "issuer": fake.issuer, "client_id": CLIENT, "client_secret": SECRET,
        "roles": {"admin": ["security"], "viewer": ["staff"]},
    }  # fmt: skip
    return OidcSettings(**{**given, **changes})


def _provider(fake: FakeProvider, ledger: Ledger, **changes: Any) -> Provider:
    return Provider(_settings(fake, **changes), ledger, "http://127.0.0.1:1/oidc/callback")


def _go(provider: Provider) -> dict[str, str]:
    return come_back(provider.begin("visit", "/findings"))


def test_a_group_gives_a_role_and_the_highest_counts(fake: FakeProvider, ledger: Ledger) -> None:
    provider = _provider(fake, ledger)
    identity, target = provider.finish(_go(provider), "visit")
    assert (identity.name, identity.role, target) == ("oidc:ann@example.com", Role.ADMIN, "/findings")
    fake.claims["groups"] = ["staff", "security", "others"]
    assert provider.finish(_go(provider), "visit")[0].role is Role.ADMIN
    fake.claims["groups"] = "staff"
    assert provider.finish(_go(provider), "visit")[0].role is Role.VIEWER


def test_groups_of_the_user_information_count_if_it_is_about_the_same_person(
    fake: FakeProvider, ledger: Ledger
) -> None:
    provider = _provider(fake, ledger)
    del fake.claims["groups"]
    fake.userinfo = {"sub": "u1", "groups": ["security"]}
    assert provider.finish(_go(provider), "visit")[0].role is Role.ADMIN
    fake.userinfo["sub"] = "u2"
    with pytest.raises(OidcError, match="has no role"):
        provider.finish(_go(provider), "visit")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"groups": []}, "no role"),
        ({"groups": ["Security"]}, "no role"),
        ({"groups": {"security": True}}, "no role"),
        ({"email_verified": False}, "verified"),
        ({"email_verified": "true"}, "verified"),
        ({"email": None}, "verified"),
    ],
)
def test_who_has_no_role_or_no_verified_address_stays_out(
    fake: FakeProvider, ledger: Ledger, changes: dict[str, Any], said: str
) -> None:
    fake.claims.update(changes)
    provider = _provider(fake, ledger)
    with pytest.raises(OidcError, match=said):
        provider.finish(_go(provider), "visit")


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + "."


def _with(**changes: Any) -> Callable[[FakeProvider], Callable[[dict[str, Any]], None]]:
    return lambda fake: lambda claims: claims.update(changes)


def _without(name: str) -> Callable[[FakeProvider], Callable[[dict[str, Any]], None]]:
    return lambda fake: lambda claims: claims.pop(name) and None


_ATTACKS: dict[str, Callable[[FakeProvider], Callable[[dict[str, Any]], str | None]]] = {
    "wrong nonce": _with(nonce="another"),
    "no nonce": _without("nonce"),
    "wrong audience": _with(aud="another"),
    "many audiences, authorised for another": _with(aud=[CLIENT, "x"], azp="x"),
    "no audience": _without("aud"),
    "wrong issuer": _with(iss="https://evil.example"),
    "no issuer": _without("iss"),
    "expired": _with(exp=int(time.time()) - 120),
    "no expiry": _without("exp"),
    "issued in the future": _with(iat=int(time.time()) + 3600),
    "not yet valid": _with(nbf=int(time.time()) + 3600),
    "no subject": _without("sub"),
    "wrong hash of the access token": _with(at_hash="x"),
    "alg none": lambda fake: _unsigned,
    "another key": lambda fake: lambda claims: jwt.encode(
        {"alg": "RS256", "kid": "one"}, claims, make_key("another")
    ),
    "the public key as a password": lambda fake: lambda claims: jwt.encode(
        {"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(fake.key.as_pem(private=False)), algorithms=["HS256"]
    ),
    "the client's secret as a key": lambda fake: lambda claims: jwt.encode(
        {"alg": "HS256"}, claims, OctKey.import_key(SECRET.ljust(40)), algorithms=["HS256"]
    ),
    "a key of its own in the header": lambda fake: lambda claims: jwt.encode(
        {"alg": "RS256", "jwk": make_key("another").as_dict(private=False)}, claims, make_key("another")
    ),
    "no token": lambda fake: lambda claims: "not.a.token",
}  # fmt: skip


@pytest.mark.parametrize("attack", _ATTACKS)
def test_a_forged_identity_is_refused(fake: FakeProvider, ledger: Ledger, attack: str) -> None:
    fake.tamper = _ATTACKS[attack](fake)
    provider = _provider(fake, ledger)
    with pytest.raises(OidcError):
        provider.finish(_go(provider), "visit")


def test_clocks_may_differ_by_less_than_a_minute(fake: FakeProvider, ledger: Ledger) -> None:
    fake.tamper = _with(iat=int(time.time()) + 30, exp=int(time.time()) - 30)(fake)
    provider = _provider(fake, ledger)
    assert provider.finish(_go(provider), "visit")[0].role is Role.ADMIN


def test_an_answer_counts_once_and_in_the_browser_that_began(fake: FakeProvider, ledger: Ledger) -> None:
    provider = _provider(fake, ledger)
    answer = _go(provider)
    with pytest.raises(OidcError, match="another browser"):
        provider.finish(answer, "somebody else's visit")
    answer = _go(provider)
    provider.finish(answer, "visit")
    with pytest.raises(OidcError, match="has expired"):
        provider.finish(answer, "visit")
    # The same code under a sign-in of the attacker's own: the provider refuses it, and the verifier is another.
    stolen, own = answer["code"], _go(provider)
    with pytest.raises(OidcError, match="rejected the authorization code"):
        provider.finish({**own, "code": stolen}, "visit")
    unused, own = _go(provider)["code"], _go(provider)
    with pytest.raises(OidcError, match="rejected the authorization code"):
        provider.finish({**own, "code": unused}, "visit")


@pytest.mark.parametrize("named", ["https://evil.example", ""])
def test_an_answer_of_another_provider_is_refused(fake: FakeProvider, ledger: Ledger, named: str) -> None:
    provider = _provider(fake, ledger)
    fake.answer = {"iss": named}
    with pytest.raises(OidcError, match="another identity provider"):
        provider.finish(_go(provider), "visit")


def test_a_provider_that_calls_itself_otherwise_is_none(fake: FakeProvider, ledger: Ledger) -> None:
    fake.issuer_in_metadata = "https://evil.example"
    with pytest.raises(OidcError, match="different issuer"):
        _provider(fake, ledger).begin("visit", "/")


def test_a_sign_in_that_took_too_long_is_over(fake: FakeProvider, tmp_path: Path) -> None:
    now = [time.time()]
    ledger = Ledger(tmp_path / "l", clock=lambda: now[0])
    provider = _provider(fake, ledger)
    answer = _go(provider)
    now[0] += 601
    with pytest.raises(OidcError, match="has expired"):
        provider.finish(answer, "visit")
    ledger.close()


def test_rotated_keys_are_found_but_not_asked_for_by_everybody(fake: FakeProvider, ledger: Ledger) -> None:
    now = [0.0]
    provider = Provider(_settings(fake), ledger, "http://127.0.0.1:1/oidc/callback", monotonic=lambda: now[0])
    provider.finish(_go(provider), "visit")
    fake.key = make_key("two")
    now[0] += 31
    assert provider.finish(_go(provider), "visit")[0].role is Role.ADMIN
    asked = fake.key_requests
    fake.tamper = _ATTACKS["another key"](fake)
    for _ in range(5):
        with pytest.raises(OidcError):
            provider.finish(_go(provider), "visit")
    assert fake.key_requests == asked


def test_somebody_signs_in_through_the_running_service(fake: FakeProvider, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "fleet.toml").write_text(
        f'[oidc]\nissuer = "{fake.issuer}"\nclient_id = "{CLIENT}"\nclient_secret = "file:{tmp_path}/secret"\nname = "Example"\n'
        '[oidc.roles]\nresponder = ["security"]\n'
    )
    with Served(tmp_path) as served, Person(served.url) as person:
        assert "Sign in with Example" in person.get("/sign-in").text
        away = person.get("/oidc/start?next=//evil.example").headers["location"]
        assert away.startswith(fake.issuer)
        back = httpx.get(away).headers["location"]
        done = person.get(back, headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
        assert (done.status_code, done.headers["location"]) == (303, "/")
        page = person.get("/")
        assert "oidc:ann@example.com" in page.text
        assert person.get(back).status_code == 401
