"""A members' portal on Redis and a directory."""

import pickle
import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    ADDRESS,
    ARTICLE,
    FIRM,
    MAIL,
    PEOPLE,
    POSTSCRIPT,
    REVIEW,
    SNIPPET,
    TICKET,
    api,
    b64,
    bus,
    graphql,
    http,
    queue,
)

PIN, MINUTES, TITLE = "portal-pin-5150", "board-minutes-6363", "ldap-title-8080"


def _members(town: str) -> dict[str, object]:
    return http("GET", "/members", query={"town": town})


def _field(number: str, field: str) -> dict[str, object]:
    return api("GET", f"/members/{number}/{field}", ids={"id": number, "field": field})


def _post(number: object) -> dict[str, object]:
    return graphql("Query", "post", id=number)


def _cached(key: str) -> dict[str, object]:
    return http("GET", "/page", query={"key": key})


def _remember(key: str, value: object) -> tuple[str, dict[str, object]]:
    data = value if isinstance(value, bytes) else pickle.dumps(value)
    return ("remember", bus("Computed", {"key": key, "data": b64(data)}))


def _badge(user: str, badge: str) -> dict[str, object]:
    return http("POST", "/login", {"user": user, "badge": badge})


class _Call:
    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> object:
        return self.function, self.arguments


def _phone(name: str, **query: str) -> dict[str, object]:
    return api("GET", f"/phone/{name}", ids={"name": name}, query=query)


