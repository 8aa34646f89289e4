"""Changes the code in one place at a time and says whether the quick tests notice: mutation testing of a seeded sample.

    make mutation ARGS="--area scan --mutants 40 --seed 19"

Cosmic Ray makes the mutants, in this checkout, and puts the files back. Tests run from the nearest to the farthest of the
area until one fails, which must fail again with the mutant and pass without it. The result goes to build/mutation/, and the
next run with the same seed begins with the test that killed last time; it fails where a mutant that died then survives.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import use_mutation

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "mutation"
SEED = 19
# The code of an area, and what is data or an example in it.
AREAS = {
    "runtime": ["runtime/sealers", "_sys"],
    "guard": ["runtime/guard", "core/structure"],
    "scan": ["scan"],
}
NO_CODE = ("scan/pages/", "scan/tables/")
# Annotations use it more than expressions do.
NOT_USED = "core/ReplaceBinaryOperator_BitOr_"
# Hangs are kills; a folder's quick tests take a third of that on a busy machine.
TEST_S, FOLDER_S = 60, 400
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+?\.py(?:::.*?)?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One change: Cosmic Ray's operator, at its nth place in a file."""

    path: str
    line: int
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        """How the results call it."""
        return f"{self.path}:{self.line} {self.operator.removeprefix('core/')} {self.occurrence}"

    def folders(self, area: str) -> list[list[str]]:
        """What judges it: the tests of its module, of its folder, and of the area."""
        tests = ROOT / "tests"
        module = Path(self.path).relative_to("src/dayfly")
        near = [tests / module.parent / f"test_{module.name}", tests / module.parent]
        groups: list[list[str]] = []
        seen: set[Path] = set()
        for group in ([near[0]], [near[1]], [tests / one for one in AREAS[area]]):
            files = {
                file
                for path in group
                for file in ([path] if path.is_file() else path.rglob("test_*.py"))
                if path.exists()
            }
            if new := sorted(files - seen):
                groups.append([str(file.relative_to(ROOT)) for file in new])
            seen |= files
        return groups


def sample(area: str, *, count: int, seed: int) -> list[Mutant]:
    """Choose `count` places of the area's code, each once, and at each one change; long files have more of them."""
    files = [
        file
        for folder in AREAS[area]
        for file in sorted((ROOT / "src/dayfly" / folder).rglob("*.py"))
        if not str(file.relative_to(ROOT / "src/dayfly")).startswith(NO_CODE)
    ]
    choose = random.Random(f"{seed} {area}")
    sizes = [file.stat().st_size for file in files]
    unused: dict[Path, dict[tuple[int, int], list[Mutant]]] = {}
    found: list[Mutant] = []
    while len(found) < count:
        file = choose.choices(files, weights=sizes)[0]
        if file not in unused:
            unused[file] = defaultdict(list)
            for mutant, start in _mutants(file):
                unused[file][start].append(mutant)
        if unused[file]:
            place = choose.choice(sorted(unused[file]))
            found.append(choose.choice(unused[file].pop(place)))
    return sorted(found, key=lambda mutant: mutant.name)


def _mutants(file: Path) -> Iterator[tuple[Mutant, tuple[int, int]]]:
    nodes = list(ast_nodes(get_ast_from_path(file)))
    for name in sorted(cosmic_ray.plugins.operator_names()):
        operator = cosmic_ray.plugins.get_operator(name)
        if operator.arguments() or name.startswith(NOT_USED):
            continue
        positions = (start for node in nodes for start, _ in operator().mutation_positions(node))
        for number, start in enumerate(positions):
            yield Mutant(str(file.relative_to(ROOT)), start[0], name, number), start


def failing(tests: Sequence[str], *, without: Iterable[str] = ()) -> list[str]:
    """Run the quick ones of `tests`, but for those `without`, until one fails; return what failed."""
    options = ["-m", "not slow and not nightly", "-o", f"timeout={TEST_S}", "-o", "addopts=", "-rfE"]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"),
            "--import-mode=importlib",
            *options,
            *(f"--deselect={test}" for test in without),
            *tests,
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=FOLDER_S)
    except subprocess.TimeoutExpired:
        return ["out of time"]
    finally:
        # With what tests may have left, and where this process is ended itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    # 4: no such test; 5: nothing selected, for instance slow tests alone.
    if process.returncode in (0, 4, 5):
        return []
    return FAILED.findall(output) or [f"pytest ended with {process.returncode}"]


class Judge:
    """Finds for a mutant a test that fails twice with it and passes without it."""

    def __init__(self) -> None:
        self.sound: set[str] = set()
        self.unsound: set[str] = set()

    def killer(self, area: str, mutant: Mutant, *, first: str) -> str:
        """The test that kills the mutant, or nothing."""
        while found := self._failing_with(area, mutant, first):
            if found in self.sound or not found.startswith("tests/") or not failing([found]):
                self.sound.add(found)
                return found
            self.unsound.add(found)
        return ""

    def _failing_with(self, area: str, mutant: Mutant, first: str) -> str:
        groups = mutant.folders(area)
        if first.startswith("tests/") and (ROOT / first.partition("::")[0]).exists():
            groups.insert(0, [first])
        without = set(self.unsound)
        operator = cosmic_ray.plugins.get_operator(mutant.operator)()
        with use_mutation(ROOT / mutant.path, operator, mutant.occurrence) as (_, mutated):
            if mutated is None:
                raise RuntimeError(f"{mutant.name}: Cosmic Ray finds no such place")
            for group in groups:
                while failed := failing(group, without=without):
                    # On a busy machine a test may fail for another reason: it must do so again.
                    if not failed[0].startswith("tests/") or failing(failed[:1]):
                        return failed[0]
                    without.add(failed[0])
        return ""


def say(line: str) -> None:
    """Print a line now: the next may take minutes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Judge each area's sample, write what came out, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--area", choices=AREAS, action="append", help="default: all")
    parser.add_argument("--mutants", type=int, default=40, metavar="N", help="of each area")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--again",
        action="store_true",
        help="judge those alone that died in the last run, as after a deletion",
    )
    options = parser.parse_args()
    # The file that is changed is put back. And what a shell runs in its background ignores some of these, which tests inherit.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    RESULTS.mkdir(parents=True, exist_ok=True)
    rows, lost = [], 0
    for area in options.area or AREAS:
        file = RESULTS / f"{area}-{options.seed}.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        killers: dict[str, str] = {}
        judge = Judge()
        for mutant in sample(area, count=options.mutants, seed=options.seed):
            before = known.get(mutant.name, "")
            if options.again and not before:
                continue
            killers[mutant.name] = judge.killer(area, mutant, first=before)
            lost += bool(before) and not killers[mutant.name]
            say(f"{mutant.name}: {killers[mutant.name] or 'SURVIVED'}")
            file.write_text(json.dumps({**known, **killers}, indent=1) + "\n")
        for test in sorted(judge.unsound):
            say(f"fails without a mutant, too: {test}")
        rows.append(f"| {area} | {len(killers)} | {sum(map(bool, killers.values()))} |")
    say("\n".join(["", "| area | mutants | killed |", "|---|---|---|", *rows]))
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
