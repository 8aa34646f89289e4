"""Operations."""

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    MARKDOWN,
    NAME,
    SHELLY,
    TEMPLATE,
    UNICODE,
)

NEEDS = ("aws-http",)
REQUESTS = {
    "chat_command": [
        {"text": 'deploy web --env prod --note "it\'s Friday; `be` careful && $HOME"'},
        {"text": "deploy --env prod --note x"},
        {"text": "status api"},
        {"text": "rm -rf /"},
        {"text": "deploy web --exec id"},
        {"text": "deploy 'shop & co' --note 'select * from x; drop'"},
    ],
    "list_matching": [
        {"names": ["a b.txt", "o'x.txt", "-rf"], "pattern": "*.txt"},
        {"names": ["x;y.csv", "$z.csv"], "pattern": "[x$]*"},
    ],
    "git_tag": [
        {"tag": "v1.2.3-rc.1", "message": COMMENT},
        {"tag": "v0.0.1", "message": "-- --exec=id"},
        {"tag": "--list", "message": "x"},
    ],
    "diff": [
        {"old": MARKDOWN, "new": MARKDOWN + "x; rm\n"},
        {"old": "a\n", "new": "a\n"},
        {"old": "--help\n", "new": SHELLY + "\n"},
    ],
    "openssl_rand": [{"bytes": "16"}, {"bytes": 1000}],
    "bc": [{"sum": "(3 + 4) * 2.5"}, {"sum": "1/3 - 2"}, {"sum": "read()"}, {"sum": "2.5 * -3"}],
    "parse_config": [
        {"name": "a.ini", "text": "[db]\nurl = postgres://u:p%40@h/x?o='1'\nnote = %(x)s ${y}\n"},
        {
            "name": "b.v2.toml",
            "text": "title = \"O'Neill\"\n[x.'a b']\nn = [-1, 2.5]\nt = 2026-03-14\n".replace(
                "t = 2026-03-14\n", ""
            ),
        },
        {"name": "c.yaml", "text": 'on: push\njobs: {x: ["a; b", !!str 1]}\n'},
        {"name": "d.json", "text": JSON_TEXT},
    ],
    "feature_flag": [
        {
            "user": {"email": "o'neill@example.org", "country": "IE"},
            "flags": ["beta", "new-cart", "__class__"],
        },
        {"user": {"email": "x@y"}, "flags": ["eval"]},
    ],
    "parameter_tree": [
        {"stage": "dev", "values": {"note": COMMENT, "template": TEMPLATE}},
        {"stage": "prod", "values": {"a.b-c": HTML}},
    ],
    "expire": [
        {"time": "2026-03-14T00:00:00Z", "names": [NAME, "ttl <= :now", "late"]},
        {"time": "2026-03-15T00:00:00Z", "names": [COMPANY, UNICODE]},
    ],
    "handler_map": [
        {"codec": "quoted", "value": CODE},
        {"codec": "os", "value": {"$x": 1}},
        {"codec": "hex", "value": "00ff"},
    ],
    "next_run": [
        {"last": "2026-03-14T09:26:53", "every": "1d12h"},
        {"last": "2026-12-31", "every": "90m"},
        {"last": "2026-12-31", "every": "eval"},
        {"last": "2026-03-14T09:26:53+01:00", "every": "3h15m"},
    ],
    "who": [
        {"day": "2026-03-14", "who": NAME, "did": SHELLY},
        {"day": "2026-W11", "who": "o'x", "did": JSON_TEXT},
        {"day": "d..1", "who": HTML, "did": CODE},
    ],
}
