"""Lets filesystems of fsspec (s3fs, gcsfs, adlfs) that init made serve in workers.

They remember the process that made them and raise in any other, since its loop runs in a thread that a fork leaves
behind. Here each worker has that thread and that loop, and connections of its own.
"""

from __future__ import annotations

import os

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.sealing import Sealing


def kinds() -> tuple[type, ...]:
    """Return fsspec's class of filesystems that ask an event loop."""
    return heap.classes(("fsspec.asyn", "AsyncFileSystem"))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Have every worker pass for the process that made them."""
    zygote = os.getpid()
    instances: list[object] = found.of(*kinds())
    made = [one for one in instances if vars(one).get("_pid") == zygote]
    if made:
        sealing.in_worker(lambda: _adopt(made))


def _adopt(made: list[object]) -> None:
    process = os.getpid()
    for filesystem in made:
        vars(filesystem)["_pid"] = process
