"""A benchmark of pyperformance as a handler: its own script, unchanged, set up at init and run once per event.

SCRIPT names its folder without `bm_`, ENTRY what it calls itself where it has several, ARGUMENTS what its
script is given. pyperf's Runner, which would start processes and time them, is replaced by one that keeps
what the script hands to it.
"""

import asyncio
import importlib.util
import os
import sys
import types
from pathlib import Path

import pyperf

HOME = Path(importlib.util.find_spec("pyperformance").origin).parent / "data-files" / "benchmarks"


KEPT = {}


class Keeping(pyperf.Runner):
    """Keeps benchmarks instead of timing them."""

    def bench_func(self, name, func, *args, **options):
        KEPT[name] = lambda: func(*args)

    def bench_time_func(self, name, func, *args, **options):
        KEPT[name] = lambda: func(1, *args)

    def bench_async_func(self, name, func, *args, loop_factory=None, **options):
        def run():
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(func(*args))

        KEPT[name] = run


def load(script, entry, arguments):
    path = HOME / f"bm_{script}" / "run_benchmark.py"
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    sys.path.insert(0, str(path.parent))
    # Classes that name their module by a string are looked up there.
    sys.modules["run_benchmark"] = module
    original, sys.argv = sys.argv, [str(path), *arguments]
    pyperf.Runner = Keeping
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    finally:
        sys.argv = original
    name = entry or next(iter(KEPT))
    return name, KEPT[name]


NAME, RUN = load(os.environ["SCRIPT"], os.environ.get("ENTRY", ""), os.environ.get("ARGUMENTS", "").split())


def handler(event, context):
    RUN()
    return {"ran": NAME, "number": event["number"]}
