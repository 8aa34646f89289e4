"""Ropewalk: jobs that lean on the programs of the machine."""

import base64
import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote, unquote_plus

ROOT = Path(tempfile.mkdtemp(prefix="rope-"))
WORK = ROOT / "files"
FILES = {
    "files/sales.csv": "day,shop,total\n2026-01-02,North,20\n2026-01-03,South,15\n2026-01-03,North,5\n",
    "files/app.log": "10:00 INFO start\n10:01 ERROR can't open; retry\n10:02 INFO user=o'hara (ok)\n10:03 ERROR $5 -- refused\n",
    "files/notes/read me.txt": "Rope is sold by the metre.\nDon't cut it wet.\n",
    "files/notes/todo.md": "# To do\n- oil & wax\n- call Mr O'Shea\n",
    "files/data.json": '{"items": [{"id": 1, "name": "hemp"}, {"id": 2, "name": "o\'sisal"}], "v": "1.2"}\n',
    "private/key.txt": "rope-secret-3302\n",
}


def fresh():
    """The files as they were at first, whatever an earlier request has done."""
    shutil.rmtree(ROOT, ignore_errors=True)
    for name, text in FILES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return WORK


def sh(command, **more):
    return subprocess.run(
        command, shell=True, cwd=fresh(), capture_output=True, text=True, timeout=10, **more
    )


def run(*args, **more):
    return subprocess.run(
        args, cwd=more.pop("cwd", None) or fresh(), capture_output=True, text=True, timeout=10, **more
    )


def respond(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False)}


