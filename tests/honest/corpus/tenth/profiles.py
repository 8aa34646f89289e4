"""Profiles and sessions: DynamoDB, PartiQL, Redis, LDAP, JMESPath."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    CSS,
    LETTER,
    LINK,
    MARKUP,
    PEOPLE,
    PLACES,
    api,
    bus,
    graphql,
    http,
    pool,
    queue,
    stream,
)

NEEDS = ("aws-http", "redis")
SECRET = "profile-secret-3097"


def _get(key: str) -> dict[str, object]:
    return api("GET", f"/profiles/{key}", ids={"id": key})


def _search(by: str, q: str) -> dict[str, object]:
    return api("GET", "/profiles", query={"by": by, "q": q})


def _city(city: str) -> dict[str, object]:
    return http("GET", "/city", query={"city": city})


def _update(body: object, key: str = "u2") -> dict[str, object]:
    return api("PUT", f"/profiles/{key}", body, ids={"id": key})


def _legacy(body: object) -> dict[str, object]:
    return http("POST", "/scan", body)


def _cached(user: str) -> dict[str, object]:
    return api("GET", "/cached", query={"user": user})


def _sessions(user: str) -> dict[str, object]:
    return api("GET", "/sessions", claims={"sub": "1", "username": user})


def _touch(user: str) -> dict[str, object]:
    return pool("PostAuthentication_Authentication", user, {"email": "o'neil@example.org"})


def _login(user: str, pin: str) -> dict[str, object]:
    return http("POST", "/login", {"user": user, "pin": pin})


def _segment(name: str, field: str, value: object) -> tuple[str, dict[str, object]]:
    return ("save_segment", http("PUT", "/segments", {"name": name, "field": field, "value": value}))


def _run(name: str) -> dict[str, object]:
    return bus("Segment Due", {"segment": name})


REQUESTS = {
    "get_profile": [
        _get("u1"),
        _get("u2"),
        _get("o'neil@example.org"),
        _get("9f1c2e0a-77aa-4f0e-8a53-1f2e3d4c5b6a"),
    ],
    "search_profiles": [
        _search("city", "öl"),
        _search("tier", "free"),
        _search("city", "it's OR 1 = 1"),
        _search("address.street", PLACES[0]),
    ],
    "filter_attr": [
        graphql("find", filter={"city": "Köln"}),
        graphql("find", filter={"tier": "pro", "fullname": "Ann"}),
        graphql("find", filter={"bio": MARKUP, "address.zip": "D-10623"}),
    ],
    "partiql": [
        _city("Köln"),
        _city("Cork"),
        _city("Saint-Louis-du-Ha! Ha!"),
        _city("Washington, D.C. (OR)"),
    ],
    "partiql_bound": [{"name": PEOPLE[0]}, {"name": "Bob O'Hara"}, {"name": "' OR '1'='1"}],
    "update_profile": [
        _update({"city": "L'Aquila"}),
        _update({"bio": LETTER, "nick": 'it\'s "me"'}, "u3"),
        _update({"website": LINK, "prefs": {"mail": True, "tags": ["a", "b'c"]}}, "u4"),
    ],
    "legacy_scan": [
        _legacy({"city": "Köln"}),
        _legacy({"tier": "free", "fullname": "Bob O'Hara"}),
        _legacy({"city": CSS}),
    ],
    "cached": [_cached("u1"), _cached("o'neil"), _cached("nobody@example.org"), _cached("a b (c)")],
    "sessions": [_sessions("ann"), _sessions("o'neil@example.org"), _sessions("x_y-z.1")],
    "touch": [_touch("ann"), _touch("9f1c2e0a-77aa"), _touch("o'neil@example.org")],
    "cache_put": [
        queue({"id": "a b", "text": LETTER}),
        queue({"id": "o'neil", "n": 5}, {"id": "x:*", "text": "GET tenth:secret\r\n"}),
        queue({"id": "ü", "text": MARKUP, "list": [1, "x"]}),
    ],
    "ldap_login": [
        _login("ann", "1234"),
        _login("ann", "0000"),
        _login("siobhan.o'connor", "12"),
        _login("Zoë", "p=a,b"),
    ],
    "report_rows": [{"team": "sales"}, {"team": "dev"}, {"team": 'R&D "north" [x] || y'}],
    "json_field": [{"field": "title"}, {"field": "size.w"}, {"field": "tags[0]"}],
    "on_change": [
        stream({"id": {"S": "u1"}, "plan": {"S": "pro"}, "bio": {"S": MARKUP}}),
        stream(
            {"id": {"S": "o'neil"}, "plan": {"S": "free & easy"}},
            {"id": {"S": "u2"}, "plan": {"S": "x:*"}, "n": {"N": "1.5"}},
        ),
        stream({"id": {"S": PEOPLE[6]}, "plan": {"S": "größe"}, "m": {"M": {"a": {"L": [{"BOOL": True}]}}}}),
    ],
    "save_segment": [
        _segment("pros", "tier", "pro")[1],
        _segment("o'hara's", "city", "Cork")[1],
        _segment("x & y", "address.city", PLACES[3])[1],
    ],
    "run_segment": [
        _run("pros"),
        _run("o'hara's"),
        _run("x & y"),
        _run("none"),
        _run("it's none"),
        _run("a#b & c"),
    ],
}
ATTACKS = [
    Attack(
        "NoSQL, expression",
        "search_profiles",
        _search("fullname, :term) OR contains(fullname", "Root"),
        SECRET,
    ),
    Attack(
        "NoSQL, expression",
        "search_profiles",
        _search("city, :term) OR attribute_exists(id) AND contains(id", "root"),
        SECRET,
    ),
    Attack(
        "NoSQL, expression", "search_profiles", _search("id, :term) OR begins_with(fullname", "Root"), SECRET
    ),
    Attack("PartiQL", "partiql", _city("x' OR visibility = 'internal"), SECRET),
    Attack("PartiQL", "partiql", _city("x' OR id = 'root"), SECRET),
    Attack("NoSQL, key", "update_profile", _update({"nick = apikey, bio": "x"}, "u1"), SECRET),
    Attack(
        "NoSQL, key",
        "update_profile",
        _update({"nick": "x", "bio = if_not_exists(nothing, apikey), x1": "y"}, "u1"),
        SECRET,
    ),
    Attack(
        "NoSQL, operator",
        "legacy_scan",
        _legacy(
            {
                "visibility": {"AttributeValueList": [{"S": "public"}], "ComparisonOperator": "NE"},
                "id": "root",
            }
        ),
        SECRET,
    ),
    Attack(
        "NoSQL, operator",
        "legacy_scan",
        _legacy({"city": {"AttributeValueList": [{"S": " "}], "ComparisonOperator": "GT"}}),
        "Bob O'Hara",
    ),
    Attack("Lua", "cached", _cached('x") or redis.call("GET", "tenth:secret'), SECRET),
    Attack(
        "Lua", "cached", _cached('u1") .. redis.call("GE".."T", "tenth:sec".."ret") .. tostring("'), SECRET
    ),
    Attack(
        "Lua", "cached", _cached("u1\") --]]\n.. redis.call('GET', KEYS[1] or 'tenth:secret') .. (\""), SECRET
    ),
    Attack("pattern, Redis", "sessions", _sessions("*"), SECRET),
    Attack("pattern, Redis", "sessions", _sessions("r[o]?t"), SECRET),
    Attack("protocol, Redis", "touch", _touch("x 60 1\r\nGET tenth:secret\r\nSETEX tenth:y"), SECRET),
    Attack(
        "protocol, Redis",
        "touch",
        _touch('x 60 1\nEVAL \'return redis.call("GET","tenth:secret")\' 0\nECHO z'),
        SECRET,
    ),
    Attack("LDAP", "ldap_login", _login("*", "*"), SECRET),
    Attack("LDAP", "ldap_login", _login("root)(|(uid=*", "x))"[:-2] + ")"), SECRET),
    Attack("LDAP", "ldap_login", _login("root", "99*"), SECRET),
    Attack("JMESPath", "report_rows", {"team": "x'].name || admin.token || members[?team=='"}, SECRET),
    Attack("JMESPath", "report_rows", {"team": "x' || team!='"}, "Ann"),
    Attack("JSONPath", "json_field", {"field": "`parent`.private.token"}, SECRET),
    Attack(
        "NoSQL, second order",
        "run_segment",
        _run("e1"),
        SECRET,
        before=[_segment("e1", "tier = :value OR visibility", "internal")],
    ),
    Attack(
        "NoSQL, second order",
        "run_segment",
        _run("e2"),
        "Bob O'Hara",
        before=[_segment("e2", "city <> :value AND tier <> :value AND id", "u2")],
    ),
    Attack(
        "NoSQL, second order",
        "run_segment",
        _run("e 3"),
        SECRET,
        before=[_segment("e 3", "attribute_exists(apikey) AND city <> :value OR id", "root")],
    ),
]
