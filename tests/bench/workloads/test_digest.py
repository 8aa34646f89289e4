"""A digest is read as it was written, and says what went wrong beside the figures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from bench.workloads.digest import Gap, digest, load_digest
from bench.workloads.samples import BARE, Course, Named
from tests.bench.workloads.made_up import course, life, run

from dayfly.errors import DayflyError

ABSENT = Named("absent", "Absent", "shared", "", "pip said no")


def test_a_digest_is_read_as_it_was_written(tmp_path: Path) -> None:
    noisy = {BARE: course(2.0, noise=0.1), "other": course(5.0, noise=0.1, seed=3)}
    written = digest(run({"a": noisy, "b": noisy}, missing=[ABSENT], left=["c"]))
    written.save(tmp_path / "new" / "release.json")
    read = load_digest(tmp_path / "new" / "release.json")
    assert (read.contestants, read.workloads, read.left) == (written.contestants, ["a", "b"], ["c"])
    assert read.names == [BARE, "other"]
    assert read.machine == written.machine
    assert len(read.figures) == len(written.figures) > 0
    for old, new in zip(written.figures, read.figures, strict=True):
        assert (old.workload, old.contestant, old.metric, old.samples) == (
            new.workload, new.contestant, new.metric, new.samples,
        )  # fmt: skip
        assert new.value == pytest.approx(old.value, rel=1e-4)
        assert new.bare == pytest.approx(old.bare, rel=1e-4)
        assert (new.ratio is None) == (old.ratio is None)
        if old.low is not None and new.low is not None:
            assert math.log(new.low) == pytest.approx(math.log(old.low), abs=0.05)


def test_what_failed_and_what_fell_back_are_gaps() -> None:
    found = digest(
        run(
            {
                "a": {
                    BARE: course(2.0),
                    "broken": Course([life(1.0)], failed="no answer"),
                    "fallen": Course(course(2.0).lives, note="process isolation"),
                }
            }
        )
    )
    assert found.gaps == [
        Gap("broken", "a", "no answer", True),
        Gap("fallen", "a", "process isolation", False),
    ]
    assert {one.contestant for one in found.figures} == {BARE, "fallen"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 7}', '{"format": 1}', '{"format": 1, "figures": [["a", "b", 1]]}']
)
def test_what_is_no_digest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "release.json").write_text(text)
    with pytest.raises(DayflyError):
        load_digest(tmp_path / "release.json")
