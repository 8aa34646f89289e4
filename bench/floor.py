"""`python -m bench floor`: what a boto3 call over TLS costs in a forked process at best, with nothing of Dayfly in it."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence

from tests.real.environment import real_python

from bench import sheets
from bench.contestants import FUNCTIONS
from bench.machine import this_machine
from bench.peer import Peer

ROUNDS, QUICK_ROUNDS = 100, 10
TIMEOUT_S = 200
COLUMNS = ("step", "CPU", "faults")
# Under the names that bench/functions/forked_call.py gives them.
STEPS: Mapping[str, str] = {
    "reused": "a call on a connection that is there, in a warm process",
    "new": "a call that connects, in a warm process",
    "first": "the same as the first act of a forked process",
    "second": "the same once more in that process",
    "life": "what the call adds to a forked process, its end included",
    "page": "writing to a thousand pages adds to a forked process, one by one",
    "populated": "the same in one system call (MADV_POPULATE_WRITE)",
}

Samples = Mapping[str, Sequence[tuple[float, int]]]


def measure(rounds: int) -> Samples:
    """Milliseconds and page faults by step. The client trusts the server's authority alone: nothing else is parsed."""
    with Peer() as peer:
        environment = {
            **os.environ,
            "PEER": peer.url,
            "AWS_CA_BUNDLE": str(peer.authority),
            "PYTHONPATH": str(FUNCTIONS / "connections"),
        }
        done = subprocess.run(
            [str(real_python()), str(FUNCTIONS / "forked_call.py"), str(rounds)],
            env=environment,
            stdout=subprocess.PIPE,
            timeout=TIMEOUT_S,
            check=True,
        )
    found: dict[str, list[tuple[float, int]]] = json.loads(done.stdout)
    return found


def rows(samples: Samples) -> list[tuple[str, str, str]]:
    """One line per step; times are means without the highest and lowest tenth, faults medians."""
    found: list[tuple[str, str, str]] = []
    for name, said in STEPS.items():
        times, faults = zip(*samples[name], strict=True)
        cut = len(times) // 10
        kept = sorted(times)[cut : len(times) - cut]
        found.append((said, f"{statistics.fmean(kept):.2f} ms", f"{statistics.median(faults):.0f}"))
    return found


def main(arguments: Sequence[str], *, rounds: int | None = None) -> int:
    """Run by the command line; 0 whatever the figures say."""
    options = _parse(arguments)
    machine = this_machine(pinned_to=None)
    samples = measure(rounds or (QUICK_ROUNDS if options.quick else ROUNDS))
    sheets.write_samples(
        "floor", arguments, options, machine, samples=samples, columns=COLUMNS, rows=rows(samples)
    )
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench floor", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="machine-readable")
    form.add_argument("--markdown", action="store_true", help="what docs/performance.md quotes")
    return parser.parse_args(arguments)
