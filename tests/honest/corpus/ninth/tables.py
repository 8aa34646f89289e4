"""A membership service on DynamoDB and S3."""

from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPLAINT,
    NAMES,
    POSTER,
    RICH,
    SPREAD,
    STREETS,
    api,
    b64,
    bus,
    changes,
    graphql,
    http,
    queue,
)

NEEDS = ("aws-http",)
SECRET = "ddb-secret-6657"


def _city(name: str) -> dict[str, object]:
    return api(
        "GET",
        "/cities/" + quote(name, safe=""),
        ids={"city": quote(name, safe="")},
        resource="/cities/{city}",
    )


def _search(**fields: object) -> dict[str, object]:
    return http("POST", "/search", {"filter": fields})


def _patch(**body: object) -> dict[str, object]:
    return http("PATCH", "/me", body)


def _project(fields: str) -> dict[str, object]:
    return http("GET", "/export", query={"fields": fields})


def _where(*conditions: tuple[str, str, list[object]]) -> dict[str, object]:
    return http(
        "POST",
        "/filter",
        {"conditions": [{"field": field, "op": op, "values": values} for field, op, values in conditions]},
    )


def _transfer(city: str, tenant: str = "acme", member: str = "user#1") -> dict[str, object]:
    return queue({"city": city, "tenant": tenant, "member": member})


def _view(key: str, city: str, name: str = "My view") -> tuple[str, dict[str, object]]:
    return ("save_view", http("POST", "/views", {"id": key, "name": name, "city": city}))


