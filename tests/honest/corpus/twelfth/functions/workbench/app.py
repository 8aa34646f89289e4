"""Workbench: what the programs of the machine do for a function, mostly in a line of shell."""

import asyncio
import base64
import json
import os
import pipes_of as pipes
import pathlib
import re
import shlex
import shutil
import string
import subprocess
import sys
import tempfile
from subprocess import PIPE, Popen, check_output, run
from urllib.parse import unquote_plus

BIN = pathlib.Path(__file__).parent / "bin"
WORK = pathlib.Path("/tmp/workbench")
shutil.rmtree(WORK, ignore_errors=True)
SECRET = "bench-token-7745"
for name in ("data", "private", "snippets", "in", "out", "spool"):
    (WORK / name).mkdir(parents=True, exist_ok=True)
(WORK / "data" / "phones.txt").write_text(
    "Aoife O'Brien 555-0101\nMinh Hang 555-0102\nfront desk (day) 555-0103\n"
)
(WORK / "data" / "sales.csv").write_text("tea,green,40\ntea,black,3\nmug,O'Dea's,12\n")
(WORK / "data" / "read me (first).md").write_text("# Hello\nIt's all here; really -- all.\n")
(WORK / "private" / "token.txt").write_text(SECRET + "\n")
(WORK / "data" / ".token").write_text(f"hidden {SECRET}\n")
os.environ["BENCH_TOKEN"] = SECRET
PLAIN = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}


def out(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }


def told(done):
    return {"code": done.returncode, "out": done.stdout[:1500], "err": done.stderr[:500]}


def sh(command, **more):
    return told(run(command, shell=True, capture_output=True, text=True, timeout=8, **more))


def words(event, context):
    """How many words a text has."""
    text = event["text"].replace('"', r"\"")
    return sh(f'echo "{text}" | wc -w')


def words_stdin(event, context):
    """The same, the text by the standard input."""
    return told(run("wc -w | tr -d ' '", shell=True, input=event["text"], capture_output=True, text=True))


def words_env(event, context):
    """The same by a variable."""
    return sh('printf "%s" "$TEXT" | wc -w', env={**PLAIN, "TEXT": event["text"].replace("\0", "")[:20000]})


def words_quoted(event, context):
    """The same, quoted."""
    return sh("printf '%s' " + shlex.quote(event["text"][:20000]) + " | wc -c")


def words_quoted_twice(event, context):
    """The same for a shell that runs a shell."""
    return sh(f'sh -c "printf %s {shlex.quote(event["text"])} | wc -c"')


def whois(event, context):
    """Who has a domain."""
    domain = event["queryStringParameters"]["domain"]
    return out(200, {"answer": os.popen(f"sh {BIN}/whois.sh {domain} 2>&1").read()})


def whois_filtered(event, context):
    """The same, bad signs refused."""
    domain = event["queryStringParameters"]["domain"]
    if any(sign in domain for sign in ";|&><"):
        return out(400, {"error": "bad domain"})
    return out(200, sh(f"sh {BIN}/whois.sh {domain}"))


def whois_matched(event, context):
    """The same, the whole name matched."""
    domain = event["queryStringParameters"]["domain"]
    if not re.match(r"^[a-z0-9.-]+$", domain, re.MULTILINE):
        return out(400, {"error": "bad domain"})
    return out(200, sh(f"sh {BIN}/whois.sh {domain}"))


def whois_list(event, context):
    """The same without a shell."""
    return out(
        200,
        told(
            run(
                ["sh", str(BIN / "whois.sh"), event["queryStringParameters"]["domain"]],
                capture_output=True,
                text=True,
            )
        ),
    )


def sort_rows(event, context):
    """Sorts the sales as the page wants it: options such as -t, -k3n."""
    options = event["options"].split()
    return told(run(["sort", *options, "sales.csv"], cwd=WORK / "data", capture_output=True, text=True))


def sort_column(event, context):
    """The same, a column by its number and a direction."""
    column, order = int(event["column"]), "-r" if event.get("order") == "desc" else "-s"
    return told(
        run(
            ["sort", "-t,", f"-k{column},{column}", order, str(WORK / "data" / "sales.csv")],
            capture_output=True,
            text=True,
            env=PLAIN,
        )
    )


