"""A function that writes into a small file of its init's is served by the same zygote, and every event finds the file as init made it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"


@pytest.mark.parametrize("function", ["database", "database_and_hook", "database_and_thread"])
def test_a_database_of_inits_is_as_init_made_it_for_every_event(function: str) -> None:
    with Rie(FUNCTIONS, f"{function}.handler", confined=True, refusals=True) as rie:
        answers: list[Any] = [rie.invoke({"name": f"nuts {number}" * 900}).payload for number in range(6)]
        log = rie.logs()
    assert [answer["rows"] for answer in answers] == [2] * 6
    assert len({answer["zygote"] for answer in answers}) == 1
    assert "residue.kept-file" not in log
    assert "1 file from init changed and put back" in log
