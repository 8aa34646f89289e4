"""A shop's handlers."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    EMOJI,
    IRISH,
    JAVA,
    NESTED,
    PROSE,
    QUOTED,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    alb,
    gateway,
    url,
)

KEY = "key-ann-7781"


def _q(**query: str) -> dict[str, object]:
    return url("GET", "/q", query=query)


def _audit(who: str, what: str) -> dict[str, object]:
    return gateway("POST", "/audit", {"who": who, "what": what})


def _patch(**body: object) -> dict[str, object]:
    return gateway("PATCH", "/me", body, claims={"email": "bob@example.org"})


REQUESTS = {
    "list_products": [
        alb("GET", "/products"),
        alb("GET", "/products", sort="price", dir="desc", limit="3"),
        alb("GET", "/products", sort="category", limit="2"),
    ],
    "get_product": [
        gateway("GET", "/p", ids={"id": "3"}),
        gateway("GET", "/p", ids={"id": "3 OR 1=1"}),
        gateway("GET", "/p", ids={"id": "' UNION SELECT api_key FROM accounts --"}),
    ],
    "search": [
        _q(q="Tea"),
        _q(q="select"),
        _q(q="drop table"),
        _q(q="a -- b"),
        _q(q="(blend) /* x */ or 1=1"),
    ],
    "search_bound": [
        _q(q="O'Brien's"),
        _q(q="%' OR '1'='1"),
        _q(q="100%_\\"),
        _q(q=QUOTED),
        _q(q=PROSE),
        _q(q=EMOJI),
    ],
    "login": [
        gateway("POST", "/login", {"email": "ann@example.org", "password": "pw-ann"}),
        gateway(
            "POST", "/login", {"email": "ann+select@example.org", "password": "correct horse; -- battery #1"}
        ),
        url("POST", "/login", {"email": "bob@example.org", "password": "pw-bob"}, packed=True),
    ],
    "update_profile": [_patch(nick=IRISH), _patch(nick="nick = 'x'", city=QUOTED), _patch(city=SCRIPTS)],
    "bulk": [_q(ids="1,2"), _q(ids="3, 4, 99")],
    "bulk_bound": [_q(ids="1,2"), _q(ids="1) OR (1=1,2"), _q(ids="select")],
    "report": [
        _q(category="kitchen"),
        _q(category="tea' OR 1=1 --", order="price"),
        _q(category="kitchen", order="price DESC"),
        _q(category=PROSE, order="id"),
    ],
    "audit": [
        _audit("ann", PROSE),
        _audit("nobody", "x"),
        _audit("bob", 'said "DELETE FROM audit" -- and left; bye /* really */'),
    ],
    "audit_quoted": [
        _audit(IRISH, TICKET),
        _audit("'); DROP TABLE audit; --", SNIPPET),
        _audit("null", JAVA),
    ],
    "coupon": [gateway("GET", "/c", ids={"number": "4"}), gateway("GET", "/c", ids={"number": " 77 "})],
    "import_csv": [
        url("POST", "/import", 'name,price\nO\'Brien,3\n"a ""b""; c",=1+1\n'),
        url("POST", "/import", f'price,name\n1,"{PROSE}"\n2,{WINDOWS}\nnull,select\n'),
    ],
    "statistics": [
        _q(by="letter", of="sum"),
        _q(by="category; drop table products", of="count"),
        _q(x=NESTED),
    ],
}
ATTACKS = [
    Attack(
        "SQL, blind",
        "list_products",
        alb(
            "GET",
            "/products",
            sort="(CASE WHEN (SELECT substr(api_key,5,3) FROM accounts WHERE nick='ann')='ann' THEN -id ELSE id END)",
            limit="1",
        ),
        "Drop spindle",
    ),
    Attack(
        "SQL, blind",
        "list_products",
        alb("GET", "/products", limit="(SELECT length(api_key)/3 FROM accounts WHERE nick='ann')"),
        "Select blend",
    ),
    Attack("SQL", "search", _q(q="zzz' UNION SELECT email, api_key FROM accounts --"), KEY),
    Attack("SQL", "search", _q(q="zzz'/**/uNiOn/**/aLL/**/sElEcT/**/api_key,1/**/fRoM/**/accounts/*"), KEY),
    Attack(
        "SQL, blind",
        "search",
        _q(q="Teapot' AND (SELECT unicode(substr(api_key,1,1)) FROM accounts LIMIT 1) > 100 AND 'a%'='a"),
        "kitchen",
    ),
    Attack("SQL", "login", gateway("POST", "/login", {"email": "ann@example.org' --", "password": ""}), KEY),
    Attack(
        "SQL",
        "login",
        url("POST", "/login", {"email": "x", "password": "' OR '1'='1"}, packed=True),
        KEY,
    ),
    Attack(
        "SQL", "login", gateway("POST", "/login", {"email": "x' OR 1=1 LIMIT 1 --", "password": "p"}), KEY
    ),
    Attack(
        "SQL, names",
        "update_profile",
        gateway(
            "PATCH",
            "/me",
            {"city = (SELECT api_key FROM accounts WHERE nick = 'ann'), nick": "x"},
            claims={"email": "bob@example.org"},
        ),
        KEY,
    ),
    Attack("SQL", "bulk", _q(ids="0) UNION SELECT 1, api_key FROM accounts WHERE (nick='ann'"), KEY),
    Attack(
        "SQL, blind",
        "report",
        _q(
            category="kitchen",
            order="iif((SELECT count(*) FROM accounts WHERE api_key LIKE 'key-ann%'), price, -price)",
        ),
        '[\\"O\'Brien\'s mug\\", \\"Teapot\\"]',
    ),
    Attack(
        "SQL, stacked",
        "audit",
        _audit("x", "y'); INSERT INTO audit SELECT nick, api_key FROM accounts; --"),
        KEY,
    ),
    Attack("SQL, stacked", "audit", _audit("x', (SELECT api_key FROM accounts)); --", "y"), KEY),
    Attack(
        "SQL", "coupon", gateway("GET", "/c", ids={"number": "-1 UNION SELECT api_key FROM accounts"}), KEY
    ),
    Attack(
        "SQL, names",
        "import_csv",
        url("POST", "/import", '"name, price) SELECT api_key, ? FROM accounts --"\n1\n'),
        KEY,
    ),
]
