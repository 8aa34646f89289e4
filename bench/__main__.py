"""`python -m bench WHAT`: measure what Dayfly costs, and what its other parts achieve."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence

SUBCOMMANDS = {
    "connections": "bench.sets",
    "first-use": "bench.sets",
    "fleet": "bench.fleet.command",
    "gate": "bench.gate",
    "guard": "bench.sets",
    "init": "bench.init",
    "lazy": "bench.sets",
    "libraries": "bench.sets",
    "plots": "bench.workloads.plots",
    "records": "bench.sets",
    "scan": "bench.scan",
    "supervisors": "bench.supervisors",
    "takeover": "bench.takeover",
    "workloads": "bench.workloads.command",
}


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; what the subcommand returns."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", choices=SUBCOMMANDS, help="each has --help")
    options = parser.parse_args(arguments[:1])
    module = SUBCOMMANDS[options.what]
    # Sets of functions are measured alike; an argument selects one.
    rest = arguments if module == "bench.sets" else arguments[1:]
    return int(importlib.import_module(module).main(rest))


if __name__ == "__main__":
    # As with Ctrl-C: leave no runtime, no server and no control group behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(main(sys.argv[1:]))
