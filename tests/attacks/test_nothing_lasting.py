"""What a dead worker leaves in the kernel for a while (L2, L3; T1499 Endpoint Denial of Service, T1559).

Files close when a process's memory is torn down, some time after it is dead; what two sockets hold of each other, and
keyrings with a name, stay until the kernel looks for them. A second payload, as the next customer, looks for it at once.
The environment is as people get it on AWS: the Runtime API is not locked under these events.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.attacks.test_residue import CALLS
from tests.aws import Aws

pytestmark = [needs_confinement(), pytest.mark.slow, pytest.mark.usefixtures("own_connections")]

# Below those that the kernel gives out.
PORT = 8_127
# So that the teardown takes many times as long as the way to the next event.
LARGE = """
import mmap
memory = mmap.mmap(-1, 256 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
def fill(byte):
    for at in range(0, len(memory), mmap.PAGESIZE): memory[at] = byte
fill(1)
"""
# What a process can take of the machine or of its user, as much as there is. Each ends with `held`.
HOLD = {
    "port": f"held = socket.create_server(('127.0.0.1', {PORT}))",
    "name of a socket": "held = socket.socket(socket.AF_UNIX); held.bind('\\0held')",
    "lock": "import fcntl; held = open('/var/task/app.py'); fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "disk": "held = open('/tmp/held', 'wb'); os.posix_fallocate(held.fileno(), 0, 300 << 20); os.unlink('/tmp/held')",
    "inotify instances": """
held = []
while (one := libc.inotify_init()) >= 0: held.append(one)
""",
    "pages of pipes": """
held = []
try:
    while True:
        held.append(os.pipe())
        fcntl.fcntl(held[-1][1], fcntl.F_SETPIPE_SZ, 1 << 20)
except OSError: pass
""",
    # More than half, so that the kernel has no room for the same again.
    "asynchronous input and output": """
events = int(open("/proc/sys/fs/aio-max-nr").read()) * 6 // 10
held = libc.syscall({"x86_64": 206, "aarch64": 0}[os.uname().machine], events, ctypes.byref(ctypes.c_ulong(0)))
assert held == 0
""",
    # The kernel counts them for the user until somebody has waited for who has them.
    "queued signals": """
signal.pthread_sigmask(signal.SIG_BLOCK, {40})
while libc.sigqueue(os.getpid(), 40, ctypes.c_void_p()) == 0: pass
held = None
""",
}
# The same again, or as much as an honest function has need of.
LOOK = HOLD | {
    "inotify instances": "assert libc.inotify_init() >= 0",
    "pages of pipes": "fcntl.fcntl(os.pipe()[1], fcntl.F_SETPIPE_SZ, 1 << 20)",
    "queued signals": """
signal.pthread_sigmask(signal.SIG_BLOCK, {40})
assert [libc.sigqueue(os.getpid(), 40, ctypes.c_void_p()) for _ in range(100)] == [0] * 100
""",
}
CODE = """
import ctypes, fcntl, signal
libc, kept, result = ctypes.CDLL(None), [], {}
def run(codes):
    names, said = dict(globals()), {}
    for name, code in codes.items():
        try:
            exec(code, names)
            said[name] = "free"
        except BaseException as error: said[name] = repr(error)
        kept.append(names.pop("held", None))
    return said
"""
HOLDERS = {
    "the worker": "result = run(event['codes']); os.kept = memory, kept",
    # Before the answer, so that no sweep finds anything to kill.
    "a child that it has killed": """
ready, tell = os.pipe()
child = os.fork()
if child == 0:
    said = run(event["codes"])
    fill(2)
    os.write(tell, json.dumps(said).encode())
    time.sleep(100)
result = json.loads(os.read(ready, 4096))
os.kill(child, 9)
""",
}


@pytest.fixture(scope="module")
def aws_shop() -> Iterator[Shop]:
    # Not as a layer, whose size is limited: tests.native.sanitized has a large supervisor.
    aws = Aws("pip")
    if aws.missing:
        pytest.skip(aws.missing)
    with Shop("dayfly", aws=aws, timeout_s=60) as shop:
        shop.serve(1)
        yield shop


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_a_dying_process_holds_meets_nobody(holder: str, aws_shop: Shop) -> None:
    all_free = dict.fromkeys(HOLD, "free")
    assert aws_shop.result_of(CODE + "result = run(event['codes'])", codes=LOOK) == all_free
    assert aws_shop.result_of(LARGE + CODE + "import json\n" + HOLDERS[holder], codes=HOLD) == all_free
    assert aws_shop.result_of(CODE + "result = run(event['codes'])", codes=LOOK) == all_free


# What the kernel counts for a user beside that: x86-64's and AArch64's numbers, and arguments with which it is made.
REFUSED = {
    "user namespace": ((272, 97), "(0x10000000,)"),
    "user namespace of a child": ((56, 220), "(0x10000011, 0, 0, 0, 0)"),
    "performance event": ((298, 241), "((ctypes.c_uint64 * 16)(1 | 128 << 32), 0, -1, -1, 0)"),
    "BPF map": ((321, 280), "(0, (ctypes.c_uint32 * 32)(2, 4, 8, 1), 128)"),
}


def test_what_lambda_refuses_cannot_be_counted_for_the_user(aws_shop: Shop) -> None:
    call = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def make(numbers, arguments):
    number = numbers[os.uname().machine == "aarch64"]
    return "made" if libc.syscall(number, *eval(arguments)) >= 0 else errno.errorcode[ctypes.get_errno()]
result = {name: make(*one) for name, one in event["refused"].items()}
"""
    assert aws_shop.result_of(call, refused=REFUSED) == dict.fromkeys(REFUSED, "EPERM")


# How the kernel treats a process.
STATE = """
import ctypes, resource, signal
libc = ctypes.CDLL(None)
is_x86 = os.uname().machine == "x86_64"
def read(name):
    try: return open("/proc/self/" + name).read()
    except OSError as error: return error.errno
policy = ctypes.c_int()
told = ("Umask", "Groups", "SigBlk", "SigIgn", "SigCgt", "THP_enabled", "NoNewPrivs", "Speculation", "Mems_allowed")
result = {
    "status": [line for line in read("status").splitlines() if line.startswith(told)],
    "files": {name: read(name) for name in ("oom_score_adj", "timerslack_ns", "coredump_filter", "cgroup")},
    "directories": [os.getcwd(), os.stat("/").st_ino],
    "timers": [signal.getitimer(which) for which in range(3)],
    "personality": libc.personality(0xffffffff),
    "memory policy": [libc.syscall(239 if is_x86 else 236, ctypes.byref(policy), None, 0, None, 0), policy.value],
    "priority": [os.getpriority(os.PRIO_PROCESS, 0), libc.syscall(252 if is_x86 else 31, 1, 0)],
    "scheduler": [os.sched_getscheduler(0), sorted(os.sched_getaffinity(0))],
    "limits": [resource.getrlimit(n) for n in range(16) if n not in event["but"]],
}
"""
CHANGE = """
import ctypes, signal
libc = ctypes.CDLL(None)
is_x86 = os.uname().machine == "x86_64"
def parent(pid):
    try: return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    except OSError: return 0
zygote = os.getppid()
standbys = [int(name) for name in os.listdir("/proc") if name.isdigit() and parent(int(name)) == zygote]
mask = ctypes.c_ulong(1)
changes = {
    "oom_score_adj": "900", "timerslack_ns": "4000000000", "coredump_filter": "0x7f", "comm": "changed", "clear_refs": "1",
    "autogroup": "1", "loginuid": "1", "timens_offsets": "monotonic 5 0",
}
for pid in {zygote, parent(zygote), *standbys}:
    for name, text in changes.items():
        try: open(f"/proc/{pid}/{name}", "w").write(text)
        except OSError: pass
    if is_x86:
        libc.syscall(251, 1, pid, 3 << 13) # ioprio_set
        libc.syscall(256, pid, 64, ctypes.byref(mask), ctypes.byref(mask)) # migrate_pages
        libc.syscall(109, pid, os.getpid()) # setpgid
libc.personality(0x0040000 | 0x0400000)
libc.syscall(238 if is_x86 else 237, 3, ctypes.byref(mask), 64) # set_mempolicy
for option, value in ((29, 4000000000), (41, 1), (4, 1), (38, 1), (65, 1), (1, 9), (36, 1)):
    libc.prctl(option, value, 0, 0, 0)
os.umask(0o777)
os.chdir("/tmp")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {10, 12})
signal.setitimer(signal.ITIMER_REAL, 1000)
os.nice(5)
"""
# What a worker is told apart by, and what depends on the dead that nobody has buried.
OWN_LIMITS = [5, 6, 10, 11]


def test_how_the_kernel_treats_a_process_is_no_other_workers(aws_shop: Shop) -> None:
    before = aws_shop.result_of(STATE, but=OWN_LIMITS)
    aws_shop.attack(CHANGE)
    for _ in range(3):
        assert aws_shop.result_of(STATE, but=OWN_LIMITS) == before


SIGNAL = """
import fcntl, signal
zygote = os.getppid()
def parent(pid):
    try: return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    except OSError: return 0
standbys = []
while not standbys:
    standbys = [int(name) for name in os.listdir("/proc") if name.isdigit() and parent(int(name)) == zygote]
    standbys.remove(os.getpid())
kept = []
for pid in {"zygote": [zygote], "standbys": standbys}[event["whom"]]:
    # Files are closed from the highest number down: the first is still there when its peer goes.
    first, last = socket.socketpair()
    fcntl.fcntl(first, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(first, fcntl.F_SETOWN, pid)
    fcntl.fcntl(first, fcntl.F_SETFL, fcntl.fcntl(first, fcntl.F_GETFL) | os.O_ASYNC)
    kept += [first, last]
os.kept = memory, kept
result = 'set'
"""


@pytest.mark.parametrize("whom", ["standbys", "zygote"])
def test_a_signal_that_a_file_sends_as_it_closes_costs_no_customer_an_answer(
    whom: str, aws_shop: Shop
) -> None:
    assert aws_shop.result_of(LARGE + SIGNAL, whom=whom) == "set"
    # Longer than the teardown.
    aws_shop.serve(2, takes=0.5)
    # Whoever is blamed is blamed for his own invocation: customers have been served by workers that went on.
    assert "worker.died" not in aws_shop.findings()


def test_what_sockets_hold_of_each_other_meets_nobody(aws_shop: Shop) -> None:
    """A socket that lies in its own queue belongs to nobody who could end; a port lies there with it."""
    leave = f"""
one, other = socket.socketpair()
server = socket.create_server(('127.0.0.1', {PORT}))
socket.send_fds(one, [b'x'], [other.fileno(), one.fileno(), server.fileno()])
result = 'sent'
"""
    assert aws_shop.result_of(leave) == "sent"
    assert aws_shop.result_of(LOOK["port"] + "\nresult = 'free'") == "free"


def skip_without_keys(shop: Shop) -> None:
    if shop.result_of(CALLS + "result = store(0) > 0 and find(0)") is not True:
        pytest.skip("this kernel or its confinement has no keyrings")
    if len(Path("/proc/key-users").read_bytes()) > 60_000:
        pytest.skip("too many users have had keys on this machine: the supervisor does not count this one's")


# A session's keyring with a name, which every process of the user may join. 1: join, 5: rights, 11: read.
NAMED = (
    CALLS
    + """
def join(name): return libc.syscall(keyctl, 1, name)
def share(key): return libc.syscall(keyctl, 5, key, ctypes.c_long(0x3f3f0000))
def read(key):
    content = ctypes.create_string_buffer(64)
    n = libc.syscall(keyctl, 11, key, content, ctypes.c_long(64))
    return content.raw[:max(n, 0)]
def stash():
    ring = join(event["name"].encode())
    key = libc.syscall(add_key, b"user", b"card", b"4111", ctypes.c_long(4), ctypes.c_long(ring))
    return ring > 0 and key > 0 and share(ring) == share(key) == 0
"""
)
FIND = """
import struct
# 0: it is the session's already.
ring = join(event["name"].encode()) or -3
keys = read(ring)
result = [read(key).decode() for key in struct.unpack(f"{len(keys) // 4}i", keys)]
"""
STASHERS = {
    "a worker": "result = stash()",
    "an orphan that nobody waits for": """
result = stash()
if os.fork() == 0:
    os.fork()
    os._exit(0)
time.sleep(0.05)
""",
}


@pytest.mark.parametrize("who", STASHERS)
def test_a_keyring_that_can_be_joined_by_name_is_empty_for_others(
    who: str, plain_shop: Shop, aws_shop: Shop
) -> None:
    skip_without_keys(aws_shop)
    assert plain_shop.result_of(NAMED + "result = stash()", name=who) is True
    assert plain_shop.result_of(NAMED + FIND, name=who) == ["4111"], (
        "the attack leaves nothing: this test proves nothing"
    )
    # The dead keyring of an orphan keeps its name.
    for name in (who, who + " again"):
        count = aws_shop.findings().count("residue.ipc")
        assert aws_shop.result_of(NAMED + STASHERS[who], name=name) is True
        assert aws_shop.result_of(NAMED + FIND, name=name) == []
        aws_shop.serve(1)
        # Neither the one that joined an empty one nor the customer after him is blamed.
        assert aws_shop.findings().count("residue.ipc") <= count + 1


def test_keys_that_are_removed_leave_the_next_customer_his_share(aws_shop: Shop) -> None:
    """kernel.keys.maxkeys is 200 a user, and counts a key until the kernel has forgotten it."""
    skip_without_keys(aws_shop)
    for _ in range(2):
        aws_shop.attack(CALLS + "for n in range(300): store(n)")
        assert aws_shop.result_of(CALLS + "result = store(7) > 0 and find(7)") is True
