"""Attacks on the memory of Dayfly's own processes (L2; T1055 Process Injection, T1003.007 Proc Filesystem).

Whoever writes the zygote's memory is in every later worker. Supervisor, zygote, standby and worker run from a file
that nobody may read, so the kernel refuses; with `close_memory = "off"` the same attacks must succeed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import FUNCTIONS, Shop, needs_confinement
from tests.refused_calls import refusing

pytestmark = needs_confinement()

# Every process of the runtime but this worker, by what it is to it: its parent is the zygote, its own are standbys.
RELATIVES = """
def parent_of(pid):
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
def is_dead(pid):
    return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] in "ZX"
def relatives():
    zygote = os.getppid()
    found = {"supervisor": parent_of(zygote), "zygote": zygote}
    end = time.time() + 3
    while time.time() < end and len(found) < 3:
        for name in os.listdir("/proc"):
            try:
                # Not the worker before, which ends about now.
                if name.isdigit() and int(name) != os.getpid() and parent_of(name) == zygote and not is_dead(name):
                    found["standby" if "standby" not in found else f"standby {name}"] = int(name)
            except OSError:
                pass
    return found
"""
REACH = (
    RELATIVES
    + """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
# What every fork has in the same place: an address that is there and writable in all of them, null, and used by getopt alone,
# so that null may be written there.
there = ctypes.c_void_p.in_dll(libc, "optarg")
def call(value):
    # Who may not reach another's memory never learns that nothing is mapped there.
    if value < 0 and ctypes.get_errno() != errno.EFAULT:
        raise OSError(ctypes.get_errno(), "call")
def remote(name, pid):
    local, other = Vector(ctypes.addressof(ctypes.create_string_buffer(8)), 8), Vector(ctypes.addressof(there), 8)
    call(getattr(libc, name)(pid, ctypes.byref(local), ctypes.c_ulong(1), ctypes.byref(other), ctypes.c_ulong(1), ctypes.c_ulong(0)))
def take_descriptor(pid):
    # pidfd_getfd has the same number everywhere: include/uapi/asm-generic/unistd.h.
    for number in range(64):
        if libc.syscall(438, os.pidfd_open(pid), number, 0) >= 0:
            return
        if ctypes.get_errno() == errno.EPERM:
            call(-1)
    raise LookupError("no descriptor to take")
def rewrite(name, text):
    with open(name, "w") as file:
        file.write(text)
def ways(pid):
    p = f"/proc/{pid}"
    thread = f"{p}/task/{pid}"
    return {
        "write mem": lambda: open(p + "/mem", "r+b"),
        "read mem": lambda: open(p + "/mem", "rb"),
        "mem of a thread": lambda: open(thread + "/mem", "r+b"),
        "process_vm_readv": lambda: remote("process_vm_readv", pid),
        "process_vm_writev": lambda: remote("process_vm_writev", pid),
        "pidfd_getfd": lambda: take_descriptor(pid),
        "environ": lambda: open(p + "/environ", "rb").read(),
        "auxv": lambda: open(p + "/auxv", "rb").read(),
        "maps": lambda: open(p + "/maps").read(),
        "smaps": lambda: open(p + "/smaps").read(),
        "map_files": lambda: os.listdir(p + "/map_files"),
        "pagemap": lambda: open(p + "/pagemap", "rb"),
        "fd": lambda: os.listdir(p + "/fd"),
        "one fd": lambda: open(p + "/fd/1", "ab"),
        "fdinfo": lambda: os.listdir(p + "/fdinfo"),
        "exe link": lambda: os.readlink(p + "/exe"),
        "exe": lambda: os.chmod(p + "/exe", 0o777),
        "cwd": lambda: os.readlink(p + "/cwd"),
        "root": lambda: os.listdir(p + "/root/tmp"),
        "syscall": lambda: open(p + "/syscall").read(),
        "oom_score_adj": lambda: rewrite(p + "/oom_score_adj", "1000"),
        "comm": lambda: rewrite(p + "/comm", "python3"),
        "clear_refs": lambda: rewrite(p + "/clear_refs", "1"),
    }
result = {}
for name, pid in {**relatives(), **({"myself": os.getpid()} if event.get("myself") else {})}.items():
    result[name] = {}
    for way, act in ways(pid).items():
        try:
            act()
            result[name][way] = "open"
        except OSError as fault:
            result[name][way] = errno.errorcode[fault.errno]
