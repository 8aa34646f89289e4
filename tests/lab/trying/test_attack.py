"""The attack of a page is read, and what is not one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dayfly.lab.trying.attack import TryError, read_attack

GOOD = {
    "events": [{"a": 1}, {"a": 2}],
    "succeeds_when": {"answer": 1, "contains": "stolen"},
    "environment": {"X": "1"},
    "note": "see",
}


def page(folder: Path, trial: object) -> Path:
    made = folder / "event.x"
    made.mkdir()
    (made / "trial.json").write_text(trial if isinstance(trial, str) else json.dumps(trial))
    for name in ("vulnerable.py", "fixed.py"):
        (made / name).write_text("")
    return made


def test_an_attack_is_read(tmp_path: Path) -> None:
    attack = read_attack(page(tmp_path, GOOD))
    assert attack.events == (b'{"a": 1}', b'{"a": 2}')
    assert attack.has_succeeded(("", "x stolen y"))
    assert not attack.has_succeeded(("stolen", ""))
    assert not attack.has_succeeded(("stolen",))


@pytest.mark.parametrize(
    "trial",
    [
        "no json",
        [],
        {},
        {**GOOD, "events": []},
        {**GOOD, "events": 1},
        {**GOOD, "succeeds_when": {}},
        {**GOOD, "succeeds_when": {"answer": 2, "contains": "x"}},
        {**GOOD, "succeeds_when": {"answer": -1, "contains": "x"}},
        {**GOOD, "succeeds_when": {"answer": 0, "contains": ""}},
        {**GOOD, "environment": []},
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, trial: object) -> None:
    with pytest.raises(TryError):
        read_attack(page(tmp_path, trial))


def test_a_page_without_an_attack_or_a_handler_is_refused(tmp_path: Path) -> None:
    made = page(tmp_path, GOOD)
    (made / "fixed.py").unlink()
    with pytest.raises(TryError, match=r"has no fixed\.py"):
        read_attack(made)
    (made / "trial.json").unlink()
    with pytest.raises(TryError, match="has no attack"):
        read_attack(made)
