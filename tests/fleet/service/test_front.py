"""What a request says of itself is believed only from whom it may be believed."""

from __future__ import annotations

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.service.front import Front, is_loopback, local_target, parse_proxies, parse_public_url

_PROXIED = Front(
    "127.0.0.1",
    8710,
    public_url="https://dayfly.example.com",
    proxies=parse_proxies(["10.0.0.0/24", "127.0.0.1"]),
)
_ALONE = Front("127.0.0.1", 8710)


@pytest.mark.parametrize(
    ("front", "peer", "headers", "address", "scheme"),
    [
        (
            _ALONE,
            "127.0.0.1",
            {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"},
            "127.0.0.1",
            "http",
        ),
        (
            _PROXIED,
            "127.0.0.1",
            {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"},
            "1.2.3.4",
            "https",
        ),
        (_PROXIED, "127.0.0.1", {"x-forwarded-for": "6.6.6.6, 1.2.3.4, 10.0.0.7"}, "1.2.3.4", "http"),
        (_PROXIED, "127.0.0.1", {"x-forwarded-for": "1.2.3.4, garbage"}, "127.0.0.1", "http"),
        (
            _PROXIED,
            "9.9.9.9",
            {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"},
            "9.9.9.9",
            "http",
        ),
        (_PROXIED, "127.0.0.1", {"x-forwarded-proto": "gopher"}, "127.0.0.1", "http"),
    ],
)
def test_addresses_and_schemes_come_from_named_proxies_alone(
    front: Front, peer: str, headers: dict[str, str], address: str, scheme: str
) -> None:
    asked = front.see({"host": "127.0.0.1:8710", **headers}, peer=peer, scheme="http")
    assert (asked.address, asked.scheme) == (address, scheme)


def test_nobody_behind_a_proxy_is_on_this_machine() -> None:
    assert _ALONE.see({"host": "localhost:8710"}, peer="127.0.0.1", scheme="http").is_from_here
    assert not _PROXIED.see({"host": "localhost:8710"}, peer="127.0.0.1", scheme="http").is_from_here
    asked = _PROXIED.see({"host": "127.0.0.1:8710"}, peer="127.0.0.1", scheme="http")
    assert asked.is_ours("https://dayfly.example.com")
    assert not asked.is_ours("https://evil.example")
    assert not _ALONE.see({"host": "localhost:8710"}, peer="127.0.0.1", scheme="http").is_ours("")


@pytest.mark.parametrize(
    ("front", "host", "is_name"),
    [
        (_ALONE, "127.0.0.1:8710", True),
        (_ALONE, "[::1]:8710", True),
        (_ALONE, "10.0.0.1", False),
        (_ALONE, "evil.example", False),
        (_ALONE, "evil@127.0.0.1", False),
        (_ALONE, "127.0.0.1:port", False),
        (_PROXIED, "dayfly.example.com", True),
        (_PROXIED, "dayfly.example.com.evil.example", False),
        (Front("0.0.0.0", 1), "10.0.0.1:8710", True),
        (Front("0.0.0.0", 1), "evil.example", False),
        (Front("0.0.0.0", 1, names=frozenset({"fleet.internal"})), "fleet.internal:8710", True),
    ],
)
def test_a_host_is_one_of_ours_or_refused(front: Front, host: str, is_name: bool) -> None:
    assert front.is_name(host) is is_name


@pytest.mark.parametrize(
    "text", ["ftp://x", "https://", "https://x/path", "https://a@b", "https://x?y", "x", "https://x:99999"]
)
def test_what_is_no_public_address_is_refused(text: str) -> None:
    with pytest.raises(DayflyError):
        parse_public_url(text)


def test_public_addresses_are_taken_without_their_slash() -> None:
    assert parse_public_url("https://Dayfly.example.com:8443/") == "https://dayfly.example.com:8443"
    assert parse_public_url("") == ""


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.8.9.1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.evil", False),
    ],
)
def test_loopback_is_told_by_number(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("text", ["/x?y=1#z", "/"])
def test_targets_are_paths(text: str) -> None:
    assert local_target(text) == text
    assert local_target(f"/{text}") == "/"