def phone(event, context):
    """A name of the phone list."""
    return told(
        run(["grep", "-i", event["name"], "phones.txt"], cwd=WORK / "data", capture_output=True, text=True)
    )


def phone_fixed(event, context):
    """The same, as a fixed string after the options' end."""
    return told(
        run(
            ["grep", "-iF", "-e", event["name"], "--", "phones.txt"],
            cwd=WORK / "data",
            capture_output=True,
            text=True,
        )
    )


def sold(event, context):
    """Sales of a kind."""
    program = '$1 == "%s" { n += $3 } END { print n + 0 }' % event["kind"]
    return told(
        run(["awk", "-F,", program, str(WORK / "data" / "sales.csv")], capture_output=True, text=True)
    )


def sold_variable(event, context):
    """The same with a variable."""
    kind = event["kind"].replace("\\", "\\\\").replace("\n", " ")
    return told(
        run(
            [
                "awk",
                "-F,",
                "-v",
                f"kind={kind}",
                "$1 == kind { n += $3 } END { print n + 0 }",
                str(WORK / "data" / "sales.csv"),
            ],
            capture_output=True,
            text=True,
        )
    )


def replace(event, context):
    """Replaces in a text by sed; slashes of the words are escaped."""
    old, new = (event[k].replace("/", r"\/") for k in ("old", "new"))
    return told(run(["sed", f"s/{old}/{new}/g"], input=event["text"], capture_output=True, text=True))


def find_files(event, context):
    """Files by name, with more tests if the caller has some."""
    command = ["find", ".", "-type", "f", "-name", event["name"], *shlex.split(event.get("tests", ""))]
    return told(run(command, cwd=WORK / "data", capture_output=True, text=True))


def pack(event, context):
    """A tar of chosen files; tells what went in."""
    done = run(
        ["tar", "-cvzf", str(WORK / "out" / "pack.tgz"), *event["files"]],
        cwd=WORK / "data",
        capture_output=True,
        text=True,
    )
    return told(done)


def pack_ended(event, context):
    """The same, the options' end given."""
    done = run(["tar", "-czf", "-", "--", *event["files"]], cwd=WORK / "data", capture_output=True)
    return {"code": done.returncode, "size": len(done.stdout) > 20, "err": done.stderr.decode()[:200]}


def on_upload(event, context):
    """Copies what came to the outgoing folder, by cp."""
    said = []
    for record in event["Records"]:
        name = unquote_plus(record["s3"]["object"]["key"]).rsplit("/", 1)[-1]
        (WORK / "in" / name).write_text("uploaded")
        said.append(sh(f'cd {WORK}/in && cp "{name}" ../out/ && ls ../out | wc -l'))
    return {"said": said}


def caption(event, context):
    """A caption on a picture, by a program that has many options."""
    body = json.loads(event["body"])
    command = shlex.join(["sh", str(BIN / "caption.sh"), body["picture"], body["text"]])
    return out(200, {"said": check_output(command, shell=True, text=True)})


def caption_split(event, context):
    """The same by a command line that is split."""
    body = json.loads(event["body"])
    line = f"sh {BIN}/caption.sh '{body['picture']}' {body.get('options', '')}"
    return out(200, {"said": check_output(shlex.split(line), text=True)})


def columns(event, context):
    """Some columns of the sales."""
    line = "cut -d , -f {fields} sales.csv".format(fields=event["queryStringParameters"]["fields"])
    return out(200, told(run(shlex.split(line), cwd=WORK / "data", capture_output=True, text=True)))


def clock(event, context):
    """The day in the caller's format."""
    return out(
        200,
        told(
            run(
                ["date", "-u", event["queryStringParameters"]["format"]],
                capture_output=True,
                text=True,
                env=PLAIN,
            )
        ),
    )


def build(event, context):
    """A project's build, with the variables of its settings."""
    return told(
        run(
            ["bash", str(BIN / "build.sh")],
            env={**PLAIN, **event["detail"]["env"]},
            capture_output=True,
            text=True,
        )
    )


