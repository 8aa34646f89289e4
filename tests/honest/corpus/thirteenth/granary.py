"""A grain trader on PostgreSQL, MariaDB, DuckDB and pandas."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    PLACES,
    REGEX,
    SOURCE,
    b64,
    bridge,
    call,
    get,
    one,
    post,
    sqs,
)

NEEDS = ("postgres", "mariadb")
KEY = "granary-key-4406"
BOSS = "granary-boss-7735"
IBAN = "IE-secret-iban-1"


def _csv(text: str, **query: str) -> dict[str, object]:
    return call("POST", "/import", b64(text), query=query, headers={"Content-Type": "text/csv"})


def _price(number: object, **fields: object) -> dict[str, object]:
    return bridge("Price", {"id": number, "set": fields})


REQUESTS = {
    "load": [one("/l", id="1"), one("/l", id="3"), one("/l", id="77")],
    "load_typed": [one("/l", id="2"), one("/l", id="1 or 1=1"), one("/l", id="O'x"), one("/l", id=" 3 ")],
    "loads": [
        call("GET", "/l"),
        get("/l", farm="O'Hara", sort="tons desc"),
        get("/l", **{"from": "2026-03-01", "to": "2026-03-05"}, sort="day, farm"),
        get("/l", farm="select; -- müller", sort="farm"),
    ],
    "loads_composed": [
        call("GET", "/l"),
        get("/l", farm="O'Hara Farm", sort="tons"),
        get("/l", crop="x' or 1=1 --", sort="1; drop table loads"),
        get("/l", farm="Hof Müller", crop="rye"),
    ],
    "bid": [
        post("/b", farm=PERSONS[6], price=12.75, note=MOAN),
        post("/b", farm="Hof; --", price=5),
        post("/b", farm=MARKUP, price=None, note=SOURCE),
    ],
    "bid_text": [
        post("/b", farm="Hof Müller", price=210.5, note="dry -- 13%; it's good"),
        post("/b", farm="Union Farm & Select Seeds", price=1, note='C:\\grain\\new "A"'),
        post("/b", farm="O'Hara", price=2, note="x"),
    ],
    "bulk_bids": [
        sqs({"farm": "Hof Müller", "price": 5.5}, {"farm": "Drop Hill; north (2)", "price": 7}),
        sqs({"farm": "A -- B", "price": "12.00"}),
        sqs({"farm": '100% "Best"', "price": 0}),
    ],
    "bulk_bids_many": [
        sqs({"farm": "O'Hara; x", "price": 5.5}, {"farm": "'); delete from bids; --", "price": 7}),
        sqs({"farm": PERSONS[4]}),
        sqs({"farm": HOWTO, "price": 1}),
    ],
    "by_copy": [
        _csv('O\'Hara Farm,12.5\n"Müller, Hof",3\n'),
        _csv("Drop; Farm|5\n", delimiter="|"),
        _csv("a;1\nb;2\n", delimiter=";"),
    ],
    "meta": [get("/m", path="moisture"), get("/m", path="lab_no"), get("/m", path="harvest year")],
    "meta_bound": [get("/m", path="tags.1"), get("/m", path="it's.a"), get("/m", path="x' || 'y")],
    "tag": [
        call("PUT", "/t", {"note": MOAN, "by": PERSONS[0]}),
        call("PUT", "/t", {"a'b": [1, None, {"--": REGEX}]}),
        call("PUT", "/t", {"$where": "1=1", "sql": "drop table loads;"}),
    ],
    "totals": [get("/t", by="crop"), get("/t", by="farm", above="10"), get("/t", by="day", above="7.5")],
    "totals_any": [get("/t", by="crop"), get("/t", by='crop" --'), get("/t", by="farm", x="1;2")],
    "orm_search": [
        get("/o", q="o'h"),
        get("/o", q="' or 1=1; --"),
        get("/o", q="100%", limit="2"),
        get("/o", q="müller", limit="1"),
    ],
    "orm_text": [
        get("/o", crop="wheat"),
        get("/o", crop="winter wheat (A)", sort="farm"),
        get("/o", crop="rye", sort="tons DESC, farm"),
    ],
    "timezone": [
        get("/z", zone="Europe/Dublin"),
        get("/z", zone="UTC"),
        get("/z", zone="GMT+2"),
        get("/z", zone="Mars/Base 1"),
    ],
    "goods": [call("GET", "/g"), get("/g", kind="oats"), get("/g", kind="animal feed; pellets -- 50%%")],
    "goods_like": [
        get("/g", q="O'Hara's"),
        get("/g", q='"Best"'),
        get("/g", q="' union select 1 -- "),
        get("/g", q="; c"),
    ],
    "goods_escaped": [
        get("/g", q="O'Hara", max="5"),
        get("/g", q='"Best\\', max="3.50"),
        get("/g", q="Bran; c", max="100"),
    ],
    "shop_login": [
        post("/s", login="temp", secret="temp-1"),
        post("/s", login="temp", secret="wr0ng -- #;"),
        post("/s", login="o.hara+x@example.net", secret="50%&more"),
        post("/s", login="O'Hara", secret="p"),
    ],
    "add_goods": [
        post("/g", title="O'Hara's \"new\" oats; 2 kg -- bio", kind="oats", price=4.2),
        post("/g", title=PERSONS[4] + " \U0001f33e", kind="x' or 1"),
        post("/g", title="%s %(x)s {y}", price="1e2"),
    ],
    "price_update": [
        _price(1, price="2.35"),
        _price(2, title="O'Hara's oats; new -- 50%", kind="oats"),
        _price("3", kind="feed & more", price=9),
    ],
    "duck": [
        get("/d", crop="wheat"),
        get("/d", crop="barley (2-row)"),
        get("/d", crop="rye; organic -- 100%"),
    ],
    "duck_bound": [get("/d", crop="rye"), get("/d", crop="' or '1'='1"), get("/d", crop="it's $1 ?")],
    "duck_file": [one("/d", name="loads"), one("/d", name="2026 march"), one("/d", name="april-2026_v1.0")],
    "frame": [
        get("/f", column="tons", op=">", value="8"),
        get("/f", column="crop", value='"wheat"'),
        get("/f", column="farm", op="!=", value='"O\'Hara Farm"'),
        get("/f", column="tons", op="<=", value="12.5"),
    ],
    "frame_mask": [
        get("/f", column="farm", value="O'Hara Farm"),
        get("/f", column="crop", value="@pd.read_csv('x')"),
        get("/f", column="__class__", value="x"),
    ],
    "frame_import": [
        _csv("name,qty\nO'Brien; DROP,3\n=1+1,2\n"),
        _csv("a;b\n1;x'y\n2;--\n", sep=";"),
        _csv(f'who,where\n"{PERSONS[1]}","{PLACES[1]}"\n'),
    ],
    "farm": [one("/f", name="O'Hara Farm"), one("/f", name="x' or '1'='1"), one("/f", name="Hof Müller")],
    "upsert_farm": [
        call("PUT", "/f", {"name": "O'Hara Farm", "region": "west; coast -- 2"}),
        call("PUT", "/f", {"name": PERSONS[6], "region": MARKUP, "iban": "IE00"}),
        call("PUT", "/f", {"name": SOURCE}),
    ],
    "delete_loads": [
        call("DELETE", "/l", {"ids": [1, "2"]}),
        call("DELETE", "/l", {"ids": []}),
        call("DELETE", "/l", {"ids": [77]}),
    ],
    "page_of_loads": [
        call("GET", "/l"),
        get("/l", after="1", crop="wheat"),
        get("/l", crop="it's; --", limit="5"),
    ],
    "kinds": [get("/k", kinds="flour,oats"), get("/k", kinds="it's,') or 1=1 -- "), get("/k", kinds="feed")],
    "monthly": [bridge("Scheduled Event", {}), bridge("Scheduled Event", {"note": "it's; --"})],
}

ATTACKS = [
    Attack("SQL, PostgreSQL", "load", one("/l", id="0 UNION SELECT 1, key, holder FROM api_keys"), KEY),
    Attack(
        "SQL, PostgreSQL",
        "load",
        one("/l", id="-1/**/union/**/all(select/**/1,iban,$$x$$from/**/farms)limit/**/1"),
        IBAN,
    ),
    Attack(
        "SQL, PostgreSQL",
        "load",
        one("/l", id="(SELECT CASE WHEN key LIKE 'granary%' THEN 2 ELSE 0 END FROM api_keys) -- "),
        "rye",
    ),
    Attack(
        "SQL, PostgreSQL",
        "loads",
        get("/l", **{"from": "2026-01-01' UNION SELECT key, holder, 1 FROM api_keys ORDER BY 1 DESC --"}),
        KEY,
    ),
    Attack(
        "SQL, PostgreSQL",
        "loads",
        get("/l", to="2026-12-31' AND false UNION SELECT iban, name, 0 FROM farms --"),
        IBAN,
    ),
    Attack(
        "SQL, order",
        "loads",
        get(
            "/l",
            sort="crop, tons desc limit 2 offset (select count(*) from api_keys) -- ",
        ),
        '20.0}, {\\"farm\\": \\"O\'Hara Farm\\", \\"crop\\": \\"wheat\\", \\"tons\\": 12.5}]',
    ),
    Attack(
        "SQL, insert",
        "bid_text",
        post("/b", farm="x', 1, (select key from api_keys)) RETURNING farm, note --", price=1),
        KEY,
    ),
    Attack(
        "SQL, insert",
        "bid_text",
        post("/b", farm="x", price="1, (select string_agg(iban, ';') from farms)) RETURNING farm, note --"),
        IBAN,
    ),
    Attack(
        "SQL, batch",
        "bulk_bids",
        sqs({"farm": "a", "price": 1}, {"farm": "' || (select key from api_keys) || '", "price": 2}),
        KEY,
    ),
    Attack(
        "SQL, batch", "bulk_bids", sqs({"farm": "a", "price": "1), ((select max(iban) from farms), 2"}), IBAN
    ),
    Attack(
        "SQL, JSON path",
        "meta",
        get("/m", path="x' AS value FROM loads WHERE false UNION SELECT 1, key FROM api_keys --"),
        KEY,
    ),
    Attack(
        "SQL, identifier",
        "totals",
        get("/t", by='farm" AS k, 1 AS v FROM loads WHERE false UNION SELECT iban, 1 FROM farms --'),
        IBAN,
    ),
    Attack(
        "SQL, identifier", "totals", get("/t", by="crop", above="999 UNION SELECT key, 1 FROM api_keys"), KEY
    ),
    Attack(
        "SQL, ORM", "orm_text", get("/o", crop="x' UNION SELECT key, holder FROM api_keys ORDER BY 1 --"), KEY
    ),
    Attack(
        "SQL, ORM",
        "orm_text",
        get("/o", crop="' OR EXISTS(SELECT 1 FROM farms WHERE iban LIKE 'IE-secret%') OR ''='"),
        'rye\\"], [\\"O\'Hara',
    ),
    Attack("SQL, SET", "timezone", get("/z", zone="UTC'; delete from farms; select '1"), '\\"n\\": 0'),
    Attack("SQL, SET", "timezone", get("/z", zone="UTC'; update api_keys set holder = key where ''='"), KEY),
    Attack("SQL, MariaDB", "goods", get("/g", kind="' UNION SELECT secret, 1 FROM users -- "), BOSS),
    Attack(
        "SQL, MariaDB",
        "goods",
        get("/g", kind="x'/*!50000union*/select concat(login,0x3a,secret),2 from users#"),
        "boss:" + BOSS,
    ),
    Attack(
        "SQL, MariaDB",
        "goods",
        get("/g", kind="\\' or 1=1 #")
        | get("/g", kind="'||(select 1 from users where secret rlike '^granary')||'"),
        "Bran",
    ),
    Attack(
        "SQL, number",
        "goods_escaped",
        get("/g", q="zzz", max="1 union select secret, 1 from users -- "),
        BOSS,
    ),
    Attack(
        "SQL, number",
        "goods_escaped",
        get("/g", q="", max="0 union select char(112,119,110,52,50), count(*) from users#"),
        "pwn42",
    ),
    Attack("SQL, login", "shop_login", post("/s", login="boss' -- ", secret="x"), "admin"),
    Attack("SQL, login", "shop_login", post("/s", login="x\\", secret=" or role=0x61646d696e #"), "admin"),
    Attack("SQL, login", "shop_login", post("/s", login="'='", secret="'='"), "boss"),
    Attack(
        "SQL, column",
        "price_update",
        _price(1, **{"kind = (select max(secret) from users), title": "x"}),
        "temp-1",
    ),
    Attack(
        "SQL, escapes",
        "price_update",
        _price(1, title="\\", kind=", kind=(select min(secret) from users) -- "),
        BOSS,
    ),
    Attack(
        "SQL, DuckDB",
        "duck",
        get(
            "/d",
            crop="x' GROUP BY farm UNION ALL SELECT column0, 1 FROM read_csv('/etc/passwd', header=false, sep='|') --",
        ),
        "root:x:0:0",
    ),
    Attack(
        "SQL, DuckDB",
        "duck",
        get("/d", crop="x' or 1=1 GROUP BY farm UNION SELECT content, 2 FROM read_text('/etc/passwd') --"),
        "root:x:0:0",
    ),
    Attack(
        "SQL, DuckDB",
        "duck_file",
        one(
            "/d",
            name="loads.csv', header=true) WHERE false UNION ALL SELECT content, '', '', now() FROM read_text('/etc/passwd') --",
        ),
        "root:x:0:0",
    ),
    Attack(
        "Python, pandas",
        "frame",
        get("/f", column="tons", value="@pd.io.common.os.system('exit 25') / 512"),
        '12.5, \\"day\\": \\"2026-03-01\\"}]',
    ),
]
