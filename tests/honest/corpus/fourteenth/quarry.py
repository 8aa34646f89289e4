"""Data in all formats into the tables of a statistics office."""

import base64
import datetime
import pickle
from decimal import Decimal

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    api,
    b64,
    bus,
    get,
    kinesis,
    post,
    sns,
    sqs,
    zip64,
)

NEEDS = ()
SECRET = "quarry-secret-3074"
PASSWD = "root:x:0:0"


def _body(text: str, kind: str = "text/csv") -> dict[str, object]:
    return api("POST", "/upload", text, headers={"Content-Type": kind})


def _xml(text: str) -> dict[str, object]:
    return _body(text, "application/xml")


def _yaml(text: str) -> dict[str, object]:
    return _body(text, "application/yaml")


def _pick(expression: str, data: object) -> dict[str, object]:
    return post("/pick", expression=expression, path=expression, data=data)


def _formula(text: str) -> dict[str, object]:
    return bus("Formula", formula=text)


def _state(value: object) -> dict[str, object]:
    return {"job": 5, "state": base64.b64encode(pickle.dumps(value, 4)).decode()}


def _pickle(code: bytes) -> dict[str, object]:
    return {"job": 5, "state": b64(code)}


def _book(*rows: list[str]) -> str:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in row) + "</row>" for row in rows
    )
    return zip64(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        }
    )


def _rules(answers: dict[str, object], **rules: str) -> dict[str, object]:
    return bus("Survey", answers=answers, rules=rules)


def _rows(*rows: list[object]) -> dict[str, object]:
    return post("/export", rows=list(rows))


def _filter(text: str) -> dict[str, object]:
    rows = [{"town": "St. John's", "note": "a; b -- c"}, {"town": "York", "note": "50% (x)"}]
    return post("/filter", filter=text, rows=rows)


ORDER = "<order id='5; x'><note>It's &lt;urgent&gt; -- &amp; paid</note><line>O'Hara</line><line>50%</line></order>"
FEED = "<rss><channel><title>News &amp; it's</title><item><title><![CDATA[<b>50%</b> off; -- select]]></title></item></channel></rss>"
ENTITY = "<!DOCTYPE o [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
XSL = "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'%s><xsl:output method='text'/><xsl:template match='/'>%s</xsl:template></xsl:stylesheet>"