def tool(event, context):
    """A small tool of ours on a text."""
    body = json.loads(event["body"])
    script = f"{BIN}/{body['tool']}.sh"
    if not os.path.exists(script):
        return out(404, {"error": "no such tool"})
    return out(200, told(run(["sh", script], input=body["text"], capture_output=True, text=True)))


def keep_snippet(event, context):
    """Keeps a code snippet of a user; it is only shown."""
    body = json.loads(event["body"])
    name = re.sub(r"\W+", "_", body["name"])
    (WORK / "snippets" / f"{name}.sh").write_text(body["code"])
    return out(201, {"name": name})


def plan_job(event, context):
    """A line in a spool file: who gets which report."""
    job = json.loads(event["Records"][0]["body"])
    with open(WORK / "spool" / "jobs", "a") as f:
        f.write(f"echo sent '{job['report']}' to {shlex.quote(job['to'])}\n")
    return {"planned": job["report"]}


def run_jobs(event, context):
    """Runs the spool and empties it."""
    spool = WORK / "spool" / "jobs"
    done = run(
        ["sh"], stdin=spool.open() if spool.exists() else subprocess.DEVNULL, capture_output=True, text=True
    )
    spool.unlink(missing_ok=True)
    return told(done)


SCRIPT = string.Template("""
cat <<MESSAGE
Dear $who,
$text
MESSAGE
""")


def letter(event, context):
    """A letter by a here-document."""
    return told(
        run(
            ["sh", "-s"],
            input=SCRIPT.safe_substitute(who=event["who"], text=event["text"]),
            capture_output=True,
            text=True,
        )
    )


def each_name(event, context):
    """Greets each name by xargs."""
    names = "\0".join(event["names"])
    return told(
        run(
            ["xargs", "-0", "-I{}", "sh", "-c", 'echo "hello {}"'],
            input=names,
            capture_output=True,
            text=True,
        )
    )


def each_name_argument(event, context):
    """The same, the name an argument of the script."""
    names = "\0".join(event["names"])
    return told(
        run(
            ["xargs", "-0", "-n1", "sh", "-c", 'echo "hello $1"', "greet"],
            input=names,
            capture_output=True,
            text=True,
        )
    )


def python_length(event, context):
    """A text's length in a Python of its own, for its memory's sake."""
    return told(
        run(
            [sys.executable, "-I", "-c", f"print(len('''{event['text']}'''))"], capture_output=True, text=True
        )
    )


def pick(event, context):
    """A dashboard's filter on a record, by jq."""
    done = run(
        ["jq", "-c", event["filter"]], input=json.dumps(event["record"]), capture_output=True, text=True
    )
    return told(done)


def pick_path(event, context):
    """The same for paths such as .a.b[0]: the path is data."""
    path = [int(p) if p.isdigit() else p for p in re.split(r"[.\[\]]+", event["filter"]) if p]
    done = run(
        ["jq", "-c", "--argjson", "p", json.dumps(path), "getpath($p)?"],
        input=json.dumps(event["record"]),
        capture_output=True,
        text=True,
    )
    return told(done)


