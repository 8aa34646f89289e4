"""Tries imports in a process that has loaded little, as a zygote has: the heap of what runs the tests is no function's.

Reads one JSON object on a line for each trial, and answers it with a list on a line: what that trial reported.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from functools import partial
from typing import Any

from tests.unprivileged import as_user

from dayfly.runtime import forkhooks, import_trial, seal
from dayfly.runtime.sealing import SEALERS, Sealing


def main() -> None:
    """Serve trials until there is no more to read."""
    # Who tries need not be able to read this checkout.
    for late in ("dis", "resource", *(f"dayfly.runtime.sealers.{name}" for name, *_ in SEALERS)):
        importlib.import_module(late)
    for line in sys.stdin:
        print(json.dumps(as_user(partial(_trial, **json.loads(line)))), flush=True)


def _trial(path: list[str], loaded: list[str], names: list[str], **limits: Any) -> list[str]:
    sys.path[:] = path
    for name in list(sys.modules):
        # What serves the tests is no part of a deployment.
        if name.partition(".")[0] not in sys.stdlib_module_names | {"dayfly"}:
            del sys.modules[name]
    forkhooks.watch()
    for name in loaded:
        __import__(name)
    mine, number = os.pipe()
    sealing = Sealing(own=seal.open_descriptors())
    if os.fork() == 0:
        try:
            import_trial.attempt(names, number, sealing, **limits)
        finally:
            os._exit(0)
    os.close(number)
    with open(mine) as pipe:
        lines = pipe.read().splitlines()
    os.wait()
    return lines


if __name__ == "__main__":
    main()
