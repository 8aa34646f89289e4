"""Finds out whose event one is, from places that the caller does not choose; pure.

A key decides which events may meet in one worker. An attacker who could choose it would join the worker of his
victim, so it is taken only from what the platform adds after it authenticated the caller: a header of the Runtime
API, or what an authorizer put into `requestContext`. Everything doubtful is no key, and an event without one shares
its worker with no other.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LAMBDA = "lambda"
COGNITO = "cognito"
_LAMBDA_HEADER = "lambda-runtime-aws-tenant-id"
_COGNITO_HEADER = "lambda-runtime-cognito-identity"
_AUTHORIZER = ("requestContext", "authorizer")
_IDENTITY = ("requestContext", "identity", "cognitoIdentityId")
# Objects, never a text: a path that ends in one of them would find no key, ever.
_OBJECTS = {
    (*_AUTHORIZER, *rest)
    for rest in (
        (),
        ("claims",),
        ("jwt",),
        ("jwt", "claims"),
        ("jwt", "scopes"),
        ("lambda",),
        ("iam",),
        ("iam", "cognitoIdentity"),
    )
}
# Standard claims of OpenID Connect (Core 1.0, 5.1) that people write into their own profile. In a Cognito user pool
# every attribute that the app client lets its users write is as little worth, which no setting can tell.
_OWN_PROFILE = frozenset(
    [
        "address",
        "birthdate",
        "email",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    ]
)
# What an event may be to be parsed here, in the supervisor: API Gateway adds some kilobytes to the caller's body, and
# the worst that fits takes 20 ms and 8 MB for a moment. Beyond it there is no key: the event gets a fresh worker.
MAX_PARSED_BYTES = 256 * 1024
# Lambda's tenant ids have 256 characters at most, claims are not much longer.
MAX_KEY_CHARACTERS = 1024
_MAX_PARTS = 8


class TenantSource:
    """Where an event's tenant is found: a header, a path in JSON, or a path in a header's JSON.

    `header` is empty for a path in the event, `path` empty where the header itself is the key.
    """

    __slots__ = ("header", "path")

    def __init__(self, header: str, path: tuple[str, ...]) -> None:
        self.header = header
        self.path = path


def parse_source(text: str) -> TenantSource:
    """Return the source that the setting names; raises ValueError, whose text says why it is none."""
    if text == LAMBDA:
        return TenantSource(_LAMBDA_HEADER, ())
    if text == COGNITO:
        return TenantSource(_COGNITO_HEADER, ("cognitoIdentityId",))
    path = _split(text)
    if path == _IDENTITY:
        return TenantSource("", path)
    if path[:2] != _AUTHORIZER:
        raise ValueError(_why_not(path))
    if path in _OBJECTS:
        raise ValueError("it is an object: give a claim or key in it")
    if "claims" in path[2:-1] and path[-1] in _OWN_PROFILE:
        raise ValueError(
            f"users can change the claim {path[-1]} in their own profile and choose another tenant. Use "
            "`sub`, or a claim that only you set"
        )
    return TenantSource("", path)


def _why_not(path: tuple[str, ...]) -> str:
    if path[:2] == _IDENTITY[:2]:
        what = (
            "requestContext.identity describes the caller's address and program; only its "
            "cognitoIdentityId is verified"
        )
    elif path[0] == "requestContext":
        what = "this part of requestContext describes the request, not who sent it"
    elif path[0] in (
        "headers",
        "multiValueHeaders",
        "cookies",
        "body",
        "queryStringParameters",
        "pathParameters",
    ):
        what = f"the caller sends {path[0]}"
    else:
        what = "the caller may be able to set this field"
    return f"{what}: the caller could choose another tenant and use that tenant's worker; {_ALLOWED}"


_ALLOWED = (
    "use lambda, cognito, a path under requestContext.authorizer, or "
    "requestContext.identity.cognitoIdentityId"
)


def _split(text: str) -> tuple[str, ...]:
    """Return the parts of `a.b["c.d"].e`; raises ValueError."""
    parts: list[str] = []
    rest = text
    while rest:
        if rest.startswith('["'):
            name, end, rest = rest[2:].partition('"]')
            if not end:
                raise ValueError('a bracket is not closed: write ["name"]')
        else:
            if parts:
                if not rest.startswith("."):
                    raise ValueError("separate the parts by dots")
                rest = rest[1:]
            at = min((at for at in (rest.find("."), rest.find("[")) if at >= 0), default=len(rest))
            name, rest = rest[:at], rest[at:]
        if not name or not name.isprintable():
            raise ValueError("a part is empty or not printable")
        parts.append(name)
    if not 0 < len(parts) <= _MAX_PARTS:
        raise ValueError(f"a path has 1 to {_MAX_PARTS} parts")
    return tuple(parts)


def find_tenant(source: TenantSource, headers: Mapping[str, str], body: bytes) -> str:
    """Return whose event it is, empty where that is not sure.

    `headers` are the Runtime API's for this event. Keys are compared character by character: names that only
    look alike are different tenants.
    """
    if not source.header:
        return _find_text(body, source.path)
    value = headers.get(source.header, "")
    if source.path:
        return _find_text(value.encode("utf-8", "surrogateescape"), source.path)
    return _acceptable(value)


def _find_text(data: bytes, path: tuple[str, ...]) -> str:
    if len(data) > MAX_PARSED_BYTES:
        return ""
    try:
        # Strictly UTF-8: json.loads would guess other encodings, where two readers may differ.
        found = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError):
        return ""
    for part in path:
        if not isinstance(found, dict) or part not in found:
            return ""
        found = found[part]
    return _acceptable(found)


def _acceptable(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY_CHARACTERS:
        return ""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair, or a byte of a header that is no UTF-8.
        return ""
    return value


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Readers differ in which of two they take.
        raise ValueError("a name occurs twice")
    return found


def _refuse_constant(_name: str) -> object:
    raise ValueError("not valid JSON")


def _skip_number(_text: str) -> None:
    """Numbers are never keys, and reading a long one is slow."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_duplicates,
    parse_int=_skip_number,
    parse_float=_skip_number,
    parse_constant=_refuse_constant,
)
