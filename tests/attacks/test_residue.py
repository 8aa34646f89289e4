"""Files and kernel objects that outlive their invocation (L2, L3; T1074.001 Local Data Staging, T1559, T1222).

Each payload hides data from whoever empties temporary directories; a second payload, as a later attacker,
looks whether it is there. Service must go on meanwhile. The plainest of each kind are in dayfly/lab/gauntlet/attacks/.
"""

from __future__ import annotations

import time

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import COMBINATIONS

pytestmark = needs_confinement()

FILES = {
    "hidden file with a line feed and invalid UTF-8": "open(b'/tmp/.\\n\\xff\\xfe', 'w').write('card')",
    "directory of mode 000": "os.mkdir('/tmp/d'); open('/tmp/d/stash', 'w').write('x'); os.chmod('/tmp/d', 0)",
    "FIFO that blocks who opens it": "os.mkfifo('/tmp/fifo')",
    "sparse file of terabytes": "os.truncate(os.open('/tmp/big', os.O_CREAT | os.O_RDWR), 1 << 40)",
    "link to a directory and to itself": "os.symlink('/etc', '/tmp/etc'); os.symlink('loop', '/tmp/loop')",
    "socket": "s = socket.socket(socket.AF_UNIX); s.bind('/tmp/socket'); s.listen()",
    "ten thousand files": "[open('/tmp/f%d' % n, 'w').close() for n in range(10000)]",
    "name of the longest kind": "os.makedirs('/tmp/' + 'n' * 255 + '/' + 'm' * 255)",
    "imitated names of the remover": "os.makedirs('/tmp/.dayfly-0123456789abcdef/.dayfly-0123456789abcdef')",
    "other places": """
for place in ("/dev/shm", "/var/tmp", "/dev/mqueue"):
    try: open(place + "/stash", "w").write("card")
    except OSError: pass
open("/tmp/stash", "w")
""",
    "hard link and a lock": "import fcntl; f = open('/tmp/x', 'w'); os.link('/tmp/x', '/tmp/y'); fcntl.flock(f, 2)",
}
LOOK = """
found = []
for place in ("/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue"):
    try: found += [repr(os.path.join(place, name)) for name in os.listdir(place)]
    except OSError: pass
result = found
"""


@pytest.mark.parametrize("name", FILES)
def test_no_file_meets_a_later_invocation(name: str, plain_shop: Shop, dayfly_shop: Shop) -> None:
    plain_shop.attack(FILES[name])
    assert plain_shop.result_of(LOOK) != [], "the attack leaves nothing: this test proves nothing"
    for _ in range(2):
        dayfly_shop.attack(FILES[name])
        assert dayfly_shop.result_of(LOOK) == []
        dayfly_shop.serve(1)
    assert "environment.not-clean" not in dayfly_shop.findings()


def test_more_files_than_there_is_time_to_remove_are_gone_before_the_next_event() -> None:
    """2.8: what is left of the invocation's time bounds the removal, and nothing is served meanwhile."""
    flood = """
for d in range(100):
    os.mkdir("/tmp/d%d" % d)
    here = os.open("/tmp/d%d" % d, os.O_RDONLY)
    for n in range(1000):
        if time.time() > event["until"]: break
        os.close(os.open("f%d" % n, os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
"""
    with Shop("dayfly", timeout_s=8) as shop:
        shop.serve(1)
        for _ in range(2):
            # Until little is left of its eight seconds.
            shop.attack(flood, until=time.time() + 6.5)
            assert shop.result_of(LOOK) == []
            shop.serve(1)
        assert "environment.not-clean" not in shop.findings()
        assert "residue.file" in shop.findings()


LATER = """
import signal
zygote = os.getppid()
supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])
os.kill(supervisor, signal.SIGKILL)
time.sleep(0.5)
"""


@pytest.mark.parametrize(
    ("leave", "look"),
    [
        ("libc.shmget(0x1234, 4096, 0o1666)", "result = libc.shmget(0x1234, 0, 0) >= 0"),
        ("libc.msgget(0x1234, 0o1666)", "result = libc.msgget(0x1234, 0) >= 0"),
        ("store(1)", "result = find(1)"),
        ("os.utime('/tmp/made', ns=(1, 4111111111))", "result = os.path.exists('/tmp/made')"),
    ],
)
def test_no_kernel_object_of_an_earlier_life_is_taken_for_inits(leave: str, look: str) -> None:
    """Rule 1: what is there at a start is not a baseline, or it would stay for ever."""
    with Shop("dayfly") as shop:
        shop.serve(1)
        shop.attack("os.mkdir('/tmp/made')\n" + CALLS + leave + LATER)
        shop.rie.invoke({"card": "4000111122223333"})
        for _ in range(2):
            assert shop.result_of(CALLS + look) is False
        # Files are left by whoever is killed.
        kind = "environment.restarted" if "utime" in leave else "environment.earlier-life"
        assert kind in shop.findings()


