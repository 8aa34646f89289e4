"""A smithy's jobs with programs, archives and files."""

import asyncio
import base64
import fnmatch
import glob
import io
import json
import mimetypes
import os
import posixpath
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, unquote_plus

from PIL import Image, ImageOps, UnidentifiedImageError

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
BIN = os.path.join(HERE, "bin")
TMP = tempfile.mkdtemp(prefix="smithy-")
os.environ["SMITHY_TOKEN"] = "anvil-key-6174"


def res(status, body, **headers):
    if not isinstance(body, str):
        body = json.dumps(body, ensure_ascii=False)
    return {"statusCode": status, "headers": {"Content-Type": "application/json", **headers}, "body": body}


def param(event, name, default=None):
    return (event.get("queryStringParameters") or {}).get(name, default)


def sh(command, **kw):
    done = subprocess.run(command, shell=True, cwd=HERE, capture_output=True, text=True, timeout=10, **kw)
    return done.stdout


def run(*argv, **kw):
    done = subprocess.run(argv, cwd=kw.pop("cwd", HERE), capture_output=True, text=True, timeout=10, **kw)
    return (done.stdout or done.stderr).replace(HERE + "/", "")


@contextmanager
def workshop():
    """A folder for one job, beside a file of settings."""
    with tempfile.TemporaryDirectory(dir=TMP) as name:
        inner = Path(name) / "job"
        inner.mkdir()
        (Path(name) / "settings.json").write_text('{"mode": "normal"}')
        yield inner


def settings(inner):
    return json.loads((inner.parent / "settings.json").read_text())


def count_words(event, context):
    """GET /words?file=notes.txt"""
    name = param(event, "file", "notes.txt")
    return res(200, {"words": sh(f"wc -w data/{name}").split()})


def count_words_list(event, context):
    """The same without a shell, of files that are there."""
    name = param(event, "file", "notes.txt")
    if name not in os.listdir(DATA):
        return res(404, {"error": f"{name} is not there"})
    return res(200, {"words": run("wc", "-w", "--", name, cwd=DATA).split()[0]})


def sort_stock(event, context):
    """GET /stock?options=-t, -k2 -n: the sort program's own options."""
    options = shlex.split(param(event, "options", ""))
    out = subprocess.run(
        ["sort", *options, "stock.csv"], cwd=DATA, capture_output=True, text=True, timeout=10
    ).stdout
    return res(200, {"lines": out.splitlines()})


def sort_lines(event, context):
    """POST /sort with lines in the body."""
    flags = {"numeric": "-n", "reverse": "-r", "unique": "-u"}
    chosen = [flags[f] for f in (param(event, "flags") or "").split(",") if f in flags]
    out = subprocess.run(
        ["sort", *chosen],
        input=event["body"],
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
    )
    return res(200, {"lines": out.stdout.splitlines()})


def column(event, context):
    """GET /stock/column/{n} by awk."""
    n = event["pathParameters"]["n"]
    program = "NR > 1 {print $" + n + "}"
    return res(200, run("awk", "-F,", program, os.path.join(DATA, "stock.csv")).splitlines())


def column_variable(event, context):
    """The same with a variable of awk."""
    name = event["pathParameters"]["n"]
    out = run(
        "awk",
        "-F,",
        'BEGIN {want = ENVIRON["WANT"]} $1 == want {print $3}',
        "data/stock.csv",
        env={**os.environ, "WANT": name},
    )
    return res(200, {"name": name, "price": out.strip()})


def replace_words(event, context):
    """POST /replace {"old", "new"} in the notes by sed."""
    body = json.loads(event["body"])
    return res(200, {"text": run("sed", f"s/{body['old']}/{body['new']}/g", "data/notes.txt")})


def replace_words_safe(event, context):
    """The same with what sed would understand escaped."""
    body = json.loads(event["body"])
    old = re.sub(r"([][\\/.*^$])", r"\\\1", body["old"]).replace("\n", r"\n")
    new = re.sub(r"([\\/&])", r"\\\1", body["new"]).replace("\n", "\\\n")
    return res(200, {"text": run("sed", "--sandbox", "-e", f"s/{old}/{new}/g", "data/notes.txt")})


