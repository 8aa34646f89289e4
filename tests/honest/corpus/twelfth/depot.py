"""Files, archives, pictures and exports."""

import base64
import bz2
import gzip
import json
import lzma

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    STREETS,
    api,
    balled,
    created,
    encoded,
    link,
    packed,
    rule,
)

NEEDS = ()
SECRET = "depot-token-3390"
OWNER = "mallory-66"
EVIL = '{"quota": 9999, "owner": "mallory-66"}'


def _doc(path: str) -> dict[str, object]:
    return api("GET", "/docs/{proxy+}", ids={"proxy": path})


def _object(key: str) -> dict[str, object]:
    return api("GET", "/objects/{key+}", ids={"key": key})


def _named(name: str) -> dict[str, object]:
    return api("GET", "/doc", query={"name": name})


def _like(pattern: str) -> dict[str, object]:
    return api("GET", "/docs", query={"pattern": pattern})


def _copy(source: str, target: str) -> dict[str, object]:
    return api("POST", "/copies", {"from": source, "to": target})


def _log(service: str, **query: str) -> dict[str, object]:
    return api("GET", "/logs", query={"service": service, **query})


def _export(tenant: str, month: str, *rows: list[object]) -> dict[str, object]:
    return rule("Export", {"tenant": tenant, "month": month, "rows": rows})


def _language(tag: str) -> dict[str, object]:
    return api("GET", "/words", headers={"accept-language": tag})


def _publish(document: str, alias: str) -> dict[str, object]:
    return api("POST", "/aliases", {"document": document, "alias": alias})


def _upload(name: str, content: str) -> dict[str, object]:
    return api("POST", "/uploads", {"filename": name, "content": encoded(content)})


def _form(*files: tuple[str, str]) -> dict[str, object]:
    mark = "----geckoformboundary7c1a"
    body = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n'
        for name, text in files
    )
    event = link(
        "POST",
        "/f",
        encoded(body + f"--{mark}--\r\n"),
        headers={"content-type": f"multipart/form-data; boundary={mark}"},
    )
    return event | {"isBase64Encoded": True}


def _logs(pack: object, *lines: str) -> dict[str, object]:
    data = {
        "logGroup": "/aws/lambda/it's-web",
        "logEvents": [{"id": "1", "timestamp": 1, "message": m} for m in lines],
    }
    raw = json.dumps(data).encode()
    made = pack(raw)  # type: ignore[operator]
    return {"awslogs": {"data": base64.b64encode(made).decode()}}


