"""Programs: ffmpeg and convert (small scripts with their names), git, tar, zip, awk, jq, openssl, find, node, shells."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import unquote_plus

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(HERE, "bin")
GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "x",
    "GIT_AUTHOR_EMAIL": "x@x",
    "GIT_COMMITTER_NAME": "x",
    "GIT_COMMITTER_EMAIL": "x@x",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "HOME": "/tmp",
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
}


def output(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True, **more).stdout


def workspace():
    return tempfile.TemporaryDirectory(prefix="work-")


def thumbnail(event, context):
    """convert with a size and a format of lists, on the file that arrived."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    source = os.path.join("/tmp", os.path.basename(key))
    width = int(event.get("width", 200))
    return output(
        f"{BIN}/convert",
        source,
        "-resize",
        f"{width}x{width}>",
        "-quality",
        "85",
        f"/tmp/thumb-{os.path.splitext(os.path.basename(key))[0]}.png",
    )


def watermark(event, context):
    """A text of the request as one argument of convert."""
    text = json.loads(event["body"])["text"]
    return output(f"{BIN}/convert", "-background", "none", "-fill", "white", f"label:{text}", "out.png")


def transcode(event, context):
    body = json.loads(event["body"])
    presets = {"small": ["-vf", "scale=-2:480", "-crf", "28"], "hd": ["-vf", "scale=-2:1080", "-crf", "20"]}
    with workspace() as folder:
        out = os.path.join(folder, "out.mp4")
        said = output(
            f"{BIN}/ffmpeg",
            "-y",
            "-i",
            "/tmp/in.mp4",
            *presets[body["preset"]],
            "-ss",
            str(float(body.get("start", 0))),
            "-metadata",
            f"title={body['title']}",
            out,
        )
        return [line for line in said.splitlines() if not line.startswith(folder)]


def clip_shell(event, context):
    """The same by a shell, with shlex.quote."""
    body = json.loads(event["body"])
    with workspace() as folder:
        command = f"{BIN}/ffmpeg -i /tmp/in.mp4 -ss {int(body['start'])} -t {int(body['length'])} -metadata title={shlex.quote(body['title'])} {folder}/out.mp4 | tail -n 4 | head -n 3"
        return subprocess.check_output(command, shell=True, text=True)


def git_commit(event, context):
    """A repository in /tmp with a file and a message of the request."""
    body = json.loads(event["body"])
    with workspace() as folder:
        output("git", "init", "-q", "-b", "main", folder)
        with open(os.path.join(folder, "page.md"), "w") as file:
            file.write(body["content"])
        output("git", "-C", folder, "add", "page.md", env=GIT)
        output(
            "git",
            "-C",
            folder,
            "commit",
            "-q",
            "-m",
            body["message"],
            "--author",
            f"{body['author']} <{body['email']}>",
            env=GIT,
        )
        return output("git", "-C", folder, "log", "--format=%an|%s", "-1", env=GIT)


def git_branch(event, context):
    """A branch of a push, checked against git's own rules."""
    branch = json.loads(event["body"])["ref"].removeprefix("refs/heads/")
    checked = subprocess.run(["git", "check-ref-format", "--branch", branch], capture_output=True, text=True)
    if checked.returncode:
        return {"statusCode": 400}
    with workspace() as folder:
        output("git", "init", "-q", "-b", branch, folder)
        return output("git", "-C", folder, "symbolic-ref", "--short", "HEAD", env=GIT)


def tarball(event, context):
    """Files of the request in an archive made by tar, listed again."""
    with workspace() as folder:
        for name, text in event["files"].items():
            with open(os.path.join(folder, os.path.basename(name)), "w") as file:
                file.write(text)
        output(
            "tar",
            "-czf",
            f"{folder}/../out.tgz",
            "-C",
            folder,
            "--",
            *sorted(os.path.basename(name) for name in event["files"]),
        )
        return output("tar", "-tzf", f"{folder}/../out.tgz").splitlines()


def awk_sum(event, context):
    return output("awk", "-f", os.path.join(HERE, "scripts", "count.awk"), input=event["body"])


def awk_column(event, context):
    """A column number in a program of awk."""
    query = event["queryStringParameters"]
    return output("awk", "-F", ";", f"{{ print ${int(query['column'])} }}", input=event["body"])


