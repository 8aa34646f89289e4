"""DuckDB."""

from tests.honest.corpus.third import COMMENT, HTML, MARKDOWN, UNICODE, http, sqs

REQUESTS = {
    "pivot": [
        http("POST", "/p", {"by": ["region"], "value": "units"}),
        http("POST", "/p", {"by": ["product", "region", "x; DROP"], "value": "price"}),
        http("POST", "/p", {"by": ["sold"], "value": "sold)"}),
    ],
    "filtered": [
        http("GET", "/f", query={"product": "O'Brien's jam"}),
        http("GET", "/f", query={"product": "select blend", "since": "2026-02-01"}),
        http("GET", "/f", query={"product": COMMENT}),
    ],
    "csv_upload": [
        http("POST", "/c", 'name,note\n"O\'Brien, S.","it is; -- fine"\ntable,select\n'),
        http("POST", "/c", "id,größe\n1,-3\n2,1e3\n"),
    ],
    "json_lines": [
        sqs({"note": MARKDOWN, "n": 1}, {"note": "x", "n": -2}),
        sqs({"note": HTML + UNICODE, "n": 0}),
    ],
    "to_csv": [{"report": "2026 Q1 (O'Brien)"}, {"report": "sales"}, {"report": "../up/../x'y"}],
    "relation": [http("POST", "/r", {"least": 3}), http("POST", "/r", {"least": "-1.5e0"})],
    "top": [
        http("GET", "/t", query={"sort": "price", "n": "1"}),
        http("GET", "/t", query={"sort": "region"}),
    ],
}