REQUESTS = {
    "totals": [
        _body('town,n\nSt. John\'s,3\n"Bad; Homburg","1,5"\nYork,x\nSt. John\'s,2\n'),
        _body("SELECT -- all,5\n=SUM(A1),7\n" + FOLK[2].replace('"', "") + ",1\n"),
        _body(""),
    ],
    "towns": [
        get("/towns", where="people > 100 and area < 300"),
        get("/towns", where='town == "St. John\'s"'),
        get("/towns", where="town.str.contains('; H') or people == 70"),
        get("/towns", where="populace > 1"),
    ],
    "towns_listed": [
        get("/t", column="people", op="gt", value="100"),
        get("/t", column="area", op="le", value="1e2"),
        get("/t", column="town", op="eq", value="x'"),
    ],
    "derived": [
        _formula("density = people * 1000 / area"),
        _formula("big = people > 100"),
        _formula("half=people//2 - 1"),
        _formula("x = persons + 1"),
    ],
    "derived_ast": [
        _formula("density = people * 1000 / area"),
        _formula("n = 2 * (3 + 4)"),
        _formula("x = round(people)"),
        _formula("it's = ;"),
    ],
    "groups": [
        post("/g", csv="town,kind\nYork,'a; b'\nL'Aquila,c\nYork,c\n", by="town"),
        post("/g", csv="a;b\n1;it's -- x\n2;it's -- x\n", by="b", sep=";"),
        post("/g", csv="a,b\n1,2\n", by="c'; --"),
    ],
    "read_any": [
        sqs({"inline": "it's,5\n"}),
        sqs({"inline": "a;b -- c;50%\n", "sep": ";"}, {"inline": HTML.replace(",", "")}),
        sqs({"path": "missing; file (1).csv"}),
    ],
    "census": [
        get("/c", town="York"),
        get("/c", town="L'Aquila", year="2021"),
        get("/c", town="Bishop's Stortford; --"),
    ],
    "census_group": [
        post("/c", rows="town"),
        post("/c", rows="year", measure="max(people)"),
        post("/c", rows="upper(town)", measure="count(*)"),
        post("/c", rows="year % 10", measure="avg(people) / 2"),
    ],
    "upload_sql": [
        post("/u", name="towns 2026 (v2).csv", csv="a,b\n1,it's\n2,x; --\n"),
        post("/u", name='Select "all" -- union; final.csv', csv="town\nYork\n"),
        post("/u", name="50% é.csv", csv="x,y\n'1','2'\n"),
    ],
    "parquet": [
        post("/p", rows=[{"name": "O'Hara; --", "n": 1.5}, {"name": GRUMBLE}]),
        post("/p", rows=[{"name": LISTING, "n": 0}]),
        post("/p", rows=[{"name": "Rock'n'Roll (live); -- 'best'", "n": 2}]),
    ],
    "pick": [
        _pick(
            "items[?price > `5`].{n: name, p: price} | sort_by(@, &n)",
            {"items": [{"name": "it's; A", "price": 9}]},
        ),
        _pick("people[?contains(name, 'O''Hara') || age < `30`] | length(@)", {"people": []}),
        _pick("join('; ', \"a b\"[*].x)", {"a b": [{"x": "1"}, {"x": "-- 2"}]}),
        _pick("items[?", {}),
    ],
    "pick_path": [
        _pick(
            "$.store.book[?(@.price < 10 & @.lang == 'it')].title",
            {"store": {"book": [{"price": 8, "title": "L'amica; geniale", "lang": "it"}]}},
        ),
        _pick("$..name", {"a": {"name": "x -- y"}, "b": [{"name": "O'Hara"}]}),
        _pick("$.a[0:2]", {"a": [1, 2, 3]}),
        _pick("$[", {}),
    ],
    "pick_dotted": [
        _pick("order.lines[0].sku", {"order": {"lines": [{"sku": "it's; 5"}]}}),
        _pick("a b.c-d.50%", {"a b": {"c-d": {"50%": "-- x"}}}),
        _pick("x.y", {}),
    ],
    "checked": [
        post("/v", id="AB-12", answers=["it's; -- ok", "$where", GRUMBLE]),
        post("/v", id="AB-12", answers=[ESSAY], extra=1),
        post("/v", id="ab'12", answers=["{{x}}", LISTING]),
    ],
    "order_xml": [
        _xml(ORDER),
        _xml(
            "<?xml version='1.0' encoding='UTF-8'?><!-- it's -->\n<order id='é'><note><![CDATA[a < b && c; SELECT -- x]]></note></order>"
        ),
        _xml(
            "<!DOCTYPE order [<!ENTITY firm 'O&#39;Hara and Sons'>]><order id='1'><line>&firm;; 50%</line></order>"
        ),
        _xml("<order><note>half"),
    ],
    "order_xml_plain": [
        _xml(ORDER),
        _xml("<order id='\"'><note>{{x}} ${y}</note></order>"),
        _xml("not xml; at all"),
    ],
    "feed_sax": [
        sns(FEED),
        sns("<feed><title>L&#39;&#233;t&#233;; {x}</title></feed>"),
        sns("<feed><title>x</feed>"),
    ],
    "feed_tree": [
        sns(FEED),
        sns("<a xmlns:x='urn:o'><title x:y='&quot;'>it's</title></a>"),
        sns("no feed -- sorry"),
    ],
    "staff": [
        get("/staff", dept="maps"),
        get("/staff", dept="R&D (east); 5 -- or so"),
        get("/staff", dept='the "new" dept'),
    ],
    "staff_variable": [
        get("/staff", dept="maps"),
        get("/staff", dept="O'Hara's"),
        get("/staff", dept="it's 'new' or not"),
    ],
    "transform": [
        post(
            "/x",
            xsl=XSL
            % ("", "<xsl:for-each select='c/i[@n &gt; 1]'><xsl:value-of select='.'/>; </xsl:for-each>"),
        ),
        post(
            "/x",
            xsl=XSL
            % (
                "",
                "<xsl:value-of select='count(//i)'/> items -- it&apos;s <xsl:value-of select='c/i[contains(., \";\")]'/>",
            ),
        ),
        post("/x", xsl="<xsl:stylesheet"),
    ],
    "scraped": [
        _body(HTML, "text/html"),
        _body("<h1>It's; 50%</h1><a href='/a?b=c&d=e#f'>x</a><script>alert('x')</script>", "text/html"),
        _body("", "text/html"),
    ],
    "config_yaml": [
        _yaml("name: it's; fine -- 50%\nsteps:\n  - run: make && ./x.sh | tee log\n  - uses: a/b@v2 # pin\n"),
        _yaml("name: &n 'O''Hara'\nsteps: [*n, \"{{ x }}\", !!str 5, 2026-05-04]\n"),
        _yaml("- a\n- b: [c, d]\n"),
        _yaml("name: [broken\n"),
    ],
    "config_yaml_safe": [
        _yaml("a: it's\n---\n- !!set {x, y}\n- |\n  rm -rf; x\n"),
        _yaml("x: !Ref Bucket\n"),
        _yaml(NOTES.replace("|", "")),
    ],
    "config_ini": [
        post("/i", name="O'Hara & Sons; Cork -- est. 1950", plan="gold = best; 50%"),
        post("/i", name="[brackets] #1", plan="50%(off)"),
        post("/i", name=FOLK[4]),
    ],
    "config_ini_set": [
        post("/i", name="Acme\n(formerly O'Hara = Sons)"),
        post("/i", name="[x]; it's # y"),
        post("/i", name=GRUMBLE),
    ],
    "config_toml": [
        _body("title = \"it's; x\"\n[a.'b c']\nd = [1, 2]\nwhen = 2026-05-04\n"),
        _body("x = '''\nrm -rf; --\n'''\n"),
        _body("broken = "),
    ],
    "sheet": [
        post("/s", file=_book(["town", "n"], ["St. John's; NL", "-- 5"], ["=SUM(A1)", "50%"])),
        post("/s", file=_book(["{{ x }}", "$y"])),
        post("/s", file=b64("no workbook")),
    ],
    "restore": [
        _state({"page": 5, "names": list(FOLK), "done": (1, 2)}),
        _state([Decimal("12.50"), datetime.datetime(2026, 5, 4, 8, 0), {"it's; x"}, None]),
        _state({"text": LISTING, "raw": b"\x00\xff"}),
        {"job": 5, "state": "bm90IGEgcGlja2xl"},
    ],
    "samples": [
        kinesis(
            {"id": "s'1", "weight": "1.5", "note": "it's; -- wet"}, {"id": "2", "weight": 2, "unit": "lb"}
        ),
        kinesis({"id": "x", "weight": "NaN;", "unit": "kg"}, "no json"),
        kinesis({"id": FOLK[5], "weight": "1e3", "unit": "stone", "extra": 1}),
    ],
    "summary": [
        post("/s", values=[1, 2, 3.5]),
        post("/s", function="median", values=[5, 1, 9]),
        post("/s", function="mode", values=["it's", "x; y", "it's"]),
        post("/s", function="average", values=[1]),
    ],
    "filtered": [
        _filter("town like john's"),
        _filter("note is a; b -- c"),
        _filter(r"note matches ^\d+%\s\(x\)$"),
        _filter("note matches (open"),
        _filter("towns with york"),
    ],
    "rules": [
        _rules(
            {"age": 20, "country": "Côte d'Ivoire"},
            adult="age >= 18 and country != ''",
            name="len(country) > 3",
        ),
        _rules({"a": 1, "b": 2.5}, sum="a + b == 3.5", most="max(a, b) if a else 0", bad="c > 1"),
        _rules({"text": GRUMBLE}, short="len(text.split()) < 100", has='"can\'t" in text'),
    ],
    "export_csv": [
        _rows(["O'Hara; x", "=1+1", 5], ['a "b", c', "-- y", None]),
        _rows([GRUMBLE, NOTES]),
        _rows(["@x", "+353 1", -5]),
    ],
    "export_lines": [
        _rows(["Pat O'Neill", 5, "50% -- ok"], ["Li, Wei", "x=y"]),
        _rows([HTML.replace(";", ","), 1]),
        _rows(["select", "drop table"]),
    ],
}

