"""Functions that do nothing wrong run, in `block`, under the policy that `learn` makes of a log of theirs, as without one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.by_day import some_by_day
from tests.honest.test_honest import (
    INSTALLS,
    SAMPLES,
    answers_of,
    deployed,
    environment_of,
    findings,
    honest_python,
    plain_answers,
)
from tests.real.environment import started_with
from tests.real.servers import Servers
from tests.rie import Rie

from dayfly.policy.checking import check
from dayfly.policy.document import parse_document
from dayfly.policy.learned import learn
from dayfly.policy.logs import parse_log
from dayfly.policy.writing import write_policy

# A worker tells of so many uses, and the next one of others.
_ROUNDS = 3

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("name", some_by_day(SAMPLES, every=8))
def test_what_was_learned_of_a_function_lets_it_run(name: str, servers: Servers, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    expected = plain_answers(name, servers)
    package = deployed(name, tmp_path)
    environment = environment_of(sample, servers)
    watching = {**environment, "DAYFLY_GUARD": "observe", "DAYFLY_GUARD_LEARN": "on"}
    # Learned in one installation, obeyed in the other, by turns.
    commands = [started_with(install, honest_python(), "app.handler") for install in INSTALLS]
    if list(SAMPLES).index(name) // 4 % 2:
        commands.reverse()
    with Rie(package, "app.handler", environment=watching, command=commands[0]) as rie:
        for _ in range(_ROUNDS):
            answers_of(rie, sample)
        log = rie.logs()
    gathered = parse_log(log).gather()
    assert gathered.malformed == 0
    now = datetime.now(UTC)
    text = write_policy("", learn([gathered]), today=now.date(), source="log", mode="block")
    (package / "dayfly.toml").write_text(text)
    # Its libraries lie beside the package here, as in an image.
    assert [one for one in check(parse_document(text), now=now) if one.is_error] == []
    blocking = {**environment, "DAYFLY_GUARD": "block"}
    with Rie(package, "app.handler", environment=blocking, command=commands[1]) as rie:
        answers = answers_of(rie, sample)
        log = rie.logs()
    assert [(one["message"], one["unmapped"]) for one in findings(log)[1:]] == [], text
    assert [answer.body for answer in answers] == expected
