"""Chooses what `make test` runs by what tests cost: all cases of quick functions, one case of dear ones.

python -m tests.run --tests build/tests.jsonl && python -m tests.tiers build/tests.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import TIERS, tiers
from tests.run import ROOT

# Processor seconds of a test without the fixtures that it shares: what the clock says depends on who else computes.
ALL_CASES_S = 0.5
ONE_CASE_S = 0.7


@dataclass
class Function:
    """A test function's cases, and what each takes; `is_first` where only the first of them was run."""

    is_first: bool
    cases: list[float] = field(default_factory=list)

    def tier(self, *, all_cases_s: float, one_case_s: float) -> str:
        """`quick`, `first` (one case of several) or `slow`."""
        if sum(self.cases) <= all_cases_s and not self.is_first:
            return "quick"
        return "first" if self.cases[0] <= one_case_s else "slow"


def functions_of(lines: Iterable[str], first: Collection[str]) -> dict[str, Function]:
    """The functions of a run's lines, as `tests.run --tests` writes them; of those in `first` one case may be all."""
    found: dict[str, Function] = {}
    for line in lines:
        test = json.loads(line)
        name = str(test["test"]).partition("[")[0]
        found.setdefault(name, Function(is_first=name in first)).cases.append(float(test["own"]))
    for function in found.values():
        function.is_first &= len(function.cases) == 1
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the lists, and say what `make test` will take; what was not run stays where it is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tests", type=Path, nargs="+")
    parser.add_argument("--all-cases", type=float, default=ALL_CASES_S, metavar="SECONDS")
    parser.add_argument("--one-case", type=float, default=ONE_CASE_S, metavar="SECONDS")
    options = parser.parse_args(arguments)
    lines = [line for path in options.tests for line in path.read_text().splitlines()]
    known = tiers()
    functions = functions_of(lines, known["first"])
    found = {
        tier: {one for one in names if one not in functions and (ROOT / one.partition("::")[0]).exists()}
        for tier, names in known.items()
    }
    left = 0.0
    for name, function in functions.items():
        tier = function.tier(all_cases_s=options.all_cases, one_case_s=options.one_case)
        left += {"quick": sum(function.cases), "first": function.cases[0], "slow": 0.0}[tier]
        if tier != "quick":
            found[tier].add(name)
    TIERS.write_text(json.dumps({tier: sorted(names) for tier, names in found.items()}, indent=1) + "\n")
    print(
        f"{len(found['first'])} first cases, {len(found['slow'])} slow; what is left of this run takes "
        f"{left:.0f} processor seconds"
    )


if __name__ == "__main__":
    main()
