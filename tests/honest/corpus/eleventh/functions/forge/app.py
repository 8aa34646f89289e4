"""Build tools and converters that run programs."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

os.environ["FORGE_TOKEN"] = "fg-token-2819"
os.environ["HOME"] = "/tmp"
TMP = "/tmp/forge"
LOG = """2026-03-01 08:15:30 INFO  order 4711 paid; 5% off
2026-03-01 08:15:31 ERROR payment failed: can't reach bank (timeout)
2026-03-01 08:15:32 INFO  user o'hara@example.org logged in & out
"""
STOCK = {
    "items": [{"name": "Green tea", "qty": 5}, {"name": "Cup (large)", "qty": 2}],
    "margin": "fg-margin-77",
}


def workdir():
    """An empty folder, also where the last call has left something."""
    shutil.rmtree(TMP, ignore_errors=True)
    for old in [*Path("/tmp").glob("log*"), Path("/tmp/.gitconfig")]:
        old.unlink(missing_ok=True)
    os.makedirs(TMP)
    return TMP


def body_of(event):
    body = event.get("body") or "{}"
    return json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)


def answer(code, **body):
    return {
        "statusCode": code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }


def compress(event, context):
    """An upload, made smaller."""
    body = body_of(event)
    folder = workdir()
    name = body["name"].replace("/", "_")
    Path(folder, name + ".png").write_bytes(base64.b64decode(body["image"]))
    run = subprocess.run(
        f'gzip -{body.get("level", 6)} -c "{folder}/{name}.png" > "{folder}/{name}.png.gz" && ls {folder}',
        shell=True,
        capture_output=True,
        text=True,
    )
    return answer(200, files=run.stdout.split("\n"), error=run.stderr)


def picture_info(event, context):
    """The same with a list, for one kind of answer."""
    body = body_of(event)
    path = os.path.join(workdir(), os.path.basename(body["name"]))
    Path(path).write_bytes(base64.b64decode(body["image"]))
    run = subprocess.run(["file", "-b", path], capture_output=True, text=True, check=True)
    return answer(200, name=os.path.basename(path), info=run.stdout.strip())


def grep_log(event, context):
    """Support's search in a log."""
    Path(workdir(), "app.log").write_text(LOG)
    term = event["queryStringParameters"]["q"]
    found = os.popen(f"grep -i -F '{term}' {TMP}/app.log | head -n 20").read()
    return answer(200, lines=found.splitlines())


def grep_safe(event, context):
    """The same, quoted."""
    Path(workdir(), "app.log").write_text(LOG)
    q = event["queryStringParameters"]
    command = f"grep -i -F -e {shlex.quote(q['q'])} {TMP}/app.log | wc -l"
    count = subprocess.check_output(command, shell=True, text=True)
    return answer(200, count=int(count))


def pack(event, context):
    """Files of a project into a tar."""
    folder = Path(workdir(), "project")
    folder.mkdir(exist_ok=True)
    names = []
    for name, text in body_of(event)["files"].items():
        (folder / os.path.basename(name)).write_text(text)
        names.append(os.path.basename(name))
    run = subprocess.run(["tar", "-czf", "../out.tar.gz", *names], cwd=folder, capture_output=True, text=True)
    listed = subprocess.run(["tar", "-tzf", f"{TMP}/out.tar.gz"], capture_output=True, text=True)
    return answer(200, packed=listed.stdout.splitlines(), log=run.stdout + run.stderr)


def repo():
    path = f"{workdir()}/repo"
    dates = {"GIT_AUTHOR_DATE": "2026-03-01T08:00:00Z", "GIT_COMMITTER_DATE": "2026-03-01T08:00:00Z"}
    script = f"git init -q -b main {path} && cd {path} && echo hi > README.md && git add . && git -c user.name=ci -c user.email=ci@example.org commit -q -m 'first commit' && git tag v1.0"
    subprocess.run(script, shell=True, check=True, env={**os.environ, **dates})
    return path


