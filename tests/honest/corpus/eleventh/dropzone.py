"""Files that arrive in a bucket."""

import gzip
import pickle
from typing import Any
from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eleventh import (
    FIRMS,
    MARKDOWN,
    PAGE,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    b64,
    bus,
    parts,
    png,
    put,
    rest,
    stream,
    tarred,
    zipped,
)

NEEDS = ("aws-http",)
BUCKET = "eleventh-drop"
PASSWORD = "dz-pass-6061"


def _up(key: str, body: str | bytes) -> dict[str, object]:
    event = rest("PUT", "/files/{key+}", body if isinstance(body, str) else b64(body), ids={"key": key})
    return event | {"isBase64Encoded": isinstance(body, bytes)}


def _raw(key: str, encoded: str) -> dict[str, object]:
    return rest("PUT", "/files/{key+}", encoded, ids={"key": key}) | {"isBase64Encoded": True}


def _on(*keys: str) -> dict[str, object]:
    return put(BUCKET, *keys)


def _mail(sender: str, subject: str, files: dict[str, str]) -> str:
    text = (
        f"From: {sender}\r\nTo: in@example.org\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nsee file\r\n'
    )
    for name, data in files.items():
        text += (
            f'--b1\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{b64(data)}\r\n"
        )
    return text + "--b1--\r\n"


def _invoice(buyer: str, *lines: tuple[str, str], head: str = "") -> str:
    inner = "".join(f"<line><text>{t}</text><price>{p}</price></line>" for t, p in lines)
    return f'<?xml version="1.0"?>{head}<invoice number="2026-7"><buyer>{buyer}</buyer>{inner}</invoice>'


class _Run:
    def __init__(self, function: object, *arguments: object) -> None:
        self.made = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.made


def _xlsx(title: str, *rows: list[object]) -> dict[str, object]:
    return rest("POST", "/sheets", {"title": title, "rows": rows})


def _manual(name: str, language: str = "en-US,en;q=0.5") -> dict[str, object]:
    return rest("GET", "/manuals", query={"name": name}, headers={"Accept-Language": language})


def _document(name: str) -> dict[str, object]:
    return rest("GET", "/documents/{name}", ids={"name": name})


def _line(**query: str) -> dict[str, object]:
    return rest("GET", "/catalog", query=query)


LOG = (
    '203.0.113.9 - - [01/Mar/2026:08:15:30 +0000] "GET /search?q=union+select+1 HTTP/1.1" 200 512 "-" "curl"\n'
    '198.51.100.3 - bob [01/Mar/2026:08:15:31 +0000] "POST /login.php?u=\' HTTP/1.1" 404 1 "-" "x; rm -rf /"\n'
)
SHEET = f'name,city,note\n{PEOPLE[0]},Cork,"{REVIEW.replace(chr(34), chr(34) * 2)}"\n{PEOPLE[4]},北京,=1+1\nx,L\'Aquila,\n'
YAML = (
    'name: nightly (it\'s on time)\nversion: !!str 1.0\nanchors: &base {retries: 3}\nsteps:\n  - run: |\n      echo "$HOME" && rm -rf ./out; ls *\n'
    "  - {<<: *base, uses: actions/checkout@v4}\n  - when: 2026-03-01T10:00:00+00:00\n"
)

