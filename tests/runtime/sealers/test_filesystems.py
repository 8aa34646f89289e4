"""Filesystems of fsspec that init made, which remember their process: workers use them as init did."""

from __future__ import annotations

from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.serving import run

FILESYSTEM = """
import asyncio
from fsspec.asyn import AsyncFileSystem, get_loop
class Shop(AsyncFileSystem):
    async def _cat_file(self, path, start=None, end=None, **options):
        await asyncio.sleep(0)
        return path.encode()
shop = Shop()
WORKERS = 5
"""


def test_a_filesystem_of_inits_serves_in_every_worker() -> None:
    seen = run(
        FILESYSTEM
        + """
first = shop.cat("a")
def handler(number):
    return [shop.cat("b/%d" % number).decode() == "b/%d" % number, Shop(skip_instance_cache=True).cat("c").decode()]
""",
        python=library_python(),
    )
    assert seen.reasons == []
    assert seen.faults == []
    assert seen.answers == [[True, "c"]] * 5


def test_a_process_that_the_function_forks_itself_is_refused_as_ever() -> None:
    seen = run(
        FILESYSTEM
        + """
import os, warnings
def handler(number):
    warnings.simplefilter("ignore")
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            shop.cat("a")
        except RuntimeError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(writer)
    return os.read(reader, 100).decode()
""",
        python=library_python(),
    )
    assert seen.answers == ["This class is not fork-safe"] * 5
