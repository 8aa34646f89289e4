"""Stock, orders and customers in five databases."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventeenth import (
    JSONISH,
    NAMES,
    NOTES,
    PLACES,
    SEARCHES,
    SNIPPET,
    TEMPLATEISH,
    TICKET,
    TYPED,
    get,
    http,
    post,
)

NEEDS = ("postgres", "mariadb")
KEY = "granary-key-8841"

REQUESTS = {
    "item": [get(), get(id="3"), get(id=" 5 "), get(id="99"), get(id="5 kg"), get(id="-1")],
    "items": [get(q=q) for q in SEARCHES] + [get(q="Baker's", sort="-price"), get(q="30%", sort="it's")],
    "items_text": [get(), get(q="flour"), get(q="Union select"), get(q="Crème"), get(q="rolled")],
    "items_sorted": [get(), get(by="cents", dir="desc"), get(by="stock"), get(by="kind", dir="asc")],
    "items_quoted": [get(kind=k) for k in ("grain", "Baker's yeast", "O'Malley's -- best", "Oats -- rolled")],
    "items_many": [post(ids=[1, 3]), post(ids=[6, 5, 99]), post(ids=["2", "x'y"])],
    "items_in": [get(), get(ids="1,5,6"), get(ids="4"), get(ids="2, 3")],
    "login": [
        post(login="mara", secret="m-4"),
        post(login="ivo", secret="wrong -- sorry"),
        post(login="mara", secret="p; ss #1 (new)"),
        post(login="o'dell", secret="x", strict=True),
    ],
    "order_new": [
        post(customer=c, item=n, amount=1, note=t)
        for n, (c, t) in enumerate(zip(NAMES, (TICKET, NOTES, TYPED[0], SNIPPET), strict=False), 1)
    ]
    + [post(customer="x", item=5, amount=500), post(customer="Null", item=1, amount="two")],
    "note_new": [
        post(author="Ana", body="Please order more rye; we drop below 10 bags"),
        post(author="Müller", body="select the union coffee -- it sells"),
        post(author="Bo", body="1 = 1 bag, 100% paid /* half */"),
    ],
    "item_update": [
        post(id=1, name="Rye flour (type 1150)"),
        post(id=2, name="Brewer's yeast; dry", cents=199),
        post(id=6, kind="--"),
        post(id=3, colour="blue"),
    ],
    "row_update": [
        post(id=1, body=TICKET),
        post(id=2, author=NAMES[1], body=TEMPLATEISH),
        post(id=1, author="x"),
    ],
    "search_save": [post(name=f"s{n}", term=t) for n, t in enumerate(("grain", *SEARCHES[:3]))],
    "search_run": [get(name="s0"), get(name="s1"), get(name="no 'such'"), get(name="s2")],
    "faq": [get(q=q) for q in (SEARCHES[0], "can't return", "NEAR(flour", '"opened" -union', "?!")],
    "table_page": [get(), get(table="notes"), get(table="staff"), get(table="items; drop")],
    "statistics": [get(), get(table="notes"), get(table="42"), get(table="orders")],
    "sales": [
        get(),
        get(**{"from": "2026-03-01", "to": "2026-06-30"}),
        get(to="31.12.2026"),
        get(to="o'clock"),
    ],
    "sales_by": [
        get(),
        get(by="item", where="region = 'north'"),
        get(by="month(day)", where="cents BETWEEN 500 AND 2000"),
        get(by="region", where="item LIKE 'Union%'"),
        get(by="colour"),
    ],
    "sales_file": [
        http("POST", "/", 'item,cents\nRye,5\nRye,6\n"Baker\'s, yeast",7\n'),
        http("POST", "/", 'item,cents\n"=1+1",5\n"Größe ""L""",1\n"; drop",9\n'),
    ],
    "suppliers": [get(), get(q="O'Connor"), get(q="L'Aquila"), get(q="100%_"), get(rating="4", q="söhne")],
    "supplier_text": [get(), get(city="Köln"), get(city="New York (NY)"), get(city="Stoke-on-Trent")],
    "supplier_filter": [
        post(filters=[{"field": "name", "op": "like", "value": "%O'C%"}]),
        post(
            filters=[
                {"field": "rating", "op": "ge", "value": 4},
                {"field": "city", "op": "eq", "value": "Köln"},
            ]
        ),
        post(filters=[{"field": "iban", "op": "eq", "value": JSONISH}]),
    ],
    "supplier_order": [get(), get(order="rating DESC"), get(order="city, name"), get(order="colour")],
    "frame": [get(), get(without="grain"), get(without="it's; --")],
    "parcels": [get(), get(q="O'Hara"), get(city="Łódź"), get(q=SEARCHES[3]), get(city=PLACES[2])],
    "parcel_columns": [get(), get(fields="receiver,grams"), get(fields="id,secret,tags"), get(fields="a;b")],
    "parcel_track": [get(), get(id="2"), get(id="77")],
    "parcel_tags": [post(id=1, tag="don't bend"), post(id=2, tag=TYPED[2]), post(id=9, tag="x'; --")],
    "parcel_copy": [
        http("POST", "/", '"O\'Neill",Cork\nSøren,Ærø\n'),
        http("POST", "/", '"a\tb\\N","line\none"\nNull,\\.\n'),
    ],
    "customers": [get(), get(q="D'Arcy"), get(city="Ærø"), get(q=SEARCHES[1]), get(q="\\%")],
    "customer_escaped": [get(name=n) for n in ("D'Arcy & Sons", "Null, Inc.", NAMES[0], 'a\\"b')],
    "customer_city": [get(), get(after="1"), get(after="2")],
    "customer_name": [get(name=n) for n in ("D'Arcy & Sons", "Søren", "Null, Inc.", "50% -- off")],
}

