"""Files, programs, archives and pictures."""

import base64
import io
import tarfile
import zipfile

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    EMOJI,
    ESSAY,
    FORMULA,
    IRISH,
    JAVA,
    ODD_NAMES,
    PROSE,
    QUOTED,
    REGEX,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    gateway,
)

ID = "uid="
SECRET = "media-secret-77"


def _zip(*names: str, text: str = "x") -> dict[str, object]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), text)
    return {**gateway("POST", "/theme", base64.b64encode(out.getvalue()).decode()), "isBase64Encoded": True}


def _tar(*members: tuple[str, bytes, str]) -> dict[str, object]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, value in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(value.encode())
                archive.addfile(member, io.BytesIO(value.encode()))
            else:
                member.linkname = value
                archive.addfile(member)
    return {"tenant": "acme", "backup": base64.b64encode(out.getvalue()).decode()}


def _name(name: str) -> dict[str, object]:
    return gateway("GET", "/show", query={"name": name})


def _path(name: str) -> dict[str, object]:
    return gateway("GET", "/files/{name+}", ids={"name": name})


FILE, LINK = tarfile.REGTYPE, tarfile.SYMTYPE
REQUESTS = {
    "preview": [{"lines": 1}, {"lines": "2"}],
    "caption": [
        {"text": TICKET},
        {"text": IRISH + "; id"},
        {"text": QUOTED + "\n$(id) `id`"},
        {"text": EMOJI + JAVA},
    ],
    "count_words": [{"text": ESSAY}, {"text": SNIPPET}, {"text": "--help; -rf"}],
    "column_report": [
        {"name": "tea"},
        {"name": "O'Brien", "factor": 2.5},
        {"name": "select; drop -- x", "factor": "1"},
    ],
    "column_report_variables": [{"name": "O'Brien"}, {"name": 'x" || system("id") || "'}],
    "replace": [
        {"old": "teh", "new": "the", "text": "teh cat; `teh` $(dog)"},
        {"old": "colou*r", "new": "[&]", "text": "colour & color"},
        {"old": "O'B", "new": "Ó B", "text": IRISH},
    ],
    "pack": [{"names": ["a.txt"]}, {"names": ["a.txt", "sub/b v2.txt"]}, {"names": ["sub"]}],
    "pack_safe": [
        {"names": ["-rf", "--checkpoint=1", "--checkpoint-action=exec=id", "a b.txt"]},
        {"names": ["; drop", "O'Brien", "null", "%00", "$ne", "...x"]},
    ],
    "history": [{"revision": "main"}, {"revision": "HEAD"}, {"revision": "main~0"}],
    "find_names": [{"pattern": "'*.txt'"}, {"pattern": "a.txt"}, {"pattern": "'b v?.txt'"}],
    "grep": [{"text": "O'Brien"}, {"text": "-f/etc/passwd"}, {"text": REGEX}, {"text": "tea"}],
    "show": [_name("a.txt"), _name("sub/b v2.txt"), _name("sub/../a.txt"), _name("nothing here; ls")],
    "show_checked": [
        _name("a.txt"),
        _name("../files-private/keys.txt"),
        _name("/etc/passwd"),
        _name(WINDOWS),
    ],
    "download": [_path("a.txt"), _path("sub/b v2.txt"), _path("v1..v2/notes.txt")],
    "theme": [_zip("style.css", "img/logo (1).svg", "o'brien/README"), _zip("..hidden", "a..b/c.txt")],
    "theme_safe": [_zip("a.css", "../../etc/cron.d/x", "/etc/passwd"), _zip("select; drop.txt")],
    "restore": [
        _tar(("note.txt", FILE, PROSE)),
        _tar(("note.txt", FILE, SNIPPET), ("latest", LINK, "note.txt")),
    ],
    "badge": [
        {"text": IRISH, "width": "120"},
        {"text": "$(id); passing", "width": 9999, "colour": "#0a0"},
        {"text": SCRIPTS, "width": -1},
    ],
    "export": [
        {"name": "Q1 report; final", "rows": [["name", "sum"], [IRISH, -3.5], [FORMULA, "@x"]]},
        *({"name": one, "rows": [[one, 1]]} for one in ODD_NAMES[:6]),
        {"name": "../../etc/passwd", "rows": [[TICKET]]},
    ],
}
ATTACKS = [
    Attack("shell", "preview", {"lines": "1 a.txt; id; echo"}, ID),
    Attack("shell", "preview", {"lines": "1 /dev/null $(id >&2)"}, ID),
    Attack("shell", "preview", {"lines": "20 ../files-private/keys.txt #"}, SECRET),
    Attack("awk", "column_report", {"name": 'x" { } BEGIN { system("id") } $1 == "x'}, ID),
    Attack(
        "awk", "column_report", {"name": "tea", "factor": '1; while (("id" | getline l) > 0) print l'}, ID
    ),
    Attack(
        "awk",
        "column_report",
        {"name": "tea", "factor": '0; getline x < "../files-private/keys.txt"; print x'},
        SECRET,
    ),
    Attack("sed", "replace", {"old": "a", "new": "id/e;#", "text": "a"}, ID),
    Attack("sed", "replace", {"old": "zz", "new": "y/;r /etc/passwd\n#", "text": "a"}, "root:x:0"),
    Attack("options", "pack", {"names": ["--checkpoint=1", "--checkpoint-action=exec=id", "a.txt"]}, ID),
    Attack("options", "pack", {"names": ["-I", "sh -c 'id >&2; cat'", "a.txt"]}, ID),
    Attack("options", "history", {"revision": "--output=/tmp/fifth-media/owned.py"}, "owned.py"),
    Attack("options", "find_names", {"pattern": "a.txt -exec cat ../files-private/keys.txt {} ;"}, SECRET),
    Attack("options", "find_names", {"pattern": "x -o -type f -exec id ;"}, ID),
    Attack("path", "show", _name("../files-private/keys.txt"), SECRET),
    Attack("path", "show", _name("/tmp/fifth-media/files-private/keys.txt"), SECRET),
    Attack("path", "download", _path("/etc/passwd"), "root:x:0"),
    Attack("path", "download", _path("..././files-private/keys.txt"), SECRET),
    Attack(
        "archive", "theme", _zip("/tmp/fifth-media/files-private/keys.txt", text="by-zip-abs"), "by-zip-abs"
    ),
    Attack(
        "archive", "theme", _zip("ok.css", "img/../../files-private/keys.txt", text="by-zip-up"), "by-zip-up"
    ),
    Attack("archive", "restore", _tar(("../files-private/keys.txt", FILE, "by-tar-up")), "by-tar-up"),
    Attack(
        "archive",
        "restore",
        _tar(("d", LINK, "../files-private"), ("d/keys.txt", FILE, "by-tar-link")),
        "by-tar-link",
    ),
    Attack("archive", "restore", _tar(("note.txt", LINK, "/etc/passwd")), "root:x:0"),
]
