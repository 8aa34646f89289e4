"""Programs that are run for files, archives, repositories and reports."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote_plus

import boto3

from keys import SIGNING_KEY

os.environ["SIGNING_KEY"] = SIGNING_KEY
BUCKET = "tenth-media"
s3 = boto3.client("s3")


def run(cmd):
    """Runs a command line of the shell."""
    print("+", cmd)
    done = subprocess.run(cmd, shell=True, capture_output=True, text=True, timeout=15)
    return (done.stdout + done.stderr).strip()


def _bucket():
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    except Exception:
        pass


def _fetch(key, target):
    """The object, or a small file where there is none."""
    _bucket()
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        s3.download_file(BUCKET, key, target)
    except Exception:
        Path(target).write_text("hello\nworld\n")


def checksum(event, context):
    """Its name is in quotes, so spaces do no harm."""
    out = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        local = os.path.join("/tmp/in", os.path.basename(key))
        _fetch(key, local)
        out.append(run(f'sha256sum "{local}"'))
        os.remove(local)
    return {"sums": out}


def probe(event, context):
    """The file lies at a fixed place; its name is only printed in the log."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    _fetch(key, "/tmp/probe/input.bin")
    kind = subprocess.check_output(
        "file --brief --mime-type /tmp/probe/input.bin", shell=True, text=True
    ).strip()
    print(f"{key}: {kind}")
    return {"key": key, "kind": kind}


def thumbnail(event, context):
    """A size comes from the query."""
    params = event.get("queryStringParameters") or {}
    size = params.get("size", "64x64")
    fmt = params.get("format", "png")
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/source.ppm"
        Path(source).write_text("P3 1 1 255 255 0 0\n")
        cmd = f"convert {source} -resize {size} {folder}/out.{fmt}; ls {folder}"
        out = run(cmd)
    return {
        "statusCode": 200,
        "body": json.dumps({"log": [line for line in out.splitlines() if "tmp" not in line]}),
    }


def clone(event, context):
    """A push of GitHub: the branch is checked out from the mirror."""
    push = json.loads(event["body"])
    branch = push["ref"].replace("refs/heads/", "")
    work = tempfile.mkdtemp()
    os.environ["HOME"] = work
    try:
        setup = (
            f"cd {work} && git init -q -b main mirror && cd mirror && git -c user.name=x -c user.email=x@x commit -q"
            " --allow-empty -m init"
        )
        run(setup)
        out = run(f"cd {work}/mirror && git checkout -q -B '{branch}' && git branch --show-current")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {
        "statusCode": 200,
        "body": json.dumps({"branch": out, "repository": push["repository"]["full_name"]}),
    }


def git_log(event, context):
    """No shell, but the revision comes from the caller."""
    work = tempfile.mkdtemp()
    if os.path.exists("/tmp/git-out"):
        os.remove("/tmp/git-out")
    try:
        run(
            f"cd {work} && git init -q -b main && git -c user.name=x -c user.email=x@x commit -q --allow-empty"
            ' -m "It\'s a first; commit & more"'
        )
        done = subprocess.run(
            ["git", "log", "--format=%s", event["arguments"]["rev"]],
            cwd=work,
            capture_output=True,
            text=True,
        )
        written = Path("/tmp/git-out").read_text() if os.path.exists("/tmp/git-out") else ""
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {"log": done.stdout, "code": done.returncode, "written": written}


def search_logs(event, context):
    """grep over the logs of a day, quoted."""
    body = json.loads(event["body"])
    os.makedirs("/tmp/logs", exist_ok=True)
    Path("/tmp/logs/app.log").write_text('GET / 200\nERROR it\'s broken: "x"\nPOST /a?b=$c 500\n')
    out = run(f"grep -n -F -- {shlex.quote(body['text'])} /tmp/logs/*.log")
    return {"statusCode": 200, "body": json.dumps({"lines": out.splitlines()})}


def tail_logs(event, context):
    """The same, with the words as arguments."""
    Path("/tmp/service.log").write_text("one\ntwo error\nthree error\n")
    words = event["words"]
    done = subprocess.run(["grep", "-c", words, "/tmp/service.log"], capture_output=True, text=True)
    return {"count": done.stdout.strip(), "error": done.stderr.strip()[:80]}


