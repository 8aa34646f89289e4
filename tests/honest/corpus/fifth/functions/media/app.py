"""Files, programs, archives and pictures."""

import base64
import csv
import io
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw

BASE = Path("/tmp/fifth-media")


def fresh():
    shutil.rmtree(BASE, ignore_errors=True)
    (BASE / "files" / "sub").mkdir(parents=True)
    (BASE / "files-private").mkdir()
    (BASE / "files" / "a.txt").write_text("tea 3\nmugs 4\nO'Brien 5\n")
    (BASE / "files" / "sub" / "b v2.txt").write_text("b")
    (BASE / "files-private" / "keys.txt").write_text("media-secret-77")
    return BASE / "files"


def run(*words, **more):
    done = subprocess.run(
        words, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **more
    )
    return done.stdout + done.stderr


def preview(event, context):
    """The first lines of a file, by the shell."""
    folder = fresh()
    return run("bash", "-c", f"head -n {event['lines']} a.txt | tr a-z A-Z", cwd=folder)


def caption(event, context):
    """A caption through two programs, quoted for the shell."""
    return run("sh", "-c", f"printf %s {shlex.quote(event['text'])} | tr 'a-z' 'A-Z' | cat")


def count_words(event, context):
    """A text at a program's standard input."""
    return run("wc", "-w", input=event["text"]).strip()


def column_report(event, context):
    """A column where the first has a value, by awk."""
    folder = fresh()
    program = '$1 == "%s" { print $2 * %s }' % (event["name"], event.get("factor", 1))
    return run("awk", program, "a.txt", cwd=folder)


def column_report_variables(event, context):
    """The same with variables of awk's."""
    folder = fresh()
    return run("awk", "$1 == ENVIRON_NAME { print NR }", f"ENVIRON_NAME={event['name']}", "a.txt", cwd=folder)


def replace(event, context):
    """A word by another one, by sed."""
    return run("sed", f"s/{event['old']}/{event['new']}/g", input=event["text"])


def pack(event, context):
    """Chosen files into an archive."""
    folder = fresh()
    done = run("tar", "-cf", "../out.tar", *event["names"], cwd=folder)
    return [done, run("tar", "-tf", str(BASE / "out.tar"))]


def pack_safe(event, context):
    """Files of any names, after the end of the options."""
    with tempfile.TemporaryDirectory() as folder:
        for name in event["names"]:
            Path(folder, name).write_text("x")
        run("tar", "-cf", folder + ".tar", "-C", folder, "--", *(f"./{name}" for name in event["names"]))
        with tarfile.open(folder + ".tar") as archive:
            names = sorted(archive.getnames())
        os.unlink(folder + ".tar")
        return names


def history(event, context):
    """The log of a repository from a revision of the request's."""
    folder = fresh()
    settings = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "safe.directory=*")
    run("git", "init", "-q", "-b", "main", str(folder))
    run("git", *settings, "-C", str(folder), "commit", "-q", "--allow-empty", "-m", "first; it's done")
    text = run("git", *settings, "-C", str(folder), "log", "--format=%s", event["revision"])
    return [text, sorted(os.listdir(BASE))]


def find_names(event, context):
    """Files by a pattern, with the command split by a library."""
    folder = fresh()
    found = run(*shlex.split(f"find . -type f -name {event['pattern']}"), cwd=folder)
    return sorted(found.splitlines())


def grep(event, context):
    """Lines with a text, which cannot be an option."""
    folder = fresh()
    return run("grep", "-n", "-F", "-e", event["text"], "--", "a.txt", cwd=folder)


def show(event, context):
    """A file below a folder, after a check of the beginning of its path."""
    folder = fresh()
    path = os.path.abspath(os.path.join(folder, event["queryStringParameters"]["name"]))
    if not path.startswith(str(folder)):
        return {"statusCode": 403, "body": "forbidden"}
    if not os.path.isfile(path):
        return {"statusCode": 404, "body": "not found"}
    with open(path) as file:
        return {"statusCode": 200, "body": file.read()}


def show_checked(event, context):
    """The same with a check of the folder itself."""
    folder = fresh().resolve()
    path = (folder / event["queryStringParameters"]["name"]).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return {"statusCode": 404, "body": "not found"}
    return {"statusCode": 200, "body": path.read_text()}


def download(event, context):
    """A download by a joined path, with dots of one kind taken out."""
    folder = fresh()
    name = event["pathParameters"]["name"].replace("../", "")
    try:
        data = Path(folder, name).read_bytes()
    except OSError:
        return {"statusCode": 404, "body": ""}
    return {"statusCode": 200, "isBase64Encoded": False, "body": data.decode()}


def theme(event, context):
    """A ZIP of a theme, its members written one by one."""
    folder = fresh()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            target = os.path.join(folder, member.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)
    return {
        "files": sorted(str(one.relative_to(BASE)) for one in BASE.rglob("*") if one.is_file()),
        "keys": (BASE / "files-private" / "keys.txt").read_text(),
    }


def theme_safe(event, context):
    """The same by the library's own way."""
    folder = fresh()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
        archive.extractall(folder)
    return sorted(str(one.relative_to(BASE)) for one in BASE.rglob("*") if one.is_file())


def restore(event, context):
    """A backup of a tenant's, unpacked with everything that it has."""
    folder = fresh()
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["backup"]))) as archive:
        archive.extractall(folder, filter="fully_trusted")
    return [
        sorted(os.listdir(BASE)),
        (BASE / "files-private" / "keys.txt").read_text(),
        (folder / "note.txt").read_text() if (folder / "note.txt").exists() else "",
    ]


def badge(event, context):
    """A picture with a text and a size within bounds."""
    width = max(40, min(int(event["width"]), 400))
    image = Image.new("RGB", (width, 24), event.get("colour", "white"))
    ImageDraw.Draw(image).text(
        (3, 3), event["text"].encode("latin-1", "replace").decode("latin-1"), fill="black"
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return Image.open(out).size


def export(event, context):
    """Rows into a CSV under a cleaned name, and what a spreadsheet might take for a formula made text."""
    folder = fresh()
    name = re.sub(r"[^\w. -]", "_", event["name"])[:60].lstrip(".") or "export"
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for row in event["rows"]:
            writer.writerow([f"'{one}" if str(one)[:1] in "=+-@" else one for one in row])
    return [path.name, path.read_text()]
