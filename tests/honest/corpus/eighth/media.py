"""Workers with the tools of a layer: sort, awk, git, tar, openssl, archives, pictures."""

import base64
import struct
import zlib

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    api,
    b64,
    http,
    multipart,
    put,
    queue,
    tarred,
    zipped,
)

SECRET = "media-key-2296"


def _png(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\x10\x80\xf0" * width) * height
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    ).decode()


def _column(column: object, **more: object) -> dict[str, object]:
    return http("POST", "/column", {"column": column, **more})


def _history(ref: str) -> dict[str, object]:
    return http("GET", "/history", query={"ref": ref})


def _grep(q: str, **query: str) -> dict[str, object]:
    return http("GET", "/grep", query={"q": q, **query})


def _checksum(text: str, algorithm: str) -> dict[str, object]:
    return api("POST", "/checksum", {"text": text, "algorithm": algorithm})


def _archive(*files: str) -> dict[str, object]:
    return api("POST", "/archive", {"files": list(files)})


def _zip(**files: str) -> dict[str, object]:
    event = http("POST", "/zip", b64(zipped(files)), headers={"content-type": "application/zip"})
    return {**event, "isBase64Encoded": True}


def _tar(files: dict[str, str], links: dict[str, str] | None = None) -> dict[str, object]:
    return {"job": "unpack", "data": b64(tarred(files, links))}


def _subtitles(clip: str, lang: str) -> dict[str, object]:
    return api("GET", f"/clips/{clip}/{lang}", ids={"clip": clip, "lang": lang})


