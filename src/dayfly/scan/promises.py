"""Which names promise a secret: `reset_token`, `apiKey`, `one_time_password`; not `token_count` or `sort_key`."""

from __future__ import annotations

import itertools
import re
from functools import cache

_SPLIT = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SECRET = frozenset(
    {
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "passcode",
        "passwords",
        "secret",
        "secrets",
        "token",
        "otp",
        "totp",
        "csrf",
        "xsrf",
        "nonce",
        "salt",
        "apikey",
        "credential",
        "credentials",
        "sid",
        "sessid",
        "sessionid",
        "phpsessid",
        "remember",
        "rememberme",
        "pin",
        "pincode",
        "captcha",
        "iv",
    }
)
# `code`, `key` and `id` alone are anything.
_KEY_OF = frozenset(
    {
        "api",
        "secret",
        "private",
        "encryption",
        "crypto",
        "aes",
        "hmac",
        "jwt",
        "session",
        "access",
        "auth",
        "signing",
        "shared",
        "master",
        "licence",
        "license",
        "activation",
    }
)
_CODE_OF = frozenset(
    {
        "verification",
        "confirmation",
        "reset",
        "invitation",
        "invite",
        "auth",
        "authorization",
        "login",
        "access",
        "security",
        "recovery",
        "activation",
        "one",
        "sms",
        "mfa",
        "backup",
    }
)
# What a name ends with that makes it a number about the thing.
_ABOUT = frozenset(
    {
        "count",
        "counts",
        "length",
        "len",
        "size",
        "limit",
        "max",
        "min",
        "num",
        "number",
        "index",
        "idx",
        "type",
        "kind",
        "ttl",
        "expiry",
        "expires",
        "delay",
        "ratio",
        "rate",
        "cost",
        "budget",
        "position",
        "url",
        "field",
        "usage",
        "age",
        "timeout",
        "attempts",
        "prefix",
        "path",
    }
)


@cache
def promises_secret(name: str) -> bool:
    """Whether what is kept under this name must not be guessed."""
    words = [word.lower() for word in _SPLIT.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    if any(word in _SECRET for word in words):
        return True
    pairs = set(itertools.pairwise(words))
    if ("session", "id") in pairs or ("session", "identifier") in pairs or ("session", "cookie") in pairs:
        return True
    return any(
        (last in {"key", "keys"} and first in _KEY_OF) or (last in {"code", "codes"} and first in _CODE_OF)
        for first, last in pairs
    )