NEEDS = ("redis",)
REQUESTS = {
    "members": [
        http("GET", "/members"),
        _members("Cork"),
        _members("大阪"),
        _members('St. Pölten (Süd); "x"'),
    ],
    "member_field": [
        _field("2", "name"),
        _field("3", "town"),
        _field("77", "no such field"),
        _field("2", "pin"),
    ],
    "member_field_bound": [_field("2", "it's"), _field("1", "name"), _field("x', 'y", "town")],
    "post": [_post(1), _post("2"), _post("2024-05-02_it's")],
    "remember": [_remember("home-it's", {"html": MAIL})[1], _remember("a/b?c=d", ["x", 1, None])[1]],
    "cached": [_cached("fresh page (1)"), _cached("home-it's"), _cached("日本/../x")],
    "directory_login": [
        _badge("ann", "Engineer"),
        _badge("O'Brien", "Cook"),
        _badge("Łukasz & Co", "it's me; 5 > 3"),
    ],
    "save_member": [
        api(
            "PUT",
            "/me",
            {"name": PEOPLE[0], "address": {"street": ADDRESS, "tags": ["a", None]}, "about": SNIPPET},
        ),
        api("PUT", "/me", {"name": PEOPLE[5], "about": ARTICLE, "prefs": {"mail": False}}),
        api("PUT", "/me", {"town": "it's; {x}"}),
    ],
    "phone": [_phone("ann"), _phone("O'Brien"), _phone("Nguyễn Ánh")],
    "phone_escaped": [_phone("ann"), _phone("Zoë (HR) *"), _phone("x)(cn=*")],
    "place": [
        api(
            "POST",
            "/orders",
            {
                "customer": PEOPLE[1],
                "address": {"street": ADDRESS, "zip": "D02 X285"},
                "lines": [{"sku": "A'1", "n": 2}],
                "note": TICKET,
                "total": "12.50",
            },
        ),
        api("POST", "/orders", {"customer": "", "address": {"zip": "<x>"}}),
        api(
            "POST",
            "/orders",
            {
                "customer": FIRM,
                "address": {"street": "1 Main St", "zip": "12345", "country": "DE"},
                "note": SNIPPET,
                "__proto__": {"a": 1},
            },
        ),
    ],
    "book": [
        http(
            "POST",
            "/book",
            {
                "name": PEOPLE[6],
                "email": "n'golo@example.org",
                "day": "2024-06-01",
                "guests": "4",
                "wishes": REVIEW,
            },
        ),
        http("POST", "/book", {"name": "x", "email": "not one", "day": "tomorrow", "guests": 99}),
        http(
            "POST",
            "/book",
            {
                "name": "Bo",
                "email": "bo@example.org",
                "day": "2024-12-31",
                "wishes": POSTSCRIPT,
                "x": {"$gt": ""},
            },
        ),
    ],
    "powertools": [
        {**http("GET", "/members/2"), "routeKey": "GET /members/{id}"},
        {**http("GET", "/members/Nobody's%20here"), "routeKey": "GET /members/{id}"},
        {
            **http("POST", "/echo", {"text": SNIPPET, "n": [1, {"a": None}]}, query={"page": "2 or 3"}),
            "routeKey": "POST /echo",
        },
        {**http("GET", "/nothing/../x"), "routeKey": "$default"},
    ],
    "appsync": [
        graphql("Query", "search", text="It's"),
        graphql("Query", "search", text="Tea & (", first=1),
        graphql("Query", "field", path="name"),
        graphql("Query", "field", path="age"),
    ],
    "jobs": [
        queue({"kind": "mail", "text": MAIL}),
        queue({"kind": "it's", "text": SNIPPET}, {"kind": PEOPLE[3]}),
        queue({"kind": "x", "text": ARTICLE}, {"kind": "y", "text": POSTSCRIPT, "more": {"a": [1]}}),
    ],
    "signed_link": [
        {"path": "/files/It's (1) & more.pdf", "now": 1714600000},
        {"path": "/a/../b;c=d", "now": 1714600001},
        {"path": "/日本/x?y=z#a", "now": 1714600002},
    ],
    "calendar": [
        bus("Booked", {"start": "2024-05-02T10:00:00", "title": "Lunch; with Zoë, at O'Neill's"}),
        bus("Booked", {"start": "2024-12-31T23:59:00+01:00", "title": TICKET}),
        bus("Booked", {"start": "2024-05-02", "title": "{title} %s C:\\x"}),
    ],
}
# What comes all day.
ORDINARY = {
    "members": [_members("Galway"), _members("Dublin 4")],
    "member_field": [_field("1", "name"), _field("3", "age")],
    "member_field_bound": [_field("2", "town")],
    "post": [_post(7)],
    "save_member": [api("PUT", "/me", {"name": "Maria Rossi", "town": "Cork", "age": 33})],
    "cached": [_cached("start"), _cached("category/tea?page=2")],
    "directory_login": [_badge("ann", "Manager")],
    "phone": [_phone("Maria Rossi"), _phone("ann", number="+353 1 555")],
    "phone_escaped": [_phone("O'Brien")],
    "place": [
        api(
            "POST",
            "/orders",
            {
                "customer": "Maria Rossi",
                "address": {"street": "Via Roma 1", "zip": "00184", "country": "IT"},
                "lines": [{"sku": "A1", "n": 1}],
                "total": 9.9,
            },
        )
    ],
    "book": [
        http(
            "POST",
            "/book",
            {"name": "Maria Rossi", "email": "maria@example.it", "day": "2024-07-14", "guests": 4},
        )
    ],
    "powertools": [
        {**http("GET", "/members/1"), "routeKey": "GET /members/{id}"},
        {**http("POST", "/echo", {"hello": "world"}), "routeKey": "POST /echo"},
    ],
    "appsync": [graphql("Query", "search", text="tea"), graphql("Query", "field", path="town")],
    "jobs": [queue({"kind": "thumbnail", "text": "img-7"}, {"kind": "mail", "text": "Hello Maria"})],
    "signed_link": [{"path": "/downloads/brochure.pdf", "now": 1714600003}],
    "calendar": [bus("Booked", {"start": "2024-07-14T19:30:00", "title": "Dinner for 4"})],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("JMESPath", "members", _members("x' || role=='admin"), "Aoife"),
    Attack("JMESPath", "members", _members("x'] || [].{name: pin, town: role} || [?town=='x"), PIN),
    Attack("Lua", "member_field", _field("1", "x') or redis.call('HGET', 'portal:member:1', 'p'..'in"), PIN),
    Attack(
        "Lua",
        "member_field",
        _field("0', 'a') or redis.call('GET', 'portal:board:minutes') --", "x"),
        MINUTES,
    ),
    Attack("Lua", "member_field", _field("1", "p\\105n"), PIN),
    Attack(
        "Lua",
        "member_field",
        _field("1", "x') or cjson.encode(redis.call('KEYS','portal:board*')) or ('"),
        "portal:board:minutes",
    ),
    Attack("NoSQL, command", "post", _post("1 portal:board:minutes"), MINUTES),
    Attack("NoSQL, command", "post", _post("x\nportal:board:minutes\tportal:post:2"), MINUTES),
    Attack(
        "deserialisation, second order",
        "cached",
        _cached("k1"),
        "uid=",
        before=[_remember("k1", _Call(subprocess.getoutput, "id"))],
    ),
    Attack(
        "deserialisation, second order",
        "cached",
        _cached("k2"),
        "not-a-real-token",
        before=[_remember("k2", _Call(eval, "str(__import__('os').environ)"))],
    ),
    Attack(
        "deserialisation, second order",
        "cached",
        _cached("k3"),
        PIN,
        before=[_remember("k3", b"capp\n_members\n(tR.")],
    ),
    Attack("LDAP", "phone", _phone("x))(&(objectClass=person)(cn=root"), TITLE),
    Attack("LDAP", "phone", _phone("x", number="*)(cn=ro*"), TITLE),
    Attack("LDAP", "phone", _phone("x))(!(cn=ann"), TITLE),
    Attack("LDAP", "phone", _phone("*"), "Chef (senior)"),
    Attack("LDAP", "directory_login", _badge("root)(|(cn=*", "x)"), '\\"admin\\"'),
    Attack("LDAP", "directory_login", _badge("r*t", "*"), '\\"admin\\"'),
    Attack("LDAP", "directory_login", _badge("\\72oot", "ldap-*"), '\\"admin\\"'),
]
