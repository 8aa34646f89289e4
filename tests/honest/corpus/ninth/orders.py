"""A furniture shop's back office on PostgreSQL."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    NAMES,
    POSTER,
    RICH,
    STREETS,
    api,
    b64,
    bus,
    form,
    graphql,
    http,
    queue,
    stack,
)

NEEDS = ("postgres",)
SECRET = "pg-secret-8841"


def _order(number: str) -> dict[str, object]:
    return api("GET", f"/orders/{number}", ids={"id": number}, resource="/orders/{id}")


def _list(**query: str) -> dict[str, object]:
    return api("GET", "/orders", query=query)


def _search(text: str) -> dict[str, object]:
    return http("GET", "/customers", query={"q": text})


def _patch(**body: object) -> dict[str, object]:
    return api("PATCH", "/customers/1", body, ids={"id": "1"})


def _report(**detail: str) -> dict[str, object]:
    return bus("Scheduled Report", {"start": "2025-10-01", "end": "2025-12-31", **detail})


def _login(user: str, password: str) -> dict[str, object]:
    return http("POST", "/login", {"user": user, "password": password})


def _csv(text: str) -> dict[str, object]:
    return {
        **http("POST", "/prices", headers={"content-type": "text/csv"}),
        "body": b64(text),
        "isBase64Encoded": True,
    }


def _note(key: str, author: str, text: str = "called") -> dict[str, object]:
    return api("POST", "/notes", {"id": key, "author": author, "text": text})


def _saved(key: str, sort: str, status: str, title: str = "Mine") -> tuple[str, dict[str, object]]:
    return (
        "save_search",
        http("POST", "/searches", {"id": key, "sort": sort, "status": status, "title": title}),
    )


def _tenant(name: str) -> dict[str, object]:
    return http("GET", "/customers", headers={"x-tenant": name})


REQUESTS = {
    "get_order": [_order("100"), _order("102"), _order("999999")],
    "list_orders": [
        _list(),
        _list(status="open", sort="total", dir="desc", limit="10"),
        _list(status="in progress"),
        _list(sort="created", dir="DESC"),
        _list(status="open", sort="orders.total"),
    ],
    "search_customers": [
        *(
            _search(text)
            for text in (*NAMES[:6], "o'", "100%_sure", "select", '"zoë" OR -bob', "a; b -- c", "\\")
        ),
    ],
    "find_by_city": [
        form("/find", city="Cork", tier="gold"),
        form("/find", city="Köln"),
        form("/find", city="St. Andrews (Fife)", tier="basic"),
        form("/find", city="Frankfurt/Oder -- Süd"),
        form("/find", city="Select", tier="union"),
    ],
    "update_profile": [
        _patch(name=NAMES[0], city="Cork"),
        _patch(note=COMPLAINT),
        _patch(note=BUG, tier="gold"),
        _patch(email="o'shea+shop@example.ie", name=NAMES[3], city=STREETS[1]),
    ],
    "import_orders": [
        queue(
            {
                "id": 500,
                "customer": 1,
                "total": "12.50",
                "created": "2025-11-03",
                "tags": ["it's", "a,b", '"q"'],
            }
        ),
        queue(
            {
                "id": 501,
                "customer": 2,
                "total": 1e3,
                "created": "2025-11-03T10:00:00+00:00",
                "data": {"note": POSTER},
            },
            {
                "id": 502,
                "customer": 2,
                "total": 0,
                "created": "2025-11-04",
                "data": {"html": RICH, "name": NAMES[4]},
            },
        ),
        queue(
            {
                "id": 503,
                "customer": 3,
                "total": 7,
                "created": "2024-02-29",
                "data": {"sql": "'; drop table orders; --"},
            }
        ),
    ],
    "sales_report": [
        _report(),
        _report(group="c.city"),
        _report(group="tier", start="2025-01-01T00:00:00+00:00"),
        _report(group="c.name"),
        _report(group="created", end="2025-10-31"),
    ],
    "login": [
        _login("dana", "sun-flower"),
        _login("dana", "Sun#Flower; 2025--x"),
        _login("kim.o@example.org", "correct horse"),
        _login("root", "or 1=1"),
    ],
    "price_list": [
        _csv("article,price\nChair 'Ole',49.90\nTable (oak),199\n"),
        _csv('article,price\n"Lamp, 40 W; warm",12.5\n"The ""best"" rug -- 2 x 3 m",-1\n'),
        _csv("article,price\nРегал,0.5\n棚,10\nSofa /* old */,1e3\n"),
    ],
    "save_note": [
        _note("n-1", "caoimhe@example.ie", COMPLAINT),
        _note("n-2", "zoe@example.de", BUG),
        _note("n-3", "nobody@example.org", "' OR ''='"),
        _note("n-4", NAMES[2]),
    ],
    "note_history": [{"note": "n-1"}, {"note": "n-2"}, {"note": "n-4"}, {"note": "it's none"}],
    "orders_by_ids": [{"ids": [100, 101]}, {"ids": ["102", "7"]}, {"ids": [1]}],
    "tenant_customers": [
        _tenant("acme"),
        _tenant("globex"),
        _tenant("north-west_2"),
        http("GET", "/customers"),
    ],
    "tagged": [
        graphql("Query", "tagged", tags=["gift", "it's"]),
        graphql("Query", "tagged", data={"color": "oak"}),
        graphql("Query", "tagged", tags=["{a,b}", '"'], data={"size": 3, "note": COMPLAINT}),
    ],
    "export_table": [
        {"table": "orders", "columns": ["id", "status"]},
        {"table": "customers", "columns": ["name", "city", "tier"]},
    ],
    "describe": [
        stack("Create", "@PARTNER@/cfn", Comment="Orders of the shop; don't drop them"),
        stack("Update", "@PARTNER@/cfn", Comment=f"Owner: {NAMES[0]} -- {COMPANIES[0]} costs $5"),
    ],
    "console": [
        {"sql": "select status, count(*) as n from orders group by status order by 1"},
        {"sql": "SELECT name FROM customers WHERE city ILIKE 'c%' -- Cork and so on"},
    ],
    "save_search": [
        _saved("s-1", "status", "open")[1],
        _saved("s-2", "total", "in progress (late)")[1],
        _saved("s-3", "created", "shipped", 'Caoimhe\'s "rush" orders; 50%')[1],
    ],
    "run_search": [{"search": "s-1"}, {"search": "s-2"}, {"search": "s-3"}, {"search": "none"}],
}
ATTACKS = [
    Attack(
        "SQL, second order",
        "run_search",
        {"search": "x-1"},
        SECRET,
        before=[_saved("x-1", "id", "x' union select 1, password from staff order by 2 desc --")],
    ),
    Attack(
        "SQL, second order",
        "run_search",
        {"search": "x-2"},
        '"id": 102, "status": "open"}, {"id": 100',
        before=[
            _saved(
                "x-2",
                "(select case when min(password) like 'pg-%' then -o.id else o.id end from staff)",
                "open",
            )
        ],
    ),
    Attack(
        "SQL, PostgreSQL",
        "get_order",
        _order("0 UNION SELECT 1, password, role, current_date FROM staff WHERE role='admin'"),
        SECRET,
    ),
    Attack(
        "SQL, PostgreSQL",
        "get_order",
        _order("0/**/union/**/select(1),string_agg(password,$$,$$),null,null/**/from/**/staff"),
        SECRET,
    ),
    Attack("SQL, PostgreSQL", "get_order", _order("-1 or id=101"), "shipped"),
    Attack(
        "SQL, PostgreSQL",
        "list_orders",
        _list(status="x' union select 1,login||':'||password,role from staff--"),
        SECRET,
    ),
    Attack(
        "SQL, PostgreSQL",
        "list_orders",
        _list(status="none' OR TRUE /*", sort="*/ ORDER BY id", dir="", limit="9"),
        "shipped",
    ),
    Attack(
        "SQL, PostgreSQL",
        "list_orders",
        _list(
            sort="(case when (select password from staff limit 1) like 'pg-secret%' then -id else id end)",
            limit="1",
        ),
        '\\"id\\": 102',
    ),
    Attack(
        "SQL, PostgreSQL",
        "list_orders",
        _list(limit="(select length(password)-12 from staff where login=$$root$$)"),
        '\\"id\\": 101',
    ),
    Attack("SQL, PostgreSQL", "find_by_city", form("/find", city="x') or ('1'='1", tier="gold"), "Caoimhe"),
    Attack(
        "SQL, PostgreSQL",
        "find_by_city",
        form("/find", city="x\\", tier="' union select login, password from staff -- "),
        SECRET,
    ),
    Attack(
        "SQL, keys",
        "update_profile",
        _patch(**{"note = (select password from staff limit 1), city": "x"}),
        SECRET,
    ),
    Attack(
        "SQL, keys",
        "update_profile",
        _patch(**{"tier": "x", "note=U&'\\0070wned-' || (select max(password) from staff), city": "y"}),
        "pwned-sun-flower",
    ),
    Attack(
        "SQL, PostgreSQL",
        "sales_report",
        _report(group="(select password from staff where login = 'root')"),
        SECRET,
    ),
    Attack(
        "SQL, PostgreSQL",
        "sales_report",
        _report(
            start="2025-01-01' AND '2025-12-31' GROUP BY status UNION ALL SELECT min(password), 1, min(role) FROM staff, (select 1 as status) z /*",
            end="*/ --",
        ),
        SECRET,
    ),
    Attack(
        "SQL, PostgreSQL",
        "sales_report",
        _report(group="query_to_xml('select * from staff',true,true,'')::text"),
        SECRET,
    ),
    Attack("SQL, login", "login", _login("root'--", "x"), '\\"welcome\\": \\"root\\"'),
    Attack("SQL, login", "login", _login("root", "' OR login = 'root"), '\\"role\\": \\"admin\\"'),
    Attack(
        "SQL, login",
        "login",
        _login("x' UNION SELECT current_user::text, pg_read_file('/etc/hostname') || 'read'--", ""),
        "read",
    ),
    Attack(
        "SQL, login",
        "login",
        _login(
            "'||(select login from staff where role='admin')||'",
            "'||(select password from staff where role='admin')||'",
        ),
        '\\"role\\": \\"admin\\"',
    ),
    Attack(
        "SQL, file", "price_list", _csv("article,price\nChair,(select password from staff limit 1)\n"), SECRET
    ),
    Attack(
        "SQL, file",
        "price_list",
        _csv(
            'article,price\nChair,1\nTable,"0); insert into prices select login, password from staff; --"\n'
        ),
        SECRET,
    ),
    Attack(
        "SQL, second order",
        "note_history",
        {"note": "x-1"},
        SECRET,
        before=[("save_note", _note("x-1", "' union select 1, password from staff--"))],
    ),
    Attack(
        "SQL, second order",
        "note_history",
        {"note": "x-2"},
        "shipped",
        before=[("save_note", _note("x-2", "a@example.org' OR c.tier <> '"))],
    ),
    Attack(
        "SQL, list",
        "orders_by_ids",
        {"ids": [100, "1) union select 7, password from staff where (1=1"]},
        SECRET,
    ),
    Attack(
        "SQL, list", "orders_by_ids", {"ids": ["(select id from orders where status='shipped')"]}, "shipped"
    ),
    Attack("SQL, header", "tenant_customers", _tenant("acme' or tenant='globex"), "Robert Tables"),
    Attack(
        "SQL, PostgreSQL",
        "describe",
        stack(
            "Create",
            "@PARTNER@/cfn",
            Comment="x$doc$; update customers set note = (select password from staff limit 1); select $doc$",
        ),
        SECRET,
    ),
]
