"""Programs and shells."""

import asyncio
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SAFE_ENV = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/tmp"}


def output(command, **options):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=8, **options
    ).stdout


def thumbnail(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    return output(f"echo convert /tmp/{key} -resize {event['size']} /tmp/out.png", shell=True)


def getoutput(event, context):
    return subprocess.getoutput("echo user " + event["user"])


def check_call(event, context):
    subprocess.check_call(f"echo {event['text']} > /tmp/o", shell=True)
    with open("/tmp/o") as file:
        return file.read()


def in_thread(event, context):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(output, f"echo {event['text']}", shell=True).result()


def in_async(event, context):
    async def act():
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f"echo {event['text']}", stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode()

    return asyncio.run(act())


def env_injected(event, context):
    return output(["bash", "-c", "eval echo $TEXT"], env={**SAFE_ENV, "TEXT": event["text"]})


def shell_stdin(event, context):
    return output(["sh"], input=f"echo {event['text']}\n")


def arithmetic(event, context):
    return output(f"echo $(( {event['a']} + 1 ))", shell=True, executable="/bin/bash")


def posix_spawn(event, context):
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"echo {event['text']} > /tmp/ps"], SAFE_ENV)
    os.waitpid(pid, 0)
    with open("/tmp/ps") as file:
        return file.read()


def forked(event, context):
    pid = os.fork()
    if pid == 0:
        os.execv("/bin/sh", ["sh", "-c", f"echo {event['text']} > /tmp/fx"])
    os.waitpid(pid, 0)
    with open("/tmp/fx") as file:
        return file.read()


def nested(event, context):
    return output(["timeout", "5", "nice", "bash", "-lc", f"echo {event['text']}"], env=SAFE_ENV)


def ssh_like(event, context):
    return output(shlex.split(f'env -i sh -c "echo {event["text"]}"'))


def option_curl(event, context):
    output(["curl", "-s", event["url"], os.environ["PARTNER_URL"]])
    return os.path.exists("/tmp/stolen") and "stolen"


def option_zip(event, context):
    with open("/tmp/f", "w") as file:
        file.write("x")
    output(["zip", "/tmp/a.zip", *event["names"]], cwd="/tmp")
    return os.path.exists("/tmp/zipped") and "zipped"


def option_sed(event, context):
    return output(["sed", event["script"], "/etc/hostname"])


def option_tar(event, context):
    with open("/tmp/f", "w") as file:
        file.write("x")
    output(f"tar -cf /tmp/a.tar {shlex.quote(event['name'])} f", shell=True, cwd="/tmp")
    return os.path.exists("/tmp/tarred") and "tarred"


def option_python(event, context):
    return output([sys.executable, event["flag"], event["value"]])


def option_jq(event, context):
    return output(["jq", "-n", event["filter"]], env={**SAFE_ENV, "SECRET": "jq-secret-1"})


def option_openssl(event, context):
    return output(["openssl", "enc", "-base64", *event["options"]])


def option_find(event, context):
    return output(["find", "/etc/hostname", "-name", *event["name"].split()])


def program(event, context):
    return output([f"/usr/bin/{event['tool']}", "-c", event["text"]])
