"""Events and answers up to Lambda's limit pass; beyond it the invoker is told, and the next invocation works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Rie
from tests.runtimes import RuntimeProcess

from dayfly.testing.runtime_api import MAX_PAYLOAD_BYTES

SOURCE = """
def handler(event, context):
    return "x" * event["size"]

def fail(event, context):
    raise ValueError("x" * event["size"])

def echo(event, context):
    return event

def measure(event, context):
    return len(event)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limits")
    (folder / "app.py").write_text(SOURCE)
    return folder


@pytest.fixture(scope="module", params=["on", "off"])
def sized(request: pytest.FixtureRequest, folder: Path) -> Iterator[Rie]:
    with Rie(folder, "app.handler", environment={"DAYFLY_API_LOCK": request.param}) as rie:
        yield rie


@pytest.mark.parametrize("size", [0, 1, 4096, 65_536, 1_000_000, MAX_PAYLOAD_BYTES - 2])
def test_an_answer_up_to_the_limit_arrives_whole(sized: Rie, size: int) -> None:
    answer = sized.invoke({"size": size})
    assert answer.body == b'"' + b"x" * size + b'"'


@pytest.mark.parametrize("size", [MAX_PAYLOAD_BYTES - 1, 8_000_000, 20_000_000])
def test_an_answer_beyond_the_limit_is_refused_and_the_next_invocation_works(sized: Rie, size: int) -> None:
    refused = sized.invoke({"size": size})
    assert refused.error_type == "Function.ResponseSizeTooLarge"
    assert f"({MAX_PAYLOAD_BYTES} bytes)" in refused.body.decode()
    assert sized.invoke({"size": 3}).payload == "xxx"


def test_the_refusal_is_the_one_that_plain_awslambdaric_gets(sized: Rie, folder: Path) -> None:
    with Rie(folder, "app.handler", runtime="plain") as plain:
        expected = plain.invoke({"size": MAX_PAYLOAD_BYTES})
    assert sized.invoke({"size": MAX_PAYLOAD_BYTES}).payload == expected.payload


@pytest.mark.parametrize("lock", ["on", "off"])
def test_an_error_of_any_length_is_the_one_that_plain_awslambdaric_gives(folder: Path, lock: str) -> None:
    """What ends an environment here is a trailer beyond 4096 bytes."""
    sizes = (10, 1000, *range(1400, 3200, 300), 4096, 65_536, 1_000_000)
    with Rie(folder, "app.fail", runtime="plain") as plain:
        expected = [plain.invoke({"size": size}) for size in sizes]
    with Rie(folder, "app.fail", environment={"DAYFLY_API_LOCK": lock}) as rie:
        answers = [rie.invoke({"size": size}) for size in sizes]
        assert rie.logs().count('"types":["environment.started"]') == 1
    assert [(one.error_type, len(one.body)) for one in answers] == [
        (one.error_type, len(one.body)) for one in expected
    ]
    assert {one.error_type for one in answers} == {"ValueError"}


@pytest.mark.parametrize("isolation", ["window", "process"])
def test_too_long_an_answer_costs_a_kept_worker_nothing_but_its_own_invocation(
    folder: Path, isolation: str
) -> None:
    """The rest of it is still on its way when the next event comes."""
    with Rie(folder, "app.handler", environment={"DAYFLY_ISOLATION": isolation}, confined=True) as rie:
        for size in (MAX_PAYLOAD_BYTES - 1, 8_000_000, 40_000_000):
            assert rie.invoke({"size": size}).error_type == "Function.ResponseSizeTooLarge"
            assert rie.invoke({"size": 3}).payload == "xxx"
            assert rie.invoke({"size": 1_000_000}).payload == "x" * 1_000_000
        assert '"types":["worker.' not in rie.logs()


@pytest.mark.parametrize("lock", ["on", "off"])
def test_an_event_and_its_echo_of_five_megabytes_arrive_whole(folder: Path, lock: str) -> None:
    event = "é" * 900_000  # six bytes each once escaped
    with Rie(folder, "app.echo", environment={"DAYFLY_API_LOCK": lock}) as rie:
        assert rie.invoke(event).payload == event
        assert rie.invoke("small").payload == "small"


def test_a_huge_event_in_chunks_arrives_whole(folder: Path) -> None:
    event = "y" * 6_000_000
    with RuntimeProcess(folder, "app.measure", runtime="dayfly") as process:
        sent = process.api.send(event, chunk_sizes=[8192] * 600)
        assert process.settle(sent).payload == len(event)
