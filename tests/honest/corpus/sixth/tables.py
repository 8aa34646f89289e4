"""Tables without SQL, queues and topics."""

import base64
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    PYTHONISH,
    QUOTED,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    http,
    rest,
    sqs,
    stream,
)

NEEDS = ("aws-http",)
CODE = "tables-code-8228"


def _member(name: str) -> dict[str, object]:
    return rest("GET", "/members/{name}", ids={"name": name})


def _scan(field: str, value: str) -> dict[str, object]:
    return rest("GET", "/members", query={"field": field, "value": value})


def _find(*where: tuple[str, str, object], team: str = "tea") -> dict[str, object]:
    return http(
        "POST",
        "/members/find",
        {"team": team, "where": [{"field": field, "op": op, "value": value} for field, op, value in where]},
    )


def _update(body: object, number: str = "1") -> dict[str, object]:
    return http("PATCH", "/members/{id}", body, ids={"id": number})


def _page(token: str | None) -> dict[str, object]:
    return http("GET", "/members", query={"token": token} if token is not None else None)


def _remove(field: str, owner: str = "eve") -> dict[str, object]:
    return sqs({"field": field, "owner": owner})


LAST = base64.urlsafe_b64encode(json.dumps({"team": "tea", "id": "1"}).encode()).decode()
REQUESTS = {
    "member": [_member("Ann"), _member("or select -- tea"), _member('Ann "the one"; & co')],
    "member_bound": [_member("O'Brien"), _member("x' OR team = 'ops"), _member(EMOJI), _member(SQL_NOTE)],
    "members_scan": [
        _scan("nick", "O'Brien"),
        _scan("job", "user' OR '1'='1"),
        _scan("id", ":team OR x = y"),
    ],
    "members_find": [
        _find(("nick", "contains", "'B"), ("age", "gt", 40)),
        _find(("nick", "eq", "' OR 1=1"), ("job", "__class__", "x")),
        _find(("odd.name #1", "ne", {"$gt": ""}), ("nick", "begins_with", "A")),
        _find(team="ops' OR 'a"),
    ],
    "member_update": [
        _update({"name": IRISH, "note": SQL_NOTE, "size": 1.5}),
        _update({"#n0 = :v1, role": TEMPLATISH, "class.of": HTMLISH}, "x/../y"),
        _update({"code": PYTHONISH, "query": JSON_TEXT, "select": None}, QUOTED),
    ],
    "members_page": [_page(None), _page(LAST), _page("bm90IGpzb247IC0t"), _page("eyJ4")],
    "member_remove": [
        _remove("secret_text", "ann"),
        _remove("content", "x' OR '1'='1"),
        _remove("missing_field", "ann OR holder <> :holder"),
    ],
    "fan_out": [
        stream({"kind": "user.created; --", "name": IRISH, "bio": SHELLISH}),
        stream({"kind": "x{{7*7}}", "text": ARABIC}, {"kind": "note", "text": SQL_NOTE}),
    ],
}
ATTACKS = [
    Attack("PartiQL", "member", _member("x' OR team = 'ops"), CODE),
    Attack("PartiQL", "member", _member("x' OR nick = 'Root"), CODE),
    Attack("PartiQL", "member", _member("' OR job = 'admin' OR nick = '"), CODE),
    Attack("expression", "members_scan", _scan("attribute_exists(code) OR nick", "x"), CODE),
    Attack("expression", "members_scan", _scan("job <> :team OR nick", "9"), CODE),
    Attack("expression", "member_remove", _remove("zz) OR attribute_exists(team"), "tables-owned-6336"),
    Attack(
        "expression",
        "member_remove",
        _remove(
            "content) OR (holder <> :holder AND size(secret_text) > size(holder) AND attribute_exists(id)"
        ),
        "tables-owned-6336",
    ),
]