"""
)
REFUSED = {"EACCES", "EPERM"}


def reached(found: object) -> list[str]:
    """What of it was not refused."""
    assert isinstance(found, dict)
    assert set(found) >= {"supervisor", "zygote", "standby"}, found
    return [
        f"{way} of {name}: {how}"
        for name, ways in found.items()
        for way, how in ways.items()
        if how not in REFUSED
    ]


def first_line(shop: Shop) -> dict[str, object]:
    """The evidence of the first finding, with its message."""
    log = shop.rie.wait_for_log('"types":["environment.started"]')
    line = next(line for line in log.splitlines() if '"environment.started"' in line)
    record = json.loads(line)
    return {"message": record["message"], **record["unmapped"]["evidence"]}


@pytest.fixture(scope="module")
def open_shop() -> Iterator[Shop]:
    """An environment whose memory is left open: what fails in the others must work here."""
    with Shop("dayfly", environment={"DAYFLY_CLOSE_MEMORY": "off"}) as shop:
        shop.serve(1)
        yield shop


def test_the_ways_in_are_open_where_memory_is_not_closed(open_shop: Shop) -> None:
    ways = reached(open_shop.result_of(REACH))
    for process in ("supervisor", "zygote", "standby"):
        for way in ("write mem", "process_vm_writev", "environ", "maps", "fd", "pidfd_getfd", "exe link"):
            # What a fork has at the address the native supervisor need not have: the kernel let us look all the same.
            hows = ("open", "EFAULT") if way == "process_vm_writev" and process == "supervisor" else ("open",)
            assert any(f"{way} of {process}: {how}" in ways for how in hows), (way, process)
    said = first_line(open_shop)
    assert said["memory"] == "open"
    assert said["memory_reason"] == "switched off by close_memory"
    assert "a worker can read and write the memory of supervisor, zygote and later workers" in str(
        said["not_promised"]
    )


def test_no_way_leads_into_supervisor_zygote_or_standby(dayfly_shop: Shop) -> None:
    assert reached(dayfly_shop.result_of(REACH)) == []
    said = first_line(dayfly_shop)
    assert said["memory"] == "closed"
    assert "memory open" not in str(said["message"])


def test_a_worker_does_not_reach_its_own_memory_past_the_interpreter(dayfly_shop: Shop) -> None:
    """`open("/proc/self/mem", "r+b")` would make native code of any Python code."""
    found = dayfly_shop.result_of(REACH, myself=True)
    assert isinstance(found, dict)
    own = found["myself"]
    for way in ("write mem", "read mem", "environ", "mem of a thread"):
        assert own[way] in REFUSED
    # What honest code reads of itself.
    assert own["maps"] == own["fd"] == own["smaps"] == "open"


@pytest.mark.parametrize("isolation", ["window", "process"])
def test_the_other_isolations_are_closed_as_well(isolation: str) -> None:
    reach = REACH.replace("len(found) < 3", "False") if isolation == "process" else REACH
    with Shop("dayfly", environment={"DAYFLY_ISOLATION": isolation}) as shop:
        shop.serve(2)
        found = shop.result_of(reach)
        assert isinstance(found, dict)
        if isolation == "process":
            # The function's process is the zygote, and its parent the supervisor.
            assert set(found["zygote"].values()) <= REFUSED
        else:
            assert reached(found) == []


# The zygote and what is forked already: a word that init put there is another afterwards.
REWRITE = (
    RELATIVES
    + """
result = 0
for pid in [pid for name, pid in relatives().items() if name != "supervisor"]:
    try:
        maps = open(f"/proc/{pid}/maps").read().splitlines()
        memory = open(f"/proc/{pid}/mem", "r+b", buffering=0)
    except OSError:
        continue
    for line in maps:
        fields = line.split()
        if not fields[1].startswith("rw-p"):
            continue
        start, end = (int(part, 16) for part in fields[0].split("-"))
        memory.seek(start)
        data = memory.read(end - start)
        # Longer than a word, so that nothing of the C library's is hit; not whole, so as not to find this payload.
        at = data.find(b"paid" + b"_by")
        while at >= 0:
            memory.seek(start + at)
            memory.write(b"PAID" + b"_BY")
            result += 1
            at = data.find(b"paid" + b"_by", at + 1)
"""
)


def keys_of(shop: Shop) -> set[str]:
    payload = shop.rie.invoke({"card": "4000111122223333"}).payload
    assert isinstance(payload, dict)
    return set(payload)


def test_code_written_into_the_zygote_serves_no_later_customer(open_shop: Shop, dayfly_shop: Shop) -> None:
    assert open_shop.result_of(REWRITE) != 0
    # What was being forked just then may not have the change.
    served = [keys_of(open_shop) for _ in range(3)]
    assert any("PAID_BY" in keys for keys in served), f"the attack does not work: {served}"
    assert dayfly_shop.result_of(REWRITE) == 0
    for _ in range(3):
        assert "PAID_BY" not in keys_of(dayfly_shop)


KILL_ZYGOTE = """
import signal
try:
    # The file belongs to its user, who may let himself read it again.
    os.chmod("/proc/self/exe", 0o777)
    result = "changed"
