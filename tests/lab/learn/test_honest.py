"""Functions that do nothing wrong run, in block, under the policy that `learn` makes of one run of theirs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.honest.test_honest import EVENTS, FUNCTIONS, REAL
from tests.item_service import item_service
from tests.lab.learn.making import request, serve

from dayfly.lab.learn.events import learn_from_events
from dayfly.policy.checking import check
from dayfly.policy.document import parse_document
from dayfly.policy.learned import learn
from dayfly.policy.writing import write_policy


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


# What needs other libraries than the checkout's is tried in tests/honest.
@pytest.mark.parametrize("name", sorted(set(EVENTS) - set(REAL)))
def test_an_honest_function_meets_no_refusal_under_what_was_learned_of_it(
    name: str, service: str, tmp_path: Path
) -> None:
    folder = tmp_path / "function"
    shutil.copytree(FUNCTIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    handler, environment = f"{name}.handler", {"SERVICE": service}
    wanted = replace(request(folder, EVENTS[name], environment=environment), handler=handler)
    gathered = asyncio.run(learn_from_events(wanted, progress=lambda done, total, uses: None)).gathered
    assert gathered.failed == ()
    now = datetime.now(UTC)
    text = write_policy("", learn([gathered]), today=now.date(), source="events", mode="block")
    assert check(parse_document(text), now=now, folder=folder) == ()
    (folder / "dayfly.toml").write_text(text)
    answers, found = asyncio.run(serve(folder, EVENTS[name] * 2, environment, handler=handler))
    assert found == [], text
    assert [answer.function_error for answer in answers] == [None] * len(answers)
