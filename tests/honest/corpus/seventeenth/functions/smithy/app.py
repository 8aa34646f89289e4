"""Smithy: a workshop's build and document jobs, done by programs."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

KEY = "smithy-key-3307"
BASE = Path(tempfile.mkdtemp(prefix="smithy-"))
DOCS, OUT, REPO = BASE / "docs", BASE / "out", BASE / "repo"
for folder in (DOCS, OUT, REPO):
    folder.mkdir()
(BASE / "secret.txt").write_text(KEY)
(DOCS / "notes.txt").write_text("It's a note about -rf and select\nsecond line; 100%\nthird $HOME line\n")
(DOCS / "prices.csv").write_text("item,price\nanvil,120\nO'Brien tongs,15\nnails & rivets,3\n")
(DOCS / "plan (v2).md").write_text("# Plan\n- forge | anneal\n")
(DOCS / "data.json").write_text(
    json.dumps(
        {"jobs": [{"id": 1, "name": "hinge", "hours": 2}, {"id": 2, "name": "gate's lock", "hours": 9}]}
    )
)
ENV = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": str(BASE),
    "LC_ALL": "C.UTF-8",
    "GIT_AUTHOR_NAME": "s", "GIT_AUTHOR_EMAIL": "s@example.org", "GIT_AUTHOR_DATE": "2026-12-02T09:00:00Z",
    "GIT_COMMITTER_NAME": "s", "GIT_COMMITTER_EMAIL": "s@example.org", "GIT_COMMITTER_DATE": "2026-12-02T09:00:00Z",
    "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def reply(status, body):
    return {
        "statusCode": status,
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def args(event):
    return event.get("queryStringParameters") or {}


def payload(event):
    return json.loads(event.get("body") or "{}")


def run(command, **options):
    """A program without a shell; its output."""
    return subprocess.run(command, capture_output=True, text=True, timeout=10, cwd=BASE, env=ENV, **options)


def shell(command, **options):
    """A line of the shell; its output."""
    return run(command, shell=True, **options)


def repository():
    if not (REPO / ".git").exists():
        for command in (
            ["git", "init", "-q", "-b", "main"],
            ["git", "config", "core.quotepath", "off"],
            ["git", "add", "."],
        ):
            if command[1] == "add":
                (REPO / "README.md").write_text("Forge\n")
            subprocess.run(command, cwd=REPO, env=ENV, check=True, capture_output=True)
        for message in ("first: it's a start", "fix: don't drop (#12)", "docs -- 100% done"):
            with (REPO / "README.md").open("a") as file:
                file.write(message + "\n")
            subprocess.run(
                ["git", "commit", "-qam", message], cwd=REPO, env=ENV, check=True, capture_output=True
            )
    return REPO


# --- lists of arguments


def word_count(event, context):
    """Words of a text, by wc on its input."""
    got = run(["wc", "-lw"], input=payload(event).get("text", ""))
    return reply(200, got.stdout.split())


def sorted_lines(event, context):
    """sort and uniq in a pipe of two programs."""
    lines = "\n".join(payload(event).get("lines", [])) + "\n"
    first = subprocess.Popen(
        ["sort", "-f"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV, text=True
    )
    second = subprocess.Popen(["uniq", "-c"], stdin=first.stdout, stdout=subprocess.PIPE, env=ENV, text=True)
    first.stdin.write(lines)
    first.stdin.close()
    first.stdout.close()
    out = second.communicate(timeout=10)[0]
    first.wait(10)
    return reply(200, [line.strip() for line in out.splitlines()])


def find_text(event, context):
    """A fixed text in the documents; the two dashes end the options."""
    got = run(["grep", "-rnF", "--", args(event).get("q", "note"), "docs/"])
    return reply(200 if got.returncode == 0 else 404, sorted(got.stdout.splitlines()))


def find_pattern(event, context):
    """The same without the dashes."""
    got = run(["grep", "-rn", args(event).get("q", "note"), "docs/notes.txt"])
    return reply(200 if got.returncode == 0 else 404, got.stdout)


def digest(event, context):
    """A digest by openssl, its name from a list."""
    name = args(event).get("with", "sha256")
    if name not in ("sha256", "sha1", "sha512"):
        return reply(400, {"error": f"no digest {name}"})
    got = run(["openssl", "dgst", "-" + name, "-r"], input=event.get("body") or "")
    return reply(200, got.stdout.split()[0])


def jq_filter(event, context):
    """One field of the jobs by jq's --arg."""
    got = run(
        [
            "jq",
            "-c",
            "--arg",
            "n",
            args(event).get("name", "hinge"),
            ".jobs[] | select(.name == $n)",
            "docs/data.json",
        ]
    )
    return reply(200, got.stdout or "[]")


def jq_program(event, context):
    """A program of jq from the client, built in."""
    got = run(["jq", "-c", f".jobs | map({args(event).get('expr', '.name')})", "docs/data.json"])
    return reply(200 if got.returncode == 0 else 400, got.stdout or {"error": "bad expression"})


