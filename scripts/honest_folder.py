"""Writes the honest functions of the tests that need nothing but Python, as `dayfly lab gauntlet --honest FOLDER` reads them.

.venv/bin/python scripts/honest_folder.py FOLDER
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The functions are part of the tests, which are no installed package.
sys.path.insert(0, str(ROOT))

from tests.honest.samples import standard  # noqa: E402

FUNCTIONS = ROOT / "tests" / "honest" / "functions"


def main(folder: Path) -> None:
    """One folder for each, with app.py and events.json."""
    for sample in standard.SAMPLES:
        if sample.needs:
            continue
        shutil.copytree(
            FUNCTIONS / sample.name,
            folder / sample.name,
            ignore=shutil.ignore_patterns("__pycache__", "dayfly.toml"),
        )
        (folder / sample.name / "events.json").write_text(json.dumps(sample.sent()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
