"""Document bindery: uploads, archives, previews and conversions with the programs of the machine."""

import base64
import fnmatch
import glob
import gzip
import hashlib
import io
import json
import mimetypes
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from subprocess import PIPE, Popen, check_output
from urllib.parse import unquote, unquote_plus

from PIL import Image

ROOT = tempfile.mkdtemp(prefix="bindery-")
DOCS = os.path.join(ROOT, "docs")
PRIVATE = os.path.join(ROOT, "private")
BIN = os.path.join(ROOT, "bin")
OUT = os.path.join(ROOT, "out")
SAMPLES = {
    "docs/readme.txt": "Welcome to the bindery\nsecond line\nzebra\napple\n",
    "docs/2026/march report.txt": "March: it's fine\nTotal; 42\n",
    "docs/2026/april.csv": "name,qty\nO'Brien,3\nZoë,1\nAsh,12\n",
    "docs/notes/to-do.md": "# To do\n* bind -- cover\n",
    "docs/templates/letter.html": "<h1>Dear {name}</h1>",
    "private/keys.txt": "bindery-key-6014\n",
}
# A stand-in for the layer's converter.
CONVERT = (
    '#!/bin/sh\nif [ "$1" = "-log" ]; then cat "$2"; exit 0; fi\nprintf "converted %s to %s" "$1" "$2"\n'
)


def prepare():
    for name, text in SAMPLES.items():
        path = os.path.join(ROOT, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
    os.makedirs(BIN, exist_ok=True)
    os.makedirs(OUT, exist_ok=True)
    tool = os.path.join(BIN, "docconv")
    with open(tool, "w") as f:
        f.write(CONVERT)
    os.chmod(tool, 0o755)


prepare()


def respond(status, body, kind="application/json"):
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind},
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def download(event, context):
    """GET /files/{proxy+}"""
    name = unquote(event["pathParameters"]["proxy"])
    path = os.path.join(DOCS, name)
    if not os.path.isfile(path):
        return respond(404, {"error": "not found: " + name})
    with open(path, encoding="utf-8") as f:
        return respond(200, f.read(), mimetypes.guess_type(path)[0] or "text/plain")


def download_checked(event, context):
    name = unquote(event["pathParameters"]["proxy"])
    path = os.path.realpath(os.path.join(DOCS, name.lstrip("/")))
    if os.path.commonpath([path, os.path.realpath(DOCS)]) != os.path.realpath(DOCS):
        return respond(403, {"error": "outside"})
    try:
        return respond(200, pathlib.Path(path).read_text())
    except OSError:
        return respond(404, {"error": "not found"})


def download_stripped(event, context):
    """Takes the dots away first."""
    name = event["queryStringParameters"]["name"].replace("../", "")
    try:
        with open(f"{DOCS}/{name}") as f:
            return respond(200, {"name": name, "text": f.read()})
    except (FileNotFoundError, IsADirectoryError):
        return respond(404, {"name": name})


def download_prefixed(event, context):
    """abspath and startswith, without the separator."""
    path = os.path.abspath(DOCS + "/" + event["queryStringParameters"]["name"])
    if not path.startswith(os.path.dirname(DOCS)):
        return respond(403, {"error": "no"})
    if not os.path.isfile(path):
        return respond(404, {"error": "no such file"})
    return respond(200, {"text": open(path).read()})


def listing(event, context):
    """GET /list?folder="""
    folder = (event.get("queryStringParameters") or {}).get("folder", "")
    path = os.path.join(DOCS, folder)
    if not os.path.isdir(path):
        return respond(404, {"error": "no folder"})
    return respond(200, sorted(os.listdir(path)))


def find(event, context):
    """GET /find?pattern=*.csv"""
    pattern = event["queryStringParameters"]["pattern"]
    found = sorted(glob.glob(os.path.join(DOCS, "**", pattern), recursive=True))
    return respond(
        200, [{"name": os.path.basename(f), "head": open(f).readline()} for f in found if os.path.isfile(f)]
    )


def find_names(event, context):
    """The same on names alone."""
    pattern = event["queryStringParameters"]["pattern"]
    names = [n.removeprefix("docs/") for n in SAMPLES if n.startswith("docs/")]
    return respond(200, sorted(n for n in names if fnmatch.fnmatch(n.lower(), pattern.lower())))


def save(event, context):
    """PUT /files: text to the folder of results, by a name of the client."""
    body = json.loads(event["body"])
    name = os.path.basename(body["name"]) or "untitled"
    path = os.path.join(OUT, re.sub(r"[^\w.\- ()']", "_", name))
    with open(path, "w") as f:
        f.write(body["text"])
    return respond(
        201, {"name": os.path.basename(path), "sha": hashlib.sha1(open(path, "rb").read()).hexdigest()}
    )


