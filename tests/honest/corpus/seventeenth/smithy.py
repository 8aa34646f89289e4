"""Build and document jobs, done by programs."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventeenth import (
    JSONISH,
    MARKUP,
    NAMES,
    NOTES,
    PLACES,
    SEARCHES,
    SNIPPET,
    TEMPLATEISH,
    TICKET,
    TYPED,
    get,
    http,
    post,
    raw,
    tarred,
    zipped,
)

NEEDS = ()
KEY = "smithy-key-3307"

REQUESTS = {
    "word_count": [post(text=t) for t in (TICKET, NOTES, SNIPPET, "")],
    "sorted_lines": [post(lines=list(NAMES)), post(lines=list(SEARCHES)), post(lines=["b", "a", "b; a"])],
    "find_text": [get(q=q) for q in ("It's", "-rf", "100%", "$HOME", SEARCHES[1])],
    "find_pattern": [get(q=q) for q in ("note", "line; 100%", "O'Brien", "^third")],
    "digest": [
        http("POST", "/", t, with_=w) for t, w in ((TICKET, "sha256"), (JSONISH, "sha1"), ("x", "md-5; ls"))
    ],
    "jq_filter": [get(), get(name="gate's lock"), get(name='a" or true or "'), get(name="$HOME")],
    "jq_program": [get(), get(expr=".hours * 2"), get(expr="{name, days: (.hours / 8)}"), get(expr=".id |")],
    "column": [get(), get(n="2")],
    "awk_filter": [
        get(),
        get(where="$1 ~ /tongs/"),
        get(where='$2 < 100 && $1 != "anvil"'),
        get(where="$1 =="),
    ],
    "sed_replace": [
        post(text=TICKET, find="plan", **{"with": "tariff"}),
        post(text="a-b-c", find="-", **{"with": " & "}),
        post(text="O'Neill", find="'", **{"with": "’"}),
        post(text="5/6", find="5/6", **{"with": "x"}),
    ],
    "sed_escaped": [
        post(text=NOTES, find="SELECT *", **{"with": "[query]"}),
        post(text="a/b/c & d", find="/", **{"with": "\\&"}),
        post(text="x", find="a\nb", **{"with": "y"}),
    ],
    "calculator": [get(e=e) for e in ("2*(3+4)", "10 / 4", "1.5*-2", "2 plus 2", "5; 6")],
    "zip_files": [
        post(files={"notes (1).txt": NOTES, "O'Neill.md": TICKET}),
        post(files={"../up.txt": "x", "-rf": "y"}),
        post(files={}),
    ],
    "unzip_upload": [
        raw(zipped({"a/b.txt": "hi", "größe; x.md": NOTES})),
        raw(zipped({"it's.txt": SNIPPET})),
        raw("no archive"),
    ],
    "unzip_by_hand": [
        raw(zipped({"w/site/index.html": MARKUP, "w/O'Hara.txt": "x"})),
        raw(zipped({"w/b.txt": "y"})),
    ],
    "untar_upload": [
        raw(tarred({"a.txt": TICKET, "d/b (1).txt": "it's"})),
        raw(tarred({"real.txt": "here"}, {"link.txt": "real.txt"})),
    ],
    "tar_backup": [
        post(),
        post(names=["notes.txt", "plan (v2).md"]),
        post(names=["O'Hara's.txt"]),
        post(names=["prices.csv"]),
    ],
    "history": [get(), get(q="don't drop"), get(q="100%"), get(q="(#12)"), get(q=SEARCHES[0])],
    "commit": [
        post(message="fix: it's `done`; see #5 & $HOME", text=SNIPPET),
        post(message=NAMES[0] + " -- 100%\n\n" + TICKET, text="x"),
        post(message="", text="y"),
    ],
    "compare": [get(), get(**{"from": "HEAD~2"}), get(**{"from": "v1.0 (old)"})],
    "grep_repository": [get(), get(q="it's a start"), get(q="(#12)"), get(q="nothing; at all")],
    "banner": [get(text=t) for t in (*TYPED[:4], "it's a $(date) & `x`", TEMPLATEISH)],
    "head_of": [get(), get(name="plan (v2).md", n="1"), get(name="O'Hara's; list.txt"), get(name="../x")],
    "convert_text": [get(), get(to="utf-16le"), get(to="ascii//TRANSLIT"), get(to="klingon")],
    "ping_host": [get(), get(host="db-1.internal.example.org"), get(host="203.0.113.9")],
    "label": [
        post(text=t) for t in ("Hinge, 5 pcs (steel)", "it's 5' long; 100%", NAMES[1], PLACES[3], "a & b | c")
    ],
    "label_escaped": [post(text=t) for t in ('5" nail; "A" grade', "it's done & dusted", "2 < 3 (ok)")],
    "thumbnail": [get(key=k) for k in ("holiday 2026.png", "IMG_001.JPG", "été-1.png")],
    "listing": [get(), get(folder="nowhere"), get(folder="a b; c"), get(folder="repo-2")],
    "with_environment": [
        post(env={"NAME": NAMES[0], "CITY": PLACES[0]}),
        post(env={"NAME": "$(whoami) & `x`", "CITY": "L'Aquila; IT"}),
        post(),
    ],
    "render": [
        post(template="Dear $NAME of ${CITY}, it costs $5; $HOME", name=NAMES[0], city="L'Aquila"),
        post(template=TEMPLATEISH, name="x"),
    ],
    "python_tool": [
        post(args=list(TYPED[:3])),
        post(args=["--help", "-c", "print(1)"]),
        post(args=[SNIPPET]),
    ],
    "python_formula": [
        post(formula=f) for f in ("sqrt(2) * 3", "round(pi * 4 ** 2, 2)", "2 +", "max(3, 5) % 2")
    ],
    "differences": [post(a=TICKET, b=TICKET.replace("login", "log-in")), post(a=NOTES, b=NOTES + SNIPPET)],
    "find_files": [
        get(),
        get(name="*.md"),
        get(name="'plan (v2).md'"),
        get(name="O\\'Hara*"),
        get(name="x 'y' z"),
    ],
}

ATTACKS = [
    Attack("argument", "find_pattern", get(q="-vexyz"), "-rf"),
    Attack("shell", "label", post(text='"; cat secret.txt; "'), KEY),
    Attack("shell", "label", post(text="$(cat secret.txt)"), KEY),
    Attack("shell", "label", post(text="`cat<secret.txt`"), KEY),
    Attack("shell", "label", post(text='x" && echo s-$((6*7)) #'), "s-42"),
    Attack("shell", "label_escaped", post(text="$(cat secret.txt)"), KEY),
    Attack("shell", "label_escaped", post(text='\\" | cat secret.txt #'), KEY),
    Attack("shell", "label_escaped", post(text="x`rev secret.txt|rev`"), KEY),
    Attack("shell", "ping_host", get(host="x; cat secret.txt"), KEY),
    Attack("shell", "ping_host", get(host="x|cat${IFS}secret.txt"), KEY),
    Attack("shell", "ping_host", get(host="x\ncat s*t.txt\ntrue"), KEY),
    Attack("shell", "ping_host", get(host="$(printf 's-%s' $((6*7)))"), "s-42"),
    Attack("shell", "thumbnail", get(key="a.png;echo${IFS}t-$((6*7));"), "t-42"),
    Attack("shell", "thumbnail", get(key="$(cat</etc/passwd)"), "root:"),
    Attack("shell", "convert_text", get(to="utf-8 /dev/null | echo c-$((6*7)) #"), "c-42"),
    Attack("shell", "convert_text", get(to="utf-8 >/dev/null; head -1 /etc/passwd #"), "root:"),
    Attack("shell", "listing", get(folder="docs\ncat secret.txt"), KEY),
    Attack("shell", "listing", get(folder="docs\necho l-$((6*7)) | rev | rev"), "l-42"),
    Attack("argument", "awk_filter", get(where='0 { } BEGIN { "cat secret.txt" | getline x; print x }'), KEY),
    Attack("argument", "awk_filter", get(where='system("echo a-$((6*7))")'), "a-42"),
    Attack("argument", "sed_replace", post(text="x", find="x", **{"with": "y/;r secret.txt\n#"}), KEY),
    Attack(
        "argument", "sed_replace", post(text="x", find="x/echo e-$((6*7))/e;s/z", **{"with": "z"}), "e-42"
    ),
    Attack("argument", "jq_program", get(expr="env.HOME"), "smithy-"),
    Attack("argument", "jq_program", get(expr="$ENV.GIT_AUTHOR_EMAIL) | map(."), "s@example.org"),
    Attack(
        "argument",
        "tar_backup",
        post(names=["--use-compress-program=sh -c 'cat secret.txt >&2; exit 3'", "notes.txt"]),
        KEY,
    ),
    Attack(
        "argument",
        "tar_backup",
        post(
            names=[
                "-C",
                "..",
                "secret.txt",
                "--to-stdout",
                "--checkpoint=1",
                "--checkpoint-action=exec=cat secret.txt",
            ]
        ),
        KEY,
    ),
    Attack("argument", "find_files", get(name="notes.txt -exec cat secret.txt ;"), KEY),
    Attack("argument", "find_files", get(name="x -o -name data.json -printf f-%f-%s\\n"), "f-data.json-"),
    Attack(
        "argument",
        "head_of",
        get(name="planted.txt"),
        "docs/notes.txt",
        before=[("find_files", get(name="notes.txt -fprint docs/planted.txt"))],
    ),
    Attack(
        "archive, path",
        "head_of",
        get(name="dropped.txt"),
        "zip-42",
        before=[("unzip_by_hand", raw(zipped({"../docs/dropped.txt": "zip-42"})))],
    ),
    Attack(
        "archive, path",
        "jq_filter",
        get(name="owned"),
        "owned",
        before=[("unzip_by_hand", raw(zipped({"../docs/data.json": '{"jobs":[{"name":"owned","id":42}]}'})))],
    ),
    Attack(
        "archive, link", "untar_upload", raw(tarred({"a.txt": "x"}, {"passwords": "/etc/passwd"})), "root:"
    ),
    Attack(
        "archive, link", "untar_upload", raw(tarred({"a.txt": "x"}, {"d/key": "../../../secret.txt"})), KEY
    ),
    Attack(
        "archive, link",
        "head_of",
        get(name="via-link.txt"),
        "tar-42",
        before=[("untar_upload", raw(tarred({"up/via-link.txt": "tar-42"}, {"up": "../../docs"})))],
    ),
    Attack(
        "environment",
        "with_environment",
        post(env={"BASH_ENV": "$HOME/out/e.sh"}),
        "e-42",
        before=[("unzip_by_hand", raw(zipped({"e.sh": "echo e-$((6*7))"})))],
    ),
    Attack("environment", "with_environment", post(env={"BASH_FUNC_echo%%": "() { printf f-42; }"}), "f-42"),
    Attack("environment", "with_environment", post(env={"LD_DEBUG": "help"}), "LD_DEBUG"),
    Attack("Python, program", "python_formula", post(formula="open('secret.txt').read()"), KEY),
    Attack(
        "Python, program",
        "python_formula",
        post(formula="1); import os; print(os.popen('echo p-$((6*7))').read()"),
        "p-42",
    ),
    Attack(
        "Python, program",
        "python_formula",
        post(formula="__import__('subprocess').getoutput('cat s*.txt')"),
        KEY,
    ),
    Attack(
        "argument",
        "column",
        get(),
        '"body": "[]"',
        before=[("compare", get(**{"from": "--output=../docs/prices.csv"}))],
    ),
]