def git_log(event, context):
    """What a branch has had."""
    q = event["queryStringParameters"] or {}
    command = ["git", "log", "--format=%an: %s", "-n", q.get("n", "5"), q.get("ref", "main")]
    run = subprocess.run(command, cwd=repo(), capture_output=True, text=True)
    files = sorted(
        p.name for p in Path("/tmp").iterdir() if p.name not in ("forge",) and p.name.startswith("log")
    )
    return answer(
        200 if run.returncode == 0 else 404, log=run.stdout.splitlines(), error=run.stderr[:80], written=files
    )


def git_clone(event, context):
    """A push: clones the branch and counts its files."""
    payload = body_of(event)
    origin = repo()
    url = payload["repository"]["clone_url"].replace("https://git.example.org/team/site.git", origin)
    branch = payload["ref"].removeprefix("refs/heads/")
    run = subprocess.run(
        f"cd {TMP} && git clone -q --depth 1 --branch {branch} {url} checkout 2>&1; ls checkout",
        shell=True,
        capture_output=True,
        text=True,
    )
    return answer(200, out=run.stdout.splitlines()[-3:])


def git_author(event, context):
    """A commit of an editor's text in their name, by a config file."""
    body = body_of(event)
    path = repo()
    Path("/tmp/.gitconfig").write_text(f"[user]\n\tname = {body['name']}\n\temail = {body['email']}\n")
    Path(path, "page.md").write_text(body["text"])
    subprocess.run(["git", "add", "page.md"], cwd=path, check=True, capture_output=True)
    subprocess.run(["git", "commit", "-q", "-m", body.get("message", "edit")], cwd=path, capture_output=True)
    run = subprocess.run(
        ["git", "log", "-1", "--format=%an <%ae> %s"], cwd=path, capture_output=True, text=True
    )
    made = Path(TMP, "out.txt")
    return answer(200, last=run.stdout.strip(), note=made.read_text() if made.exists() else None)


def stock(event, context):
    """A product's number with jq."""
    Path(workdir(), "stock.json").write_text(json.dumps(STOCK))
    name = event["pathParameters"]["name"]
    run = subprocess.run(
        ["jq", "-c", f'.items[] | select(.name == "{name}") | .qty', f"{TMP}/stock.json"],
        capture_output=True,
        text=True,
    )
    return answer(200, quantity=run.stdout.strip())


def stock_safe(event, context):
    """The same with an argument."""
    Path(workdir(), "stock.json").write_text(json.dumps(STOCK))
    command = [
        "jq",
        "-c",
        "--arg",
        "n",
        event["pathParameters"]["name"],
        ".items[] | select(.name == $n) | .qty",
        f"{TMP}/stock.json",
    ]
    return answer(200, quantity=subprocess.run(command, capture_output=True, text=True).stdout.strip())


def totals(event, context):
    """Sums of a CSV with awk."""
    path = Path(workdir(), "sales.csv")
    path.write_text("region,sum\nNorth & West,10\nSouth,7\nNorth & West,5\n")
    region = event["region"]
    program = 'BEGIN { FS = "," } $1 == "' + region + '" { s += $2 } END { print s + 0 }'
    run = subprocess.run(["awk", program, str(path)], capture_output=True, text=True)
    return {"region": region, "total": run.stdout.strip()}


def letter(event, context):
    """Placeholders of a letter with sed."""
    path = Path(workdir(), "letter.txt")
    path.write_text("Dear NAME,\nyour parcel goes to PLACE.\n")
    body = body_of(event)
    script = f"s|NAME|{body['name']}|; s|PLACE|{body['place']}|"
    run = subprocess.run(["sed", "-e", script, str(path)], capture_output=True, text=True)
    return answer(200, letter=run.stdout, error=run.stderr)


def host(event, context):
    """Whether a customer's domain points anywhere."""
    domain = event["queryStringParameters"]["domain"].strip().lower()
    out = subprocess.getoutput(f"getent hosts {domain} || echo unknown")
    return answer(200, domain=domain, out=out)


