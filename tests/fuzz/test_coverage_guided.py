"""The coverage-guided fuzzer finds what random bytes do not, and nothing in the readers of hostile input."""

from __future__ import annotations

import pytest
from tests.fuzz.coverage_guided import fuzz
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS

pytest.importorskip("atheris", reason="atheris has no wheel for this machine")


@pytest.mark.slow
def test_a_bug_that_random_bytes_do_not_find_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert not fuzz("planted", 60)
    assert "the planted bug" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_some_seconds_of_guided_inputs_find_nothing(name: str) -> None:
    assert SEEDS[name]
    assert fuzz(name, 3)