def pack(event, context):
    """Archives what the message names."""
    results = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        with tempfile.TemporaryDirectory() as folder:
            for name in job["files"]:
                Path(folder, os.path.basename(name)).write_text("x\n")
            names = " ".join(f"'{os.path.basename(name)}'" for name in job["files"])
            results.append(run(f"cd {folder} && tar czf archive.tgz {names} && tar tzf archive.tgz"))
    return {"archives": results}


def pdf_title(event, context):
    """os.popen with double quotes around a title."""
    title = event["detail"]["title"].replace('"', '\\"')
    return {"out": os.popen(f'echo "Title: {title}" | head -c 400').read()}


def ping_host(event, context):
    """A health check; the host in a list of arguments, the port in the shell."""
    hosts = []
    for target in event["targets"]:
        host, _, port = target.partition(":")
        code = os.system(f"echo checking {host} {port or 443} > /tmp/health.txt")
        hosts.append({"host": host, "code": code, "text": Path("/tmp/health.txt").read_text().strip()})
    return hosts


def fetch(event, context):
    """curl with a list of arguments."""
    url = event["queryStringParameters"]["url"]
    done = subprocess.run(["curl", "-s", "--max-time", "5", url], capture_output=True, text=True, cwd="/tmp")
    return {"statusCode": 200, "body": done.stdout[:500]}


def render_json(event, context):
    """jq with a filter made of a field's name; the data comes on its standard input."""
    body = json.loads(event["body"])
    done = subprocess.run(
        ["jq", "-c", f".items[] | .{body['field']}"],
        input=json.dumps({"items": body["items"]}),
        capture_output=True,
        text=True,
    )
    return {"statusCode": 200, "body": done.stdout}


def sign(event, context):
    """openssl signs a text that json.dumps has quoted."""
    text = json.dumps(event["text"])
    return {"mac": run(f"printf %s {text} | openssl dgst -sha256 -hmac k -r")}


def convert_csv(event, context):
    """sqlite3's shell makes a report; the table is the file's name."""
    name = unquote_plus(event["Records"][0]["s3"]["object"]["key"]).rsplit("/", 1)[-1].removesuffix(".csv")
    table = name.replace(" ", "_").replace("-", "_")
    with open("/tmp/report.csv", "w") as file:
        file.write("id,name\n1,O'Neil\n")
    script = f".mode csv\n.import /tmp/report.csv {table}\nSELECT count(*) FROM {table};\n"
    done = subprocess.run(["sqlite3", ":memory:"], input=script, capture_output=True, text=True)
    return {"out": done.stdout.strip()}


def notify_node(event, context):
    """A node script with the event on its command line."""
    payload = json.dumps({"user": event["userName"], "attributes": event["request"]["userAttributes"]})
    script = (
        "const e = JSON.parse(process.argv[1]); console.log(Object.keys(e.attributes).length + ' ' + e.user)"
    )
    done = subprocess.run(["node", "-e", script, payload], capture_output=True, text=True)
    event["response"] = {"log": done.stdout.strip()}
    return event


def node_eval(event, context):
    """The script is put together with the label."""
    label = event["arguments"]["label"]
    script = f"const label = '{label}'; console.log(label.length > 3 ? label.toUpperCase() : label)"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True)
    return {"out": done.stdout.strip()}


def save_job(event, context):
    """A job's options last in a bucket."""
    job = json.loads(event["body"])
    _bucket()
    s3.put_object(Bucket=BUCKET, Key=f"jobs/{job['id']}.json", Body=json.dumps(job).encode())
    return {"statusCode": 202, "body": json.dumps({"id": job["id"]})}


def run_job(event, context):
    """A worker reads the job and runs it."""
    _bucket()
    try:
        job = json.loads(s3.get_object(Bucket=BUCKET, Key=f"jobs/{event['id']}.json")["Body"].read())
    except Exception:
        return {"error": "no job"}
    return {"out": run(f"printf '%s\\n' {job['profile']} | tr a-z A-Z")}
