"""The scoreboard is what its script writes from the measured files, whatever is in them, and praises nobody."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from bench.digest import Named
from bench.racing import Course
from tests.bench.made_up import BASE, course, life, run

from dayfly.lab.gauntlet.model import AttackView, Cell, Collateral, Cost, Result, Row
from dayfly.lab.gauntlet.summary import to_json

ROOT = Path(__file__).parents[2]
# A scoreboard has figures; what is good or bad about them is the reader's.
PRAISE = re.compile(
    r"\b(best|worst|better|good|bad|fast|faster|slow|slower|strong|weak|poor|excellent|secure|safe|winner)\b",
    re.IGNORECASE,
)
# In sentences about figures, not about contestants.
ALLOWED = ("ratios carry over to Lambda better than times do",)


@pytest.fixture
def scoreboard() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("scoreboard", ROOT / "scripts" / "scoreboard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes(scoreboard: ModuleType) -> None:
    assert scoreboard.TARGET.read_text(encoding="utf-8") == scoreboard.render(), "run `make docs`"


def test_without_measured_files_it_says_how_to_measure(
    scoreboard: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoreboard, "GAUNTLET", tmp_path / "absent.json")
    monkeypatch.setattr(scoreboard, "WORKLOADS", tmp_path / "absent.json")
    page = scoreboard.render()
    assert page.count("Not measured for this release: `") == 2
    assert "|" not in page


def test_every_figure_gap_and_reason_is_on_the_page(
    scoreboard: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = run(
        {
            "echo": {
                BASE: course(2.0),
                "other": course(5.0),
                "broken": Course([life(1.0)], failed="no [x] | y"),
            },
            "primes": {BASE: course(2.0), "other": course(4.0), "broken": course(2.0)},
        },
        missing=[Named("absent", "Absent", "", "pip said no")],
        left=["orders"],
    )
    measured.save(tmp_path / "workloads.json")
    (tmp_path / "gauntlet.json").write_bytes(msgspec.json.encode(to_json(_result())))
    monkeypatch.setattr(scoreboard, "GAUNTLET", tmp_path / "gauntlet.json")
    monkeypatch.setattr(scoreboard, "WORKLOADS", tmp_path / "workloads.json")
    page = scoreboard.render()
    for text in (
        "| other | 2 of 2 | ×2.24",
        "| echo | own: no work | 2.00 | 5.00 (×2.50) | – |",
        "| primes | FaaSProfiler: primes-python | 2.00 | 4.00 (×2.00) | 2.00 (×1.00) |",
        "- absent: pip said no",
        "- broken with echo: no [x] | y",
        "- orders: time was up",
        "| shield | shared | 1.2 | 2 | ✓ 1 | 0 | 0 | 0 | ✗ 1 | 1 (3 customers) | 1 | 4.0 | – |",
        "| shield | shared | 9 | 1 | 0 | 0 | 2 `x` | orders | 1.50 |",
        "- gone: no licence",
    ):
        assert text in page, text
    assert measured.machine.sentence() in page


def test_it_praises_nobody(scoreboard: ModuleType) -> None:
    page = scoreboard.render()
    for allowed in ALLOWED:
        page = page.replace(allowed, "")
    prose = [line for line in page.splitlines() if not line.startswith("|")]
    assert len(prose) > 5
    assert [line for line in prose if PRAISE.search(line)] == []


def _result() -> Result:
    cells = (
        Cell("a", "shield", "shared", "blocked", signs=("no",), detect_ms=4.0, served=3),
        Cell("b", "shield", "shared", "survived", served=3, reached=3, exposure_ms=9.0, is_open=True),
    )
    honest = Collateral(requests=9, refused=1, false_alarms={"x": 2}, unusable={"orders": "no answer"})
    return Result(
        dayfly="0.1.0",
        machine={"processors": "2", "machine": "x86_64", "system": "Linux 6.1", "python": "3.13"},
        confinement=("bubblewrap",),
        door="open",
        is_quick=True,
        tries=1,
        seconds=12.0,
        attacks=tuple(AttackView(name, "does", "read", "L2", "M1", (), "own") for name in ("a", "b")),
        rows=(
            Row(
                "shield",
                "a shield",
                "1.2",
                "shared",
                collateral=honest,
                cost=Cost(5, 1.5, 2.5, 3.0, 1.0, 20.0, 100.0),
            ),
            Row("gone", "gone", "2.0", "shared", unavailable="no licence"),
        ),
        cells=cells,
    )


def test_an_attack_that_reached_a_customer_is_not_counted_as_contained(
    scoreboard: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = _result()
    cells = tuple(replace(cell, outcome="contained", reached=1) for cell in measured.cells)
    path = tmp_path / "gauntlet.json"
    path.write_bytes(msgspec.json.encode(to_json(replace(measured, cells=cells))))
    monkeypatch.setattr(scoreboard, "GAUNTLET", path)

    page = scoreboard.render()

    assert "| shield | shared | 1.2 | 2 | 0 | 0 | ! 2 | 0 | 0 | 2 (2 customers)" in page
    assert "- contained late: the attack ran and reached at least one later customer" in page