REQUESTS = {
    "on_upload": [
        created("2026/05/it's a scan (1).pdf"),
        created("tenant=acme/day=2026-05-02/part-0000;v=1.csv", "a/b/../c.txt"),
        created("ünï/фото & 照片.jpg"),
        created("x'; DROP TABLE y; --.txt"),
    ],
    "on_upload_mirror": [
        created("2026/05/report.final.v2.txt"),
        created("o'brien/notes (old) -- keep.md", "team/a&b/100%.txt"),
        created("deep/er/still/.hidden/x.csv"),
    ],
    "thumbnail": [
        created("photos/holiday (2).png"),
        created("../odd/key.png", "people/O'Brien; portrait.PNG"),
        created("docs/not-a-picture.txt"),
    ],
    "read_object": [
        _object("a/b%20c/it's.txt"),
        _object("team/../other/x.json?versionId=5"),
        _object("2026/missing"),
        _object("日本語/%E2%98%83.md"),
    ],
    "read_doc": [
        _doc("readme.md"),
        _doc("2026/May (final) v2.txt"),
        _doc("o'brien & co.txt"),
        _doc("no..such--file.md"),
    ],
    "read_doc_resolved": [
        _doc("2026/../readme.md"),
        _doc("../private/token.txt"),
        _doc("/etc/passwd"),
        _doc("2026/May (final) v2.txt"),
    ],
    "read_doc_joined": [
        _doc("readme.md"),
        _doc("../docs-internal/plan.txt"),
        _doc("o'brien & co.txt"),
        _doc("2026//x"),
    ],
    "read_doc_prefix": [
        _doc("readme.md"),
        _doc("./2026/May (final) v2.txt"),
        _doc("2026/none"),
        _doc("o'brien & co.txt"),
    ],
    "read_doc_cleaned": [
        _named("readme.md"),
        _named("2026/May (final) v2.txt"),
        _named("missing; rm -rf.txt"),
    ],
    "read_doc_decoded": [
        _named("2026/May%20(final)%20v2.txt"),
        _named("o'brien%20%26%20co.txt"),
        _named("100%.txt"),
        _named("../x"),
    ],
    "unzip": [
        {"archive": packed({"a.txt": COMPLAINT, "b/c (1).md": GUIDE})},
        {"archive": packed({"../up.txt": "x", "it's/ü.csv": "1;2"})},
        {"archive": packed({})},
    ],
    "unzip_by_hand": [
        {"archive": packed({"theme/style.css": "a { b: url('../img/x.png') }", "theme/index.html": MARKUP})},
        {"archive": packed({"O'Brien & co/notes..txt": LONG, "...hidden/.keep": ""})},
        {"archive": packed({"dir/": "", "dir/run.sh": CODE})},
    ],
    "untar": [
        {"archive": balled({"notes.txt": COMPLAINT, "etc/app.conf": "x = ../y"})},
        {"archive": balled({"a/b/o'clock.txt": GUIDE}, links={"a/current": "b"})},
        {"archive": balled({"r/data.bin": "x", "r/..notes.txt": "dots"})},
    ],
    "untar_data": [
        {"archive": balled({"a.txt": "x", "b/c's.txt": CODE}, links={"l": "a.txt"})},
        {"archive": balled({"../../up.txt": "x"})},
        {"archive": balled({"x": "y"}, links={"out": "/etc/passwd"})},
    ],
    "unpack": [
        {"name": "Backup of May (2).zip", "archive": packed({"a.txt": NAMES[0], "b.txt": STREETS[1]})},
        {"name": "src-1.2.tar.gz", "archive": balled({"src/app.py": CODE}), "plain": True},
        {"name": "o'brien.v2.tar.gz", "archive": balled({"x.md": GUIDE})},
    ],
    "folder": [
        api("GET", "/folders"),
        api("GET", "/folders", query={"path": "2026"}),
        api("GET", "/folders", query={"path": "2026/./o'x"}),
    ],
    "matching": [_like("*.md"), _like("**/*"), _like("[a-o]*'*"), _like("2026/May (final)*")],
    "matching_walked": [_like("*.txt"), _like("../*"), _like("*'brien*"), _like("[")],
    "copy_doc": [
        _copy("readme.md", "Team A/B: readme (copy).md"),
        _copy("2026/May (final) v2.txt", "../../x.txt"),
        _copy("o'brien & co.txt", "'; --"),
        _copy("none", ""),
    ],
    "upload": [
        _form(("Résumé (final).pdf", COMPLAINT)),
        _form(("../../etc/passwd", "x"), ("it's.txt", MARKUP)),
        _form(("a;b.sh", CODE)),
    ],
    "upload_named": [
        _upload("Résumé -- O'Brien; (final).txt", COMPLAINT),
        _upload("v1.2..3.md", GUIDE),
        _upload("select * from files where name = 'x'.sql", "select 1;"),
    ],
    "avatar": [
        api("POST", "/a", {"data": "data:image/png;base64," + encoded(b"\x89PNG"), "alt": COMPLAINT}),
        api("POST", "/a", {"data": encoded("GIF89a"), "type": "image/gif"}),
        api("POST", "/a", {"data": encoded("x"), "type": "../../x"}),
    ],
    "bundle": [
        {"files": ["readme.md", "2026/May (final) v2.txt"]},
        {"files": ["o'brien & co.txt", "missing?.txt"]},
        {"files": []},
    ],
    "log_tail": [_log("web"), _log("worker.2", lines="1"), _log("it's (new)"), _log("web", lines="0")],
    "export": [
        _export("acme", "2026-05", ["tea; 'green'", 5], ["=1+1", -1]),
        _export("O'Brien & Söhne", "2026-04", [NAMES[7], 1]),
        _export("t.1_x-y", "May (1st half)"),
    ],
    "site": [
        link("GET", "/"),
        link("GET", "/css/main.css"),
        link("GET", "/favicon.ico"),
        link("GET", "/it%27s/here.html"),
    ],
    "language": [
        _language("en-GB,en;q=0.9"),
        _language("de-CH, de;q=0.8"),
        _language("*"),
        _language("zh-Hant-TW;q=1"),
    ],
    "publish": [
        _publish("readme.md", "start here!"),
        _publish("2026/May (final) v2.txt", "../may; 'latest'"),
        _publish("gone.txt", "x"),
    ],
    "draft": [
        {"title": "It's May -- draft (2)", "text": COMPLAINT},
        {"title": "R&D; select 'all'", "text": GUIDE},
        {"title": "", "text": MARKUP},
    ],
    "import_url": [
        {"source": "@PARTNER@/files/it's%20here.csv?sig=a%2Fb%3D&x=1#top"},
        {"source": "@PARTNER@/export/2026-05/data..v2.json"},
        {"source": "@PARTNER@/a/;jsessionid=5"},
    ],
    "tool_app": [
        {"files": {"__main__.py": "print('it works')"}},
        {"files": {"cli.py": CODE, "../x.py": "import os"}, "main": "cli:main"},
        {"files": {"a b.py": "x", "it's.txt": GUIDE}, "main": "a.b:c"},
    ],
    "sheet": [
        {"rows": [["name", "n"], [NAMES[0], 1], ["O'Hara; --", 2.5]]},
        {"rows": [["formula", "=SUM(A1:A2)"], [COMPLAINT, None]]},
        {"rows": [[MARKUP[:100]]]},
    ],
    "log_records": [
        _logs(gzip.compress, "START RequestId: x", COMPLAINT, '{"level": "error", "msg": "it\'s; bad"}'),
        _logs(bz2.compress, CODE),
        _logs(lzma.compress, "../../etc/passwd not found", "SELECT 1 -- x"),
    ],
    "tenant_file": [
        api("PUT", "/files", COMPLAINT, ids={"tenant": "o'brien & co", "path": "2026/May (final); v2..txt"}),
        api("PUT", "/files", CODE, ids={"tenant": "..", "path": "private/token.txt"}),
        api("PUT", "/files", "x", ids={"tenant": "t-1", "path": "...hidden/\u6f22\u5b57.md"}),
    ],
    "by_id": [
        api("GET", "/d", ids={"id": "2"}),
        api("GET", "/d", ids={"id": "../private/token.txt"}),
        api("GET", "/d", ids={"id": "3"}),
    ],
    "hashed": [
        {"url": "https://example.net/../a?b='c'&d=e#f", "text": MARKUP},
        {"url": "../../etc/passwd", "text": "not that file"},
        {"url": "file:///etc/passwd", "text": COMPLAINT},
    ],
    "zip_listing": [
        {"archive": packed({"../../up.txt": "x", "/etc/cron.d/x": "y"})},
        {"archive": packed({"it's (1).txt": COMPLAINT})},
        {"archive": packed({})},
    ],
    "zip_members": [
        {"archive": packed({"../notes.txt": COMPLAINT, "b.csv": "a;b"})},
        {"archive": packed({"o'brien; x.md": GUIDE, "run.sh": CODE})},
        {"archive": packed({"x.bin": b"\x00\xff"})},
    ],
    "make_tar": [
        {"files": {"it's/May (1).txt": COMPLAINT, "../x.md": GUIDE}},
        {"files": {"/etc/passwd": "x"}},
        {"files": {}},
    ],
    "rotate": [
        rule("Rotate", {"name": "It's May -- (final).csv", "text": "a;b"}),
        rule("Rotate", {"name": "../../etc/passwd; x", "text": "y"}),
        rule("Rotate", {"name": "\u00fc & co..txt"}),
    ],
}

