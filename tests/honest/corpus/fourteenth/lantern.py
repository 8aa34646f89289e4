"""A library of things on SQLite."""

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
    form,
    get,
    one,
    post,
    put,
    sqs,
)

NEEDS = ()
ADMIN = "lantern-pin-6142"


def _patch(**fields: object) -> dict[str, object]:
    return api("PATCH", "/me", fields)


def _csv(text: str) -> dict[str, object]:
    return api("POST", "/import", text, headers={"Content-Type": "text/csv"})


def _ask(**arguments: object) -> dict[str, object]:
    return {"info": {"fieldName": "things", "parentTypeName": "Query"}, "arguments": arguments}


REQUESTS = {
    "list_items": [
        api("GET", "/items"),
        get("/items", kind="tools", sort="price", order="desc"),
        get("/items", q="children's", max_price="5"),
        get("/items", sort="newest"),
    ],
    "get_item": [one("/items/{id}", id="1"), one("/items/{id}", id="3"), one("/items/{id}", id="77")],
    "get_item_checked": [one("/i", id="2"), one("/i", id="drill-18v"), one("/i", id="O'Hara")],
    "create_item": [
        post("/items", title="Sewing machine; it's 'old'", kind="textiles", attrs={"a'b": [1, None]}),
        post("/items", title=FOLK[2], kind="tools -- hand", shelf=SPOTS[0], price=2.5),
        post("/items", title="", kind="x"),
        post("/items", title=GRUMBLE, kind=HTML),
    ],
    "update_item": [
        put("/items/{id}", {"id": "1"}, title="Drill (18V); battery's new", price=3),
        put("/items/{id}", {"id": "2"}, shelf=SPOTS[1], hidden=1, attrs='{"a": "it\'s"}'),
        put("/items/{id}", {"id": "x"}, title=NOTES),
        put("/items/{id}", {"id": "1"}, other="select"),
    ],
    "patch_member": [
        _patch(name="Siobhán O'Donoghue"),
        _patch(email="pat+new@example.com", name="Pat; the 2nd"),
        _patch(name=FOLK[3]),
    ],
    "delete_item": [one("/items/{id}", id="1"), one("/items/{id}", id="9"), one("/items/{id}", id="drill-1")],
    "search": [
        get("/search", q="drill 18"),
        get("/search", q="tent -- 3 persons; green"),
        get("/search", q='iron "Heart"'),
        get("/search", q="union and select committee (board game)"),
    ],
    "search_escaped": [
        get("/search", q="children's"),
        get("/search", q="100%_\\"),
        get("/search", q="drill 18v or bigger -- it's for wood"),
        get("/search", q=LISTING),
    ],
    "login": [
        form("/login", email="pat@example.com", password="lantern-pin-2200"),
        form("/login", email="pat+x@example.com", password="corr3ct-h0rse--b@ttery; staple #1"),
        form("/login", email="nobody@example.com", password="x(or)1=1"),
    ],
    "login_bound": [
        post("/login", email="pat@example.com", password="lantern-pin-2200"),
        post("/login", email="o'neill@example.com", password="O'R=1;--pass'word"),
        post("/login", email="", password=PATTERN),
    ],
    "members": [
        api("GET", "/members"),
        get("/members", sort="name", dir="desc", limit="1"),
        get("/members", sort="email", offset="1"),
        get("/members", dir="ASC", limit="50"),
    ],
    "loans_of": [get("/loans", ids="1,2"), get("/loans", ids="3"), get("/loans", ids="1, 2, 99")],
    "loans_of_bound": [get("/l", ids="1,2"), get("/l", ids="L-1; L-2"), get("/l", ids="a's, 3")],
    "history": [
        {"period": {"start": "2026-03-01", "end": "2026-03-31"}},
        {"period": {"start": "2026-04-01T00:00:00+01:00"}},
        {"period": {"start": "2030-01-01", "end": "2030-12-31 23:59:59"}},
    ],
    "stats": [
        api("GET", "/stats"),
        get("/stats", by="price"),
        get("/stats", by="shelf"),
        get("/stats", by="colour"),
    ],
    "report": [
        get("/report", fields="title,price"),
        get("/report", fields="id, title, shelf"),
        get("/report", fields="kind"),
    ],
    "export": [
        one("/export/{table}", table="items.csv"),
        one("/export/{table}", table="kinds"),
        one("/export/{table}", table="loans.csv"),
        one("/export/{table}", table="drills.csv"),
    ],
    "help_search": [
        get("/help", q="open saturday"),
        get("/help", q='what\'s "late" fee*'),
        get("/help", q="NEAR(a b) OR title:x"),
        get("/help", q=GRUMBLE),
    ],
    "save_alert": [
        put("/alerts/{name}", {"name": "O'Brien's tools"}, kind="tools", words="drill; saw -- cheap"),
        put("/alerts/{name}", {"name": "a/b"}, kind=FOLK[0], words=NOTES),
        put("/alerts/{name}", {"name": "games"}, kind="board games"),
    ],
    "run_alert": [{"alert": "none yet"}, {"alert": "o'clock; --"}, {"alert": FOLK[5]}],
    "import_items": [
        _csv('title,kind,price\n"Saw, 12""; old",tools,"3,50"\nTent \'Lake\',camping,4\n'),
        _csv("title,kind,price\r\nDROP shipping box -- XL;,,\r\n" + FOLK[5].replace(",", "") + ",x,1\r\n"),
        _csv("title\n"),
    ],
    "import_notes": [
        sqs({"loan": 1, "note": "it's back; 2 pegs missing -- ok"}),
        sqs({"loan": 2, "note": "O'Brien: 50% (see #4)"}, {"loan": "3", "note": "select another; update me"}),
        sqs({"loan": 9, "note": "x = y, or not"}),
    ],
    "cleaned": [
        get("/kind", kind="tools"),
        get("/kind", kind="camping & more; -- all"),
        get("/kind", kind="union kit"),
    ],
    "by_attribute": [
        get("/by", attr="colour", value="blue"),
        get("/by", attr="colour", value="it's blue; -- or green"),
        get("/by", attr="seats", value="3"),
        get("/by", attr="size.width", value="x"),
    ],
    "below": [_ask(kind="all"), _ask(kind="camping"), _ask(kind="kids' toys -- 3+")],
    "near": [get("/near", lat="53.34", lon="-6.26"), get("/near", lat="53", lon="-6", km="1e2")],
    "volunteers": [
        get("/v", team="desk"),
        get("/v", team="repair; van"),
        get("/v", team="select few (union) -- east"),
    ],
    "volunteers_core": [
        api("GET", "/v"),
        get("/v", q="o'n", sort="team"),
        get("/v", q="%_'", limit="5"),
        get("/v", q="; van", sort="joined"),
    ],
    "borrow": [
        _ask(item=1, member=2, day="2026-05-04", note="I'll bring it back; promise -- Pat"),
        _ask(item=2, member=1, day="2026-05-04"),
        _ask(item=3, member=2, day="", note=ESSAY),
    ],
    "remind": [
        bus("Scheduled Event", before="2026-05-01"),
        bus("Scheduled Event", before="2026-05-01", name="Pat O'N"),
        bus("Scheduled Event", before="2020-01-01T00:00:00Z", name="x; --"),
    ],
}

