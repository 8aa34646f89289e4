"""A build team's tool room: repositories, logs and archives, worked on with the programs of the image."""

import asyncio
import base64
import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source

ROOT = Path(tempfile.mkdtemp(prefix="toolroom-"))
REPO, LOGS, DROP = ROOT / "repo", ROOT / "logs", ROOT / "drop"
ENV = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "HOME": str(ROOT),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Bot",
    "GIT_AUTHOR_EMAIL": "bot@example.org",
    "GIT_COMMITTER_NAME": "Bot",
    "GIT_COMMITTER_EMAIL": "bot@example.org",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
}


def _run(*command, text=None, cwd=None, env=None):
    """What the program wrote, both its outputs together."""
    done = subprocess.run(
        command,
        input=text,
        cwd=cwd or ROOT,
        env=env or ENV,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=10,
    )
    return done.stdout.replace(str(ROOT), "ROOT")


def _furnish():
    for folder in (REPO, LOGS, DROP):
        folder.mkdir()
    (REPO / "README.md").write_text("# Toolroom\nSay 'hello' to O'Brien & co (100%).\nTODO: nothing\n")
    (REPO / "café menu.txt").write_text("tea; 2\ncake && cream; 4\n")
    (LOGS / "web.log").write_text("10:00 GET /a 200\n10:01 GET /b?q='x' 404\n10:02 POST /a; 500\n")
    (LOGS / "sales.csv").write_text("Cork,12\nGalway,7\nSt. John's,3\nCork,5\n")
    (ROOT / "token.txt").write_text("deploy-token-8080\n")
    _run("git", "init", "-q", "-b", "main", cwd=REPO)
    _run("git", "add", "-A", cwd=REPO)
    _run("git", "commit", "-qm", "Add the reader's guide; fix #1", cwd=REPO)
    with tarfile.open(DROP / "bundle.tar", "w") as archive:
        for path in sorted(REPO.glob("*.*")):
            archive.add(path, arcname=f"docs/{path.name}")


_furnish()


