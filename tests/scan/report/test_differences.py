"""A finding counts when a line of its way was changed; what git writes is read as git means it."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Finding, Place, Severity, Step
from dayfly.scan.report.differences import Change, read_diff

DIFF = """\
diff --git a/app.py b/app.py
index 1..2 100644
--- a/app.py
+++ b/app.py
@@ -3 +3 @@ def handler():
-old
+new
@@ -10,0 +11,2 @@
+--- a/not.py
+++ b/not.py
@@ -20,2 +22,0 @@
-gone
-gone
diff --git a/gone.py b/gone.py
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git "a/\\303\\274 \\"q\\".py" "b/\\303\\274 \\"q\\".py"
--- "a/\\303\\274 \\"q\\".py"
+++ "b/\\303\\274 \\"q\\".py"
@@ -1 +1 @@
-a
+b
"""


def finding(*places: Place) -> Finding:
    steps = tuple(Step(place, "s") for place in places)
    return Finding("event.sql", "m", places[-1], Severity.HIGH, steps=steps)


def test_lines_are_read_and_bodies_are_no_headers() -> None:
    assert read_diff(DIFF) == {
        "app.py": (range(3, 4), range(11, 13), range(22, 24)),
        'ü "q".py': (range(1, 2),),
    }


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([Place("app.py", 3)], True),
        ([Place("app.py", 4)], False),
        ([Place("app.py", 1, 1, 3)], True),
        ([Place("app.py", 4, 1, 10)], False),
        ([Place("app.py", 22)], True),  # a check may have been taken out there
        ([Place("app.py", 3), Place("other.py", 7)], True),
        ([Place("other.py", 7)], False),
        ([Place("new.py", 99)], True),
        ([Place("app.py")], True),
        ([Place("other.py")], False),
        ([Place("layer.zip!/a.py", 1)], True),
        ([Place("old.zip!/a.py", 1)], False),
    ],
)
def test_a_finding_counts_if_its_way_crosses_a_changed_line(places: list[Place], expected: bool) -> None:
    change = Change({**read_diff(DIFF), "layer.zip": ()}, frozenset({"new.py"}))
    assert change.touches(finding(*places)) is expected
