"""Files through the programs of a layer."""

import base64
import gzip
import io
import json
import struct
import zlib

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    b64,
    bus,
    get,
    post,
    s3,
    sns,
    sqs,
    tar64,
)

NEEDS = ()
LICENCE = "kiln-licence-5093"
PASSWD = "root:x:0:0"


def _png(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * 9 + y * 5) % 256 for x in range(width * 3)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b64(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))  # fmt: skip


def _logs(group: str, *messages: str) -> dict[str, object]:
    data = {"logGroup": group, "logEvents": [{"id": "1", "timestamp": 1, "message": m} for m in messages]}
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as f:
        f.write(json.dumps(data).encode())
    return {"awslogs": {"data": base64.b64encode(out.getvalue()).decode()}}


def _sort(options: str, *rows: str) -> dict[str, object]:
    return post("/sort", rows=list(rows) or ["b,2", "a,10", "c,1"], options=options)


def _host(host: str) -> dict[str, object]:
    return {"RequestType": "Create", "LogicalResourceId": "Ping", "ResourceProperties": {"Host": host}}


def _when(text: str) -> dict[str, object]:
    return {"info": {"fieldName": "when"}, "arguments": {"when": text}}


REQUESTS = {
    "thumbnails": [
        s3("photos", "uploads/2026/IMG_0001.JPG"),
        s3("photos", "my pics/Beach; day (2) & more -- final.png", "a+b=c/50%.png"),
        s3("photos", 'Zoë "Z"/$5 deal.png', "~/x*.png"),
    ],
    "thumbnails_argv": [
        s3("photos", "o'hara/it's `here`; $(x).png"),
        s3("photos", "-final-.png", "a\tb.png"),
        s3("photos", "..draft/x.png", "é/ü.png"),
    ],
    "thumbnail_pillow": [
        post("/t", image=_png(20, 10), w=5, h="5", caption="it's; -- x"),
        post("/t", image=_png(16, 16), format="jpeg"),
        post("/t", image=_png(9, 9), caption=GRUMBLE),
    ],
    "words": [
        post("/w", text="Hello; it's me -- and you | both & all"),
        post("/w", text="rm -rf is 50% <scary> (really)"),
        post("/w", text="line one\nline 'two' #3 ~ * ?"),
    ],
    "words_stdin": [
        post("/w", text=ESSAY[:6000]),
        post("/w", text="use `make` or $(pwd) \"x\" 'y'"),
        post("/w", text=""),
    ],
    "grep": [
        get("/log", find="o'hara"),
        get("/log", find="disk is 91% full; clean"),
        get("/log", find="port 80[0-9]*"),
        get("/log", find="error|warn"),
    ],
    "grep_list": [
        get("/log", find="can't|o'hara"),
        get("/log", find='("timeout")', fixed="1"),
        get("/log", find="--version; -x"),
        get("/log", find="(unbalanced"),
    ],
    "grep_quoted": [
        get("/l", find='o\'hara; "x"'),
        get("/l", find="$(date) `cron`"),
        get("/l", find="-- soon"),
    ],
    "sort_rows": [
        _sort("-t, -k2 -n"),
        _sort("-r", "it's", "a; b", "-- c"),
        _sort("-u -f", "B", "b", "É"),
        _sort("-t ';' -k 2", "x;2", "y;1"),
    ],
    "sort_rows_checked": [
        _sort("-n -r"),
        _sort("-t; -k2,2", *FOLK),
        _sort("-M -s"),
        _sort("", GRUMBLE, "--help"),
    ],
    "column": [get("/c", col="1"), get("/c", col="3"), get("/c", col="NF")],
    "column_v": [
        get("/c", region="north"),
        get("/c", region='o\'north "upper"; \\n'),
        get("/c", region="R&D && sales"),
    ],
    "replace": [
        post("/r", old="colour", new="color", text="The colour's nice; two colours"),
        post("/r", old="it's", new="it is -- 50%", text="it's here; it's \"there\""),
        post("/r", old="[0-9][0-9]*", new="<#>", text="call 555-0100; now"),
    ],
    "replace_python": [
        post("/r", old="a/b", new="\\1 & c", text="x a/b y"),
        post("/r", old="(", new="'", text=LISTING),
        post("/r", old="e", new="é", text=NOTES),
    ],
    "dashboard": [
        post(
            "/jq",
            filter=".items[] | select(.price > 5) | .name",
            data={"items": [{"name": "it's; A", "price": 9}]},
        ),
        post(
            "/jq",
            filter="[.[] | select(.owner == $user)] | length",
            user="O'Hara -- x",
            data=[{"owner": "O'Hara -- x"}],
        ),
        post("/jq", filter='map(.n) | add / length | "avg: \\(.)"', data=[{"n": 1}, {"n": 2}]),
        post("/jq", filter=".a[", data={}),
    ],
    "pack": [
        post("/p", files=["a.txt", "my notes.txt"]),
        post("/p", files=["./b.txt", "log.txt"]),
        post("/p", files=["a.txt", "it's gone; -- .txt"]),
    ],
    "pack_dashes": [
        post("/p", files=["a.txt", "-- b.txt"]),
        post("/p", files=["c d.txt", "b.txt"]),
        post("/p", files=["o'x; y.txt"]),
    ],
    "unpack": [
        post("/u", archive=tar64({"report.txt": GRUMBLE, "a b/it's.txt": "x"})),
        post("/u", archive=tar64({"other.txt": "x"})),
        post("/u", archive=tar64({"report.txt": NOTES}, {"latest": "report.txt"})),
    ],
    "digest": [
        get("/d", text="it's; me", alg="sha256"),
        get("/d", text=PATTERN, alg="sha3-256"),
        get("/d", text="$(x)"),
    ],
    "when": [
        _when("+ 3 days"),
        _when("10:30 tomorrow"),
        _when("next friday -- 2 hours"),
        _when("sometime; maybe"),
    ],
    "when_argv": [_when("next week"), _when("5 o'clock; sharp"), _when("-3 months ($)")],
    "compute": [
        bus("Bill", formula="(12.5 + 3) * 2"),
        bus("Bill", formula="a = 5; b = 7; a / b"),
        bus("Bill", formula="s(1)^2 > 0 && 1"),
    ],
    "find": [
        get("/f", tests="-name '*.txt'"),
        get("/f", tests='-size -1k -o -name "c*"'),
        get("/f"),
        get("/f", tests="-newer a.txt -not -name b.csv -maxdepth 1 -empty"),
    ],
    "find_name": [
        get("/f", name="o'hara*"),
        get("/f", name="*.[tc]*"),
        get("/f", name="report-*; v2"),
        get("/f", name="é; -- x"),
    ],
    "ping": [_host("db-1.internal"), _host("192.0.2.10"), _host("fe80::1%eth0")],
    "ping_checked": [_host("db-1.internal"), _host("db 1"), _host("-"), _host("o'hara.example")],
    "probe": [
        sqs({"file": "films/Holiday (2026) - it's great!.mp4"}),
        sqs({"file": "Q&A; part 1 -- final.mov"}),
        sqs({"file": "50% #1 'x'=y.mkv"}),
    ],
    "sizes": [
        {"names": ["a.txt", "my notes.txt"]},
        {"names": ["./b.txt"]},
        {"names": ["o'hara; x.txt", "a.txt"]},
    ],
    "charset": [
        post("/i", charset="ISO-8859-1", data=b64("caf\xe9; it's".encode("latin-1"))),
        post("/i", charset="utf-16le", data=b64("x -- y".encode("utf-16-le"))),
        post("/i", charset="CP1252", data=b64("50 \u20ac".encode("cp1252"))),
    ],
    "charset_listed": [
        post("/i", charset="cp1252", data=b64("it\u2019s \u20ac5".encode("cp1252"))),
        post("/i", charset="Mac Roman", data=""),
        post("/i", charset="CP437", data=b64(b"\x81ber -- $(x)")),
    ],
    "shout": [
        sns({"text": GRUMBLE}),
        sns({"text": "cost: $(5) `ok` \"; it's'"}),
        sns({"text": SPOTS[3] + HTML}),
    ],
    "expand": [
        bus("Set", path="$DATA/in box/2026"),
        bus("Set", path="~/files -- old"),
        bus("Set", path="${HOME}/it/a=b,c@d%20"),
    ],
    "python_child": [
        {"params": {"n": 10}},
        {"params": {"n": "5", "factor": "1.5"}},
        {"params": {"n": 3, "factor": -2}},
    ],
    "python_child_json": [
        {"params": {"text": LISTING}},
        {"params": {"text": "it's (\"quoted\"); print('x') works"}},
        {"params": {"text": GRUMBLE}},
    ],
    "listing": [
        get("/ls"),
        get("/ls", folder="in box"),
        get("/ls", folder="./in box/"),
        get("/ls", folder="it's; not -- there & x"),
    ],
    "lite": [
        post(
            "/l",
            title="Sales; it's May -- 50%",
            rows=[{"name": "O'Hara; -- x", "n": 5}, {"name": "Tea & cake", "n": "2.5"}],
        ),
        post("/l", title="SELECT and .mode explained", rows=[{"name": "x\n.mode notes", "n": 0}]),
        post("/l", title="Empty", rows=[]),
    ],
    "refs": [{"repository": "site.git"}, {"repository": "./site.git"}, {"repository": "o'hara-site.git"}],
    "branch_name": [
        {"branch": "fix/it's-50%"},
        {"branch": "-x"},
        {"branch": "a..b"},
        {"branch": "feature/$price"},
    ],
    "diff": [
        post("/d", old=NOTES, new=NOTES.replace("fix", "Fix"), title="O'Hara's; v1 -- draft"),
        post("/d", old="a\n--- b", new="a\n+++ c", title="--help"),
        post("/d", old=LISTING, new=LISTING),
    ],
    "compressed": [
        _logs("/aws/lambda/a", "START it's; x", LISTING),
        _logs("g", GRUMBLE, GRUMBLE),
        _logs("o'g"),
    ],
}

