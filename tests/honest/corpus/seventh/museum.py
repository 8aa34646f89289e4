"""A museum's catalogue."""

import gzip
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    JSON_TALK,
    LETTER,
    LONG,
    NAMES,
    NESTED_URL,
    PATH_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    appsync,
    b64,
    bus,
    http,
    rest,
    sns,
)

CODE = "vault-code-5150"


def _get(path: str, **query: str) -> dict[str, object]:
    return http("GET", path, query=query)


def _fact(path: str) -> dict[str, object]:
    return rest("GET", "/facts/{proxy+}", ids={"proxy": path})


def _tenant(museum: str | None, header: str = "museum") -> dict[str, object]:
    event = rest("GET", "/objects", headers={"x-museum": header})
    context = event["requestContext"]
    assert isinstance(context, dict)
    return {**event, "requestContext": {**context, "authorizer": {"claims": {"sub": "u", "museum": museum}}}}


def _zipped(field: str, value: str) -> dict[str, object]:
    body = gzip.compress(json.dumps({"field": field, "value": value}).encode(), mtime=0)
    return {**http("POST", "/counts"), "body": b64(body), "isBase64Encoded": True}


NEEDS = ("postgres",)
REQUESTS = {
    "search": [
        _get("/search", q=words)
        for words in ("potter's", "vase OR wheel", '"the potter" -cup', SQL_TALK, EMOJI, "茶")
    ],
    "search_by_operators": [
        _get("/ops", q="wheel & !vase"),
        _get("/ops", q="grün | 茶碗"),
        _get("/ops", q="vase | (potter & wheel:*)"),
    ],
    "by_tags": [
        http("POST", "/tags", {"tags": ["tea", "o'clock", '{"a"}']}),
        http("POST", "/tags", {"tags": [SQL_TALK, "wood,tool", "{}"]}),
        http("POST", "/tags", {"tags": []}),
    ],
    "fact": [_fact("size/cm"), _fact("glaze"), _fact("owner/name"), _fact("no such fact")],
    "fact_by_path": [_fact("owner/name"), _fact("owner's/$.x[0]/--"), _fact("5'6\" (size)/cm")],
    "lend": [
        sns({"loans": [{"object": 1, "borrower": name, "remark": LETTER} for name in NAMES[:3]]}),
        sns(
            {
                "loans": [
                    {"object": 2, "borrower": COMPANY, "remark": LONG},
                    {"object": "3", "borrower": STREET},
                ]
            }
        ),
    ],
    "tenant_objects": [_tenant("museum"), _tenant("museum, public"), _tenant(None)],
    "tenant_table": [
        rest("GET", "/tables/{table}", ids={"table": "objects"}),
        rest("GET", "/tables/{table}", ids={"table": "loans"}),
        rest("GET", "/tables/{table}", ids={"table": 'no "such" table; x'}),
    ],
    "older_than": [
        appsync("Query", "older", age="90 years"),
        appsync("Query", "older", age="200 years 3 months"),
        appsync("Query", "older", age="P150Y"),
    ],
    "older_than_bound": [
        appsync("Query", "older", age="100 years", said=SQL_TALK),
        appsync("Query", "older", age="1 day", said=f"{NESTED_URL} :name ::text %s"),
    ],
    "report": [bus("Report", {"group": "maker"}), bus("Report", {}), bus("Report", {"group": "title"})],
    "count_by": [
        _zipped("maker", "Müller & Söhne"),
        _zipped("title", "The Potter's Wheel"),
        _zipped("maker", JSON_TALK),
    ],
    "titles_like": [
        _get("/titles", maker="M"),
        _get("/titles", maker="Unknown"),
        _get("/titles", maker="楽"),
    ],
    "export": [{"maker": "Unknown"}, {"maker": "Müller & Söhne"}, {"maker": "-- none; (yet)"}],
    "load": [
        http(
            "POST",
            "/load",
            [{"title": NAMES[0], "note": SHELL_TALK}, {"title": "a\tb\\.", "note": PATH_TALK}],
        ),
        http("POST", "/load", [{"title": "\\N", "note": TEMPLATE_TALK}, {"title": "x'y", "note": None}]),
    ],
    "annotate": [
        {"remarks": ["It&#39;s great &amp; old", "C:\\new\\table's"]},
        {"remarks": [HTML_TALK, LETTER]},
        {"remarks": ["'; DROP TABLE objects; --", "\\'"]},
    ],
    "distinct": [
        _get("/distinct", field="Maker"),
        _get("/distinct", field="Title"),
        _get("/distinct", field="made::text"),
    ],
}
ATTACKS = [
    Attack(
        "SQL, dollar quotes",
        "search_by_operators",
        _get("/ops", q="x$q$) UNION SELECT code FROM museum.vault --"),
        CODE,
    ),
    Attack(
        "SQL, key",
        "fact",
        _fact("size'||(SELECT to_jsonb(code) FROM museum.vault)||'1"),
        CODE,
    ),
    Attack(
        "SQL, key",
        "fact",
        _fact("glaze' AS v FROM museum.objects UNION SELECT 7, to_jsonb(code) FROM museum.vault --"),
        CODE,
    ),
    Attack(
        "SQL, stacked",
        "tenant_objects",
        _tenant(
            "museum; CREATE TEMP VIEW objects AS SELECT 1 AS id, code AS title FROM museum.vault; SET search_path TO pg_temp"
        ),
        CODE,
    ),
    Attack(
        "SQL, header",
        "tenant_objects",
        _tenant("", "museum_b; SET statement_timeout TO 0"),
        "other-museum-object",
    ),
    Attack(
        "SQL",
        "older_than",
        appsync("Query", "older", age="9 years' UNION SELECT code FROM museum.vault --"),
        CODE,
    ),
    Attack(
        "SQL, error",
        "older_than",
        appsync(
            "Query", "older", age="9 years' AND 1 = CAST((SELECT code FROM museum.vault) AS int) AND '' < '1"
        ),
        CODE,
    ),
    Attack(
        "SQL, identifier",
        "report",
        bus(
            "Report",
            {"group": 'maker" AS a, 1 FROM museum.objects UNION SELECT code, 2 FROM museum.vault --'},
        ),
        CODE,
    ),
    Attack(
        "SQL, in the database",
        "titles_like",
        _get("/titles", maker="x' UNION SELECT code FROM museum.vault ORDER BY 1 --"),
        CODE,
    ),
    Attack(
        "SQL, in the database",
        "titles_like",
        _get(
            "/titles", maker="x' OR (SELECT pg_read_file('/etc/passwd', 0, 8)) = 'root:x:0' OR maker LIKE '"
        ),
        "Potter's Wheel, Vase",
    ),
    Attack("SQL", "export", {"maker": "x' UNION SELECT 7, code FROM museum.vault WHERE '1' = '1"}, CODE),
    Attack(
        "SQL, file",
        "export",
        {"maker": "x' UNION SELECT 8, pg_read_file('/etc/passwd', 0, 40) WHERE '1'='1"},
        "root:x:0",
    ),
    Attack("SQL", "distinct", _get("/distinct", field="(SELECT code FROM museum.vault)"), CODE),
    Attack(
        "SQL, program",
        "distinct",
        _get("/distinct", field="query_to_xml($$SELECT code FROM museum.vault$$, true, false, '')::text"),
        CODE,
    ),
]
