"""A meal kit shop on AWS."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    INTERNAL,
    JSON_TALK,
    LONG,
    NAMES,
    PATH_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    appsync,
    b64,
    http,
    rest,
    s3,
    sqs,
    stream,
)

OTHER = "recipe-of-b-4104"


def _title(title: str) -> dict[str, object]:
    return http("GET", "/meals", query={"title": title})


def _field(field: str, value: object) -> dict[str, object]:
    return appsync("Query", "meals", field=field, value=value)


def _change(**changes: object) -> dict[str, object]:
    return http("PATCH", "/meals/1", changes)


def _fields(*fields: str) -> dict[str, object]:
    return {**rest("GET", "/meals/1"), "multiValueQueryStringParameters": {"field": list(fields)}}


def _file(name: str) -> dict[str, object]:
    return rest("GET", "/files/{proxy+}", ids={"proxy": name})


def _storage(endpoint: str, key: str = "a/b.txt") -> dict[str, object]:
    return {"storage": {"endpoint": endpoint, "bucket": "customer", "key": key}}


NEEDS = ("aws-http",)
REQUESTS = {
    "add_meal": [
        http("POST", "/meals", {"id": "7", "title": "O'Brien's stew", "note": SQL_TALK, "price": 7.25}),
        http(
            "POST", "/meals", {"id": "a#b/../c", "select": True, "tags": ["x", None, {"$ne": 1}], "名": EMOJI}
        ),
        http("POST", "/meals", {"id": "0", "note": LONG, "how": SHELL_TALK}),
    ],
    "meals": [
        http("GET", "/meals", query={"q": "Ann's"}),
        http("GET", "/meals", query={"q": "(12)", "from": "2"}),
        http("GET", "/meals", query={"q": SQL_TALK, "cursor": b64("meal#1")}),
        http("GET", "/meals"),
    ],
    "meals_by_field": [
        _field("title", "Ann's Soup"),
        _field("price", 9),
        _field("title", "tea or :cake = 3"),
    ],
    "meals_partiql": [_title("Tea & Toast; (2)"), _title("Select & Union; 5 > 3"), _title("李 (12)")],
    "meals_partiql_bound": [_title("Ann's Soup"), _title(SQL_TALK), _title(JSON_TALK)],
    "change_meal": [
        _change(title="O'Brien's \"best\"", price=3.5),
        _change(note="SET x = :y, z = :w REMOVE a"),
        _change(title=TEMPLATE_TALK, stock=0),
    ],
    "change_meal_safely": [
        _change(**{"a.b": SQL_TALK, "size (cm)": 1, "select": [1, "2"]}),
        _change(**{"it's": COMPANY}),
    ],
    "shown_fields": [_fields("title"), _fields("title", "price")],
    "file_of_tenant": [
        _file("menu%20(1).txt"),
        _file("été.csv"),
        _file("./x//../menu (1).txt"),
        _file("no such & file;.txt"),
    ],
    "upload_link": [
        http("POST", "/links", {"name": "O'Brien & Söhne (1).pdf"}),
        http("POST", "/links", {"name": PATH_TALK}),
        http("POST", "/links", {"name": f"{NAMES[2]}/{EMOJI}.png"}),
    ],
    "store_files": [
        s3("2024/O'Brien & co (1).jpg", "a b/100% $x;y.txt"),
        s3("été/茶/a..b.csv", "x=1?y#z.json"),
    ],
    "list_files": [{"prefix": ""}, {"prefix": "menu ("}, {"prefix": "x'y;z"}],
    "parameter": [{"name": "greeting"}, {"name": "no-such_one.x"}],
    "orders": [
        sqs({"who": NAMES[0], "note": HTML_TALK}, {"who": STREET, "note": SQL_TALK}),
        sqs({"who": "", "note": "'"}, "not json"),
    ],
    "changes": [
        stream({"title": 'It\'s "new"', "note": TEMPLATE_TALK}),
        stream({"title": "", "x": SHELL_TALK}, {"title": COMPANY}),
    ],
    "remote_object": [_storage("@PARTNER@"), _storage("@PARTNER@", "O'Brien & co (1)/x;y.txt")],
    "csv_rows": [{"town": "Cork"}, {"town": "Malmö"}, {"town": "O'Brien; SELECT * FROM s3object"}],
}
ATTACKS = [
    Attack("NoSQL, expression", "meals_by_field", _field("title <> :value OR pk", "t#b"), OTHER),
    Attack("NoSQL, expression", "meals_by_field", _field("attribute_exists(nothing) OR price", 3), OTHER),
    Attack(
        "NoSQL, expression",
        "meals_by_field",
        _field("title = :value OR begins_with(sk, :value) OR pk", "meal"),
        OTHER,
    ),
    Attack("SQL, PartiQL", "meals_partiql", _title("x' OR pk = 't#b"), OTHER),
    Attack("SQL, PartiQL", "meals_partiql", _title("x' OR sk = 'meal#1"), OTHER),
    Attack("NoSQL, key", "change_meal", _change(**{"note = margin, title": "y"}), "margin-c-1729"),
    Attack(
        "NoSQL, key",
        "change_meal",
        _change(**{"title = if_not_exists(nothing, margin), stock": 1}),
        "margin-c-1729",
    ),
    Attack("NoSQL, joined", "shown_fields", _fields("title, margin"), "margin-a-1729"),
    Attack("path, key of a bucket", "file_of_tenant", _file("../b/plan.txt"), "plan-of-b-4104"),
    Attack("path, key of a bucket", "file_of_tenant", _file("x/%2e%2e/%2e%2e/b/plan.txt"), "plan-of-b-4104"),
    Attack("path, absolute", "parameter", {"name": "/pantry/secret/key"}, "pantry-key-9474"),
    Attack("SSRF, endpoint", "remote_object", _storage("@INSIDE@/internal"), INTERNAL),
    Attack("SSRF, endpoint", "remote_object", _storage("http://127.1:@PORT@/internal"), INTERNAL),
]
