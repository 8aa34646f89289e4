"""A function that does what its event says; serves the lab's own tests."""

import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request

# Before it serves, so that who waits for it is never ended by it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
STARTED = time.time()
SERVED = 0
COUNTER = "import os,sys,time\nwhile True:\n    open(sys.argv[1], 'a').write('x')\n    time.sleep(0.002)\n"


def tmp(name):
    return os.path.join(os.environ.get("TMPDIR", "/tmp"), name)


def start_counter(path, detached):
    argv = [sys.executable, "-I", "-S", "-c", COUNTER, path]
    return subprocess.Popen(argv, start_new_session=detached).pid


def size(path):
    return os.path.getsize(path) if os.path.exists(path) else -1


def writable(path):
    try:
        with open(os.path.join(path, "probe"), "w"):
            return True
    except OSError:
        return False


def facts():
    return {
        "served": SERVED,
        "started": STARTED,
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "uid": os.getuid(),
        "cwd": os.getcwd(),
        "hostname": os.uname().nodename,
        "dev": sorted(os.listdir("/dev")),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "writable": [p for p in ("/", "/usr", "/etc", "/var/task", "/opt", "/dev") if writable(p)],
        "nofile": resource.getrlimit(resource.RLIMIT_NOFILE),
        "nproc": resource.getrlimit(resource.RLIMIT_NPROC),
    }


def handler(event, context):
    global SERVED
    SERVED += 1
    do = event.get("do") if isinstance(event, dict) else None
    if do == "facts":
        return facts()
    if do == "terminate":
        child = subprocess.Popen(["/bin/sleep", "60"])
        child.terminate()
        return {"code": child.wait(60)}
    if do == "environ":
        return dict(os.environ)
    if do == "context":
        custom = context.client_context.custom if context.client_context else None
        return {
            "request_id": context.aws_request_id,
            "arn": context.invoked_function_arn,
            "remaining": context.get_remaining_time_in_millis(),
            "custom": custom,
            "tenant": getattr(context, "tenant_id", None),
            "name": context.function_name,
            "memory": context.memory_limit_in_mb,
        }
    if do == "version":
        return {
            "version": context.function_version,
            "arn": context.invoked_function_arn,
            "pid": os.getpid(),
            "A": os.environ.get("AA", ""),
        }
    if do == "warn":
        logging.getLogger().warning(event["text"])
        return None
    if do == "log":
        print("from print")
        logging.getLogger().setLevel(logging.INFO)
        logging.getLogger().info("from logging")
        return None
    if do == "write":
        with open(tmp(event["name"]), "w") as file:
            file.write("kept")
        return True
    if do == "exists":
        return {"exists": os.path.exists(tmp(event["name"])), "served": SERVED}
    if do == "raise":
        raise ValueError(event.get("text", "boom"))
    if do == "exit":
        os._exit(event["code"])
    if do == "sysexit":
        sys.exit(event["code"])
    if do == "signal":
        os.kill(os.getpid(), getattr(signal, event["name"]))
    if do == "listen":
        signal.signal(signal.SIGTERM, lambda number, frame: os.write(1, b"told to leave\n"))
    if do == "wait":
        signal.sigwait({signal.SIGUSR1})
    if do == "sleep":
        time.sleep(event["seconds"])
        return True
    if do == "big":
        return "x" * event["bytes"]
    if do == "count":
        return start_counter(tmp("count"), event.get("detached", False))
    if do == "counted":
        return size(tmp("count"))
    if do == "resolve":
        return [socket.gethostbyname(name) for name in event["names"]]
    if do == "fetch":
        with urllib.request.urlopen(event["url"], timeout=60) as answer:
            return answer.read().decode()
    return {"served": SERVED, "echo": event, "started": STARTED}


def unsent(event, context):
    """Answers through the API itself and dies before it polls again."""
    api = os.environ["AWS_LAMBDA_RUNTIME_API"]
    url = f"http://{api}/2018-06-01/runtime/invocation/{context.aws_request_id}/response"
    urllib.request.urlopen(urllib.request.Request(url, data=json.dumps("early").encode(), method="POST"))
    os._exit(1)