except OSError as fault:
    result = str(fault)
if event.get("squeeze"):
    import resource
    zygote = os.getppid()
    supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])
    kind, limit = event["squeeze"]
    resource.prlimit(supervisor, getattr(resource, kind), (limit, limit))
os.kill(os.getppid(), signal.SIGKILL)
"""


def ends_zygote(shop: Shop) -> None:
    """Who ends the zygote ends with it, unless his answer is faster."""
    answer = shop.attack(KILL_ZYGOTE)
    assert answer.error_type == "Runtime.ExitError" or answer.payload == "changed", answer.body


def test_a_zygote_that_is_built_again_is_closed_again() -> None:
    """2.10: the owner of the memory file can make it readable; the next zygote comes from another."""
    with Shop("dayfly") as shop:
        shop.serve(1)
        ends_zygote(shop)
        shop.serve(2)
        shop.wait_for_finding("zygote.lost")
        assert reached(shop.result_of(REACH)) == []
        ends_zygote(shop)
        shop.serve(1)
        assert reached(shop.result_of(REACH)) == []


@pytest.mark.parametrize("squeeze", [("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", 24)], ids=lambda one: str(one[0]))
def test_no_worker_comes_from_a_zygote_that_could_only_be_built_open(squeeze: tuple[str, int]) -> None:
    """Limits put on the supervisor, so that it cannot make a memory file: the environment goes, not the protection."""
    with Shop("dayfly") as shop:
        shop.serve(1)
        shop.attack(KILL_ZYGOTE, squeeze=squeeze)
        # The platform starts the runtime anew, at one's expense at most.
        shop.rie.invoke({"card": "4000111122223333"})
        shop.serve(2)
        assert reached(shop.result_of(REACH)) == []


def test_the_first_line_names_who_can_be_written_beside_dayfly(dayfly_shop: Shop) -> None:
    """1.5: a process of the same user that is not ours is a refuge; here the emulator, which is PID 1, is one."""
    assert dayfly_shop.result_of('open("/proc/1/mem", "r+b").close(); result = "open"') == "open"
    message = str(first_line(dayfly_shop)["not_promised"])
    assert (
        "not effective against Python code in a worker (L2): the worker can write the memory of aws-lambda-rie"
        in message
    )


@pytest.mark.parametrize("call", ["memfd_create", "execveat", "fchmod"])
def test_where_the_host_refuses_the_function_serves_and_the_first_line_says_what_is_true(call: str) -> None:
    runtime = [sys.executable, "-m", "dayfly.runtime", "app.handler"]
    with Shop("dayfly", command=[*refusing(call, sys.executable), *runtime], refusals=False) as shop:
        shop.serve(2)
        ways = reached(shop.result_of(REACH))
        said = first_line(shop)
        # A zygote that is built again is as the first was.
        shop.attack(KILL_ZYGOTE)
        shop.serve(2)
    if call == "execveat":
        # The file is executed by its name in /proc.
        assert (ways, said["memory"]) == ([], "closed")
    else:
        assert "write mem of zygote: open" in ways
        assert said["memory"] == "open"
        assert "memory file" in str(said["memory_reason"])
        assert "Operation not permitted" in str(said["memory_reason"])


def test_a_function_that_opens_its_memory_at_init_is_told(tmp_path: Path) -> None:
    """Crash reporters do: prctl(PR_SET_DUMPABLE), where a host allows it."""
    opening = "import ctypes\nassert ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0\n"
    (tmp_path / "app.py").write_text(opening + (FUNCTIONS / "app.py").read_text())
    with Shop("dayfly", function=tmp_path, refusals=False) as shop:
        shop.serve(1)
        ways = reached(shop.result_of(REACH))
        said = first_line(shop)
    assert "write mem of zygote: open" in ways
    assert "write mem of supervisor: open" not in ways
    assert said["memory"] == "open"
    assert said["memory_reason"] == "the function's init opened the zygote's memory"


ORPHAN = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            leak("orphan")
            time.sleep(0.005)
    os._exit(0)
time.sleep(0.05)
"""


def test_an_orphan_that_was_only_forked_is_found_though_it_shows_no_environment() -> None:
    """Descendants scope without a subreaper, where a mark in variables told Dayfly's processes before."""
    with Shop("dayfly", environment={"DAYFLY_SCOPE": "descendants"}) as shop:
        shop.serve(1)
        shop.attack(ORPHAN)
        shop.sink.wait_for("orphan")
        shop.wait_for_finding("residue.process")
        shop.sink.received()
        shop.serve(2, takes=0.1)
        assert shop.sink.received() == []
        # The mark shows to nobody but who looks for it.
        seen = shop.result_of("result = [sys.orig_argv[1:], sys._xoptions]")
    assert seen == [["-m", "dayfly.runtime", "app.handler"], {}]