def search_log(event, context):
    """GET /log?q=..: grep, as a fixed text."""
    q = param(event, "q", "")
    return res(
        200, {"q": q, "lines": run("grep", "-n", "-F", "-i", "-e", q, "--", "data/logs/app.log").splitlines()}
    )


def search_log_shell(event, context):
    """The same by a pipe."""
    q = param(event, "q", "")
    return res(200, {"lines": sh('grep -i "%s" data/logs/app.log | sort -r | head -5' % q).splitlines()})


def bundle(event, context):
    """POST /bundle {"names": [..]}: a tar of files of the data folder."""
    names = json.loads(event["body"])["names"]
    with workshop() as job:
        out = job / "out.tar"
        subprocess.run(["tar", "cf", str(out), "-C", DATA, *names], capture_output=True, timeout=10)
        with tarfile.open(out) as archive:
            return res(200, {"names": archive.getnames()})


def bundle_checked(event, context):
    """The same with names of existing files, behind --."""
    names = [
        n
        for n in json.loads(event["body"])["names"]
        if os.path.basename(n) == n and os.path.isfile(os.path.join(DATA, n))
    ]
    if not names:
        return res(400, {"error": "no such files"})
    with workshop() as job:
        out = job / "out.tar"
        subprocess.run(["tar", "cf", str(out), "-C", DATA, "--", *names], check=True, timeout=10)
        with tarfile.open(out) as archive:
            return res(200, {"names": archive.getnames()})


def zip_some(event, context):
    """Step Functions: a zip of several files."""
    with workshop() as job:
        os.system(
            f"cd {shlex.quote(DATA)} && zip -q {shlex.quote(str(job / 'o.zip'))} "
            + " ".join(f'"{n}"' for n in event["names"])
            + " > /dev/null 2>&1"
        )
        names = zipfile.ZipFile(job / "o.zip").namelist() if (job / "o.zip").exists() else []
        return {"names": names, "notes": sorted(p.read_text() for p in job.glob("*.txt"))}


def resize(event, context):
    """S3 event: the program that makes thumbnails."""
    made = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        made.append(sh(f'sh bin/resize.sh "{key}" 128').strip())
    return {"made": made}


def resize_list(event, context):
    """The same without a shell."""
    keys = [unquote_plus(r["s3"]["object"]["key"]) for r in event["Records"]]
    return {"made": [run("sh", f"{BIN}/resize.sh", key, "128").strip() for key in keys]}


def transcode(event, context):
    """A job of a queue: the name is quoted; the size is a number, they said."""
    out = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        out.append(
            os.popen(
                f"cd {shlex.quote(HERE)}; sh bin/probe.sh -i {shlex.quote(job['name'])} -s {job.get('size', '640x480')}"
            ).read()
        )
    return out


def probe(event, context):
    """GET /probe?args=.. for the media desk: more arguments, split by shlex."""
    extra = shlex.split(param(event, "args", ""))
    return res(200, {"said": run("sh", f"{BIN}/probe.sh", "-i", param(event, "name"), *extra).splitlines()})


def banner(event, context):
    """A banner by the old script, without a shell of our own."""
    return {"banner": run("sh", f"{BIN}/greet.sh", event["detail"]["text"]).strip()}


def shout(event, context):
    """The text goes through the environment."""
    body = json.loads(event["body"])
    out = sh('printf "%s" "$TEXT" | tr a-z A-Z', env={"TEXT": body["text"], "PATH": os.environ["PATH"]})
    return res(200, {"text": out})


def find_some(event, context):
    """GET /find?test=-name *.txt"""
    tests = shlex.split(param(event, "test", ""))
    return res(200, sorted(run("find", "data", "-type", "f", *tests).splitlines()))


def find_named(event, context):
    """The same with a name only."""
    pattern = param(event, "name", "*")
    found = run("find", "data", "-type", "f", "-name", pattern).splitlines()
    return res(200, {"program": sorted(found), "own": sorted(fnmatch.filter(os.listdir(DATA), pattern))})


def calculate(event, context):
    """A bot's /calc"""
    expression = json.loads(event["body"])["message"]["text"].partition(" ")[2]
    return res(200, {"text": sh(f'echo "{expression}" | bc -l 2>&1').strip()})


