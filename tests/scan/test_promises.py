"""Which names promise a secret."""

from __future__ import annotations

import pytest

from dayfly.scan.promises import promises_secret


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("reset_token", True),
        ("apiKey", True),
        ("SESSION_ID", True),
        ("one_time_password", True),
        ("rememberMeKey", True),
        ("otp_code", True),
        ("verificationCode", True),
        ("encryption_key", True),
        ("X-Api-Key", True),
        ("token_count", False),
        ("max_tokens", False),
        ("sort_key", False),
        ("key", False),
        ("code", False),
        ("session", False),
        ("session_timeout", False),
        ("spinner", False),
        ("password_length", False),
        ("", False),
    ],
)
def test_name_promises_a_secret_or_not(name: str, is_secret: bool) -> None:
    assert promises_secret(name) is is_secret
