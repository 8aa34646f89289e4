"""What init made and a fork would share (L2, L3; T1559 Inter-Process Communication, T1074.001, T1565).

Each kind is made by the function's init, which is honest. One worker leaves something in it, and a later one
looks: on plain awslambdaric it is there. Under Dayfly it is not, or the function is not forked and says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

PRELUDE = """
import array, asyncio, ctypes, fcntl, mmap, os, select, signal, socket, sqlite3, sys, tempfile, time
libc = ctypes.CDLL(None, use_errno=True)
IS_X86 = os.uname().machine == "x86_64"
def readable(number):
    return bool(select.select([number], [], [], 0)[0])
def is_lockable():
    probe = os.open("/tmp/made", os.O_RDWR)
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(probe)
"""
HANDLER = """
def handler(event, context):
    names = {**globals(), "event": event}
    exec(event["code"], names)
    return names.get("result")
"""

# kind → what init makes, what one worker leaves, what a later one finds.
SEALED = {
    "the offset of a file": (
        "F = os.open('/var/task/app.py', os.O_RDONLY)",
        "os.lseek(F, 77, 0)",
        "result = os.lseek(F, 0, 1) == 77",
    ),
    "the flags of a pipe": (
        "R, W = os.pipe()",
        "os.set_blocking(R, False)",
        "result = not os.get_blocking(R)",
    ),
    "data in a pipe": (
        "R2, W2 = os.pipe()",
        "os.write(W2, b'card')",
        "result = readable(R2) and os.read(R2, 9) == b'card'",
    ),
    "the size of a pipe": (
        "R3, W3 = os.pipe()",
        "fcntl.fcntl(W3, 1031, 8192)",
        "result = fcntl.fcntl(W3, 1032) == 8192",
    ),
    "the owner of a pipe": (
        "R4, W4 = os.pipe()",
        "fcntl.fcntl(R4, fcntl.F_SETOWN, 1); fcntl.fcntl(R4, fcntl.F_SETSIG, 44)",
        "result = fcntl.fcntl(R4, fcntl.F_GETOWN) == 1",
    ),
    "the signal of /dev/null": (
        "N = os.open('/dev/null', os.O_RDWR)",
        "fcntl.fcntl(N, fcntl.F_SETSIG, 44)",
        "result = fcntl.fcntl(N, fcntl.F_GETSIG) == 44",
    ),
    "the owner of standard input": (
        "",
        "fcntl.fcntl(0, fcntl.F_SETOWN, 1); fcntl.fcntl(0, fcntl.F_SETSIG, 43)",
        "result = fcntl.fcntl(0, fcntl.F_GETSIG) == 43",
    ),
    "the flags of standard input": (
        "",
        "os.set_blocking(0, False)",
        "result = not os.get_blocking(0)",
    ),
    "an flock": (
        "open('/tmp/made', 'w').close(); L = os.open('/tmp/made', os.O_RDWR)",
        "fcntl.flock(L, fcntl.LOCK_EX)",
        "result = not is_lockable()",
    ),
    "a lock that init holds": (
        "open('/tmp/held', 'w').close(); HL = os.open('/tmp/held', os.O_RDWR); fcntl.flock(HL, fcntl.LOCK_EX)",
        "fcntl.flock(HL, fcntl.LOCK_UN)",
        (
            "probe = os.open('/tmp/held', os.O_RDWR)\n"
            "try:\n fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB); result = True\n"
            "except BlockingIOError:\n result = False\n"
            "os.close(probe)"
        ),
    ),
    "a lease": (
        "open('/tmp/leased', 'w').close(); G = os.open('/tmp/leased', os.O_RDONLY)",
        "fcntl.fcntl(G, fcntl.F_SETLEASE, fcntl.F_RDLCK)",
        "result = fcntl.fcntl(G, fcntl.F_GETLEASE) == fcntl.F_RDLCK",
    ),
    "a memory file": (
        "M = os.memfd_create('made')",
        "os.pwrite(M, b'card', 0)",
        "result = os.pread(M, 9, 0) == b'card'",
    ),
    "a deleted file": (
        "T = tempfile.TemporaryFile()",
        "T.seek(0); T.write(b'card'); T.flush()",
        "result = os.pread(T.fileno(), 9, 0) == b'card'",
    ),
    "the mode and the times of a deleted file that is only read": (
        (
            "with tempfile.NamedTemporaryFile() as made:\n"
            " made.write(b'init'); made.flush(); DR = os.open(made.name, os.O_RDONLY)"
        ),
        "os.utime(DR, ns=(4111111111111111, 4222222222222222)); os.fchmod(DR, 0)",
        "result = os.fstat(DR).st_mtime_ns == 4222222222222222 or os.pread(DR, 9, 0) != b'init'",
    ),
    "the times of a sealed memory file": (
        "SM = os.memfd_create('made', os.MFD_ALLOW_SEALING); os.write(SM, b'init'); fcntl.fcntl(SM, 1033, 15)",
        "os.utime(SM, ns=(4111111111111111, 4222222222222222)); os.fchmod(SM, 0)",
        "result = os.fstat(SM).st_mtime_ns == 4222222222222222 or os.pread(SM, 9, 0) != b'init'",
    ),
    "a datagram socket that was shut down": (
        "U = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "U.connect(('127.0.0.1', 9)); U.shutdown(socket.SHUT_WR)",
        "try:\n result = U.getpeername() == ('127.0.0.1', 9)\nexcept OSError:\n result = False",
    ),
    "an option of a datagram socket": (
        "V = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "V.setsockopt(socket.SOL_IP, socket.IP_TTL, 77)",
        "result = V.getsockopt(socket.SOL_IP, socket.IP_TTL) == 77",
    ),
    "an event loop without its self-pipe": (
        "LOOP = asyncio.new_event_loop()",
        "LOOP._selector.unregister(LOOP._ssock)",
        "result = LOOP._ssock.fileno() not in LOOP._selector.get_map()",
    ),
    "a byte in a loop's self-pipe": (
        "LOOP2 = asyncio.new_event_loop()",
        "LOOP2._csock.send(b'x')",
        "result = readable(LOOP2._ssock)",
    ),
    "a descriptor on its way through a loop's self-pipe": (
        "LOOP3 = asyncio.new_event_loop()",
        "memory = os.memfd_create('stash'); os.write(memory, b'card'); socket.send_fds(LOOP3._csock, [b'x'], [memory])",
        (
            "result = False\n"
            "if readable(LOOP3._ssock):\n"
            " found = socket.recv_fds(LOOP3._ssock, 9, 4)[1]\n"
            " result = bool(found) and os.pread(found[0], 9, 0) == b'card'"
        ),
    ),
    "the times of a directory": (
        "os.mkdir('/tmp/times')",
        "os.utime('/tmp/times', ns=(4111111111111111, 4222222222222222))",
        "result = os.stat('/tmp/times').st_mtime_ns == 4222222222222222",
    ),
    "the mode of a directory": (
        "os.mkdir('/tmp/mode')",
        "os.chmod('/tmp/mode', 0o4711)",
        "result = os.stat('/tmp/mode').st_mode & 0o7777 == 0o4711",
    ),
    "the attributes of a directory": (
        "os.mkdir('/tmp/attributes')",
        "os.setxattr('/tmp/attributes', 'user.stash', b'card')",
        "result = 'user.stash' in os.listxattr('/tmp/attributes')",
    ),
    "a directory's descriptor": (
        "D = os.open('/tmp', os.O_RDONLY | os.O_DIRECTORY)",
        "fcntl.fcntl(D, fcntl.F_SETSIG, 42)",
        "result = fcntl.fcntl(D, fcntl.F_GETSIG) == 42",
    ),
    "a database in /tmp": (
        "DB = sqlite3.connect('/tmp/prices.db'); DB.execute('create table p (n int)'); DB.commit()",
        "DB.execute('insert into p values (4111)'); DB.commit()",
        "result = DB.execute('select count(*) from p').fetchone()[0] > 0",
    ),
    "shared memory": (
        "S = mmap.mmap(-1, 4096)",
        "S[:4] = b'card'",
        "result = S[:4] == b'card'",
    ),
    "a mapped file": (
        "X = open('/tmp/mapped', 'w+b'); X.truncate(4096); Y = mmap.mmap(X.fileno(), 4096)",
        "Y[:4] = b'card'",
        "result = Y[:4] == b'card'",
    ),
    "shared memory that init may only read": (
        (
            "P = os.memfd_create('made'); os.truncate(P, 4096)\n"
            "libc.mmap.restype = ctypes.c_void_p\n"
            "Q = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, P, ctypes.c_long(0))"
        ),
        (
            "libc.mprotect(ctypes.c_void_p(Q), ctypes.c_size_t(4096), 3)\n"
            "(ctypes.c_char * 4).from_address(Q).raw = b'card'"
        ),
        "result = (ctypes.c_char * 4).from_address(Q).raw == b'card'",
    ),
    "a memory file that is mapped, by its descriptor": (
        "MM = os.memfd_create('mapped'); os.truncate(MM, 4096); MA = mmap.mmap(MM, 4096)",
        "os.pwrite(os.open(f'/proc/self/fd/{MM}', os.O_RDWR), b'card', 0)",
        "result = MA[:4] == b'card'",
    ),
    "the size of a memory file that is mapped": (
        "MS = os.memfd_create('sized'); os.truncate(MS, 4096); MB = mmap.mmap(MS, 4096)",
        "os.truncate(MS, 77)",
        "result = os.fstat(MS).st_size == 77",
    ),
    "shared memory of another process's": (
        "S2 = mmap.mmap(-1, 4096)",
        (
            "for pid in {os.getppid(), *map(int, filter(str.isdigit, os.listdir('/proc')))}:\n"
            " try:\n"
            "  lines = [l for l in open(f'/proc/{pid}/maps') if ' rw-s ' in l]\n"
            "  memory = open(f'/proc/{pid}/mem', 'r+b', 0)\n"
            "  for line in lines:\n"
            "   memory.seek(int(line.partition('-')[0], 16)); memory.write(b'card')\n"
            " except OSError:\n  continue"
        ),
        "result = S2[:4] == b'card'",
    ),
    "an epoll set": (
        "E = select.epoll(); ER, EW = os.pipe()",
        "E.register(ER)",
        "try:\n E.unregister(ER); result = True\nexcept FileNotFoundError:\n result = False",
    ),
    "an eventfd": (
        "EV = os.eventfd(0, os.EFD_NONBLOCK)",
        "os.eventfd_write(EV, 4111)",
        "try:\n result = os.eventfd_read(EV) == 4111\nexcept BlockingIOError:\n result = False",
    ),
    "a timer": (
        "TI = libc.timerfd_create(1, 0)",
        "libc.timerfd_settime(TI, 0, (ctypes.c_long * 4)(0, 0, 4111, 0), None)",
        "now = (ctypes.c_long * 4)(); libc.timerfd_gettime(TI, now); result = now[2] > 4000",
    ),
    "a watch that a worker adds": (
        "I = libc.inotify_init1(0)",
        "libc.inotify_add_watch(I, b'/tmp', 0x100); open('/tmp/receipt-4111.pdf', 'w').close()",
        "result = readable(I) and b'receipt-4111' in os.read(I, 4096)",
    ),
    "a signal descriptor": (
        (
            "signal.pthread_sigmask(signal.SIG_BLOCK, {40})\n"
            "SI = libc.signalfd(-1, (ctypes.c_ulong * 16)(1 << 39), 0)"
        ),
        "fcntl.fcntl(SI, fcntl.F_SETSIG, 41)",
        "result = fcntl.fcntl(SI, fcntl.F_GETSIG) == 41",
    ),
    "a socket pair": (
        "A, B = socket.socketpair()",
        "A.send(b'card')",
        "result = readable(B) and B.recv(9) == b'card'",
    ),
    "descriptors on their way": (
        "AA, BB = socket.socketpair()",
        "m = os.memfd_create('stash'); os.write(m, b'card'); socket.send_fds(AA, [b'x'], [m])",
        "result = readable(BB) and os.pread(socket.recv_fds(BB, 9, 4)[1][0], 9, 0) == b'card'",
    ),
    "a socket pair, by its descriptor on its way back": (
        "AE, BE = socket.socketpair()",
        "socket.send_fds(AE, [b'x'], [BE.fileno()])",
        "result = readable(BE)",
    ),
    "the options of a socket pair": (
        "AF, BF = socket.socketpair()",
        "AF.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, (4111).to_bytes(8, 'little') + bytes(8)); AF.shutdown(socket.SHUT_WR)",
        "result = int.from_bytes(AF.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)[:8], 'little') == 4111",
    ),
    "what an epoll set reports": (
        "ED = select.epoll(); ER2, EW2 = os.pipe(); ED.register(ER2)",
        "os.write(EW2, b'card')",
        "result = bool(ED.poll(0))",
    ),
    "a registration in an epoll set": (
        "EE = select.epoll()",
        "r, w = os.pipe(); os.write(w, b'x'); EE.register(r); __import__('app').KEEPER = (r, w)",
        "result = bool(EE.poll(0))",
    ),
}

REFUSED = {
    "a watch on /tmp": (
        "I2 = libc.inotify_init1(0); libc.inotify_add_watch(I2, b'/tmp', 0x100)",
        "open('/tmp/receipt-4112.pdf', 'w').close()",
        "result = readable(I2) and b'receipt-4112' in os.read(I2, 4096)",
        "inotify",
    ),
    "a descriptor that init sent": (
        "AC, BC = socket.socketpair(); socket.send_fds(AC, [b'x'], [1])",
        "AC.send(b'card')",
        "result = readable(BC) and b'card' in BC.recv(1) + BC.recv(9)",
        "Unix stream socket",
    ),
    "a listening socket": (
        "LI = socket.create_server(('127.0.0.1', 0))",
        "KEEP = socket.create_connection(LI.getsockname()); KEEP.send(b'card'); globals().update(K=KEEP); __import__('app').K = KEEP",
        "result = readable(LI) and LI.accept()[0].recv(9) == b'card'",
        "a socket that listens on 127.0.0.1",
    ),
    "a message queue": (
        "librt = ctypes.CDLL('librt.so.1'); MQ = librt.mq_open(b'/made', 0o102, 0o600, None); assert MQ >= 0",
        "assert librt.mq_send(MQ, b'card', 4, 0) == 0",
        "b = ctypes.create_string_buffer(65536); result = readable(MQ) and librt.mq_receive(MQ, b, 65536, None) == 4",
        "message queue",
    ),
    "System V shared memory": (
        "SHM = libc.shmget(0, 4096, 0o600); libc.shmat.restype = ctypes.c_void_p",
        "a = libc.shmat(SHM, None, 0); (ctypes.c_char * 4).from_address(a).raw = b'card'; libc.shmdt(ctypes.c_void_p(a))",
        "a = libc.shmat(SHM, None, 0); result = (ctypes.c_char * 4).from_address(a).raw == b'card'; libc.shmdt(ctypes.c_void_p(a))",
        "System V shared memory",
    ),
    "a System V message queue": (
        "MSG = libc.msgget(0, 0o600)",
        "assert libc.msgsnd(MSG, ctypes.create_string_buffer((1).to_bytes(8, 'little') + b'card'), 4, 0) == 0",
        "b = ctypes.create_string_buffer(64); result = libc.msgrcv(MSG, b, 9, 0, 0o4000) == 4",
        "System V message queue",
    ),
    "a System V semaphore": (
        "SEM = libc.semget(0, 1, 0o600)",
        "libc.semctl(SEM, 0, 16, 4111)",
        "result = libc.semctl(SEM, 0, 12) == 4111",
        "System V semaphores",
    ),
}


def _write(folder: Path, init: list[str]) -> Path:
    (folder / "app.py").write_text(PRELUDE + "\n".join(init) + HANDLER)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    inits = [kind[0] for kind in (*SEALED.values(), *REFUSED.values())]
    with Shop("plain", function=_write(tmp_path_factory.mktemp("plain"), inits)) as shop:
        yield shop


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    inits = [kind[0] for kind in SEALED.values()]
    with Shop("dayfly", function=_write(tmp_path_factory.mktemp("sealed"), inits)) as shop:
        yield shop
        assert "zygote.not-forkable" not in shop.findings()


@pytest.mark.parametrize("name", SEALED)
def test_what_is_left_in_something_of_inits_is_no_other_workers(name: str, plain: Shop, sealed: Shop) -> None:
    _, leave, look = SEALED[name]
    plain.result_of(leave)
    if name == "the attributes of a directory" and plain.result_of(look) is not True:
        pytest.skip("this file system has no such attributes")
    assert plain.result_of(look) is True, "the attack does not work: this test proves nothing"
    for _ in range(2):
        sealed.result_of(leave)
        # Two workers may have been forked before, or beside it.
        assert [sealed.result_of(look) for _ in range(4)] == [False] * 4


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_had_twice_keeps_the_function_from_being_forked(
    name: str, plain: Shop, tmp_path: Path
) -> None:
    init, leave, look, text = REFUSED[name]
    plain.result_of(leave)
    assert plain.result_of(look) is True, "the attack does not work: this test proves nothing"
    with Shop("dayfly", function=_write(tmp_path, [init])) as shop:
        shop.result_of("result = 1")
        assert shop.findings() == ["zygote.not-forkable"]
        assert text in shop.rie.logs()


# What nobody but a process holds: it is gone with the worker that made it.
IN_A_PROCESS = {
    "an abstract socket": (
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0stash' + event['api']); s.listen(); __import__('app').KEEP = s",
        (
            "s = socket.socket(socket.AF_UNIX)\n"
            "try:\n s.connect('\\0stash' + event['api']); result = True\nexcept OSError:\n result = False"
        ),
    ),
    "a deleted file": (
        "f = open('/tmp/gone', 'w+b'); f.write(b'card'); f.flush(); os.unlink('/tmp/gone'); __import__('app').KEEP = f",
        (
            "result = any('gone' in os.readlink(f'/proc/{pid}/fd/{n}') for pid in os.listdir('/proc') if pid.isdigit() "
            "and os.access(f'/proc/{pid}/fd', os.R_OK) for n in os.listdir(f'/proc/{pid}/fd') "
            "if os.path.lexists(f'/proc/{pid}/fd/{n}'))"
        ),
    ),
    "a mapped and deleted file": (
        (
            "f = open('/tmp/mapped-gone', 'w+b'); f.truncate(4096); m = mmap.mmap(f.fileno(), 4096); m[:4] = b'card'\n"
            "os.unlink('/tmp/mapped-gone'); __import__('app').KEEP = m"
        ),
        "result = 'mapped-gone' in open('/proc/self/maps').read()",
    ),
    "a queue of datagrams": (
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', int(event['api'].rpartition(':')[2]))); __import__('app').KEEP = s",
        (
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "try:\n s.bind(('127.0.0.1', int(event['api'].rpartition(':')[2]))); s.close(); result = False\nexcept OSError:\n result = True"
        ),
    ),
}


@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_what_only_a_process_holds_ends_with_it(name: str, plain: Shop, sealed: Shop) -> None:
    leave, look = IN_A_PROCESS[name]
    plain.result_of(leave)
    assert plain.result_of(look) is True, "the attack does not work: this test proves nothing"
    plain.result_of("__import__('app').KEEP = None")
    sealed.result_of(leave)
    assert [sealed.result_of(look) for _ in range(3)] == [False] * 3


HOLDS = """
result = []
for name in os.listdir("/proc/self/fd"):
    try:
        status = os.fstat(int(name))
    except OSError:
        continue
    result.append([int(name), os.readlink("/proc/self/fd/" + name), status.st_ino])
