"""Runs suites of other makers against the lab and prints, as a table, what passed and what did not.

    uv run python scripts/lab_suites.py [pytest's arguments for moto's suite]

docs/lab-fidelity.md has what it printed last; tests/lab/suites/test_moto.py (slow) holds the two together.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.lab.suites.moto_differences import DIFFERENCES
from tests.lab.suites.moto_suite import VERSION, run


def main() -> int:
    outcomes = run(sys.argv[1:])
    counts = Counter(outcome.kind for outcome in outcomes)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped"))
    sys.stdout.write(f"moto {VERSION}: {summary}\n")
    unknown = 0
    for outcome in outcomes:
        if outcome.kind == "failed":
            reason = DIFFERENCES.get(outcome.name.partition("[")[0])
            unknown += reason is None
            sys.stdout.write(f"  {outcome.name}: {reason or 'NOT DOCUMENTED: ' + outcome.said}\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
