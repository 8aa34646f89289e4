"""`python -m bench fleet WHAT`: measure store, detections and pages on a day of honest traffic with attacks in it."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.fleet import pages, sharding, soak, ticking
from bench.fleet.size import Measured, opened_day
from bench.machine import this_machine

MEASUREMENTS: Mapping[str, Callable[[Measured], dict[str, object]]] = {
    "day": lambda measured: measured.sizes(),
    "detections": ticking.measure,
    "pages": pages.measure,
    "shards": sharding.measure,
    "soak": soak.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; prints one JSON document, with --markdown its tables. 0 whatever the figures say."""
    options = _parse(arguments)
    # One line per request would be measured, too.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    machine = this_machine(pinned_to=None)
    with TemporaryDirectory(prefix="dayfly-bench-") as temporary:
        folder = options.folder or Path(temporary)
        with opened_day(folder, options.rows, seconds=options.seconds, tell=_tell) as measured:
            results = {}
            for name in options.what:
                _tell(f"measuring {name}…")
                results[name] = MEASUREMENTS[name](measured)
            peak = measured.peak_megabytes()
    report = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine.sentence(),
        "versions": {
            name: metadata.version(name) for name in ("chdb-core", "clickhouse-connect", "litestar")
        },
        "command": " ".join(["python -m bench fleet", *arguments]),
        "rows": options.rows,
        "peak_rss_mb": round(peak),
        "results": results,
    }
    sys.stdout.write(
        (_markdown(report) if options.markdown else json.dumps(report, indent=2, default=str)) + "\n"
    )
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench fleet", description=__doc__)
    parser.add_argument("what", nargs="+", choices=MEASUREMENTS, help="what to measure, in this order")
    parser.add_argument(
        "--rows", type=int, default=10_000_000, help="invocations of the day (default 10 million)"
    )
    parser.add_argument("--folder", type=Path, help="keep the day there and use it again")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long a soak lasts (default 600)")
    parser.add_argument("--markdown", action="store_true", help="what docs/performance.md quotes")
    return parser.parse_args(arguments)


def _markdown(report: Mapping[str, object]) -> str:
    lines = [
        f"Measured {report['date']} by `{report['command']}` on {report['machine']}; {report['versions']}."
    ]
    results = report["results"]
    assert isinstance(results, dict)
    for name, result in results.items():
        lines += ["", f"### {name}", ""]
        for key, value in result.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                lines += [f"| {' | '.join(value[0])} |", f"|{'---|' * len(value[0])}"]
                lines += [f"| {' | '.join(str(cell) for cell in row.values())} |" for row in value]
            else:
                lines.append(f"- {key}: {value}")
    return "\n".join([*lines, "", f"Peak resident memory: {report['peak_rss_mb']} MB."])


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
