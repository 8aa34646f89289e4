"""A run is read as it was written, and what is no run is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.workloads.samples import BARE, Course, Named, load, told
from tests.bench.workloads.made_up import course, run
from tests.rie import ROOT

from dayfly.errors import DayflyError


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = run(
        {"echo": {BARE: course(1.0), "other": Course(failed='it said: "no"', note="ü")}},
        missing=[Named("absent", "Absent", "shared", "", "pip said no")],
        left=["html"],
    )
    written.save(tmp_path / "new" / "run.json")
    read = load(tmp_path / "new" / "run.json")
    assert read.contestants == written.contestants
    assert read.workloads["echo"]["other"] == written.workloads["echo"]["other"]
    assert (
        read.workloads["echo"][BARE].lives[0].answer_ms == written.workloads["echo"][BARE].lives[0].answer_ms
    )
    assert (read.machine, read.left, read.date) == (written.machine, ["html"], written.date)


def test_one_contestant_with_one_workload_is_one_line(tmp_path: Path) -> None:
    run({"echo": {BARE: course(1.0), "other": course(2.0)}}).save(tmp_path / "run.json")
    lines = (tmp_path / "run.json").read_text().splitlines()
    assert sum(line.lstrip().startswith(('"bare":', '"other":')) for line in lines) == 2


def test_words_are_told_without_colours_and_places() -> None:
    assert told(f"\x1b[32mno\x1b[0m\n file {ROOT}/.cache/x.py") == "no file …/.cache/x.py"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 0}', '{"format": 1}', '{"format": 1, "machine": {}, "workloads": []}'],
)
def test_what_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(DayflyError):
        load(tmp_path / "run.json")
    with pytest.raises(DayflyError):
        load(tmp_path / "absent.json")