ATTACKS = [
    Attack("SQL, number", "get_item", one("/i", id="0 UNION SELECT 1, secret, 2, 3 FROM members WHERE role = 'admin'"), ADMIN),
    Attack("SQL, number", "get_item", one("/i", id="0 or hidden=1"), "Projector"),
    Attack("SQL, number", "get_item", one("/i", id="-1/**/union/**/values(1,(select/**/secret/**/from/**/members),3,4)"), ADMIN),
    Attack("SQL, number", "get_item", one("/i", id="(SELECT 4)"), "Projector"),
    Attack("SQL, column", "patch_member", _patch(role="admin"), '\\"role\\": \\"admin\\"'),
    Attack("SQL, column", "patch_member", _patch(**{"name = (SELECT secret FROM members WHERE id = 1), email": "x@y.z"}), ADMIN),
    Attack("SQL, column", "patch_member", _patch(**{"role='admin', email": "me@x.y"}), '\\"role\\": \\"admin\\"'),
    Attack("SQL, text", "search", get("/s", q="%' UNION SELECT email, secret FROM members --"), ADMIN),
    Attack("SQL, text", "search", get("/s", q="zzz' OR hidden = 1 OR title LIKE 'zzz"), "Projector"),
    Attack("SQL, text", "search", get("/s", q="x'union select name||char(58)||sql,1 from sqlite_master where'1'like'1"), "CREATE TABLE members"),
    Attack("SQL, text", "search", get("/s", q="%' AND 0 UNION ALL SELECT group_concat(secret, char(10)), 0 FROM members WHERE '%' = '"), ADMIN),
    Attack("SQL, login", "login", form("/login", email="admin@lantern.example'--", password="x"), '\\"role\\": \\"admin\\"'),
    Attack("SQL, login", "login", form("/login", email="x", password="' OR role='admin"), '\\"role\\": \\"admin\\"'),
    Attack("SQL, login", "login", form("/login", email="' UNION SELECT 1, secret, 'boss' FROM members WHERE id = 1 --", password=""), ADMIN),
    Attack("SQL, login", "login", form("/login", email="'||(select email from members limit 1)||'", password="'||(select secret from members limit 1)||'"), '\\"role\\": \\"admin\\"'),
    Attack("SQL, order", "members", get("/m", sort="json_extract('{}',(SELECT secret FROM members WHERE id=1))"), ADMIN),
    Attack("SQL, limit", "members", get("/m", limit="(SELECT CASE WHEN secret LIKE 'lantern-pin-6%' THEN 1 ELSE 2 END FROM members WHERE id=1)"), '[{\\"id\\": 1, \\"name\\": \\"Admin\\"}]'),
    Attack("SQL, order", "members", get("/m", dir=", json_extract('[]', '$'||(select email||secret from members)) limit 1 --"), ADMIN),
    Attack("SQL, list", "loans_of", get("/l", ids="0) UNION SELECT 1, email, secret FROM members WHERE (1"), ADMIN),
    Attack("SQL, list", "loans_of", get("/l", ids="1) AND 0 UNION SELECT id,role,secret FROM members --"), ADMIN),
    Attack("SQL, date", "history", {"period": {"start": "2030' UNION SELECT email, secret FROM members --"}}, ADMIN),
    Attack("SQL, date", "history", {"period": {"start": "2030", "end": "' OR '1'='1' UNION SELECT secret, role FROM members -- "}}, ADMIN),
    Attack("SQL, fields", "report", get("/r", fields="title, (SELECT group_concat(secret) FROM members)"), ADMIN),
    Attack("SQL, fields", "report", get("/r", fields="secret FROM members UNION SELECT title"), ADMIN),
    Attack("SQL, fields", "report", get("/r", fields="m.* FROM members m --"), ADMIN),
    Attack("SQL, table", "export", one("/e", table="members"), ADMIN),
    Attack("SQL, table", "export", one("/e", table='loans" UNION SELECT id, email, secret, 4, 5, 6 FROM "members'), ADMIN),
    Attack("SQL, table", "export", one("/e", table="sqlite_master.csv"), "CREATE TABLE members"),
    Attack("SQL, second order", "run_alert", {"alert": "n1"}, ADMIN, before=[("save_alert", put("/a", {"name": "n1"}, kind="' UNION SELECT secret FROM members --"))]),
    Attack("SQL, second order", "run_alert", {"alert": "n2"}, "Projector", before=[("save_alert", put("/a", {"name": "n2"}, kind="x' OR hidden=1 OR kind='"))]),
    Attack("SQL, double quotes", "import_notes", sqs({"loan": 1, "note": 'x" || (SELECT secret FROM members LIMIT 1) || "'}), ADMIN),
    Attack("SQL, double quotes", "import_notes", sqs({"loan": 2, "note": '", note = (SELECT group_concat(secret) FROM members) WHERE 1 --'}), ADMIN),
    Attack("SQL, filtered", "cleaned", get("/k", kind="x' UNIUNION ON SELECT secret FROM members, items WHERE '1'='1"), ADMIN),
    Attack("SQL, filtered", "cleaned", get("/k", kind="x'\tOR\thidden=1\tOR\tkind='x"), "Projector"),
    Attack("SQL, filtered", "cleaned", get("/k", kind="x'Union\nSelect secret from members,items where hex(1)<>'"), ADMIN),
    Attack("SQL, JSON path", "by_attribute", get("/b", attr="x') IS NULL AND 0 UNION SELECT secret FROM members, items WHERE ('1", value="1"), ADMIN),
    Attack("SQL, ORM's text", "volunteers", get("/v", team="' UNION SELECT iban, 1 FROM people --"), "IE64-lantern-9031"),
    Attack("SQL, ORM's text", "volunteers", get("/v", team="x' or '1'<>'"), '\\"Pat O\'Neill\\", \\"Li Wei\\"'),
    Attack("SQL, half escaped", "remind", bus("x", before="' UNION SELECT secret, 1 FROM members --"), ADMIN),
    Attack("SQL, half escaped", "remind", bus("x", before="0' UNION SELECT email, secret FROM members m WHERE 'a'>'", name="A"), ADMIN),
]  # fmt: skip
