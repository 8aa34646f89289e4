"""Files, objects and archives."""

import base64
import io
import tarfile
import zipfile

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    MARKDOWN,
    NAME,
    TEMPLATE,
    UNICODE,
    URL,
    http,
    s3,
)

NEEDS = ("aws-http",)


def _post(body: object) -> dict[str, object]:
    return http("POST", "/x", body)


def _zip(*names: str) -> dict[str, object]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "text of " + name)
    return {**http("POST", "/z", base64.b64encode(out.getvalue()).decode()), "isBase64Encoded": True}


def _tar(*names: str) -> dict[str, object]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"text"))
    return {"body": base64.b64encode(out.getvalue()).decode()}


def _user(sub: str, *names: str) -> dict[str, object]:
    event = _post({"files": [{"name": name, "text": COMMENT} for name in names]})
    event["requestContext"] = {"authorizer": {"claims": {"sub": sub, "email": "s@example.org"}}}
    return event


REQUESTS = {
    "process_upload": [
        s3("uploads/2026-03-14/o%27brien+%26+co.pdf"),
        s3("a..b/c.tar.gz"),
        s3("%E6%97%A5%E6%9C%AC.txt"),
        s3("x/-rf.txt"),
    ],
    "nested_download": [s3("in/2026/03/14/data.v1.2.json"), s3("tenant%3Dacme/part+1.csv"), s3("a...b/c")],
    "presigned": [
        http("GET", "/p", query={"name": one})
        for one in ("report (1).pdf", "v1..2/final v1.2 (copy).pdf", "o'x&y=z.png")
    ],
    "file_manager": [
        _post({"action": "read", "path": "/docs/a.txt"}),
        _post({"action": "write", "path": "docs/2026 Q1/o'brien.md", "text": MARKDOWN}),
        _post({"action": "list", "path": "docs/../docs/."}),
        _post({"action": "read", "path": "../../etc/passwd"}),
        _post({"action": "delete", "path": "docs/none..txt"}),
    ],
    "static_file": [http("GET", one) for one in ("/", "/css/a.css", "/css/../index.html", "/%2e%2e/app.py")],
    "language": [
        http("GET", "/l", headers={"accept-language": "de-DE,de;q=0.9"}, query={"name": NAME}),
        http("GET", "/l", headers={"accept-language": "../../x"}, query={"name": TEMPLATE}),
        http("GET", "/l", query={"name": HTML}),
    ],
    "secure_name": [
        {"name": "../../My CV (final).docx", "text": COMMENT},
        {"name": "C:\\Users\\o'brien\\a&b.txt", "text": CODE},
        {"name": "...", "text": ""},
    ],
    "user_folder": [
        _user("7f3c2a10-1111-4222-8333-aabbccddeeff", "notes.txt", "o'brien (1).md"),
        _user("auth0|5f7c8ec7", "a..b.txt", "-x"),
    ],
    "unzip": [_zip("a.txt", "docs/b c.md", "o'x.json"), _zip("v1.2/.hidden", "ü.txt")],
    "extract": [_zip("a/b.txt", "c..d"), _zip("x.txt", "../out.txt", "/abs.txt")],
    "untar": [_tar("a/b.txt", "o'x.md"), _tar("./c", "d e/f..g")],
    "make_zip": [_post([{"name": "a.txt", "text": MARKDOWN}, {"name": "../b.txt", "text": UNICODE}])],
    "workbook": [
        {"title": "Q1/2026: it's [x]", "rows": [["name", "total"], [NAME, -12.5], ['=HYPERLINK("x")', 1e3]]},
        {"title": "select", "rows": [[COMPANY, None, True], ["@sum", JSON_TEXT]]},
    ],
    "log_parse": [
        {
            "log": '203.0.113.9 - - [14/Mar/2026:09:26:53 +0000] "GET /a?q=\'OR+1=1-- HTTP/1.1" 200 1 "-" "sqlmap; $(id)"\n'
        },
        {"log": '198.51.100.7 - ada [x] "POST /../../etc/passwd HTTP/1.1" 404\nnoise ${jndi:ldap://x/a}\n'},
    ],
    "gzip_report": [
        {"date": "2026-03-14", "rows": [["a", COMMENT], [NAME, -1]]},
        {"date": "2026-W11", "rows": [["=1+1", '"q"']]},
    ],
    "thumbnail": [
        {"colour": "#ff8800", "size": 32, "name": "o'brien.v2.jpeg"},
        {"colour": "red", "size": "16", "name": "a b/c.png"},
    ],
    "move_processed": [s3("incoming/acme/a+b%28c%29.xml"), s3("incoming/incoming/x..y")],
    "cached_copy": [{"url": URL}, {"url": "../../etc/passwd"}, {"url": URL}],
    "split_file": [{"job": "j-17", "text": MARKDOWN}, {"job": "o'x y", "text": "a\n\nb"}],
}
