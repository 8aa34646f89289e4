"""A digest is read as it was written, and says what went wrong beside the figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.digest import Gap, Named, load
from bench.racing import Course
from tests.bench.made_up import BASE, course, life, run

from dayfly.errors import DayflyError


def test_a_digest_is_read_as_it_was_written(tmp_path: Path) -> None:
    noisy = {BASE: course(2.0, noise=0.1), "other": course(5.0, noise=0.1, seed=3)}
    absent = Named("absent", "Absent", "", "pip said no")
    written = run({"a": noisy, "b": noisy}, missing=[absent], left=["c"])
    written.save(tmp_path / "new" / "run.json")
    read = load(tmp_path / "new" / "run.json")
    assert (read.contestants, read.functions, read.left) == (written.contestants, ["a", "b"], ["c"])
    assert read.names == [BASE, "other"]
    assert (read.machine, read.base) == (written.machine, BASE)
    assert len(read.figures) == len(written.figures) > 0
    for old, new in zip(written.figures, read.figures, strict=True):
        assert (old.function, old.contestant, old.metric) == (new.function, new.contestant, new.metric)
        assert new.value == pytest.approx(old.value, rel=1e-4)
        assert new.added == pytest.approx(old.added, abs=1e-1)
        assert (new.ratio is None, new.error is None) == (old.ratio is None, old.error is None)


def test_what_failed_and_what_fell_back_are_gaps() -> None:
    found = run(
        {
            "a": {
                BASE: course(2.0),
                "broken": Course([life(1.0)], failed="no answer"),
                "fallen": Course(course(2.0).lives, note="process isolation"),
            }
        }
    )
    assert found.gaps == [
        Gap("broken", "a", "no answer", True),
        Gap("fallen", "a", "process isolation", False),
    ]
    assert {one.contestant for one in found.figures} == {BASE, "fallen"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', '{"format": 2, "figures": [["a", "b", 1]]}']
)
def test_what_is_no_digest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(DayflyError):
        load(tmp_path / "run.json")
