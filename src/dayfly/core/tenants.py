"""Says where an event's tenant may be found: in places that the caller does not choose; native/supervisor/tenants.h finds it.

A key decides which events may meet in one worker. An attacker who could choose it would join the worker of his
victim, so it is taken only from what the platform adds after it authenticated the caller: a header of the Runtime
API, or what an authorizer put into `requestContext`. Everything doubtful is no key, and an event without one shares
its worker with no other.
"""

from __future__ import annotations

LAMBDA = "lambda"
COGNITO = "cognito"
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
_MAX_PARTS = 8


def check_source(text: str) -> None:
    """Raise ValueError, whose text says why, where the setting names no place of a tenant."""
    if text in (LAMBDA, COGNITO):
        return
    path = _split(text)
    if path == _IDENTITY:
        return
    if path[:2] != _AUTHORIZER:
        raise ValueError(_why_not(path))
    if path in _OBJECTS:
        raise ValueError("it is an object: give a claim or key in it")
    if "claims" in path[2:-1] and path[-1] in _OWN_PROFILE:
        raise ValueError(
            f"users can change the claim {path[-1]} in their own profile and choose another tenant. Use "
            "`sub`, or a claim that only you set"
        )


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
