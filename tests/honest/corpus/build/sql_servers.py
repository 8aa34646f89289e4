"""Requests to databases with servers, and to SQLAlchemy."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS

NEEDS = ("postgres", "mariadb")
REQUESTS = {
    "pg_sorted": [
        rest("GET", "/g", sort="price", dir="desc"),
        rest("GET", "/g", sort="name", limit="3"),
        rest("GET", "/g", sort="price DESC"),
    ],
    "pg_composed": [
        {"fields": ["id", "name"], "column": "kind", "value": "tea"},
        {"fields": ["price"], "column": "name", "value": "O'Hara"},
    ],
    "pg_builder": [
        {"filters": {"search": "tea", "min": "400"}},
        {"filters": {"kinds": ["tea", "coffee"], "max": 700}},
        {"filters": {"search": "' OR 1=1 --"}},
        {"filters": {}},
    ],
    "pg_in": [{"ids": [1, 3]}, {"ids": [2]}],
    "pg_upsert": [
        {"item": {"id": 1, "name": "Sencha"}},
        {"item": {"id": 9, "name": "DO UPDATE SET", "kind": "name", "price": 1}},
    ],
    "pg_json": [
        {"more": {"colour": "red"}, "key": "colour"},
        {"more": {"a'b": TEXTS["search"]}, "key": "a'b"},
    ],
    "pg_interval": [{"unit": "month"}, {"unit": "year"}],
    "my_search": [{"q": "tea"}, {"q": "100%' OR 'x'='x"}, {"q": "O\\'Hara"}],
    "my_where": [
        {"filters": {"kind": "tea"}},
        {"filters": {"kind": "coffee", "price": 720}},
        {"filters": {"name": "a' OR `kind` = 'tea"}},
    ],
    "my_escaped": [{"text": "O'Brien"}, {"text": "a\\' OR 1=1 -- "}, {"text": TEXTS["unicode"]}],
    "my_page": [{"page": "2", "size": "1"}, {}, {"page": -4, "size": "9999"}],
    "orm_filters": [
        {"filters": {"kind": "tea"}, "sort": "price", "desc": True},
        {"filters": {"name": "x' OR 1=1"}, "limit": 1},
        {"filters": {"nothing": 1}, "sort": "name"},
    ],
    "orm_search": [{"q": "tea press"}, {"q": "100% _"}, {"q": "select name"}],
    "orm_change": [
        {"id": 1, "values": {"name": "Oolong", "price": 3}},
        {"id": 2, "values": {"name": "'; DROP TABLE products; --"}},
    ],
    "core_in": [{"kinds": ["tea", "x' OR 1"]}, {"kinds": []}],
    "text_bound": [{"order": "new", "kind": "tea"}, {"order": "cheap", "kind": "coffee' --"}],
    "text_expanding": [{"ids": [1, 2]}, {"ids": [3]}],
    "grouped": [{"least": 1, "without": "coffee"}, {"least": 2, "without": "n"}],
    "reflected": [
        {"columns": ["Full name", "E-mail"], "rows": [["Ada", "a@b.c"], ["Bob", "b' OR 1"]]},
        {"columns": ["select", "from; drop"], "rows": [["1", "2"]]},
    ],
}