def calculate_checked(event, context):
    """The same with numbers and signs only, and no shell."""
    expression = json.loads(event["body"])["message"]["text"].partition(" ")[2]
    if not re.fullmatch(r"[\d\s.()+*/-]{1,60}", expression):
        return res(200, {"text": f"I can't calculate {expression}"})
    return res(200, {"text": run("bc", input="scale=4; " + expression + "\n").strip()})


def kind_of(event, context):
    """GET /kind?name=..: what a file is."""
    return res(200, {"kind": run("file", "-b", param(event, "name"), cwd=DATA).strip()})


def compare(event, context):
    """POST /compare {"a", "b"}: a diff of two texts."""
    body = json.loads(event["body"])
    script = f"diff <(printf '%s\\n' \"{body['a']}\") <(printf '%s\\n' \"{body['b']}\")"
    done = subprocess.run(["bash", "-c", script], cwd=HERE, capture_output=True, text=True, timeout=10)
    return res(200, {"diff": done.stdout.splitlines()})


def compare_files(event, context):
    """The same by two files."""
    body = json.loads(event["body"])
    with workshop() as job:
        for name in ("a", "b"):
            (job / name).write_text(body[name] + "\n")
        done = subprocess.run(["diff", "a", "b"], cwd=job, capture_output=True, text=True, timeout=10)
    return res(200, {"diff": done.stdout.splitlines()})


def sizes(event, context):
    """POST /sizes with names, one a line, by xargs."""
    done = subprocess.run(
        ["xargs", "-d", "\\n", "-I{}", "sh", "-c", "wc -c < 'data/{}'"],
        input=event["body"],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=10,
    )
    return res(200, {"sizes": done.stdout.split("\n")})


def publish(event, context):
    """Asynchronous, as the rest of that service."""

    async def work():
        process = await asyncio.create_subprocess_shell(
            "sh bin/resize.sh '%s' %s" % (event["picture"].replace("'", ""), event.get("width", 64)),
            stdout=asyncio.subprocess.PIPE,
            cwd=HERE,
        )
        return (await process.communicate())[0].decode()

    return {"out": asyncio.run(work()).strip()}


def publish_exec(event, context):
    """The same by exec."""

    async def work():
        process = await asyncio.create_subprocess_exec(
            "sh",
            f"{BIN}/resize.sh",
            event["picture"],
            str(event.get("width", 64)),
            stdout=asyncio.subprocess.PIPE,
        )
        return (await process.communicate())[0].decode()

    return {"out": asyncio.run(work()).strip()}


def fill(event, context):
    """A template of the user with their name, by envsubst."""
    body = json.loads(event["body"])
    out = subprocess.run(
        ["envsubst"],
        input=body["template"],
        env={**os.environ, "NAME": body["name"]},
        capture_output=True,
        text=True,
    )
    return res(200, {"text": out.stdout})


