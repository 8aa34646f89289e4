"""Programs with arguments of the event."""

import json
import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

PRESETS = {"web": ["-q", "75"], "print": ["-q", "95"]}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


def count_words(event, context):
    return run(["wc", "-w"], input=event["text"]).strip()


def grep_fixed(event, context):
    done = subprocess.run(
        ["grep", "-F", "-c", "--", event["word"]], input=event["text"], capture_output=True, text=True
    )
    return done.stdout.strip()


def grep_option(event, context):
    done = subprocess.run(
        ["grep", "-i", "-e", event["word"]], input=event["text"], capture_output=True, text=True
    )
    return done.stdout


def pack(event, context):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in event["files"].items():
            Path(folder, os.path.basename(name)).write_text(text)
        target = os.path.join(folder, "out.tar")
        names = sorted(os.path.basename(name) for name in event["files"])
        run(["tar", "-C", folder, "-cf", target, *[f"./{name}" for name in names]])
        return run(["tar", "-tf", target]).split()


def shell_quoted(event, context):
    return run(f"printf '%s' {shlex.quote(event['name'])} | tr a-z A-Z", shell=True)


def shell_joined(event, context):
    return run(shlex.join(["echo", "-n", *event["words"]]), shell=True)


def pipeline(event, context):
    lines = int(event["lines"])
    return run(f"sort | uniq -c | head -n {lines}", shell=True, input="\n".join(event["values"]) + "\n")


def encode(event, context):
    """As a transcoder is called: a preset, a number and a name made of the key."""
    key = event["Records"][0]["s3"]["object"]["key"]
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", Path(key).stem)
    source = f"/tmp/{stem}.in"
    Path(source).write_text("frames")
    width, height = (int(one) for one in event["size"].split("x"))
    command = [
        "echo",
        "-i",
        source,
        "-vf",
        f"scale={width}:{height}",
        *PRESETS[event["preset"]],
        f"/tmp/{stem}.mp4",
    ]
    return run(command).split()


def split_command(event, context):
    command = f"echo -i {event['source']} -ss {event['start']} -t {int(event['seconds'])}"
    return run(shlex.split(command))


def git_describe(event, context):
    with tempfile.TemporaryDirectory() as folder:
        own = {**os.environ, "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1"}
        run(["git", "init", "-q", "-b", event["branch"], folder], env=own)
        Path(folder, "note").write_text(event["message"])
        run(["git", "-C", folder, "add", "note"], env=own)
        identity = ["-c", "user.name=bot", "-c", "user.email=bot@example.org"]
        run(["git", *identity, "-C", folder, "commit", "-q", "-m", event["message"]], env=own)
        return run(["git", "-C", folder, "log", "-1", "--format=%s|%D"], env=own).strip()


def digest(event, context):
    algorithm = event["algorithm"]
    if algorithm not in ("md5", "sha1", "sha256"):
        raise ValueError("algorithm")
    return run([f"{algorithm}sum"], input=event["text"]).split()[0]


def own_script(event, context):
    script = "import json,sys; print(sum(json.load(sys.stdin)))"
    import sys

    return int(run([sys.executable, "-I", "-c", script], input=json.dumps(event["numbers"])))


def env_passed(event, context):
    return run(
        ["sh", "-c", 'printf "%s" "$GREETING"'],
        env={"GREETING": event["greeting"], "PATH": os.environ["PATH"]},
    )


def positional(event, context):
    return run(["sh", "-c", 'for one in "$@"; do printf "<%s>" "$one"; done', "sh", *event["items"]])


def sorted_by(event, context):
    flags = {"number": "-n", "month": "-M", "text": "-d"}
    command = ["sort", flags[event["by"]]] + (["-r"] if event.get("reverse") else [])
    return run(command, input="\n".join(event["values"]) + "\n").split("\n")[:-1]


def head_of(event, context):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(event["csv"])
        file.flush()
        return run(["head", "-n", str(event["rows"]), file.name])


def system_status(event, context):
    target = Path("/tmp", "job-" + re.sub(r"\W", "", event["job"]))
    status = os.system(f"mkdir -p {target} && touch {target}/done")
    return [status, sorted(one.name for one in target.iterdir())]


async def _gather(words):
    import asyncio

    process = await asyncio.create_subprocess_exec("echo", *words, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode()


def with_asyncio(event, context):
    import asyncio

    return asyncio.run(_gather(event["words"]))