REQUESTS = {
    "by_city": [
        _city("Cork"),
        _city("Köln"),
        _city("Frankfurt (Oder) -- Süd"),
        _city("St. Andrews & Fife"),
        _city("Select or Union"),
    ],
    "by_city_safe": [
        {"city": "Saint-Jean-d'Angély"},
        {"city": "Leeds"},
        {"city": "' OR 1=1 --"},
        {"city": STREETS[0]},
    ],
    "member": [
        api("GET", "/t/acme/1", ids={"tenant": "acme", "id": "1"}),
        api("GET", "/t/o'neil/x", ids={"tenant": "o'neil & sons", "id": "a/b#c"}),
    ],
    "members": [
        http("GET", "/m", query={"tenant": "acme"}),
        http("GET", "/m", query={"tenant": "globex", "prefix": "user#1"}),
        http("GET", "/m", query={"tenant": "D'Angelo (old)", "prefix": "u"}),
    ],
    "search": [
        _search(city="Cork"),
        _search(city="Saint-Jean-d'Angély", points=3),
        _search(points=90),
        _search(city=BUG),
    ],
    "update": [
        _patch(city="Cork", points=12),
        _patch(note=COMPLAINT),
        _patch(bio=RICH, city=STREETS[1]),
        _patch(points=1.5, tags=["it's", POSTER]),
    ],
    "update_safe": [
        graphql("Mutation", "update", input={"name": NAMES[0], "size": "M"}),
        graphql("Mutation", "update", input={"note it's": BUG, "a.b": NAMES[4]}),
        graphql("Mutation", "update", input={"status": "active", "date": "2025-11-03T09:12:44+00:00"}),
    ],
    "project": [_project("city"), _project("city,points"), _project("sk, city, points")],
    "conditional": [
        _where(("city", "eq", ["Cork"])),
        _where(("points", "between", [5, 20]), ("name", "contains", ["O'Sh"])),
        _where(("city", "is_in", [["Köln", "Leeds"]]), ("name", "begins_with", ["Z"])),
        _where(("note", "not_exists", []), ("points", "gte", [5])),
    ],
    "counter": [bus("View", {"page": "/de/über-uns?x=1"}), bus("View", {"page": "it's", "by": 2})],
    "moved": [_transfer("Cork"), _transfer("Bergen (NO); 5/7", "globex"), _transfer("Łódź & Co")],
    "audit": [
        changes({"id": "1", "name": NAMES[0], "note": BUG, "points": 5}),
        changes({"text": COMPLAINT}, {"html": RICH, "csv": SPREAD}, name="MODIFY"),
    ],
    "save_view": [
        _view("v-1", "Cork", "Caoimhe's view; 50%")[1],
        _view("v-2", "Köln")[1],
        _view("v-3", "Frankfurt (Oder) -- Süd", BUG)[1],
    ],
    "run_view": [{"view": "v-1"}, {"view": "v-2"}, {"view": "v-3"}],
    "token_page": [
        http("GET", "/p", query={"limit": "2"}),
        http("GET", "/p", query={"next": b64('{"pk": "acme", "sk": "user#1"}')}),
    ],
    "object_key": [
        api("POST", "/upload", {"name": "Q3 report (final) – it's.pdf"}),
        api("POST", "/upload", {"name": "photos/2025/IMG_1.jpg"}),
        api("POST", "/upload", {"name": "a+b=c&d.txt"}),
    ],
    "s3_select": [
        {"user": "u-1", "name": "a (1).txt"},
        {"user": "u-1", "name": "it's none.txt"},
        {"user": "o'neil@example.org", "name": "x/y.z"},
    ],
    "select_rows": [
        http("GET", "/r", query={"city": city})
        for city in ("Cork", "Leeds", "Frankfurt (Oder); -- x", "Köln")
    ],
    "parameter": [{"stage": "prod", "name": "url"}, {"stage": "test-1", "name": "a.b_c"}],
}
ATTACKS = [
    Attack("path, parameter", "parameter", {"stage": "../admin", "name": "token"}, "ssm-secret-1357"),
    Attack(
        "path, parameter", "parameter", {"stage": "prod", "name": "../../admin/./token"}, "ssm-secret-1357"
    ),
    Attack("PartiQL", "by_city", _city("Cork' OR city = 'Leeds"), "Robert Tables"),
    Attack("PartiQL", "by_city", _city("x' OR pk = 'globex"), "Robert Tables"),
    Attack("PartiQL", "by_city", _city("' OR contains(\"name\", 'Tab') OR city='"), "Robert Tables"),
    Attack(
        "PartiQL, second order",
        "run_view",
        {"view": "w-1"},
        SECRET,
        before=[_view("w-1", "x' OR role = 'admin")],
    ),
    Attack(
        "PartiQL, second order",
        "run_view",
        {"view": "w-2"},
        "ddb-other-6658",
        before=[_view("w-2", "' OR pk = 'globex")],
    ),
    Attack(
        "DynamoDB, expression",
        "search",
        _search(**{"city = :v0 OR begins_with(sk, :v0) OR city": "admin"}),
        SECRET,
    ),
    Attack(
        "DynamoDB, expression",
        "search",
        _search(**{"points = :v0 OR attribute_exists(secret) OR points": -1}),
        SECRET,
    ),
    Attack(
        "DynamoDB, expression",
        "search",
        _search(**{"city = :v0 OR contains(secret, :v0) OR city": "ddb"}),
        SECRET,
    ),
    Attack(
        "DynamoDB, expression",
        "search",
        _search(**{"city = :v0 OR attribute_type(secret, :v0) OR city": "S"}),
        SECRET,
    ),
    Attack(
        "DynamoDB, keys",
        "update",
        _patch(**{"points = :0, city": "hacked-city"}),
        '\\"points\\": \\"hacked-city\\"',
    ),
    Attack("DynamoDB, keys", "update", _patch(**{"city = points, note": "x"}), '\\"city\\": 10'),
    Attack(
        "DynamoDB, keys",
        "update",
        _patch(**{"extra = if_not_exists(nothing, points), note": "x"}),
        '\\"extra\\": 10',
    ),
    Attack(
        "DynamoDB, keys",
        "update",
        _patch(**{"points = points - :1, note": "x", "hits": 3}),
        '\\"points\\": 7',
    ),
    Attack("path, object key", "s3_select", {"user": "..", "name": "admin/keys.txt"}, "s3-secret-9120"),
    Attack(
        "path, object key", "s3_select", {"user": "u-1/..", "name": "../admin/keys.txt"}, "s3-secret-9120"
    ),
    Attack(
        "path, object key",
        "s3_select",
        {"user": "u-1", "name": "x/../../../admin/./keys.txt"},
        "s3-secret-9120",
    ),
]
