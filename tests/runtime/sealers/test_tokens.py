"""Passwords that are signed tokens say themselves how long they are good."""

from __future__ import annotations

import pytest

from dayfly.runtime.sealers.tokens import expiry, note_expiry
from dayfly.runtime.sealing import Sealing

# As botocore's generate_db_auth_token makes it; signed at 2026-01-31T12:00:00Z for 900 s.
TOKEN = (
    "db.eu-central-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app&X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=key%2F20260131%2Feu-central-1%2Frds-db%2Faws4_request&X-Amz-Date=20260131T120000Z"
    "&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
)
SIGNED_AT = 1769860800.0


def test_a_token_is_used_until_a_minute_before_its_end() -> None:
    assert expiry(TOKEN) == SIGNED_AT + 840


@pytest.mark.parametrize(
    "password",
    [
        "",
        "secret",
        "p?a=b&c=d",
        TOKEN.replace("X-Amz-Expires=900", "X-Amz-Expires=soon"),
        TOKEN.replace("X-Amz-Expires=900&", ""),
        TOKEN.replace("20260131T120000Z", "20261331T120000Z"),
        TOKEN.replace("20260131T120000Z", "now"),
    ],
)
def test_other_passwords_do_not_end(password: str) -> None:
    assert expiry(password) == 0.0


def test_the_earliest_end_counts() -> None:
    sealing = Sealing()
    note_expiry("secret", sealing)
    assert sealing.expires_at == 0.0
    note_expiry(TOKEN, sealing)
    note_expiry(TOKEN.replace("T12", "T13"), sealing)
    assert sealing.expires_at == SIGNED_AT + 840
    sealing.expires_at = 100.0
    note_expiry(TOKEN, sealing)
    assert sealing.expires_at == 100.0
