"""The costs page is what its script writes from the recorded run, by AWS's arithmetic, the init's bill included."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = {"p50": 19.5, "cpu": 4.0, "first": 128.45, "init": 60.0}


@pytest.fixture
def costs() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("costs", ROOT / "scripts" / "costs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes(costs: ModuleType) -> None:
    assert costs.TARGET.read_text(encoding="utf-8") == costs.render(), "run `make docs`"


@pytest.mark.parametrize(
    ("duration", "billed"), [(0.0, 0), (0.01, 1), (1.0, 1), (1.001, 2), (24.9, 25), (3.0000000000000004, 3)]
)
def test_a_begun_millisecond_is_billed_whole(costs: ModuleType, duration: float, billed: int) -> None:
    assert costs.billed_ms(duration) == billed


def test_a_negative_duration_is_refused(costs: ModuleType) -> None:
    with pytest.raises(ValueError, match="-1"):
        costs.billed_ms(-1.0)


def test_a_month_is_requests_and_gigabyte_seconds_and_inits(costs: ModuleType) -> None:
    memory = costs.MB_PER_CPU
    seconds = 1_000_000 * 0.020 + 10_000 * 0.129
    expected = 0.2 + seconds * memory / 1024 * costs.PER_GB_SECOND
    assert costs.month(FIGURES, memory) == pytest.approx(expected)


def test_less_memory_makes_processor_time_longer_and_nothing_else(costs: ModuleType) -> None:
    memory = costs.MB_PER_CPU // 2
    slower = costs.MB_PER_CPU / memory - 1
    each = costs.billed_ms(19.5 + slower * 4.0)
    init = costs.billed_ms(128.45 + slower * 60.0)
    seconds = (1_000_000 * each + 10_000 * init) / 1000
    assert costs.month(FIGURES, memory) == pytest.approx(0.2 + seconds * memory / 1024 * costs.PER_GB_SECOND)
    assert costs.month({**FIGURES, "cpu": 0.0, "init": 0.0}, memory) < costs.month(FIGURES, memory)
