"""A bakery's back end on SQLite."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifteenth import (
    CLIENTS,
    EMOJI,
    FENCED,
    LETTER,
    LINES,
    LONG,
    PLACES,
    PROSE,
    SHEET,
    TAGGED,
    b64,
    bus,
    form,
    get,
    post,
    queue,
    rest,
)

NEEDS = ()
KEY = "oven-key-5521"
UNION = "SELECT login, till_key FROM staff"


def _id(path: str, number: str, method: str = "GET", body: object = None) -> dict[str, object]:
    return rest(method, path, body, ids={"id": number})


def _filter(text: str) -> dict[str, object]:
    return get("/orders", filter=text)


def _patch(number: str, **body: object) -> dict[str, object]:
    return _id("/orders/{id}", number, "PATCH", body)


def _after(last: str) -> dict[str, object]:
    return get(
        "/orders", after=b64(json.dumps({"last": last})).rstrip("=").replace("+", "-").replace("/", "_")
    )


def _names(*names: str) -> dict[str, object]:
    return get("/cakes", name=names[0]) | {"multiValueQueryStringParameters": {"name": list(names)}}


def _info(number: str, key: str) -> dict[str, object]:
    return rest("GET", "/cakes/{id}/info/{key}", ids={"id": number, "key": key})


def _agent(agent: str, address: str = "203.0.113.9, 10.0.0.1") -> dict[str, object]:
    return rest("GET", "/audit", headers={"User-Agent": agent, "X-Forwarded-For": address})


def _list(number: str, **body: object) -> dict[str, object]:
    return rest("PUT", "/lists/{id}", body, ids={"id": number})


REQUESTS = {
    "get_cake": [_id("/cakes/{id}", "1"), _id("/cakes/{id}", "3"), _id("/cakes/{id}", "0404")],
    "get_customer": [
        _id("/c", "2"),
        _id("/c", "pat%40example.org"),
        _id("/c", "o'brien; drop@example.org"),
        _id("/c", "' OR '1'='1"),
    ],
    "list_cakes": [
        get("/cakes"),
        get("/cakes", kind="fruit", max_price="25.50"),
        get("/cakes", kind='sweet & "sour" -- new; select', in_stock="true", sort="price"),
        get("/cakes", sort="stock", max_price="1e3"),
    ],
    "list_cakes_v2": [
        get("/cakes", name="King's", sort="newest"),
        get("/cakes", kind="O'x; --", max_price="5", limit="3"),
        get("/cakes", name=LETTER, sort="price desc"),
        get("/cakes"),
    ],
    "create_order": [
        post("/orders", id="B'9 -- x", customer_id=1, cake_id=3, note=LETTER),
        post("/orders", id="B-10", customer_id=2, cake_id=1, qty=12, note=FENCED, day="2026-04-01"),
        post("/orders", id="B-11", cake_id="4"),
        post("/orders", id=EMOJI, customer_id=None, cake_id=None, note=LONG),
    ],
    "patch_order": [
        _patch("B-1", status="paid"),
        _patch("B-2", note=LETTER, qty=3),
        _patch("B-3", day="2026-05-01", note="'; DROP TABLE orders; --"),
        _patch("O'none", note=TAGGED),
    ],
    "patch_order_checked": [
        _patch("B-1", note=FENCED, status="void"),
        _patch("B-2", **{"note": "x", "it's new": 1}),
        _patch("B-3", qty=7),
    ],
    "delete_order": [_id("/o", "B-1", "DELETE"), _id("/o", "B-99 (old) -- x", "DELETE")],
    "login": [
        post("/login", login="maria", password="brioche"),
        post("/login", login="maria", password='p"w;1--#()&x'),
        post("/login", login="zoë.f@example.org", password="select * from 100%"),
    ],
    "login_bound": [
        form("/login", login="maria", password="' or '1'='1"),
        form("/login", login="o'brien@example.org", password="a;b--c"),
        form("/login", login="admin' --", password="x"),
    ],
    "search": [get("/search", q=text) for text in ("king's", "100%_", "chocolate", *PROSE[:3], CLIENTS[1])],
    "search_text": [get("/search", q=text) for text in ("tart", 'Lemon "sun"', *LINES)],
    "customer_orders": [_id("/c", "1"), _id("/c", "3"), _id("/c", "99")],
    "orders_filtered": [
        _filter("status:open"),
        _filter("status:p%,day:2026-03-__"),
        _filter("note:%back%"),
        _filter(""),
        _filter("note:ring twice -- back"),
    ],
    "cakes_filtered": [
        get("/cakes", **{"price[gt]": "5", "sort": "-price"}),
        get("/cakes", **{"name[like]": "%'s%", "sort": "name"}),
        get("/cakes", **{"x; drop[eq]": "5", "kind[eq]": "it's"}),
        get("/cakes", sort="price; --"),
    ],
    "report": [
        get("/report"),
        get("/report", group="day", **{"from": "2026-03-01", "to": "2026-03-03"}),
        get("/report", group="customer_id", to="o'clock"),
    ],
    "week": [
        bus("Weekly", {"title": "It's Monday; -- again"}),
        bus("Weekly", {}),
        bus("Weekly", {"title": LETTER}),
    ],
    "import_csv": [
        rest("POST", "/import", SHEET),
        rest("POST", "/import", "\ufeffname,email,phone\n\"O'Brien; DROP\",o'b@example.org,+353 1 / 2\n"),
        rest("POST", "/import", 'name;email\n"x;y\'";--\n'),
        rest(
            "POST",
            "/import",
            "name,email\n" + "\n".join(f'"{n.replace(chr(34), chr(34) * 2)}",a@b.c' for n in CLIENTS),
        ),
    ],
    "import_script": [
        queue({"id": "B-1", "note": LINES[0]}),
        queue(*({"id": f"B-{n}", "note": text} for n, text in enumerate(LINES, 1))),
        queue({"id": "B-2", "note": ""}),
    ],
    "create_cake": [
        post("/cakes", name='Mum\'s "best"; 100%', price=12.5),
        post("/cakes", name="", price=-1),
        post("/cakes", name=LETTER, kind=EMOJI, price=3),
        post("/cakes", name="x", price="dear", extra="y' --"),
    ],
    "save_list": [
        _list("l-1", owner=CLIENTS[0], sorting="price", kind="fruit"),
        _list("l-2", owner=LETTER),
        _list("it's", owner="x", kind='a "b" -- c'),
    ],
    "open_list": [_id("/lists", "l-none"), _id("/lists", "o'x; --")],
    "page": [
        get("/orders", page="1"),
        _after("B-1"),
        _after("B-2 -- x; y"),
        get("/orders", after="not a token!"),
    ],
    "in_list": [get("/cakes", ids="1,2,3"), get("/cakes", ids="4"), get("/cakes", ids="1, 2 ,99")],
    "in_list_bound": [
        _names("King's cake", "Sacher"),
        _names("x') OR 1=1 --"),
        _names(*CLIENTS),
        _names('Lemon "sun" tart'),
    ],
    "info": [_info("1", "glaze"), _info("3", "bean"), _info("2", "layers"), _info("1", "no_such")],
    "audit": [
        _agent(
            "Mozilla/5.0 (Linux; Android 14; O'Phone) AppleWebKit/537.36 (KHTML, like Gecko) -- x; select"
        ),
        _agent("curl/8.5.0", "2001:db8::7"),
        _agent('Bot "x" (+https://example.org/?a=1;b=2#c)'),
    ],
    "routed": [
        rest("GET", "/menu/fruit"),
        rest("GET", "/menu/yeast", query={"like": "King's"}),
        rest("GET", "/menu/it%27s%20%2D%2D", query={"like": LETTER}),
        rest("GET", "/stock/1"),
        rest("GET", "/nothing/here"),
    ],
    "set_status": [
        _id("/o", "B-1", "PUT", {"status": "void"}),
        _id("/o", "O'x --", "PUT", {"status": "paid"}),
        _id("/o", "B-2", "PUT", {"status": "it's; drop"}),
    ],
    "count_status": [get("/count", status="open"), get("/count", status="it's' OR 1 --")],
    "count_note": [
        get("/count", note="no nuts"),
        *(get("/count", note=text) for text in PROSE[:2]),
        get("/count", note=PLACES[0]),
    ],
}

ATTACKS = [
    Attack("SQL, number", "get_cake", _id("/c", "0 UNION SELECT login, till_key, 1 FROM staff"), KEY),
    Attack(
        "SQL, number",
        "get_cake",
        _id("/c", "-1/**/UNION/**/SELECT/**/1,group_concat(till_key),3/**/FROM/**/staff"),
        KEY,
    ),
    Attack("SQL, text", "list_cakes", get("/c", kind="x' UNION SELECT 1, till_key, 3 FROM staff --"), KEY),
    Attack(
        "SQL, number", "list_cakes", get("/c", max_price="0 UNION SELECT login, till_key, 0 FROM staff"), KEY
    ),
    Attack(
        "SQL, order",
        "list_cakes",
        get("/c", sort="CASE WHEN (SELECT till_key LIKE 'oven%' FROM staff) THEN -id ELSE id END"),
        '[{\\"id\\": 4',
    ),
    Attack(
        "SQL, column",
        "patch_order",
        _patch("B-1", **{"note = (SELECT till_key FROM staff LIMIT 1), qty": 5}),
        KEY,
    ),
    Attack(
        "SQL, column",
        "patch_order",
        _patch("B-2", **{"day=(SELECT group_concat(password||till_key) FROM staff),note": 1}),
        "hunteroven-key-5521",
    ),
    Attack("SQL, delete", "delete_order", _id("/o", "x' OR 'a'='a", "DELETE"), '\\"left\\": []'),
    Attack("SQL, delete", "delete_order", _id("/o", "x'||'' OR id LIKE 'B-%", "DELETE"), '\\"deleted\\": 3'),
    Attack("SQL, login", "login", post("/l", login="admin' --", password="x"), KEY),
    Attack("SQL, login", "login", post("/l", login="admin", password="' OR login='admin"), KEY),
    Attack(
        "SQL, login",
        "login",
        post("/l", login="x' UNION VALUES ('root',(SELECT till_key FROM staff))--", password=""),
        KEY,
    ),
    Attack("SQL, text", "search_text", get("/s", q=f"zz' UNION {UNION} --"), KEY),
    Attack(
        "SQL, text",
        "search_text",
        get("/s", q="zz'\nUNION\tALL SELECT hex(till_key), 2 FROM staff WHERE login LIKE 'adm%' /*"),
        "6F76656E2D6B6579",
    ),
    Attack(
        "SQL, filter",
        "orders_filtered",
        _filter(
            "note:x' UNION SELECT * FROM (SELECT login FROM staff) JOIN (SELECT till_key FROM staff) JOIN (SELECT 1) --"
        ),
        KEY,
    ),
    Attack("SQL, filter", "orders_filtered", _filter("1 OR status:zzz"), "B-3"),
    Attack("SQL, group", "report", get("/r", group="(SELECT till_key FROM staff LIMIT 1)"), KEY),
    Attack(
        "SQL, group", "report", get("/r", group="CASE WHEN 1 THEN (SELECT max(till_key) FROM staff) END"), KEY
    ),
    Attack(
        "SQL, several statements",
        "import_script",
        queue({"id": "B-1", "note": "x'; UPDATE orders SET note=(SELECT till_key FROM staff); --"}),
        KEY,
    ),
    Attack(
        "SQL, several statements",
        "import_script",
        queue({"id": "x'; UPDATE orders SET note='ow'||'ned' WHERE '1", "note": "x"}),
        "owned",
    ),
    Attack(
        "SQL, second order",
        "open_list",
        _id("/l", "e-1"),
        KEY,
        before=[
            ("save_list", _list("e-1", owner="x", kind="zz' UNION SELECT login, till_key FROM staff --"))
        ],
    ),
    Attack(
        "SQL, second order",
        "open_list",
        _id("/l", "e-2"),
        '\\"cakes\\": [{\\"name\\": \\"Rye',
        before=[
            (
                "save_list",
                _list("e-2", owner="x", sorting="(SELECT till_key LIKE 'oven%' FROM staff) * -id"),
            )
        ],
    ),
    Attack("SQL, token", "page", _after("x' UNION SELECT login, till_key FROM staff --"), KEY),
    Attack("SQL, token", "page", _after("' AND 0 UNION SELECT (SELECT till_key FROM staff),'1"), "key-5521"),
    Attack(
        "SQL, list",
        "in_list",
        get("/c", ids="0) UNION SELECT login,till_key FROM staff WHERE login NOT IN (1"),
        KEY,
    ),
    Attack(
        "SQL, list", "in_list", get("/c", ids="SELECT 0) UNION SELECT 1,(SELECT till_key FROM staff) --"), KEY
    ),
    Attack(
        "SQL, JSON path",
        "info",
        _info("1", "glaze')||(SELECT till_key FROM staff)||json_extract(info,'$.glaze"),
        KEY,
    ),
    Attack("SQL, header", "audit", _agent("x", "'||(SELECT group_concat(till_key) FROM staff)||'"), KEY),
    Attack(
        "SQL, route", "routed", rest("GET", "/stock/0%20UNION%20SELECT%20till_key%2C1%20FROM%20staff"), KEY
    ),
    Attack("SQL, route", "routed", rest("GET", "/stock/1%20OR%201%3D1"), "spelt"),
]
