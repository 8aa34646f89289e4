"""Tools of an operations team."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    NAMES,
    POSTER,
    URL,
    api,
    bus,
    form,
    graphql,
    http,
    queue,
    stack,
)

SECRET = "ops-secret-5093"
LEAK = "printenv DEPLOY_KEY"


def _push(ref: str, **repository: str) -> dict[str, object]:
    return http(
        "POST", "/push", {"ref": ref, "repository": {"name": "app", **repository}, "pusher": {"name": "dana"}}
    )


def _author(author: str) -> dict[str, object]:
    return graphql("Query", "commits", author=author)


def _commit(message: str, name: str = "Dana", mail: str = "dana@example.org") -> dict[str, object]:
    return api("POST", "/commit", {"message": message, "name": name, "mail": mail})


def _digest(text: str, **query: str) -> dict[str, object]:
    return api("POST", "/digest", text, query=query)


def _server(*names: str) -> dict[str, object]:
    return queue(*({"server": name} for name in names))


def _settings(**values: str) -> dict[str, object]:
    return http("PUT", "/settings", values)


def _visit(agent: str, path: str = "/") -> tuple[str, dict[str, object]]:
    return ("visit", http("GET", path, headers={"user-agent": agent}))


def _clone(branch: str) -> dict[str, object]:
    return bus("Build", {"branch": branch})


def _job(target: str, note: str = "nightly") -> dict[str, object]:
    return {"jobs": [{"minute": 5, "hour": 3, "target": target, "note": note}]}


REQUESTS = {
    "branch_head": [
        _push("refs/heads/main"),
        _push("refs/heads/feature/x-1"),
        _push("refs/heads/dana/it's-#12_fix", clone_url="/tmp/repo"),
    ],
    "clone": [_clone("main"), _clone("feature/x-1"), _clone("v1.0.0"), _clone("no/such-branch_1.2")],
    "commits_of": [
        _author("ops"),
        _author("Caoimhe O'Shaughnessy"),
        _author("zoe+git@example.de"),
        _author("A & B; (C) | D"),
    ],
    "commit": [
        _commit('Fix #12: it\'s done -- "really"'),
        _commit(BUG, NAMES[0], "o'neil@example.org"),
        _commit("--- no options here"),
        _commit(POSTER, NAMES[7]),
    ],
    "certificate": [
        stack("Create", "@PARTNER@/cfn", Domain="shop.example.org"),
        stack("Create", "@PARTNER@/cfn", Domain="*.example.ie", Organisation="O'Reilly & Sons, Inc."),
        stack("Update", "@PARTNER@/cfn", Domain="münchen.example", Organisation="Bäckerei Groß (DE)"),
    ],
    "fingerprint": [
        _digest(COMPLAINT),
        _digest(BUG, algorithm="sha1"),
        _digest("it's; $(x) `y`", algorithm="sha512"),
    ],
    "remote": [{"host": "web-1.invalid"}, {"host": "ops@db-2.invalid"}],
    "rendered": [
        _server("shop.example.org", "*.example.ie www.example.ie"),
        _server("it's.example; # x"),
        _server("münchen.example"),
    ],
    "deploy_env": [
        {"variables": {"APP": "shop", "STAGE": "prod-eu_1"}},
        {"variables": {"APP": "O'Neil & Sons; v2 (final)", "STAGE": "test"}},
        {"variables": {"APP": "x", "STAGE": "y", "URL": URL}},
    ],
    "with_env": [
        {"variables": {"APP": "shop; $(id)", "STAGE": 'it\'s "prod"'}},
        {"variables": {"APP": "`x`", "STAGE": BUG, "MORE_1": POSTER}},
    ],
    "settings_module": [
        _settings(title="Tea & Co", url=URL, debug="False"),
        _settings(name='Zoë "Z" Krüger; import os', path="/srv/app (1)/x"),
        _settings(text="{x} # no comment %s"),
    ],
    "schedule": [
        _job("db-1"),
        _job("/srv/data_2025-11", 'it\'s "nightly"; 5% > 3'),
        _job("web-1.example.org:/var/www"),
    ],
    "visit": [
        _visit("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")[1],
        _visit("curl/8.5.0")[1],
        _visit("okhttp/4.12.0", "/a?b=c")[1],
    ],
    "agents": [{}, {"last": 1}],
    "logging_setup": [
        {"logging": {"loggers": {"shop": {"level": "DEBUG"}}}},
        {
            "logging": {
                "formatters": {"f": {"format": "%(asctime)s it's %(message)s"}},
                "handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f"}},
                "loggers": {"shop": {"level": "WARNING", "handlers": ["h"]}},
            }
        },
    ],
    "field": [
        {"field": "status"},
        {"field": "name", "stack": COMPANIES[0]},
        {"field": "owner", "stack": "x"},
    ],
    "node_slug": [
        {"title": "It's 5 o'clock: Tea & Cake!"},
        {"title": 'Größe 50% (neu) -- "Jetzt"'},
        {"title": COMPLAINT},
        {"title": "`x` ${y} {{ z }}"},
    ],
    "perl_replace": [
        {"old": "tea", "new": "coffee", "text": "It's tea time; tea!"},
        {"old": "(old) [x]", "new": "new & better; it's 5%", "text": "the (old) [x] one"},
        {"old": "none", "new": "x", "text": BUG},
    ],
    "inventory": [
        form("/inventory", owner="dana"),
        form("/inventory", owner="zoe.k@example.de"),
        form("/inventory", owner="A & B (ops); -- x"),
    ],
    "words": [
        {"words": ["tea", "it is", "50%"]},
        {"words": ["größe", "a;b|c&d", "(x) > y"]},
        {"words": ["a-b_c.d", "#1"]},
    ],
    "makefile": [
        bus("Build", {"project": "shop-api"}),
        bus("Build", {"project": "tea & co".replace("& ", ""), "target": "all"}),
        bus("Build", {"project": "v1.2.3_final", "target": "all"}),
    ],
}
ATTACKS = [
    Attack(
        "argument, git", "branch_head", _push("/tmp/repo", clone_url=f"--upload-pack={LEAK} >&2;"), SECRET
    ),
    Attack(
        "argument, git", "branch_head", _push("/tmp/repo", clone_url=f"--exec=sh -c '{LEAK} >&2'"), SECRET
    ),
    Attack("command, text", "commits_of", _author(f'x"; {LEAK}; echo "'), SECRET),
    Attack("command, text", "commits_of", _author("$(printenv DEPLOY_KEY >&2)"), SECRET),
    Attack("command, text", "commits_of", _author(f"`{LEAK} 1>&2`"), SECRET),
    Attack(
        "subject, openssl",
        "certificate",
        stack("Create", "@PARTNER@/cfn", Domain="a.example/CN=admin.example.org"),
        "= admin.example.org",
    ),
    Attack(
        "subject, openssl",
        "certificate",
        stack("Create", "@PARTNER@/cfn", Domain="x", Organisation="Tea/OU=Root Team"),
        "= Root Team",
    ),
    Attack("command, query", "fingerprint", _digest("x", algorithm=f"sha256; {LEAK}"), SECRET),
    Attack(
        "command, query",
        "fingerprint",
        _digest("x", algorithm="sha256 app.py|cat;printenv\tDEPLOY_KEY"),
        SECRET,
    ),
    Attack("argument, openssl", "fingerprint", _digest("x", algorithm="r /var/task/app.py"), "app.py"),
    Attack("argument, ssh", "remote", {"host": f"-oProxyCommand=sh -c '{LEAK} >&2; sleep 0.5'"}, SECRET),
    Attack(
        "argument, ssh",
        "remote",
        {"host": "-oProxyCommand=sh -c 'echo $DEPLOY_KEY 1>&2; sleep 0.5' %h"},
        SECRET,
    ),
    Attack("command, sed", "rendered", _server("x|;1e printenv DEPLOY_KEY\n#"), SECRET),
    Attack("command, sed", "rendered", _server("x|;r /var/task/app.py\n#"), "Tools of an operations team"),
    Attack("command, written file", "deploy_env", {"variables": {"APP": f"$({LEAK})", "STAGE": "x"}}, SECRET),
    Attack(
        "command, written file",
        "deploy_env",
        {"variables": {"APP": "x", "STAGE": f'y"; {LEAK}; echo "'}},
        SECRET,
    ),
    Attack(
        "command, written file", "deploy_env", {"variables": {"APP": "x", f"A=1; {LEAK}; B": "y"}}, SECRET
    ),
    Attack("environment", "with_env", {"variables": {"BASH_ENV": f"$({LEAK} >&2)"}}, SECRET),
    Attack(
        "environment", "with_env", {"variables": {"BASH_FUNC_echo%%": "() { printenv DEPLOY_KEY; }"}}, SECRET
    ),
    Attack("environment", "with_env", {"variables": {"SHELLOPTS": "xtrace", "PS4": f"$({LEAK}) "}}, SECRET),
    Attack(
        "code, written file",
        "settings_module",
        _settings(title="x'\nSTOLEN = __import__('os').environ['DEPLOY_KEY']\nY = '"),
        SECRET,
    ),
    Attack(
        "code, written file",
        "settings_module",
        _settings(title="x' + __import__('os').popen('printenv DEPLOY_KEY').read() + '"),
        SECRET,
    ),
    Attack(
        "code, written file",
        "settings_module",
        _settings(a="' + open('/proc/self/status').read() #"),
        "VmPeak",
    ),
    Attack("command, written file", "schedule", _job(f"x; {LEAK}"), SECRET),
    Attack("command, written file", "schedule", _job(f"`{LEAK}`"), SECRET),
    Attack("command, written file", "schedule", _job("db-1", f"x\n5 3 * * * {LEAK} # "), SECRET),
    Attack("command, log", "agents", {"last": 1}, SECRET, before=[_visit(f"x; {LEAK}")]),
    Attack(
        "command, log", "agents", {"last": 1}, SECRET, before=[_visit("Mozilla/5.0 $(printenv DEPLOY_KEY)")]
    ),
    Attack(
        "command, log",
        "agents",
        {"last": 2},
        SECRET,
        before=[_visit('x" y\n1.1.1.1 "`printenv DEPLOY_KEY`" z')],
    ),
    Attack(
        "code, factory",
        "logging_setup",
        {
            "logging": {
                "handlers": {"h": {"()": "subprocess.Popen", "args": ["touch", "/tmp/pwned"]}},
                "loggers": {"shop": {"handlers": ["h"]}},
            }
        },
        "<Popen: ",
    ),
    Attack("attributes", "field", {"field": "__init__.__globals__"}, SECRET),
    Attack("attributes", "field", {"field": "describe.__func__.__globals__"}, SECRET),
    Attack("attributes", "field", {"field": "__class__.__init__.__code__.co_filename"}, "/var/task/app.py"),
    Attack(
        "code, JavaScript", "node_slug", {"title": "\\'); console.log(process.env.DEPLOY_KEY); //"}, SECRET
    ),
    Attack(
        "code, JavaScript",
        "node_slug",
        {"title": "\\');process.stdout.write(require(`child_process`).execSync(`printenv DEPLOY_KEY`));//"},
        SECRET,
    ),
    Attack("code, Perl", "perl_replace", {"old": "tea", "new": "$ENV{DEPLOY_KEY}", "text": "tea"}, SECRET),
    Attack(
        "code, Perl",
        "perl_replace",
        {"old": "tea", "new": "x/; print `printenv DEPLOY_KEY`; s/z/", "text": "tea"},
        SECRET,
    ),
    Attack(
        "code, Perl",
        "perl_replace",
        {"old": "x\\E/y/; system('printenv DEPLOY_KEY'); s/\\Q", "new": "z", "text": "tea"},
        SECRET,
    ),
    Attack(
        "code, Perl",
        "perl_replace",
        {"old": "tea", "new": "@{[`printenv DEPLOY_KEY`]}", "text": "tea"},
        SECRET,
    ),
    Attack(
        "SQL, command line", "inventory", form("/inventory", owner="x' union select k from keys --"), SECRET
    ),
    Attack(
        "SQL, command line",
        "inventory",
        form("/inventory", owner="'||(select 1)||'1' or 1; select hex(k) from keys;--"),
        "6F70732D7365637265742D35303933",
    ),
    Attack("command, xargs", "words", {"words": ["x", "$(printenv DEPLOY_KEY)"]}, SECRET),
    Attack("command, xargs", "words", {"words": ["`printenv DEPLOY_KEY`"]}, SECRET),
    Attack("command, make", "makefile", bus("Build", {"project": f"x; {LEAK}"}), SECRET),
    Attack(
        "command, make",
        "makefile",
        bus("Build", {"project": "x\nall: y\ny:\n\t@printenv DEPLOY_KEY\n#"}),
        SECRET,
    ),
    Attack(
        "argument, make",
        "makefile",
        bus("Build", {"project": "x", "target": "NAME=`printenv$${IFS}DEPLOY_KEY`"}),
        SECRET,
    ),
]