def save_at(event, context):
    """The same below a project, as the path says."""
    body = json.loads(event["body"])
    path = os.path.join(OUT, body["project"], body["name"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(body["text"])
    tools = open(os.path.join(BIN, "docconv")).read()  # noqa: SIM115
    keys = open(os.path.join(PRIVATE, "keys.txt")).read()  # noqa: SIM115
    prepare()
    return respond(
        201,
        {"length": len(body["text"]), "tools": len(tools), "changed": tools != CONVERT or "6014" not in keys},
    )


def unzip(event, context):
    """POST /unzip: zipfile keeps names inside by itself."""
    target = tempfile.mkdtemp(dir=OUT)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as z:
        z.extractall(target)
        names = z.namelist()
    sizes = {
        n: os.path.getsize(os.path.join(target, n)) for n in names if os.path.isfile(os.path.join(target, n))
    }
    shutil.rmtree(target)
    return respond(200, sizes)


def unzip_by_hand(event, context):
    """An importer that writes the members itself."""
    target = tempfile.mkdtemp(dir=ROOT)
    written = []
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as z:
        for info in z.infolist():
            if info.is_dir():
                continue
            path = os.path.join(target, info.filename)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(z.read(info))
            written.append(info.filename)
    welcome = open(os.path.join(DOCS, "readme.txt")).readline()  # noqa: SIM115
    shutil.rmtree(target)
    prepare()
    return respond(200, {"written": written, "welcome": welcome})


def untar(event, context):
    """POST /untar with all of the archive's members, and the first lines of them."""
    target = tempfile.mkdtemp(dir=ROOT)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as t:
        t.extractall(target, filter="fully_trusted")
    heads = {}
    for base, _dirs, files in os.walk(target):
        for name in sorted(files):
            with open(os.path.join(base, name), errors="replace") as f:
                heads[os.path.relpath(os.path.join(base, name), target)] = f.readline()
    welcome = open(os.path.join(DOCS, "readme.txt")).readline()  # noqa: SIM115
    shutil.rmtree(target)
    prepare()
    return respond(200, {"heads": dict(sorted(heads.items())), "welcome": welcome})


def untar_filtered(event, context):
    target = tempfile.mkdtemp(dir=ROOT)
    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as t:
            t.extractall(target, filter="data")
            return respond(200, sorted(t.getnames()))
    except (tarfile.FilterError, tarfile.ReadError) as error:
        return respond(400, {"error": type(error).__name__})
    finally:
        shutil.rmtree(target)


def count_lines(event, context):
    """wc by a shell."""
    name = event["queryStringParameters"]["name"]
    out = subprocess.run(f"wc -l < '{DOCS}/{name}'", shell=True, capture_output=True, text=True)
    return respond(200, {"lines": out.stdout.strip()})


def word_search(event, context):
    """grep for a word in all documents."""
    word = event["queryStringParameters"]["word"]
    out = os.popen(f'grep -rhi -- "{word}" {DOCS}/2026').read()
    return respond(200, {"hits": sorted(out.splitlines())})


def word_search_listed(event, context):
    """The same with a list, but options are not closed."""
    word = event["queryStringParameters"]["word"]
    out = subprocess.run(["grep", "-rhiF", word, "2026"], cwd=DOCS, capture_output=True, text=True)
    return respond(200, {"hits": sorted(out.stdout.splitlines())})


def word_search_closed(event, context):
    word = event["queryStringParameters"]["word"]
    out = subprocess.run(
        ["grep", "-rhiF", "-e", word, "--", "2026", "notes"], cwd=DOCS, capture_output=True, text=True
    )
    return respond(200, {"hits": sorted(out.stdout.splitlines())})


def convert(event, context):
    """Conversion by the layer's program: S3 event, the key in the command."""
    results = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        base = os.path.splitext(os.path.basename(key))[0]
        p = Popen(f'{BIN}/docconv "{key}" "{base}.pdf"', shell=True, stdout=PIPE, stderr=PIPE)
        results.append(p.communicate()[0].decode())
    return {"results": results}


def convert_listed(event, context):
    """Without a shell."""
    results = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        results.append(
            check_output(
                [os.path.join(BIN, "docconv"), "./" + key, os.path.basename(key) + ".pdf"], text=True
            )
        )
    return {"results": results}


def convert_options(event, context):
    """Options of the caller as a string, split as a shell would."""
    body = json.loads(event["body"])
    args = [os.path.join(BIN, "docconv"), *shlex.split(body.get("options", "")), body["name"]]
    return respond(200, {"out": check_output(args, text=True, cwd=DOCS)})


def sort_lines(event, context):
    """sort with a key of the caller; the text by stdin."""
    body = json.loads(event["body"])
    args = ["sort", "-t", body.get("separator", ",")]
    if body.get("key"):
        args += body["key"].split()
    out = subprocess.run(args, input=body["text"], capture_output=True, text=True, cwd=DOCS)
    return respond(200 if out.returncode == 0 else 400, {"lines": out.stdout.splitlines()})


def column_of(event, context):
    """A column by awk."""
    p = event["queryStringParameters"]
    out = check_output(
        ["awk", "-F", ",", "{ print $" + p["column"] + " }", "2026/april.csv"], cwd=DOCS, text=True
    )
    return respond(200, out.splitlines())


def column_of_checked(event, context):
    p = event["queryStringParameters"]
    if not re.fullmatch(r"\d{1,2}", p["column"]):
        return respond(400, {"error": f"not a column: {p['column']}"})
    out = check_output(
        ["awk", "-F", p.get("sep", ","), "{ print $" + p["column"] + " }", "2026/april.csv"],
        cwd=DOCS,
        text=True,
    )
    return respond(200, out.splitlines())


def replace_words(event, context):
    """sed, as a mail merge."""
    fields = json.loads(event["body"])
    args = ["sed"]
    for k, v in fields.items():
        args += ["-e", "s/{" + k + "}/" + v.replace("/", "\\/") + "/g"]
    return respond(200, check_output([*args, "templates/letter.html"], cwd=DOCS, text=True), "text/html")


def replace_words_py(event, context):
    fields = json.loads(event["body"])
    text = open(os.path.join(DOCS, "templates/letter.html")).read()  # noqa: SIM115
    for k, v in fields.items():
        text = text.replace("{" + k + "}", v)
    return respond(200, text, "text/html")


def thumbnail(event, context):
    """A thumbnail of a picture in base64; the label becomes its comment."""
    body = json.loads(event["body"])
    image = Image.open(io.BytesIO(base64.b64decode(body["image"]))).convert("RGB")
    image.thumbnail((int(body.get("width", 8)), int(body.get("height", 8))))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", comment=body.get("label", "").encode())
    return respond(200, {"size": list(image.size), "label": body.get("label")})


def bundle(event, context):
    """A tar of the files that are asked for."""
    names = json.loads(event["body"])["files"]
    out = check_output("tar -cf - -C " + DOCS + " " + " ".join(shlex.quote(n) for n in names), shell=True)
    with tarfile.open(fileobj=io.BytesIO(out)) as t:
        return respond(
            200,
            {
                n: (t.extractfile(n).readline().decode() if t.getmember(n).isfile() else None)
                for n in t.getnames()
            },
        )


def bundle_zip(event, context):
    """A zip of them by the library, each name looked up in the catalogue."""
    names = json.loads(event["body"])["files"]
    known = {n.removeprefix("docs/"): t for n, t in SAMPLES.items() if n.startswith("docs/")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name in names:
            if name in known:
                z.writestr(name, known[name])
    return respond(200, sorted(zipfile.ZipFile(buffer).namelist()))


def inflate(event, context):
    """A compressed log by kinesis or queue, its first lines back."""
    lines = []
    for record in event["Records"]:
        data = gzip.decompress(base64.b64decode(json.loads(record["body"])["data"]))
        lines += data.decode().splitlines()[:2]
    return {"lines": lines}


def print_job(event, context):
    """A job ticket: a here document of sh."""
    job = json.loads(event["Records"][0]["body"])
    script = "cat <<TICKET\nJob for {owner}\nTitle: {title}\nTICKET\n".format(**job)
    return {"ticket": subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=DOCS).stdout}


def print_job_env(event, context):
    """The same by variables of the environment."""
    job = json.loads(event["Records"][0]["body"])
    env = {"PATH": "/usr/bin:/bin", "OWNER": job["owner"], "TITLE": job["title"]}
    script = 'printf "Job for %s\\nTitle: %s\\n" "$OWNER" "$TITLE"'
    return {"ticket": subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=env).stdout}


def checksum(event, context):
    """Checksums by xargs, names by stdin."""
    names = json.loads(event["body"])["files"]
    p = Popen(["xargs", "cksum"], stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=DOCS, text=True)
    out, err = p.communicate("\n".join(names))
    return respond(200, {"sums": out.splitlines(), "failed": err.count("\n")})


def static_site(event, context):
    """A page of the site in the package, index.html for folders."""
    path = event["rawPath"]
    target = pathlib.Path(DOCS) / path.lstrip("/").replace("%20", " ").replace("%2f", "/").replace("%2e", ".")
    if target.is_dir():
        return respond(200, sorted(p.name for p in target.iterdir()))
    return respond(200, target.read_text()) if target.exists() else respond(404, {"path": path})
