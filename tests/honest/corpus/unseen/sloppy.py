"""Harmless requests to functions that check nothing."""

import pickle
from base64 import b64encode

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import uploaded

NEEDS = ("aws-http",)
REQUESTS = {
    "by_name": [{"name": "Ada"}, {"name": "Grace"}, {"name": "name"}, {"name": "Mary Ann 2nd"}],
    "by_id": [rest("GET", "/p", ids={"id": "1"}), rest("GET", "/p", ids={"id": "42"})],
    "born_between": [
        {"start": "1800-01-01", "end": "1899-12-31"},
        {"start": "1900-01-01", "end": "2000-01-01"},
    ],
    "add": [
        {"id": 3, "name": "Edith", "city": "Paris", "born": "1920-01-01"},
        {"id": "4", "name": "name", "city": "St. Albans", "born": ""},
    ],
    "double_quoted": [{"cities": ["London"]}, {"cities": ["London", "New York"]}],
    "order_by": [
        rest("GET", "/p", sort="name", dir="DESC", limit="1"),
        rest("GET", "/p"),
        rest("GET", "/p", sort="born"),
    ],
    "starts_with": [{"prefix": "A"}, {"prefix": "Gra"}],
    "partition": [
        {"time": "2026-11-30T01:00:00Z", "database": "web", "detail-type": "Scheduled Event"},
        {"time": "2026-12-01T01:00:00Z", "database": "logs_eu"},
    ],
    "media": [uploaded("receipts", "clips/holiday.mov"), uploaded("receipts", "clips/2026-11-30_07.mp4")],
    "echo_shell": [{"name": "Ada"}, {"name": "world"}],
    "arguments": [{"a": "x", "b": "y z"}, {"a": "$(id)", "b": ";"}, {"a": "100%", "b": "2026"}],
    "find_files": [{"pattern": "*.txt"}, {"pattern": "a.?xt"}],
    "read_note": [{"id": "n-1"}, {"id": "2026_11"}],
    "nested_folder": [
        {"user": "ada", "file": "a.txt", "text": "x"},
        {"user": "bob@example.org", "file": "reports/q1.txt", "text": "../"},
    ],
    "fetch_page": [{"page": "home", "lang": "en"}, {"page": "terms-2026", "lang": "de-AT"}],
    "fetch_given": [{"url": "@PARTNER@/feeds/1.json"}, {"url": "@PARTNER@/feeds/2.json?x=1"}],
    "greet": [{"name": "Ada", "unit": "messages"}, {"name": "{n}", "unit": "items (new)"}],
    "customer_text": [{"template": "Dear $name, pay ${total}."}, {"template": "Costs $$5 or $unknown"}],
    "customer_format": [{"template": "Dear {name}, pay {total:.2f}."}, {"template": "{name!r:>8}"}],
    "restored": [
        {"state": b64encode(pickle.dumps({"cart": ["tea", 2], "total": 3.5}, 4)).decode()},
        {"state": b64encode(pickle.dumps([1, None, "os.system"], 0)).decode()},
    ],
    "configured": [
        {"yaml": "name: tea\nsizes: [1, 2]\n"},
        {"yaml": "- a\n- {b: 2026-01-01}\n".replace("2026-01-01", "x")},
    ],
    "sum_of": [{"formula": "1 + 2 * 3"}, {"formula": "(2.5 - 1) / 3"}, {"formula": "10 % 4 == 2"}],
    "query_given": [{"query": "q=tea&page=2"}, {"query": "ids=1,2,3"}],
}
