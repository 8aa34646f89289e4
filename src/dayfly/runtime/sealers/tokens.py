"""Tells when a database password that init made is no longer good: IAM tokens live for a quarter of an hour."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing

# A token is good only for so long, and a worker forked a moment before it ends still has to connect.
_MARGIN_S = 60


def note_expiry(password: str, sealing: Sealing) -> None:
    """Have the zygote replaced before `password`, if it is a signed token, is refused by the database.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
    """
    until = expiry(password)
    if until and (not sealing.expires_at or until < sealing.expires_at):
        sealing.expires_at = until


def expiry(password: str) -> float:
    """Return the time (seconds since the epoch) from which a token should not be used; 0 for other passwords."""
    fields = dict(part.split("=", 1) for part in password.partition("?")[2].split("&") if "=" in part)
    signed, lifetime = fields.get("X-Amz-Date", ""), fields.get("X-Amz-Expires", "")
    if len(signed) != 16 or not (signed[:8] + signed[9:15] + lifetime).isdecimal() or not lifetime:
        return 0.0
    # datetime (1 ms) is loaded by whoever signed the token.
    from datetime import UTC, datetime

    try:
        at = datetime(*(int(signed[a:b]) for a, b in _FIELDS), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return 0.0
    return at.timestamp() + int(lifetime) - _MARGIN_S


# Of 20260131T235959Z.
_FIELDS = ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