CALLS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
keyctl = 250 if os.uname().machine == "x86_64" else 219
add_key = 248 if os.uname().machine == "x86_64" else 217
def store(at):
    return libc.syscall(add_key, b"user", b"stash-%d" % at, b"4111", 4, ctypes.c_long(-4))
def find(at):
    return libc.syscall(keyctl, 10, ctypes.c_long(-4), b"user", b"stash-%d" % at, 0) > 0
"""


def test_many_kernel_objects_meet_no_later_invocation(plain_shop: Shop, dayfly_shop: Shop) -> None:
    """2.9, T1559: shared memory and semaphores belong to nobody who could be killed."""
    leave = "for n in range(60): libc.shmget(n + 1, 4096, 0o1666), libc.semget(n + 1, 1, 0o1666)"
    look = "result = any(libc.shmget(n + 1, 0, 0) >= 0 or libc.semget(n + 1, 0, 0) >= 0 for n in range(60))"
    plain_shop.attack(CALLS + leave)
    assert plain_shop.result_of(CALLS + look) is True
    dayfly_shop.attack(CALLS + leave)
    assert dayfly_shop.result_of(CALLS + look) is False
    dayfly_shop.serve(2)


def test_a_key_stays_no_longer_for_the_many_before_it(dayfly_shop: Shop) -> None:
    """The count of keys falls late, when the kernel collects them: it must not serve as the new normal."""
    if dayfly_shop.result_of(CALLS + "result = store(0) > 0 and find(0)") is not True:
        pytest.skip("this kernel or its confinement has no keyrings")
    for _ in range(5):
        dayfly_shop.attack(CALLS + "for n in range(100): store(n)")
        # Long enough for the kernel to collect what was cleared.
        dayfly_shop.attack("time.sleep(0.05)\n" + CALLS + "store(7)")
        assert dayfly_shop.result_of(CALLS + "result = find(7)") is False


# KEYCTL_SETPERM, to viewing, reading and searching; KEYCTL_RESTRICT_KEYRING.
CLOSED_KEYRINGS = {
    "its rights": "for ring in (-3, -4, -5): libc.syscall(keyctl, 5, ctypes.c_long(ring), 0x0b0b0000)",
    "new keys": "for ring in (-4, -5): libc.syscall(keyctl, 29, ctypes.c_long(ring), None, None)",
}


@pytest.mark.parametrize("taken", CLOSED_KEYRINGS)
def test_a_keyring_that_was_closed_is_another_afterwards(taken: str) -> None:
    with Shop("dayfly") as shop:
        if shop.result_of(CALLS + "result = store(0) > 0 and find(0)") is not True:
            pytest.skip("this kernel or its confinement has no keyrings")
        shop.attack(CALLS + "store(7)\n" + CLOSED_KEYRINGS[taken])
        shop.serve(1)
        assert shop.result_of(CALLS + "result = find(7)") is False
        assert shop.result_of(CALLS + "result = store(8) > 0 and find(8)") is True


def test_a_message_queue_cannot_be_made(dayfly_shop: Shop) -> None:
    """2.9: POSIX queues cannot be listed without a mount, so a worker gets none."""
    code = "import ctypes\nresult = ctypes.CDLL('librt.so.1').mq_open(b'/stash', 0o102, 0o600, None)"
    assert dayfly_shop.result_of(code) == -1


KEPT = {
    "rewritten": "open('/tmp/lib/rates.py', 'w').write(\"STANDARD = 'poison!'\")",
    "replaced": "os.remove('/tmp/lib/rates.py'); open('/tmp/lib/rates.py', 'w').write(\"STANDARD = 'poison!'\")",
    "replaced with its directory": (
        "os.rename('/tmp/lib', '/tmp/old'); os.mkdir('/tmp/lib')\n"
        "open('/tmp/lib/rates.py', 'w').write(\"STANDARD = 'poison!'\")"
    ),
    "made a link": "os.remove('/tmp/lib/rates.py'); os.symlink('/etc/passwd', '/tmp/lib/rates.py')",
    "removed": "import shutil; shutil.rmtree('/tmp/lib')",
}


@pytest.mark.parametrize("name", KEPT)
def test_a_file_of_inits_is_not_trusted_once_it_was_touched(name: str) -> None:
    """1.4, T1565.001: it is put back where it is still there, else the zygote is rebuilt, and reads what it unpacked itself."""
    read = "result = open('/tmp/lib/rates.py').read()"
    with Shop("dayfly", handler="lazy.handler") as shop:
        assert shop.rie.invoke({}).payload == "shipped"
        shop.attack(KEPT[name])
        assert shop.rie.invoke({}).payload == "shipped"
        assert shop.result_of(read) == "STANDARD = 'shipped'"
        assert ("residue.file" if name == "rewritten" else "residue.kept-file") in shop.findings()


# EXT4_IOC_MOVE_EXT, with blocks that were reserved and never written: no time of the file's changes.
EXCHANGED = """
import fcntl, struct
os.sync()
file, other = os.open("/tmp/lib/rates.py", os.O_RDWR), os.open("/tmp/other", os.O_CREAT | os.O_RDWR)
os.posix_fallocate(other, 0, 4096)
before = os.stat(file)
moved = struct.unpack("<IIQQQQ", fcntl.ioctl(other, 0xC028660F, struct.pack("<IIQQQQ", 0, file, 0, 0, 1, 0)))[5]
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
result = [moved, os.stat(file).st_ctime_ns == before.st_ctime_ns, os.pread(file, 8, 0).hex()]
"""


def test_a_file_of_inits_whose_blocks_were_exchanged_reads_as_it_did() -> None:
    aws = COMBINATIONS[1]
    if aws.missing:
        pytest.skip(aws.missing)
    with Shop("dayfly", aws=aws, handler="lazy.handler") as shop:
        assert shop.rie.invoke({}).payload == "shipped"
        assert shop.result_of(EXCHANGED) == [1, True, "00" * 8]
        assert shop.rie.invoke({}).payload == "shipped"
        assert shop.result_of("result = open('/tmp/lib/rates.py').read()") == "STANDARD = 'shipped'"
        assert not {"residue.file", "residue.kept-file"}.isdisjoint(shop.findings())


def test_a_file_of_inits_that_is_put_back_carries_nothing_on() -> None:
    """Modes, times, attributes, what lies beyond the end and second names could each hold some bytes."""
    look = (
        "s = os.stat('/tmp/lib/rates.py')\n"
        "result = [s.st_mode, s.st_size, s.st_blocks, s.st_nlink, s.st_mtime_ns, os.listxattr('/tmp/lib/rates.py'), os.listdir('/tmp/lib')]"
    )
    with Shop("dayfly", handler="lazy.handler") as shop:
        assert shop.rie.invoke({}).payload == "shipped"
        before = shop.result_of(look)
        shop.attack(
            "p = '/tmp/lib/rates.py'\n"
            "f = os.open(p, os.O_RDWR); os.posix_fallocate(f, 0, 1 << 22); os.ftruncate(f, 9); os.close(f)\n"
            "os.link(p, '/tmp/lib/second'); os.utime(p, ns=(1, 2))\n"
            "try: os.setxattr(p, 'user.note', b'stolen')\n"
            "except OSError: pass\n"
            "os.chmod(p, 0o4000)"
        )
        assert shop.result_of(look) == before
        assert shop.rie.invoke({}).payload == "shipped"
        assert "residue.kept-file" not in shop.findings()


def test_what_is_planted_beside_a_keep_glob_goes() -> None:
    """A glob keeps what it names, and neither its neighbours nor links in its place."""
    with Shop("dayfly", environment={"DAYFLY_KEEP": "/tmp/cache/*.bin"}) as shop:
        shop.attack(
            "os.makedirs('/tmp/cache/sub/deep'); open('/tmp/cache/a.bin', 'w'); open('/tmp/cache/a.py', 'w')\n"
            "open('/tmp/cachet', 'w'); open('/tmp/cache/sub/b.bin', 'w'); os.mkfifo('/tmp/cache/fifo')"
        )
        assert shop.result_of(
            "result = sorted(os.path.join(d, n) for d, _, names in os.walk('/tmp') for n in names)"
        ) == ["/tmp/cache/a.bin"]
        shop.attack("import shutil; shutil.rmtree('/tmp/cache'); os.symlink('/var/task', '/tmp/cache')")
        assert shop.result_of("result = os.path.lexists('/tmp/cache')") is False
        shop.serve(1)