def unzip_own(event, context):
    """An uploaded zip, unpacked by hand as it had to skip folders."""
    done = []
    with workshop() as job, zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
        for info in archive.infolist():
            if info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            target = os.path.join(job, info.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(archive.read(info))
            done.append(info.filename)
        return res(200, {"files": done, "settings": settings(job)})


def unzip_all(event, context):
    """The same by extractall."""
    with workshop() as job, zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
        archive.extractall(job)
        found = sorted(p.relative_to(job).as_posix() for p in job.rglob("*") if p.is_file())
        return res(200, {"files": found, "settings": settings(job)})


def untar(event, context):
    """An uploaded tar: the texts in it."""
    with workshop() as job, tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as archive:
        archive.extractall(job, filter="fully_trusted")
        texts = {
            p.relative_to(job).as_posix(): p.read_text(errors="replace")[:200]
            for p in sorted(job.rglob("*"))
            if p.is_file()
        }
        return res(200, {"texts": texts, "settings": settings(job)})


def untar_data(event, context):
    """The same with the filter for data."""
    with workshop() as job, tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as archive:
        try:
            archive.extractall(job, filter="data")
        except tarfile.FilterError as e:
            return res(400, {"error": type(e).__name__})
        return res(
            200, {"files": sorted(p.relative_to(job).as_posix() for p in job.rglob("*") if p.is_file())}
        )


def member(event, context):
    """One member of an uploaded zip, by the program."""
    body = json.loads(event["body"])
    with workshop() as job:
        (job / "in.zip").write_bytes(base64.b64decode(body["zip"]))
        return res(200, {"text": run("unzip", "-p", "in.zip", body["member"], cwd=job)[:300]})


def read_doc(event, context):
    """GET /docs/{name}"""
    name = unquote(event["pathParameters"]["name"])
    path = f"{DATA}/{name}"
    if not os.path.exists(path):
        return res(404, {"error": "no document " + name})
    with open(path, encoding="utf-8") as f:
        return res(200, f.read(), **{"Content-Type": mimetypes.guess_type(name)[0] or "text/plain"})


def read_doc_stripped(event, context):
    """The same; somebody took the dots away."""
    name = event["pathParameters"]["name"].replace("../", "").lstrip("/")
    try:
        return res(200, Path(DATA, unquote(name)).read_text())
    except OSError as e:
        return res(404, {"error": e.strerror})


def read_doc_inside(event, context):
    """The same, resolved."""
    wanted = Path(DATA, unquote(event["pathParameters"]["name"])).resolve()
    if not wanted.is_relative_to(DATA) or not wanted.is_file():
        return res(404, {"error": "not found"})
    return res(200, wanted.read_text())


def read_doc_prefix(event, context):
    """The same: the real path begins with the folder's."""
    wanted = os.path.realpath(os.path.join(DATA, event["pathParameters"]["name"]))
    if not wanted.startswith(os.path.realpath(DATA)) or not os.path.isfile(wanted):
        return res(403, {"error": "forbidden"})
    with open(wanted) as f:
        return res(200, f.read())


def page(event, context):
    """GET /{lang}/{page}"""
    ids = event["pathParameters"]
    for candidate in (os.path.join(DATA, ids["lang"], ids["page"]), os.path.join(DATA, "en", "index.html")):
        if os.path.isfile(candidate):
            return res(200, Path(candidate).read_text(), **{"Content-Type": "text/html"})
    return res(404, "nothing")


def save_note(event, context):
    """PUT /notes/{name}"""
    with workshop() as job:
        path = posixpath.join(str(job), event["pathParameters"]["name"] + ".json")
        os.makedirs(posixpath.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(event["body"])
        return res(200, {"length": os.path.getsize(path), "settings": settings(job)})


def save_note_slug(event, context):
    """The same with a slug for a name."""
    slug = re.sub(r"[^a-z0-9]+", "-", event["pathParameters"]["name"].lower()).strip("-")[:60] or "untitled"
    with workshop() as job:
        (job / f"{slug}.json").write_text(event["body"])
        return res(200, {"slug": slug, "files": [p.name for p in job.iterdir()]})


def listing(event, context):
    """GET /files?pattern=*.txt"""
    pattern = param(event, "pattern", "*")
    found = sorted(glob.glob(f"{DATA}/{pattern}"))
    return res(200, {os.path.basename(p): Path(p).read_text()[:40] for p in found if os.path.isfile(p)})


def archive_folder(event, context):
    """A folder of the data as a zip."""
    with workshop() as job:
        made = shutil.make_archive(str(job / "out"), "zip", root_dir=DATA, base_dir=event["folder"])
        with zipfile.ZipFile(made) as z:
            return {"texts": [z.read(n).decode()[:80] for n in z.namelist() if not n.endswith("/")]}


def picture(event, context):
    """POST /pictures: turned and made small, by Pillow."""
    body = json.loads(event["body"])
    try:
        image = Image.open(io.BytesIO(base64.b64decode(body["data"])))
    except UnidentifiedImageError:
        return res(415, {"error": "no picture: " + body["name"]})
    image = ImageOps.exif_transpose(image).convert("L").resize((8, 8))
    out = io.BytesIO()
    image.save(out, "PNG")
    return res(200, {"name": os.path.splitext(body["name"])[0] + ".thumb.png", "sum": sum(image.tobytes())})