ATTACKS = [
    Attack("shell, S3 key", "thumbnails", s3("p", "x'; head -1 /etc/passwd; '.png"), PASSWD),
    Attack("shell, S3 key", "thumbnails", s3("p", "a'$(expr 40 + 2)'b"), "a42b"),
    Attack("shell, S3 key", "thumbnails", s3("p", "x' 1\ncat /etc/passwd\necho '"), PASSWD),
    Attack("shell, S3 key", "thumbnails", s3("p", "ok.png", "q'`printf pw%s n-3`'.png"), "qpwn-3.png"),
    Attack("shell, quotes", "words", post("/w", text='"; head -1 /etc/passwd; echo "'), PASSWD),
    Attack("shell, quotes", "words", post("/w", text="$(cat /etc/passwd >&2; seq 1 77)"), '\\"77\\"'),
    Attack("shell, quotes", "words", post("/w", text='`echo`" && expr 9 \\* 9 #'), "81"),
    Attack("shell, quotes", "grep", get("/l", find='x" /etc/passwd; grep root "/etc/passwd'), PASSWD),
    Attack("shell, quotes", "grep", get("/l", find="zz$(head -1 /etc/passwd >> app.log)\" /dev/null; tail -1 app.log #"), PASSWD),
    Attack("shell, quotes", "grep", get("/l", find='root" "/etc/passwd'), PASSWD),
    Attack("arguments, sort", "sort_rows", _sort("/etc/passwd"), PASSWD),
    Attack("arguments, sort", "sort_rows", _sort("-m -- /etc/passwd"), PASSWD),
    Attack("arguments, sort", "sort_rows", _sort("--debug /etc/passwd /dev/null"), PASSWD),
    Attack("arguments, sort", "sort_rows", _sort("-R --random-source=/etc/passwd -- /etc/passwd"), PASSWD),
    Attack("awk", "column", get("/c", col='1; system("head -1 /etc/passwd")'), PASSWD),
    Attack("awk", "column", get("/c", col='1; "echo pwn$((3*3))" | getline x; print x'), "pwn9"),
    Attack("awk", "column", get("/c", col='1 } BEGIN { while ((getline l < "/etc/passwd") > 0) print l'), PASSWD),
    Attack("sed", "replace", post("/r", old="x", new="y/\nr /etc/passwd\n#", text="x\n"), PASSWD),
    Attack("sed", "replace", post("/r", old="x", new="echo pwn$((6*6))/e;s/q/z", text="x\n"), "pwn36"),
    Attack("sed", "replace", post("/r", old="a/b/;1e head -1 /etc/passwd\n;s/x", new="y", text="a"), PASSWD),
    Attack("jq", "dashboard", post("/jq", filter="env.KILN_LICENCE", data={}), LICENCE),
    Attack("jq", "dashboard", post("/jq", filter='$ENV | to_entries[] | select(.key|startswith("KILN")) | .value', data=[]), LICENCE),
    Attack("arguments, tar", "pack", post("/p", files=["--checkpoint=1", "--checkpoint-action=exec=head -1 /etc/passwd >&2", "a.txt"]), PASSWD),
    Attack("arguments, tar", "pack", post("/p", files=["-I", "sh -c 'echo pwn$((4*4)) >&2'", "a.txt"]), "pwn16"),
    Attack("arguments, tar", "pack", post("/p", files=["-T", "/etc/passwd"]), "daemon"),
    Attack("arguments, tar", "pack", post("/p", files=["--to-command=x", "-C/etc", "passwd"]), '[\\"passwd\\"]'),
    Attack("archive, link", "unpack", post("/u", archive=tar64({}, {"report.txt": "/etc/passwd"})), PASSWD),
    Attack("archive, link", "unpack", post("/u", archive=tar64({"a.txt": "x"}, {"report.txt": "../../../../../../etc/passwd"})), PASSWD),
    Attack("shell", "digest", get("/d", text="x", alg="sha256; head -1 /etc/passwd"), PASSWD),
    Attack("shell", "digest", get("/d", text="x", alg="md5 /dev/null & expr 700 + 77"), "777"),
    Attack("arguments, openssl", "digest", get("/d", text="x", alg="sha1 /etc/passwd"), "*/etc/passwd"),
    Attack("shell, quotes", "when", _when("'; head -1 /etc/passwd #"), PASSWD),
    Attack("shell, quotes", "when", _when("'; date -f /etc/passwd 2>&1 | head -1 #"), PASSWD),
    Attack("shell, quotes", "when", _when("' +pwn$(expr 5 \\* 5) #"), "pwn25"),
    Attack("shell, quotes", "compute", bus("B", formula="1'; head -1 /etc/passwd; echo '"), PASSWD),
    Attack("shell, quotes", "compute", bus("B", formula="1' >/dev/null; echo pwn`expr 2 + 2` #"), "pwn4"),
    Attack("arguments, find", "find", get("/f", tests="-exec head -1 /etc/passwd ;"), PASSWD),
    Attack("arguments, find", "find", get("/f", tests="-name a.txt -exec sh -c 'echo pwn$((12*2))' ;"), "pwn24"),
    Attack("arguments, find", "find", get("/f", tests="-false , -prune -printf KILN%%%m-%u -quit"), "KILN%"),
    Attack("shell", "ping", _host("x; head -1 /etc/passwd"), PASSWD),
    Attack("shell", "ping", _host("x|sh -c 'echo pwn$((30+3))'"), "pwn33"),
    Attack("shell", "ping", _host("$(echo${IFS}pwn-$((2+3)))"), "pwn-5"),
    Attack("shell", "ping", _host("x\nhead -1 /etc/passwd"), PASSWD),
    Attack("shell, filtered", "probe", sqs({"file": "$(head -1 /etc/passwd)"}), PASSWD),
    Attack("shell, filtered", "probe", sqs({"file": "a`expr 60 + 6`b"}), "a66b"),
    Attack("shell, filtered", "probe", sqs({"file": 'x"\nprintf "leak=%s\\n" "$(head -1 /etc/passwd)'}), PASSWD),
    Attack("path, program", "sizes", {"names": ["/etc/passwd"]}, PASSWD),
    Attack("path, program", "sizes", {"names": ["a.txt", "../../../../../etc/passwd"]}, PASSWD),
    Attack("shell", "charset", post("/i", charset="utf-8 -t utf-8 /etc/passwd;", data=""), PASSWD),
    Attack("shell", "charset", post("/i", charset="latin1 </etc/passwd #", data=""), PASSWD),
    Attack("shell", "charset", post("/i", charset="x||expr 41 + 1;", data=""), '\\"text\\": \\"42'),
    Attack("shell, eval", "expand", bus("S", path="$(head -1 /etc/passwd)"), PASSWD),
    Attack("shell, eval", "expand", bus("S", path="x; echo pwn$((11+11))"), "pwn22"),
    Attack("shell, eval", "expand", bus("S", path="`cat</etc/passwd`"), PASSWD),
    Attack("Python, child", "python_child", {"params": {"n": "1)), print(open('/etc/passwd').readline()), print((1"}}, PASSWD),
    Attack("Python, child", "python_child", {"params": {"n": 1, "factor": "1 or __import__('os').system('echo pwn$((7+7))')"}}, "pwn14"),
    Attack("shell, script", "listing", get("/ls", folder='." && head -1 /etc/passwd && cd "'), PASSWD),
    Attack("shell, script", "listing", get("/ls", folder="$(echo pwn$((1+8)) >&2)"), "pwn9"),
    Attack("path, program", "listing", get("/ls", folder="/etc"), "passwd"),
    Attack("program, sqlite3", "lite", post("/l", title="x\n.shell head -1 /etc/passwd", rows=[]), PASSWD),
    Attack("program, sqlite3", "lite", post("/l", title="x\nSELECT readfile('/etc/passwd');", rows=[]), PASSWD),
    Attack("arguments, git", "refs", {"repository": "--upload-pack=head${IFS}-1${IFS}/etc/passwd>&2; site.git"}, PASSWD),
    Attack("arguments, git", "refs", {"repository": "--sort=x --upload-pack=echo${IFS}pwn$((13+13))>&2; ./site.git"}, "pwn26"),
]  # fmt: skip
