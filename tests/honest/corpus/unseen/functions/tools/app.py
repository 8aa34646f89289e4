"""Programs that functions bring along, with arguments checked in many ways."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

CONVERTERS = {"upper": ["tr", "a-z", "A-Z"], "reverse": ["rev"], "count": ["wc", "-c"]}
HASHES = {"md5": "md5sum", "sha1": "sha1sum", "sha256": "sha256sum"}


class Output(StrEnum):
    JSON = "json"
    TEXT = "text"


def converted(event, context):
    """By a table of commands, in a chain."""
    data = event["text"].encode()
    for name in event["steps"]:
        data = subprocess.run(CONVERTERS[name], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data.decode()


def hashed(event, context):
    return subprocess.check_output([HASHES[event["hash"]], "-"], input=event["text"], text=True).split()[0]


def file_kind(event, context):
    name = Path(event["key"]).name
    target = Path("/tmp") / name
    target.write_bytes(bytes.fromhex(event["hex"]))
    return subprocess.check_output(["file", "--brief", "--mime-type", str(target)], text=True).strip()


def key_in_tmp(event, context):
    """As converters of documents do it: f'/tmp/{key}'."""
    key = event["Records"][0]["s3"]["object"]["key"]
    if key[-3:] != "odt":
        raise ValueError("Wrong file ending.")
    source, target = f"/tmp/{key}", f"/tmp/{key[:-3]}pdf"
    Path(source).write_text("x")
    subprocess.run(["cp", source, target], check=True, env={**os.environ, "HOME": "/tmp"})
    return sorted(one.name for one in Path("/tmp").glob("*.pdf") if one.name == os.path.basename(target))


def scaled(event, context):
    match = re.fullmatch(r"(\d{1,4})x(\d{1,4})", event["size"])
    if not match:
        return "bad size"
    quality = max(1, min(100, int(event.get("quality", 80))))
    command = [
        "echo",
        "convert",
        "in.png",
        "-resize",
        f"{match[1]}x{match[2]}!",
        "-quality",
        str(quality),
        f"out.{event['format'].lower()}",
    ]
    return subprocess.check_output(command, text=True)


def clip(event, context):
    command = (
        f"echo ffmpeg -y -ss {float(event['start']):.3f} -t {float(event['length']):.3f} "
        f"-i {shlex.quote(event['source'])} -c copy {shlex.quote(event['target'])}"
    )
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout


def splitted(event, context):
    line = 'echo --title "{}" --author "{}"'.format(event["title"].replace('"', ""), event["author"])
    return subprocess.check_output(shlex.split(line), text=True)


def jq_filter(event, context):
    return json.loads(
        subprocess.check_output(
            ["jq", "-c", "--arg", "name", event["name"], ".[] | select(.name == $name)"],
            input=json.dumps(event["rows"]),
            text=True,
        )
        or "null"
    )


def jq_field(event, context):
    if event["field"] not in ("name", "price"):
        raise KeyError(event["field"])
    return subprocess.check_output(
        ["jq", "-r", f".[].{event['field']}"], input=json.dumps(event["rows"]), text=True
    ).split()


def sed_line(event, context):
    return subprocess.check_output(["sed", "-n", f"{int(event['line'])}p"], input=event["text"], text=True)


def awk_variable(event, context):
    return subprocess.check_output(
        ["awk", "-v", f"least={int(event['least'])}", "-F,", "$2 >= least { print $1 }"],
        input=event["csv"],
        text=True,
    ).split()


def grep_safely(event, context):
    done = subprocess.run(
        ["grep", "-n", "--fixed-strings", "--", event["word"]],
        input=event["text"],
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def curl_partner(event, context):
    url = f"{os.environ['PARTNER_URL']}/tools/{int(event['id'])}"
    return json.loads(subprocess.check_output(["curl", "-s", "-H", f"X-Tenant: {event['tenant']}", url]))[
        "custom"
    ].get("X-Tenant")


def repository(event, context):
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "GIT_AUTHOR_NAME": event["author"],
            "GIT_AUTHOR_EMAIL": "a@b.c",
            "GIT_COMMITTER_NAME": "bot",
            "GIT_COMMITTER_EMAIL": "b@b.c",
        }

        def git(*arguments):
            return subprocess.run(
                ["git", "-C", folder, *arguments], env=own, capture_output=True, text=True, check=True
            ).stdout.strip()

        git("init", "-q")
        Path(folder, "README.md").write_text(event["text"])
        git("add", "--", "README.md")
        git("commit", "-q", "--message", event["message"])
        git("tag", "--", event["tag"])
        return [git("log", "-1", "--format=%an: %s"), git("tag", "--list")]


def packed(event, context):
    with tempfile.TemporaryDirectory() as folder:
        for name in event["names"]:
            Path(folder, name).write_text(name)
        subprocess.run(["zip", "-q", "-X", "out.zip", "--", *event["names"]], cwd=folder, check=True)
        return os.path.getsize(f"{folder}/out.zip") > 100


def encrypted(event, context):
    command = ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-nosalt", "-a", "-pass", "env:SECRET"]
    sealed = subprocess.check_output(
        command, input=event["text"].encode(), env={**os.environ, "SECRET": event["secret"]}
    )
    return subprocess.check_output(
        [*command, "-d"], input=sealed, env={**os.environ, "SECRET": event["secret"]}
    ).decode()


def worker_script(event, context):
    """A file of the deployment as a program, the event as its input."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
    done = subprocess.run(
        [sys.executable, "-I", script, "--output", Output(event["output"])],
        input=json.dumps(event["data"]),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def parallel(event, context):
    def run(word):
        return subprocess.check_output(["echo", "-n", word], text=True)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, event["words"]))


def limited(event, context):
    try:
        return subprocess.run(
            ["sh", "-c", "cat; exit $CODE"],
            input=event["text"],
            text=True,
            capture_output=True,
            env={"CODE": str(int(event["code"])), "PATH": os.environ["PATH"]},
            timeout=5,
        ).returncode
    except subprocess.TimeoutExpired:
        return signal.SIGKILL


def heredoc(event, context):
    script = 'set -eu\nread -r first\nprintf \'%s|\' "$first" "$@"\n'
    return subprocess.check_output(
        ["bash", "-c", script, "script", *event["words"]], input=event["line"] + "\n", text=True
    )


def which_tool(event, context):
    tool = event["tool"]
    return shutil.which(tool) is not None if re.fullmatch(r"[a-z]+", tool) else None
