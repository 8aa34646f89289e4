"""Long chaos run: every act at every system call of the supervisor, in each isolation, in random order until time is over.

python -m tests.chaos --seconds 600 --isolation invocation window --act kill:zygote fail:ENOMEM --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import functools
import json
import sys

from tests.chaos import calls

ISOLATIONS = ("invocation", "window", "process")


def _tell(isolation: str, tried: int, broken: int, total: int) -> None:
    if sys.stderr.isatty():
        words = f", {broken} BROKEN" if broken else ""
        print(f"\r{isolation}: {tried} of {total}{words}", end="", file=sys.stderr, flush=True)


def main() -> int:
    """Run and report; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="in all isolations together")
    parser.add_argument("--isolation", nargs="+", choices=ISOLATIONS, default=list(ISOLATIONS))
    parser.add_argument("--guard", choices=("off", "observe", "block"), default="observe")
    parser.add_argument("--act", nargs="+", help=f"of {', '.join(calls.ACTS)}")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    is_broken = False
    for isolation in options.isolation:
        found = asyncio.run(
            calls.sweep_at_random(
                options.act or calls.ACTS,
                isolation=isolation,
                guard=options.guard,
                seconds=options.seconds / len(options.isolation),
                seed=options.seed,
                tell=functools.partial(_tell, isolation),
            )
        )
        is_broken |= bool(found.broken)
        print(json.dumps({"isolation": isolation, **dataclasses.asdict(found)}), flush=True)
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
