"""An API on SQLAlchemy, FastAPI, pandas and duckdb."""

from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    AWKWARD,
    ESSAY,
    GUESTS,
    HOMES,
    HOWTO,
    PROSE,
    api,
    b64,
    kinesis,
    rule,
    sqs,
    url,
)

NEEDS = ()
KEY = "dairy-key-8104"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _post(**body: object) -> dict[str, object]:
    return api("POST", "/", body)


def _filters(*filters: tuple[str, str, object]) -> dict[str, object]:
    return _post(filters=[{"field": f, "op": o, "value": v} for f, o, v in filters])


def _web(method: str, path: str, body: object = None, **query: str) -> dict[str, object]:
    return url(method, quote(path), body, query=query)


def _tool(path: str, **query: str) -> dict[str, object]:
    event = api("GET", path, query=query)
    return event | {"path": path}


REQUESTS = {
    "cheeses": [_get(name=one) for one in ("blue", "chef's", *AWKWARD)]
    + [_get(max_price="12.50", note="%"), _get(color="'")],
    "filter_spec": [
        _filters(("price", "lt", 15), ("name", "like", "%o%")),
        _filters(("name", "in", ["Goat", "Chef's select", "') or 1=1 --"])),
        _filters(("note", "eq", PROSE)),
    ],
    "filter_text": [
        _filters(("price", ">=", 10)),
        _filters(("name", "=", "Chef's select")),
        _filters(("note", "LIKE", "%don't%"), ("price", "<", "13.5")),
    ],
    "sort_text": [_get(), _get(sort="price desc"), _get(sort="made, name asc")],
    "sort_column": [_get(sort="-price"), _get(sort="name; drop -- x"), _get(sort="made")],
    "literal": [_get(), _get(fields="id,made"), _get(fields="name")],
    "load_only": [_get(), _get(fields="price,made"), _get(fields="api_key,(select 1)")],
    "attribute": [
        {"arguments": {"id": 1}},
        {"arguments": {"id": "2", "field": "farm.name"}},
        {"arguments": {"id": 3, "field": "note"}},
    ],
    "report": [
        rule("R", {"region": "West", "since": "4 Jan 2026", "title": PROSE}),
        rule("R", {"region": "Provence-Alpes-Côte d’Azur", "since": "2026-01-01T00:00:00Z"}),
        rule("R", {"region": "North (old); -- x", "since": "Feb 1st, 2026 10:00 PM", "title": "it's"}),
    ],
    "report_bound": [
        rule("R", {"regions": ["West", "L'Aquila"], "title": HOWTO}),
        rule("R", {"regions": ["') or 1=1 --", "North"]}),
        rule("R", {"regions": []}),
    ],
    "add": [_post(name=one, price="4.50", note=PROSE) for one in (*AWKWARD, *GUESTS[:3])]
    + [_post(name="x", price=-1, note=ESSAY), _post(name="'); drop table cheeses; --", price=1)],
    "change": [
        _post(name="Chef's 2nd select; --", note=HOWTO),
        _post(price=5.5),
        _post(note="", color="red'"),
    ],
    "batch": [
        sqs({"name": GUESTS[0]}, {"name": HOMES[0], "note": PROSE}),
        sqs({"name": "'); --", "price": 2.5}),
    ],
    "related": [_get(farm="Hof"), _get(farm="Malley"), _get(farm="Grün & S"), _get(farm="50% -- off; (x)")],
    "history": [_get(), _get(on="1/2/2026"), _get(on="20 February 2026 at 5pm"), _get(on="Jan 5, 2026")],
    "history_raw": [_get(), _get(on="2026-02-01"), _get(on="2026-02-01T10:00:00")],
    "web": [
        _web("GET", "/farms"),
        _web("GET", "/farms", region="North", order="name desc"),
        _web("GET", "/farms", region="L'Aquila -- (x); drop", limit="2"),
        _web("GET", "/farms", limit="many"),
        *(_web("POST", "/notes/1", {"text": one}) for one in AWKWARD),
        _web("GET", "/by-name/Goat"),
        _web("GET", "/by-name/Blue -- strong"),
        _web("GET", "/by-name/a/b (c); d"),
    ],
    "powertools": [
        _tool("/cheese/Goat"),
        _tool("/cheese/Chef's select"),
        _tool("/cheese/x' or 1=1 --"),
        _tool("/farm", key="region", value="O'West; --"),
        _tool("/farm"),
        _tool("/farm", key="name", value="O'Malley's"),
    ],
    "frame": [
        api("POST", "/f", 'sku,shop,total\n007,"O\'Hara; Sons",5\n008,-- North,7.5\n'),
        api("POST", "/f", "sku,shop,total\n1,=SUM(A1),5\n2,@x,1\n", query={"by": "sku"}),
    ],
    "frame_query": [
        _get(shop="North"),
        _get(shop="O'Hara"),
        _get(shop='a" or 1 "', mode="safe"),
        _get(shop="it's @x & `y`"),
    ],
    "duck": [_get(shop=one) for one in ("o'h", *AWKWARD)] + [_get()],
    "duck_text": [
        _get(),
        _get(shop="O'Hara"),
        _get(shop="South", field="total * 2"),
        _get(shop="x'; drop -- y", field="shop"),
    ],
    "frame_sql": [{"table": "cheeses"}, {"table": "farms", "column": "region"}],
    "enum_search": [{"kind": "note", "text": one} for one in ("don't", *AWKWARD)]
    + [{"kind": "id; --", "text": "Goat"}],
    "token": [_get(), _get(token=b64('[8, "Goat"]')), _get(token=b64('["12.5", "it\'s -- x"]'))],
    "since": [kinesis({"ms": 1770000000000, "note": PROSE}, {"ms": 1760000000000.5, "note": "'; --"})],
}

