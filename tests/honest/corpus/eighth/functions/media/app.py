"""Workers that turn uploads into other files with the tools of a layer."""

import base64
import email.parser
import email.policy
import glob
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote_plus

from PIL import Image

ROOT = Path("/tmp/media")
SECRET = "media-key-2296"


def _setup():
    shutil.rmtree(ROOT, ignore_errors=True)
    for folder in ("in", "out", "repo", "templates"):
        (ROOT / folder).mkdir(parents=True)
    (ROOT / "secret.txt").write_text(SECRET + "\n")
    for name, text in (
        ("Ann's talk (1).txt", "b\na\nc\nit's a line; really\n"),
        ("naïve & co.csv", "town,people\nCork,3\nÅrhus,1\nBonn,2\n"),
        ("clip-01.txt", "frame 1\nframe 2\n"),
    ):
        (ROOT / "in" / name).write_text(text)
    environment = {**os.environ, "HOME": str(ROOT), "GIT_CONFIG_NOSYSTEM": "1"}
    for command in (
        "git init -q -b main .",
        "git config user.email bot@example.org",
        "git config user.name Bot",
        "git add . && git commit -q -m 'First: it works'",
        "git tag v1.0 && git branch feature/login-form",
    ):
        (ROOT / "repo" / "README.md").write_text("# Docs\nIt's here.\n")
        subprocess.run(command, shell=True, cwd=ROOT / "repo", env=environment, check=True)


_setup()


def _keys(event):
    return [unquote_plus(record["s3"]["object"]["key"]) for record in event["Records"]]


def transcode(event, context):
    """Sorts the lines of a transcript: the command of the layer's tool, with the name in quotes."""
    done = []
    for key in _keys(event):
        source = f"/tmp/media/in/{key}"
        out = subprocess.run(f'sort -u "{source}"', shell=True, capture_output=True, text=True, timeout=10)
        done.append({"key": key, "code": out.returncode, "text": out.stdout})
    return done


def probe(event, context):
    """The type of a file, with a list of arguments."""
    done = []
    for key in _keys(event):
        found = subprocess.run(
            ["file", "--brief", "--mime-type", f"/tmp/media/in/{key}"], capture_output=True, text=True
        )
        done.append(found.stdout.strip().rsplit("/", 1)[-1].split(" ")[0])
    return done


def count_lines(event, context):
    """An SQS job: os.system with what wc says, the name quoted by shlex."""
    answers = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        name = os.path.basename(job["file"])
        os.system(f"wc -l < {shlex.quote('/tmp/media/in/' + name)} > /tmp/media/out/count 2>/dev/null")
        answers.append((ROOT / "out" / "count").read_text().strip() or "0")
    return answers


def column(event, context):
    """One column of a table, by awk; the page sends the separator and the number."""
    body = json.loads(event["body"])
    program = "{ print $" + str(body["column"]) + " }"
    out = subprocess.run(
        ["awk", "-F", body.get("separator", ","), program, "/tmp/media/in/naïve & co.csv"],
        capture_output=True,
        text=True,
        timeout=10,
    )
    return {"statusCode": 200, "body": out.stdout + out.stderr}


def history(event, context):
    """The log of a branch of the documentation."""
    ref = (event.get("queryStringParameters") or {}).get("ref", "main")
    out = subprocess.run(
        ["git", "log", "--format=%s", "-n", "5", *ref.split(" ")],
        cwd=ROOT / "repo",
        capture_output=True,
        text=True,
        timeout=10,
    )
    return {"statusCode": 200 if out.returncode == 0 else 404, "body": out.stdout or "no such ref"}


def grep_docs(event, context):
    """Searches the documentation."""
    query = event["queryStringParameters"]
    out = subprocess.run(
        f"git grep -n -i -F -e {shlex.quote(query['q'])} {query.get('ref', 'HEAD')} -- '*.md'",
        shell=True,
        cwd=ROOT / "repo",
        capture_output=True,
        text=True,
        timeout=10,
    )
    return {"statusCode": 200, "body": out.stdout}