def column(event, context):
    """A column of the prices by awk with -v."""
    got = run(
        ["awk", "-F,", "-v", f"n={int(args(event).get('n', '1'))}", "NR > 1 { print $n }", "docs/prices.csv"]
    )
    return reply(200, got.stdout.splitlines())


def awk_filter(event, context):
    """Rows by a condition in awk's program."""
    condition = args(event).get("where", "$2 > 10")
    got = run(["awk", "-F,", "NR > 1 && " + condition, "docs/prices.csv"])
    return reply(200 if got.returncode == 0 else 400, got.stdout)


def sed_replace(event, context):
    """A text of the client replaced by sed's program."""
    b = payload(event)
    got = run(["sed", f"s/{b.get('find', 'x')}/{b.get('with', 'y')}/g"], input=b.get("text", ""))
    return reply(200 if got.returncode == 0 else 400, got.stdout or {"error": "sed says no"})


def sed_escaped(event, context):
    """The same with the special characters escaped, and no newline."""
    b = payload(event)
    if "\n" in b["find"] + b["with"]:
        return reply(400, {"error": "one line only"})
    find = re.sub(r"([\[\].*^$/\\])", r"\\\1", b["find"])
    to = re.sub(r"([/&\\])", r"\\\1", b["with"])
    return reply(200, run(["sed", "-e", f"s/{find}/{to}/g"], input=b["text"]).stdout)


def calculator(event, context):
    """bc, with digits and operators only."""
    expression = args(event).get("e", "1+1")
    if not re.fullmatch(r"[\d.+*/() -]{1,60}", expression):
        return reply(400, {"error": "not a calculation", "e": expression})
    return reply(200, run(["bc", "-l"], input=f"scale=4; {expression}\n").stdout.strip())


def zip_files(event, context):
    """An archive of the client's texts, by zip; its list."""
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        for name, text in payload(event).get("files", {}).items():
            Path(folder, re.sub(r"[^\w. ()'-]", "_", name).lstrip("-.") or "file").write_text(text)
        names = sorted(os.listdir(folder))
        if not names:
            return reply(400, {"error": "no files"})
        subprocess.run(["zip", "-q", "-X", "all.zip", "--", *names], cwd=folder, env=ENV, check=True)
        listed = subprocess.run(
            ["unzip", "-Z1", "all.zip"], cwd=folder, env=ENV, capture_output=True, text=True
        )
    return reply(200, listed.stdout.splitlines())


def unzip_upload(event, context):
    """An archive of the client's, taken apart safely by zipfile."""
    try:
        with (
            zipfile.ZipFile(BytesIO(base64.b64decode(event["body"]))) as archive,
            tempfile.TemporaryDirectory() as to,
        ):
            archive.extractall(to)
            return reply(200, sorted(str(p.relative_to(to)) for p in Path(to).rglob("*") if p.is_file()))
    except zipfile.BadZipFile:
        return reply(400, {"error": "not a zip file"})


def unzip_by_hand(event, context):
    """Each member written where its name says."""
    with zipfile.ZipFile(BytesIO(base64.b64decode(event["body"]))) as archive:
        for member in archive.namelist():
            path = os.path.join(OUT, member)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(path).write_bytes(archive.read(member))
        names = archive.namelist()
    return reply(200, names)


def untar_upload(event, context):
    """tar's members read back after they were all extracted, links too."""
    folder = Path(tempfile.mkdtemp(dir=OUT))
    with tarfile.open(fileobj=BytesIO(base64.b64decode(event["body"]))) as archive:
        archive.extractall(folder, filter="fully_trusted")
    found = {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}
    shutil.rmtree(folder)
    return reply(200, found)


def tar_backup(event, context):
    """Some documents by tar, their names as arguments."""
    names = payload(event).get("names", ["notes.txt"])
    got = run(["tar", "-cf", str(OUT / "b.tar"), "-C", str(DOCS), *names])
    if got.returncode:
        return reply(404, {"error": got.stderr.splitlines()[0].replace(str(BASE), "")})
    return reply(200, got.stdout + run(["tar", "-tf", str(OUT / "b.tar")]).stdout)


def history(event, context):
    """git log with a text to look for."""
    got = run(
        ["git", "-C", str(repository()), "log", "--format=%s", "-F", f"--grep={args(event).get('q', '')}"]
    )
    return reply(200, got.stdout.splitlines())


def commit(event, context):
    """A commit with the client's message, on a branch of its own, undone again."""
    b = payload(event)
    git = ["git", "-C", str(repository())]
    (REPO / "README.md").write_text("Forge\n" + b.get("text", ""))
    made = run([*git, "commit", "-q", "-a", "--allow-empty", "-F", "-"], input=b.get("message", ""))
    if made.returncode:
        run([*git, "checkout", "-q", "--", "."])
        return reply(400, {"error": "no message"})
    shown = run([*git, "show", "-s", "--format=%B"]).stdout.strip()
    run([*git, "reset", "-q", "--hard", "HEAD~1"])
    return reply(201, shown)