def _text(body, status=200):
    return {"statusCode": status, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": body}


def code_search(event, context):
    """Lines of the repository that contain the words."""
    words = (event.get("queryStringParameters") or {}).get("q", "")
    return _text(_run("git", "grep", "-n", words, ".", cwd=REPO))


def code_search_fixed(event, context):
    """The same with the words as a fixed string that cannot be an option."""
    words = (event.get("queryStringParameters") or {}).get("q", "")
    return _text(_run("git", "grep", "-n", "-F", "-e", words, "--", ".", cwd=REPO))


def commit_note(event, context):
    """Commits a file with the message of a merge request, then takes it back."""
    request = json.loads(event["body"])["merge_request"]
    (REPO / "note.txt").write_text(request["description"])
    _run("git", "add", "note.txt", cwd=REPO)
    _run(
        "git",
        "commit",
        "-q",
        "-m",
        request["title"],
        "-m",
        request["description"],
        "--author",
        f"{request['author']} <a@example.org>",
        cwd=REPO,
    )
    said = _run("git", "log", "-1", "--format=%an%n%B", cwd=REPO)
    _run("git", "reset", "-q", "--hard", "HEAD~1", cwd=REPO)
    return _text(said)


def file_at(event, context):
    """A file as it was at a revision; the page sends `revision:path`, or only a revision."""
    spec = event["pathParameters"]["proxy"]
    return _text(_run("git", "show", "--format=%s", *spec.split(), cwd=REPO))


def compare(event, context):
    """What two revisions differ in."""
    body = json.loads(event["body"])
    return _text(_run("git", "diff", *body["range"].split(" "), cwd=REPO) or "no difference")


def remote_heads(event, context):
    """The branches of a repository that a customer wants to connect."""
    url = event["detail"]["repository"]
    if url.startswith("http"):
        return {"heads": [], "note": "connected later: " + url}
    return {"heads": _run("git", "ls-remote", "--heads", url, ".", cwd=REPO).splitlines()}


def log_lines(event, context):
    """Lines of a log with all of the words; one grep after the other."""
    words = event["arguments"]["words"]
    found = (LOGS / "web.log").read_text()
    for word in words:
        found = _run("grep", "-F", "-e", word, text=found)
    return found.splitlines()


def log_lines_quick(event, context):
    """The same by the shell, with the words in double quotes."""
    words = event["arguments"]["words"]
    pipe = " | ".join(f'grep "{word}"' for word in words)
    return os.popen(f"cat {shlex.quote(str(LOGS / 'web.log'))} | {pipe}").read().splitlines()


def sales_of(event, context):
    """The sum of a town's sales, by awk."""
    town = event["pathParameters"]["town"].strip()
    program = f'$1 == "{town}" {{ sum += $2 }} END {{ print sum + 0 }}'
    return _text(_run("awk", "-F,", program, str(LOGS / "sales.csv")))


def sales_of_variable(event, context):
    """The same with the town in the program's environment."""
    town = event["pathParameters"]["town"]
    program = '$1 == ENVIRON["TOWN"] { sum += $2 } END { print sum + 0 }'
    return _text(_run("awk", "-F,", program, str(LOGS / "sales.csv"), env={**ENV, "TOWN": town}))


def letterhead(event, context):
    """A text with the names of the form put in by sed; slashes are escaped."""
    fields = event["fields"]
    script = "\n".join(
        "s/@{}@/{}/g".format(key, value.replace("/", "\\/").replace("&", "\\&"))
        for key, value in fields.items()
    )
    return {"letter": _run("sed", script, text="Dear @name@,\nyour parcel is at @place@.\n")}


@event_source(data_class=SQSEvent)
def unpack_members(event, context):
    """Gives members of the bundle, by names in queue messages."""
    answers = []
    for record in event.records:
        names = json.loads(record.body)["members"]
        answers.append(_run("tar", "-xOf", str(DROP / "bundle.tar"), *names))
    return answers


def find_files(event, context):
    """Files by name; `*` is allowed, a second pattern after a blank as well."""
    first, *more = event["queryStringParameters"]["name"].split()
    found = _run("find", "repo", "-type", "f", "-not", "-path", "*/.git/*", "-name", first, *more)
    return _text("\n".join(sorted(found.splitlines())))


def sorted_sales(event, context):
    """The sales sorted by a column, as the export's page has it in its address."""
    column = (event.get("queryStringParameters") or {}).get("column", "1")
    command = shlex.split(f"sort -t, -k {column} {shlex.quote(str(LOGS / 'sales.csv'))}")
    return _text(_run(*command))


def price(event, context):
    """A price by the shell's own arithmetic."""
    quantity = json.loads(event["body"])["quantity"]
    return _text(_run("bash", "-c", "echo $(( QUANTITY * 3 ))", env={**ENV, "QUANTITY": str(quantity)}))


def run_step(event, context):
    """A step of a pipeline: a script of ours with the variables that the pipeline sets."""
    variables = event.get("variables", {})
    script = 'printf "%s\\n" "building ${TARGET:-all}"; echo "note: ${NOTE:-}"'
    return {"output": _run("bash", "-c", script, env={**ENV, **variables})}


def greet(event, context):
    """A greeting by a shell line in an async job; names are quoted as they should be."""
    names = base64.b64decode(event["body"]).decode().split("\n")

    async def one(name):
        process = await asyncio.create_subprocess_shell(
            f"printf 'hello %s' {shlex.quote(name)}", stdout=subprocess.PIPE, env=ENV
        )
        return (await process.communicate())[0].decode()

    async def everybody():
        return [await one(name) for name in names]

    return asyncio.run(everybody())


def slug(event, context):
    """A folder for a project: the name lower-cased and without blanks, made by the shell."""
    name = event["project"]["name"].lower().replace(" ", "-").replace("'", "").replace("/", "")
    folder = shutil.os.path.join("drop", name)
    return {"said": _run("sh", "-c", f'mkdir -p "{folder}" && echo made "{folder}" && rmdir "{folder}"')}


def ping_partner(event, context):
    """Asks a partner by curl, with a configuration on its standard input."""
    query = event["query"].replace('"', "%22").replace(" ", "%20")
    config = f"silent\nmax-time = 5\nurl = {os.environ['PARTNER_URL']}/ping?{query}\n"
    return {"answer": _run("curl", "-K", "-", text=config)}


def calculate(event, context):
    """A spreadsheet's cell, worked out in a process of its own."""
    cell = event["cell"]
    if re.search(r"import|open|exec|;", cell):
        return {"error": "not in a cell"}
    done = _run(sys.executable, "-I", "-c", f"print(round({cell}, 2))")
    return {"value": done.strip().splitlines()[-1]}


def table_of_log(event, context):
    """A CSV that came with a form, sorted by the program `sort` and given as rows."""
    rows = _run("sort", "-u", text=base64.b64decode(event["csv"]).decode())
    return {"rows": list(csv.reader(io.StringIO(rows)))}
