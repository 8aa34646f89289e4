"""What the first client of a worker has botocore read is read for later workers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"
DEADLINE_S = 60.0


def test_a_client_made_in_the_handler_reads_nothing_once_workers_have_told_what_it_reads() -> None:
    with Rie(FUNCTIONS, "client.handler", confined=True, refusals=True) as rie:
        end = time.monotonic() + DEADLINE_S
        answers: list[Any] = [rie.invoke({}).payload]
        while answers[-1]["read"] and time.monotonic() < end:
            answers.append(rie.invoke({}).payload)
    assert len(answers[0]["read"]) > 3
    assert answers[-1]["read"] == []
    assert {answer["url"] for answer in answers} == {"https://sqs.eu-central-1.amazonaws.com"}
