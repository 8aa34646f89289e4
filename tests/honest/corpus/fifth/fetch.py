"""Links, previews, proxies, webhooks and partners."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    BLOB,
    EMOJI,
    FORMULA,
    IRISH,
    JAVA,
    LINK,
    MAIL_HTML,
    NESTED,
    ODD_NAMES,
    PROSE,
    QUOTED,
    REGEX,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    gateway,
    url,
)

TOKEN = "internal-token-4711"


def _preview(link: str) -> dict[str, object]:
    return gateway("GET", "/preview", query={"url": link})


def _hook(link: str) -> dict[str, object]:
    return url("POST", "/hooks/test", {"url": link, "events": ["ping"]})


def _src(link: str) -> dict[str, object]:
    return gateway("GET", "/image", query={"src": link})


REQUESTS = {
    "preview": [
        _preview("javascript:alert('x')"),
        _preview("http://169.254.169.254/latest/"),
        _preview("file:///etc/passwd"),
    ],
    "preview_of_page": [
        url(
            "POST",
            "/p",
            f'<meta property="og:title" content="O\'Brien &amp; co"><a href="../b?x=1">{TICKET}</a>',
        ),
        url("POST", "/p", MAIL_HTML + '<a href="http://127.0.0.1/admin">x</a><a href="javascript:0">y</a>'),
    ],
    "webhook_test": [_hook(""), url("POST", "/hooks/test", {"events": ["ping"], "note": LINK})],
    "proxy": [
        url("GET", "/api/articles/1"),
        url("GET", "/api/search", query={"q": "O'Brien & co", "next": LINK}),
        url("GET", "/api/a%20b/c@d"),
    ],
    "region_status": [
        {"host": "@PARTNER_HOST@"},
        {"host": "example.org"},
        {"host": "@PARTNER_HOST@.evil.example"},
    ],
    "image_proxy": [_src("@PARTNER@/img/logo (1).png"), _src(LINK), _src("@PARTNER@/img?name=O'Brien&to=x")],
    "customer": [{"customer": "c-17"}, {"customer": "O'Brien"}, {"customer": "AB 12"}],
    "customer_quoted": [
        {"customer": one} for one in ("../admin?x=", "a/b#c", IRISH, "@evil.example", *ODD_NAMES[:4])
    ],
    "partner_search": [
        {"query": {"q": PROSE, "a&b": REGEX}},
        {"query": {"q": SCRIPTS + EMOJI, "site": LINK}},
        {"query": {"": FORMULA}},
    ],
    "partner_note": [{"note": SNIPPET}, {"note": NESTED}, {"note": WINDOWS + JAVA}],
    "shorten": [
        url("POST", "/s", {"url": one})
        for one in (
            "http://169.254.169.254/latest/meta-data/iam/",
            "https://example.org/?q=" + BLOB,
            "//evil.example/..;/x",
            QUOTED,
        )
    ],
    "reachable": [{"host": "", "port": "x"}],
}
ATTACKS = [
    Attack("SSRF", "preview", _preview("http://127.1:@PORT@/internal/a"), TOKEN),
    Attack("SSRF", "preview", _preview("http://2130706433:@PORT@/internal/a"), TOKEN),
    Attack("SSRF", "preview", _preview("http://0x7f000001:@PORT@/internal/a"), TOKEN),
    Attack("SSRF", "preview", _preview("http://0.0.0.0:@PORT@/internal/a"), TOKEN),
    Attack("SSRF", "preview", _preview("http://LOCALHOST:@PORT@/internal/a"), TOKEN),
    Attack(
        "SSRF, redirect",
        "preview",
        _preview("@PARTNER@/redirect?to=http%3A%2F%2F127%2E0%2E0%2E1%3A@PORT@%2Finternal%2Fa"),
        TOKEN,
    ),
    Attack("SSRF", "webhook_test", _hook("@INSIDE@/internal/a"), TOKEN),
    Attack("SSRF, scheme", "webhook_test", _hook("file:///etc/passwd"), "root:x:0"),
    Attack("SSRF, scheme", "webhook_test", _hook("file://localhost/etc/passwd"), "root:x:0"),
    Attack("URL structure", "proxy", url("GET", "/api@127.0.0.1:@PORT@/internal/a"), TOKEN),
    Attack("URL structure", "region_status", {"host": "127.0.0.1:@PORT@/internal/a?x=@PARTNER_HOST@"}, TOKEN),
    Attack("URL structure", "region_status", {"host": "127.0.0.1:@PORT@/internal/#@PARTNER_HOST@"}, TOKEN),
    Attack("SSRF, redirect", "image_proxy", _src("@PARTNER@/redirect?to=@INSIDE@/internal/a"), TOKEN),
    Attack("URL structure", "customer", {"customer": "../internal/keys?"}, TOKEN),
    Attack("URL structure", "customer", {"customer": "c-17/../../internal/all#"}, TOKEN),
    Attack("SSRF, port", "reachable", {"host": "127.0.0.1", "port": "@PORT@"}, "open"),
]
