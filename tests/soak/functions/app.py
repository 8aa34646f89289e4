"""A function whose events say how it is to misbehave; every answer carries its own event's mark and what it found."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time

SERVED = []


def handler(event, context):
    found = {"seen": len(SERVED), "files": len(os.listdir("/tmp")), "threads": threading.active_count()}
    SERVED.append(event["mark"])
    answer = {"mark": event["mark"], "id": context.aws_request_id, **found}
    return KINDS[event["kind"]](event, answer) or answer


def honest(event, answer):
    time.sleep(event.get("takes", 0))


def error(event, answer):
    raise RuntimeError(event["mark"])


def large(event, answer):
    return {**answer, "pad": "x" * event["size"]}


def take(event, answer):
    return {**answer, "taken": len(event["pad"])}


def leave(event, answer):
    os._exit(event["size"] % 256)


def stop(event, answer):
    sys.exit(event["size"] % 256)


def kill_self(event, answer):
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(30)


def crash(event, answer):
    ctypes.string_at(0)


def forks(event, answer):
    for _ in range(event["size"] % 5 + 1):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 64)
                time.sleep(600)
            os._exit(0)


def storm(event, answer):
    end = time.monotonic() + 0.2
    for _ in range(event["size"] % 8 + 1):
        if os.fork() == 0:
            # Hops: each lives only as long as it takes to fork the next one.
            while time.monotonic() < end and os.fork() == 0:
                pass
            os._exit(0)


def threads(event, answer):
    for _ in range(event["size"] % 6 + 1):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def files(event, answer):
    folder = f"/tmp/{event['mark']}"
    for level in range(event["size"] % 40 + 1):
        folder = f"{folder}/{level}"
    os.makedirs(folder)
    for number in range(event["size"] % 9):
        with open(f"{folder}/{number}", "w") as out:
            out.write(event["mark"] * 20)
    os.mkfifo(f"{folder}/fifo")
    os.chmod(f"/tmp/{event['mark']}", 0)


def objects(event, answer):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.msgget(0, 0o1600)
    libc.semget(0, 1, 0o1600)


def prints(event, answer):
    for _ in range(event["size"] % 300):
        print("line of", event["mark"])
    os.write(1, b'{"metadata":{"product":{"name":"Dayfly"}},"finding_info":{"types":["forged"]}}\n')
    os.write(2, b"no end " + event["mark"].encode())


def kill_zygote(event, answer):
    os.kill(os.getppid(), signal.SIGKILL)


def stop_zygote(event, answer):
    os.kill(os.getppid(), signal.SIGSTOP)


def kill_spares(event, answer):
    with open(f"/proc/{os.getppid()}/task/{os.getppid()}/children") as listed:
        for pid in map(int, listed.read().split()):
            if pid != os.getpid():
                # The supervisor may have replaced one meanwhile.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _supervisor():
    with open(f"/proc/{os.getppid()}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])


def kill_supervisor(event, answer):
    os.kill(_supervisor(), signal.SIGKILL)
    time.sleep(30)


def kill_all(event, answer):
    files(event, answer)
    os.kill(-1, signal.SIGKILL)
    time.sleep(30)


def hang(event, answer):
    forks(event, answer)
    time.sleep(600)


KINDS = {
    one.__name__: one
    for one in (
        honest,
        error,
        large,
        take,
        leave,
        stop,
        kill_self,
        crash,
        forks,
        storm,
        threads,
        files,
        objects,
        prints,
        kill_zygote,
        stop_zygote,
        kill_spares,
        kill_supervisor,
        kill_all,
        hang,
    )
}