def compare(event, context):
    """git diff of a revision that the client names."""
    got = run(["git", "-C", str(repository()), "diff", "--stat", args(event).get("from", "HEAD~1")])
    return reply(200 if got.returncode == 0 else 404, got.stdout or {"error": "unknown revision"})


def grep_repository(event, context):
    """git grep with a pattern of the client."""
    got = run(["git", "-C", str(repository()), "grep", "-n", args(event).get("q", "Forge")])
    return reply(200 if got.returncode == 0 else 404, got.stdout or {"error": "nothing"})


# --- lines of the shell


def banner(event, context):
    """A quoted text in a line of the shell."""
    text = args(event).get("text", "hello")
    return reply(200, shell(f"printf '%s\\n' {shlex.quote(text)} | tr a-z A-Z").stdout)


def head_of(event, context):
    """A quoted name and a number by int()."""
    name, lines = args(event).get("name", "notes.txt"), int(args(event).get("n", "2"))
    if "/" in name:
        return reply(400, {"error": "no folders"})
    got = shell(f"head -n {lines} {shlex.quote(str(DOCS / name))}")
    return reply(200 if got.returncode == 0 else 404, got.stdout or {"error": f"no {name}"})


def convert_text(event, context):
    """iconv to a character set of the client, in a line."""
    charset = args(event).get("to", "latin1")
    got = subprocess.run(
        f"printf 'caf\\303\\251' | iconv -f utf-8 -t {charset} | base64",
        shell=True,
        capture_output=True,
        text=True,
        env=ENV,
    )
    return reply(200 if got.stdout else 400, got.stdout)


def ping_host(event, context):
    """A host's name in a line; the diagnosis only echoes it here."""
    host = args(event).get("host", "localhost")
    return reply(200, shell(f"echo resolving {host} && getent hosts localhost | wc -l").stdout)


def label(event, context):
    """A text in double quotes of the shell."""
    return reply(200, shell(f'echo "Label: {payload(event).get("text", "")}" | cut -c1-200').stdout)


def label_escaped(event, context):
    """Double quotes are escaped, which is not enough."""
    text = payload(event).get("text", "").replace('"', '\\"').replace(";", "")
    return reply(200, shell(f'echo "Label: {text}"').stdout)


def thumbnail(event, context):
    """A key of the upload in os.popen, as the old job did it."""
    name = args(event).get("key", "a.png").replace(" ", "_")
    with os.popen(f"echo convert /tmp/{name} -resize 64x64 out.png") as pipe:
        return reply(200, pipe.read())


def listing(event, context):
    """A folder of the documents by ls, its name checked by a pattern without an end."""
    name = args(event).get("folder", "docs")
    if not re.match(r"^[\w-]+$", name, re.M):
        return reply(400, {"error": "bad folder"})
    got = shell(f"ls {name}")
    return reply(200 if got.stdout else 404, got.stdout or {"error": "no folder"})


def with_environment(event, context):
    """A script with the variables of the client's settings."""
    extra = {k: str(v) for k, v in payload(event).get("env", {}).items()}
    got = subprocess.run(
        ["bash", "-c", 'echo "hello $NAME from $CITY"'], env={**ENV, **extra}, capture_output=True, text=True
    )
    return reply(200, got.stdout)


def render(event, context):
    """envsubst on a template with only two variables."""
    b = payload(event)
    got = subprocess.run(
        ["envsubst", "$NAME $CITY"], input=b.get("template", ""), capture_output=True, text=True,
        env={**ENV, "NAME": b.get("name", ""), "CITY": b.get("city", "")},
    )  # fmt: skip
    return reply(200, got.stdout)


def python_tool(event, context):
    """A small Python program of our own with arguments."""
    code = "import sys, json; print(json.dumps({'n': len(sys.argv) - 1, 'args': sys.argv[1:]}, ensure_ascii=False))"
    return reply(200, run([sys.executable, "-I", "-c", code, *payload(event).get("args", [])]).stdout)


def python_formula(event, context):
    """A formula in the program's text."""
    code = f"from math import *; print({payload(event).get('formula', '1')})"
    got = run([sys.executable, "-I", "-c", code])
    return reply(200 if got.returncode == 0 else 400, got.stdout or {"error": "bad formula"})


def differences(event, context):
    """diff of two texts, by files."""
    b = payload(event)
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        Path(folder, "a").write_text(b["a"])
        Path(folder, "b").write_text(b["b"])
        got = subprocess.run(["diff", "a", "b"], cwd=folder, capture_output=True, text=True, env=ENV)
    return reply(200, got.stdout)


def find_files(event, context):
    """find by a name's pattern; more arguments by shlex.split."""
    got = run(["find", "docs", "-type", "f", "-name", *shlex.split(args(event).get("name", "*.txt"))])
    return reply(200 if got.returncode == 0 else 400, sorted(got.stdout.splitlines()))
