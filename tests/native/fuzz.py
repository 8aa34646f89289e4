"""Looks for inputs that break a native reader of hostile bytes: `python -m tests.native.fuzz --seconds 600`.

Each native/fuzz/fuzz_NAME.c is linked with the driver, the sanitizers and the supervisor's sources, and starts from
native/fuzz/corpus/NAME. What reaches new code is kept in that folder with --keep; commit it then. --record adds the
processor time to docs/measured/fuzzing.json, which says how long each reader has been fuzzed since it last changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from native.build import NATIVE
from tests.native.compiled import COVERAGE, SANITIZERS, compile_program, supervisor_library

FOLDER = NATIVE / "fuzz"
TARGETS = sorted(path.stem.removeprefix("fuzz_") for path in FOLDER.glob("fuzz_*.c"))
RECORD = NATIVE.parent / "docs" / "measured" / "fuzzing.json"
# Beside what the driver itself takes: inputs of the corpus. A run's seconds are processor time, and a busy machine has less.
_MORE_S, _BUSY = 120, 20
_DONE = re.compile(r"(\d+) runs in (\d+) s, (\d+) edges")


def program_of(target: str) -> Path:
    """Return the fuzzer of a target, compiled where it is not there yet."""
    entry = FOLDER / f"fuzz_{target}.c"
    library = supervisor_library((*SANITIZERS, *COVERAGE))
    return compile_program([entry, FOLDER / "driver.c"], covered=[entry.name], library=library)


def fuzz(target: str, *, seconds: int, seed: int, keep: Path) -> subprocess.CompletedProcess[str]:
    """Run a fuzzer over its corpus, then on until it used `seconds` of a processor; its exit code is not 0 where something broke."""
    command = [str(program_of(target)), str(FOLDER / "corpus" / target), str(seconds), str(seed), str(keep)]
    return subprocess.run(command, capture_output=True, text=True, timeout=_BUSY * seconds + _MORE_S)


def digest(target: str) -> str:
    """Return a digest of the target and of the supervisor's sources that it names."""
    entry = FOLDER / f"fuzz_{target}.c"
    named = re.findall(r'#include "(?:\.\./supervisor/)?(\w+)\.[ch]"', entry.read_text())
    sources = [entry, *(NATIVE / "supervisor" / f"{name}.c" for name in named)]
    whole = b"".join(path.read_bytes() for path in sources if path.exists())
    return hashlib.sha256(whole).hexdigest()[:16]


def record(target: str, output: str) -> None:
    """Add a finished run to the record; what was fuzzed before the reader changed no longer counts."""
    done = _DONE.search(output)
    assert done is not None, output
    runs, seconds, edges = map(int, done.groups())
    records = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    before = records.get(target, {})
    now = digest(target)
    if before.get("digest") == now:
        runs, seconds = runs + before["runs"], seconds + before["seconds"]
    records[target] = {"digest": now, "seconds": seconds, "runs": runs, "edges": edges}
    RECORD.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Fuzz all targets, or those named, side by side; 1 where one broke."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="of processor time, for each target")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    parser.add_argument("--keep", action="store_true", help="add what reaches new code to the corpus")
    parser.add_argument("--record", action="store_true", help=f"add the time to {RECORD.name}")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    asked = parser.parse_args(arguments)
    has_failed = False
    with tempfile.TemporaryDirectory() as kept, ThreadPoolExecutor(os.cpu_count()) as pool:

        def run(target: str) -> tuple[str, subprocess.CompletedProcess[str]]:
            place = FOLDER / "corpus" / target if asked.keep else Path(kept, target)
            place.mkdir(exist_ok=True)
            return target, fuzz(target, seconds=asked.seconds, seed=asked.seed, keep=place)

        for target, done in pool.map(run, asked.targets or TARGETS):
            sys.stdout.write(f"{target}: {done.stdout}")
            if done.returncode == 0 and asked.record:
                record(target, done.stdout)
            if done.returncode != 0:
                has_failed = True
                crash = Path(FOLDER / "corpus" / target if asked.keep else Path(kept, target), "crash")
                shown = crash.read_bytes().hex() if crash.exists() else ""
                sys.stdout.write(
                    f"{target} broke (seed {asked.seed}):\n{done.stderr}\ninput in hex: {shown}\n"
                )
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
