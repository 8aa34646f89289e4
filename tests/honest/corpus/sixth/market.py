"""A market's back end: catalogues, carts, imports and hooks of payment services."""

import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    FORMULA,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    LINK,
    MARKDOWN,
    PATHISH,
    PYTHONISH,
    QUOTED,
    REVIEW,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    appsync,
    balancer,
    bus,
    http,
    rest,
    sqs,
)

COST = "market-cost-7447"
BUYER = "secret-buyer-2662"


def _title(title: str) -> dict[str, object]:
    return rest("GET", "/goods/by-title", query={"title": title})


def _ids(ids: str) -> dict[str, object]:
    return rest("GET", "/goods/by-ids", query={"ids": ids})


def _skus(*skus: str) -> dict[str, object]:
    return http("POST", "/goods/by-skus", {"skus": skus})


def _filter(**query: str) -> dict[str, object]:
    return rest("GET", "/goods", query=query)


def _region(region: str) -> dict[str, object]:
    return bus("OrdersAsked", {"region": region})


def _field(field: str) -> dict[str, object]:
    return appsync("Query", "documents", path=field)


def _sort(sort: str, **more: object) -> dict[str, object]:
    return {"sort": sort, "size": 2, "token": "AAAAKgAAAAIAAA==", **more}


def _csv(text: str) -> dict[str, object]:
    return sqs({"csv": text})


def _hook(data: object, signature: str | None = None) -> dict[str, object]:
    body = json.dumps(data)
    right = hmac.new(b"hook-secret", body.encode(), hashlib.sha256).hexdigest()
    return http(
        "POST", "/hooks/pay", body, headers={"x-signature": right if signature is None else signature}
    )


def _graph(query: str, **variables: object) -> dict[str, object]:
    return http("POST", "/graphql", {"query": query, "variables": variables})


