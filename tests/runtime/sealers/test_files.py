"""Files and pipes that init opened: each worker has its own, at the place where init left them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.runtime.sealers.serving import run
from tests.runtimes import RuntimeProcess


def test_each_worker_reads_on_from_where_init_left_the_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_bytes(b"".join(b"%04d\n" % number for number in range(2000)))
    seen = run(
        f"""
import os
WORKERS = 200
buffered = open({str(data)!r})
raw = os.open({str(data)!r}, os.O_RDONLY)
again = os.dup(raw)
assert buffered.readline() == "0000\\n" and os.read(raw, 10) == b"0000\\n0001\\n"
def handler(number):
    # The buffer was filled by init; the rest comes from the descriptor.
    lines = buffered.read().split()
    return [lines == [f"{{n:04d}}" for n in range(1, 2000)], os.read(raw, 5).decode(), os.read(again, 5).decode()]
"""
    )
    assert seen.reasons == seen.faults == []
    assert seen.answers == [[True, "0002\n", "0003\n"]] * 200


def test_an_offset_moved_by_a_worker_moves_no_one_elses(tmp_path: Path) -> None:
    """The zygote's own stays, too: that is what each worker begins with."""
    data = tmp_path / "data"
    data.write_bytes(bytes(100))
    seen = run(
        f"""
import os
number_of = os.open({str(data)!r}, os.O_RDONLY)
def BEFORE():
    assert os.lseek(number_of, 0, os.SEEK_CUR) == 0
def handler(number):
    return os.lseek(number_of, 7, os.SEEK_CUR)
"""
    )
    assert seen.answers == [7, 7, 7]


