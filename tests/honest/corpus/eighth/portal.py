"""A members' portal on MongoDB and a directory."""

import json

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
    bus,
    graphql,
    http,
    queue,
)

PIN, MINUTES, TITLE = "portal-pin-5150", "board-minutes-6363", "ldap-title-8080"


def _login(name: object, pin: object) -> dict[str, object]:
    return http("POST", "/login", {"name": name, "pin": pin})


def _members(**query: object) -> dict[str, object]:
    return http("GET", "/members", query={key: value if isinstance(value, str) else json.dumps(value) for key, value in query.items()})


def _posts(member: object, stages: object = None) -> dict[str, object]:
    return graphql("Query", "posts", member=member, stages=json.dumps(stages) if stages else None)


def _phone(name: str) -> dict[str, object]:
    return api("GET", f"/phone/{name}", ids={"name": name})


NEEDS = ("mongodb",)
REQUESTS = {
    "login": [_login("Tom O'Hara", "1111"), _login("nobody; 'x'", "' || '1'=='1"), _login("小林 誠", "2222")],
    "members": [
        _members(),
        _members(filter={"town": "Cork"}),
        _members(filter={"age": {"$gte": 30}}, sort="name", dir="desc"),
        _members(filter={"name": {"$in": ["Tom O'Hara", "x"]}}, skip="0"),
    ],
    "members_named": [
        http("GET", "/named", query={"q": "tom o'"}),
        http("GET", "/named", query={"q": "小林"}),
        http("GET", "/named", query={"q": "(.*)+ [a-z]$"}),
    ],
    "posts": [_posts(1), _posts(2, [{"$project": {"title": 1}}]), _posts(1, [{"$limit": 1}, {"$set": {"shown": "it's"}}])],
    "save_member": [
        api("PUT", "/me", {"name": PEOPLE[0], "address": {"street": ADDRESS, "tags": ["a", None]}, "about": SNIPPET}),
        api("PUT", "/me", {"name": PEOPLE[5], "about": ARTICLE, "prefs": {"mail": False}}),
        api("PUT", "/me", {"town": "it's; {x}"}),
    ],
    "phone": [_phone("ann"), _phone("O'Brien"), _phone("Nguyễn Ánh")],
    "phone_escaped": [_phone("ann"), _phone("Zoë (HR) *"), _phone("x)(cn=*")],
    "place": [
        api("POST", "/orders", {"customer": PEOPLE[1], "address": {"street": ADDRESS, "zip": "D02 X285"}, "lines": [{"sku": "A'1", "n": 2}], "note": TICKET, "total": "12.50"}),
        api("POST", "/orders", {"customer": "", "address": {"zip": "<x>"}}),
        api("POST", "/orders", {"customer": FIRM, "address": {"street": "1 Main St", "zip": "12345", "country": "DE"}, "note": SNIPPET, "__proto__": {"a": 1}}),
    ],
    "book": [
        http("POST", "/book", {"name": PEOPLE[6], "email": "n'golo@example.org", "day": "2024-06-01", "guests": "4", "wishes": REVIEW}),
        http("POST", "/book", {"name": "x", "email": "not one", "day": "tomorrow", "guests": 99}),
        http("POST", "/book", {"name": "Bo", "email": "bo@example.org", "day": "2024-12-31", "wishes": POSTSCRIPT, "x": {"$gt": ""}}),
    ],
    "powertools": [
        {**http("GET", "/members/2"), "routeKey": "GET /members/{id}"},
        {**http("GET", "/members/Nobody's%20here"), "routeKey": "GET /members/{id}"},
        {**http("POST", "/echo", {"text": SNIPPET, "n": [1, {"a": None}]}, query={"page": "2 or 3"}), "routeKey": "POST /echo"},
        {**http("GET", "/nothing/../x"), "routeKey": "$default"},
    ],
    "appsync": [
        graphql("Query", "search", text="It's"),
        graphql("Query", "search", text="Tea & (", first=1),
        graphql("Query", "field", path="members[?age > `30`].name"),
        graphql("Query", "field", path="members[*].{n: name, t: town} | [0]"),
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
ATTACKS = [
    Attack("NoSQL, operator", "login", _login("Aoife Ní Bhriain", {"$ne": None}), "Galway"),
    Attack("NoSQL, operator", "login", _login({"$gt": ""}, {"$gt": ""}), "Galway"),
    Attack("NoSQL, operator", "login", _login({"$regex": "^Aoife"}, {"$regex": "^portal-pin-.*"}), "Galway"),
    Attack("NoSQL, operator", "login", _login({"$in": ["x", "Aoife Ní Bhriain"]}, {"$exists": True}), "Galway"),
    Attack("NoSQL, operator", "members", _members(filter={"$or": [{"pin": {"$regex": "^111"}}]}), "Cork"),
    Attack("NoSQL, operator", "posts", _posts({"$exists": True}), "Tea & cake"),
    Attack("NoSQL, operator", "posts", _posts({"$gte": 2, "$lte": 99}), "Tea & cake"),
    Attack("NoSQL, stage", "posts", _posts(1, [{"$lookup": {"from": "members", "localField": "by", "foreignField": "_id", "as": "m"}}]), PIN),
    Attack("NoSQL, stage", "posts", _posts(1, [{"$unionWith": "members"}]), PIN),
    Attack("NoSQL, stage", "posts", _posts(1, [{"$unionWith": {"coll": "posts", "pipeline": [{"$match": {"hidden": True}}]}}]), MINUTES),
    Attack("LDAP", "phone", _phone("*)(|(cn=*"), TITLE),
    Attack("LDAP", "phone", _phone("x)(cn=x))(|(cn=root)"), TITLE),
    Attack("LDAP", "phone", _phone("*"), "Chef (senior)"),
]
