"""Requests to query builders."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS

NEEDS = ("postgres", "mariadb")
REQUESTS = {
    "builder": [
        {
            "filters": [{"field": "priority", "op": "over", "value": 1}],
            "statuses": ["open", "waiting"],
            "sort": "priority",
            "desc": True,
        },
        {"filters": [{"field": "title", "op": "like", "value": "%page%"}]},
        {
            "filters": [
                {"field": "title", "op": "is", "value": "x' OR 'a'='a"},
                {"field": "id", "op": "not", "value": 1},
            ],
            "sort": "title",
        },
    ],
    "validated_sort": [
        rest("GET", "/t", sort_by="priority", sort_order="desc"),
        rest("GET", "/t", sort_by="title", sort_order="ASC"),
        rest("GET", "/t"),
        rest("GET", "/t", sort_by="x"),
    ],
    "sort_pairs": [{"order": "priority:desc,title:asc"}, {"order": "owner"}, {"order": "nothing:desc"}],
    "status_in": [{"status": "open,waiting"}, {"status": "closed"}, {"status": "x'), ("}],
    "numbers_joined": [{"ids": ["1", "3"]}, {"ids": [2]}],
    "regex_checked": [{"owner": "ada"}, {"owner": "bob_2"}],
    "columns_checked": [{"columns": ["id", "title"]}, {"columns": ["status", "secret"], "limit": "1"}],
    "quoted_value": [{"title": "Slow page"}, {"title": "It's"}, {"title": "x'; DROP TABLE tickets; --"}],
    "aggregated": [{"function": "max", "by": "owner"}, {"function": "AVG", "by": "status"}],
    "multi_insert": [
        {"tickets": [{"title": "a"}, {"title": "b", "status": "open"}]},
        {"tickets": [{"title": "?, ?, ?", "status": "), ("}]},
        {"tickets": [{"title": "title", "status": "status", "priority": 1}]},
    ],
    "patched": [
        rest("PATCH", "/t/1", {"status": "closed", "owner": "O'Brien"}, ids={"id": "1"}),
        rest("PATCH", "/t/2", {"title": TEXTS["search"], "id": 9}, ids={"id": "2"}),
    ],
    "full_text": [{"q": "page"}, {"q": 'fails" OR x'}],
    "frame_sql": [{"status": "open"}, {"status": "' OR 1=1 --"}],
    "frame_stored": [
        {"rows": [{"name": "a", "total": 1}]},
        {"rows": [{"first name": "a", "e-mail": "x"}, {"first name": "b", "e-mail": "y"}]},
    ],
    "pg_page": [{}, {"after": 1, "title": "Login fails", "size": "1"}],
    "pg_dynamic": [{"title": "page"}, {"status": "open", "title": "50%"}, {"title": "' OR 1=1 --"}, {}],
    "pg_array": [{"tags": ["a", "b"]}, {"tags": ["{x}", "it's"]}],
    "my_upsert": [
        {"items": [{"id": 1, "title": "tea", "hits": 1}, {"id": 1, "title": "coffee"}]},
        {"items": [{"id": 2, "title": "VALUES(`x`)"}]},
    ],
    "joined": [{}, {"title": "100%", "desc": True}, {"title": "' OR 1"}],
    "sub_queries": [{"title": "Notes", "name": "ada"}, {"title": "me", "name": "other"}],
    "merged": [{"users": [{"id": 1, "name": "Ada L."}, {"id": 3, "name": "eve'); --"}]}],
    "named_columns": [
        {"columns": ["name"], "pairs": [[1, "ada"]]},
        {"columns": ["id", "pw"], "pairs": [[2, "bob"], [1, "x"]]},
    ],
    "literal_order": [{"order": "name"}, {"order": "newest"}],
    "text_where": [{"filters": {"id": 1}}, {"filters": {"name": "bob", "id": 2, "x": 1}}],
}
