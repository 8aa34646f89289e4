"""Signing in: the same answer for every wrong guess, no guessing at speed, and a session that ends when it is told to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher
from tests.fleet.service.running import PASSWORD, Person, Served, add_people

from dayfly.fleet.service.passwords import Passwords


def test_a_stranger_is_sent_to_sign_in_and_back(served: Served, person: Person) -> None:
    answer = person.get("/?span=1h")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2F%3Fspan%3D1h"
    done = person.submit("/sign-in", "/sign-in", name="vic", password=PASSWORD, next="/?span=1h")
    assert done.headers["location"] == "/?span=1h"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "/\t/evil.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(person: Person, target: str) -> None:
    done = person.submit("/sign-in", "/sign-in", name="vic", password=PASSWORD, next=target)
    assert done.status_code == 303
    assert done.headers["location"] == "/"


@pytest.mark.slow
def test_wrong_names_and_wrong_passwords_get_the_same_answer(tmp_path: Path) -> None:
    add_people(tmp_path)
    with Served(tmp_path) as served:
        texts = []
        for name in ("vic", "nobody"):
            with Person(served.url) as person:
                person.get("/sign-in")
                answer = person.sign_in(name, "not the password")
                assert answer.status_code == 401
                texts.append(answer.text.partition("<form")[0])
        assert len(set(texts)) == 1


def test_an_unknown_name_costs_the_same_hash_as_a_wrong_password() -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            verified.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    passwords = Passwords(Counting())
    assert not passwords.is_right(passwords.make(PASSWORD), "not the password")
    assert not passwords.is_right(None, "not the password")
    known, unknown = verified
    # Algorithm and parameters: salt and hash are what differs.
    assert known == unknown


def test_guessing_is_slowed_down_and_locks_nobody_out(tmp_path: Path) -> None:
    add_people(tmp_path)
    options = ("--behind-proxy", "127.0.0.1", "--public-url", "https://dayfly.example.com")
    with Served(tmp_path, *options) as served:
        local = served.url.replace("https://dayfly.example.com", _local(served))

        def guess(name: str, password: str, address: str) -> httpx.Response:
            with Person(local) as person:
                person.headers.update({"x-forwarded-for": address, "x-forwarded-proto": "http"})
                return person.sign_in(name, password)

        assert guess("vic", PASSWORD, "192.0.2.1").status_code == 303
        codes = [guess("vic", f"guess number {number}", "198.51.100.7").status_code for number in range(7)]
        assert codes == [401] * 5 + [429] * 2
        refused = guess("nobody-at-all", "guess", "198.51.100.8")
        assert refused.status_code == 401
        assert guess("vic", PASSWORD, "198.51.100.7").status_code == 429  # even the right one, from there
        assert guess("vic", PASSWORD, "192.0.2.1").status_code == 303  # the owner's own place is open


def _local(served: Served) -> str:
    import json

    return str(json.loads((served.folder / "serving.json").read_text())["local"])


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(served: Served) -> None:
    with Person(served.url) as person:
        person.cookies.set(next(_names(served)), "planted-before", domain="127.0.0.1")
        answer = person.sign_in("vic")
        cookie = answer.headers["set-cookie"]
        assert "planted-before" not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        kept = dict(person.cookies)
        assert person.submit("/", "/sign-out").status_code == 303
    with httpx.Client(base_url=served.url, cookies=kept) as thief:
        assert thief.get("/").status_code == 303


def _names(served: Served):  # type: ignore[no-untyped-def]
    yield f"dayfly-{served.url.rpartition(':')[2]}-session"


def test_signing_out_everywhere_ends_every_session(served: Served) -> None:
    with Person(served.url) as one, Person(served.url) as other:
        one.sign_in("rob")
        other.sign_in("rob")
        assert one.submit("/", "/sign-out", everywhere="yes").status_code == 303
        assert other.get("/").status_code == 303
