"""A weaving mill's portal: files, staff, sessions, frameworks and small tools."""

import base64
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    api,
    b64,
    bus,
    form,
    get,
    kinesis,
    one,
    post,
    sns,
    sqs,
    tar64,
    url,
)

NEEDS = ()
VAULT = "loom-vault-9914"
PASSWD = "root:x:0:0"


def _doc(name: str) -> dict[str, object]:
    return one("/documents/{name+}", name=name)


def _file(name: str, data: str) -> dict[str, object]:
    return post("/files", name=name, data=b64(data))


def _mill(mill: str) -> dict[str, object]:
    return api("GET", "/orders", headers={"X-Mill": mill})


def _cart(value: object) -> dict[str, object]:
    return _cookie(pickle.dumps(value, 4))


def _cookie(data: bytes) -> dict[str, object]:
    return api("GET", "/cart", headers={"Cookie": "lang=en; cart=" + base64.urlsafe_b64encode(data).decode()})


def _mail(subject: str, *names: str) -> dict[str, object]:
    parts = "".join(
        f'--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="{n}"\n\nx\n'
        for n in names
    )
    head = f"From: o'hara@example.com\nSubject: {subject}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    return sns({"content": head + "--b\nContent-Type: text/plain\n\nhello; it's me\n" + parts + "--b--\n"})


def _include(text: str) -> dict[str, object]:
    return post("/page", text=text)


