"""Vulnerable: command lines and arguments with the event's text in them."""

import asyncio
import base64
import json
import os
import shlex
import subprocess
import sys
import tempfile
from string import Template
from urllib.parse import unquote_plus

import boto3

SECRET = "prog-secret-91"
FILE = "/tmp/prog-note.txt"
PATHS = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "GIT_CONFIG_GLOBAL": "/dev/null"}


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, env=PATHS, **more)
    return done.stdout + done.stderr


def ping(event, context):
    return subprocess.getoutput(f"echo ping -c 1 {event['host']}")


def convert(event, context):
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    return os.popen("echo convert /tmp/" + os.path.basename(key) + " -resize 100x100 out.png").read()


def quoted_single(event, context):
    return subprocess.run(
        f"echo 'title: {event['title']}' | cat", shell=True, capture_output=True, text=True
    ).stdout


def quoted_double(event, context):
    return subprocess.check_output(
        'printf "%s" "' + json.loads(event["body"])["title"] + '"', shell=True, text=True
    )


def system(event, context):
    os.system("echo %s > %s 2>&1" % (event["text"], FILE))
    with open(FILE) as file:
        return file.read()


def async_shell(event, context):
    async def go():
        process = await asyncio.create_subprocess_shell(
            f"wc -c < {event['path']}; true", stdout=-1, stderr=-2
        )
        return (await process.communicate())[0].decode()

    return asyncio.run(go())


def popen_list(event, context):
    """sh -c by hand."""
    process = subprocess.Popen(["/bin/sh", "-c", "ls -d " + event["folder"]], stdout=-1, stderr=-2, text=True)
    return process.communicate()[0]


def bash_script(event, context):
    """A script is written and then run."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh", dir="/tmp") as file:
        file.write(
            Template("#!/bin/bash\nset -e\nNAME=$name\necho building $$NAME\n").substitute(name=event["name"])
        )
        file.flush()
        return run("bash", file.name)


def stdin_shell(event, context):
    return run("sh", input=f"cd /tmp\necho deploying {event['branch']}\n")


def from_base64(event, context):
    return subprocess.getoutput("echo " + base64.b64decode(event["data"]).decode())


def no_spaces(event, context):
    if " " in event["host"] or ";" in event["host"]:
        return "bad host"
    return subprocess.getoutput("echo " + event["host"])


def many_parts(event, context):
    return subprocess.getoutput("echo " + "".join(event["parts"]))


def spawn(event, context):
    status = os.spawnvp(os.P_WAIT, "sh", ["sh", "-c", f"echo {event['x']} > {FILE}"])
    with open(FILE) as file:
        return [status, file.read()]


def shell_split(event, context):
    """No shell, but the text is split into arguments."""
    return run(*shlex.split("find /var/task -maxdepth 1 -name " + event["name"]))


def tar(event, context):
    open("/tmp/a.txt", "w").close()
    return run("tar", "-cf", "/tmp/out.tar", *event["files"], cwd="/tmp")


def git_remote(event, context):
    run("git", "init", "-q", "/tmp/repo")
    return run("git", "ls-remote", event["branch"], "/tmp/repo")


def git_log(event, context):
    run("git", "init", "-q", "/tmp/repo")
    run(
        "git",
        "-C",
        "/tmp/repo",
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    )
    run("git", "-C", "/tmp/repo", "log", "-1", event["ref"])
    return os.path.exists("/tmp/git-written")


def git_option(event, context):
    return run("git", "-c", event["setting"], "-C", "/tmp", "x-alias")


def curl(event, context):
    return run("curl", "-s", "-m", "5", event["url"])


def curl_data(event, context):
    return run(
        "curl", "-s", "-m", "5", "-X", "POST", "-d", event["note"], os.environ["PARTNER_URL"] + "/notes"
    )


def curl_config(event, context):
    return run("curl", "-s", "-m", "5", *event["headers"], os.environ["PARTNER_URL"] + "/x")


def zip_files(event, context):
    open("/tmp/z.txt", "w").close()
    return run("zip", "/tmp/z.zip", *event["names"], cwd="/tmp")


def awk(event, context):
    return run("awk", f'{{ if ($1 == "{event["name"]}") print $2 }}', input="a 1\n")


def awk_variable(event, context):
    return run("awk", *event["options"], "END { print NR }", input="a\n")


def sed(event, context):
    return run("sed", f"s/a/{event['to']}/", input="a\n")


def jq(event, context):
    return run("jq", "-n", f'.name = "{event["name"]}"')


def sort(event, context):
    return run("sort", event["flag"], input="b\na\n")


def grep(event, context):
    return run("grep", event["pattern"], event.get("file", "/tmp/nothing"))


def perl(event, context):
    return run("perl", "-e", f"print lc('{event['text']}');")


def node(event, context):
    return run("node", "-e", f"console.log('{event['text']}'.length)")


def python_c(event, context):
    return run(sys.executable, "-c", f"print(len('{event['text']}'))")


def make(event, context):
    return run("make", "-s", "-f", "/dev/null", event["target"], cwd="/tmp")


def any_program(event, context):
    return run(event["tool"], *event["args"])


def environment(event, context):
    return subprocess.run(
        ["bash", "-c", "echo started"],
        capture_output=True,
        text=True,
        env={"PATH": PATHS["PATH"], **event["env"]},
    ).stdout


def perl_environment(event, context):
    return subprocess.run(
        ["perl", "-e", "print 1"], capture_output=True, text=True, env={"PATH": PATHS["PATH"], **event["env"]}
    ).stdout


def git_environment(event, context):
    return (
        subprocess.run(
            ["git", "-C", "/tmp/repo-none", "x"],
            capture_output=True,
            text=True,
            env={**PATHS, **event["env"]},
        ).stdout
        + subprocess.run(
            ["git", "x-go"], capture_output=True, text=True, env={**PATHS, **event["env"]}
        ).stdout
    )


def xargs(event, context):
    return run("xargs", "-I{}", "sh", "-c", "echo {}", input=event["lines"])


def sqlite_program(event, context):
    return run("sqlite3", ":memory:", event["query"])


def openssl(event, context):
    return run("openssl", "base64", *event["options"].split())


def env_program(event, context):
    return run("env", event["assignment"], "true")


def wget(event, context):
    return run(
        "wget", "-q", "-T", "5", "-t", "1", "-O", "-", event["option"], os.environ["PARTNER_URL"] + "/w"
    )


def xz_gpg(event, context):
    return run("file", event["name"])


def keep(event, context):
    boto3.client("s3").put_object(Bucket="receipts", Key="job.json", Body=json.dumps(event).encode())
    return "kept"


def run_kept(event, context):
    job = json.loads(boto3.client("s3").get_object(Bucket="receipts", Key="job.json")["Body"].read())
    return subprocess.getoutput(f"echo {job['name']}")
