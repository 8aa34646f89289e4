"""Programs of the machine."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    PATTERN,
    STREETS,
    api,
    chat,
    created,
    encoded,
    messages,
    rule,
)

NEEDS = ()
SECRET = "bench-token-7745"


def _domain(domain: str) -> dict[str, object]:
    return api("GET", "/whois", query={"domain": domain})


def _env(**env: str) -> dict[str, object]:
    return rule("Build", {"env": env})


def _tool(tool: str, text: str) -> dict[str, object]:
    return api("POST", "/tool", {"tool": tool, "text": text})


def _snippet(name: str, code: str) -> dict[str, object]:
    return api("POST", "/snippets", {"name": name, "code": code})


def _job(report: str, to: str) -> dict[str, object]:
    return messages({"report": report, "to": to})


def _caption(picture: str, **more: str) -> dict[str, object]:
    return api("POST", "/caption", {"picture": picture, **more})


def _fields(fields: str) -> dict[str, object]:
    return api("GET", "/columns", query={"fields": fields})


def _format(text: str) -> dict[str, object]:
    return api("GET", "/clock", query={"format": text})


def _sum(text: str) -> dict[str, object]:
    return api("GET", "/sum", query={"sum": text})


def _pick(text: str, record: object) -> dict[str, object]:
    return {"filter": text, "record": record}


PLAIN = "Hello! It's fine -- 5 (five) trays; see you & yours at 8'o clock? {ok} [x] #1 *new* ~ 100%"
RECORD = {
    "user": {"name": NAMES[0], "tags": ["a'b", "--"]},
    "items": [{"sku": "T-1", "n": 2}, {"sku": "M-7", "n": 5}],
}

REQUESTS = {
    "words": [
        {"text": PLAIN},
        {"text": 'the "best" tea; really | truly & so on'},
        {"text": STREETS[0]},
        {"text": MARKUP.split("<script")[0]},
    ],
    "words_stdin": [{"text": COMPLAINT}, {"text": CODE}, {"text": LONG}],
    "words_env": [{"text": GUIDE}, {"text": "$(id) `id` ; rm -rf /"}, {"text": LONG[:15000]}],
    "words_quoted": [{"text": CODE}, {"text": "it's '$HOME' \\ \"x\"; ls"}, {"text": COMPLAINT}],
    "words_quoted_twice": [
        {"text": "two words (or three); & more"},
        {"text": "tea -- 100% *organic*"},
        {"text": NAMES[1]},
    ],
    "whois": [
        _domain("shop.example"),
        _domain("example.org"),
        _domain("xn--mnchen-3ya.example"),
        _domain("no-such_host.net."),
    ],
    "whois_filtered": [_domain("shop.example"), _domain("a;b.example"), _domain("example.co.uk --verbose")],
    "whois_matched": [
        _domain("shop-1.example"),
        _domain("Ünïcode.example"),
        _domain("x; id"),
        _domain("example.org"),
    ],
    "whois_list": [_domain("o'brien & co.example"), _domain("$(id).example"), _domain("; ls -la")],
    "sort_rows": [
        {"options": "-t, -k3n"},
        {"options": "-r"},
        {"options": "--field-separator=, --key=2,2 -u"},
        {"options": ""},
    ],
    "sort_column": [{"column": 3, "order": "desc"}, {"column": "2"}, {"column": 1, "order": "; rm -rf"}],
    "phone": [{"name": "o'brien"}, {"name": "front desk (day)"}, {"name": "Minh; Hang"}, {"name": "^a.*01$"}],
    "phone_fixed": [{"name": "-vr"}, {"name": "O'Brien"}, {"name": PATTERN}, {"name": "--file=/etc/passwd"}],
    "sold": [{"kind": "tea"}, {"kind": "mug (large) -- it's new; 5%"}, {"kind": "Käse & Brot"}],
    "sold_variable": [{"kind": "tea"}, {"kind": 'x" || 1 { system("id") } "'}, {"kind": COMPLAINT}],
    "replace": [
        {"old": "tea", "new": "green tea (organic)", "text": COMPLAINT},
        {"old": "it's", "new": 'it is; -- "so"', "text": "it's 5/5, it's"},
        {"old": "[0-9]\\+", "new": "<&>", "text": "order 4471 of 12"},
        {"old": "a/b", "new": "c/d?e=f", "text": "x a/b y"},
    ],
    "find_files": [
        {"name": "*.csv"},
        {"name": "read me (first).md", "tests": "-newermt '2020-01-01' -size -5k"},
        {"name": "*'*", "tests": "-mtime -7"},
        {"name": "[a-z]*.txt", "tests": "-maxdepth 1"},
    ],
    "pack": [
        {"files": ["phones.txt"]},
        {"files": ["read me (first).md", "sales.csv"]},
        {"files": ["no such; file's.txt"]},
    ],
    "pack_ended": [
        {"files": ["sales.csv"]},
        {"files": ["--checkpoint=1", "it's.txt"]},
        {"files": ["read me (first).md"]},
    ],
    "on_upload": [
        created("2026/05/It's a scan (1) & more; final.pdf"),
        created("a/b/фото -- 100%.jpg", "x/[draft] #5 ~ {new}.txt"),
        created("tenant=1/part-0000.csv"),
    ],
    "caption": [
        _caption("/tmp/it's.png", text=COMPLAINT),
        _caption("a b.png; ls", text="$(id) `id` \"q\" 'q'"),
        _caption("ü.png", text=CODE),
    ],
    "caption_split": [
        _caption("holiday (2).png", options="-gravity south -fill '#fff' \"It is May\""),
        _caption("a.png", options="100%; -- {x}"),
        _caption("b & c.png"),
    ],
    "columns": [_fields("1,3"), _fields("2-"), _fields("1 --output-delimiter='; '"), _fields("-2")],
    "clock": [
        _format("+%d.%m.%Y"),
        _format("+Week %V -- it's %A; %B & 'so on'"),
        _format("--rfc-3339=date"),
    ],
    "build": [
        _env(PROJECT="web & shop; v1.2", TARGET="prod"),
        _env(PROJECT="it's $HOME `x`", NODE_ENV="production", CI="true"),
        _env(TARGET=CODE, LANG="C.UTF-8"),
        _env(),
    ],
    "tool": [
        _tool("count", GUIDE),
        _tool("shout", COMPLAINT),
        _tool("no such; tool", "x"),
        _tool("shout", CODE),
    ],
    "keep_snippet": [
        _snippet("rotate logs (v2)", CODE),
        _snippet("../it's", "echo hi; ls -la | wc -l"),
        _snippet("py", GUIDE),
    ],
    "plan_job": [
        _job("Sales of May -- 100% (final)", "o'brien@example.net"),
        _job("Q1; & Q2 | all", "$(id)@x; ls"),
        _job("stock <new>", NAMES[3]),
    ],
    "run_jobs": [{"time": "2026-05-02T06:00:00Z"}, {}, {"source": "cron", "note": "it's time; run"}],
    "letter": [
        {"who": NAMES[0], "text": 'It\'s ready; come by -- 5% off & "more" | see <page>'},
        {"who": "you (all)", "text": COMPLAINT},
        {"who": "x", "text": "<b>R&D</b> {x} 'y' #z"},
    ],
    "each_name": [
        {"names": [NAMES[1], NAMES[2]]},
        {"names": ["O'Brien; & co", "D'Angelo (2) | x"]},
        {"names": ["100% #1 ~ *"]},
    ],
    "each_name_argument": [
        {"names": ['x"; id; "', "$(id)"]},
        {"names": list(NAMES)},
        {"names": ["-n", "it's"]},
    ],
    "python_length": [
        {"text": "it's a text; import os -- not code {x} %s"},
        {"text": COMPLAINT},
        {"text": 'He said "eval(1)" \U0001f600'},
    ],
    "pick": [
        _pick(".items[] | select(.n > 2) | .sku", RECORD),
        _pick('.user.name | ascii_downcase | gsub("[^a-z]"; "-")', RECORD),
        _pick("{total: ([.items[].n] | add), names: .user.tags}", RECORD),
        _pick(".[ it's broken; --", RECORD),
    ],
    "pick_path": [
        _pick(".user.tags[1]", RECORD),
        _pick("$ENV.PATH | env", RECORD),
        _pick(".items[0].o'x", RECORD),
    ],
    "sums": [
        _sum("1 + 2 * 3"),
        _sum("sqrt(2) * (1 - 0.19) ^ 2"),
        _sum("int(7 / 2) % 3"),
        _sum("exp(1) - log(10)"),
    ],
    "digest": [
        api("POST", "/d", encoded(COMPLAINT)),
        api("POST", "/d", encoded(LONG)),
        api("POST", "/d", encoded(b"\x00\xff; id")),
    ],
    "compare": [
        {"old": GUIDE, "new": GUIDE.replace("pip", "uv pip")},
        {"old": "a\n", "new": "it's; b\n", "label": "v1 -- O'Brien (old)"},
        {"old": CODE, "new": CODE, "label": "$(id)"},
    ],
    "greet_later": [
        chat("/greet Zoë & all -- (2)"),
        chat("/greet everyone; it is | time"),
        chat('/greet "Bob" $5 `ok`'),
    ],
    "greet_exec": [chat("it's me; $(id)"), chat(COMPLAINT), chat(CODE)],
    "branch": [
        {"branch": "main"},
        {"branch": "fix/o'brien-1"},
        {"branch": "no-such; branch"},
        {"branch": "main~0"},
    ],
    "search_code": [{"text": "start"}, {"text": "it's \\(a\\)"}, {"text": "no such; 'x' -- y"}],
    "heads": [{"remote": "."}, {"remote": "../repository"}, {"remote": "/tmp/workbench/no such (repo).git"}],
    "column_widths": [
        {"table": "a\tb\nit's\t$(id); --\n"},
        {"table": COMPLAINT},
        {"table": '" } BEGIN { system("id") }\t5%\n'},
    ],
    "unique": [{"text": "a\nb\na\n"}, {"text": CODE}, {"text": "it's; rm -rf /\n`id`\n"}],
    "archive_name": [
        {"title": "It's May: Q1 & Q2; (final) -- v2", "text": GUIDE},
        {"title": "$(rm -rf /) `x` | y", "text": "x"},
        {"title": "../../etc/passwd", "text": COMPLAINT},
        {"title": "\u6f22\u5b57", "text": ""},
    ],
    "head_of": [{"text": CODE, "lines": "2"}, {"text": GUIDE}, {"text": "$(id)\n; ls\n", "lines": 1}],
    "between": [
        {"from": "2", "to": 4, "text": GUIDE},
        {"from": -1, "to": "0", "text": "a'b; e id\n"},
        {"from": 9, "to": 1, "text": LONG},
    ],
    "template_vars": [
        rule("Job", {"vars": {"JOB_TITLE": "It's $HOME; `id` -- x", "JOB_OWNER": NAMES[0]}}),
        rule("Job", {"vars": {"JOB_TITLE": CODE, "LD_PRELOAD": "/tmp/x.so", "PATH; id": "y"}}),
        rule("Job", {"vars": {}}),
    ],
    "hash_list": [{"texts": [COMPLAINT, "$(id)", ""]}, {"texts": ["-rf\n", "'; ls"]}, {"texts": [LONG]}],
    "reply_quoted": [
        api("POST", "/reply", {"text": COMPLAINT}),
        api("POST", "/reply", {"text": CODE}),
        api("POST", "/reply", {"text": '"; cat /etc/passwd; "\n$(id) `id`'}),
    ],
}

ATTACKS = [
    Attack("shell", "words", {"text": "$(printf %s%s pwn -1 >&2)"}, "pwn-1"),
    Attack("shell", "words", {"text": "x `cat /tmp/workbench/private/token.txt >&2` y"}, SECRET),
    Attack("shell, escape", "words", {"text": '\\"; cat /tmp/workbench/private/*; echo \\"'}, SECRET),
    Attack(
        "shell, twice",
        "words_quoted_twice",
        {"text": "x' $(cat /tmp/workbench/private/token.txt >&2) '"},
        SECRET,
    ),
    Attack("shell, twice", "words_quoted_twice", {"text": 'a"; printf %s%s pwn -2 >&2; echo "'}, "pwn-2"),
    Attack("shell", "whois", _domain("x; cat /tmp/workbench/private/token.txt"), SECRET),
    Attack("shell", "whois", _domain("x|printf ${IFS}%s%s${IFS}pwn${IFS}-3"), "pwn-3"),
    Attack("shell", "whois", _domain("a\ncat /tmp/workbench/pri*/tok*"), SECRET),
    Attack("shell, filtered", "whois_filtered", _domain("$(cat /tmp/workbench/private/token.txt)"), SECRET),
    Attack("shell, filtered", "whois_filtered", _domain("`printf %s%s pwn -4`"), "pwn-4"),
    Attack("shell, filtered", "whois_filtered", _domain("x\nc'a't /tmp/workbench/private/token.txt"), SECRET),
    Attack(
        "shell, matched",
        "whois_matched",
        _domain("shop.example\ncat /tmp/workbench/private/token.txt"),
        SECRET,
    ),
    Attack("shell, matched", "whois_matched", _domain("x\nprintf %s%s pwn -5"), "pwn-5"),
    Attack("arguments", "sort_rows", {"options": "/tmp/workbench/private/token.txt"}, SECRET),
    Attack("arguments", "sort_rows", {"options": "-m ../private/token.txt --"}, SECRET),
    Attack("arguments", "phone", {"name": "-rhv"}, SECRET),
    Attack("awk", "sold", {"kind": 'x" { } BEGIN { system("printf %s%s pwn -6") } $1 == "'}, "pwn-6"),
    Attack(
        "awk",
        "sold",
        {
            "kind": '" { } BEGIN { while ((getline l < "/tmp/workbench/private/token.txt") > 0) print l } $1 == "'
        },
        SECRET,
    ),
    Attack(
        "awk",
        "sold",
        {"kind": '" || 1 { "cat /tmp/workbench/private/token.txt" | getline t; print t } $1 == "'},
        SECRET,
    ),
    Attack("sed", "replace", {"old": "q", "new": "z\\/g;1e printf %s%s pwn -7\n#", "text": "hello"}, "pwn-7"),
    Attack("sed", "replace", {"old": "l*", "new": "\\/p;$e echo $BENCH_TOKEN\n# ", "text": "hello"}, SECRET),
    Attack(
        "arguments",
        "find_files",
        {"name": "x", "tests": "-o -name .token -fprint /dev/null -exec grep -h . {} +"},
        SECRET,
    ),
    Attack(
        "arguments",
        "find_files",
        {"name": "*.csv", "tests": "-execdir sh -c 'printf %s%s pwn -8' \\;"},
        "pwn-8",
    ),
    Attack(
        "arguments",
        "pack",
        {"files": ["--checkpoint=1", "--checkpoint-action=exec=printf %s%s pwn -9", "sales.csv"]},
        "pwn-9",
    ),
    Attack("arguments", "pack", {"files": ["-T../private/token.txt"]}, SECRET),
    Attack(
        "shell, file name",
        "on_upload",
        created('a/x";cat $(printf "..%bprivate%btoken.txt" "\\057" "\\057");".txt'),
        SECRET,
    ),
    Attack("shell, file name", "on_upload", created("in/$(printf %s%s pwn -11 >&2).png"), "pwn-11"),
    Attack(
        "shell, file name",
        "on_upload",
        created("y`cat ..${PWD%%tmp*}private${PWD%%tmp*}token.txt >&2`.pdf"),
        SECRET,
    ),
    Attack("arguments", "columns", _fields("1- ../private/token.txt"), SECRET),
    Attack("arguments", "columns", _fields("1-9 '/etc/passwd' --"), "root:x:0:0"),
    Attack("arguments", "clock", _format("--file=/etc/passwd"), "root:x:0:0"),
    Attack("arguments", "clock", _format("-f/tmp/workbench/private/token.txt"), SECRET),
    Attack("environment", "build", _env(BASH_ENV="$(printf %s%s pwn -12 >&2)"), "pwn-12"),
    Attack(
        "environment",
        "build",
        _env(PROJECT="x", **{"BASH_FUNC_echo%%": "() { cat /tmp/workbench/private/token.txt; }"}),
        SECRET,
    ),
    Attack(
        "path, second order",
        "tool",
        _tool("../../../../../../../../../../../../../../tmp/workbench/snippets/evil", "x"),
        SECRET,
        before=[("keep_snippet", _snippet("evil", "cat /tmp/workbench/private/token.txt"))],
    ),
    Attack(
        "shell, second order",
        "run_jobs",
        {},
        SECRET,
        before=[("plan_job", _job("x'; cat /tmp/workbench/private/token.txt; echo '", "a@b.c"))],
    ),
    Attack(
        "shell, second order",
        "run_jobs",
        {"again": 1},
        "pwn-13",
        before=[("plan_job", _job("a'\nprintf %s%s pwn -13\n: '", "x"))],
    ),
    Attack(
        "shell, here-document",
        "letter",
        {"who": "x", "text": "$(cat /tmp/workbench/private/token.txt)"},
        SECRET,
    ),
    Attack(
        "shell, here-document",
        "letter",
        {"who": "y\nMESSAGE\nprintf %s%s pwn -14\ncat <<MESSAGE", "text": "z"},
        "pwn-14",
    ),
    Attack("shell", "each_name", {"names": ["$(cat /tmp/workbench/private/token.txt)"]}, SECRET),
    Attack("shell", "each_name", {"names": ['Zoe"; printf %s%s pwn -15; "']}, "pwn-15"),
    Attack(
        "python",
        "python_length",
        {"text": "'''), print(open('/tmp/workbench/private/token.txt').read()), print('''"},
        SECRET,
    ),
    Attack(
        "python",
        "python_length",
        {"text": "''' + str(__import__('os').system('printf %s%s pwn -16')) + '''"},
        "pwn-16",
    ),
    Attack("jq", "pick", _pick("$ENV.BENCH_TOKEN", {}), SECRET),
    Attack("jq", "pick", _pick('[env | to_entries[] | select(.key | test("TOK"))]', {}), SECRET),
    Attack("awk", "sums", _sum('1; system("printf %s%s pwn -17")'), "pwn-17"),
    Attack("awk", "sums", _sum('ENVIRON["BENCH_TOKEN"]'), SECRET),
    Attack("shell", "greet_later", chat("/greet x'; cat /tmp/workbench/private/token.txt; echo '"), SECRET),
    Attack("shell", "greet_later", chat("/greet '$(printf %s%s pwn -18)'"), "PWN-18"),
    Attack("arguments", "search_code", {"text": "-Ocat ../private/token.txt"}, SECRET),
    Attack("arguments", "search_code", {"text": "--open-files-in-pager=printf %s%s pwn -20;:"}, "pwn-20"),
    Attack(
        "arguments", "heads", {"remote": "--upload-pack=cat /tmp/workbench/private/token.txt >&2;"}, SECRET
    ),
    Attack("arguments", "heads", {"remote": "--upload-pack=printf %s%s pwn -19 >&2; true"}, "pwn-19"),
]
