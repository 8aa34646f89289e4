"""Writes the honest functions of the tests that need nothing but Python, as `dayfly lab gauntlet --honest FOLDER` reads them.

.venv/bin/python scripts/honest_folder.py FOLDER
"""

from __future__ import annotations

import ast
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
        if sample.needs or not _needs_python_alone(FUNCTIONS / sample.name):
            continue
        shutil.copytree(
            FUNCTIONS / sample.name,
            folder / sample.name,
            ignore=shutil.ignore_patterns("__pycache__", "dayfly.toml"),
        )
        (folder / sample.name / "events.json").write_text(json.dumps(sample.sent()))


def _needs_python_alone(folder: Path) -> bool:
    """Does it import nothing but the standard library and files of its own?"""
    own = {path.stem for path in folder.rglob("*.py")} | {
        path.name for path in folder.rglob("*") if path.is_dir()
    }
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            if any(name.partition(".")[0] not in sys.stdlib_module_names | own for name in names):
                return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
