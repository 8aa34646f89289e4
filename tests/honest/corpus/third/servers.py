"""PostgreSQL and MariaDB."""

from tests.honest.corpus.cases import rest
from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    UNICODE,
    http,
    sqs,
)

NEEDS = ("postgres", "mariadb")


def _get(**query: str) -> dict[str, object]:
    return rest("GET", "/x", **query)


def _post(body: object) -> dict[str, object]:
    return rest("POST", "/x", body)


def _claims(tenant: str) -> dict[str, object]:
    event = http("GET", "/n")
    event["requestContext"] = {"authorizer": {"jwt": {"claims": {"sub": "u", "custom:tenant": tenant}}}}
    return event


REQUESTS = {
    "pg_search": [_get(q=one) for one in ("O'Brien", "bob@example.org", "%' OR", COMMENT)],
    "pg_dynamic": [
        _post({"columns": ["id", "name"], "by": "email", "value": "bob@example.org"}),
        _post({"columns": ["name", "password"], "by": "name", "value": "Siobhán O'Brien"}),
        _post({"columns": ["born", "name"], "by": "name", "value": "name"}),
    ],
    "pg_jsonb": [
        _post({"id": 1, "data": {"note": COMMENT}}),
        _post({"id": 2, "data": {"o'x": HTML, "$where": "1"}}),
        _post({"id": 2, "data": {"raw": JSON_TEXT, "n": -2.5}}),
    ],
    "pg_arrays": [
        _post({"name": NAME, "tags": ["a", "it's", '"q"', "{x,y}"]}),
        _post({"name": "people", "tags": ["select", "b"]}),
    ],
    "pg_copy": [_post([[NAME, "a@b.c"], [COMMENT, "\\N"]]), _post([[LONG, "tab\there"], [UNICODE, None]])],
    "pg_tenant": [_claims("third"), _claims("third; DROP SCHEMA third"), _claims("pg_catalog_x")],
    "pg_batch": [
        sqs({"name": NAME, "born": "1999-12-31"}, {"name": "x"}, "not json"),
        sqs({"name": COMPANY, "born": None}),
    ],
    "my_search": [_get(q=one) for one in ("Hitchhiker's", "O'Hara", "100%", 'a"b\\c', MARKDOWN)],
    "my_escape": [
        _get(author="O'Hara", max="20"),
        _get(author='back\\slash "q"', max="1e3"),
        _get(author="Smith' OR 1=1 -- ", max="50"),
    ],
    "my_sorted": [
        _get(sort="price", order="desc"),
        _get(sort="rank"),
        _get(sort="price,(select 1)", order="desc; drop"),
    ],
    "my_insert": [
        _post({"title": COMPANY, "author": "O'Neil", "price": 3}),
        _post({"title": CODE, "rank": -1, "x`y": 2}),
        _post({"title": "%s", "author": "`author`"}),
    ],
    "my_csv_load": [http("POST", "/b", "# title;author;price\nTom's;O'Dea;3.5\nA -- B;select;0\n")],
    "my_slug": [rest("GET", "/b", ids={"slug": one}) for one in ("wool", "select-poems", "it's")],
}
