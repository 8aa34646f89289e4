"""Programs of the machine, with and without a shell."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    GUESTS,
    HOMES,
    HOWTO,
    HTML,
    PROGRAM,
    PROSE,
    api,
    b64,
    kinesis,
    put,
    rule,
    sqs,
    url,
)

NEEDS = ()
KEY = "rope-secret-3302"
FILE = "../private/key.txt"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/files", query=query)


def _post(**body: object) -> dict[str, object]:
    return url("POST", "/jobs", body)


def _files(*names: str) -> dict[str, object]:
    return rule("Pack", {"files": list(names)})


def _labels(*labels: str) -> dict[str, object]:
    return kinesis(*({"label": b64(label)} for label in labels))


def _resource(name: str, **options: str) -> dict[str, object]:
    return {
        "RequestType": "Create",
        "ResourceType": "Custom::Backup",
        "LogicalResourceId": "Backup",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:x", "Name": name, "Options": options},
    }


REQUESTS = {
    "count_lines": [
        put("in/report.csv"),
        put("in/Q1 report (final) -- v2.csv"),
        put("müller & söhne/O'Hara; list.csv"),
    ],
    "count_lines_list": [put("a b.csv", "x/$(y) `z`.csv"), put("--help.txt"), put("it's; rm -rf.csv")],
    "search_log": [_get(q="ERROR"), _get(q="o'hara (ok)"), _get(q="can't open; retry"), _get(q="10:0[12]")],
    "search_log_fixed": [
        _get(q="-- refused"),
        _get(q="$5"),
        _get(q='"; cat /etc/passwd; "'),
        _get(q="o'hara"),
    ],
    "search_log_args": [
        _get(q="error"),
        _get(q="user=o'hara", flags="-c"),
        _get(q="INFO", flags="-i -v"),
        _get(q="can't open; retry"),
    ],
    "search_words": [_post(words="error"), _post(words="$5")],
    "total_by": [_get(), _get(column="3"), _get(column="1")],
    "total_shop": [_get(shop="North"), _get(shop='O\'Hara & Co; "x"'), _get(shop="South (old) -- $1")],
    "total_shop_program": [_get(shop="North"), _get(shop="O'Hara & Co; -- (x)"), _get(shop="South")],
    "sorted_by": [_post(), _post(options=["-k3,3n"]), _post(options=["-r", "-k2,2"])],
    "sorted_checked": [
        _post(by="total", desc=True, title=PROSE),
        _post(by="shop", title="-o /etc/x; $(y)"),
        _post(),
    ],
    "replace": [
        _post(**{"find": "oil", "with": "tar"}),
        _post(**{"find": "Mr O'Shea", "with": "Ms D'Arcy -- today; ok?"}),
        _post(**{"find": "w.x", "with": "(&)"}),
    ],
    "replace_escaped": [
        _post(**{"find": "oil & wax", "with": "a/b & c\\d"}),
        _post(**{"find": "# To do", "with": PROSE}),
        _post(**{"find": "call", "with": "x/e;s/a/b\nw /tmp/y"}),
    ],
    "pack": [_files("sales.csv"), _files("notes/read me.txt", "data.json"), _files("notes")],
    "pack_options": [_files("sales.csv", "notes/todo.md"), _files("notes/read me.txt"), _files("notes")],
    "pack_safe": [_files("notes/read me.txt", "sales.csv"), _files("data.json", "notes/todo.md")],
    "head": [_get(file="todo.md"), _get(file="read me.txt", n="2"), _get(file="no-such'file.txt")],
    "head_safe": [_get(file="read me.txt", n="2"), _get(file="it's not here.txt"), _get(file="todo.md")],
    "jq_filter": [_get(name="hemp"), _get(name="o'sisal"), _get(name='" or true | env')],
    "jq_text": [_get(name="hemp"), _get(name="o'sisal"), _get(name="50% (new) -- it's; ok | no")],
    "find_files": [_get(), _get(pattern="*.csv"), _get(pattern="read me.*"), _get(pattern="[a-d]*.json")],
    "find_quoted": [_get(pattern="*.md"), _get(pattern="'; ls; '"), _get(pattern="read me.txt"), _get()],
    "checksum": [
        _post(text=PROSE),
        _post(text=HOWTO, kind="md5"),
        _post(text="", kind="sha1; ls"),
        _post(text=PROGRAM),
    ],
    "say": [_post(text='it\'s $HOME `id` $(ls); "x"'), _post(text=HOWTO), _post(text=GUESTS[3])],
    "say_eval": [_post(text="Hello there"), _post(text="New rope, 20 m - in stock")],
    "convert_name": [
        sqs({"file": "sales of May.csv", "format": "tsv"}),
        sqs({"file": "x.csv"}, {"file": "o-hara_2.csv", "format": "bak"}),
    ],
    "thumbnail": [
        {"key": "in/It's me; (1).png", "size": {"w": 100, "h": "50"}},
        {"key": "$(id) `x` && y.png", "size": {"w": 1, "h": 1}},
    ],
    "resize_text": [{"size": "100x50"}, {"size": "200x"}, {"size": "50%"}],
    "ping_device": [
        _post(host="pump-3.example.org"),
        _post(host="192.0.2.7"),
        _post(host="a b; c"),
        _post(host="[2001:db8::5]"),
    ],
    "ping_matched": [_post(host="pump-3.example.org"), _post(host="pump%2D4"), _post(host="it's me")],
    "git_log": [
        rule("Push", {"message": PROSE}),
        rule("Push", {"message": "fix: don't `rm -rf` $HOME; closes #5 -- thanks", "ref": "HEAD"}),
        rule("Push", {"ref": "feature/o-hara_v1.2", "message": HOWTO}),
    ],
    "git_grep": [_get(q="wax"), _get(q="O'Shea"), _get(q="cut it wet.")],
    "git_grep_safe": [_get(q="- oil & wax"), _get(q="--oil; & wax"), _get(q="Don't")],
    "cut": [
        {"fields": "1,3", "text": "a,b,c\nd,'e;',$f\n"},
        {"fields": "2-", "delimiter": ";", "text": "x;y z;--\n" + HOMES[1]},
        {"fields": "1", "delimiter": "|", "text": HTML},
    ],
    "mail_pipe": [
        _post(to="ivy@example.org", subject="It's here -- order #5; thanks", text=PROSE),
        _post(to="o'hara+list@example.org", subject=GUESTS[0], text=HOWTO),
    ],
    "decoded_job": [
        _labels("nightly", "It's Q1; -- (final)"),
        _labels("李 & co | 50% <done>"),
        _labels("a;b 'c'"),
    ],
    "backup": [
        _resource("nightly"),
        _resource("O'Hara; $(x) & co", keep="7", tag="v1.2"),
        _resource("b", level="9"),
    ],
    "backup_quoted": [_resource("it's", note=PROSE), _resource("x", tag="$(id); `ls`")],
}

ATTACKS = [
    Attack(
        "shell, object key",
        "count_lines",
        put("in/a\"; cat \"..$(printf '\\57')private$(printf '\\57')key.txt\"; \".csv"),
        KEY,
    ),
    Attack("shell, object key", "count_lines", put("in/$(cd ..; cd private; cat key.txt).csv"), KEY),
    Attack(
        "shell, double quotes", "search_log", _get(q=f"$(cat {FILE} >&2; cat {FILE} >> app.log)rope"), KEY
    ),
    Attack("shell, double quotes", "search_log", _get(q="ERROR`cat ../private/* > app.log`\\|secret"), KEY),
    Attack("arguments, file", "search_log_args", _get(q="app", flags=f"-e secret {FILE}"), KEY),
    Attack("arguments, options", "search_log_args", _get(q="x", flags="-r -h '' .. -e rope-s"), KEY),
    Attack("arguments, options", "search_words", _post(words="-rhe secret- .. app.log"), KEY),
    Attack(
        "arguments, options",
        "search_words",
        _post(words="-f ../private/key.txt -h rope ../private/key.txt"),
        KEY,
    ),
    Attack(
        "shell, awk", "total_by", _get(column=f'1; while ((getline l < "{FILE}") > 0) print l; x=$2'), KEY
    ),
    Attack("shell, quote", "total_by", _get(column=f"1}}' /dev/null; cat {FILE} # "), KEY),
    Attack(
        "awk, program",
        "total_shop_program",
        _get(shop=f'" {{}} BEGIN {{ while ((getline l < "{FILE}") > 0) print l }} $1=="'),
        KEY,
    ),
    Attack(
        "awk, program", "total_shop_program", _get(shop='x" || !system("cat ../pri*/k\\145y.txt") || "'), KEY
    ),
    Attack("arguments, options", "sorted_by", _post(options=[FILE]), KEY),
    Attack(
        "arguments, options",
        "sorted_by",
        _post(options=["-m", "-o/dev/stdout", "../private/../private/key.txt"]),
        KEY,
    ),
    Attack("sed, commands", "replace", _post(**{"find": "a/b/;r ../private/key.txt\ns/x", "with": "y"}), KEY),
    Attack("sed, commands", "replace", _post(**{"find": "x", "with": "y/;1e cat ../private/k*\ns/q/"}), KEY),
    Attack("shell, quotes in a list", "pack", _files("sales.csv' ; cat ../private/key.txt; true '"), KEY),
    Attack(
        "arguments, checkpoint",
        "pack_options",
        _files("--checkpoint=1", f"--checkpoint-action=exec=cat {FILE}", "notes"),
        KEY,
    ),
    Attack(
        "arguments, program",
        "pack_options",
        _files(
            "-Isales.csv",
            "--to-command=x",
            "--checkpoint=1",
            "--checkpoint-action",
            "exec=sh -c 'cat ../priv*/*'",
            ".",
        ),
        KEY,
    ),
    Attack("path", "head", _get(file="../../private/key.txt"), KEY),
    Attack("path", "head", _get(file="./../notes/..//..//private/./key.txt", n="-0"), KEY),
    Attack("jq, program", "jq_text", _get(name='x"), ("secret: " + $ENV.PATH) | select(. != "'), "secret: /"),
    Attack(
        "jq, program",
        "jq_text",
        _get(name='nope" or .id > 0 or "" == "'),
        "sisal",
    ),
    Attack("shell, repr", "find_files", _get(pattern="$(mkdir $(cat ../private/key.txt) 'x')*3302"), KEY),
    Attack(
        "shell, repr",
        "find_files",
        _get(pattern="$(cp ../private/key.txt $(cat ../private/key.txt).md; : '')*.md"),
        KEY + ".md",
    ),
    Attack("shell, eval", "say_eval", _post(text=f"$(cat {FILE})"), KEY),
    Attack(
        "shell, eval",
        "say_eval",
        _post(text="hi; cd ..; while read l; do echo $l; done < private/key.txt"),
        KEY,
    ),
    Attack("shell, file name", "convert_name", sqs({"file": "x;cat<../private/key.txt;#.csv"}), KEY),
    Attack(
        "shell, format",
        "convert_name",
        sqs({"file": "a.csv", "format": "t;cat${IFS}../private/key.txt;true"}),
        KEY,
    ),
    Attack(
        "shell, size", "resize_text", {"size": "1x1;expr rope - 0; printf '%s' \"$((21*2))-hit\""}, "42-hit"
    ),
    Attack("shell, size", "resize_text", {"size": "1x1 `printf '\\150\\151-%s' $((6*111))`"}, "hi-666"),
    Attack("shell, no blanks", "ping_device", _post(host="$(cat<../private/key.txt)"), KEY),
    Attack("shell, no blanks", "ping_device", _post(host="x\ncat\t../private/key.txt"), KEY),
    Attack("shell, a second line", "ping_matched", _post(host=f"pump-3\ncat {FILE}"), KEY),
    Attack("shell, encoded", "ping_matched", _post(host="pump%0a%63at%20..%2Fprivate%2Fkey.txt"), KEY),
    Attack(
        "arguments, git", "git_log", rule("Push", {"ref": "--format=%ae-%cn-shown"}), "a@example.org-a-shown"
    ),
    Attack(
        "arguments, git", "git_log", rule("Push", {"ref": "-p", "message": "m"}), "Rope is sold by the metre"
    ),
    Attack(
        "shell, after a comment",
        "mail_pipe",
        _post(to="a@b\ncat ../private/key.txt", subject="s", text="t"),
        KEY,
    ),
    Attack("shell, two encodings", "decoded_job", _labels(f'x"; cat {FILE}; echo "'), KEY),
    Attack("shell, two encodings", "decoded_job", _labels("ok", "$(. ../private/key.txt 2>&1)"), KEY),
    Attack("shell, options", "backup", _resource("x", keep=f"7;cat {FILE}"), KEY),
    Attack("shell, option names", "backup", _resource("x", **{f"k $(cat {FILE}) ": "1"}), KEY),
]
