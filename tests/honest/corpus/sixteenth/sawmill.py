"""Files, archives, sheets and XML."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    AWKWARD,
    GUESTS,
    HOMES,
    HOWTO,
    HTML,
    PROGRAM,
    PROSE,
    api,
    b64,
    binary,
    put,
    rule,
    sqs,
    tarred,
    url,
    zipped,
)

NEEDS = ()
KEY = "saw-secret-6629"


def _page(path: str) -> dict[str, object]:
    return api("GET", "/{proxy+}", ids={"proxy": path})


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _post(body: object) -> dict[str, object]:
    return api("POST", "/", body)


def _lang(header: str = "en", *cookies: str) -> dict[str, object]:
    return url("GET", "/", headers={"accept-language": header}, cookies=list(cookies))


def _mail(*names: str, subject: str = "Files") -> dict[str, object]:
    parts = "".join(
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nattached-77\r\n'
        for name in names
    )
    head = f'Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return binary("/mail", b64(head + parts + "--b--\r\n"))


def _entity(address: str, use: str = "&e;") -> dict[str, object]:
    return _post(f'<!DOCTYPE r [<!ENTITY e SYSTEM "{address}">]><r><item id="1">{use}</item></r>')


ITEMS = "<r><item id='1'><text>It's &lt;b&gt; &amp; more -- ok</text></item><item id='o&apos;2'><text><![CDATA[SELECT 'x'; <!-- ]]></text></item></r>"
REQUESTS = {
    "page": [
        _page(one)
        for one in (
            "index.html",
            "docs/price list (new).txt",
            "docs/o'hara.txt",
            "lang/en.ini",
            "no such..file",
        )
    ],
    "page_resolved": [
        _page(one)
        for one in ("index.html", "docs/o%27hara.txt", "docs/none's.ini", "docs/../index.html", "a..b/c")
    ],
    "page_stripped": [_get(file=one) for one in ("o'hara.txt", "price list (new).txt", "v1..2.txt")],
    "page_decoded": [_get(file=one) for one in ("o%27hara.txt", "price+list+(new).txt", "ﬁle.txt")],
    "plan": [_post({"file": "plan.txt"}), _post({"folder": "", "file": "it's new -- (2).txt"})],
    "plan_prefix": [
        {"user": "u-5", "file": "plan.txt"},
        {"user": "u-5", "file": "a/../plan.txt"},
        {"user": "u-5", "file": "no'ne.txt"},
    ],
    "upload": [
        put(f"in/{one}") for one in ("a b.csv", "O'Hara; (v1.2) -- x.txt", "../x/图.png", "archive.tar.gz")
    ],
    "upload_key": [put(one) for one in ("2026/04/a b.csv", "o'hara/v1..2/x;y.txt", "图/$(id).png")],
    "secure": [_get(name=one, text=PROSE) for one in ("a b.txt", "C:\\Users\\Zoë\\a b.txt", *AWKWARD)],
    "language": [
        _lang(),
        _lang("de,en;q=0.5"),
        _lang("en-GB,en;q=0.9"),
        _lang("en", "lang=de", "x=it's"),
        _lang("*"),
    ],
    "unzip": [
        binary("/z", zipped({"a b/o'hara; x.txt": PROSE, "-- v1..2.md": HOWTO})),
        binary("/z", zipped({"图.txt": PROGRAM})),
    ],
    "unzip_hand": [
        binary("/z", zipped({"docs/it's (2).txt": HTML})),
        binary("/z", zipped({"a..b/$(id).txt": "x", "c/d.txt": ""})),
    ],
    "untar": [
        binary("/t", tarred({"a/o'hara; x.txt": PROSE})),
        binary("/t", tarred({"a/b.txt": "x"}, {"l.txt": "a/b.txt"})),
    ],
    "untar_data": [
        binary("/t", tarred({"a/--x.txt": PROSE, "c'd": ""})),
        binary("/t", tarred({"x; y/it's.txt": "y"})),
    ],
    "attachment": [
        _mail("a b.txt", "O'Hara (2); x.txt"),
        _mail("v1..2.csv", subject="It's -- here; select one"),
    ],
    "sheet": [
        _post({"rows": [["name", "n"], [one, 5]]}) for one in (*AWKWARD, "=1+1", "+49 30 1234", "-- x")
    ],
    "csv_out": [{"rows": [[one, HOMES[0]], [GUESTS[4], 5]], "name": one} for one in AWKWARD],
    "picture": [_get(w="10", h="5", alt=one) for one in (PROSE, AWKWARD[0])] + [_get(grey="200")],
    "feed": [_post(ITEMS), _post("<r><item id='5'><text>" + "&#39; or 1=1; " * 3 + "</text></item></r>")],
    "feed_lxml": [
        _post(ITEMS),
        _post("<!DOCTYPE r [<!ENTITY co 'Müller und Co; -- x'>]><r><item id='1'>&co; it's</item></r>"),
    ],
    "feed_find": [
        _get(name="zoe", pin="11"),
        _get(name="o-hara (x); y", pin="9 -- 1"),
        _get(name="Zoë", pin=""),
    ],
    "feed_find_bound": [_get(name=one) for one in ("zoe", "o'hara", "' or '1'='1", AWKWARD[2])],
    "sax": [sqs(ITEMS), sqs("<a>5 &gt; 3 &amp;&amp; it's <b>--</b></a>")],
    "xml_out": [_post({"items": list(AWKWARD)}), _post({"items": [HTML, "]]>", "<!ENTITY x>"]})],
    "manifest": [
        rule("M", {"manifest": "# parts; it's -- x\nprice list (new).txt\no'hara.txt\n"}),
        rule("M", {"manifest": ""}),
    ],
    "route": [url("GET", one) for one in ("/a/../b/c.v1.txt", "/it's/x;y=1/--", "//x//y")],
}

ATTACKS = [
    Attack("path", "page", _page("../secret.ini"), KEY),
    Attack("path", "page", _page("docs/.././lang/../../secret.ini"), KEY),
    Attack("path, absolute", "page", _page("/etc/passwd"), "root:"),
    Attack("path, stripped once", "page_stripped", _get(file="..././..././secret.ini"), KEY),
    Attack("path, stripped once", "page_stripped", _get(file="....//....//secret.ini"), KEY),
    Attack("path, absolute", "page_stripped", _get(file="/etc/passwd"), "root:"),
    Attack("path, encoded", "page_decoded", _get(file="%2e%2e/%2e%2e/secret.ini"), KEY),
    Attack("path, unicode", "page_decoded", _get(file="．．/．．/secret.ini"), KEY),
    Attack("path, unicode", "page_decoded", _get(file="‥／‥／secret.ini"), KEY),
    Attack("path, encoded absolute", "page_decoded", _get(file="%2Fetc%2Fpasswd"), "root:"),
    Attack("path, two fields", "plan", _post({"folder": "..", "file": "u-9/plan.txt"}), "saw-other-6630"),
    Attack("path, two fields", "plan", _post({"folder": "../..", "file": "secret.ini"}), KEY),
    Attack("path, prefix", "plan_prefix", {"user": "u-5", "file": "../u-9/plan.txt"}, "saw-other-6630"),
    Attack("path, user", "plan_prefix", {"user": "u-5/../u-9", "file": "./plan.txt"}, "saw-other-6630"),
    Attack("path, object key", "upload_key", put("../../users/u-77/x.txt"), "u-77"),
    Attack("path, object key", "upload_key", put("a/../../../planted.txt"), '"planted.txt"'),
    Attack("path, header", "language", _lang("../../secret"), KEY),
    Attack("path, cookie", "language", _lang("en", "lang=..%2F..%2Fsecret"), KEY),
    Attack(
        "archive, zip",
        "unzip_hand",
        binary("/z", zipped({"../index.html": "owned-5"})),
        '\\"index\\": \\"owned-5',
    ),
    Attack(
        "archive, zip",
        "unzip_hand",
        binary("/z", zipped({"a/../../../users/u-5/plan.txt": "owned-6"})),
        '\\"mine\\": \\"owned-6',
    ),
    Attack("archive, link", "untar", binary("/t", tarred({}, {"p.txt": "../../secret.ini"})), KEY),
    Attack("archive, link", "untar", binary("/t", tarred({}, {"x.txt": "/etc/passwd"})), "root:"),
    Attack("path, attachment", "attachment", _mail("../index.html"), '\\"index\\": \\"attached-77'),
    Attack(
        "path, attachment",
        "attachment",
        _mail("ok.txt", "../docs/../index.html"),
        '\\"index\\": \\"attached-77',
    ),
    Attack("XXE", "feed_lxml", _entity("file:///etc/passwd"), "root:"),
    Attack("XXE", "feed_lxml", _entity("/etc/passwd", "<b>&#x20;&e;</b>"), "root:"),
    Attack("XPath", "feed_find", _get(name="boss' or 'a'='b", pin="x"), "boss"),
    Attack("XPath", "feed_find", _get(name="x", pin="' or starts-with(@pin, 'saw-pin-66') or '"), "boss"),
    Attack("XPath", "feed_find", _get(name="x']/@name | //@pin | //user[@name='", pin="y"), "saw-pin-6628"),
    Attack("path, parts", "manifest", rule("M", {"manifest": "o'hara.txt\n..|..|secret.ini"}), KEY),
    Attack("path, parts", "manifest", rule("M", {"manifest": "x|/etc|passwd"}), "root:"),
]
