"""The walk over the heap finds every instance of a class, and leaves out only what cannot be one."""

from __future__ import annotations

import subprocess
import sys

from tests.rie import ROOT

BEFORE = """
import gc, sys
sys.path.insert(0, SOURCE)
from dayfly.runtime import heap
"""


def run(program: str) -> str:
    """What a program prints in a process of its own: what is frozen there is nobody else's."""
    source = f"SOURCE = {str(ROOT / 'src')!r}\n{BEFORE}{program}"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_was_there_before_the_function_is_no_part_of_the_walk() -> None:
    found = run("""
heap.set_aside()
import fractions
one = fractions.Fraction(1, 3)
found = heap.find([fractions.Fraction]).of(fractions.Fraction)
print(any(item is one for item in found), gc.get_freeze_count() > 1000)
""")
    assert found == "True True"


def test_what_a_library_made_that_was_loaded_before_is_found() -> None:
    found = run("""
import fractions
one = fractions.Fraction(1, 3)
heap.set_aside()
print(any(item is one for item in heap.find([fractions.Fraction]).of(fractions.Fraction)))
""")
    assert found == "True"


def test_what_the_functions_own_freeze_hides_is_found() -> None:
    found = run("""
heap.set_aside()
import fractions
one = fractions.Fraction(1, 3)
gc.freeze()
print(any(item is one for item in heap.find([fractions.Fraction]).of(fractions.Fraction)))
""")
    assert found == "True"
