"""Athena, Redshift and other services that get statements."""

from tests.honest.corpus.third import COMMENT, COMPANY, HTML, JSON_TEXT, MARKDOWN, NAME, TEMPLATE, http, s3

NEEDS = ("aws-http",)
REQUESTS = {
    "athena_report": [
        http("GET", "/r", query={"day": "2026-03-14"}),
        http("GET", "/r", query={"day": "2024-02-29", "by": "ip", "limit": "5"}),
    ],
    "athena_parameters": [
        {"values": ["O'Brien", "x"]},
        {"values": [COMMENT, -3]},
        {"values": ["? OR 1=1", "''"]},
    ],
    "athena_partition": [
        s3("raw/year%3D2026/month%3D03/part-0001.snappy.parquet"),
        s3("raw/region%3Deu-west-1/dt%3D2026-03-14/o+k.csv"),
    ],
    "athena_state_machine": [
        {
            "source": "lake.raw_orders",
            "target": "lake.orders",
            "window": {"start": "2026-03-14T00:00:00Z", "hours": "6"},
        },
        {
            "source": "raw",
            "target": "daily_2026",
            "window": {"start": "2026-03-14T09:26:53+02:00", "hours": 24},
        },
    ],
    "redshift_copy": [
        s3("in/orders/2026-03-14+%281%29.csv"),
        s3("in/customers/a%26b.csv"),
        s3("in/events/part-00000-1b2c.c000.csv"),
    ],
    "redshift_parameters": [
        {"name": NAME, "since": "2026-03-14"},
        {"name": ":since", "since": "1970-01-01T00:00:00Z"},
    ],
    "redshift_procedure": [{"detail": {"job": "nightly", "day": "2026-03-14", "retries": "3"}}],
    "rds_insert": [
        http("POST", "/p", {"title": COMPANY, "text": MARKDOWN, "rank": -1}),
        http("POST", "/p", {"title": "title", "text": ":title", "x) VALUES": "y"}),
    ],
    "insights": [
        http("GET", "/l", query={"q": 'ERROR "boom" \\d+'}),
        http("GET", "/l", query={"q": COMMENT}),
        http("GET", "/l", query={"q": "a | b"}),
    ],
    "csv_to_parts": [
        s3("in/2026+report.csv"),
        {**s3("in/%C3%BC.csv"), "content": "region;note\nwest;it's & ok\n"},
    ],
    "config_pipeline": [
        {
            "rows": [{"a": 1, "b": COMMENT}, {"a": 2, "b": HTML}],
            "pipeline": [{"step": "rename", "with": {"b": "text"}}, {"step": "sort", "with": {"by": "text"}}],
        },
        {
            "rows": [{"select": "x", "from": JSON_TEXT}],
            "pipeline": [
                {"step": "filter", "with": {"field": "select", "equals": "x"}},
                {"step": "drop", "with": ["from"]},
            ],
        },
    ],
    "metrics": [
        {"metrics": [{"name": "orders", "value": "3", "host": "web-1"}]},
        {"metrics": [{"name": "a/b & c", "value": -1.5, "host": "h'x"}]},
    ],
    "parameters": [{"name": "shop/tax", "value": "19"}, {"name": "/a/b.c-d_e/", "value": TEMPLATE}],
}
