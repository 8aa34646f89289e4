"""Programs that are run for files, archives, repositories and reports."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    CSS,
    LETTER,
    LONG,
    MARKUP,
    PEOPLE,
    api,
    bus,
    graphql,
    http,
    pool,
    put,
    queue,
)

NEEDS = ("aws-http",)
KEY = "media-key-6608"


def _put(*keys: str) -> dict[str, object]:
    return put("tenth-media", *keys)


def _thumb(**query: str) -> dict[str, object]:
    return api("GET", "/thumb", query=query)


def _push(branch: str, repository: str = "acme/shop") -> dict[str, object]:
    return http(
        "POST",
        "/hook",
        {
            "ref": f"refs/heads/{branch}",
            "repository": {"full_name": repository, "clone_url": f"https://github.com/{repository}.git"},
            "head_commit": {"message": "Fix `rm -rf` & it's quoting; closes #12 (see $HOME)"},
        },
        headers={"x-github-event": "push"},
    )


def _log(rev: str) -> dict[str, object]:
    return graphql("log", rev=rev)


def _grep(text: str) -> dict[str, object]:
    return http("POST", "/logs", {"text": text})


def _title(title: str) -> dict[str, object]:
    return bus("Document Created", {"title": title, "pages": 3})


def _fetch(url: str) -> dict[str, object]:
    return http("GET", "/fetch", query={"url": url})


def _jq(field: str, *items: object) -> dict[str, object]:
    return http("POST", "/jq", {"field": field, "items": list(items)})


def _label(label: str) -> dict[str, object]:
    return graphql("label", label=label)


def _user(user: str, **more: str) -> dict[str, object]:
    return pool("PostConfirmation_ConfirmSignUp", user, {"email": "o'neil+x@example.org", **more})


def _job(key: str, profile: str, note: str = "") -> tuple[str, dict[str, object]]:
    return ("save_job", http("POST", "/jobs", {"id": key, "profile": profile, "note": note}))


REQUESTS = {
    "checksum": [
        _put("in/report 2026 (final).pdf"),
        _put("in/O'Neil & Söhne.docx", "in/a;b.txt"),
        _put("video/IMG_0042 copy 2.MOV"),
        _put("in/50% off [draft] #1.csv"),
    ],
    "probe": [_put("x/$HOME `id` it's.bin"), _put("a b/c+d.png"), _put('x/"quoted" & | name.txt')],
    "thumbnail": [
        _thumb(size="100x100"),
        _thumb(size="50%", format="jpg"),
        _thumb(size="640x480", format="gif"),
        _thumb(),
    ],
    "clone": [
        _push("main"),
        _push("feature/ABC-12_new.login"),
        _push("dependabot/npm_and_yarn/lodash-4.17.21"),
        _push("größe"),
    ],
    "git_log": [_log("HEAD"), _log("main"), _log("v1.0.0"), _log("main~5")],
    "search_logs": [
        _grep("it's broken"),
        _grep('"x"'),
        _grep("$c 500; rm -rf / && echo `id`"),
        _grep("-v"),
        _grep(LETTER[:200].replace("\n", " ")),
    ],
    "tail_logs": [{"words": "error"}, {"words": "it's; two | three"}, {"words": "^o.*e$"}],
    "pack": [
        queue({"files": ["a.txt", "in/b c (1).txt"]}),
        queue({"files": ["größe.csv", "5% & more.txt"]}, {"files": ["x;y.txt"], "comment": MARKUP}),
        queue({"files": ["$HOME.txt", "help.md"]}),
    ],
    "pdf_title": [
        _title("Report Q1 (final) & more; it's done"),
        _title('The "new" plan | 50% <off>'),
        _title(PEOPLE[0] + " > " + PEOPLE[6]),
    ],
    "ping_host": [
        {"targets": ["example.org:443", "db-1.internal:5432"]},
        {"targets": ["192.0.2.7"]},
        {"targets": ["xn--bcher-kva.example:8080"]},
    ],
    "fetch": [
        _fetch("@PARTNER@/a?b=c%20d&e=it's"),
        _fetch("@PARTNER@/files/o'neil%20(1).json?x=$1;y"),
        _fetch("@PARTNER@/missing"),
    ],
    "render_json": [
        _jq("name", {"name": 'O\'Neil | "x"'}, {"name": None}),
        _jq("price", {"price": 5, "note": MARKUP}),
        _jq("address.city", {"address": {"city": "Köln"}}),
    ],
    "sign": [{"text": "hello world"}, {"text": "it's 50% & more; (x) | y > z"}, {"text": "two\nlines é"}],
    "convert_csv": [_put("in/sales-2026.csv"), _put("in/my report 1.csv"), _put("x/größe.csv")],
    "notify_node": [
        _user("o'neil", name=PEOPLE[0]),
        _user("ann", name="`${process.env.X}`", bio=LONG),
        _user("bob", bio=CSS),
    ],
    "node_eval": [_label("Sales & more"), _label("5% (x); y"), _label('Größe "M"'), _label("a")],
    "save_job": [
        _job("j1", "web-720p", "it's; $(fine)")[1],
        _job("j2", "audio_only")[1],
        _job("j3", "archive", LETTER)[1],
    ],
    "run_job": [
        {"id": "j1"},
        {"id": "j2"},
        {"id": "j3"},
        {"id": "none"},
        {"id": "it's none; $(x)"},
        {"id": "ü/1"},
    ],
}
ATTACKS = [
    Attack("shell, S3 key", "checksum", _put('in/x"; printenv SIGNING_KEY; "'), KEY),
    Attack("shell, S3 key", "checksum", _put("in/$(printenv SIGNING_KEY).txt"), KEY),
    Attack("shell, S3 key", "checksum", _put("in/`tail -1 keys.py | cut -c15-30`"), KEY),
    Attack("shell, number", "thumbnail", _thumb(size="1x1 x.png; printenv SIGNING_KEY #"), KEY),
    Attack("shell, number", "thumbnail", _thumb(format="png;printenv${IFS}SIGNING_KEY"), KEY),
    Attack("shell, number", "thumbnail", _thumb(size="1\nprintenv SIGNING_KEY\n"), KEY),
    Attack("shell, two fields", "thumbnail", _thumb(size="1 'x", format="'; p''rintenv SIGN''ING_KEY"), KEY),
    Attack("shell, branch", "clone", _push("x'; printenv SIGNING_KEY; '"), KEY),
    Attack("shell, branch", "clone", _push("x'${IFS}&&printenv${IFS}SIGNING_KEY|rev||'"), KEY[::-1]),
    Attack("shell, branch", "clone", _push("x'|echo cHJpbnRlbnYgU0lHTklOR19LRVk=|base64 -d|sh #"), KEY),
    Attack("arguments, git", "git_log", _log("--output=/tmp/git-out"), "It's a first; commit"),
    Attack("arguments, git", "git_log", _log("--format=own%x65d-%H"), "owned-"),
    Attack("shell, queue", "pack", queue({"files": ["x'; printenv SIGNING_KEY; '"]}), KEY),
    Attack(
        "shell, queue",
        "pack",
        queue({"files": ["ok.txt"]}, {"files": ["a'$(printenv SIGNING_KEY >&2)'b"]}),
        KEY,
    ),
    Attack(
        "arguments, tar",
        "pack",
        queue({"files": ["y", "--checkpoint=1", "--checkpoint-action=exec=printenv SIGNING_KEY"]}),
        KEY,
    ),
    Attack("shell, double quotes", "pdf_title", _title("$(printenv SIGNING_KEY)"), KEY),
    Attack("shell, double quotes", "pdf_title", _title("${SIGNING_KEY}"), KEY),
    Attack("shell, double quotes", "pdf_title", _title('\\"; printenv SIGNING_KEY #'), KEY),
    Attack(
        "shell, host",
        "ping_host",
        {"targets": ["x;printenv SIGNING_KEY > /tmp/health.txt;echo y>/dev/null #"]},
        KEY,
    ),
    Attack("shell, host", "ping_host", {"targets": ["x:`printenv SIGNING_KEY`"]}, KEY),
    Attack("arguments, curl", "fetch", _fetch("file:///var/task/keys.py"), KEY),
    Attack("SSRF, curl", "fetch", _fetch("@INSIDE@/internal/keys"), "internal-token-4711"),
    Attack("program, jq", "render_json", _jq("x | env.SIGNING_KEY", {"x": 1}), KEY),
    Attack("program, jq", "render_json", _jq('a, $ENV["SIGNING_KEY"]', {"a": 1}), KEY),
    Attack("shell, JSON", "sign", {"text": "$(printenv SIGNING_KEY >&2)"}, KEY),
    Attack("shell, JSON", "sign", {"text": "`cat /var/task/keys.py 1>&2`"}, KEY),
    Attack("program, sqlite3", "convert_csv", _put("in/x\n.shell\tprintenv\tSIGNING_KEY\n.csv"), KEY),
    Attack("program, sqlite3", "convert_csv", _put("in/x\nselect\t'own'||(7331*3);.csv"), "own21993"),
    Attack("code, node", "node_eval", _label("'; console.log(process.env.SIGNING_KEY); '"), KEY),
    Attack(
        "code, node",
        "node_eval",
        _label("' + require('child_process').execSync('printenv SIGNING_KEY') + '"),
        KEY.upper(),
    ),
    Attack(
        "shell, second order",
        "run_job",
        {"id": "e1"},
        KEY.upper(),
        before=[_job("e1", "x; printenv SIGNING_KEY")],
    ),
    Attack(
        "shell, second order", "run_job", {"id": "e2"}, KEY.upper(), before=[_job("e2", '"$SIGNING_KEY"')]
    ),
    Attack(
        "shell, second order",
        "run_job",
        {"id": "e3"},
        KEY.upper(),
        before=[_job("e3", "`printenv SIGNING_KEY`", LETTER)],
    ),
    Attack("shell, second order", "run_job", {"id": "e4"}, "21993", before=[_job("e4", "web $((7331 * 3))")]),
]
