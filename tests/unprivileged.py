"""Run a part of a test as an unprivileged user: root ignores the modes that such a test is about."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

# Any user that owns no files and runs nothing else on a machine with tests.
UID = 1051 if os.geteuid() == 0 else os.getuid()

Result = TypeVar("Result")


def as_user(act: Callable[[], Result]) -> Result:
    """Return what `act` returns in a forked child that runs as UID; its failure fails the test.

    What `act` returns is pickled; what it changes in memory is lost.
    """

    def act_unprivileged() -> Result:
        drop_privileges()
        return act()

    return forked(act_unprivileged)


def forked(act: Callable[[], Result]) -> Result:
    """Return what `act` returns in a forked child; its failure fails the test."""
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        # A fork beside other threads is what is warned of; the child makes system calls and ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(read_end)
        outcome: tuple[bool, object]
        try:
            outcome = (True, act())
        except BaseException:
            outcome = (False, traceback.format_exc())
        with open(write_end, "wb") as pipe:
            pipe.write(pickle.dumps(outcome))
        os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        # Not to the end: a process that the child left behind may hold the pipe open.
        try:
            succeeded, value = pickle.load(pipe)
        except EOFError:
            succeeded, value = False, "it ended without a word"
    os.waitpid(pid, 0)
    assert succeeded, f"in the forked part of the test:\n{value}"
    result: Result = value
    return result


def drop_privileges() -> None:
    """Become UID for good, where this is root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)


@contextmanager
def folder_of_user(*, mode: int = 0o700) -> Iterator[Path]:
    """Yield an empty folder that belongs to UID, in a place it can reach; gone afterwards, whatever is in it."""
    with tempfile.TemporaryDirectory(prefix="dayfly-test-", ignore_cleanup_errors=True) as outer:
        os.chmod(outer, 0o755)
        folder = Path(outer, "folder")
        folder.mkdir()
        os.chown(folder, UID, -1)
        folder.chmod(mode)
        try:
            yield folder
        finally:
            _remove(folder)


def _remove(folder: Path) -> None:
    if os.geteuid() != 0:
        subprocess.run(["chmod", "-R", "u+rwx", folder], check=False, stderr=subprocess.DEVNULL)
    # rm, not shutil: a test that failed may leave thousands of levels.
    rm = shutil.which("rm")
    assert rm is not None
    subprocess.run([rm, "-rf", folder], check=False)