ATTACKS = [
    Attack(
        "SQL, ORM text",
        "filter_text",
        _filters(("0 = 1 UNION SELECT name, api_key FROM farms WHERE name", "!=", "")),
        KEY,
    ),
    Attack(
        "SQL, ORM text",
        "filter_text",
        _filters(
            ("price", "< 0 or exists (select 1 from farms where api_key like 'dairy-key-81%') or 1 =", 2)
        ),
        "Goat",
    ),
    Attack(
        "SQL, two filters",
        "filter_text",
        _filters(("id", "= 0 /*", "x"), ("y", "*/ UNION SELECT region, api_key FROM farms -- ", "z")),
        KEY,
    ),
    Attack(
        "SQL, ORM order",
        "sort_text",
        _get(sort="(select case when api_key like 'dairy-key-81%' then -cheeses.id end from farms limit 1)"),
        '[\\"Chef\'s select\\", \\"Goat\\"',
    ),
    Attack(
        "SQL, ORM order",
        "sort_text",
        _get(sort="iif((select api_key from farms) glob '*8104', -price, price)"),
        '[\\"Chef\'s select\\", \\"Blue',
    ),
    Attack("SQL, ORM column", "literal", _get(fields="(select api_key from farms)"), KEY),
    Attack(
        "SQL, ORM column",
        "literal",
        _get(fields="name,group_concat((select max(api_key||region) from farms))"),
        KEY + "West",
    ),
    Attack("attributes", "attribute", {"arguments": {"id": 1, "field": "farm.api_key"}}, KEY),
    Attack(
        "attributes",
        "attribute",
        {"arguments": {"id": 1, "field": "__class__.__init__.__globals__"}},
        "Python Software",
    ),
    Attack(
        "attributes",
        "attribute",
        {"arguments": {"id": 1, "field": "_sa_instance_state.session.bind.url"}},
        "sqlite://",
    ),
    Attack(
        "SQL, ORM text",
        "report",
        rule("R", {"region": "x' union select api_key, 1 from farms --", "since": "2026-01-01"}),
        KEY,
    ),
    Attack(
        "SQL, ORM text",
        "report",
        rule(
            "R",
            {
                "region": "x' group by 1 union select api_key, :since from farms where '1",
                "since": "2026-01-01",
            },
        ),
        KEY,
    ),
    Attack("SQL, ORM text", "related", _get(farm="zz' union select name, api_key from farms --"), KEY),
    Attack(
        "SQL, ORM text",
        "related",
        _get(farm="x%' or (farms_1.api_key like '%8104') and 'a' like 'a"),
        "Chef's",
    ),
    Attack(
        "SQL, driver", "history_raw", _get(on="2030-01-01') union select api_key, region from farms --"), KEY
    ),
    Attack(
        "SQL, driver",
        "history_raw",
        _get(
            on="',(select 1 from farms where api_key >= 'dairy-key-8'),'') or 1=1 union select char(75)||api_key, 1 from farms--"
        ),
        "K" + KEY,
    ),
    Attack(
        "SQL, FastAPI",
        "web",
        _web("GET", "/by-name/' union select api_key, 1 from farms limit 1 --"),
        "dairy-key-2207",
    ),
    Attack(
        "SQL, FastAPI",
        "web",
        _web("GET", "/by-name/x' union select region, api_key from farms where '1' = '1"),
        KEY,
    ),
    Attack(
        "SQL, FastAPI encoded",
        "web",
        url("GET", "/by-name/%78%27%09%55NION%09SELECT%0C1%2Capi_key%20FROM%20farms--"),
        KEY,
    ),
    Attack(
        "SQL, key",
        "powertools",
        _tool("/farm", key="0 union select api_key, 1 from farms where :value", value="1"),
        KEY,
    ),
    Attack(
        "SQL, key", "powertools", _tool("/farm", key="api_key > 'dairy-key-81' and id", value="1"), "O'Malley"
    ),
    Attack("pandas", "frame_query", _get(shop='x" or margin.str.startswith("mrg-4") or "y"=="'), "mrg-4"),
    Attack("pandas", "frame_query", _get(shop='" or shop.str.len() > 0 or shop == "'), "mrg-5"),
    Attack(
        "SQL, duckdb file", "duck_text", _get(field="(select content from read_text('/etc/passwd'))"), "root:"
    ),
    Attack(
        "SQL, duckdb file",
        "duck_text",
        _get(
            field="column0 from read_csv('/etc/passwd', header=false, columns={'column0': 'VARCHAR'}, sep='|') union select shop"
        ),
        "root:",
    ),
    Attack(
        "SQL, duckdb settings",
        "duck_text",
        _get(field="(select string_agg(name || '=' || value, ' ') from duckdb_settings())"),
        "memory_limit=",
    ),
    Attack("SQL, table", "frame_sql", {"table": "(select api_key as name from farms where id = 1)"}, KEY),
    Attack("SQL, table", "frame_sql", {"table": "farms where id = 1", "column": "api_key"}, KEY),
    Attack(
        "SQL, table",
        "frame_sql",
        {
            "table": "cheeses union all select id, api_key, 1, '2026-01-01', region, id from farms where id = 1"
        },
        KEY,
    ),
]
