"""Chooses what `make test` runs by what tests cost: all cases of quick functions, one case of dear ones.

python -m tests.run --tests build/tests.jsonl && python -m tests.tiers build/tests.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import TIERS

# Seconds of the clock, in a run beside which other work goes on: about three times those of a quiet machine.
ALL_CASES_S = 1.0
ONE_CASE_S = 2.0


@dataclass
class Function:
    """A test function's cases: how many, what all take, and what the first takes."""

    cases: list[float] = field(default_factory=list)

    def tier(self, *, all_cases_s: float, one_case_s: float) -> str:
        """`quick`, `first` (one case of several) or `slow`."""
        if sum(self.cases) <= all_cases_s:
            return "quick"
        return "first" if self.cases[0] <= one_case_s else "slow"


def functions_of(lines: Iterable[str]) -> dict[str, Function]:
    """The functions of a run's lines, as `tests.run --tests` writes them."""
    found: dict[str, Function] = defaultdict(Function)
    for line in lines:
        test = json.loads(line)
        found[str(test["test"]).partition("[")[0]].cases.append(float(test["seconds"]))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the lists, and say what `make test` will take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tests", type=Path, nargs="+")
    parser.add_argument("--all-cases", type=float, default=ALL_CASES_S, metavar="SECONDS")
    parser.add_argument("--one-case", type=float, default=ONE_CASE_S, metavar="SECONDS")
    options = parser.parse_args(arguments)
    lines = [line for path in options.tests for line in path.read_text().splitlines()]
    tiers: dict[str, list[str]] = {"first": [], "slow": []}
    left = 0.0
    for name, function in sorted(functions_of(lines).items()):
        tier = function.tier(all_cases_s=options.all_cases, one_case_s=options.one_case)
        left += {"quick": sum(function.cases), "first": function.cases[0], "slow": 0.0}[tier]
        if tier != "quick":
            tiers[tier].append(name)
    TIERS.write_text(json.dumps(tiers, indent=1) + "\n")
    print(
        f"{len(tiers['first'])} first cases, {len(tiers['slow'])} slow; the others take {left / 60:.1f} min of one process"
    )


if __name__ == "__main__":
    main()
