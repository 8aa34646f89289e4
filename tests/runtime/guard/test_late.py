"""What the guard loads late needs nothing of the standard library that it may not import by then."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.rie import ROOT

from dayfly.runtime.guard.late import NAMES

# In an interpreter of its own: there, none of them is loaded yet.
_PROGRAM = """
import sys
from tests.runtime.guard.guards import serving
# As arming does.
from dayfly.runtime.guard import bootstrap, drivers, hooks, owncode, residue
name = sys.argv[1]
guard = serving({})
assert "dayfly.runtime.guard." + name not in sys.modules
guard.late_modules.prepare({name})
assert guard.late_modules.told() == [name]
"""


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_part_loads_by_what_was_there_before_the_function(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, name],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
