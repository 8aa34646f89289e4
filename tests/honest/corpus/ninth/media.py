"""Uploads that programs work on."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    LATEX,
    NAMES,
    POSTER,
    STREETS,
    b64,
    bus,
    graphql,
    http,
    put,
    queue,
)

NEEDS = ("aws-http",)
SECRET = "media-key-9072"
FILES = (
    "reports/Q3 2025 (final).csv",
    "in/Müller & Söhne – Liste.txt",
    "a/b/c+d=e.csv",
    "IMG_0042 (1).JPG",
    "it's here.txt",
    "2025-11-03T09:12:44+00:00.log",
)


def _text(text: str) -> dict[str, object]:
    return bus("Caption Added", {"text": text, "image": "i-1"})


def _probe(name: str) -> dict[str, object]:
    return http("GET", "/probe", query={"name": name})


def _pack(*names: str, text: str = "x") -> dict[str, object]:
    return {"files": [{"name": name, "text": text} for name in names]}


def _job(**job: object) -> dict[str, object]:
    return queue({"tags": {"title": "One"}, **job})


def _label(name: str, street: str = STREETS[0]) -> dict[str, object]:
    return {"label": {"name": name, "street": street}}


def _manifest(key: str, *titles: str, layout: str = "png") -> tuple[str, dict[str, object]]:
    files = [{"title": title} for title in titles]
    return ("put_manifest", http("PUT", "/manifest", {"id": key, "files": files, "format": layout}))


def _inbox(*names: str) -> dict[str, object]:
    return {"files": [{"name": name, "data": b64("hello")} for name in names]}


REQUESTS = {
    "count_lines": [
        put(FILES[0], FILES[1]),
        put(FILES[2]),
        put(FILES[4], FILES[5]),
        put("плани/звіт.txt", "a;b & c | d.csv"),
    ],
    "checksum": [put(FILES[0]), put(FILES[1]), put(FILES[3]), put('say "hi" $HOME `x`.txt')],
    "thumbnail": [
        http("POST", "/thumb", {"caption": POSTER, "size": "200x200>"}),
        http("POST", "/thumb", {"caption": BUG}),
        http("POST", "/thumb", {"caption": "", "size": "50%"}),
    ],
    "watermark": [
        *(
            _text(text)
            for text in (COMPLAINT, BUG, LATEX, "© " + NAMES[0], "$(date) `id` $HOME; ls | cat > /dev/null")
        )
    ],
    "caption": [
        _text("Sunset at the sea"),
        _text("It's 5 o'clock & time for tea; isn't it?"),
        _text('The "best" day (so far) | part 2'),
        _text("50% > 40% < 60% #tea *new*"),
    ],
    "probe": [
        _probe("invoice 2025 (1).pdf"),
        _probe("scan_001.pdf"),
        _probe("Überweisung.pdf"),
        _probe("dir/a.b-c.pdf"),
    ],
    "pack": [
        _pack("a.txt", "b c (2).txt"),
        _pack("it's.txt", "x;y.txt", text=BUG),
        _pack("résumé – final.doc"),
        _pack("a=b.txt", "$x.txt", "`y`.txt"),
    ],
    "grep_logs": [
        graphql("Query", "logs", text="error"),
        graphql("Query", "logs", text="it's broken (5%)"),
        graphql("Query", "logs", text="select"),
        graphql("Query", "logs", text="started -- ok"),
    ],
    "convert_audio": [
        _job(tags={"title": NAMES[0], "artist": COMPANIES[0]}),
        _job(tags={"title": "A & B; C | D > E", "comment": BUG}, bitrate="192k"),
        _job(tags={"title": "$(rm -rf /)", "year": 2025}, bitrate="64k"),
    ],
    "archive_date": [
        bus("Scheduled Event", {}),
        {**bus("Scheduled Event", {}), "time": "2025-12-24T23:59:59+00:00"},
    ],
    "days_until": [
        {"when": "2025-12-24"},
        {"when": "2025-11-03T09:12:44+00:00"},
        {"when": "2025-11-03 next monday"},
        {"when": "Mon, 03 Nov 2025 09:12:44 GMT"},
    ],
    "jq_filter": [
        {"field": "customer", "data": {"customer": {"name": NAMES[3], "note": COMPLAINT}}},
        {"field": "address.city", "data": {"address": {"city": "Saint-Jean-d'Angély"}}},
        {"field": "items[0]", "data": {"items": [POSTER, 2]}},
        {"field": "missing", "data": {}},
    ],
    "sort_rows": [
        {"rows": "tea,4\ncoffee,2\ntea,1\n", "column": 1},
        {"rows": 'O\'Neil,5\n"Ng",5\n$HOME;ls,3\n', "column": 2},
        {"rows": BUG, "column": "1"},
    ],
    "label_print": [
        _label(NAMES[0]),
        _label(NAMES[8], STREETS[1]),
        _label(COMPANIES[0], STREETS[2]),
        _label("$(id) `id`", STREETS[4]),
    ],
    "ping": [{"host": "localhost"}, {"host": "no-such-host.invalid"}, {"host": "a.b-c_d.invalid"}],
    "rename": [
        _inbox("plan 1 (a).txt", "b/c.txt"),
        _inbox("O'Hara & Co.txt"),
        _inbox("100% – ok.txt", "x;y.txt"),
    ],
    "nightly": [{"only": "plan"}, {"only": "O'Hara"}, {}],
    "put_manifest": [
        _manifest("m-1", "Plan 1 (final); it's & more", "50% <x> | y")[1],
        _manifest("m-2", "Größe #5 *new*", layout="jpeg")[1],
        _manifest("O'Neil & Sons", "{x} [y] ~z!")[1],
    ],
    "run_manifest": [put("manifests/m-1.json"), put("manifests/m-2.json", "manifests/O'Neil & Sons.json")],
}
ATTACKS = [
    Attack(
        "command, second order",
        "run_manifest",
        put("manifests/x-1.json"),
        SECRET,
        before=[_manifest("x-1", '"; printenv SIGNING_KEY; : "')],
    ),
    Attack(
        "command, second order",
        "run_manifest",
        put("manifests/x-2.json"),
        SECRET,
        before=[_manifest("x-2", "ok", layout="png && printenv SIGNING_KEY")],
    ),
    Attack(
        "command, second order",
        "run_manifest",
        put("manifests/x-3.json"),
        SECRET,
        before=[_manifest("x-3", "fine", "$(printenv SIGNING_KEY >&2)")],
    ),
    Attack("command, file name", "count_lines", put('x";printenv SIGNING_KEY;".txt'), SECRET),
    Attack("command, file name", "count_lines", put("in/$(printenv SIGNING_KEY >&2).txt"), SECRET),
    Attack("command, file name", "count_lines", put("`env|grep SIGN>&2`"), SECRET),
    Attack("command, file name", "checksum", put("a';echo $SIGNING_KEY;'"), SECRET),
    Attack("command, file name", "checksum", put("x'; printenv SIGNING_KEY #"), SECRET),
    Attack("command, file name", "checksum", put("q' 2>&1; id -un; expr 1729 + 3000 | tr 4 F; '"), "F729"),
    Attack("command, text", "caption", _text("$(printenv SIGNING_KEY)"), SECRET.upper()),
    Attack("command, text", "caption", _text("Sunset `printenv SIGNING_KEY | rev`"), SECRET[::-1].upper()),
    Attack("command, text", "caption", _text('\\"; printenv SIGNING_KEY >&2; echo \\"'), SECRET),
    Attack("command, text", "caption", _text("Hi ${SIGNING_KEY%-*} there"), "MEDIA-KEY"),
    Attack("command, text", "probe", _probe("a.pdf;printenv${IFS}SIGNING_KEY"), SECRET),
    Attack("command, text", "probe", _probe("x.pdf&printenv\tSIGNING_KEY"), SECRET),
    Attack(
        "command, text", "probe", _probe("a|echo${IFS}cHJpbnRlbnYgU0lHTklOR19LRVk=|base64${IFS}-d|sh"), SECRET
    ),
    Attack(
        "argument, tar",
        "pack",
        _pack("--checkpoint=1", "--checkpoint-action=exec=printenv SIGNING_KEY", "a.txt", text="x" * 20000),
        SECRET,
    ),
    Attack(
        "argument, tar",
        "pack",
        _pack("--use-compress-program=sh -c 'printenv SIGNING_KEY >&2'", "a.txt"),
        SECRET,
    ),
    Attack("argument, grep", "grep_logs", graphql("Query", "logs", text="--help"), "Usage: grep"),
    Attack("command, queue", "convert_audio", _job(bitrate="128k; printenv SIGNING_KEY"), SECRET),
    Attack("command, queue", "convert_audio", _job(bitrate="$(printenv SIGNING_KEY)"), SECRET),
    Attack(
        "command, keys",
        "convert_audio",
        _job(tags={"title": "ok", "x=1\nprintenv SIGNING_KEY #": "y"}),
        SECRET,
    ),
    Attack("command, keys", "convert_audio", _job(tags={"a=`printenv SIGNING_KEY` b": "c"}), SECRET),
    Attack("command, text", "archive_date", {**bus("Scheduled Event", {}), "time": "now;id;#00"}, "uid="),
    Attack("command, text", "days_until", {"when": "$(printenv SIGNING_KEY)"}, SECRET),
    Attack("command, text", "days_until", {"when": '" > /dev/null; printenv SIGNING_KEY; : "'}, SECRET),
    Attack("command, text", "days_until", {"when": "$(awk 'BEGIN{print ENVIRON[\"SIGNING_KEY\"]}')"}, SECRET),
    Attack("query, jq", "jq_filter", {"field": "x, env.SIGNING_KEY", "data": {}}, SECRET),
    Attack("query, jq", "jq_filter", {"field": 'a // $ENV["SIGN"+"ING_KEY"]', "data": {}}, SECRET),
    Attack(
        "command, awk", "sort_rows", {"rows": "a,b\n", "column": '1; system("printenv SIGNING_KEY")'}, SECRET
    ),
    Attack(
        "command, awk",
        "sort_rows",
        {"rows": "a,b\n", "column": "1}' /tmp/rows.txt; printenv SIGNING_KEY; : '{"},
        SECRET,
    ),
    Attack("command, host", "ping", {"host": "localhost; printenv SIGNING_KEY"}, SECRET),
    Attack("command, host", "ping", {"host": "x || printenv SIGNING_KEY #"}, SECRET),
    Attack("command, host", "ping", {"host": "x;p'r'int\\env SIGNING\"\"_KEY"}, SECRET),
    Attack(
        "command, second order",
        "nightly",
        {"only": "$"},
        SECRET,
        before=[("rename", _inbox("$(printenv SIGNING_KEY >&2).txt"))],
    ),
    Attack(
        "command, second order",
        "nightly",
        {"only": "zz"},
        SECRET,
        before=[("rename", _inbox('zz";printenv "SIGNING_KEY'))],
    ),
]
