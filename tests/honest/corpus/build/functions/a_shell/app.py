"""Programs and shells that run what the event says."""

import asyncio
import json
import os
import shlex
import subprocess


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options).stdout


def ping(event, context):
    return run(f"echo pinging {event['host']}", shell=True)


def convert(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    return run(f"echo converting '/tmp/{key}' to png", shell=True)


def popen(event, context):
    return os.popen("ls -d /tmp/" + event["folder"]).read()


def system_to_file(event, context):
    os.system("echo %s > /tmp/out.txt" % event["text"])
    with open("/tmp/out.txt") as file:
        return file.read()


def sh_c(event, context):
    return run(["sh", "-c", "echo " + event["text"]])


def bash_pipefail(event, context):
    return run(["bash", "-o", "pipefail", "-c", f"echo {event['text']} | cat"])


def env_shell(event, context):
    return run(["env", "LANG=C", "sh", "-c", f"printf {event['text']}"])


def split_shell(event, context):
    return run(shlex.split(f"sh -c 'echo {event['text']}'"))


def options_git(event, context):
    run(["git", "ls-remote", event["repository"], "/tmp"], env={**os.environ, "HOME": "/tmp"})
    return os.path.exists("/tmp/planted") and "planted"


def options_git_config(event, context):
    return run(["git", "-c", event["setting"], "hello"], env={**os.environ, "HOME": "/tmp"})


def options_tar(event, context):
    with open("/tmp/a", "w") as file:
        file.write("x")
    run(["tar", "-cf", "/tmp/b.tar", *event["names"]], cwd="/tmp")
    return os.path.exists("/tmp/planted") and "planted"


def options_find(event, context):
    return run(["find", *event["arguments"]], cwd="/tmp")


def options_sort(event, context):
    run(["sort", event["flag"], "/etc/hostname"])
    return os.path.exists("/tmp/planted") and "planted"


def options_awk(event, context):
    return run(["awk", event["program"], "/etc/hostname"])


def program_name(event, context):
    return run([event["tool"], *event["arguments"]])


def substitution(event, context):
    return run(f'echo "Dear {event["name"]}"', shell=True)


def quoted_wrongly(event, context):
    return run(f"echo '{shlex.quote(event['name'])}'", shell=True)


def asyncio_shell(event, context):
    async def act():
        process = await asyncio.create_subprocess_shell(
            f"echo {event['text']}", stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode()

    return asyncio.run(act())


def spawned(event, context):
    os.spawnlp(os.P_WAIT, "sh", "sh", "-c", f"echo {event['text']} > /tmp/spawned")
    with open("/tmp/spawned") as file:
        return file.read()


def python_c(event, context):
    import sys

    return run([sys.executable, "-c", f"print({event['expression']})"])


def xargs(event, context):
    return run(["xargs", "-I{}", "sh", "-c", "echo {}"], input=event["names"])


def queue(event, context):
    return [run("echo " + json.loads(record["body"])["file"], shell=True) for record in event["Records"]]
