"""A wine estate on PostgreSQL and MariaDB."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    api,
    bus,
    get,
    one,
    post,
    sns,
    sqs,
)

NEEDS = ("postgres", "mariadb")
KEY, SHOP, MEMO = "vineyard-key-7735", "vineyard-shop-4407", "vineyard-memo-5518"


def _patch(number: str, **fields: object) -> dict[str, object]:
    return api("PATCH", "/wines/{id}", fields, ids={"id": number})


def _grid(*sorts: tuple[str, str]) -> dict[str, object]:
    return post("/grid", startRow=0, sortModel=[{"colId": c, "sort": s} for c, s in sorts])


def _mine(mail: str, **query: str) -> dict[str, object]:
    return api("GET", "/mine", query=query, claims={"sub": "u", "email": mail})


def _raise(grape: str, factor: object) -> dict[str, object]:
    return sqs({"grape": grape, "factor": factor})


REQUESTS = {
    "wines": [
        api("GET", "/wines"),
        get("/wines", grape="riesling", sort="-price"),
        get("/wines", tag="l'été; -- red", **{"from": "2020"}),
        get("/wines", sort="-name", tag="red"),
    ],
    "wine_search": [
        get("/s", q="noire"),
        get("/s", q="Côte -- rouge; 2019"),
        get("/s", q="union select (grand cru)"),
        get("/s", q='clos "d"'),
    ],
    "wine": [one("/w", id="1"), one("/w", id="2"), one("/w", id="404")],
    "wine_typed": [one("/w", id="1"), one("/w", id="12a"), one("/w", id="clos-d'or")],
    "add_wine": [
        post(
            "/w",
            name="L'Étoile; 'brut'",
            grape="Chardonnay",
            year=2022,
            price=19.9,
            tags=["it's", "a,b", "{x}"],
            data={"q'": HTML},
        ),
        post("/w", name=FOLK[2], data={"text": GRUMBLE, "n": [None, True]}),
        post("/w", name="Select -- Union Blanc", tags=["50%"]),
    ],
    "change_wine": [
        _patch("1", name="Clos d'Or -- new; label", price=15),
        _patch("2", grape=LISTING),
        _patch("2", **{"unit price": 3}),
        _patch("99", name="x"),
    ],
    "bulk_price": [_raise("Riesling", "1.05"), _raise("Syrah", 0.9), _raise("Pinot d'Aunis; --", "1.1")],
    "taste": [
        {
            "arguments": {
                "input": {"wine": 1, "taster": "lea", "points": 90, "remark": "It's 'flinty'; -- drink now"}
            }
        },
        {"arguments": {"input": {"wine": 2, "taster": FOLK[0], "remark": ESSAY[:4000]}}},
        {"arguments": {"input": {"wine": 2, "taster": "100% Léa"}}},
    ],
    "tastings": [
        _grid(),
        _grid(("points", "desc")),
        _grid(("wine", "asc"), ("remark", "desc")),
        _grid(("at", "asc")),
    ],
    "tastings_named": [_grid(("points", "desc")), _grid(("grower's note", "asc"), ("at", "desc")), _grid()],
    "soil": [
        get("/soil", key="soil", value="slate"),
        get("/soil", key="soil", value="it's clay; -- or"),
        get("/soil", key="exposition sud (m)", value="x"),
    ],
    "find_text": [
        get("/t", q="green apple"),
        get("/t", q='"green apple" OR lime -clay; it\'s'),
        get("/t", q=PATTERN),
        api("GET", "/t"),
    ],
    "sign_in": [
        post("/in", login="lea", **{"pass": "vineyard-key-1002"}),
        post("/in", login="lea", **{"pass": "wrong; -- or (1=1) #"}),
        post("/in", login="nobody@example.com", **{"pass": "x"}),
    ],
    "tenant": [
        api("GET", "/n", claims={"sub": "acme"}),
        api("GET", "/n", claims={"sub": "o'brien & co; --"}),
        api("GET", "/n", claims={"sub": "a.b/c"}),
    ],
    "load_csv": [
        api(
            "POST", "/csv", 'wine,taster,points,remark\n1,O\'Hara,90,"it\'s ""good""; buy\tnow"\n2,lea,,\\N\n'
        ),
        api("POST", "/csv", "wine,taster,points,remark\r\n1," + FOLK[4] + ",8,DROP -- select\r\n"),
        api("POST", "/csv", "wine,taster,points,remark\n"),
    ],
    "my_orders": [
        _mine("zoe@example.com"),
        _mine("o'hara@example.com", state="sent"),
        _mine("bar@example.com", state="on hold"),
    ],
    "orders_by": [
        get("/o", state="open"),
        get("/o", mail="bar@example.com", state="sent"),
        get("/o", client="Berg & Tal -- GmbH; Co."),
        api("GET", "/o"),
    ],
    "orders_like": [
        get("/o", client="o'h"),
        get("/o", client="Café \\"),
        get("/o", client='100% "natural" or o\'so'),
    ],
    "quoted": [
        get("/o", client="Zoë O'Hara"),
        get("/o", client="O'Brien; DROP -- & Sons", state="sent"),
        get("/o", client="d'Arc (union)", state="l'attente"),
    ],
    "escaped": [
        bus("Lookup", client="Zoë O'Hara"),
        bus("Lookup", client="Café \\ Bar"),
        bus("Lookup", client="Smith \\ Sons' -- x\n" + LISTING),
    ],
    "new_order": [
        sns(
            {
                "client": FOLK[1],
                "mail": "j@example.com",
                "total": 12.5,
                "note": SPOTS[0],
                "placed": "2026-05-01",
            }
        ),
        sns({"client": "O'Neill", "mail": "o'n@example.com", "total": "3", "note": NOTES}),
        sns({"client": "\U0001f377 & co; --", "mail": "x@example.com", "total": 0}, "New order"),
    ],
    "refund": [
        {"order_id": 1, "amount": 5.5},
        {"order_id": "2", "amount": "20"},
        {"order_id": "77", "amount": "-3.5"},
    ],
    "monthly": [get("/m", month="2026-03"), get("/m", month="2026-04"), get("/m", month="May")],
    "mail_list": [
        {
            "addresses": [
                {"name": FOLK[0], "mail": "s.o'd@example.com"},
                {"name": "A; B --", "mail": "a+b@example.com"},
            ]
        },
        {"addresses": [{"name": FOLK[6], "mail": '"x y; z"@example.com'}]},
        {"addresses": [{"name": "100% Vin", "mail": "50%@example.com"}]},
    ],
    "alchemy_filter": [
        post("/f", state="open"),
        post("/f", state="sent -- (late); or not", order_by="total"),
        post("/f", order_by="total desc, client"),
    ],
    "alchemy_bound": [
        post("/f", client="Zoë O'", state="it's :x; --"),
        post("/f", client="50%_\\", state=GRUMBLE),
        post("/f", client=":name"),
    ],
    "slug": [
        {"arguments": {"name": "Clos d'Or; 2021 -- brut"}},
        {"arguments": {"name": "L'Été -- 50% (demi-sec)"}},
        {"arguments": {"name": "Noire"}},
    ],
}

ATTACKS = [
    Attack("SQL, text", "wine_search", get("/s", q="%' ) UNION SELECT login, passphrase FROM staff --"), KEY),
    Attack("SQL, text", "wine_search", get("/s", q="x') OR (NOT is_public AND name ILIKE '"), "Patron"),
    Attack("SQL, text", "wine_search", get("/s", q="$$') union/**/select(select string_agg(passphrase,$a$,$a$) from staff),null--"), KEY),
    Attack("SQL, number", "wine", one("/w", id="0 UNION SELECT passphrase, 1 FROM staff WHERE is_admin"), KEY),
    Attack("SQL, number", "wine", one("/w", id="0 or price=(select max(price) from wines)"), "Patron"),
    Attack("SQL, number", "bulk_price", _raise("Riesling", "1, name = (SELECT passphrase FROM staff WHERE is_admin)"), KEY),
    Attack("SQL, number", "bulk_price", _raise("Syrah", "(SELECT passphrase::int FROM staff WHERE id = 1)"), KEY),
    Attack("SQL, number", "bulk_price", _raise("Syrah", "1, name = wines.name || passphrase FROM (SELECT passphrase FROM staff WHERE is_admin) s"), KEY),
    Attack("SQL, order", "tastings", _grid(("(SELECT passphrase::int FROM staff LIMIT 1)", "asc")), KEY),
    Attack("SQL, order", "tastings", _grid(("points", "desc, cast((select passphrase from staff where is_admin) as numeric)")), KEY),
    Attack("SQL, JSON key", "soil", get("/s", key="x' IS NULL UNION SELECT passphrase FROM staff WHERE '1", value="1"), KEY),
    Attack("SQL, JSON key", "soil", get("/s", key="soil' <> 'x' OR NOT is_public OR 'a", value="b"), "Patron"),
    Attack("SQL, login", "sign_in", post("/in", login="patron' --", **{"pass": ""}), "true"),
    Attack("SQL, login", "sign_in", post("/in", login="x", **{"pass": "' OR is_admin AND ''='"}), "true"),
    Attack("SQL, login", "sign_in", post("/in", login="' UNION SELECT passphrase, true FROM staff WHERE login = 'patron", **{"pass": "' OR 'a' = 'a"}), "true"),
    Attack("SQL, condition", "orders_by", get("/o", client="' OR state = 'internal"), "House"),
    Attack("SQL, condition", "orders_by", get("/o", state="' UNION SELECT pass, 1 FROM accounts_t -- "), SHOP),
    Attack("SQL, condition", "orders_by", get("/o", **{"1 UNION SELECT pass, mail FROM accounts_t #": "x"}), SHOP),
    Attack("SQL, condition", "orders_by", get("/o", client="' AND extractvalue(1, concat(0x7e, (SELECT pass FROM accounts_t LIMIT 1))) = '"), SHOP),
    Attack("SQL, backslash", "quoted", get("/o", client="\\", state=" OR state = 0x696e7465726e616c -- "), MEMO),
    Attack("SQL, backslash", "quoted", get("/o", client="\\' UNION SELECT mail, pass FROM accounts_t -- "), SHOP),
    Attack("SQL, backslash", "quoted", get("/o", client="x\\", state=" UNION SELECT 1, group_concat(pass) FROM accounts_t #"), SHOP),
    Attack("SQL, number", "refund", {"order_id": "1 OR 1=1", "amount": "9"}, '"changed": 3'),
    Attack("SQL, number", "refund", {"order_id": 1, "amount": "0, client = (SELECT pass FROM accounts_t WHERE id = 1)"}, SHOP),
    Attack("SQL, number", "refund", {"order_id": 2, "amount": "0, state = 0x78, client = concat(mail, 0x20, (select group_concat(pass) from accounts_t))"}, SHOP),
    Attack("SQL, date", "monthly", get("/m", month="x' UNION SELECT pass, 1 FROM accounts_t -- "), SHOP),
    Attack("SQL, date", "monthly", get("/m", month="' OR 1 GROUP BY state UNION ALL SELECT note, id FROM orders_t WHERE state = 'internal' #"), MEMO),
    Attack("SQL, ORM's text", "alchemy_filter", post("/f", state="' UNION SELECT pass FROM accounts_t -- "), SHOP),
    Attack("SQL, ORM's text", "alchemy_filter", post("/f", state="open' OR state = 'internal"), "House"),
    Attack("SQL, ORM's order", "alchemy_filter", post("/f", order_by="updatexml(1, concat(0x7e, (SELECT pass FROM accounts_t LIMIT 1)), 1)"), SHOP),
    Attack("SQL, ORM's order", "alchemy_filter", post("/f", order_by="(select 1 from (select count(*), concat((select pass from accounts_t limit 1), floor(rand(0)*2)) x from information_schema.columns group by x) a)"), SHOP),
]  # fmt: skip
