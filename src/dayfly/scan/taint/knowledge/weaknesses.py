"""Hashes and cookies whose weakness shows once a value has been followed: `weak.hash`, `weak.cookie`.

What is plain in one file the family `weak` finds without an entry; these rows are for what comes by other ways.
"""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import Argument, Condition, Danger, Sink, Tables, Test

# RFC 6151 (MD5), RFC 6150 (MD4), RFC 6194 and https://shattered.io (SHA-1).
_BROKEN = ("md2", "md4", "md5", "sha", "sha1", "sha-1", "md5-sha1", "mdc2")
_BROKEN_NAMES = (*_BROKEN, *(name.upper() for name in _BROKEN))
_FOR_SECURITY = Condition(Argument(None, "usedforsecurity"), Test.TRUTHY, if_absent=True)

_SECURE = Argument(6, "secure")
_HTTPONLY = Argument(7, "httponly")
_OFF = Condition(_SECURE, Test.FALSY, if_absent=True, if_unknown=False)
_READABLE = Condition(_HTTPONLY, Test.FALSY, if_absent=True, if_unknown=False)
# A cookie that is being taken away protects nothing.
_LASTS = (
    Condition(Argument(1, "value"), Test.IS_GIVEN),
    Condition(Argument(1, "value"), Test.DIFFERS, ("",), if_absent=True),
    Condition(Argument(2, "max_age"), Test.DIFFERS, (0,), if_absent=True),
)
_NAMES_SOMEBODY = Condition(
    Argument(0, "key"),
    Test.CONTAINS,
    (
        "sess",
        "Sess",
        "SESS",
        "sid",
        "SID",
        "auth",
        "Auth",
        "jwt",
        "login",
        "remember",
        "Remember",
        "REMEMBER",
    ),
    if_unknown=False,
)
_ANSWERS = ("*", "flask.Response", "starlette.Response", "bottle.response", "bottle.Response")
_SET_COOKIE = tuple(f"{owner}.set_cookie" for owner in _ANSWERS)

_NAMES_A_SECRET = Condition(
    Argument(0, "key"),
    Test.CONTAINS,
    (*_NAMES_SOMEBODY.values, "token", "Token", "TOKEN", "secret", "key", "csrf"),
    if_unknown=False,
)

TABLES = Tables(
    sinks=(
        Sink(
            "weak.randomness",
            _SET_COOKIE,
            (Argument(1, "value"),),
            (_NAMES_A_SECRET,),
            danger=Danger.PREDICTION,
            message="a cookie that identifies a user is predictable",
        ),
        # What a session holds is compared with later: a number that can be foretold is no proof of anything.
        Sink(
            "weak.randomness",
            ("flask.Session.__setitem__",),
            (Argument(1),),
            danger=Danger.PREDICTION,
            message="a session value that identifies a user is predictable",
        ),
        Sink(
            "weak.randomness",
            ("hmac.new", "hmac.digest", "cryptography.fernet.Fernet", "Crypto.Cipher.AES.new"),
            danger=Danger.PREDICTION,
            message="a key is predictable",
        ),
        Sink(
            "weak.hash",
            ("hashlib.new",),
            (),
            (Condition(Argument(0, "name"), Test.EQUALS, _BROKEN_NAMES, if_unknown=False), _FOR_SECURITY),
            needs_taint=False,
            message="a broken hash function is selected by name",
        ),
        Sink("weak.hash", ("hashlib.md5", "hashlib.sha1"), (), (_FOR_SECURITY,), needs_taint=False),
        Sink(
            "weak.cookie",
            _SET_COOKIE,
            (),
            (_OFF, *_LASTS),
            needs_taint=False,
            message="a cookie is set without Secure, so it is also sent over plain HTTP",
        ),
        Sink(
            "weak.cookie-script",
            _SET_COOKIE,
            (),
            (_READABLE, _NAMES_SOMEBODY, *_LASTS),
            needs_taint=False,
            message="a cookie is set without HttpOnly, so scripts of the page can read it",
        ),
    ),
)
