"""Browsers are answered by the URL's configuration, and only for what it allows."""

from __future__ import annotations

import pytest

from dayfly.lab.urls.config import Cors
from dayfly.lab.urls.cors import is_preflight, preflight_headers, response_headers

_ASK = {"origin": "https://a", "access-control-request-method": "PUT"}
_CORS = Cors(
    allow_credentials=True,
    allow_headers=("x-one", "x-two"),
    allow_methods=("GET", "PUT"),
    allow_origins=("https://a", "https://b"),
    expose_headers=("x-three",),
    max_age=0,
)


def test_only_a_configured_url_answers_a_preflight_itself() -> None:
    assert is_preflight(_CORS, "OPTIONS", _ASK)
    assert not is_preflight(Cors(), "OPTIONS", _ASK)
    assert not is_preflight(_CORS, "PUT", _ASK)
    assert not is_preflight(_CORS, "OPTIONS", {"origin": "https://a"})


def test_a_preflight_is_told_what_is_allowed() -> None:
    assert preflight_headers(_CORS, _ASK) == [
        ("Access-Control-Allow-Origin", "https://a"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
        ("Access-Control-Allow-Methods", "GET,PUT"),
        ("Access-Control-Allow-Headers", "x-one,x-two"),
        ("Access-Control-Max-Age", "0"),
    ]
    assert preflight_headers(_CORS, _ASK | {"origin": "https://c"}) == []
    assert preflight_headers(_CORS, _ASK | {"access-control-request-method": "DELETE"}) == []


@pytest.mark.parametrize(
    ("cors", "origin", "expected"),
    [
        (_CORS, "https://b", "https://b"),
        (_CORS, "https://a.evil", None),
        (_CORS, "null", None),
        (Cors(allow_origins=("*",)), "https://x", "*"),
        # With credentials a browser takes no star.
        (Cors(allow_origins=("*",), allow_credentials=True), "https://x", "https://x"),
        (Cors(), "https://x", None),
    ],
)
def test_a_response_names_its_origin_only_where_it_may(cors: Cors, origin: str, expected: str | None) -> None:
    headers = dict(response_headers(cors, {"origin": origin}))
    assert headers.get("Access-Control-Allow-Origin") == expected
    assert ("Access-Control-Expose-Headers" in headers) == bool(expected and cors.expose_headers)
    assert response_headers(cors, {}) == []