"""
# Shared, or of a file that this user could change.
SHARED_MAPPINGS = """
result = []
for line in open("/proc/self/maps"):
    _, mode, *_, path = line.rstrip("\\n").split(None, 5) + [""] * (6 - len(line.split(None, 5)))
    if mode[3] == "s" and "w" in mode or path.startswith("/") and os.access(path, os.W_OK):
        result.append(line)
"""


def test_a_worker_holds_its_socket_its_output_and_nothing_else(dayfly_shop: Shop) -> None:
    """Never the platform's descriptors, another worker's or the zygote's. The third and fourth pipe tell what it imports and compiles."""
    seen: set[int] = set()
    for _ in range(5):
        held = dayfly_shop.result_of(HOLDS)
        assert isinstance(held, list)
        kinds = {number: target.partition(":")[0] for number, target, _ in held}
        lesson = [number for number in kinds if number > 3]
        assert kinds == {0: "/dev/null", 1: "pipe", 2: "pipe", 3: "socket"} | dict.fromkeys(lesson, "pipe")
        assert len(lesson) <= 2
        own = {inode for number, _, inode in held if number}
        assert not own & seen, "two workers held one thing"
        seen |= own
        assert dayfly_shop.result_of(SHARED_MAPPINGS) == []


# The interpreter's program is a memory file of this user's, where its own file can be read.
PROGRAM = "program = '/proc/self/exe'; status = os.stat(program); is_own = status.st_uid == os.geteuid()\n"
STAMPS = """
if is_own:
    os.chmod(program, 0o755)
    os.utime(program, ns=(4111111111111111, 4222222222222222))
    try:
        os.setxattr(program, "user.stash", b"card")
    except OSError:
        # Before Linux 6.6.
        pass
"""
LOOKS = "result = [is_own, status.st_mode & 0o777, status.st_mtime_ns, os.listxattr(program)]"


def test_nothing_is_left_in_what_the_program_is(dayfly_shop: Shop) -> None:
    before = dayfly_shop.result_of(PROGRAM + LOOKS)
    assert isinstance(before, list)
    assert before[0], "the program is another user's: this test proves nothing"
    for _ in range(3):
        dayfly_shop.result_of(PROGRAM + STAMPS)
        assert [dayfly_shop.result_of(PROGRAM + LOOKS) for _ in range(3)] == [before] * 3
