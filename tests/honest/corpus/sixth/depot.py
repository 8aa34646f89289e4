"""Files: uploads, archives, tables and the tools of the system."""

import base64
import io
import tarfile
import zipfile
from collections.abc import Mapping

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    FORMULA,
    HTMLISH,
    IRISH,
    MARKDOWN,
    PATHISH,
    PYTHONISH,
    SHELLISH,
    SQL_NOTE,
    bus,
    http,
    rest,
    s3,
    sqs,
)

NEEDS = ("aws-http",)
ID = "uid="
PRIVATE = "depot-private-3131"


def _upload(name: str, text: str, user: str = "ann") -> dict[str, object]:
    data = base64.b64encode(text.encode()).decode()
    return http("POST", "/files", {"name": name, "data": data, "user": user})


def _name(name: str) -> dict[str, object]:
    return rest("GET", "/download", query={"name": name})


def _path(name: str) -> dict[str, object]:
    return rest("GET", "/files/{proxy+}", ids={"proxy": name})


def _note(title: str, text: str) -> dict[str, object]:
    return sqs({"title": title, "text": text})


def _zip(files: Mapping[str, str]) -> dict[str, object]:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return {"body": base64.b64encode(data.getvalue()).decode(), "isBase64Encoded": True}


def _tar(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> dict[str, object]:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return {"body": base64.b64encode(data.getvalue()).decode(), "isBase64Encoded": True}


def _log(text: str) -> dict[str, object]:
    return rest("GET", "/logs", query={"text": text})


def _user(user: str) -> dict[str, object]:
    return rest("GET", "/logs", query={"user": user})


REQUESTS = {
    "upload": [
        _upload("Report (final) v1.2 -- O'Brien & co.pdf", SHELLISH),
        _upload("日本語 🍵.txt", SQL_NOTE),
        _upload("photo;rm -rf.jpg", "x", "o'brien"),
        _upload("notes/2024/../draft..md", MARKDOWN),
        _upload("a+b=c #1 100%.csv", FORMULA),
    ],
    "on_upload": [
        s3("ann/Report (final) v1.2 -- O'Brien & co.pdf"),
        s3("ann/日本語 🍵.txt", "o'brien/photo;rm -rf.jpg"),
        s3("ann/a+b=c #1 100%.csv"),
    ],
    "on_upload_memory": [s3("ann/日本語 🍵.txt", "ann/a+b=c #1 100%.csv"), s3("o'brien/photo;rm -rf.jpg")],
    "download": [
        _name("readme.txt"),
        _name("Report (final) v1.2.txt"),
        _name("O'Brien & co.txt"),
        _name("what...is-this.txt"),
    ],
    "download_path": [_path("readme.txt"), _path("O'Brien & co.txt"), _path("a/b/c..d.txt")],
    "download_checked": [
        _name("../private.txt"),
        _name("/etc/passwd"),
        _name("%2e%2e%2fprivate.txt"),
        _name("Report%20(final)%20v1.2.txt"),
    ],
    "save_note": [
        _note("It's 5 o'clock; so what (draft) $1", ESSAY),
        _note("... and so on ...", PATHISH),
        _note("~ " + ARABIC.replace("/", "-"), PYTHONISH),
    ],
    "unpack_zip": [
        _zip({"a b/c (1).txt": "x", "O'Brien/ü.txt": HTMLISH, "..hidden": "y"}),
        _zip({"etc/passwd": SHELLISH, "x/./y.txt": "../../"}),
        _zip({"it's; rm -rf $HOME.txt": PYTHONISH}),
    ],
    "unpack_tar": [
        _tar({"readme.txt": "../../etc/passwd", "src/app (copy).py": PYTHONISH}),
        _tar({"./docs/a..b.md": MARKDOWN, "docs/readme.txt": "x"}, {"readme.txt": "docs/readme.txt"}),
    ],
    "checksum": [
        {"name": "readme.txt"},
        {"name": "Report (final) v1.2.txt"},
        {"name": "O'Brien & co.txt"},
        {"name": "no; such | file > here.txt"},
    ],
    "checksum_list": [
        {"names": ["O'Brien & co.txt", "$(id).txt"]},
        {"names": ["--help", "`id`"]},
        {"names": ["readme.txt"]},
    ],
    "count_words": [
        {"names": ["readme.txt", "Report (final) v1.2.txt"]},
        {"names": ["O'Brien & co.txt", "missing $x;y.txt"]},
    ],
    "log_of": [_user("ann"), _user("o'brien"), _user("x; system(id) & co"), _user("/bob/ {print}")],
    "log_grep": [_log("/b;c"), _log("--version"), _log("$x"), _log("-f /etc/passwd")],
    "log_shell": [_log("o'brien"), _log("$(id); `id` | cat /etc/passwd"), _log("&& rm -rf / #")],
    "anonymise": [
        {"name": "O'Brien", "text": f"{IRISH} and O'Brien; e w /tmp/x", "by": "[name]"},
        {"name": "Ann", "text": SHELLISH + "Ann", "by": "N.N. (her)"},
        {"name": "Bob", "text": "Bob\nBob; exec", "by": "$(id) `id` ; e"},
    ],
    "table_in": [
        {"body": f'name,note\nO\'Brien,"{FORMULA.replace(chr(34), chr(34) * 2)}"\n"Ann","-1+1; @x"\n'},
        {"body": "sku;q\n'1;2\n=HYPERLINK(1);<b>\n", "delimiter": ";"},
    ],
    "badge": [
        bus("Badge", {"name": IRISH}),
        bus("Badge", {"name": EMOJI}),
        bus("Badge", {"name": "../../{{x}} $(id)"}),
    ],
    "bundle": [
        {"files": {"../../etc/cron.d/x": SHELLISH, "O'Brien (1).txt": ESSAY, "..": "x"}},
        {"files": {"C:\\temp\\x.txt": HTMLISH}},
    ],
}
ATTACKS = [
    Attack(
        "path, write",
        "on_upload",
        s3("ann/../../slip-1.txt"),
        "../../slip-1.txt",
        before=[("upload", _upload("../../slip-1.txt", "x"))],
    ),
    Attack(
        "path, write",
        "on_upload",
        s3("eve//tmp/slip-absolute.txt"),
        "../slip-absolute.txt",
        before=[("upload", _upload("/tmp/slip-absolute.txt", "x", "eve"))],
    ),
    Attack("path", "download", _name("../private.txt"), PRIVATE),
    Attack("path", "download", _name("/etc/passwd"), "root:x:0"),
    Attack("path", "download", _name("./.././public/../private.txt"), PRIVATE),
    Attack("path", "download", _name("../../../../../../../proc/self/environ"), "AWS_SECRET_ACCESS_KEY"),
    Attack("path", "download_path", _path("....//private.txt"), PRIVATE),
    Attack("path", "download_path", _path("/etc/passwd"), "root:x:0"),
    Attack("path", "download_path", _path("..././..././..././etc/passwd"), "root:x:0"),
    Attack("path, write", "save_note", _note("../escaped-note", "x"), '"escaped-note.md"'),
    Attack(
        "zip slip",
        "unpack_zip",
        _zip({"ok.txt": "x", "../slipped.py": "import os"}),
        '"slipped.py"',
    ),
    Attack("zip slip", "unpack_zip", _zip({"a/../../cron.d/job": "* * * * * root id"}), '"cron.d/job"'),
    Attack("zip slip", "unpack_tar", _tar({"../slipped.sh": "id"}), '"slipped.sh"'),
    Attack("zip slip, link", "unpack_tar", _tar({"x": "y"}, {"readme.txt": "/etc/passwd"}), "root:x:0"),
    Attack("zip slip, link", "unpack_tar", _tar({"d/evil.txt": "x"}, {"d": ".."}), '"evil.txt"'),
    Attack("command", "checksum", {"name": 'x"; id; echo "'}, ID),
    Attack("command", "checksum", {"name": "$(id)"}, ID),
    Attack("command", "checksum", {"name": "`id -a`"}, ID),
    Attack("command", "checksum", {"name": 'x"||cat</etc/passwd||"'}, "root:x:0"),
    Attack("command", "checksum", {"name": '"\nid\n"'}, ID),
    Attack("argument", "count_words", {"names": ["--files0-from=/etc/passwd"]}, "root:x:0"),
    Attack("argument", "count_words", {"names": ["--files0-from=../private.txt"]}, PRIVATE),
    Attack("command, awk", "log_of", _user('" || system("id") || "'), ID),
    Attack("command, awk", "log_of", _user('x"{} BEGIN { while (("id" | getline l) > 0) print l } "'), ID),
    Attack(
        "command, awk",
        "log_of",
        _user('x" {} BEGIN { getline l < "/etc/passwd"; print l; exit } "'),
        "root:x:0",
    ),
    Attack("command, sed", "anonymise", {"name": "x", "by": "id/e;s/a/b", "text": "x"}, ID),
    Attack("command, sed", "anonymise", {"name": "x/y/;r /etc/passwd\n;s/a", "text": "x"}, "root:x:0"),
    Attack("command, sed", "anonymise", {"name": "x/y/;1e id\ns/a", "text": "x"}, ID),
]
