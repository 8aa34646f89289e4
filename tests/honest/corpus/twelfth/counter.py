"""A shop's counter on SQLite."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    PATTERN,
    STREETS,
    api,
    encoded,
    messages,
    posted,
    rule,
)

NEEDS = ()
PIN = "pin-88231-root"


def _one(number: str) -> dict[str, object]:
    return api("GET", "/invoices/{number}", ids={"number": number})


def _clients(**query: str) -> dict[str, object]:
    return api("GET", "/clients", query=query)


def _q(text: str) -> dict[str, object]:
    return api("GET", "/search", query={"q": text})


def _attr(sku: str, path: str) -> dict[str, object]:
    return api("GET", "/stock/{sku}/attrs/{path}", ids={"sku": sku, "path": path})


def _view(name: str, **where: object) -> dict[str, object]:
    return api("POST", "/views", {"name": name, "where": where})


def _open(name: str) -> dict[str, object]:
    return api("GET", "/views/{name}", ids={"name": name})


def _tags(*tags: str) -> dict[str, object]:
    return api("GET", "/tags", query={"tag": tags[0]}) | {
        "multiValueQueryStringParameters": {"tag": list(tags)}
    }


def _tree(number: str) -> dict[str, object]:
    return api("GET", "/folders/{id}", ids={"id": number})


def _moves(*moves: tuple[str, str]) -> dict[str, object]:
    return rule("Moved", {"moves": [{"sku": a, "shelf": b} for a, b in moves]})


def _cursor(text: str) -> dict[str, object]:
    return api("GET", "/stock", query={"cursor": encoded(text)})


def _traced(trace: str, page: str) -> dict[str, object]:
    return api("POST", "/audit", {"page": page}, headers={"X-Amzn-Trace-Id": trace})


REQUESTS = {
    "invoice": [_one("R-100"), _one("R-101"), _one("R/2026/17"), _one("2026-05 (copy)")],
    "invoice_safe": [_one("R-100"), _one("R-100' or 'a'='a"), _one("O'Dea; #5 -- x"), _one("")],
    "find_clients": [
        _clients(name="Bakery"),
        _clients(name="O'D"),
        _clients(name='"Hotel" -- Lind; select', sort="amount"),
        _clients(name=NAMES[4], sort="client"),
    ],
    "like_escaped": [_q("100%_\\"), _q("urgent -- call"), _q("O'Dea"), _q(GUIDE)],
    "add_invoice": [
        api("POST", "/i", {"number": "W-1", "client": NAMES[0], "amount": 12.345, "memo": COMPLAINT}),
        api("POST", "/i", {"number": "W'2", "client": NAMES[6], "memo": CODE}),
        api("POST", "/i", {"number": "W-3", "client": STREETS[0], "amount": 1e4, "memo": LONG}),
        api("POST", "/i", {"number": "W-4", "client": "'; DELETE FROM invoices; --", "amount": -1}),
    ],
    "batch_states": [
        messages({"number": "R-100", "memo": "two trays, left at the back door"}),
        messages(
            {"number": "R-101", "memo": "it's paid -- by 'card'"}, {"number": "R-102", "memo": "50% {later}"}
        ),
        messages({"number": "R-103", "memo": COMPLAINT}),
    ],
    "stock_attr": [
        _attr("T-1", "colour"),
        _attr("T-1", "size.g"),
        _attr("T-2", "net_weight"),
        _attr("O'x", "a"),
    ],
    "stock_attr_bound": [
        _attr("T-1", "size.g"),
        _attr("T-1", "it's [0]"),
        _attr("T-1", '"a b".c'),
        _attr("x", "')"),
    ],
    "note_search": [
        _q("can't come"),
        _q('"10% up" OR members*'),
        _q("a AND NOT (b) ; --"),
        _q(MARKUP),
        _q(""),
    ],
    "note_search_raw": [_q("tea"), _q("truck OR prices"), _q('"on monday"'), _q("title:delivery"), _q("NOT")],
    "save_note": [
        api("PUT", "/n", {"title": "Für O'Hara", "body": COMPLAINT}),
        api("PUT", "/n", {"title": "", "body": GUIDE}),
        api("PUT", "/n", {"title": "sql", "body": "select * from members where 1=1 union select 2;"}),
    ],
    "login": [
        posted("/login", login="zoe", pin="pin-10022-zoe"),
        posted("/login", login="zoe", pin="wrong"),
        posted("/login", login="k.müller@example.net", pin="Tr0ub4dor&3 $x"),
        posted("/login", login="nobody"),
    ],
    "stats": [
        api("GET", "/stats"),
        api("GET", "/stats", query={"by": "page", "metric": "sum", "op": "gt", "than": "5"}),
        api("GET", "/stats", query={"by": "day", "metric": "count(*)", "op": "lt", "than": "1e3"}),
    ],
    "pivot": [{"days": ["2026-05-01"]}, {"days": ["2026-05-01", "2026-05-02"]}, {"days": ["1. Mai 2026"]}],
    "save_view": [
        _view("open ones", state="open"),
        _view("o'hara & co; mine", client="Hotel Lind", state="open"),
        _view("everything"),
        _view("with quote", memo=COMPLAINT),
    ],
    "open_view": [_open("open ones"), _open("o'hara & co; mine"), _open("everything"), _open("none' or 1")],
    "tagged": [
        api("GET", "/stock", query={"tags": "organic, o'clock"}),
        api("GET", "/stock", query={"tags": "strong') or 1=1 --,;"}),
        api("GET", "/stock", query={"tags": "select,union,drop"}),
    ],
    "tagged_joined": [
        _tags("organic"),
        _tags("strong", "decaf (swiss water)"),
        _tags("10% off", "tea & cake"),
        _tags("o'clock"),
    ],
    "patch_stock": [
        api("PATCH", "/s", {"title": 'Mug "Ålesund"; it\'s blue', "qty": 5}, ids={"sku": "M-7"}),
        api("PATCH", "/s", {"attrs": {"a'b": [1, None, "--"]}, "where": "1=1"}, ids={"sku": "T-2"}),
        api("PATCH", "/s", {"price": 1}, ids={"sku": "T-2"}),
        api("PATCH", "/s", {"shelf": "B/2 (left)"}, ids={"sku": "nope'"}),
    ],
    "put_member": [
        api("POST", "/m", {"login": "o'dea", "pin": "0000", "email": "o'dea@example.net", "role": "clerk"}),
        api("POST", "/m", {"login": NAMES[1], "email": "minh+1@example.net"}),
        api("POST", "/m", {"login": "x; drop", "pin": "' or ''='", "role": "select"}),
    ],
    "tree": [_tree("1"), _tree("3"), _tree("99")],
    "page": [api("GET", "/stock"), _cursor("M-7"), _cursor("T-1"), _cursor("Zz 9/ü")],
    "load_csv": [
        {"content": encoded(f'sku,title,qty,shelf\nC-1,"{COMPLAINT[:40]}",5,A\nC-2,it\'s,1,"B; 2"\n')},
        {
            "content": encoded(
                "\ufeffsku;title;qty;shelf\nC-3;=SUM(A1:A9);0;'\nC-4;Robert'); DROP TABLE stock;--;1;x\n"
            )
        },
        {"content": encoded("sku\ttitle\tqty\tshelf\nC-5\tü\t2\tA\n")},
    ],
    "nightly_import": [
        _moves(("T-1", "A1"), ("T-2", "B-12/3")),
        _moves(("M-7", "Room 5, left")),
        _moves(("no such", "C (cold) #4")),
        _moves(),
    ],
    "table_dump": [{"table": "stock"}, {"table": "visits", "limit": 5}, {"table": "tags"}],
    "column_values": [
        api("GET", "/values", query={"column": "shelf"}),
        api("GET", "/values", query={"column": "title"}),
        api("GET", "/values", query={"column": "Farbe (neu)"}),
    ],
    "regex_members": [
        api("GET", "/r", query={"pattern": r"^(Green|Black)\s+tea$"}),
        api("GET", "/r", query={"pattern": PATTERN}),
        api("GET", "/r", query={"pattern": "'(unclosed; --"}),
    ],
    "audit": [
        _traced("Root=1-67a1b2c3-0a1b2c3d4e5f;Parent=53995c3f42cd8ad8;Sampled=1", "/tea?x='1'&y=--"),
        _traced("Self=1-2;Root=1-3", COMPLAINT),
        _traced("none", "/"),
    ],
    "search_builder": [
        api("POST", "/find", {"client": "O'Dea", "state": "paid"}),
        api("POST", "/find", {"client": "' OR 1=1 --", "min": "0"}),
        api("POST", "/find", {"1=1; drop table x": "y", "since": "2026-01-01"}),
        api("POST", "/find", {}),
    ],
    "insert_dict": [
        messages({"it's": "x'); DROP TABLE facts; --", "n": 1.5}),
        messages({"select": GUIDE}, {"a.b[0]": [1, {"--": None}]}),
        messages({"": LONG}),
    ],
    "quoted_column": [
        api(
            "POST",
            "/survey",
            {"questions": ["How's the tea?", 'Rate "us" (1-5)'], "answers": ["it's ok; --", "5"]},
        ),
        api("POST", "/survey", {"questions": ['x" TEXT); DROP TABLE survey; --'], "answers": [COMPLAINT]}),
        api("POST", "/survey", {"questions": ["select", "\u00fc & co"], "answers": [None, ""]}),
    ],
    "window": [{"page": "/home", "width": "2"}, {"page": "/it's?x=1 OR 1=1", "width": 99}, {"page": "/tea"}],
    "dump_sql": [
        {"rows": [["it's", "x'); DELETE FROM t; --"], [NAMES[7], CODE]]},
        {"rows": [["multi\nline", GUIDE]]},
        {"rows": []},
    ],
    "upsert_json": [
        api("PATCH", "/attrs", {"it's": "a -- b", "size": {"g": 50}}, ids={"sku": "T-1"}),
        api("PATCH", "/attrs", {"$.x') OR 1=1": [MARKUP]}, ids={"sku": "T-2"}),
        api("PATCH", "/attrs", {"x": None}, ids={"sku": "O'x; --"}),
    ],
}

ATTACKS = [
    Attack(
        "SQL, text",
        "invoice",
        _one("x' UNION SELECT 1,login,pin,3,4,5,6 FROM members WHERE role='admin"),
        PIN,
    ),
    Attack(
        "SQL, text",
        "invoice",
        _one("'/**/UNION/**/ALL/**/SELECT/**/1,2,pin,3,4,5,6/**/FROM/**/members--"),
        PIN,
    ),
    Attack(
        "SQL, text",
        "invoice",
        _one(
            "' and 0 union values (1, 2, (select group_concat(login || ':' || pin, char(44)) from members), 0,0,0,0);--"
        ),
        "root:" + PIN,
    ),
    Attack(
        "SQL, order by",
        "find_clients",
        _clients(
            name="",
            sort="(SELECT CASE WHEN substr(pin,5,1)='8' THEN client = 'Hotel Lind' ELSE amount END FROM members WHERE id=1) DESC LIMIT 1",
        ),
        "Hotel Lind",
    ),
    Attack(
        "SQL, order by",
        "find_clients",
        _clients(
            name="",
            sort="client IN (select 'Cafe O''Dea' from members where pin like 'pin-88%') DESC LIMIT 1",
        ),
        "Cafe O'Dea",
    ),
    Attack("SQL, text", "batch_states", messages({"number": "R-100' OR 'a'='a", "memo": "x"}), "R-102"),
    Attack(
        "SQL, text",
        "batch_states",
        messages(
            {
                "number": "R-100' AND (SELECT pin FROM members LIMIT 1) GLOB 'pin-88*' OR number = 'R-101",
                "memo": "hit",
            }
        ),
        "R-101",
    ),
    Attack(
        "SQL, JSON path",
        "stock_attr",
        _attr("T-1", "colour') || (SELECT pin FROM members LIMIT 1) || ('"),
        "green" + PIN,
    ),
    Attack(
        "SQL, JSON path",
        "stock_attr",
        _attr(
            "none",
            "a') AS value FROM stock WHERE 0 UNION SELECT pin FROM members WHERE id = 1 AND ?1 <> '' --",
        ),
        PIN,
    ),
    Attack("SQL, full text", "note_search_raw", _q("zzz' UNION SELECT login, pin FROM members --"), PIN),
    Attack(
        "SQL, full text",
        "note_search_raw",
        _q("tea' AND 0 UNION SELECT sql, name FROM sqlite_master WHERE name = 'members' --"),
        "pin TEXT",
    ),
    Attack("SQL, text", "login", posted("/l", login="root' --", pin="x"), "root@example.net"),
    Attack("SQL, text", "login", posted("/l", login="\\", pin="' OR role='admin"), "root@example.net"),
    Attack(
        "SQL, text",
        "login",
        posted("/l", login="a", pin="' UNION SELECT pin, 1, 2 FROM members ORDER BY 1 DESC LIMIT 1 --"),
        PIN,
    ),
    Attack("SQL, text", "login", posted("/l", login="'OR\x0c1=1/*", pin="*/LIMIT 1 --"), "root@example.net"),
    Attack(
        "SQL, CASE",
        "pivot",
        {"days": ["x' THEN 1 END), (SELECT pin FROM members LIMIT 1), sum(CASE WHEN day = '"]},
        PIN,
    ),
    Attack(
        "SQL, alias",
        "pivot",
        {"days": ["' THEN 0 END) AS a, (SELECT max(pin) FROM members WHERE id = 1) AS b FROM visits --"]},
        PIN,
    ),
    Attack(
        "SQL, second order",
        "open_view",
        _open("evil"),
        PIN,
        before=[("save_view", _view("evil", state="x' UNION SELECT login, pin FROM members --"))],
    ),
    Attack(
        "SQL, second order, key",
        "open_view",
        _open("evil keys"),
        PIN,
        before=[
            (
                "save_view",
                _view("evil keys", **{"0 UNION SELECT pin, email FROM members WHERE role": "admin"}),
            )
        ],
    ),
    Attack("SQL, repr", "tagged_joined", _tags("x') UNION SELECT login, pin FROM members --\""), PIN),
    Attack(
        "SQL, keys",
        "put_member",
        api("POST", "/m", {"login": "e1", "email) SELECT 'e1', (SELECT pin FROM members WHERE id=1)--": "x"}),
        PIN,
    ),
    Attack(
        "SQL, keys",
        "put_member",
        api(
            "POST",
            "/m",
            {"login, email, role) VALUES ('e2', 'e2', (SELECT pin FROM members WHERE id = 1)) --": 1},
        ),
        PIN,
    ),
    Attack("SQL, number", "tree", _tree("0 UNION SELECT id, pin, 0 FROM members"), PIN),
    Attack("SQL, number", "tree", _tree("1) SELECT pin AS name, 0 AS depth FROM members --"), PIN),
    Attack(
        "SQL, cursor", "page", _cursor("zz' UNION SELECT pin, login FROM members WHERE id = 1 AND '1"), PIN
    ),
    Attack(
        "SQL, cursor",
        "page",
        _cursor("' AND 1=0 UNION SELECT 'a', hex(pin) FROM members WHERE id=1 --"),
        "70696E2D38383233312D726F6F74",
    ),
    Attack(
        "SQL, several statements",
        "nightly_import",
        _moves(
            (
                "T-1",
                "A1'; UPDATE stock SET shelf = (SELECT pin FROM members WHERE id = 1) WHERE sku = 'T-1'; --",
            )
        ),
        PIN,
    ),
    Attack(
        "SQL, several statements",
        "nightly_import",
        _moves(("M-7' OR sku LIKE '%", "stolen' || (SELECT role FROM members LIMIT 1) || '")),
        "stolenadmin",
    ),
    Attack(
        "SQL, name",
        "table_dump",
        {"table": "stock WHERE 0 UNION SELECT login, pin, 3, 4, 5 FROM members"},
        PIN,
    ),
    Attack(
        "SQL, name",
        "table_dump",
        {"table": "visits AS v WHERE n < 0 UNION ALL SELECT pin, 2, 3 FROM members"},
        PIN,
    ),
    Attack(
        "SQL, quoted name",
        "column_values",
        api("GET", "/v", query={"column": 'sku" AS v FROM stock WHERE 0 UNION SELECT pin FROM members --'}),
        PIN,
    ),
    Attack(
        "SQL, quoted name",
        "column_values",
        api("GET", "/v", query={"column": 'x" || (SELECT pin FROM members LIMIT 1) || "'}),
        PIN,
    ),
    Attack(
        "SQL, comment",
        "audit",
        _traced("*/ INSERT INTO visits SELECT 1, pin, 2 FROM members WHERE id = 1 AND ? <> '' --", "y"),
        PIN,
    ),
]
