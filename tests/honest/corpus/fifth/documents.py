"""Documents."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import IRISH, NESTED, PROSE, REGEX, gateway, url

PIN = "pin-root-0042"


def _login(user: object, password: object) -> dict[str, object]:
    return gateway("POST", "/login", {"user": user, "password": password})


def _list(**wanted: object) -> dict[str, object]:
    return gateway("GET", "/people", query={"filter": json.dumps(wanted)}, claims={"tenant": "acme"})


def _rules(*rules: tuple[str, str, object]) -> dict[str, object]:
    made = [{"field": field, "how": how, "value": value} for field, how, value in rules]
    return gateway("POST", "/search", {"rules": made})


def _any(**body: object) -> dict[str, object]:
    return gateway("POST", "/any", body)


REQUESTS = {
    "mongo_login": [_login("O'Brien", "$ne"), _login("null", "null"), _login("root", "' || '1'=='1")],
    "mongo_login_text": [
        _login("O'Brien", "$ne"),
        _login({"$ne": None}, {"$gt": ""}),
        _login("$where", NESTED),
    ],
    "mongo_list": [_list(), _list(user="O'Brien"), _list(user="$gt", pin="1; return true")],
    "mongo_prefix": [url("GET", "/p", query={"q": one}) for one in ("O'", "n.*", REGEX, "(", "$ne")],
    "mongo_update_rules": [
        _rules(("user", "is", "O'Brien")),
        _rules(("user", "isNot", IRISH), ("pin", "oneOf", ["pin-n", "$where"])),
        _rules(("$where", "is", "sleep(5000)"), ("user", "is", PROSE)),
    ],
    "mongo_any": [_any(user="null"), _any(user="O'Brien", pin="$ne"), _any(user=NESTED)],
}
ATTACKS = [
    Attack("NoSQL", "mongo_login", _login("root", {"$ne": ""}), PIN),
    Attack("NoSQL", "mongo_login", _login({"$gt": ""}, {"$exists": True}), PIN),
    Attack("NoSQL, blind", "mongo_login", _login("root", {"$regex": "^s3"}), PIN),
    Attack("NoSQL", "mongo_list", _list(tenant={"$ne": "x"}), PIN),
    Attack("NoSQL", "mongo_list", _list(tenant={"$in": ["core"]}), PIN),
    Attack("NoSQL", "mongo_any", _any(user="x", pin={"$ne": None}), PIN),
    Attack("NoSQL, blind", "mongo_any", _any(user="x", pin={"$regex": "^pin-r"}), PIN),
]