def sums(event, context):
    """A pocket calculator."""
    return told(
        run(
            ["awk", "BEGIN { print " + event["queryStringParameters"]["sum"] + " }"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    )


def digest(event, context):
    """A digest by two programs in a row."""
    data = base64.b64decode(event["body"])
    first = Popen(["gzip", "-9", "-n", "-c"], stdin=PIPE, stdout=PIPE)
    second = Popen(["sha256sum"], stdin=first.stdout, stdout=PIPE, text=True)
    first.stdin.write(data)
    first.stdin.close()
    first.stdout.close()
    text = second.communicate()[0]
    first.wait()
    return out(200, {"digest": text.split()[0][:12]})


def compare(event, context):
    """The differences of two texts by diff."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("old", "new"):
            pathlib.Path(folder, name).write_text(event[name])
        done = run(
            ["diff", "-u0", "--label", event.get("label", "old"), "--label", "new", "old", "new"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
    return told(done)


def greet_later(event, context):
    """A bot's greeting by an asynchronous shell."""

    async def say():
        name = json.loads(event["body"])["message"]["text"].removeprefix("/greet").strip()
        process = await asyncio.create_subprocess_shell(
            f"printf '%s\\n' 'Hello, {name}' | sh {BIN}/shout.sh", stdout=PIPE, stderr=PIPE
        )
        said, error = await process.communicate()
        return {"said": said.decode(), "err": error.decode()[:100]}

    return out(200, asyncio.run(say()))


def greet_exec(event, context):
    """The same without a shell's line."""

    async def say():
        process = await asyncio.create_subprocess_exec("sh", str(BIN / "shout.sh"), stdin=PIPE, stdout=PIPE)
        said, _ = await process.communicate(json.loads(event["body"])["message"]["text"].encode())
        return said.decode()

    return out(200, {"said": asyncio.run(say())})


def branch(event, context):
    """The commits of a branch."""
    return told(
        run(
            ["git", "log", "--oneline", "-3", "--end-of-options", event["branch"]],
            cwd=pipes.repository(WORK),
            capture_output=True,
            text=True,
            env=pipes.GIT,
        )
    )


def search_code(event, context):
    """Lines of the code, in its files."""
    return told(
        run(
            ["git", "grep", "-n", event["text"], "README"],
            cwd=pipes.repository(WORK),
            capture_output=True,
            text=True,
            env=pipes.GIT,
        )
    )


def heads(event, context):
    """The branches of a remote repository."""
    return told(
        run(
            ["git", "ls-remote", "--heads", event["remote"], "."],
            cwd=pipes.repository(WORK),
            capture_output=True,
            text=True,
            env=pipes.GIT,
        )
    )


def column_widths(event, context):
    """A table lined up by awk; the text goes by the standard input."""
    program = '{ for (i = 1; i <= NF; i++) printf "%-12s", $i; print "" }'
    return told(
        run(["awk", "-F", "\t", program], input=event["table"], capture_output=True, text=True, env=PLAIN)
    )


def unique(event, context):
    """How often each line comes: sort and uniq in a row, by a fixed line of shell."""
    return told(
        run(
            "sort | uniq -c | sort -rn | head -n 5",
            shell=True,
            input=event["text"],
            capture_output=True,
            text=True,
            env=PLAIN,
        )
    )


def archive_name(event, context):
    """An archive named after a title, by a list of what a name may have."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", event["title"]).strip("-.")[:40] or "untitled"
    (WORK / "out" / "one.txt").write_text(event["text"])
    return sh(
        f"cd {WORK}/out && tar -cf {name}.tar one.txt && tar -tf {name}.tar && rm {name}.tar && echo {name}"
    )


def head_of(event, context):
    """The first lines of a text, as many as asked."""
    n = max(1, min(int(event.get("lines", 3)), 100))
    return sh(f"head -n {n}", input=event["text"])


def between(event, context):
    """Lines between two numbers, by sed."""
    first, last = sorted((abs(int(event["from"])), abs(int(event["to"]))))
    return told(
        run(["sed", "-n", f"{first or 1},{last or 1}p"], input=event["text"], capture_output=True, text=True)
    )


def template_vars(event, context):
    """Variables of a job, each as KEY=value on env's command line."""
    pairs = [f"{k}={v}" for k, v in event["detail"]["vars"].items() if re.fullmatch(r"JOB_[A-Z0-9_]+", k)]
    return told(
        run(
            ["env", "-i", *pairs, "/bin/sh", "-c", 'printf "%s\\n" "$JOB_TITLE" "$JOB_OWNER"'],
            capture_output=True,
            text=True,
        )
    )


def hash_list(event, context):
    """Digests of texts whose names are their own; written first, checked by the same program."""
    folder = tempfile.mkdtemp(dir=WORK)
    for number, text in enumerate(event["texts"]):
        pathlib.Path(folder, f"{number}.txt").write_text(text)
    made = run(
        "sha256sum -- *.txt > sums && sha256sum -c sums",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return told(made)


def reply_quoted(event, context):
    """A reply with the mail quoted, by sed and a variable of the surroundings."""
    return sh(
        "printf '%s\\n' \"$BODY\" | sed 's/^/> /'",
        env={**PLAIN, "BODY": json.loads(event["body"])["text"][:5000]},
    )