def param(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def count_lines(event, context):
    """An upload's lines, by wc."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    name = os.path.basename(key)
    out = sh(
        f'printf "a\\nb\\n" > "/tmp/rope-{os.getpid()}.tmp"; wc -l < "/tmp/rope-{os.getpid()}.tmp"; echo "{name}"'
    )
    return {"out": out.stdout}


def count_lines_list(event, context):
    """The same with arguments."""
    names = [unquote_plus(r["s3"]["object"]["key"]) for r in event["Records"]]
    return {"out": [run("printf", "%s\\n", name).stdout.strip() for name in names]}


def search_log(event, context):
    """grep for the support desk."""
    term = param(event, "q").replace('"', "")
    out = sh(f'grep -n "{term}" app.log')
    return respond(200, {"lines": out.stdout.splitlines()})


def search_log_fixed(event, context):
    """The same with -F and -e."""
    out = run("grep", "-nF", "-e", param(event, "q"), "--", "app.log")
    return respond(200, {"lines": out.stdout.splitlines()})


def search_log_args(event, context):
    """No shell, the pattern just where it belongs."""
    args = ["grep", "-n", *shlex.split(param(event, "flags", "-i")), param(event, "q"), "app.log"]
    return respond(200, {"lines": run(*args).stdout.splitlines()})


def search_words(event, context):
    """Words in any order; each as an argument of its own, split by blanks."""
    words = json.loads(event["body"])["words"].split()
    out = run("grep", "-i", *words, "app.log") if len(words) == 1 else run("grep", *words)
    return respond(200, {"out": out.stdout})


def total_by(event, context):
    """awk over a CSV, the column by number."""
    column = param(event, "column", "3")
    out = sh("awk -F, 'NR>1 {s+=$%s} END {print s}' sales.csv" % column)
    return respond(200, {"total": out.stdout.strip()})


def total_shop(event, context):
    """awk with a variable."""
    out = run(
        "awk",
        "-F,",
        "-v",
        "shop=" + param(event, "shop"),
        "$2 == shop {s += $3} END {print shop, s + 0}",
        "sales.csv",
    )
    return respond(200, {"total": out.stdout.strip()})


def total_shop_program(event, context):
    """awk with the shop in its program."""
    program = '$2 == "%s" {s += $3} END {print s + 0}' % param(event, "shop")
    return respond(200, {"total": run("awk", "-F,", program, "sales.csv").stdout.strip()})


def sorted_by(event, context):
    """sort with a key and options of the grid."""
    options = json.loads(event["body"]).get("options", [])
    return respond(200, {"rows": run("sort", "-t,", *options, "sales.csv").stdout.splitlines()})


def sorted_checked(event, context):
    """sort with a column by name."""
    body = json.loads(event["body"])
    key = {"day": "-k1,1", "shop": "-k2,2", "total": "-k3,3n"}[body.get("by", "day")]
    out = run("sort", "-t,", key, *(["-r"] if body.get("desc") else []), "sales.csv")
    return respond(200, {"rows": out.stdout.splitlines(), "title": body.get("title", "")})


def replace(event, context):
    """sed, for a template of a letter."""
    body = json.loads(event["body"])
    out = run("sed", f"s/{body['find']}/{body['with']}/g", "notes/todo.md")
    return respond(200, {"text": out.stdout, "error": out.stderr[:40]})


def replace_escaped(event, context):
    """sed with what sed takes for itself escaped."""
    body = json.loads(event["body"])
    find = re.sub(r"([\[\]\\/.*^$])", r"\\\1", body["find"]).replace("\n", "")
    new = re.sub(r"([\\/&])", r"\\\1", body["with"]).replace("\n", "\\\n")
    return respond(200, {"text": run("sed", "-e", f"s/{find}/{new}/g", "notes/todo.md").stdout})


def pack(event, context):
    """A tar of the named files."""
    names = event["detail"]["files"]
    out = sh("tar cf - " + " ".join(f"'{n}'" for n in names) + " | tar tf -")
    return {"packed": out.stdout.splitlines()}


def pack_options(event, context):
    """tar without a shell, names as they come."""
    names = event["detail"]["files"]
    run_in = fresh()
    out = subprocess.run(["tar", "-cf", "../out.tar", *names], cwd=run_in, capture_output=True, text=True)
    listed = subprocess.run(["tar", "-tf", "../out.tar"], cwd=run_in, capture_output=True, text=True)
    return {"packed": listed.stdout.splitlines(), "said": out.stdout}


def pack_safe(event, context):
    """tar with names that are files here, after --."""
    here = fresh().resolve()
    names = [n for n in event["detail"]["files"] if (here / n).resolve().is_relative_to(here)]
    out = run("sh", "-c", 'tar -cf - -- "$@" | tar -tf -', "pack", *names)
    return {"packed": out.stdout.splitlines()}


def head(event, context):
    """The first lines of a file of the notes."""
    out = run("head", "-n", param(event, "n", "1"), "notes/" + param(event, "file"))
    return respond(200, {"text": out.stdout})


def head_safe(event, context):
    """The same for files that are listed."""
    name = param(event, "file")
    if name not in {p.name for p in (fresh() / "notes").iterdir()}:
        return respond(404, {"error": f"no note {name}"})
    return respond(
        200, {"text": run("head", "-n", str(int(param(event, "n", "1"))), "--", "notes/" + name).stdout}
    )


def jq_filter(event, context):
    """jq with a name as an argument."""
    name = param(event, "name")
    out = run("jq", "-c", "--arg", "name", name, ".items[] | select(.name == $name)", "data.json")
    return respond(200, {"found": [json.loads(line) for line in out.stdout.splitlines()]})


def jq_text(event, context):
    """jq with the name in its program."""
    out = run("jq", "-c", '.items[] | select(.name == "%s")' % param(event, "name"), "data.json")
    return respond(200, {"found": out.stdout.splitlines()})


def find_files(event, context):
    """find by a pattern of the client."""
    pattern = param(event, "pattern", "*.md")
    out = sh(f"find . -name {pattern!r} | sort")
    return respond(200, {"files": out.stdout.splitlines()})


def find_quoted(event, context):
    """find, quoted for the shell."""
    out = sh(f"find . -type f -name {shlex.quote(param(event, 'pattern', '*'))} | sort")
    return respond(200, {"files": out.stdout.splitlines()})


def checksum(event, context):
    """The hash of a text by openssl, the text from standard input and the kind from a list."""
    body = json.loads(event["body"])
    kind = body.get("kind", "sha256")
    if kind not in ("sha256", "sha1", "md5"):
        return respond(400, {"error": kind})
    out = run("openssl", "dgst", f"-{kind}", "-r", input=body["text"])
    return respond(200, {"hash": out.stdout.split()[0]})


def say(event, context):
    """A banner by a shell pipeline; the text is an environment variable."""
    text = json.loads(event["body"])["text"]
    out = subprocess.run(
        'printf "%s" "$TEXT" | tr a-z A-Z | fold -w 40',
        shell=True,
        env={**os.environ, "TEXT": text},
        capture_output=True,
        text=True,
    )
    return respond(200, {"banner": out.stdout})


def say_eval(event, context):
    """The older script expands it once more."""
    text = json.loads(event["body"])["text"]
    out = subprocess.run(
        ["sh", "-c", 'eval "echo $TEXT"'],
        env={**os.environ, "TEXT": text},
        capture_output=True,
        text=True,
        cwd=fresh(),
    )
    return respond(200, {"banner": out.stdout})


def convert_name(event, context):
    """A job of a queue: makes FORMAT of FILE, where a word of the file's name and one of the format go to the shell."""
    results = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        stem, _ext = os.path.splitext(job["file"])
        command = "cp sales.csv {0}.{1} && ls {0}.{1}".format(
            re.sub(r"\s+", "_", stem), job.get("format", "txt")
        )
        results.append(sh(command).stdout.strip())
    return {"results": results}


def thumbnail(event, context):
    """Arguments of a picture program: a fixed list with sizes as numbers."""
    size = event["size"]
    args = [
        "echo",
        "convert",
        event["key"],
        "-resize",
        f"{int(size['w'])}x{int(size['h'])}",
        "-strip",
        "out.png",
    ]
    return {"args": run(*args).stdout.strip()}


def resize_text(event, context):
    """The size is a text such as 100x50."""
    out = os.popen("echo convert in.png -resize %s out.png" % event["size"]).read()
    return {"args": out.strip()}


def ping_device(event, context):
    """A device's name is looked at for blanks and ; before it is asked."""
    host = json.loads(event["body"])["host"]
    if re.search(r"[ ;&|]", host):
        return respond(400, {"error": "bad host"})
    return respond(200, {"out": sh(f"echo asking {host}").stdout})


def ping_matched(event, context):
    """re.match and $ for the host."""
    host = unquote(json.loads(event["body"])["host"])
    if not re.match(r"^[\w.-]+$", host, re.MULTILINE):
        return respond(400, {"error": "bad host"})
    return respond(200, {"out": sh("echo asking " + host).stdout})


def git_log(event, context):
    """What a branch has, for a dashboard."""
    here = fresh()
    git = functools.partial(subprocess.run, cwd=here, capture_output=True, text=True, env={
        "PATH": os.environ["PATH"], "HOME": str(ROOT), "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    })  # fmt: skip
    git(["git", "init", "-q", "-b", "main"])
    git(["git", "add", "."])
    git(["git", "commit", "-q", "-m", event["detail"].get("message", "first")])
    out = git(["git", "log", "--format=%s", event["detail"].get("ref", "main")])
    return {"log": out.stdout, "error": bool(out.stderr)}


def git_grep(event, context):
    """Code search, with arguments from the client before the --."""
    out = run("git", "grep", "--no-index", "-n", param(event, "q"), "--", "notes")
    return respond(200, {"hits": out.stdout.splitlines()})


def git_grep_safe(event, context):
    """The same with -e."""
    out = run("git", "grep", "--no-index", "-nF", "-e", param(event, "q"), "--", "notes")
    return respond(200, {"hits": out.stdout.splitlines()})


def cut(event, context):
    """Columns of a CSV for a step of a state machine."""
    with subprocess.Popen(
        ["cut", "-d", event.get("delimiter", ","), "-f", event["fields"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        out, _ = process.communicate(event["text"])
    return {"text": out}


def mail_pipe(event, context):
    """A message to a program that stands in for sendmail."""
    body = json.loads(event["body"])
    pipe = subprocess.Popen(
        f"cat - | sed 's/^/> /' # to {body['to']}",
        shell=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=fresh(),
    )
    out, _ = pipe.communicate("Subject: {subject}\n\n{text}\n".format(**body))
    return respond(202, {"sent": out})


def decoded_job(event, context):
    """A worker's command line is fixed, its label comes in base64 from a stream and goes to a log by the shell."""
    labels = []
    for record in event["Records"]:
        data = json.loads(base64.b64decode(record["kinesis"]["data"]))
        label = base64.b64decode(data["label"]).decode()
        labels.append(sh('echo "job: %s" | tee job.log' % label).stdout.strip())
    return {"labels": labels}


def backup(event, context):
    """A CloudFormation resource: the old backup script by name and the options joined."""
    p = event["ResourceProperties"]
    options = " ".join(f"--{k}={v}" for k, v in sorted(p.get("Options", {}).items()))
    return {
        "Data": {"out": sh(f"echo backup {shlex.quote(p['Name'])} {options}").stdout},
        "PhysicalResourceId": p["Name"],
    }


def backup_quoted(event, context):
    """The new one."""
    p = event["ResourceProperties"]
    command = shlex.join(
        ["echo", "backup", p["Name"], *(f"--{k}={v}" for k, v in sorted(p.get("Options", {}).items()))]
    )
    return {"Data": {"out": sh(command).stdout}, "PhysicalResourceId": p["Name"]}
