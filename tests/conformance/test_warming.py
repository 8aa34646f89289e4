"""What `[zygote]` and `[fork]` name is run where and as often as they say, and its faults harm nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
ISOLATIONS = ["invocation", "window"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of its own, so that it can have a dayfly.toml and events."""
    shutil.copy(FUNCTIONS / "window.py", tmp_path)
    return tmp_path


def serve(
    package: Path, toml: str, *, isolation: str = "invocation", count: int = 3
) -> list[dict[str, object]]:
    answers, _ = serve_and_read(package, toml, isolation=isolation, count=count)
    return answers


def serve_and_read(
    package: Path, toml: str, *, isolation: str = "invocation", count: int = 3
) -> tuple[list[dict[str, object]], str]:
    (package / "dayfly.toml").write_text(toml)
    environment = {"DAYFLY_ISOLATION": isolation, "DAYFLY_MAX_INVOCATIONS": "2"}
    with RuntimeProcess(package, "window.handler", runtime="dayfly", environment=environment) as process:
        answers = []
        for number in range(count):
            payload = process.invoke({"print": str(number)}).payload
            assert isinstance(payload, dict), payload
            answers.append(payload)
        return answers, process.output()


@pytest.mark.parametrize("isolation", [*ISOLATIONS, "process"])
def test_what_was_primed_is_there_in_every_worker_and_was_done_once(package: Path, isolation: str) -> None:
    answers, output = serve_and_read(package, '[zygote]\nprime = "window:prime"\n', isolation=isolation)
    assert [answer["primed"] for answer in answers] == [1, 1, 1]
    assert [answer["in_zygote"] for answer in answers] == [isolation != "process"] * 3
    assert output.count("primed\n") == 1


def test_a_prime_that_fails_is_named_and_the_function_serves(package: Path) -> None:
    answers, output = serve_and_read(package, '[zygote]\nprime = "window:fail"\n')
    assert [answer["seen"] for answer in answers] == [1, 1, 1]
    first = next(line for line in output.splitlines() if "environment.started" in line)
    assert "warm-up failed: window:fail raised LookupError" in first
    # The function's own traceback is the function's log; a finding names the type alone.
    assert "secret of the hook" not in first


@pytest.mark.parametrize("name", ["window:missing", "no_such_module:prime", "window:INIT"])
def test_a_prime_that_names_nothing_is_named(package: Path, name: str) -> None:
    answers, output = serve_and_read(package, f'[zygote]\nprime = "{name}"\n', count=1)
    assert answers[0]["seen"] == 1
    assert f"warm-up failed: {name} raised" in output


def test_recorded_events_run_the_handler_before_the_first_worker_and_it_is_said(package: Path) -> None:
    (package / "events").mkdir()
    for name in ("b", "a"):
        (package / "events" / f"{name}.json").write_text(json.dumps({"print": f"recorded {name}"}))
    (package / "events" / "c.json").write_text(json.dumps({"act": "raise"}))
    answers, output = serve_and_read(package, '[zygote]\nevents = "events/*.json"\n')
    assert [answer["seen"] for answer in answers] == [4, 4, 4]
    assert output.index("handled recorded a") < output.index("handled recorded b") < output.index("handled 0")
    assert "the handler ran on 3 before the first worker, with all its side effects; 1 failed" in output
    assert len({answer["request"] for answer in answers}) == 3


def test_recorded_events_that_are_not_there_are_named(package: Path) -> None:
    answers, output = serve_and_read(package, '[zygote]\nevents = "recorded/*.json"\n', count=1)
    assert answers[0]["seen"] == 1
    assert "no file matches 'recorded/*.json'" in output


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_hooks_run_once_before_the_fork_and_once_in_every_worker(package: Path, isolation: str) -> None:
    toml = '[fork]\nbefore = "window:before"\nafter = "window:after"\n'
    answers = serve(package, toml, isolation=isolation, count=4)
    assert [answer["hooks"] for answer in answers] == [
        ["before", f"after in {answer['pid']}"] for answer in answers
    ]
    assert len({answer["pid"] for answer in answers}) == (4 if isolation == "invocation" else 2)


def test_hooks_of_the_fork_do_not_run_where_nothing_is_forked(package: Path) -> None:
    toml = '[fork]\nbefore = "window:before"\nafter = "window:after"\n'
    assert [answer["hooks"] for answer in serve(package, toml, isolation="process")] == [[], [], []]


def test_a_hook_before_the_fork_that_fails_forbids_it_by_name(package: Path) -> None:
    answers, output = serve_and_read(package, '[fork]\nbefore = "window:fail"\n')
    assert [answer["seen"] for answer in answers] == [1, 2, 3]
    assert "zygote.not-forkable" in output
    assert "hook window:fail raised LookupError" in output


def test_a_hook_in_the_worker_that_fails_is_in_the_log_and_the_worker_serves(package: Path) -> None:
    answers, output = serve_and_read(package, '[fork]\nafter = "window:fail"\n')
    assert [answer["seen"] for answer in answers] == [1, 1, 1]
    assert "LookupError: secret of the hook" in output