def test_a_log_file_keeps_what_every_worker_appends(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    seen = run(
        f"""
import logging
WORKERS = 20
logging.basicConfig(filename={str(log)!r}, format="%(message)s", level="INFO")
logging.info("init")
plain = open({str(tmp_path / "plain")!r}, "a")
plain.write("not flushed by init\\n")
def handler(number):
    logging.info("worker %d", number)
    plain.write(f"{{number}}\\n")
    plain.flush()
"""
    )
    assert seen.reasons == []
    assert log.read_text() == "init\n" + "".join(f"worker {number}\n" for number in range(20))
    assert (tmp_path / "plain").read_text() == "not flushed by init\n" + "".join(
        f"{number}\n" for number in range(20)
    )


@pytest.mark.parametrize(
    "make",
    [
        "tempfile.TemporaryFile()",
        "os.fdopen(os.memfd_create('scratch'), 'w+b')",
        "deleted()",
    ],
)
def test_what_one_worker_writes_to_a_nameless_file_no_other_reads(make: str, tmp_path: Path) -> None:
    seen = run(
        f"""
import os, tempfile
def deleted():
    path = {str(tmp_path / "gone")!r}
    file = open(path, "w+b")
    os.unlink(path)
    return file
file = {make}
file.write(b"made at init")
file.flush()
file.seek(5)
def handler(number):
    at = file.tell()
    rest = file.read().decode()
    file.seek(0, 2)
    file.write(b" customer")
    file.flush()
    # By the kernel's link as well, and for as long as the worker lives.
    with open(f"/proc/self/fd/{{file.fileno()}}", "rb") as again:
        return [at, rest, again.read().decode()]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[5, "at init", "made at init customer"]] * 3


def test_a_nameless_file_that_init_only_reads_cannot_be_written_through_the_kernels_link(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"x" * (3 << 20))
    seen = run(
        f"""
import os
file = open({str(path)!r}, "rb", buffering=0)
file.seek(10)
os.unlink({str(path)!r})
def handler(number):
    at = file.tell()
    try:
        os.open(f"/proc/self/fd/{{file.fileno()}}", os.O_RDWR)
        wrote = "opened"
        os.write(os.open(f"/proc/self/fd/{{file.fileno()}}", os.O_RDWR), b"poison")
        wrote = "wrote"
    except PermissionError as fault:
        wrote = "refused"
    return [at, len(file.read()), wrote]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[10, (3 << 20) - 10, "refused"]] * 3


CULPRITS = {
    "a large nameless file": (
        "file = tempfile.TemporaryFile(); file.truncate(2 << 20)",
        "2 MB without a name, would be shared",
    ),
    "a nameless file opened twice": (
        "file = tempfile.TemporaryFile(); other = os.open(f'/proc/self/fd/{file.fileno()}', os.O_RDWR)",
        "opened more than once",
    ),
    "a shared lock on one of two": (
        "file = open(os.environ['FILE'], 'w'); other = open(os.environ['FILE']); fcntl.flock(file, fcntl.LOCK_SH)",
        "was locked at init",
    ),
    "one end of a pipe": ("ends = os.pipe(); os.close(ends[0])", "a pipe created at init"),
    "a pipe to a child": (
        "ends = os.pipe(); child = subprocess.Popen(['sleep', '9'])",
        "a pipe created at init",
    ),
}


@pytest.mark.parametrize("case", CULPRITS)
def test_what_cannot_be_had_twice_is_named(case: str, tmp_path: Path) -> None:
    init, text = CULPRITS[case]
    seen = run(
        f"""
import fcntl, os, subprocess, tempfile
{init}
def handler(number):
    if "child" in globals():
        child.kill()
        child.wait()
    return "served"
""",
        environment={"FILE": str(tmp_path / "file")},
    )
    assert len(seen.reasons) >= 1
    assert text in "\n".join(seen.reasons)
    assert seen.answers == ["served"]


LOCKED = {
    "flock": "fcntl.flock(file, fcntl.LOCK_EX)",
    "flock, with another descriptor": "other = open(path); fcntl.flock(file, fcntl.LOCK_EX)",
    "flock, shared": "fcntl.flock(file, fcntl.LOCK_SH)",
    "fcntl": "fcntl.lockf(file, fcntl.LOCK_EX, 5, 10)",
    "fcntl, to the end": "fcntl.lockf(file, fcntl.LOCK_EX)",
}


@pytest.mark.parametrize("forked", [True, False])
@pytest.mark.parametrize("case", LOCKED)
def test_a_lock_of_init_is_held_by_each_worker_that_may_give_it_up(
    case: str, *, forked: bool, tmp_path: Path
) -> None:
    """The child tries it: by a descriptor of its own, as any other process would."""
    seen = run(
        f"""
import fcntl, os, socket
path = {str(tmp_path / "lock")!r}
file = open(path, "w+")
{LOCKED[case]}
{"" if forked else "listener = socket.create_server(('127.0.0.1', 0))"}
def is_free():
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    try:
        probe = open(path, "r+")
        fcntl.{"flock(probe, 6)" if case.startswith("flock") else "lockf(probe, 6, 1, 12)"}
        os._exit(0)
    except OSError:
        os._exit(1)
def handler(number):
    found = [is_free()]
    fcntl.{"flock(file, 8)" if case.startswith("flock") else "lockf(file, 8)"}
    found.append(is_free())
    fcntl.{"flock(file, 6)" if case.startswith("flock") else "lockf(file, 6)"}
    return found + [is_free()]
"""
    )
    assert bool(seen.reasons) is not forked
    assert "locked" not in "\n".join([*seen.reasons, seen.output])
    assert seen.answers == [[False, True, False]] * (3 if forked else 1)


def test_a_pipe_of_ones_own_is_private_and_keeps_what_init_put_in() -> None:
    seen = run(
        """
import os
WORKERS = 50
reader, writer = os.pipe()
os.set_blocking(reader, False)
os.write(writer, b"init")
def handler(number):
    first = os.read(reader, 100).decode()
    os.write(writer, b"%d" % number)
    second = os.read(reader, 100).decode()
    os.write(writer, b"left behind")
    return [first, second == str(number), os.get_blocking(reader), os.get_blocking(writer)]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [["init", True, False, True]] * 50


def test_a_pipe_kept_by_a_function_that_is_not_forked_keeps_what_was_in_it() -> None:
    seen = run(
        """
import os, socket
reader, writer = os.pipe()
os.write(writer, b"init")
listener = socket.create_server(("127.0.0.1", 0))
def handler(number):
    return os.read(reader, 100).decode()
"""
    )
    assert seen.reasons
    assert seen.answers == ["init"]


@pytest.mark.parametrize("isolation", ["invocation", "window"])
def test_another_name_of_standard_output_is_the_workers_own(isolation: str, tmp_path: Path) -> None:
    """Under the whole runtime: a worker's outputs are pipes made for it, which this name must follow."""
    (tmp_path / "app.py").write_text(
        """
import os
saved = os.dup(1)
out = os.fdopen(os.dup(2), "w")
out.write("printed by init\\n")
def handler(event, context):
    os.write(saved, f"saved {event}\\n".encode())
    print(f"err {event}", file=out, flush=True)
    return [os.fstat(saved).st_ino == os.fstat(1).st_ino, os.fstat(out.fileno()).st_ino == os.fstat(2).st_ino]
"""
    )
    environment = {"DAYFLY_SCOPE": "descendants", "DAYFLY_ISOLATION": isolation}
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment=environment) as process:
        outcomes = [process.invoke(number) for number in range(20)]
        output = process.output()
    assert [json.loads(outcome.body) for outcome in outcomes] == [[True, True]] * 20
    assert "not-forkable" not in output
    lines = output.splitlines()
    assert [line for line in lines if line.startswith("saved")] == [f"saved {number}" for number in range(20)]
    assert [line for line in lines if line.startswith("err")] == [f"err {number}" for number in range(20)]
    assert lines.count("printed by init") == 1


def test_directories_and_devices_are_no_culprits(tmp_path: Path) -> None:
    (tmp_path / "inside").write_text("read")
    seen = run(
        f"""
import os
folder = os.open({str(tmp_path)!r}, os.O_RDONLY | os.O_DIRECTORY)
null, random = open("/dev/null", "w"), open("/dev/urandom", "rb", buffering=0)
def handler(number):
    null.write("x")
    inside = os.open("inside", os.O_RDONLY, dir_fd=folder)
    return [os.listdir(folder), os.read(inside, 9).decode(), len(random.read(4))]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[["inside"], "read", 4]] * 3


def test_a_file_open_for_writing_in_a_temporary_directory_is_mentioned(tmp_path: Path) -> None:
    """What an invocation writes there changes a file of init's, and the zygote is made anew."""
    log = tmp_path / "app.log"
    seen = run(f"file = open({str(log)!r}, 'a')\nhandler = abs", environment={"TMPDIR": str(tmp_path)})
    assert [note for note in seen.notes if str(log) in note and "causes a new init" in note]


def test_a_file_that_may_not_be_opened_again_is_named(tmp_path: Path) -> None:
    """As a user who may not, since root opens anything; he may not see the interpreter's modules either."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    seen = run(
        f"""
import fcntl, os
from dayfly.runtime.sealers import datagrams, executors, files, threads
file = open({str(secret)!r})
os.chmod({str(secret)!r}, 0)
if os.getuid() == 0:
    os.setresuid(65534, 65534, 65534)
def handler(number):
    return file.read()
"""
    )
    assert "cannot be opened again by each worker (Permission denied)" in "\n".join(seen.reasons)
    assert seen.answers == ["x"]


def test_a_database_file_of_sqlite_works_in_every_worker(tmp_path: Path) -> None:
    path = tmp_path / "prices.db"
    seen = run(
        f"""
import sqlite3
WORKERS = 50
db = sqlite3.connect({str(path)!r})
db.execute("create table prices (name text, price int)")
db.executemany("insert into prices values (?, ?)", [(f"n{{n}}", n) for n in range(1000)])
db.commit()
def handler(number):
    db.execute("insert into prices values ('w', ?)", (number,))
    db.commit()
    return [db.execute("select count(*) from prices where name != 'w'").fetchone()[0],
            db.execute("select count(*) from prices where name = 'w'").fetchone()[0]]
"""
    )
    assert seen.reasons == []
    # The file keeps its name, and what is written to it is written: temporary directories are Dayfly's business.
    assert seen.answers == [[1000, number + 1] for number in range(50)]