REQUESTS = {
    "document": [
        _doc("welcome.txt"),
        _doc("guides/chapter (1).txt"),
        _doc("guides/o'hara.txt"),
        _doc("guides/no; such -- file.txt"),
    ],
    "document_checked": [
        _doc("guides/o'hara.txt"),
        _doc("guides/none.txt"),
        _doc("guides/../welcome.txt"),
        _doc("a:b; c"),
    ],
    "document_cleaned": [
        get("/d", file="welcome.txt"),
        get("/d", file="guides/chapter (1).txt"),
        get("/d", file="it's..here; 50%.txt"),
    ],
    "static": [
        url("GET", "/"),
        url("GET", "/guides/chapter%20(1).txt"),
        url("GET", "/guides/o'hara.txt"),
        url("GET", "/favicon.ico"),
    ],
    "avatar": [one("/a", user="pat"), one("/a", user="o-hara"), one("/a", user="d'arc; jean (2)")],
    "avatar_name": [one("/a", user="pat"), one("/a", user="mary.o-x"), one("/a", user="o'x; y")],
    "upload": [
        _file("pattern; it's (1).csv", "a,b"),
        _file("2026/05/é -- 50%.txt", GRUMBLE),
        _file("config.ini", "[x]\ny = 1\n"),
    ],
    "upload_secure": [
        _file("C:\\Users\\o'hara\\x; y.txt", LISTING),
        _file("....", "x"),
        _file("Mein Bild (1).PNG", HTML),
    ],
    "logs": [get("/logs", day="2026-05-04"), get("/logs", day="2026-05"), get("/logs", day="2025-01-01")],
    "logs_dated": [
        get("/logs", day="2026-05-04", q="it's"),
        get("/logs", day="04.05.2026"),
        get("/logs", day="2026-05-03"),
    ],
    "folder": [
        api("GET", "/folder"),
        get("/folder", path="guides"),
        get("/folder", path="guides/../avatars"),
        get("/folder", path="it's; none"),
    ],
    "archive": [bus("Zip", folder="guides"), bus("Zip", folder="avatars/"), bus("Zip", folder="o'hara; --")],
    "unpack": [
        post("/t", tar=tar64({"a b/it's; 1.txt": GRUMBLE, "x.csv": "1"})),
        post("/t", tar=tar64({"twill.txt": "2/2 -- 50%"}, {"latest": "twill.txt"})),
        post("/t", tar=tar64({})),
    ],
    "unpack_data": [
        post("/t", tar=tar64({"o'hara.txt": NOTES, "d/e; f.txt": "x"})),
        post("/t", tar=tar64({"./up.txt": "x"})),
        post("/t", tar=tar64({"up.txt": "x"}, {"l": "up.txt"})),
    ],
    "translated": [
        api("GET", "/texts"),
        get("/texts", lang="ga"),
        get("/texts", lang="pt-BR"),
        get("/texts", lang="en; q=0.8"),
    ],
    "translated_known": [
        api("GET", "/t", headers={"Accept-Language": "ga-IE,ga;q=0.9,en;q=0.5"}),
        api("GET", "/t", headers={"Accept-Language": "zh-Hant-TW;q=0.9"}),
        api("GET", "/t", headers={"Accept-Language": "*"}),
    ],
    "included": [
        _include("# It's a page\n!include welcome.txt\n-- end; 50%"),
        _include("!include guides/o'hara.txt\n\n" + NOTES),
        _include("Say !include x; nothing\n!include no such; file.txt"),
    ],
    "tenant_db": [_mill("cork-2"), _mill("O'Hara & Sons; west"), _mill("main")],
    "attachments": [
        _mail("It's late; -- 50%", "O'Hara; plan (1).csv", "é.txt"),
        _mail("x", "..up.txt", "C:\\dir\\a b.txt"),
        _mail("=?utf-8?q?caf=C3=A9?="),
    ],
    "people": [get("/p", name="O'Neill"), get("/p", name="Li; Wei"), get("/p", name="D'Arc -- Müller & Co.")],
    "people_escaped": [
        get("/p", name="O'Neill"),
        get("/p", name="Pat (weaver)*"),
        get("/p", name="(Pat) \\ x; --"),
    ],
    "ldap_login": [
        post("/l", user="pat", pin="1111"),
        post("/l", user="o'hara@example.com", pin="it's; wrong -- #5"),
        post("/l", user="li", pin="select 2"),
    ],
    "cart": [
        _cart({"w1": 2, "note": "it's; -- x"}),
        _cart([("O'Hara", 5)]),
        api("GET", "/cart"),
        api("GET", "/cart", headers={"Cookie": "cart=; a=b'c"}),
    ],
    "cart_signed": [
        api("POST", "/cart", {"it's; x": GRUMBLE}),
        api("POST", "/cart", {"a": 1}, query={"token": "eyJhIjoxfQ.forged-x"}),
        api("POST", "/cart"),
    ],
    "weaves": [
        api("GET", "/weaves", query={"q": "o'h"}),
        api("GET", "/weaves/w2"),
        api("GET", "/weaves/it's--none"),
        api("POST", "/weaves", {"name": HTML, "by": FOLK[2], "warp": {"$": 1}}),
        api("POST", "/weaves", {"by": "O'Hara"}),
    ],
    "orders": [
        url("POST", "/orders", {"client": FOLK[0], "metres": "12.5", "note": GRUMBLE}),
        url("POST", "/orders", {"client": "Drop & Co; Ltd", "metres": -1}),
        url("GET", "/orders/A-15 b'c", query={"fields": "number,client"}),
        url("GET", "/orders/7", query={"fields": "price"}),
    ],
    "comments": [
        form("/comments", name="O'Hara", text="It's <b>fine</b>;\n-- 50% {{ x }}"),
        url("POST", "/comments", {"name": FOLK[4], "text": LISTING}),
        url("GET", "/comments/a/b c's.html", query={"sort": "old; x"}),
    ],
    "profile": [
        post("/p", name=FOLK[1], born="1990-02-28", site="https://x.example/a?b=c#d", roles=["dyer"]),
        post("/p", name="it's; --", site="ftp://x.example", roles=["boss"]),
        api("POST", "/p", '{"name": 5'),
    ],
    "delivery": [
        sqs(
            {
                "name": FOLK[2],
                "street": SPOTS[0],
                "phone": "+353 (86) 123-4567",
                "when": "2026-05-04T10:00:00+01:00",
            }
        ),
        sqs({"name": "x", "street": SPOTS[3], "phone": "n/a"}, {"street": GRUMBLE}),
        sqs({"name": "Ü", "street": SPOTS[1], "extra": {"a": 1}}),
    ],
    "readings": [
        kinesis({"loom": "o'3; x", "rpm": 120, "note": "it's -- hot"}, "not json"),
        kinesis({"loom": "a", "rpm": "fast"}),
        kinesis({"loom": NOTES, "rpm": 0}),
    ],
    "build_order": [
        {"plan": {"warp; 1": [], "weave it's": ["warp; 1"], "cut": ["weave it's"]}},
        {"plan": {"a": ["b"], "b": ["a"]}},
        {"plan": {"dye ('red')": ["-- x"]}},
    ],
    "slugs": [
        post("/s", titles=["Drop Table; it's 50% off -- ok", "../notes"]),
        post("/s", titles=list(FOLK)),
        post("/s", titles=[HTML, LISTING]),
    ],
    "tester": [
        post("/r", pattern=r"(\w+)'s\s+(?P<n>\d+)%", text="it's 50% and Pat's 7%"),
        post("/r", pattern="^--.*;$", text="-- DROP TABLE x;", ignore_case=True),
        post("/r", pattern="(open", text="x"),
        post("/r", pattern=PATTERN, text='key = "it\'s"; # x'),
    ],
    "cron": [
        {"expression": "cron(0/15 8-17 ? * MON-FRI *)"},
        {"expression": "rate(5 minutes)"},
        {"expression": "0 9 * * 1 # it's weekly"},
        {"expression": "cron(0 10 L * ? 2026)"},
    ],
    "allowed": [
        url("GET", "/", headers={"authorization": "Bearer loom"}),
        url("GET", "/", headers={"authorization": "Basic bydoYXJhOng7IC0t"}),
        url("GET", "/a?b=it's"),
    ],
    "audit": [
        bus("Login", who="o'hara; x\nadmin", notes=["a -- b", {"c": 1}]),
        bus("Change", old=LISTING, new=NOTES),
        bus("x -- y", n=None),
    ],
    "matched": [
        get("/m", pattern="*.txt"),
        get("/m", pattern="guides/[co]*"),
        get("/m", pattern="?elcome*"),
        get("/m", pattern="it's; (x)?"),
    ],
}