REQUESTS = {
    "transcode": [
        put("Ann's talk (1).txt"),
        put("naïve & co.csv", "clip-01.txt"),
        put("missing; file 'x'.txt"),
    ],
    "probe": [put("Ann's talk (1).txt"), put("naïve & co.csv"), put("no such $file.mp4", "clip-01.txt")],
    "count_lines": [
        queue({"file": "Ann's talk (1).txt"}),
        queue({"file": "a/b/naïve & co.csv"}, {"file": "clip-01.txt"}),
        queue({"file": "$(x) `y`; z.txt"}),
    ],
    "column": [_column(1), _column(2, separator=","), _column("1", separator="e"), _column(1, separator=";")],
    "history": [
        _history("main"),
        _history("v1.0"),
        _history("feature/login-form"),
        _history("no-such-branch"),
    ],
    "grep_docs": [
        _grep("it's"),
        _grep("Docs; $(x)", ref="v1.0"),
        _grep("--all 'or' \"nothing\" | more", ref="main"),
    ],
    "checksum": [
        _checksum(SNIPPET, "sha256"),
        _checksum("", "sha1"),
        _checksum(PEOPLE[3] + REVIEW, "sha3-256"),
    ],
    "archive": [
        _archive("Ann's talk (1).txt"),
        _archive("naïve & co.csv", "clip-01.txt"),
        _archive("not there.txt"),
    ],
    "unpack_zip": [
        _zip(**{"index.html": "<p>it's</p>", "css/main.css": "a { b: c }"}),
        _zip(**{"Fotos 2024/Ümit's (1).txt": TICKET, "a..b/...c.txt": "x"}),
        _zip(**{"./x/readme.md": SNIPPET}),
    ],
    "unpack_tar": [
        _tar({"pkg/README.md": "# It's a package\n" + SNIPPET, "pkg/setup.cfg": "[a]\nb = 1"}),
        _tar({"a b/ü.txt": REVIEW}),
        _tar({"pkg/README.md": "linked", "pkg/lib/one.so.1": "x"}, {"pkg/lib.so": "lib/one.so.1"}),
    ],
    "upload": [
        multipart(
            "/upload", {"title": "It's my CV; really"}, {"file": ("CV – O'Connor (final).pdf", b"%PDF-1.4 x")}
        ),
        multipart(
            "/upload", {"note": TICKET}, {"a": ("été 100%.txt", REVIEW), "b": ("b.tar.gz", b"\x1f\x8b")}
        ),
        multipart("/upload", {"note": SNIPPET, "empty": ""}),
    ],
    "thumbnail": [
        http("POST", "/thumbs", {"name": "Zoë's (1)/portrait", "image": _png(200, 100)}),
        http("POST", "/thumbs", {"name": "../x y", "image": _png(10, 30), "width": "5"}),
        http("POST", "/thumbs", {"name": "a;b&c", "image": _png(64, 64), "height": 16}),
    ],
    "gallery": [
        http("GET", "/gallery"),
        http("GET", "/gallery", query={"prefix": "Ann's"}),
        http("GET", "/gallery", query={"prefix": "na"}),
    ],
    "subtitles": [
        _subtitles("clip-01", "en-GB"),
        _subtitles("Ann's talk (1)", "de"),
        _subtitles("none", "zh_Hant"),
    ],
}
# What comes all day.
ORDINARY = {
    "transcode": [put("clip-01.txt"), put("2024/holiday/beach.txt")],
    "probe": [put("clip-01.txt")],
    "count_lines": [queue({"file": "clip-01.txt", "job": 17})],
    "column": [_column(2), _column("2")],
    "history": [_history("HEAD"), http("GET", "/history")],
    "grep_docs": [_grep("here"), _grep("docs", ref="feature/login-form")],
    "checksum": [
        _checksum("hello world", "sha512"),
        _checksum("hello world", "md5"),
        api("POST", "/checksum", {"text": "plain"}),
    ],
    "archive": [_archive("clip-01.txt"), _archive("Ann's talk (1).txt", "clip-01.txt")],
    "unpack_zip": [_zip(**{"data/2024-05.csv": "a,b\n1,2\n", "data/2024-06.csv": "a,b\n3,4\n"}), _zip()],
    "unpack_tar": [_tar({"backup/db.sql": "CREATE TABLE x (id int);\n", "backup/README": "made by cron"})],
    "upload": [
        multipart("/upload", {"album": "Summer"}, {"photo": ("IMG_2041.JPG", b"\xff\xd8\xff\xe0")}),
        multipart("/upload", {}, {"doc": ("report.docx", b"PK\x03\x04")}),
    ],
    "thumbnail": [http("POST", "/thumbs", {"name": "logo", "image": _png(120, 40)})],
    "gallery": [http("GET", "/gallery", query={"prefix": "clip"})],
    "subtitles": [_subtitles("clip-01", "fr"), _subtitles("clip-02", "en")],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("command, quotes", "transcode", put('x"; cat /tmp/media/secret.txt; echo "'), SECRET),
    Attack(
        "command, substitution",
        "transcode",
        put(
            "$(cat ../../tmp/media/secret.txt >&2; cp /tmp/media/secret.txt /tmp/media/in/s1)clip-01.txt",
            "s1",
        ),
        SECRET,
    ),
    Attack("command, substitution", "transcode", put("`printf ../secret.txt`"), SECRET),
    Attack(
        "command, variables",
        "transcode",
        put('clip-01.txt"&&sort<${PWD%%var*}tmp/media/secret.txt&&:"'),
        SECRET,
    ),
    Attack("command, quotes", "transcode", put('x"|tr a-z A-Z<"/tmp/media/secret.txt'), "MEDIA-KEY-2296"),
    Attack("path, dots", "transcode", put("../secret.txt"), SECRET),
    Attack(
        "command, awk",
        "column",
        _column('1; while ((getline l < "/tmp/media/secret.txt") > 0) print l'),
        SECRET,
    ),
    Attack("command, awk", "column", _column('1; system("rev /tmp/media/secret.txt | rev")'), SECRET),
    Attack(
        "command, awk",
        "column",
        _column('0 } BEGIN { c = "cat /tmp/media/sec*"; c | getline r; print r'),
        SECRET,
    ),
    Attack("command, argument", "history", _history("--format=%ae main"), "bot@example.org"),
    Attack(
        "command, argument",
        "subtitles",
        _subtitles("copied", "en"),
        "+# Docs",
        before=[("history", _history("-p --output=/tmp/media/in/copied.txt main"))],
    ),
    Attack("command, separator", "grep_docs", _grep("zzz", ref="HEAD; cat ../secret.txt #"), SECRET),
    Attack("command, separator", "grep_docs", _grep("zzz", ref="HEAD\ncat ../secret.txt\n:"), SECRET),
    Attack("command, argument", "grep_docs", _grep("zzz", ref="-e Docs -O'cat ../secret.txt'"), SECRET),
    Attack(
        "command, separator", "checksum", _checksum("x", "sha256;cat${IFS}/tmp/media/secret.txt;:"), SECRET
    ),
    Attack(
        "command, substitution", "checksum", _checksum("x", "sha1 `cat /tmp/media/secret.txt` 2>&1 #"), SECRET
    ),
    Attack(
        "command, argument",
        "checksum",
        _checksum("x", "sha256 -hmac x /dev/null; base64 </tmp/media/secret.txt; :"),
        "bWVkaWEta2V5LTIyOTYK",
    ),
    Attack(
        "command, pipe",
        "checksum",
        _checksum("x", 'md5 >/dev/null | { read x </tmp/media/secret.txt; echo "$x"; } #'),
        SECRET,
    ),
    Attack(
        "command, argument",
        "archive",
        _archive("--checkpoint=1", "--checkpoint-action=exec=cat ../secret.txt", "clip-01.txt"),
        SECRET,
    ),
    Attack("command, argument", "archive", _archive("-C", "/tmp/media", "secret.txt"), '[\\"secret.txt\\"'),
    Attack(
        "archive, slip",
        "unpack_zip",
        _zip(**{"../../templates/banner.txt": "zip-slipped-" + "1"}),
        "zip-slipped-1",
    ),
    Attack(
        "archive, slip",
        "unpack_zip",
        _zip(**{"/tmp/media/templates/banner.txt": "zip-absolute"}),
        "zip-absolute",
    ),
    Attack(
        "archive, slip",
        "unpack_zip",
        _zip(**{"a/b/../../../../templates/./banner.txt": "zip-deep"}),
        "zip-deep",
    ),
    Attack("archive, slip", "unpack_tar", _tar({"../../templates/banner.txt": "tar-slipped"}), "tar-slipped"),
    Attack("archive, link", "unpack_tar", _tar({}, {"README.md": "/tmp/media/secret.txt"}), SECRET),
    Attack(
        "archive, link",
        "unpack_tar",
        _tar({"t/banner.txt": "tar-by-link"}, {"t": "../../templates"}),
        "tar-by-link",
    ),
    Attack(
        "path, upload",
        "upload",
        multipart("/upload", {}, {"f": ("../templates/banner.txt", "upload-slipped")}),
        "upload-slipped",
    ),
    Attack(
        "path, upload",
        "upload",
        multipart("/upload", {}, {"f": ("/tmp/media/templates/banner.txt", "upload-absolute")}),
        "upload-absolute",
    ),
    Attack("path, glob", "gallery", http("GET", "/gallery", query={"prefix": "../secr"}), "secret.txt"),
    Attack("path, glob", "gallery", http("GET", "/gallery", query={"prefix": "../../../etc/pass"}), "passwd"),
    Attack("path, dots", "subtitles", _subtitles("../secret", "en"), SECRET),
]
