"""Requests to a catalogue in SQLite."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import http

REQUESTS = {
    "list_products": [
        rest("GET", "/products", sort="price", order="desc", limit="3"),
        rest("GET", "/products", sort="name"),
        rest("GET", "/products", sort="created_at", order="DESC", limit="2", offset="1"),
        http("GET", "/products", sort="stock", order="asc", limit="500"),
        rest("GET", "/products", sort="price; DROP TABLE products"),
    ],
    "by_ids": [
        rest("POST", "/products/find", {"ids": [1, 2, 3]}),
        rest("POST", "/products/find", {"ids": ["4", "5", "x' OR 1=1 --"]}),
        rest("POST", "/products/find", {"ids": [2]}),
    ],
    "by_int_ids": [
        http("GET", "/p", ids="1,2"),
        http("GET", "/p", ids="3"),
        http("GET", "/p", ids="1, 2, 3,4"),
    ],
    "search": [
        rest("GET", "/search", q="tea"),
        rest("GET", "/search", q="O'Hara"),
        rest("GET", "/search", q="100% or name LIKE '%'"),
        rest("GET", "/search", q="select * from products"),
    ],
    "filtered": [
        rest("GET", "/products", category="tea"),
        rest("GET", "/products", category="coffee", min_price="700"),
        rest("GET", "/products", max_price="500", in_stock="0", category="tea' OR '1'='1"),
        rest("GET", "/products"),
    ],
    "operators": [
        rest("GET", "/products", price__gte="400", stock__gt="0"),
        rest("GET", "/products", name__like="%tea%"),
        rest("GET", "/products", category="tea", price__lt="400"),
        rest("GET", "/products", category__ne="tea"),
    ],
    "update": [
        rest("PATCH", "/products/1", {"name": "Sencha", "price": 500}, ids={"id": "1"}),
        rest("PATCH", "/products/4", {"name": 'Hara\'s "best"; -- blend', "stock": 0}, ids={"id": "4"}),
        rest("PATCH", "/products/2", {"colour": "red"}, ids={"id": "2"}),
    ],
    "insert": [
        rest("POST", "/products", {"name": "Chai", "category": "tea", "price": 410}),
        rest(
            "POST",
            "/products",
            {"name": "Values, (select)", "category": "insert into", "price": 1, "stock": 3},
        ),
        rest("POST", "/products", {"price": 3, "name": "stock, price", "id": 9}),
    ],
    "mapped_sort": [
        rest("GET", "/p", sort="title", dir="desc"),
        rest("GET", "/p", sort="cost"),
        rest("GET", "/p", sort="added", dir="ASC"),
        rest("GET", "/p", sort="nonsense"),
    ],
    "signed_sort": [
        rest("GET", "/p", sort="-price,name"),
        rest("GET", "/p", sort="stock"),
        rest("GET", "/p", sort="-created_at,+price"),
    ],
    "report": [
        {"group_by": "category", "measure": "sum"},
        {"group_by": "month"},
        {"group_by": "category", "measure": "avg", "at_least": "2"},
    ],
    "fields": [
        rest("GET", "/p", fields="id,name,price"),
        rest("GET", "/p", fields="name, stock, password"),
        rest("GET", "/p", fields="*"),
    ],
    "keyset": [
        rest("GET", "/p"),
        rest("GET", "/p", after="2", page_size="2"),
        rest("GET", "/p", after="4", page_size="1000"),
    ],
    "dates": [
        {"from": "2026-01-01", "to": "2026-02-28"},
        {"from": "2026-03-01", "to": "2026-12-31"},
    ],
    "import_rows": [
        {
            "items": [
                {"name": "Mate", "category": "tea", "price": 300},
                {"name": "It's", "category": "'x'", "price": 1},
            ]
        },
        {"items": [{"name": "price", "category": "name", "price": 0}]},
    ],
    "tenant_table": [
        {"tenant": "acme", "note": "first order"},
        {"tenant": "blue_sky", "note": "can't wait; thanks -- Ada"},
    ],
}