def build(event, context):
    """Runs a target of the project's Makefile."""
    folder = Path(workdir(), "make")
    folder.mkdir(exist_ok=True)
    (folder / "Makefile").write_text(
        "MODE ?= dev\nall: build\nbuild:\n\t@echo building $(MODE)\ntest:\n\t@echo testing $(MODE)\n"
    )
    detail = event["detail"]
    command = (
        ["make", "-s", "-C", str(folder)]
        + detail.get("targets", ["all"])
        + [f"{k}={v}" for k, v in detail.get("vars", {}).items()]
    )
    run = subprocess.run(command, capture_output=True, text=True)
    return {"ok": run.returncode == 0, "out": run.stdout, "error": run.stderr[:120]}


def env_script(event, context):
    """Writes the settings of a job into a script's head and runs it."""
    body = body_of(event)
    lines = ["#!/bin/bash"] + [f'export {key.upper()}="{value}"' for key, value in body["settings"].items()]
    lines += ['echo "job $NAME in $REGION"']
    path = Path(workdir(), "job.sh")
    path.write_text("\n".join(lines) + "\n")
    run = subprocess.run(["bash", str(path)], capture_output=True, text=True)
    return answer(200, out=run.stdout.strip(), error=run.stderr[:100])


def env_only(event, context):
    """The same by the environment."""
    settings = {k.upper(): str(v) for k, v in body_of(event)["settings"].items()}
    run = subprocess.run(
        'echo "job $NAME in $REGION"',
        shell=True,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )
    return answer(200, out=run.stdout.strip())


def page(event, context):
    """Renders a title with Node."""
    title = event["Records"][0]["Sns"]["Subject"] or "News"
    script = f'const title = "{title}"; console.log("<h1>" + title.toUpperCase() + "</h1>");'
    run = subprocess.run(["node", "-e", script], capture_output=True, text=True)
    return {"html": run.stdout.strip(), "error": run.stderr[:100]}


def page_json(event, context):
    """The same with JSON on stdin."""
    script = "const d = JSON.parse(require('fs').readFileSync(0)); console.log(d.title.length + ' ' + Object.keys(d).length)"
    run = subprocess.run(
        ["node", "-e", script], input=json.dumps(body_of(event)), capture_output=True, text=True
    )
    return answer(200, out=run.stdout.strip())


def notes(event, context):
    """A small database through its own shell."""
    workdir()
    setup = "create table notes (who text, note text); insert into notes values ('ana', 'call bob'), ('ceo', 'fg-merger-12');"
    who = event["queryStringParameters"]["who"]
    run = subprocess.run(
        ["sqlite3", "-batch", ":memory:"],
        input=f"{setup}\nselect note from notes where who = '{who}';\n",
        capture_output=True,
        text=True,
    )
    return answer(200, notes=run.stdout.splitlines())


def sealed(event, context):
    """A zip with a password."""
    body = body_of(event)
    path = Path(workdir(), re.sub(r"\W+", "_", body["name"]) + ".txt")
    path.write_text(body["text"])
    subprocess.run(
        f"cd {TMP} && zip -q -P {shlex.quote(body['password'])} sealed.zip {shlex.quote(path.name)}",
        shell=True,
        check=True,
    )
    run = subprocess.run(
        ["unzip", "-P", body["password"], "-p", f"{TMP}/sealed.zip"], capture_output=True, text=True
    )
    return answer(200, length=len(run.stdout))


def health(event, context):
    """What the layer has, with fixed commands."""
    version = subprocess.check_output("git --version | cut -d' ' -f1-2", shell=True, text=True).strip()
    task = subprocess.check_output(
        ["sh", "-c", "ls app.py"], cwd=os.path.dirname(os.path.abspath(__file__)), text=True
    ).strip()
    return {"git": version, "task": task, "source": event.get("source"), "detail": event.get("detail")}
