"""moto's own suite of Lambda, from its source distribution, run against the lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.suites.tools import environment, source
from tests.rie import ROOT

VERSION = "5.2.5"
_SHA256 = "391857257d5dac144334013c2c10e599def5f0562f553e979160140bd7bd9cf6"
_REQUIREMENTS = (f"moto[all]=={VERSION}", "pytest==9.0.1", "freezegun", "requests", "docker")
# What the suite creates functions for; the front has the lab's own Python run them.
_RUNTIME = "python3.14"
_ACCOUNT = "123456789012"
TIMEOUT_S = 540


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test's: `kind` is passed, failed or skipped; `said` the first line of why."""

    name: str
    kind: str
    said: str


def run(selected: Sequence[str] = ()) -> list[Outcome]:
    """Run the suite, or the tests that pytest's arguments select; raises CalledProcessError where it cannot start."""
    suite = source("moto", VERSION, _SHA256)
    python = environment("moto", _REQUIREMENTS) / "python"
    variables = os.environ | {
        "DAYFLY_SUITE_ACCOUNT": _ACCOUNT,
        "DAYFLY_SUITE_RUNTIME": _RUNTIME,
    }
    front = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.suites.front"],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert front.stdout is not None
        url = json.loads(front.stdout.readline())["url"]
        with tempfile.TemporaryDirectory() as scratch:
            report = Path(scratch, "report.xml")
            subprocess.run(
                [
                    python,
                    *("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"),
                    *(selected or ["tests/test_awslambda"]),
                ],
                cwd=suite,
                env=variables
                | {
                    "TEST_SERVER_MODE": "true",
                    "TEST_SERVER_MODE_ENDPOINT": url,
                    "AWS_ACCESS_KEY_ID": "x",
                    "AWS_SECRET_ACCESS_KEY": "y",
                },
                timeout=TIMEOUT_S,
                stdout=subprocess.DEVNULL,
            )
            return read(report)
    finally:
        assert front.stdin is not None
        front.stdin.close()
        front.wait(60)


def read(report: Path) -> list[Outcome]:
    """The outcomes in a report of pytest's."""
    outcomes: list[Outcome] = []
    for case in ET.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        for kind in ("failure", "error", "skipped"):
            found = case.find(kind)
            if found is not None:
                said = (found.get("message") or "").partition("\n")[0]
                outcomes.append(Outcome(name, "skipped" if kind == "skipped" else "failed", said))
                break
        else:
            outcomes.append(Outcome(name, "passed", ""))
    return outcomes


if __name__ == "__main__":
    for outcome in run(sys.argv[1:]):
        print(outcome.kind, outcome.name, outcome.said[:300])
