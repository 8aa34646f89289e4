"""Functions that do nothing wrong run under a policy that was learned of them, in `block`, as they do without one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.honest.learning import policy_of, uses_in
from tests.honest.test_honest import EVENTS, FUNCTIONS, REAL
from tests.item_service import item_service
from tests.real.environment import real_python
from tests.rie import Rie


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


@pytest.mark.parametrize("name", EVENTS)
def test_what_was_learned_of_a_function_lets_it_run(name: str, service: str, tmp_path: Path) -> None:
    function = tmp_path / "function"
    shutil.copytree(FUNCTIONS, function, ignore=shutil.ignore_patterns("__pycache__"))
    interpreter = real_python() if name in REAL else Path(sys.executable)
    environment = {"SERVICE": service, "DAYFLY_GUARD": "observe", "DAYFLY_GUARD_LEARN": "on"}
    with Rie(function, f"{name}.handler", environment=environment, interpreter=interpreter) as rie:
        # A worker tells of a dozen at most, and not of the same each time.
        learned = [rie.invoke(event).body for event in EVENTS[name] * 4][: len(EVENTS[name]) * 2]
        log = rie.logs()
    assert b'"errorType"' not in b"".join(learned), "the function does not work"
    policy = policy_of(uses_in(log))
    (function / "dayfly.toml").write_text(policy)
    environment = {"SERVICE": service, "DAYFLY_GUARD": "observe"}
    with Rie(function, f"{name}.handler", environment=environment, interpreter=interpreter) as rie:
        answers = [rie.invoke(event).body for event in EVENTS[name] * 2]
        log = rie.logs()
    told = [
        line for line in log.split("\n") if '"types":["guard.' in line or '"types":["residue.memory"]' in line
    ]
    assert told == [], policy
    assert answers == learned