ATTACKS = [
    Attack("path, write", "on_upload_mirror", created("../settings.json"), OWNER),
    Attack("path, write", "on_upload_mirror", created("a/b/../../../incoming/../settings.json"), OWNER),
    Attack("path", "read_doc", _doc("../private/token.txt"), SECRET),
    Attack("path", "read_doc", _doc("2026/../../private/audit.log"), SECRET),
    Attack("path", "read_doc", _doc("/etc/passwd"), "root:x:0:0"),
    Attack("path", "read_doc", _doc("2026/./.././../docs-internal//plan.txt"), SECRET),
    Attack("path, prefix", "read_doc_prefix", _doc("../docs-internal/plan.txt"), SECRET),
    Attack("path, prefix", "read_doc_prefix", _doc("2026/../../docs-internal/./plan.txt"), SECRET),
    Attack("path, cleaned", "read_doc_cleaned", _named("....//private/token.txt"), SECRET),
    Attack("path, cleaned", "read_doc_cleaned", _named("2026/..././..././private/keys.json"), SECRET),
    Attack("path, encoded", "read_doc_decoded", _named("%2e%2e/private/token.txt"), SECRET),
    Attack("path, encoded", "read_doc_decoded", _named("2026%2F.%2E%2F%2e.%2Fprivate%2Faudit.log"), SECRET),
    Attack("path, encoded", "read_doc_decoded", _named("%2fetc%2fpasswd"), "root:x:0:0"),
    Attack("archive", "unzip_by_hand", {"archive": packed({"a.txt": "x", "../settings.json": EVIL})}, OWNER),
    Attack(
        "archive", "unzip_by_hand", {"archive": packed({"theme/../../settings.json": EVIL, "b": ""})}, OWNER
    ),
    Attack(
        "archive, link", "untar", {"archive": balled({}, links={"notes.txt": "/etc/passwd"})}, "root:x:0:0"
    ),
    Attack(
        "archive, link",
        "untar",
        {"archive": balled({"x.md": ""}, links={"d/n.txt": "../../../private/token.txt"})},
        SECRET,
    ),
    Attack(
        "archive, link",
        "untar",
        {"archive": balled({"up/settings.json": EVIL}, links={"up": "../.."})},
        OWNER,
    ),
    Attack("archive", "untar", {"archive": balled({"./../../settings.json": EVIL})}, OWNER),
    Attack(
        "archive, link",
        "unpack",
        {"name": "x.tar.gz", "archive": balled({}, links={"a": "/etc/host.conf"})},
        "multi on",
    ),
    Attack(
        "archive, link",
        "unpack",
        {
            "name": "y.tar.gz",
            "archive": balled({"z": "z"}, links={"deep/a": "../../../../private/keys.json"}),
        },
        SECRET,
    ),
    Attack("path, list", "folder", api("GET", "/f", query={"path": "../private"}), "payroll-2026-05.csv"),
    Attack("path, list", "folder", api("GET", "/f", query={"path": "2026/../../docs-internal/"}), "plan.txt"),
    Attack("path, pattern", "matching", _like("../private/*"), SECRET),
    Attack("path, pattern", "matching", _like("../[p]rivat?/**"), SECRET),
    Attack("path, pattern", "matching", _like("/etc/passw[d]"), "root:x:0:0"),
    Attack("path", "copy_doc", _copy("../private/token.txt", "mine.txt"), SECRET),
    Attack("path", "copy_doc", _copy("/proc/self/../../etc/passwd", "mine.txt"), "root:x:0:0"),
    Attack("path, write", "upload_named", _upload("../settings.json", EVIL), OWNER),
    Attack("path, write", "upload_named", _upload("./../uploads/../settings.json", EVIL), OWNER),
    Attack("path", "bundle", {"files": ["readme.md", "../private/token.txt"]}, SECRET),
    Attack("path", "bundle", {"files": ["2026/../../private/keys.json"]}, SECRET),
    Attack("path", "log_tail", _log("../private/audit", lines="1"), SECRET),
    Attack("path", "export", _export("../private/payroll", "2026-05"), SECRET),
    Attack("path", "export", _export("../exports/../private/./payroll", "2026-05"), SECRET),
    Attack("path", "site", link("GET", "/../app.py"), "IiIiRGVwb3Q6"),
    Attack("path, encoded", "site", link("GET", "/css/%2e%2e/%2e%2e/bucket.py"), "IiIiQSBidWNrZXQ"),
    Attack("path", "site", link("GET", "/%2Fetc/passwd"), "cm9vdDp4OjA6M"),
    Attack("path", "language", _language("../vault/keys"), SECRET),
    Attack("path", "language", _language("./../lang/../vault/keys;q=0.9, en"), SECRET),
    Attack("path, link", "publish", _publish("../private/token.txt", "x"), SECRET),
    Attack("path, link", "publish", _publish("/etc/passwd", "y"), "root:x:0:0"),
    Attack("path, write", "draft", {"title": "../private/x", "text": "x"}, '"where": "private"'),
    Attack(
        "path, write", "draft", {"title": "../docs-internal/./evil", "text": "x"}, '"where": "docs-internal"'
    ),
    Attack("SSRF, file", "import_url", {"source": "file:///etc/passwd"}, "root:x:0:0"),
    Attack("SSRF", "import_url", {"source": "@INSIDE@/internal/latest/meta-data/"}, "internal-token-4711"),
    Attack(
        "SSRF, redirect",
        "import_url",
        {"source": "@PARTNER@/redirect?to=http%3A%2F%2Flocalhost%3A@PORT@%2Finternal"},
        "internal-token-4711",
    ),
    Attack("SSRF, file", "import_url", {"source": "FILE://localhost/etc/host.conf"}, "multi on"),
]