def jq_filter(event, context):
    """A value handed to jq as a variable."""
    body = json.loads(event["body"])
    return json.loads(
        output(
            "jq",
            "-c",
            "--arg",
            "name",
            body["name"],
            "[.[] | select(.name == $name)]",
            input=json.dumps(body["rows"]),
        )
    )


def grep_fixed(event, context):
    query = event["queryStringParameters"]
    found = subprocess.run(
        ["grep", "-F", "-i", "-n", "-e", query["q"]], input=event["body"], capture_output=True, text=True
    )
    return found.stdout


def sed_replace(event, context):
    """A word replaced by sed, its special characters escaped."""
    body = json.loads(event["body"])
    old = re.sub(r"([\\/.*^$\[\]])", r"\\\1", body["old"])
    new = re.sub(r"([\\/&])", r"\\\1", body["new"])
    return output("sed", f"s/{old}/{new}/g", input=body["text"])


def digest(event, context):
    """openssl with a digest of a list."""
    body = json.loads(event["body"])
    name = body.get("algorithm", "sha256")
    if name not in {"sha256", "sha512", "sha1"}:
        return {"statusCode": 400}
    return output("openssl", "dgst", f"-{name}", "-r", input=body["text"]).split()[0][:16]


def find_files(event, context):
    """A pattern of names below a folder of the function's."""
    with workspace() as folder:
        for name in ("a.txt", "b o'x.txt", "c.log"):
            open(os.path.join(folder, name), "w").close()
        found = output("find", folder, "-maxdepth", "1", "-name", event["pattern"], "-type", "f")
        return sorted(os.path.basename(one) for one in found.splitlines())


def report_script(event, context):
    with workspace() as folder:
        path = os.path.join(folder, "data.txt")
        with open(path, "w") as file:
            file.write(event["text"])
        return output("sh", os.path.join(HERE, "scripts", "report.sh"), event["title"], path)


def node_render(event, context):
    return json.loads(
        output(
            "node",
            os.path.join(HERE, "scripts", "render.js"),
            input=json.dumps({"title": event["title"], "text": event["text"]}),
        )
    )


def python_child(event, context):
    """A child of this interpreter with a fixed program and the text as an argument."""
    return output(sys.executable, "-c", "import sys; print(sys.argv[1][::-1])", event["text"])


def environment_child(event, context):
    """The text by the environment of a fixed shell program."""
    return output(
        "sh",
        "-c",
        'printf "%s|%s" "$TITLE" "${#TITLE}"',
        env={"TITLE": event["title"], "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )


def curl_partner(event, context):
    """curl with a query that it quotes itself."""
    return json.loads(
        output(
            "curl",
            "-sS",
            "-m",
            "5",
            "-G",
            "--data-urlencode",
            f"q={event['q']}",
            os.environ["PARTNER_URL"] + "/search",
        )
    )["path"]


def zipped_mail(event, context):
    """zip on files in a folder that is named for the customer."""
    name = re.sub(r"[^a-z0-9]+", "-", event["customer"].lower()).strip("-")
    with workspace() as folder:
        os.mkdir(f"{folder}/{name}")
        for number, text in enumerate(event["texts"]):
            with open(f"{folder}/{name}/{number:03}.txt", "w") as file:
                file.write(text)
        output("zip", "-q", "-r", "out.zip", name, cwd=folder)
        return [line.split()[-1] for line in output("unzip", "-Z1", f"{folder}/out.zip").splitlines()]


def sorted_lines(event, context):
    """A pipeline of the shell over standard input with a number of the event."""
    return subprocess.run(
        f"sort -u | head -n {int(event['n'])}",
        shell=True,
        input=event["text"],
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    ).stdout


def loose_name(event, context):
    """A job's name in a command line, as an internal tool has it."""
    return subprocess.getoutput(f"echo starting job {event['job']} on {event['host']}")


def disk_usage(event, context):
    folder = tempfile.mkdtemp(prefix="du-")
    try:
        return os.popen(f"ls -1 {folder} | wc -l").read().strip()
    finally:
        shutil.rmtree(folder)


def latex(event, context):
    """A document written of a template and given to a program by its path."""
    special = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"}
    text = "".join(special.get(one, one) for one in event["text"])
    with workspace() as folder:
        path = os.path.join(folder, "doc.tex")
        with open(path, "w") as file:
            file.write("\\documentclass{article}\\begin{document}" + text + "\\end{document}")
        return base64.b64encode(output("cat", path).encode()).decode()