REQUESTS = {
    "web": [
        balancer("GET", "/goods", q="O'Brien's"),
        balancer("GET", "/goods", q="100%_; SELECT \\ '"),
        balancer("POST", "/goods/M-2;x=1/note", SHELLISH + HTMLISH),
        balancer("POST", "/goods/{{7*7}}/note", TEMPLATISH + PYTHONISH),
    ],
    "by_title": [
        _title("O'Brien's mug"),
        _title("' OR '1'='1"),
        _title(SQL_NOTE),
        _title("x\\' UNION SELECT 1 --"),
    ],
    "by_ids": [_ids("1,2"), _ids("3, 1"), _ids("1) OR (1=1,2"), _ids("1;drop table goods,2")],
    "by_skus": [_skus("T-1", "M-2"), _skus("M-2", "T-1 OR 1=1 --"), _skus("x) union select (1", "T-1")],
    "filtered": [
        _filter(sku="T-1"),
        _filter(title="O'Brien's mug", stock="2"),
        _filter(title="x' OR '1'='1", price="4"),
    ],
    "tenant_orders": [_region("north"), _region("NORTH")],
    "in_document": [_field("origin.land"), _field("tags[0]"), _field("no.such_field")],
    "in_order": [_sort("price", page=0), _sort("title"), _sort("stock", page=1, token="' OR 1=1 --")],
    "stock_import": [
        _csv(f'sku,amount\nT-1,5\n"O\'B, ""x""; --",{FORMULA.split(",")[0]}\n'),
        _csv("sku,note\nM-2,'); DROP TABLE goods; --\n"),
        _csv("amount,sku\n(SELECT 1),T-1\n"),
    ],
    "stock_frame": [
        {"body": 'Article,Amount\nT-1,5\n"x\'); DROP TABLE goods; --",7\n'},
        {"body": f"Article,Amount,Rest; drop\n{EMOJI.replace(',', '')},2,{{{{7*7}}}}\n"},
    ],
    "statement": [
        {"table": 'or"ders; --', "columns": ["id", "na'me"], "by": "buyer", "value": IRISH},
        {"table": "orders", "columns": ["select", "*"], "by": "x = 1 or y", "value": "' OR '1'='1"},
        {"table": "orders", "columns": ["id"], "by": "note", "value": SQL_NOTE},
    ],
    "cart": [
        http("POST", "/cart", {"kind": "cart", "lines": [{"sku": "T-1", "amount": 2, "note": REVIEW}]}),
        http("POST", "/cart", {"kind": "__class__", "lines": [{"sku": {"$ne": 1}, "amount": "x; id"}]}),
        http("POST", "/cart", {"kind": "wish", "lines": [{"sku": PATHISH, "amount": 1, "note": ARABIC}]}),
    ],
    "vendor": [
        rest("POST", "/vendors", {"name": "O'Neil & Söhne; Drop Ltd", "tags": ["{{x}}", "$(id)", "../y"]}),
        rest("POST", "/vendors", {"name": HTMLISH, "tags": [1, 2, 3, 4]}),
        rest("POST", "/vendors", {"name": MARKDOWN.replace("<", ""), "$schema": LINK, "__proto__": {"a": 1}}),
    ],
    "payment_hook": [
        _hook({"type": "payment.ok", "data": {"name": IRISH, "note": ESSAY}}),
        _hook({"type": "payment.failed", "data": {"reason": QUOTED + JSON_TEXT}}),
        _hook({"type": "payment.ok'; --", "data": {"q": SQL_NOTE}}),
        _hook({"type": "x"}, "' or '1'='1"),
    ],
    "graph": [
        _graph("query Q($s: ID!) { good(sku: $s) { sku title } }", s="M-2' OR '1'='1"),
        _graph('{ good(sku: "M-2") { title price __typename cost } }'),
        _graph("{ __schema { types { name } } }"),
        _graph('mutation { drop(table: "goods; --") }', s=SHELLISH),
    ],
}
ATTACKS = [
    Attack("SQL", "by_skus", _skus("x') OR hidden = 1 --"), "Prototype"),
    Attack("SQL", "by_skus", _skus("x') UNION SELECT doc, 1 FROM goods --", "y"), COST),
    Attack("SQL", "by_skus", _skus("x')/*", "*/OR(title)IN('Prototype"), "Prototype"),
    Attack("SQL, name", "filtered", _filter(**{"1=1 OR sku": "X-9"}), "X-9"),
    Attack(
        "SQL, name",
        "filtered",
        _filter(**{"sku = 'x' UNION SELECT doc, 1 FROM goods WHERE sku": "X-9"}),
        COST,
    ),
    Attack("SQL, name", "tenant_orders", _region('north" UNION SELECT buyer FROM "orders_south'), BUYER),
    Attack(
        "SQL, name",
        "tenant_orders",
        _region('north" JOIN (SELECT doc AS buyer2 FROM goods) WHERE 0 UNION SELECT doc FROM goods --'),
        COST,
    ),
    Attack(
        "SQL",
        "in_document",
        _field("origin.land') || (SELECT doc FROM goods WHERE hidden = 1) FROM goods --"),
        COST,
    ),
    Attack(
        "SQL",
        "in_document",
        _field("x'), (SELECT group_concat(doc) FROM goods WHERE hidden) FROM goods --"),
        COST,
    ),
    Attack("SQL", "in_document", _field("cost') FROM goods WHERE hidden = 1 --"), COST),
    Attack(
        "SQL, blind",
        "in_order",
        _sort(
            "CASE WHEN (SELECT substr(doc, 1, 1) FROM goods WHERE hidden) = '{' THEN sku ELSE price END DESC"
        ),
        '["T-1", "M-2"]',
    ),
    Attack(
        "SQL, blind",
        "in_order",
        _sort("EXISTS(SELECT 1 FROM goods WHERE doc LIKE '%cost%') * -price"),
        '["M-2", "T-1"]',
    ),
    Attack(
        "SQL, name",
        "stock_import",
        _csv("\"sku, amount) VALUES ('x', (SELECT doc FROM goods WHERE hidden)), (1, ?) --\"\nT-1\n"),
        COST,
    ),
    Attack(
        "SQL, name",
        "stock_import",
        _csv("\"sku, note) SELECT title, doc FROM goods WHERE ? = '1' --\"\n1\n"),
        COST,
    ),
]