ATTACKS = [
    Attack("SQL, union", "items_text", get(q="x' UNION SELECT login, secret FROM staff --"), KEY),
    Attack(
        "SQL, union",
        "items_text",
        get(q="zz%' UNION ALL SELECT secret||'/'||role,2 FROM staff WHERE '%'='"),
        KEY,
    ),
    Attack("SQL, union", "items_text", get(q="%'/**/uNiOn/**/sElEcT/**/secret,1/**/fRoM/**/staff/*"), KEY),
    Attack("SQL, boolean", "items_text", get(q="q%' OR 1=1 OR name LIKE '%q"), "Rye flour"),
    Attack(
        "SQL, schema",
        "items_text",
        get(q="x' UNION SELECT sql, 1 FROM sqlite_master;--"),
        "CREATE TABLE staff",
    ),
    Attack(
        "SQL, order by",
        "items_sorted",
        get(by="(CASE WHEN (SELECT substr(secret,1,1) FROM staff WHERE id=1)='g' THEN -id ELSE id END)"),
        '[{\\"id\\": 6',
    ),
    Attack(
        "SQL, order by",
        "items_sorted",
        get(by="id", dir="LIMIT (SELECT unicode(secret)-102 FROM staff WHERE id=1) --"),
        '[{\\"id\\": 1, \\"name\\": \\"Rye flour (type 1150)\\"}]',
    ),
    Attack("SQL, number", "items_in", get(ids="0) UNION SELECT id, secret FROM staff --"), KEY),
    Attack(
        "SQL, number",
        "items_in",
        get(ids="SELECT id FROM items) UNION SELECT 9, secret FROM staff WHERE (1"),
        KEY,
    ),
    Attack("SQL, login", "login", post(login="ivo' --", secret="x"), KEY),
    Attack("SQL, login", "login", post(login="nobody", secret="' OR role='admin"), KEY),
    Attack("SQL, login", "login", post(login="\\", secret=" ' OR ''=''/*"), "ivo"),
    Attack(
        "SQL, login",
        "login",
        post(login="x' UNION SELECT 'a','b',secret FROM staff WHERE id=1 --", secret=""),
        KEY,
    ),
    Attack(
        "SQL, stacked",
        "items_text",
        get(q="Owned"),
        "Owned by x",
        before=[
            (
                "note_new",
                post(author="a", body="b'); INSERT INTO items VALUES (77, 'Owned by x', 'k', 1, 1); --"),
            )
        ],
    ),
    Attack(
        "SQL, stacked",
        "login",
        post(login="eve", secret="e"),
        "admin",
        before=[
            (
                "note_new",
                post(
                    author="q', 'w'); INSERT INTO staff(login,secret,role) VALUES('eve','e','admin');/*",
                    body="*/--",
                ),
            )
        ],
    ),
    Attack(
        "SQL, insert",
        "note_new",
        post(author="a", body="' || (SELECT secret FROM staff WHERE id=1) || '"),
        KEY,
    ),
    Attack(
        "SQL, column names",
        "row_update",
        {**post(), "body": '{"id": 1, "body = (SELECT secret FROM staff LIMIT 1), author": "x"}'},
        KEY,
    ),
    Attack(
        "SQL, second order",
        "search_run",
        get(name="mine"),
        KEY,
        before=[("search_save", post(name="mine", term="x' UNION SELECT secret, 1 FROM staff --"))],
    ),
    Attack(
        "SQL, second order",
        "search_run",
        get(name="all"),
        "Spelt",
        before=[("search_save", post(name="all", term="x' OR stock > 0 OR kind = '"))],
    ),
    Attack("SQL, table", "statistics", get(table="items UNION SELECT secret FROM staff"), KEY),
    Attack("SQL, table", "statistics", get(table="staff WHERE secret LIKE 'granary-key-%'"), "[[1]]"),
    Attack("SQL, DuckDB", "sales_by", get(by="(SELECT value FROM secrets)"), KEY),
    Attack("SQL, DuckDB", "sales_by", get(by="(SELECT content FROM read_text('/etc/passwd'))"), "root:"),
    Attack(
        "SQL, DuckDB", "sales_by", get(where="1=1 GROUP BY 1 UNION ALL SELECT value, 1 FROM secrets --"), KEY
    ),
    Attack(
        "SQL, DuckDB",
        "sales_by",
        get(by="(SELECT string_agg(file, ' ') FROM glob('/etc/pass*'))"),
        "/etc/passwd",
    ),
    Attack("SQL, SQLAlchemy", "supplier_text", get(city="x' UNION SELECT iban, 1 FROM suppliers --"), KEY),
    Attack("SQL, SQLAlchemy", "supplier_text", get(city="' or rating < 99 or '"), "Grain"),
    Attack(
        "SQL, SQLAlchemy",
        "supplier_order",
        get(
            order="CASE WHEN substr((SELECT iban FROM suppliers WHERE id=1),4,7)='granary' THEN -id ELSE id END"
        ),
        '[\\"Grain; Co\\"',
    ),
    Attack("SQL, PostgreSQL", "parcel_track", get(id="0 UNION SELECT value, 'x' FROM keys"), KEY),
    Attack("SQL, PostgreSQL", "parcel_track", get(id="1 AND 1=CAST((SELECT value FROM keys) AS int)"), KEY),
    Attack("SQL, PostgreSQL", "parcel_track", get(id="0 or $$a$$=chr(97)"), "Union Ltd."),
    Attack(
        "SQL, PostgreSQL",
        "parcel_track",
        get(id="3"),
        "rerouted-42",
        before=[("parcel_track", get(id="0; UPDATE granary.parcels SET city = 'rerouted-42' WHERE id = 3"))],
    ),
    Attack(
        "SQL, PostgreSQL",
        "parcel_track",
        get(id="0 UNION SELECT current_user::text, version()"),
        "PostgreSQL",
    ),
    Attack("SQL, MariaDB", "customer_city", get(after="9 UNION SELECT pin, id FROM customers -- "), KEY),
    Attack(
        "SQL, MariaDB",
        "customer_city",
        get(after="0 AND extractvalue(1, concat(0x7e, (SELECT pin FROM customers LIMIT 1)))"),
        KEY,
    ),
    Attack("SQL, MariaDB", "customer_name", get(name='" UNION SELECT pin, 1 FROM customers -- '), KEY),
    Attack("SQL, MariaDB", "customer_name", get(name='x" || 1 #'), "Brest"),
    Attack(
        "SQL, MariaDB", "customer_name", get(name='"/*!UNION*//*!SELECT*/pin,2 FROM customers WHERE"1'), KEY
    ),
]
