"""Where code believes what the caller says of itself: `event.trust`.

A session, a token and a policy are read later as facts. A record that is looked up by an identity of the caller's is
the identity's, and the caller has said which. An identity in a path names what is asked for, and is no such claim:
`GET /users/{id}` alone says nothing of who may ask.
"""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import Argument, Call, Condition, Result, Sink, Tables, Test

_SUBJECTS = (
    "sub",
    "role",
    "roles",
    "scope",
    "scopes",
    "groups",
    "permissions",
    "is_admin",
    "isAdmin",
    "admin",
    "tenant",
    "tenant_id",
    "tenantId",
    "user_id",
    "userId",
    "email",
    "account_id",
    "customer_id",
    "cognito:groups",
)
_OWNERS = (
    "user_id",
    "userId",
    "UserId",
    "userid",
    "tenant_id",
    "tenantId",
    "TenantId",
    "tenant",
    "customer_id",
    "customerId",
    "CustomerId",
    "account_id",
    "accountId",
    "AccountId",
    "owner_id",
    "ownerId",
    "owner",
    "organization_id",
    "organizationId",
    "org_id",
    "orgId",
)
_MARKS = ("?", "%s", ":", "$1")
_BY_OWNER = tuple(
    f"{where} {name}{equals}{mark}"
    for where in ("WHERE", "where")
    for name in _OWNERS
    for equals in (" = ", "=")
    for mark in _MARKS
)
_HARM = (
    "The function's permissions cover all its customers: no later check stops one customer from "
    "naming another."
)

_ITEMS = ("get_item", "delete_item", "update_item", "put_item")
_KEYS = tuple(Argument(None, "Key", element=name) for name in _OWNERS)
_AUTHORS = ("user_id", "userId", "UserId", "tenant_id", "tenantId", "TenantId", "owner_id", "ownerId")

_SINKS = (
    Sink(
        "event.trust",
        ("jwt.encode", "jose.jwt.encode", "authlib.jose.jwt.encode"),
        tuple(Argument(0, "payload", element=name) for name in _SUBJECTS),
        message="a token is signed for an identity that the caller chooses ({source})",
        harm=_HARM,
    ),
    Sink(
        "event.trust",
        ("boto3.client.sts.assume_role",),
        (Argument(None, "Tags"), Argument(None, "RoleArn")),
        message="the caller chooses the role, or the tags, that the function assumes ({source})",
        harm=_HARM,
    ),
    Sink(
        "event.trust",
        tuple(f"{owner}.{method}" for owner in ("boto3.Table", "boto3.client.dynamodb") for method in _ITEMS),
        _KEYS,
        message="the caller chooses whose record is used ({source})",
        harm=_HARM,
    ),
    Sink(
        "event.trust",
        ("boto3.Table.put_item", "boto3.client.dynamodb.put_item"),
        tuple(Argument(None, "Item", element=name) for name in _AUTHORS),
        message="the caller chooses for whom the record is written ({source})",
        harm=_HARM,
    ),
    # The first parameter of a statement whose condition begins with its owner.
    Sink(
        "event.trust",
        ("dbapi.Cursor.execute", "dbapi.Connection.execute"),
        (Argument(1, element=0),),
        (
            Condition(Argument(0), Test.STARTS, ("SELECT", "DELETE", "select", "delete"), if_unknown=False),
            Condition(Argument(0), Test.CONTAINS, _BY_OWNER, if_unknown=False),
        ),
        message="the caller chooses whose rows are used ({source})",
        harm=_HARM,
    ),
)

# Base64 and dots.
_CALLS = (
    Call(("jwt.encode", "jose.jwt.encode", "authlib.jose.jwt.encode"), Result(type="str", taint_from=())),
)

TABLES = Tables(sinks=_SINKS, calls=_CALLS)