def checksum(event, context):
    """The digest of what was sent, by openssl; the algorithm comes from the client."""
    body = json.loads(event["body"])
    algorithm = body.get("algorithm", "sha256")
    out = subprocess.run(
        f"openssl dgst -{algorithm} -r",
        shell=True,
        input=body["text"].encode(),
        capture_output=True,
        timeout=10,
    )
    return {"statusCode": 200, "body": out.stdout.decode(errors="replace").split(" *")[0]}


def archive(event, context):
    """Packs the files that the page ticked, with tar's own arguments."""
    names = json.loads(event["body"])["files"]
    out = subprocess.run(
        ["tar", "-czf", "/tmp/media/out/bundle.tgz", *names],
        cwd=ROOT / "in",
        capture_output=True,
        text=True,
        timeout=10,
    )
    if out.returncode:
        return {"statusCode": 400, "body": "cannot pack"}
    with tarfile.open(ROOT / "out" / "bundle.tgz") as made:
        return {"statusCode": 200, "body": json.dumps([one.name for one in made] + [out.stdout])}


def unpack_zip(event, context):
    """Unpacks an upload; writes each member where its name says."""
    folder = Path(tempfile.mkdtemp(dir=ROOT / "out"))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as packed:
        for one in packed.infolist():
            if one.is_dir():
                continue
            target = os.path.join(folder, one.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(packed.read(one))
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    return {"statusCode": 200, "body": json.dumps({"files": found, "banner": _banner()}, ensure_ascii=False)}


def _banner():
    path = ROOT / "templates" / "banner.txt"
    return path.read_text() if path.exists() else ""


def unpack_tar(event, context):
    """The same for tape archives, and the text of the first README."""
    folder = Path(tempfile.mkdtemp(dir=ROOT / "out"))
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["data"]))) as packed:
        packed.extractall(folder, filter="fully_trusted")
    readme = sorted(folder.rglob("README*"))
    text = readme[0].read_text() if readme else ""
    names = sorted(path.name for path in folder.rglob("*"))
    shutil.rmtree(folder)
    return {"names": names, "readme": text, "banner": _banner()}


def upload(event, context):
    """A form's file: saved under its own name, then read again."""
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: "
        + event["headers"]["content-type"].encode()
        + b"\r\n\r\n"
        + base64.b64decode(event["body"])
    )
    fields, saved = {}, []
    for part in message.iter_parts():
        name, data = part.get_filename(), part.get_payload(decode=True)
        if name:
            target = os.path.join("/tmp/media/out", name)
            with open(target, "wb") as file:
                file.write(data)
            saved.append({"name": name, "size": len(data)})
        else:
            fields[part.get_param("name", header="content-disposition")] = data.decode()
    answer = {"fields": fields, "saved": saved, "banner": _banner()}
    for one in saved:
        if "/" not in one["name"]:
            os.unlink(os.path.join("/tmp/media/out", one["name"]))
    return {"statusCode": 200, "body": json.dumps(answer, ensure_ascii=False)}


def thumbnail(event, context):
    """A picture's thumbnail, with Pillow."""
    body = json.loads(event["body"])
    image = Image.open(io.BytesIO(base64.b64decode(body["image"])))
    image.thumbnail((int(body.get("width", 64)), int(body.get("height", 64))))
    name = re.sub(r"[^\w.-]", "_", body["name"])
    path = f"/tmp/media/out/{name}.png"
    image.save(path)
    with open(path, "rb") as file:
        size = len(file.read())
    os.unlink(path)
    return {"statusCode": 200, "body": json.dumps({"size": image.size, "written": size > 0, "path": path})}


def gallery(event, context):
    """Files by a pattern: what the page calls a prefix."""
    prefix = (event.get("queryStringParameters") or {}).get("prefix", "")
    return {
        "statusCode": 200,
        "body": json.dumps(
            [Path(one).name for one in sorted(glob.glob(f"/tmp/media/in/{prefix}*"))], ensure_ascii=False
        ),
    }


def subtitles(event, context):
    """Subtitles of a clip in a language."""
    clip, lang = event["pathParameters"]["clip"], event["pathParameters"]["lang"]
    path = Path("/tmp/media/in") / clip / f"{lang}.vtt"
    if not path.exists():
        path = Path(f"/tmp/media/in/{clip}.txt")
    if not path.exists():
        return {"statusCode": 404, "body": "none"}
    return {"statusCode": 200, "body": path.read_text()}
