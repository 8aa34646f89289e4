"""Build tools and converters that run programs."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eleventh import (
    ADDRESSES,
    FIRMS,
    MARKDOWN,
    NOVEL,
    PAGE,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    b64,
    bus,
    png,
    rest,
    topic,
    web,
)

NEEDS = ()
TOKEN = "fg-token-2819"
PNG = b64(png(24, 12))
CLONE = "https://git.example.org/team/site.git"


def _thumb(name: str, **more: str) -> dict[str, object]:
    return web("POST", "/thumb", {"name": name, "image": PNG, **more})


def _q(path: str, /, **query: str) -> dict[str, object]:
    return rest("GET", path, query=query)


def _pack(**files: str) -> dict[str, object]:
    return rest("POST", "/pack", {"files": files})


def _push(ref: str, url: str = CLONE) -> dict[str, object]:
    return rest(
        "POST",
        "/push",
        {"ref": ref, "repository": {"clone_url": url, "full_name": "team/site"}, "commits": []},
        headers={"X-GitHub-Event": "push"},
    )


def _edit(name: str, text: str, **more: str) -> dict[str, object]:
    return rest("POST", "/edit", {"name": name, "email": "ed@example.org", "text": text, **more})


def _stock(name: str) -> dict[str, object]:
    return rest("GET", "/stock/{name}", ids={"name": name})


def _letter(name: str, place: str) -> dict[str, object]:
    return rest("POST", "/letter", {"name": name, "place": place})


def _build(*targets: str, **variables: str) -> dict[str, object]:
    return bus("Build", {"targets": list(targets), "vars": variables}, "ci")


def _job(**settings: str) -> dict[str, object]:
    return rest("POST", "/job", {"settings": settings})


REQUESTS = {
    "compress": [
        _thumb("holiday snap (2)"),
        _thumb("O'Hara & Söhne; März 50%", level="9"),
        _thumb("a/b/c.final", level="1"),
    ],
    "picture_info": [_thumb("it's a pic (1).png"), _thumb("--help me.png"), _thumb("$HOME `x`.png")],
    "grep_log": [
        _q("/log", q="order 4711"),
        _q("/log", q="ERROR"),
        _q("/log", q='5% off; $x & "y" | z'),
        _q("/log", q="(timeout)"),
    ],
    "grep_safe": [
        _q("/log", q="o'hara"),
        _q("/log", q="can't; rm -rf /"),
        _q("/log", q="$(id) `id`"),
        _q("/log", q="-v"),
    ],
    "pack": [
        _pack(**{"read me (1).md": MARKDOWN, "it's.py": SNIPPET}),
        _pack(**{"src/a&b;c.txt": NOVEL[:2000], "ünï.txt": "x"}),
        _pack(**{"$HOME.txt": "x"}),
    ],
    "git_log": [
        rest("GET", "/log"),
        _q("/log", ref="v1.0"),
        _q("/log", ref="feature/it's-(new)"),
        _q("/log", n="1", ref="HEAD"),
    ],
    "git_clone": [
        _push("refs/heads/main"),
        _push("refs/heads/fix/no-such_branch.2"),
        _push("refs/heads/v1.0"),
    ],
    "git_author": [
        _edit(PEOPLE[0], MARKDOWN, message="fix: it's `done` & $5"),
        _edit(PEOPLE[4], SNIPPET),
        _edit("R. Smith (editor)", PAGE, message=TICKET),
    ],
    "stock": [_stock("Green tea"), _stock("Cup (large)"), _stock("O'Hara | select(.x) ; #1")],
    "stock_safe": [_stock("Green tea"), _stock('the "best" \\(cup)'), _stock("$n | env")],
    "totals": [{"region": "North & West"}, {"region": "South"}, {"region": "O'Hara; {print} /x/ $1"}],
    "letter": [
        _letter(PEOPLE[0], ADDRESSES[0]),
        _letter(PEOPLE[4], "1/2 King's Rd; (left)"),
        _letter('Bob "B" O\'Neil', "$HOME, `x`"),
    ],
    "host": [
        _q("/host", domain="localhost"),
        _q("/host", domain=" Example.INVALID "),
        _q("/host", domain="xn--mnchen-3ya.invalid"),
    ],
    "build": [_build(), _build("test"), _build("build", "test", MODE="prod-eu_1.2"), _build("clean")],
    "env_script": [
        _job(name="nightly (it's late)", region="eu-1"),
        _job(name="50% & more; done", region="a|b"),
        _job(name=PEOPLE[3], region="São Paulo <SP>"),
    ],
    "env_only": [
        _job(name='the "best" $(id) `id`', region="$HOME; rm -rf /"),
        _job(name=TICKET, region="x\ny"),
        _job(name=FIRMS[2], region=""),
    ],
    "page": [
        topic("x", "It's spring & 50% off"),
        topic("x", "Release ${version} `beta`; {x}"),
        topic("y"),
        topic("x", "Ünïcode // no comment"),
    ],
    "page_json": [
        rest("POST", "/p", {"title": '"; process.exit(); //', "x": SNIPPET}),
        rest("POST", "/p", {"title": REVIEW, "__proto__": {"a": 1}}),
        rest("POST", "/p", {"title": ""}),
    ],
    "notes": [
        _q("/notes", who="ana"),
        _q("/notes", who="bob -- select; .tables"),
        _q("/notes", who='Þór "T" (x)'),
    ],
    "sealed": [
        rest("POST", "/z", {"name": "O'Hara's letter", "text": REVIEW, "password": "p' \"$x`; &|"}),
        rest("POST", "/z", {"name": "a b", "text": NOVEL, "password": "-x"}),
        rest("POST", "/z", {"name": "ü", "text": "", "password": "correct horse"}),
    ],
    "health": [
        bus("Scheduled Event", {}, "aws.events"),
        bus("Check", {"who": PEOPLE[1], "cmd": "rm -rf /"}),
        {"source": "test; id"},
    ],
}
ATTACKS = [
    Attack("shell", "compress", _thumb('x"; printenv FORGE_TOKEN; "'), TOKEN),
    Attack("shell", "compress", _thumb("$(printenv FORGE_TOKEN)"), TOKEN),
    Attack("shell", "compress", _thumb("x", level="1 -V | echo `printenv FORGE_TOKEN | rev` #"), TOKEN[::-1]),
    Attack(
        "shell",
        "compress",
        _thumb("y", level="9 -c /dev/null >/dev/null; base64 /var/task/app.py | head -c 40 #"),
        "IiIiQnVpbGQgdG9vbHMgYW5k",
    ),
    Attack("shell", "grep_log", _q("/log", q="x' /dev/null; env | grep -m1 FORGE_T; : '"), TOKEN),
    Attack(
        "shell",
        "grep_log",
        _q("/log", q="x' /dev/null; echo `printenv FORGE_TOKEN | tr a-z A-Z`; : '"),
        TOKEN.upper(),
    ),
    Attack("shell", "grep_log", _q("/log", q="x' /dev/null\nprintenv FORGE_TOKEN\n: '"), TOKEN),
    Attack(
        "argument, tar",
        "pack",
        _pack(**{"a": "x", "--checkpoint=1": "", "--checkpoint-action=exec=printenv FORGE_TOKEN": ""}),
        TOKEN,
    ),
    Attack(
        "argument, tar",
        "pack",
        _pack(
            **{
                "a.sh": "printenv FORGE_TOKEN | rev >&2",
                "--checkpoint=1": "",
                "--checkpoint-action=exec=sh a.sh": "",
            }
        ),
        TOKEN[::-1],
    ),
    Attack(
        "argument, git",
        "git_log",
        _q("/log", ref="--output=/tmp/log-hook.sh"),
        '\\"written\\": [\\"log-hook.sh\\"]',
    ),
    Attack("argument, git", "git_log", _q("/log", n="1", ref="--format=%ae-%H"), "ci@example.org-"),
    Attack("shell", "git_clone", _push("refs/heads/main; printenv FORGE_TOKEN;"), TOKEN),
    Attack(
        "shell",
        "git_clone",
        _push("refs/heads/main", CLONE + " checkout; echo ${FORGE_TOKEN#fg-} #"),
        "token-2819",
    ),
    Attack("shell", "git_clone", _push("refs/heads/$(printenv${IFS}FORGE_TOKEN)"), TOKEN),
    Attack(
        "configuration, git",
        "git_author",
        _edit(
            'x\n[core]\n\tfsmonitor = "printenv FORGE_TOKEN >> /tmp/forge/out.txt; false"\n[user]\n\tname = y',
            "t",
        ),
        TOKEN,
    ),
    Attack(
        "configuration, git",
        "git_author",
        _edit(
            "a\n[include]\n\tpath = /tmp/forge/repo/page.md",
            "[user]\n\tname = pwned-by-include\n\temail = e@example.org\n",
        ),
        "pwned-by-include",
    ),
    Attack("code, jq", "stock", _stock('Green tea") | {qty: env.FORGE_TOKEN} | select(.qty != "'), TOKEN),
    Attack(
        "code, jq",
        "stock",
        _stock('" or .qty > 1) | {qty: ("v" + (.qty*77|tostring))} | select(.qty != "'),
        "v385",
    ),
    Attack("code, awk", "totals", {"region": 'South" { system("printenv FORGE_TOKEN") } $1 == "'}, TOKEN),
    Attack(
        "code, awk",
        "totals",
        {"region": 'x" || ENVIRON["FORGE_TOKEN"] ~ /^fg/ { print toupper(ENVIRON["FORGE_TOKEN"]) } $1 == "'},
        TOKEN.upper(),
    ),
    Attack("code, sed", "letter", _letter("x|; 1e printenv FORGE_TOKEN\ns|a|b", "y"), TOKEN),
    Attack("code, sed", "letter", _letter("x", "y|; r /proc/self/environ\ns|q|z"), TOKEN),
    Attack("code, sed", "letter", _letter("x", "|; s|.*|printenv FORGE_TOKEN|e; s|x|y"), TOKEN),
    Attack("shell", "host", _q("/host", domain="localhost; printenv | grep -i forge_t"), TOKEN),
    Attack("shell", "host", _q("/host", domain="x.invalid || cat</etc/passwd"), "root:x"),
    Attack("argument, make", "build", _build("--eval=x:;@printenv FORGE_TOKEN", "x"), TOKEN),
    Attack("code, make", "build", _build("test", MODE="$(shell printenv FORGE_TOKEN)"), TOKEN),
    Attack(
        "code, generated file", "env_script", _job(name='x"; printenv FORGE_TOKEN; : "', region="y"), TOKEN
    ),
    Attack(
        "code, generated file",
        "env_script",
        _job(name="x", region="`printenv FORGE_TOKEN | tr a-z A-Z`"),
        TOKEN.upper(),
    ),
    Attack("code, generated file", "env_script", _job(name="x", region="${FORGE_TOKEN}"), TOKEN),
    Attack("code, Node", "page", topic("x", '"; console.log(process.env.FORGE_TOKEN); "'), TOKEN),
    Attack(
        "code, Node",
        "page",
        topic("x", '"+require("child_process").execSync("printenv FORGE_TOKEN")+"'),
        TOKEN.upper(),
    ),
    Attack("SQL, sqlite3", "notes", _q("/notes", who="x' or who = 'ceo"), "fg-merger-12"),
    Attack("shell, sqlite3", "notes", _q("/notes", who="x';\n.shell printenv FORGE_TOKEN\nselect '"), TOKEN),
]