REQUESTS = {
    "upload": [
        _up("in/people (1).csv", SHEET),
        _up("in/O'Hara & Söhne – März.csv", "name,city\na,b\n"),
        _up("in/2026/03/empty+plus.csv", "name,city\n"),
        _up("pics/holiday snap (2).png", png(40, 30)),
        _up("pics/ünïcode'd.png", png(8, 80)),
        _raw(
            "zips/report v2 (final).zip",
            zipped({"a/b/readme (1).md": MARKDOWN, "it's.txt": SNIPPET, "..hidden/c..d": "x"}),
        ),
        _raw("zips/one.zip", zipped({"only.json": '{"a": "../b"}'})),
        _raw(
            "builds/site.tar.gz",
            tarred({"index.html": PAGE, "css/a b.css": "a{}", "img/..logo.svg": "<svg/>"}),
        ),
        _raw("builds/other.tar.gz", tarred({"readme": "no index"})),
        _up(
            "xml/invoice O'Hara.xml",
            _invoice("O'Hara &amp; Co", ("Tea &lt;green&gt;", "4.5"), ("Cup 'x'", "3")),
        ),
        _up(
            "xml/dtd.xml",
            _invoice("&firm; Ltd", ("5 &gt; 3", "1"), head='<!DOCTYPE invoice [<!ENTITY firm "Grün">]>'),
        ),
        _up("conf/pipeline.yml", YAML),
        _up("conf/it's (2).yaml", "name: {a: [1, null]}\nsteps: []\n"),
        _up("ml/features.pkl", pickle.dumps({"weights": [0.1, 2], "names": (PEOPLE[0], "os.system")})),
        _up("ml/labels v1.pkl", pickle.dumps(["eval", b"x", 5, None, {1, 2}][:4], protocol=0)),
        _up("logs/access.log.gz", gzip.compress(LOG.encode(), mtime=0)),
        _up("logs/access.log", LOG),
        _up(
            "mail/msg1",
            _mail("Bob <bob@example.org>", "Re: It's here", {"invoice (2).pdf": "%PDF", "O'Hara.txt": "x"}),
        ),
        _up("mail/msg2", _mail("zoe@example.com", "none; select", {})),
    ],
    "on_csv": [
        _on("in/people (1).csv"),
        _on("in/O'Hara & Söhne – März.csv"),
        _on("in/2026/03/empty+plus.csv"),
    ],
    "on_csv_tmp": [
        _on("in/people (1).csv"),
        _on("in/O'Hara & Söhne – März.csv", "in/2026/03/empty+plus.csv"),
    ],
    "on_image": [_on("pics/holiday snap (2).png"), _on("pics/ünïcode'd.png")],
    "on_zip": [_on("zips/report v2 (final).zip"), _on("zips/one.zip")],
    "on_tar": [_on("builds/site.tar.gz"), _on("builds/other.tar.gz")],
    "on_xml": [_on("xml/invoice O'Hara.xml"), _on("xml/dtd.xml")],
    "find_line": [
        _line(name="Tea"),
        _line(name="Cup"),
        _line(name="O'Hara's \"best\""),
        _line(name="a or b [1]", field="name"),
    ],
    "on_yaml": [_on("conf/pipeline.yml"), _on("conf/it's (2).yaml")],
    "on_features": [_on("ml/features.pkl"), _on("ml/labels v1.pkl")],
    "make_xlsx": [
        _xlsx("Q1 (final)", ["name", "sum"], [PEOPLE[0], 4.5], [FIRMS[2], "=SUM(A1:A2)"]),
        _xlsx("O'Hara: 50% [x]", ["a", None, True], [REVIEW, PAGE, 1e9]),
        _xlsx("empty"),
    ],
    "on_xlsx": [_on("sheets/Q1 (final).xlsx"), _on("sheets/O'Hara: 50% [x].xlsx"), _on("sheets/empty.xlsx")],
    "on_log": [_on("logs/access.log.gz"), _on("logs/access.log")],
    "on_duck": [_on("in/people (1).csv"), _on("in/2026/03/empty+plus.csv")],
    "on_copy": [
        _on("sales-eu/2026/03/part-0001 (1).csv"),
        _on("web_logs/year=2026/a+b.csv"),
        _on("returns/Größe & co; x.csv"),
    ],
    "on_mail": [_on("mail/msg1"), _on("mail/msg2")],
    "manual": [
        _manual("start.md"),
        _manual("start.md", "de-DE,de;q=0.9"),
        _manual("faq (en).txt"),
        _manual("de/start.md", ""),
        _manual("no..such file's.md"),
    ],
    "document": [_document("start.md"), _document(quote("faq (en).txt")), _document("missing.v1..2.md")],
}
REQUESTS |= {
    "form_upload": [
        parts("/upload", {"file": ("Q1 report (final).pdf", b"%PDF")}, case="C-17", note=REVIEW),
        parts(
            "/upload", {"a": ("it's me.png", png(3, 3)), "b": ("..notes..txt", b"x; rm -rf /")}, case="O'Hara"
        ),
        parts("/upload", {}, case="none"),
    ],
    "rename": [
        rest("POST", "/rename", {"folder": "done/2026", "name": "a b (1).txt"}),
        rest("POST", "/rename", {"folder": "/o'hara & co/", "name": "it's.md"}),
        rest("POST", "/rename", {"folder": "x", "name": "ünï+1.csv"}),
    ],
    "frame": [
        rest(
            "POST",
            "/sum",
            {
                "rows": [{"city": "Cork", "n": 1}, {"city": "L'Aquila", "n": 2.5}, {"city": "Cork", "n": 3}],
                "by": "city",
                "value": "n",
            },
        ),
        rest("POST", "/sum", {"rows": [{"a b": "x; y", "@v": 1}], "by": "a b", "value": "@v"}),
        rest(
            "POST",
            "/sum",
            {"rows": [{"k": "__import__('os')", "v": 1}, {"k": "`x`", "v": 2}], "by": "k", "value": "v"},
        ),
    ],
    "page_text": [
        rest("POST", "/text", "<html><title>It's <b>x</b></title>" + PAGE + "</html>"),
        rest("POST", "/text", "<p>5 < 7 & more</p><a href='javascript:alert(1)'>x</a>"),
        rest("POST", "/text", "<pre>" + TICKET + "</pre>"),
    ],
}
REQUESTS |= {
    "bundle": [
        rest(
            "POST",
            "/bundle",
            {"name": "March (final)", "keys": ["in/people (1).csv", "in/O'Hara & Söhne – März.csv"]},
        ),
        rest("POST", "/bundle", {"name": "o'hara; x", "keys": ["no/such..file", "logs/access.log"]}),
        rest("POST", "/bundle", {"name": "none", "keys": []}),
    ],
    "notify_queue": [
        _on("in/people (1).csv"),
        _on("a/O'Hara & co.PDF", "b+c/x.tar.gz", "ünï"),
        _on("x; rm -rf $(y).sh"),
    ],
    "checksum": [_on("in/people (1).csv"), _on("in/O'Hara & Söhne – März.csv")],
    "watermark": [_on("pics/holiday snap (2).png"), _on("pics/ünïcode'd.png")],
    "json_to_gzip": [
        stream({"text": REVIEW}, {"n": 1}),
        stream(TICKET),
        stream({"x": SNIPPET, "__reduce__": ["os.system"]}),
    ],
    "transcribed": [
        bus(
            "Transcribe Job State Change",
            {
                "TranscriptionJobName": "call-1_2026.03",
                "TranscriptionJobStatus": "COMPLETED",
                "preview": REVIEW,
            },
            "aws.transcribe",
        ),
        bus(
            "Transcribe Job State Change",
            {"TranscriptionJobName": "call-2", "TranscriptionJobStatus": "FAILED"},
            "aws.transcribe",
        ),
        bus(
            "Transcribe Job State Change",
            {"TranscriptionJobName": "x", "TranscriptionJobStatus": "COMPLETED", "preview": "it's ../ & `x`"},
            "aws.transcribe",
        ),
    ],
}