ATTACKS = [
    Attack("pandas, query", "towns", get("/t", where="people.sum(@pd.io.common.os.popen('echo pwn$((4*11))').read())"), "pwn44"),
    Attack("pandas, query", "towns", get("/t", where="people.sum(@SECRET) > 1"), SECRET),
    Attack("pandas, query", "towns", get("/t", where="people > 1 and area.sum(@os.popen('head -1 /etc/passwd').read()) > 0"), PASSWD),
    Attack("Python, eval", "derived", _formula("x = pd.io.common.os.popen('echo pwn$((4*11))').read()"), "pwn44"),
    Attack("Python, eval", "derived", _formula("x=open('/etc/passwd').readline()"), PASSWD),
    Attack("Python, eval", "derived", _formula("x = __import__('app').SECRET"), SECRET),
    Attack("pandas, path", "derived", _formula("x = pd.read_csv('/etc/passwd', header=None, sep='~')[0]"), "root:x:0:0"),
    Attack("pandas, path", "read_any", sqs({"path": "/etc/passwd", "sep": "|"}), PASSWD),
    Attack("pandas, path", "read_any", sqs({"path": "file:///etc/passwd", "sep": "|"}), PASSWD),
    Attack("pandas, SSRF", "read_any", sqs({"path": "http://127.0.0.1:@PORT@/internal/x", "sep": "|"}), "internal-token-4711"),
    Attack("pandas, path", "read_any", sqs({"inline": "x"}, {"path": "../../../../../../../etc/passwd", "sep": "~"}), PASSWD),
    Attack("SQL, DuckDB", "census_group", post("/c", rows="(SELECT max(person) FROM raw)", measure="1"), SECRET),
    Attack("SQL, DuckDB", "census_group", post("/c", rows="1", measure="(SELECT content FROM read_text('/etc/passwd'))"), PASSWD),
    Attack("SQL, DuckDB", "census_group", post("/c", rows="1, 2 UNION SELECT person", measure="income FROM raw --"), SECRET),
    Attack("SQL, DuckDB", "census_group", post("/c", rows="1", measure="(FROM glob('/etc/pass*d') LIMIT 1)"), "/etc/passwd"),
    Attack("SQL, DuckDB", "upload_sql", post("/u", name="x'; SELECT person, 1 FROM raw --", csv="a\n1\n"), SECRET),
    Attack("SQL, DuckDB", "upload_sql", post("/u", name="'; SELECT content, size FROM read_text('/etc/passwd') --", csv="a\n1\n"), PASSWD),
    Attack("Python, eval", "pick_dotted", _pick("'+secret+'", {}), SECRET),
    Attack("Python, eval", "pick_dotted", _pick("a.'+next(iter(getattr(__import__('os'),'popen')('echo pwn$((9*3))')))+'", {"a": {}}), "pwn27"),
    Attack("Python, eval", "pick_dotted", _pick("'+next(open('/etc/passwd'))+'", {}), PASSWD),
    Attack("Python, eval", "pick_dotted", _pick("'or getattr(__import__('app'),'SECRET')or'", {"a": 1}), SECRET),
    Attack("XXE", "order_xml", _xml(ENTITY + "<o><note>&x;</note></o>"), PASSWD),
    Attack("XXE", "order_xml", _xml("<!DOCTYPE o SYSTEM 'x' [<!ENTITY % p \"<!ENTITY x SYSTEM '/etc/passwd'>\"> %p;]><o><line>&x;</line></o>"), PASSWD),
    Attack("XXE", "order_xml", _xml("<?xml version='1.0'?><!DOCTYPE o [<!ENTITY % a 'file:///etc'><!ENTITY y PUBLIC '-//x' 'file:/etc/passwd'>]><o id='1'><note>n</note><line>&y;</line></o>"), PASSWD),
    Attack("XXE, sax", "feed_sax", sns(ENTITY + "<o><title>&x;</title></o>"), PASSWD),
    Attack("XXE, sax", "feed_sax", sns("<!DOCTYPE o [<!ENTITY x SYSTEM 'http://127.0.0.1:@PORT@/internal'>]><o><title>&x;</title></o>"), "internal-token-4711"),
    Attack("XXE, sax", "feed_sax", sns("<!DOCTYPE o [<!ENTITY y PUBLIC 'p' '/etc/passwd'>]><o><title>a&y;b</title></o>"), PASSWD),
    Attack("XPath", "staff", get("/s", dept="' or @dept='board']/pay/text() | //x[@y='"), SECRET),
    Attack("XPath", "staff", get("/s", dept="']/.. | //pay/text() | //p[@z='"), SECRET),
    Attack("XPath", "staff", get("/s", dept="x']/name/text() | //@login | //p[@dept='maps"), '\\"boss\\"'),
    Attack("XSLT", "transform", post("/x", xsl=ENTITY.replace("<!DOCTYPE o", "<!DOCTYPE xsl:stylesheet") + XSL % ("", "<xsl:text>&x;</xsl:text>")), PASSWD),
    Attack("XSLT, XXE", "transform", post("/x", xsl="<!DOCTYPE s [<!ENTITY p PUBLIC 'a' '/etc/passwd'>]>" + XSL % ("", "<xsl:variable name='v'>&p;</xsl:variable><xsl:value-of select='substring($v, 1, 20)'/>")), PASSWD),
    Attack("YAML", "config_yaml", _yaml("!!python/object/apply:subprocess.getoutput ['echo pwn$((12*3))']"), "pwn36"),
    Attack("YAML", "config_yaml", _yaml("name: !!python/object/apply:builtins.eval [\"open('/etc/passwd').readline()\"]\n"), PASSWD),
    Attack("YAML", "config_yaml", _yaml("steps:\n- !!python/object/apply:getattr [!!python/module:app '', SECRET]\n"), SECRET),
    Attack("YAML", "config_yaml", _yaml("name: !!python/object/apply:subprocess.getoutput [head -1 /etc/passwd]\n"), PASSWD),
    Attack("INI", "config_ini", post("/i", name="x\nadmin = yes\n[other]\ny = 1", plan="z"), '\\"admin\\": \\"yes\\"'),
    Attack("INI", "config_ini", post("/i", name="x", plan="gold\n[root]\nkey = 1"), '\\"root\\"'),
    Attack("INI", "config_ini", post("/i", name="x\r\n[client2]\r\nadmin: yes\r\nq=", plan="1"), '\\"client2\\"'),
    Attack("pickle", "restore", _pickle(b"csubprocess\ngetoutput\n(S'echo pwn$((13*3))'\ntR."), "pwn39"),
    Attack("pickle", "restore", _pickle(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x1eopen('/etc/passwd').readline()\x85R."), PASSWD),
    Attack("pickle", "restore", _pickle(b"capp\nSECRET\n."), SECRET),
    Attack("pickle", "restore", _pickle(b"(S'head -1 /etc/passwd'\nisubprocess\ngetoutput\n."), PASSWD),
    Attack("Python, rules", "rules", _rules({"a": 1}, x="[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('echo pwn$((17*3))').read()"), "pwn51"),
    Attack("Python, rules", "rules", _rules({"a": 1}, x="len.__self__.open('/etc/passwd').readline()"), PASSWD),
    Attack("Python, rules", "rules", _rules({"a": 1}, x="min.__self__.__import__('app').SECRET"), SECRET),
    Attack("lines, CSV", "export_lines", _rows(["Eve;0;paid\nMallory", 5]), '\\"paid\\"'),
    Attack("lines, CSV", "export_lines", _rows(["a", 'x;paid\n"q']), '\\"paid\\"'),
]  # fmt: skip
