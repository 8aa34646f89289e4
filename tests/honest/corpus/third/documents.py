"""MongoDB and LDAP."""

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    MARKDOWN,
    TEMPLATE,
    UNICODE,
    http,
)


def _get(**query: str) -> dict[str, object]:
    return http("GET", "/u", query=query)


def _post(body: object, **ids: str) -> dict[str, object]:
    return http("POST", "/u", body, ids=ids)


REQUESTS = {
    "find_one": [_get(name=one) for one in ("Siobhán O'Brien", "$name", '{"$ne": 1}', "nobody")],
    "login": [
        _post({"name": "ada", "password": "s3cret-ada"}),
        _post({"name": "ada", "password": {"$ne": ""}}),
        _post({"name": "$where", "password": "x"}),
    ],
    "search": [
        _get(q="o'b"),
        _get(q="$", sort="age", dir="desc"),
        _get(q=".*", size="1"),
        _get(q=COMMENT, sort="$where"),
    ],
    "any_filter": [_get(name="ada"), _get(role="user", name="$name"), _get(**{"a.b": "x"})],
    "ranges": [_get(age_gte="30", age_lt="40"), _get(age_lt="-0")],
    "insert": [
        _post({"name": COMPANY, "bio": HTML, "tags": ["$x", "a.b"]}),
        _post({"name": "n", "nested": {"code": CODE, "json": JSON_TEXT}}),
        _post({"text": MARKDOWN, "n": -1.5, "when": "2026-03-14T09:26:53Z"}),
    ],
    "update": [
        _post({"note": COMMENT, "role": "admin"}, id="1"),
        _post({"note": "$set", "name": TEMPLATE}, id="2"),
        _post({"note": UNICODE}, id="3"),
    ],
    "count": [_post({"role": "user", "least": 0}), _post({"role": "$group", "least": -5})],
    "in_list": [_post({"names": ["ada", "$name"]}), _post({"names": [COMPANY, "$or"]})],
    "people": [
        {"name": "Siobhan O'Brien (dev)"},
        {"name": "*"},
        {"name": "x)(uid=*"},
        {"name": "Ada Lovelace"},
    ],
    "people_prefix": [{"q": "ada@"}, {"q": "o'b"}],
    "person": [{"uid": "ada"}, {"uid": "so,ou=people"}, {"uid": "a+b=c"}],
}