ATTACKS = [
    Attack(
        "path, form",
        "form_upload",
        parts("/upload", {"file": ("../../lib_hook.pth", b"import os")}, case="x"),
        "/tmp/lib_hook.pth",
    ),
    Attack(
        "path, form",
        "form_upload",
        parts("/upload", {"ok": ("a.txt", b"x"), "file": ("/tmp/.bashrc", b"id")}, case="x"),
        "/tmp/.bashrc",
    ),
    Attack("path, read", "manual", _manual("../config/settings.ini"), PASSWORD),
    Attack("path, read", "manual", _manual("/etc/passwd"), "root:x"),
    Attack("path, read", "manual", _manual("../../config/settings.ini", "de"), PASSWORD),
    Attack("path, read", "manual", _manual("de/.././../../../proc/self/environ", ""), "AWS_ENDPOINT_URL"),
    Attack("path, percent", "document", _document("%2e%2e%2fconfig%2fsettings.ini"), PASSWORD),
    Attack("path, percent", "document", _document(quote("/proc/self/cmdline", safe="")), "python"),
    Attack("path, percent", "document", _document("de%2F..%2F..%2Fapp.py"), "BUCKET ="),
    Attack(
        "path, key",
        "on_csv_tmp",
        _on("../../tmp/lambda-hook.pth"),
        "/tmp/lambda-hook.pth",
        before=[("upload", _up("../../tmp/lambda-hook.pth", "name\nx\n"))],
    ),
    Attack(
        "path, key",
        "on_csv_tmp",
        _on("in/../../.cache/a.csv"),
        '"/tmp/.cache/a.csv"',
        before=[("upload", _up("in/../../.cache/a.csv", "name\nx\n"))],
    ),
    Attack(
        "path, zip",
        "on_zip",
        _on("zips/evil.zip"),
        '"/tmp/pwned.py"',
        before=[("upload", _raw("zips/evil.zip", zipped({"../pwned.py": "x"})))],
    ),
    Attack(
        "path, zip",
        "on_zip",
        _on("zips/evil2.zip"),
        '"/tmp/.ssh/authorized_keys"',
        before=[
            ("upload", _raw("zips/evil2.zip", zipped({"ok.txt": "x", "/tmp/.ssh/authorized_keys": "k"})))
        ],
    ),
    Attack(
        "path, tar",
        "on_tar",
        _on("builds/evil.tar.gz"),
        '"evil.pth"',
        before=[("upload", _raw("builds/evil.tar.gz", tarred({"../evil.pth": "import os"})))],
    ),
    Attack(
        "path, tar link",
        "on_tar",
        _on("builds/link.tar.gz"),
        PASSWORD,
        before=[
            (
                "upload",
                _raw(
                    "builds/link.tar.gz", tarred({"x": "y"}, {"index.html": "/var/task/config/settings.ini"})
                ),
            )
        ],
    ),
    Attack(
        "XXE",
        "on_xml",
        _on("xml/xxe.xml"),
        PASSWORD,
        before=[
            (
                "upload",
                _up(
                    "xml/xxe.xml",
                    _invoice(
                        "&x;",
                        head='<!DOCTYPE invoice [<!ENTITY x SYSTEM "file:///var/task/config/settings.ini">]>',
                    ),
                ),
            )
        ],
    ),
    Attack(
        "XXE",
        "on_xml",
        _on("xml/xxe2.xml"),
        "root:x",
        before=[
            (
                "upload",
                _up(
                    "xml/xxe2.xml",
                    _invoice(
                        "a",
                        ("&e;", "1"),
                        head="<!DOCTYPE a [<!ENTITY % p \"<!ENTITY e SYSTEM '/etc/passwd'>\"> %p;]>",
                    ),
                ),
            )
        ],
    ),
    Attack("XPath", "find_line", _line(name="Tea", field="name/text() | //cost"), "margin-dz-31"),
    Attack("XPath", "find_line", _line(name="Tea", field="../item[2]/cost"), "margin-dz-31"),
    Attack(
        "code, YAML",
        "on_yaml",
        _on("conf/evil.yml"),
        PASSWORD,
        before=[
            (
                "upload",
                _up(
                    "conf/evil.yml",
                    "steps:\n- !!python/object/apply:subprocess.check_output [[cat, /var/task/config/settings.ini]]\n",
                ),
            )
        ],
    ),
    Attack(
        "code, YAML",
        "on_yaml",
        _on("conf/evil2.yml"),
        "uid=",
        before=[
            (
                "upload",
                _up(
                    "conf/evil2.yml",
                    "name: !!python/object/apply:eval [\"__import__('os').popen('id').read()\"]\n",
                ),
            )
        ],
    ),
    Attack(
        "code, pickle",
        "on_features",
        _on("ml/evil.pkl"),
        PASSWORD,
        before=[
            (
                "upload",
                _up("ml/evil.pkl", pickle.dumps(_Run(eval, "open('/var/task/config/settings.ini').read()"))),
            )
        ],
    ),
    Attack(
        "code, pickle",
        "on_features",
        _on("ml/evil0.pkl"),
        "uid=",
        before=[("upload", _up("ml/evil0.pkl", b"csubprocess\ngetoutput\n(S'id'\ntR."))],
    ),
    Attack(
        "SQL, DuckDB",
        "on_duck",
        _on("in/*') GROUP BY city UNION SELECT 'v' || 77*3, 1 --.csv"),
        "v231",
        before=[("upload", _up("in/*') GROUP BY city UNION SELECT 'v' || 77*3, 1 --.csv", "city\nx\n"))],
    ),
    Attack(
        "SQL, warehouse",
        "on_copy",
        _on(
            "sales/x.csv' CREDENTIALS 'aws_iam_role=arn:aws:iam::666:role/x' CSV; GRANT ALL ON SCHEMA stg TO PUBLIC; --"
        ),
        "GRANT ALL",
    ),
    Attack(
        "SQL, warehouse", "on_copy", _on("users; drop table stg.users; select 'x/a.csv"), "drop table stg"
    ),
    Attack(
        "path, mail",
        "on_mail",
        _on("mail/evil"),
        '"/tmp/sitecustomize.py"',
        before=[("upload", _up("mail/evil", _mail("a@example.org", "x", {"../sitecustomize.py": "x"})))],
    ),
    Attack(
        "path, mail",
        "on_mail",
        _on("mail/evil2"),
        '"/tmp/boot.sh"',
        before=[("upload", _up("mail/evil2", _mail("a@example.org", "x", {"/tmp/boot.sh": "x"})))],
    ),
]
