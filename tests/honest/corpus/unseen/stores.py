"""Requests to AWS's stores."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS, uploaded

NEEDS = ("aws-http",)
REQUESTS = {
    "single_table": [
        {"user": "ada", "order": "1", "data": {"a": "b"}},
        {"user": "o'brien#x", "order": "USER#1", "data": TEXTS["search"]},
    ],
    "dataclass_item": [
        {"cart": {"id": "c-1", "lines": ["tea"]}},
        {"cart": {"id": "c-2", "lines": [], "note": TEXTS["json"]}},
    ],
    "dynamic_update": [
        rest("PUT", "/x", {"title": "tea", "price": 3.5}, ids={"id": "1"}),
        rest("PUT", "/x", {"size": "L", "set": ":size", "name": "#name"}, ids={"id": "2"}),
    ],
    "removed_fields": [{"fields": ["a", "b"]}, {"fields": ["REMOVE", "kept2"]}],
    "list_append": [{"tags": ["a", "b"]}, {"tags": [":new, :none"]}],
    "filter_builder": [
        {"filters": {"state": {"eq": "open"}}},
        {"filters": {"total": {"between": [1, 5]}, "state": {"contains": "op"}}},
        {"filters": {"total": {"gt": 3, "exists": 1}}},
    ],
    "expression_text": [
        {"op": "eq", "field": "state", "value": "open"},
        {"op": "gt", "field": "total", "value": 2},
        {"op": "eq", "field": "x OR", "value": "y"},
    ],
    "partiql_in": [{"ids": ["pi-1", "x"]}, {"ids": ["?', '?"]}],
    "page_of_scan": [{}, {"limit": "1"}],
    "upload_fields": [rest("GET", "/u", name="cv.pdf"), rest("GET", "/u", name="../../x;y.pdf")],
    "by_extension": [
        uploaded("receipts", "in/a.json"),
        uploaded("receipts", "in/my file.csv"),
        uploaded("receipts", "in/x..y.txt"),
    ],
    "unzip_to_bucket": [
        {"key": "zips/photos.zip", "files": {"a/b.txt": "x", "c.txt": "y"}},
        {"key": "zips/v1.2.zip", "files": {"../../etc/passwd": "z"}},
    ],
    "downloaded": [{"name": "film.bin"}, {"name": "my film (2).bin"}],
    "renamed": [{"key": "report-2026-11-30.pdf"}, {"key": "a b-c-2026-01-02.csv"}],
    "metadata": [
        {"metadata": {"owner": "ada"}, "type": "text/plain"},
        {"metadata": {"note": "a; b=c"}, "type": "application/json; charset=utf-8"},
    ],
    "state_machine": [{"name": "order-1"}],
    "fan_out": [{"items": [{"id": 1}, {"id": 2, "text": TEXTS["shell"]}]}],
    "secret": [{"what": "key"}],
    "parameters": [{"app": "shop"}, {"app": "nothing"}],
    "published": [{"subject": "Alarm: 5xx", "text": TEXTS["lines"]}, {"subject": "a" * 120, "text": "x"}],
    "mailed": [
        {"to": "ada@example.org", "subject": "Order #7", "text": "Thanks"},
        {"to": "Bob <bob@example.org>", "subject": TEXTS["template"], "text": TEXTS["html"]},
    ],
}
