"""A wine cellar on PostgreSQL, MariaDB and Redis."""

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
    TAGGED,
    bus,
    get,
    post,
    queue,
    rest,
    stream,
)

NEEDS = ("postgres", "mariadb", "redis")
KEY = "cork-key-4410"


def _id(number: str, body: object = None) -> dict[str, object]:
    return rest("PATCH" if body is not None else "GET", "/wines/{id}", body, ids={"id": number})


def _data(number: str, key: str) -> dict[str, object]:
    return rest("GET", "/wines/{id}/data/{key}", ids={"id": number, "key": key})


def _filter(name: str, region: str | None = None) -> dict[str, object]:
    if region is None:
        return rest("GET", "/filters/{name}", ids={"name": name})
    return rest("PUT", "/filters/{name}", {"region": region}, ids={"name": name})


def _login(user: str, password: str) -> dict[str, object]:
    return post("/login", user=user, password=password)


def _pin(login: str, pin: str) -> dict[str, object]:
    return post("/pin", login=login, pin=pin)


def _moves(*moves: tuple[str, object]) -> dict[str, object]:
    return bus("Moved", {"moves": [{"shelf": s, "id": n} for s, n in moves]})


def _shelf(shelf: str) -> dict[str, object]:
    return rest("GET", "/shelves/{shelf}", ids={"shelf": shelf})


def _regions(*regions: str) -> dict[str, object]:
    return {"info": {"fieldName": "wines"}, "arguments": {"regions": list(regions)}}


REQUESTS = {
    "wine": [_id("1"), _id("3"), _id("404")],
    "wine_bound": [_id("2"), _id("Château d'If"), _id("1 OR 1=1; --"), _id(CLIENTS[0])],
    "search": [
        get("/w"),
        get("/w", q='Old "Tom"', sort="year"),
        get("/w", q="rosé -- light", region="Provence"),
        *(get("/w", q=t) for t in LINES[:3]),
    ],
    "search_composed": [
        get("/w", q="d'If"),
        get("/w", q=LETTER, sort="-year"),
        get("/w", q="100%_\\", sort="price"),
        get("/w", sort="id; --"),
    ],
    "add_wine": [
        post("/w", id=9, name="L'Étoile; DROP", region=PLACES[0], data={"note": LETTER, "a'b": [1, None]}),
        post("/w", id=1, name=EMOJI, year=2020),
        post("/w", id=10, name=FENCED, data={"html": TAGGED}),
    ],
    "change_wine": [
        _id("1", {"stock": 5}),
        _id("2", {"name": "Tom's; -- new", "region": LETTER}),
        _id("3", {"year": 2021, "price": 12.5, "stock": 0}),
    ],
    "change_wine_composed": [
        _id("1", {"name": CLIENTS[1]}),
        _id("1", {'Region (old) "x"': "x"}),
        _id("1", {"region": FENCED, "year": None}),
    ],
    "login": [
        _login("ana", "barrel"),
        _login("ana", 'p"w; -- 1=1'),
        _login("zoë@example.org", "select * from 100%"),
    ],
    "export": [get("/e"), get("/e", region="Hunter"), get("/e", region='the "old" valley -- south; x')],
    "import_copy": [
        {"csv": '"O\'Hara; --",Rhône\n\\N,"a\tb"\n'},
        {"csv": f'"{LINES[0].replace(chr(34), chr(34) * 2)}",x\n李,"it\'s"'},
        {"csv": "a\n"},
    ],
    "text_search": [
        get("/t", q="provence -light"),
        get("/t", q='"old tom" or d\'if'),
        get("/t", q="' OR 1=1; --"),
        get("/t", q=LETTER),
    ],
    "attribute": [_data("1", "grape"), _data("2", "abv"), _data("3", 'no "such" -- key; x')],
    "several": [_regions("Provence", "Hunter"), _regions("O'Hara's; --", '{"a",b}'), _regions()],
    "sales_by": [
        get("/s"),
        get("/s", unit="week"),
        get("/s", unit="year", limit="1"),
        get("/s", unit="fortnight"),
    ],
    "buyers": [
        bus("B", {"buyer": "Lind"}),
        bus("B", {"buyer": 'Hotel "Lind" -- desk; x'}),
        bus("B", {"buyer": "100 % & co"}),
    ],
    "buyers_bound": [
        bus("B", {"buyer": "O'Hara"}),
        bus("B", {"buyer": "x' OR '1'='1"}),
        bus("B", {"buyer": LETTER}),
    ],
    "orm_list": [
        get("/o"),
        get("/o", region="O'Hara; --", sort="price"),
        get("/o", sort="year DESC NULLS LAST, name"),
        get("/o", region=FENCED),
    ],
    "orm_filter": [
        get("/o", name="Château d'If"),
        get("/o", region="Provence", **{"from": "2017"}),
        get("/o", **{"from": "1; DROP", "x": LETTER}),
    ],
    "save_filter": [_filter("south", "Provence"), _filter("it's; --", "Hunter 'x'"), _filter("long", LETTER)],
    "use_filter": [_filter("nobody's"), _filter("x' OR '1'='1")],
    "batch_sales": [
        queue({"id": 4, "bottles": 2, "buyer": CLIENTS[0]}),
        queue(*({"id": n, "bottles": n, "buyer": t} for n, t in enumerate(PROSE, 4))),
    ],
    "batch_notes": [
        stream({"id": 1, "buyer": 'Lind "north" -- till 2; paid'}),
        stream({"id": 2, "buyer": LINES[1]}, {"id": 3, "buyer": LINES[3]}),
    ],
    "bottle": [
        get("/b", label="L'Étoile"),
        get("/b", label="Port -- tawny; it's 'old'"),
        get("/b", label="100% # new /* x */"),
    ],
    "bottle_bound": [
        get("/b", label='"V"'),
        get("/b", label="50%"),
        get("/b", label="L'Étoile\\"),
        get("/b", label=LETTER),
    ],
    "bottle_escaped": [_id("1"), _id("3"), _id("99")],
    "shelf": [_shelf("A-1"), _shelf("O'Hara+%2D%2D+x"), _shelf("\\'\"; DROP"), _shelf(EMOJI)],
    "bottles_sorted": [get("/b"), get("/b", order="label", dir="DESC"), get("/b", order="size", limit="2")],
    "pin": [_pin("ana", "1234"), _pin("o'hara", "it's; --"), _pin("zoë", '"5" # 6'), _pin("ana", "4321")],
    "upsert_bottles": [
        {"bottles": [{"id": 1, "label": "L'Autre; --", "note": LETTER}, {"id": 9, "label": EMOJI}]},
        {"bottles": [{"id": 8, "label": "a\\' b", "note": FENCED}]},
        {"bottles": [{"id": 7, "label": '%s "x"', "note": LONG[:2000]}]},
    ],
    "move_bottles": [_moves(("C-1", 1), ("C-2", 2)), _moves(('D "low" -- 2; x', 3)), _moves()],
    "orm_bottles": [
        get("/o"),
        get("/o", where="label", **{"is": "L'Étoile"}),
        get("/o", where="note", **{"is": LETTER}),
        get("/o", where="nothing"),
    ],
    "orm_bottles_like": [
        get("/o", q="Grüner"),
        get("/o", q="L'É"),
        get("/o", q="50% sweet"),
        get("/o", q="%' OR 1=1 --"),
    ],
    "cached": [_id("1"), _id("it's; *"), _id("a:b:c")],
    "remember": [
        _id("n'1", {"a": LETTER, "b;": [1, None]}),
        _id(EMOJI, {"x": FENCED}),
        _id("a\r\nb", {"$": "EVAL 'x' 0"}),
    ],
    "by_script": [_id("1"), _id("2"), _id('new "wine" -- 3; x')],
    "by_script_args": [_id("1"), _id("x') -- it's"), _id(LETTER)],
    "names_of": [{"kind": "wine"}, {"kind": "it's; none"}, {"kind": "beer 5"}],
}

