"""`python -m tests.fuzz.coverage_guided`: the fuzz targets under atheris, which keeps whatever reaches new code.

Each target runs for some seconds in a process of its own, from a corpus that Dayfly's own code writes. A failure
leaves its input under .cache/fuzz and the command that repeats it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAILURES = ROOT / ".cache" / "fuzz"
MAX_BYTES = 400
# Beyond the time given: to import and instrument, and for one input that does not come to an end.
MARGIN_S = 60
INPUT_LIMIT_S = 10


def main(arguments: list[str]) -> int:
    """Fuzz the targets that are named, all without names; 1 if one of them failed."""
    from tests.fuzz.seeds import SEEDS

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.coverage_guided", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"of: {', '.join(SEEDS)}")
    parser.add_argument("--seconds", type=int, default=30, help="for each target (30)")
    parser.add_argument("--repeat", type=Path, help="run one target on this input alone")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        return _fuzz_here(options.worker, options.seconds, options.repeat, Path(options.targets[0]))
    failed = [name for name in options.targets or SEEDS if not fuzz(name, options.seconds, options.repeat)]
    if failed:
        print(f"failed: {', '.join(failed)}; inputs are under {FAILURES}", file=sys.stderr)
    return 1 if failed else 0


def fuzz(name: str, seconds: int, repeat: Path | None = None) -> bool:
    """Fuzz one target in a process of its own; say whether it held."""
    from tests.fuzz.pieces import MAX_CUTS
    from tests.fuzz.seeds import SEEDS

    FAILURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dayfly-corpus-") as corpus:
        for at, seed in enumerate(SEEDS.get(name, [b"seed"])):
            cuts = bytes([at % MAX_CUTS]) + bytes(range(1, at % MAX_CUTS + 1))
            Path(corpus, f"seed-{at}").write_bytes(cuts + seed)
        command = [sys.executable, "-m", "tests.fuzz.coverage_guided", f"--worker={name}", corpus]
        command += [f"--seconds={seconds}", *([f"--repeat={repeat}"] if repeat else [])]
        try:
            ran = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + MARGIN_S
            )
        except subprocess.TimeoutExpired:
            print(f"{name}: did not come to an end", file=sys.stderr)
            return False
    units = [line.split()[-1] for line in ran.stderr.splitlines() if "executed_units" in line]
    print(f"{name}: {'held' if not ran.returncode else 'FAILED'} ({units[0] if units else 'no'} inputs)")
    if ran.returncode:
        print(ran.stdout + ran.stderr, file=sys.stderr)
        print(f"again: python -m tests.fuzz.coverage_guided {name} --repeat PATH", file=sys.stderr)
    return not ran.returncode


def _fuzz_here(name: str, seconds: int, repeat: Path | None, corpus: Path) -> int:
    import atheris

    with atheris.instrument_imports(include=["dayfly", "tests.fuzz.planted"]):
        from tests.fuzz.pieces import cuts_and_stream
        from tests.fuzz.planted import planted
        from tests.fuzz.small import use_small_limits
        from tests.fuzz.targets import TARGETS
    use_small_limits(setattr)

    target = {**TARGETS, "planted": planted}[name]

    def one(data: bytes) -> None:
        sizes, stream = cuts_and_stream(data)
        target(stream, sizes)

    if repeat is not None:
        one(repeat.read_bytes())
        return 0
    flags = [f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", f"-timeout={INPUT_LIMIT_S}"]
    flags += ["-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={FAILURES}/{name}-"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], one)
    atheris.Fuzz()
    return os.EX_SOFTWARE  # it ends the process itself


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