ATTACKS = [
    Attack("path", "document", _doc("../private/vault.txt"), VAULT),
    Attack("path", "document", _doc("/etc/passwd"), PASSWD),
    Attack("path", "document", _doc("guides/../../private/./vault.txt"), VAULT),
    Attack("path", "document", _doc("../app.py"), "loom-sign-2255"),
    Attack("path", "document", _doc("/proc/self/root/etc/passwd"), PASSWD),
    Attack("path, filtered", "document_cleaned", get("/d", file="....//private/vault.txt"), VAULT),
    Attack("path, filtered", "document_cleaned", get("/d", file="..././private/keys.json"), VAULT),
    Attack("path, filtered", "document_cleaned", get("/d", file="guides/....//....//app.py"), "loom-sign-2255"),
    Attack("path, encoded", "static", url("GET", "/..%2fprivate%2fvault.txt"), b64("loom-vault-9914\n")),
    Attack("path, encoded", "static", url("GET", "/guides/%2e%2e/%2e%2e/private/vault.txt"), b64("loom-vault-9914\n")),
    Attack("path, encoded", "static", url("GET", "/%2E%2E%2Fprivate/./keys.json"), b64('{"key": "loom-vault-9914"}\n')),
    Attack("path, suffix", "avatar", one("/a", user="../../private/vault"), VAULT),
    Attack("path, suffix", "avatar", one("/a", user="./../../private//vault"), VAULT),
    Attack("path, write", "upload", _file("../config.ini", "[mill]\nopen = stolen\n"), "stolen"),
    Attack("path, write", "upload", _file("a/../../config.ini", "[evil]\nx = stolen\n"), "stolen"),
    Attack("path, glob", "logs", get("/l", day="../private/"), VAULT),
    Attack("path, glob", "logs", get("/l", day="../priv*/[s-w]"), VAULT),
    Attack("path, glob", "logs", get("/l", day="/../../../../../../../../../../../../etc/passw"), PASSWD),
    Attack("path, list", "folder", get("/f", path="../private"), '\\"vault.txt\\"'),
    Attack("path, list", "folder", get("/f", path="/etc"), '\\"passwd\\"'),
    Attack("path, list", "folder", get("/f", path="guides/../.."), '\\"app.py\\"'),
    Attack("path, archive", "archive", bus("Zip", folder="../private"), "vault.txt"),
    Attack("path, archive", "archive", bus("Zip", folder="guides/../../private/"), "keys.json"),
    Attack("archive, path", "unpack", post("/t", tar=tar64({"../evil.sh": "x"})), '[\\"evil.sh\\"]'),
    Attack("archive, link", "unpack", post("/t", tar=tar64({"a.txt": "x"}, {"b.txt": "/etc/passwd"})), PASSWD),
    Attack("archive, link", "unpack", post("/t", tar=tar64({"out/evil.cfg": "x"}, {"out": ".."})), '\\"evil.cfg\\"'),
    Attack("path, suffix", "translated", get("/t", lang="../private/keys"), VAULT),
    Attack("path, suffix", "translated", get("/t", lang="./..//private/./keys"), VAULT),
    Attack("path, suffix", "translated", get("/t", lang=".\0./private/keys"), VAULT),
    Attack("path, include", "included", _include("!include ../private/vault.txt"), VAULT),
    Attack("path, include", "included", _include("x\n!include  /etc/passwd \ny"), PASSWD),
    Attack("path, database", "tenant_db", _mill("../owner"), "loom-owner-7031"),
    Attack("path, database", "tenant_db", _mill("./.././owner"), "loom-owner-7031"),
    Attack("LDAP", "people", get("/p", name="*"), '\\"li@example.com\\", \\"pat@example.com\\"'),
    Attack("LDAP", "ldap_login", post("/l", user="owner", pin="*"), '\\"kind\\": \\"board\\"'),
    Attack("LDAP", "ldap_login", post("/l", user="owner)(uid=*", pin="loom*"), '\\"kind\\": \\"board\\"'),
    Attack("LDAP", "ldap_login", post("/l", user="*)(|(kind=board)(uid=x)", pin="*"), '\\"kind\\": \\"board\\"'),
    Attack("pickle", "cart", _cookie(b"csubprocess\ngetoutput\n(S'echo pwn$((23*2))'\ntR."), "pwn46"),
    Attack("pickle", "cart", _cookie(b"\x80\x04\x8c\x08builtins\x8c\x04list\x93\x8c\x08builtins\x8c\x04open\x93\x8c\x0b/etc/passwd\x85R\x85R."), PASSWD),
    Attack("pickle", "cart", _cookie(b"\x80\x02capp\nSECRET\nq\x00."), "loom-sign-2255"),
]  # fmt: skip