ATTACKS = [
    Attack("SQL, number", "wine", _id("0 UNION SELECT 1, login, key FROM keepers WHERE login = 'head'"), KEY),
    Attack("SQL, number", "wine", _id("1 AND 1=CAST((SELECT key FROM keepers LIMIT 1) AS int)"), KEY),
    Attack("SQL, text", "search", get("/w", q="zz%') UNION SELECT 1, key, 2 FROM keepers --"), KEY),
    Attack("SQL, text", "search", get("/w", region="x' UNION SELECT 1, key, 2 FROM keepers --"), KEY),
    Attack(
        "SQL, order", "search", get("/w", sort="CAST((SELECT 'a' || key FROM keepers LIMIT 1) AS int)"), KEY
    ),
    Attack(
        "SQL, text",
        "search",
        get(
            "/w",
            region="x'/**/OR/**/1=CAST((/**/SELECT/**/string_agg(key,$$,$$)/**/FROM/**/keepers)AS/**/int)--",
        ),
        KEY,
    ),
    Attack(
        "SQL, column", "change_wine", _id("1", {"region = (SELECT key FROM keepers LIMIT 1), stock": 1}), KEY
    ),
    Attack("SQL, login", "login", _login("head' --", "x"), KEY),
    Attack("SQL, login", "login", _login("x", "' OR login = 'head"), KEY),
    Attack(
        "SQL, login",
        "login",
        _login("x' UNION SELECT key, key FROM keepers WHERE login LIKE 'h%%'--", ""),
        KEY,
    ),
    Attack("SQL, COPY", "export", get("/e", region="x' UNION SELECT key, 1 FROM keepers) TO STDOUT --"), KEY),
    Attack("SQL, COPY", "export", get("/e", region="x' OR region LIKE 'Hunt%' OR 'a'='b"), "Tom"),
    Attack("SQL, JSON key", "attribute", _data("1", "grape' || (SELECT key FROM keepers LIMIT 1) || '"), KEY),
    Attack("SQL, unit", "sales_by", get("/s", unit="month', day), key FROM sales, keepers --"), KEY),
    Attack(
        "SQL, limit",
        "sales_by",
        get("/s", limit="(SELECT length(key) - 12 FROM keepers LIMIT 1)"),
        '\\"n\\": 3}]',
    ),
    Attack("SQL, text", "buyers", bus("B", {"buyer": "x' UNION SELECT key, 1 FROM keepers --"}), KEY),
    Attack("SQL, text", "buyers", bus("B", {"buyer": "x' OR bottles > 11 OR buyer = '"}), '"bottles": 12'),
    Attack(
        "SQL, order",
        "orm_list",
        get("/o", sort="CAST((SELECT key FROM keepers WHERE login = 'head') AS int)"),
        KEY,
    ),
    Attack(
        "SQL, order",
        "orm_list",
        get(
            "/o",
            sort="(CASE WHEN EXISTS (SELECT 1 FROM keepers WHERE key LIKE 'cork%') THEN -id ELSE id END)",
        ),
        '[[\\"Ros',
    ),
    Attack(
        "SQL, second order",
        "use_filter",
        _filter("e-1"),
        KEY,
        before=[("save_filter", _filter("e-1", "x' UNION SELECT key FROM keepers --"))],
    ),
    Attack(
        "SQL, second order",
        "use_filter",
        _filter("e-2"),
        "Tom",
        before=[("save_filter", _filter("e-2", "x' OR ''='"))],
    ),
    Attack(
        "SQL, stream",
        "batch_notes",
        stream({"id": 1, "buyer": "x' || (SELECT key FROM keepers LIMIT 1) || '"}),
        KEY,
    ),
    Attack(
        "SQL, stream", "batch_notes", stream({"id": "1 OR 1=1", "buyer": "mine"}), '["mine", "mine", "mine"]'
    ),
    Attack("SQL, text", "bottle", get("/b", label='x" UNION SELECT 1, token FROM staff #'), KEY),
    Attack(
        "SQL, text",
        "bottle",
        get("/b", label='" UNION/*!50000SELECT*/ 1, CONCAT(token, 0x2b) FROM staff -- '),
        "cork-key-4410+",
    ),
    Attack("SQL, escaped", "bottle_escaped", _id("0 UNION SELECT token, 1 FROM staff"), KEY),
    Attack(
        "SQL, escaped",
        "bottle_escaped",
        _id("0 UNION SELECT token, pin FROM staff WHERE login = 0x68656164"),
        KEY,
    ),
    Attack(
        "SQL, backtick",
        "bottles_sorted",
        get("/b", order="id` AND EXTRACTVALUE(1, CONCAT(0x7e, (SELECT token FROM staff LIMIT 1))) -- "),
        KEY,
    ),
    Attack(
        "SQL, direction",
        "bottles_sorted",
        get("/b", dir=", UPDATEXML(1, CONCAT(0x2e, (SELECT token FROM staff WHERE login='head')), 1)"),
        KEY,
    ),
    Attack("SQL, backslash", "pin", _pin("x\\", " OR login = 0x68656164 -- "), KEY),
    Attack("SQL, backslash", "pin", _pin("\\' OR 1=1 LIMIT 1 -- ", "x"), KEY),
    Attack(
        "SQL, several statements",
        "move_bottles",
        _moves(("A'; UPDATE bottles SET shelf='ow''ned'; -- ", 1)),
        "ow'ned",
    ),
    Attack(
        "SQL, several statements",
        "move_bottles",
        _moves(("X", "1; UPDATE bottles, staff SET shelf = token WHERE login = 'head'")),
        KEY,
    ),
    Attack("SQL, column", "orm_bottles", get("/o", where="1=1 OR shelf"), "Port"),
    Attack(
        "SQL, column",
        "orm_bottles",
        get("/o", where="(SELECT COUNT(*) FROM staff WHERE token LIKE 'cork-key-44%') > 0 OR label"),
        "Port",
    ),
    Attack("Lua", "by_script", _id("1') .. redis.call('GET', 'cellar:keeper:head"), "CORK-KEY-4410"),
    Attack(
        "Lua",
        "by_script",
        _id("x') if true then return redis.call('GET', 'cellar:keeper:head') end local w = ('"),
        KEY,
    ),
]
