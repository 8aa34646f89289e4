"""Documents, archives and the programs that work on them."""

import base64
import gzip
import struct
import zlib

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    PLACES,
    REGEX,
    SOURCE,
    TALE,
    b64,
    call,
    get,
    http,
    one,
    post,
    sqs,
    tar64,
    uploaded,
    zip64,
)

NEEDS = ()
KEY = "bindery-key-6014"


def _file(name: str) -> dict[str, object]:
    return one("/files/{proxy+}", proxy=name)


def _body(data: str) -> dict[str, object]:
    return call("POST", "/archive", data, headers={"Content-Type": "application/octet-stream"})


def _picture(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes(range(width))) * height
    return b64(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def _log(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _name(name: str) -> dict[str, object]:
    return get("/file", name=name)


def _word(word: str) -> dict[str, object]:
    return get("/search", word=word)


def _files(*names: str) -> dict[str, object]:
    return post("/bundle", files=list(names))


REQUESTS = {
    "download": [
        _file("readme.txt"),
        _file("2026/march%20report.txt"),
        _file("2026/april.csv"),
        _file("2026/May (draft) v1.0; O'Brien's.txt"),
    ],
    "download_checked": [
        _file("readme.txt"),
        _file("notes/to-do.md"),
        _file("../private/keys.txt"),
        _file("a..b/c.txt"),
    ],
    "download_stripped": [
        _name("readme.txt"),
        _name("2026/march report.txt"),
        _name("v1..2/read me.txt"),
        _name("O'Brien & co.pdf"),
    ],
    "download_prefixed": [_name("2026/april.csv"), _name("notes/./to-do.md"), _name("no such; file")],
    "listing": [
        call("GET", "/list"),
        get("/list", folder="2026"),
        get("/list", folder="templates"),
        get("/list", folder="it's new"),
    ],
    "find": [
        get("/f", pattern="*.csv"),
        get("/f", pattern="march*"),
        get("/f", pattern="[rt]*.txt"),
        get("/f", pattern="O'Brien?.md"),
    ],
    "find_names": [
        get("/f", pattern="*.MD"),
        get("/f", pattern="2026/*"),
        get("/f", pattern="../*"),
        get("/f", pattern=REGEX),
    ],
    "save": [
        post("/f", name="letter to O'Brien (final).txt", text=MOAN),
        post("/f", name="C:\\docs\\büro; 1.txt", text=SOURCE),
        post("/f", name="../../x.txt", text="kept in its folder"),
        post("/f", name="", text=TALE),
    ],
    "save_at": [
        post("/f", project="cookbook", name="ch 1/intro.md", text=HOWTO),
        post("/f", project="o'brien & co.", name="v1.0..2.diff", text=SOURCE),
        post("/f", project="2026-04", name="résumé (2).html", text=MARKUP),
    ],
    "unzip": [
        _body(zip64({"a.txt": "x", "dir/b c.txt": MOAN})),
        _body(zip64({"O'Brien; DROP.md": HOWTO, "e\u0301.txt": "é"})),
        _body(zip64({"run.sh": "#!/bin/sh\nrm -rf /tmp/x\n"})),
    ],
    "unzip_by_hand": [
        _body(zip64({"index.html": MARKUP, "css/site.min.css": "a{b:c}"})),
        _body(zip64({"..hidden": "x", "a..b/c": "y", "it's (1).txt": MOAN})),
        _body(zip64({"deep/er/and deeper/x.py": SOURCE})),
    ],
    "untar": [
        _body(tar64({"a/1.txt": MOAN, "a/2 (copy).txt": "two\n"})),
        _body(tar64({"./x.py": SOURCE, "data/..x": "dots\n"})),
        _body(tar64({"lib/v1/x.txt": "one\n"}, {"lib/latest": "v1"})),
    ],
    "untar_filtered": [
        _body(tar64({"a.txt": "x", "b/c d.txt": TALE})),
        _body(tar64({"../up.txt": "x"})),
        _body(tar64({"x": "y"}, {"etc": "/etc"})),
        _body(b64("no archive")),
    ],
    "count_lines": [
        _name("readme.txt"),
        _name("2026/march report.txt"),
        _name("2026/april.csv"),
        _name("x-1_(2) & more.txt"),
    ],
    "word_search": [_word("brien"), _word("it's"), _word("Total; 42"), _word("zoë|ash")],
    "word_search_listed": [_word("march"), _word("O'Brien,3"), _word("a; ls | wc $(x) `y`"), _word("")],
    "word_search_closed": [_word("--"), _word("-f /etc/passwd"), _word("$HOME && *"), _word(MOAN)],
    "convert": [
        uploaded("in", "2026/march report.docx"),
        uploaded("in", "inbox/O'Brien & Sons; offer (2).odt", "a+b=c.txt"),
        uploaded("in", "ü/%20x #1.doc"),
    ],
    "convert_listed": [
        uploaded("in", "a b.docx"),
        uploaded("in", "-log /etc/passwd"),
        uploaded("in", "x`id`.doc", "y$(id);|&.doc"),
    ],
    "convert_options": [
        post("/c", name="readme.txt", options=""),
        post("/c", name="2026/april.csv", options="'My book; vol. 1'"),
        post("/c", name="notes/to-do.md", options='"O\'Brien" --toc'),
    ],
    "sort_lines": [
        post("/s", text="b,2\na,10\nc,1", key="-k1,1"),
        post("/s", text="b;2\na;10\nc;1", separator=";", key="-k2,2n -r"),
        post("/s", text=MOAN + "\n" + HOWTO),
        post("/s", text="x'y\n--help\n$(id)\n", separator="'"),
    ],
    "column_of": [get("/c", column="1"), get("/c", column="2"), get("/c", column="NF")],
    "column_of_checked": [
        get("/c", column="1"),
        get("/c", column="2", sep="'"),
        get("/c", column='1; system("id")'),
        get("/c", column="-1"),
    ],
    "replace_words": [
        post("/l", name="Ms. O'Brien"),
        post("/l", name="A/B Ltd. -- 50% \u00a9"),
        post("/l", name="it costs $5; (really)", city="Cork"),
    ],
    "replace_words_py": [
        post("/l", name=PERSONS[2]),
        post("/l", name="\\1 & \\n/e; w /tmp/x"),
        post("/l", name=HOWTO, x=TALE),
    ],
    "thumbnail": [
        post("/t", image=_picture(20, 10), label=PERSONS[0]),
        post("/t", image=_picture(3, 9), label=MARKUP, width="4", height=4),
        post("/t", image=_picture(1, 1), label="'; --"),
    ],
    "bundle": [_files("readme.txt"), _files("2026/march report.txt", "notes/to-do.md"), _files("2026")],
    "bundle_zip": [
        _files("readme.txt", "2026/march report.txt"),
        _files("../private/keys.txt", "--help", "O'x"),
        _files(),
    ],
    "inflate": [
        sqs({"data": _log("GET /?q=1' or '1'='1 HTTP/1.1 404\nGET /../../etc/passwd 400\nthird")}),
        sqs({"data": _log(SOURCE)}, {"data": _log(MOAN)}),
        sqs({"data": _log("")}),
    ],
    "print_job": [
        sqs({"owner": "Niamh O'Sullivan", "title": "March; 2 copies & a cover"}),
        sqs({"owner": "李小龍", "title": "Q&A -- 100% (draft) #4 | final"}),
        sqs({"owner": PERSONS[6], "title": '<b>What\'s "new"?</b> > all'}),
    ],
    "print_job_env": [
        sqs({"owner": "$(id)", "title": "`id`; %s"}),
        sqs({"owner": PERSONS[1], "title": HOWTO}),
        sqs({"owner": "a\nTICKET\nb", "title": PLACES[0]}),
    ],
    "checksum": [
        _files("readme.txt"),
        _files("2026/april.csv", "notes/to-do.md"),
        _files("none.txt", "readme.txt"),
    ],
    "static_site": [
        http("GET", "/"),
        http("GET", "/2026/march%20report.txt"),
        http("GET", "/templates/letter.html", query={"v": "1.2"}),
        http("GET", "/wp-login.php"),
        http("GET", "/notes//to-do.md"),
    ],
}

_OVER = "OVERWRITTEN by an archive"

ATTACKS = [
    Attack("path", "download", _file("../private/keys.txt"), KEY),
    Attack("path", "download", _file("%2e%2e/private%2fkeys.txt"), KEY),
    Attack("path", "download", _file("/etc/passwd"), "root:x:0:0"),
    Attack("path", "download", _file("2026/../../private/./keys.txt"), KEY),
    Attack("path", "download_stripped", _name("....//private/keys.txt"), KEY),
    Attack("path", "download_stripped", _name("..././private/keys.txt"), KEY),
    Attack("path", "download_prefixed", _name("../private/keys.txt"), KEY),
    Attack("path", "download_prefixed", _name("notes/../../private/keys.txt"), KEY),
    Attack("path", "listing", get("/list", folder="../private"), "keys.txt"),
    Attack("path", "listing", get("/list", folder="/etc"), "passwd"),
    Attack("path", "find", get("/f", pattern="../../private/*"), KEY),
    Attack("path", "find", get("/f", pattern="/etc/pass[w]d"), "root:x:0:0"),
    Attack(
        "path, writing",
        "save_at",
        post("/f", project="../bin", name="docconv", text="#!/bin/sh\nid\n"),
        '\\"changed\\": true',
    ),
    Attack(
        "path, writing",
        "save_at",
        post("/f", project="x", name="../../private/keys.txt", text="mine"),
        '\\"changed\\": true',
    ),
    Attack("archive", "unzip_by_hand", _body(zip64({"a.txt": "x", "../docs/readme.txt": _OVER})), _OVER),
    Attack(
        "archive",
        "unzip_by_hand",
        _body(zip64({"x/../../docs/./readme.txt": _OVER + " twice"})),
        _OVER + " twice",
    ),
    Attack("archive", "untar", _body(tar64({"../docs/readme.txt": _OVER + "\n"})), _OVER),
    Attack("archive, link", "untar", _body(tar64({}, {"pass.txt": "/etc/passwd"})), "root:x:0:0"),
    Attack(
        "archive, link",
        "untar",
        _body(tar64({"d/readme.txt": _OVER + " by link\n"}, {"d": "../docs"})),
        _OVER + " by link",
    ),
    Attack("shell", "count_lines", _name("x'; echo 'pwn-'$((40+2)); '"), "pwn-42"),
    Attack("shell", "count_lines", _name("readme.txt'; head -1 '/etc/passwd"), "root:x:0:0"),
    Attack("shell", "word_search", _word('x"; cat /etc/passwd; "'), "root:x:0:0"),
    Attack("shell", "word_search", _word('a" /etc/passwd -e "root'), "root:x:0:0"),
    Attack("shell", "word_search", _word("x\" /dev/null; awk 'NR==1' /etc/passwd #"), "root:x:0:0"),
    Attack("shell, key", "convert", uploaded("in", 'x"; printf pwn%s ed; echo ".doc'), "pwned"),
    Attack("shell, key", "convert", uploaded("in", "$(head -1 /etc/passwd).docx"), "root:x:0:0"),
    Attack("shell, key", "convert", uploaded("in", "a`printf '%s-%s' pwn ed`.doc"), "pwn-ed"),
    Attack("arguments", "convert_options", post("/c", options="-log ../private/keys.txt", name="x"), KEY),
    Attack(
        "arguments",
        "convert_options",
        post("/c", options="-log /etc/passwd", name="readme.txt"),
        "root:x:0:0",
    ),
    Attack("arguments", "sort_lines", post("/s", text="x", key="../private/keys.txt"), KEY),
    Attack("arguments", "sort_lines", post("/s", text="x", key="-m /etc/passwd"), "root:x:0:0"),
    Attack(
        "program, awk",
        "column_of",
        get("/c", column='1; while ((getline l < "/etc/passwd") > 0) print l'),
        "root:x:0:0",
    ),
    Attack(
        "program, awk", "column_of", get("/c", column='1 }  BEGIN { system("cat ../private/keys.txt")'), KEY
    ),
    Attack(
        "program, awk", "column_of", get("/c", column='0; "echo pwn$((6*7))" | getline z; print z'), "pwn42"
    ),
    Attack("path", "bundle", _files("/etc/passwd"), "root:x:0:0"),
    Attack("path", "bundle", _files("../private/keys.txt"), KEY),
    Attack("arguments", "bundle", _files("-C", "../private", "keys.txt"), KEY),
    Attack(
        "shell, here document", "print_job", sqs({"owner": "$(cat ../private/keys.txt)", "title": "x"}), KEY
    ),
    Attack(
        "shell, here document",
        "print_job",
        sqs({"owner": "x", "title": "`head -n 1 /etc/passwd`"}),
        "root:x:0:0",
    ),
    Attack(
        "shell, here document",
        "print_job",
        sqs({"owner": "x\nTICKET\ncat ../private/keys.txt\n#", "title": "x"}),
        KEY,
    ),
    Attack("path", "static_site", http("GET", "/../private/keys.txt"), KEY),
    Attack("path", "static_site", http("GET", "/%2e%2e%2fprivate/keys.txt"), KEY),
    Attack("path", "static_site", http("GET", "//..//private/keys.txt"), KEY),
]
