"""Programs of the machine, archives and files."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifteenth import (
    CLIENTS,
    EMOJI,
    FENCED,
    LETTER,
    LINES,
    LONG,
    PROSE,
    RECIPE,
    SHEET,
    TAGGED,
    b64,
    bus,
    get,
    png,
    post,
    put,
    queue,
    rest,
    tarred,
    telegram,
    zipped,
)

NEEDS = ()
KEY = "anvil-key-6174"


def _n(number: str) -> dict[str, object]:
    return rest("GET", "/stock/column/{n}", ids={"n": number})


def _doc(name: str) -> dict[str, object]:
    return rest("GET", "/docs/{name+}", ids={"name": name})


def _words(old: str, new: str) -> dict[str, object]:
    return post("/replace", old=old, new=new)


def _bundle(*names: str) -> dict[str, object]:
    return post("/bundle", names=list(names))


def _zip(**files: str) -> dict[str, object]:
    return rest("POST", "/zip", zipped(files))


def _archive(files: dict[str, str]) -> dict[str, object]:
    return rest("POST", "/zip", zipped(files))


def _tar(files: dict[str, str], links: dict[str, str] | None = None) -> dict[str, object]:
    return rest("POST", "/tar", tarred(files, links))


def _note(name: str, body: object) -> dict[str, object]:
    return rest("PUT", "/notes/{name}", body, ids={"name": name})


def _page(lang: str, page: str) -> dict[str, object]:
    return rest("GET", "/{lang}/{page}", ids={"lang": lang, "page": page})


SAFE_ZIP = {"a/read me (1).txt": "x", "it's; --.txt": LETTER, "__MACOSX/._a": "y", "été..txt": FENCED}

REQUESTS = {
    "count_words": [get("/w"), get("/w", file="stock.csv"), get("/w", file="logs/app.log")],
    "count_words_list": [
        get("/w", file="notes (1).txt"),
        get("/w", file="x; y & z.txt"),
        get("/w", file=CLIENTS[0]),
    ],
    "sort_stock": [
        get("/s"),
        get("/s", options="-t, -k2 -n"),
        get("/s", options="--reverse --field-separator=',' --key=3,3g"),
        get("/s", options="-u -f"),
    ],
    "sort_lines": [rest("POST", "/sort", text, query={"flags": "reverse,unique"}) for text in (*PROSE, SHEET)]
    + [rest("POST", "/sort", LONG)],
    "column": [_n("1"), _n("3"), _n("NF")],
    "column_variable": [_n("O'Brien bar"), _n("hammer"), _n('x" || 1; y'), _n(LETTER)],
    "replace_words": [
        _words("hammer", "mallet"),
        _words("one", "O'Brien's 50% -- \"new\""),
        _words("anvil", EMOJI),
        _words("two", "2; 3"),
    ],
    "replace_words_safe": [_words("two/hammers", "a/b;e"), _words(".*", "&"), _words("one", "x\ny")],
    "search_log": [
        get("/log", q="it's broken; retry"),
        get("/log", q="-r"),
        get("/log", q="50% full -- /tmp"),
        get("/log", q=r"^\d+ [A-Z]{4}$|x"),
    ],
    "search_log_shell": [
        get("/log", q="error"),
        get("/log", q="it's broken; retry"),
        get("/log", q="50% full -- /tmp"),
        get("/log", q="(warn) & <more>"),
    ],
    "bundle": [_bundle("notes.txt", "notes (1).txt"), _bundle("logs", "stock.csv"), _bundle("en/index.html")],
    "bundle_checked": [
        _bundle("notes (1).txt", "../x"),
        _bundle("-C", "it's"),
        _bundle("stock.csv"),
    ],
    "zip_some": [
        {"names": ["notes (1).txt", "stock.csv"]},
        {"names": ["it's; missing & more.txt", "notes.txt"]},
        {"names": ["logs/app.log"]},
    ],
    "resize": [
        put("up", "u-1/my photo (1).png"),
        put("up", "o'hara & co/50% -- new; x.png", "a|b<c>.png"),
        put("up", "été/#1 {a}*.png"),
    ],
    "resize_list": [put("up", "$(id)/`x`.png"), put("up", 'a "b"; c.png', "-rf.png"), put("up", EMOJI)],
    "transcode": [
        queue({"name": "holiday; rm -rf (1).mp4", "size": "1280x720"}),
        queue({"name": "it's $HOME `x`.mov"}, {"name": "-i", "size": "640x-1"}),
        queue({"name": 'a "b" & c | d > e.mkv', "size": "50%"}),
    ],
    "probe": [
        get("/p", name="it's; a.mp4", args="-s 10x10"),
        get("/p", name="$(b).mov", args="-s '5 x 5' --title=\"a; b & c\""),
        get("/p", name="-x"),
    ],
    "banner": [
        bus("Banner", {"text": text})
        for text in ("Welcome to day 2", "50% off at 5 o clock -- today", "Grüezi, all")
    ],
    "shout": [post("/shout", text=text) for text in ("it's `id` $(x) -- ; &", FENCED, TAGGED)],
    "find_some": [
        get("/f", test="-name *.txt"),
        get("/f", test="-size -5k -iname 'NOTES*'"),
        get("/f", test="-path '*/logs/*' -o -name '*.csv'"),
    ],
    "find_named": [
        get("/f", name="*.[ct]*"),
        get("/f", name="notes (?).txt"),
        get("/f", name="-rw*"),
        get("/f", name="it's; --"),
    ],
    "calculate": [telegram("/calc 2*(3+4)"), telegram("/calc 10 / 4 - 1.5"), telegram("/calc sqrt(2)^2 > 1")],
    "calculate_checked": [
        telegram("/calc 7 * (8 - 2)"),
        telegram("/calc what's 5; `x`"),
        telegram('/calc 5" by 7"'),
    ],
    "kind_of": [
        get("/k", name="notes (1).txt"),
        get("/k", name="stock.csv"),
        get("/k", name="it's missing; --"),
    ],
    "compare": [
        post("/c", a="two; hammers & it's", b="two; hammers & its"),
        post("/c", a=LINES[3], b="100% rye -- | < > x"),
        post("/c", a="a\nb", b="a\nc (d)"),
    ],
    "compare_files": [
        post("/c", a=LETTER, b=LETTER.upper()),
        post("/c", a=FENCED, b="$(id)"),
        post("/c", a=EMOJI, b=""),
    ],
    "sizes": [
        rest("POST", "/s", "notes.txt\nstock.csv"),
        rest("POST", "/s", "notes (1).txt"),
        rest("POST", "/s", 'no "such"; file & more'),
    ],
    "publish": [
        {"picture": "o'hara; (1) & $x.png"},
        {"picture": "a `b` | c.png", "width": 100},
        {"picture": EMOJI, "width": "1024"},
    ],
    "publish_exec": [
        {"picture": "o'hara; $(id).png", "width": "5; id"},
        {"picture": LETTER},
        {"picture": "-n", "width": 7},
    ],
    "fill": [
        post("/fill", template="Dear $NAME, it's 5 o'clock; pay 50%", name=CLIENTS[0]),
        post("/fill", template=RECIPE.replace("${count}", "${NAME}"), name="$HOME `x`"),
        post("/fill", template=TAGGED, name="x"),
    ],
    "unzip_own": [_archive(SAFE_ZIP), _zip(a="b"), _archive({"deep/er/..a/b.c.txt": RECIPE, "-rf": ""})],
    "unzip_all": [
        _archive(SAFE_ZIP),
        _archive({"./deep/a..b/settings.json": '{"mode": "x"}', "etc/x": "y"}),
        _zip(x=EMOJI),
    ],
    "untar": [
        _tar({"a/it's; (1).txt": LETTER, "b..txt": FENCED}),
        _tar({"x": "y"}, {"link": "x"}),
        _tar({"été/a b.md": RECIPE}),
    ],
    "untar_data": [
        _tar({"a.txt": "x", "it's; --": "y"}),
        _tar({"./settings.json": "x"}),
        _tar({"a": "b"}, {"l": "a"}),
    ],
    "member": [
        post("/m", zip=zipped({"a b (1).txt": LETTER}), member="a b (1).txt"),
        post("/m", zip=zipped({"it's; --.txt": "x"}), member="it's; --.txt"),
        post("/m", zip=zipped({"x/y.txt": FENCED}), member="x/*"),
    ],
    "read_doc": [
        _doc("notes%20(1).txt"),
        _doc("en/index.html"),
        _doc("no such; it's..txt"),
        _doc("logs/./app.log"),
    ],
    "read_doc_stripped": [_doc("notes (1).txt"), _doc("/en/index.html"), _doc("v1.2../x")],
    "read_doc_inside": [
        _doc("notes%20(1).txt"),
        _doc("logs/../en/index.html"),
        _doc("logs/../stock.csv"),
        _doc("it's%20missing..txt"),
    ],
    "read_doc_prefix": [
        _doc("notes (1).txt"),
        _doc("en/../notes.txt"),
        _doc("logs/../en/index.html"),
        _doc("it's"),
    ],
    "page": [_page("en", "index.html"), _page("de-CH", "über uns (neu).html"), _page("it's", "a;b -- c")],
    "save_note": [
        _note("to do (1)", {"t": LETTER}),
        _note("2026/03/it's; --", FENCED),
        _note("v1..2", [EMOJI]),
    ],
    "save_note_slug": [
        _note("Notes / 2026: it's", {"mode": "x"}),
        _note(CLIENTS[1], LETTER),
        _note("李", TAGGED),
        _note("a/b\\c", ""),
    ],
    "listing": [
        get("/f", pattern="*.txt"),
        get("/f", pattern="[n-s]*.?*"),
        get("/f", pattern="logs/*.log"),
        get("/f", pattern="it's; --*"),
    ],
    "archive_folder": [{"folder": "logs"}, {"folder": "en/"}, {"folder": "./logs"}],
    "picture": [
        post("/p", name="it's (1).final.png", data=b64(png(20, 10))),
        post("/p", name="x; y", data=b64(LETTER)),
        post("/p", name="../été.png", data=b64(png(9, 9))),
    ],
}

ATTACKS = [
    Attack("shell", "count_words", get("/w", file="notes.txt; cat private/master.key"), KEY),
    Attack("shell", "count_words", get("/w", file="notes.txt${IFS}&&${IFS}cat${IFS}private/m*"), KEY),
    Attack("shell", "count_words", get("/w", file="x\ncat private/master.key"), KEY),
    Attack("arguments", "sort_stock", get("/s", options="-m ../private/master.key"), KEY),
    Attack("arguments", "sort_stock", get("/s", options="-t, '../private/master.key' -k1"), KEY),
    Attack("arguments", "sort_stock", get("/s", options="/proc/self/environ"), KEY),
    Attack("awk", "column", _n('1; while ((getline l < "private/master.key") > 0) print l; x = $1'), KEY),
    Attack("awk", "column", _n('1} BEGIN {system("cat private/master.key")} {$2=1'), KEY),
    Attack("awk", "column", _n('1 ENVIRON["SMITHY_TOKEN"]'), KEY),
    Attack("sed", "replace_words", _words("hammers", "x/;r private/master.key\n;s/a/a"), KEY),
    Attack("sed", "replace_words", _words("x/y/;1e cat private/master.key\ns/b", "c"), KEY),
    Attack(
        "shell",
        "search_log_shell",
        get("/log", q='x" private/master.key; cat private/master.key; echo "'),
        KEY,
    ),
    Attack(
        "shell",
        "search_log_shell",
        get("/log", q='$(cat private/master.key >&2)x" /dev/null; printenv SMITHY_TOKEN #'),
        KEY,
    ),
    Attack("shell", "search_log_shell", get("/log", q='anvil" private/master.key #'), KEY),
    Attack("arguments", "bundle", _bundle("notes.txt", "-C../private", "master.key"), "master.key"),
    Attack("path, archive", "bundle", _bundle("../private/master.key"), "private/master.key"),
    Attack(
        "shell",
        "zip_some",
        {"names": ['notes.txt" -j ../private/master.key "']},
        "master.key",
    ),
    Attack("shell", "resize", put("up", "a$(cat private/master.key).png"), KEY),
    Attack("shell", "resize", put("up", "`printenv SMITHY_TOKEN`"), KEY),
    Attack("shell", "resize", put("up", 'x";cat private/master.key;"'), KEY),
    Attack("shell", "transcode", queue({"name": "a", "size": "1; cat private/master.key"}), KEY),
    Attack("shell", "transcode", queue({"name": "a", "size": "$(cat private/master.key)"}), KEY),
    Attack("shell", "transcode", queue({"name": "a", "size": "1x1 -report private/master.key"}), KEY),
    Attack("arguments", "probe", get("/p", name="a", args="-report private/master.key"), KEY),
    Attack("shell, script", "banner", bus("Banner", {"text": "x; cat private/master.key"}), KEY),
    Attack("shell, script", "banner", bus("Banner", {"text": "$SMITHY_TOKEN"}), KEY),
    Attack("arguments", "find_some", get("/f", test="-exec cat private/master.key ;"), KEY),
    Attack(
        "arguments",
        "find_some",
        get("/f", test="-name stock.csv -execdir cat ../private/master.key {} ;"),
        KEY,
    ),
    Attack("shell", "calculate", telegram('/calc 1"; cat private/master.key; echo "'), KEY),
    Attack("shell", "calculate", telegram('/calc 1" >/dev/null; head -1 private/master.key #'), KEY),
    Attack("arguments", "kind_of", get("/k", name="-f../private/master.key"), KEY),
    Attack("shell", "compare", post("/c", a="$(cat private/master.key)", b="x"), KEY),
    Attack("shell", "compare", post("/c", a='x") private/master.key #', b="x"), KEY),
    Attack("shell, xargs", "sizes", rest("POST", "/s", "notes.txt'; cat private/master.key #"), KEY),
    Attack("shell, xargs", "sizes", rest("POST", "/s", "notes.txt\nx'||cat 'private/master.key"), KEY),
    Attack("shell", "publish", {"picture": "a", "width": "1; cat private/master.key"}, KEY),
    Attack("shell", "publish", {"picture": "a", "width": "`cat private/master.key`"}, KEY),
    Attack("template, environment", "fill", post("/fill", template="Hi ${SMITHY_TOKEN}", name="x"), KEY),
    Attack("archive", "unzip_own", _archive({"../settings.json": '{"mode": "owned"}'}), "owned"),
    Attack(
        "archive", "unzip_own", _archive({"a/b/../../../settings.json": '{"mode": "owned-2"}'}), "owned-2"
    ),
    Attack("archive", "untar", _tar({"../settings.json": '{"mode": "owned"}'}), '\\"mode\\": \\"owned\\"}}'),
    Attack("archive, link", "untar", _tar({}, {"x.txt": "/etc/passwd"}), "root:"),
    Attack(
        "archive, link", "untar", _tar({"d/settings.json": '{"mode": "by-link"}'}, {"d": ".."}), "by-link"
    ),
    Attack("path", "read_doc", _doc("../private/master.key"), KEY),
    Attack("path", "read_doc", _doc("%2e%2e%2fprivate%2fmaster.key"), KEY),
    Attack("path", "read_doc", _doc("en/../../private/./master.key"), KEY),
    Attack("path", "read_doc_stripped", _doc("....//private/master.key"), KEY),
    Attack("path", "read_doc_stripped", _doc("..%2fprivate%2fmaster.key"), KEY),
    Attack("path", "read_doc_stripped", _doc("%2Fetc%2Fpasswd"), "root:"),
    Attack("path, prefix", "read_doc_prefix", _doc("../data-private/ledger.txt"), KEY),
    Attack("path", "page", _page("..", "private/master.key"), KEY),
    Attack("path", "page", _page("en", "/etc/passwd"), "root:"),
    Attack("path", "save_note", _note("../settings", {"mode": "rewritten"}), "rewritten"),
    Attack("path", "save_note", _note("x/y/../../../settings", {"mode": "rewritten-2"}), "rewritten-2"),
    Attack("path, pattern", "listing", get("/f", pattern="../private/*"), KEY),
    Attack("path, pattern", "listing", get("/f", pattern="*/../../p[r]ivate/mas*"), KEY),
    Attack("path", "archive_folder", {"folder": "../private"}, KEY),
]
