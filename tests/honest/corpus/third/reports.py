"""Data APIs and reports over SQLite, SQLAlchemy and pandas."""

from tests.honest.corpus.cases import rest
from tests.honest.corpus.third import (
    BASE64,
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
)


def _get(**query: str) -> dict[str, object]:
    return http("GET", "/api/orders", query=query)


def _post(body: object) -> dict[str, object]:
    return http("POST", "/api/orders", body)


def _tenant(tenant: str, *notes: str) -> dict[str, object]:
    event = rest("POST", "/notes", {"notes": notes})
    event["requestContext"] = {"authorizer": {"tenant": tenant, "principalId": "u1"}}
    return event


REQUESTS = {
    "list_orders": [
        _get(),
        _get(state="open", sort="-total", limit="2"),
        _get(note="it's urgent", sort="placed", offset="0"),
        _get(note="union; select", sort="state; drop", limit="-5"),
        _get(customer_id="1", state="refunded", unknown="1 OR 1=1"),
    ],
    "search_operators": [
        _get(**{"total[gte]": "7.5", "state": "open"}),
        _get(**{"note[like]": "%'%"}),
        _get(**{"placed[lt]": "2026-02-01T00:00:00Z", "total[ne]": "-5"}),
        _get(**{"note": "-- returned", "bad[xx]": "y"}),
    ],
    "find_customers": [_get(q=one) for one in ("O'Brien", "100%", "a_b\\c", "select", COMPANY, COMMENT)],
    "in_list": [_get(ids="1,2,3"), _get(ids="3"), _get(ids="1,x' OR '1'='1,?"), _get(ids="-1,,1e3")],
    "in_names": [
        _post({"names": [NAME, "order"]}),
        _post({"names": ["Smith & Sons", "it's", "''", "a, b"]}),
        _post({"names": [COMMENT, JSON_TEXT]}),
    ],
    "by_number": [http("GET", "/c/1", ids={"id": one}) for one in ("1", "-1", " 3 ", "0042")],
    "by_date": [
        _get(**{"from": "2026-01-01", "to": "2026-01-31"}),
        _get(**{"from": "2026-02-14", "to": "2026-02-14"}),
    ],
    "dashboard": [
        _post({"group_by": ["city"], "measures": ["count", "sum"]}),
        _post(
            {
                "group_by": ["tier", "month"],
                "measures": ["avg"],
                "filters": [{"field": "city", "value": "select"}],
            }
        ),
        _post(
            {
                "group_by": ["month"],
                "measures": ["count"],
                "filters": [{"field": "tier", "value": "gold' --"}],
            }
        ),
    ],
    "tenant_table": [
        _tenant("acme", COMMENT, CODE, HTML),
        _tenant("order_2", "select * from acme_notes", ""),
        _tenant("Bad Name; drop"),
    ],
    "upsert": [
        _post({"id": 1, "name": NAME, "city": "L'Aquila"}),
        _post({"id": 9, "name": COMPANY, "tier": "gold", "is_admin": True, "name = 'x' --": 1}),
        _post({"id": 2, "name": UNICODE, "created": "2026-03-14T09:26:53+02:00"}),
    ],
    "patch": [
        http("PATCH", "/o/1", {"note": MARKDOWN}, ids={"id": "1"}),
        http("PATCH", "/o/2", {"state": "state", "total": -12.5, "note": "note = 'x'"}, ids={"id": "2"}),
        http("PATCH", "/o/4", {"note": None, "total": 0, "drop": "table"}, ids={"id": "4"}),
    ],
    "full_text": [_get(q="green tea"), _get(q='don\'t stop "now"'), _get(q="tea AND NOT (x OR y)*")],
    "json_column": [
        _post({"kind": "page", "meta": {"title": HTML}}),
        _post({"kind": "json_extract", "meta": {"title": "$.meta.title"}}),
        _post({"kind": "o'clock", "meta": {"title": JSON_TEXT}}),
    ],
    "audit": [_post({"text": LONG, "code": CODE}), _get(q=URL, b=BASE64), _post(SHELLY)],
    "export_csv": [_get(), _get(columns="id,note,state"), _get(columns="total,password,(select 1)")],
    "import_csv": [
        http("POST", "/u", "Name,Total EUR\n\"O'Brien, S.\",12.50\n=cmd|' /C calc'!A0,-3\n"),
        http("POST", "/u", 'id,select-ed,note\n1,yes,"a ""b""; drop"\n'),
        http("POST", "/u", "Größe,Preis\nL,3\n"),
    ],
    "frame_query": [
        _get(tier="gold", by="city"),
        _get(tier="silver", by="state"),
        _get(tier="o'x", by="total); drop"),
    ],
    "orm_filter": [
        _get(name="tea"),
        _get(name__contains="n'R", price__gt="5"),
        _get(tag__startswith="mu", name__contains='"'),
        _get(__class__="x", metadata="y"),
    ],
    "orm_create": [
        _post({"name": COMPANY, "price": 3.5, "tag": COMMENT}),
        _post({"name": "name", "price": -1, "tag": ":tag"}),
        _post({"name": TEMPLATE, "price": 1e3, "tag": "%(tag)s"}),
    ],
    "orm_sort": [_get(sort="price:desc"), _get(), _get(sort="(select 1):desc")],
    "text_clause": [
        _post({"tags": ["music", "drink"], "least": 2}),
        _post({"tags": ["it's", ":least"], "least": -1}),
        _post({"tags": [], "least": 0}),
    ],
    "loose_filter": [_get(state="open"), _get(state="shipped", min="5"), _get(state="on hold", min="-10.5")],
    "loose_order": [_get(), _get(sort="total", dir="desc", limit="2"), _get(sort="placed", dir="DESC")],
    "saved_report": [
        {"source": "shop", "detail-type": "run", "detail": {"report": "open", "min": 10}},
        {"detail": {"report": "by-customer", "min": -3.5}},
    ],
}
