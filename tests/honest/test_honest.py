"""Functions that do nothing wrong run under Dayfly as without it: the same answers, no refusal, no finding, no fallback.

Whatever a guard, a policy or a comparison finds in them is wrong: any finding fails, whoever makes it, but for files removed. Dayfly is installed as
users install it: its wheel in site-packages, or its layer.
"""

from __future__ import annotations

import functools
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.honest.samples import data, databases, services, standard, web
from tests.honest.samples.sample import Event, Sample
from tests.real.environment import Install, real_python, started_with
from tests.real.servers import Servers
from tests.rie import Answer, Rie

HERE = Path(__file__).parent
FUNCTIONS = HERE / "functions"
SAMPLES = {
    sample.name: sample for module in (standard, data, web, databases, services) for sample in module.SAMPLES
}
INSTALLS: tuple[Install, ...] = ("pip", "layer")
GUARDS = ("block", "observe")
# What a function leaves in /tmp is removed and told: no judgement of it.
FILES_REMOVED = ["residue.file"]


def cases() -> Iterator[object]:
    """Every function in every isolation.

    As people get it by default in `block`, under one installation by turns, and at night under the other as well. In a
    window and in a process that stays a later event finds what an earlier one left: of these one by turns for every third
    function, at night both for all. `observe` looks at what `block` looks at: in windows one of them by turns.
    """
    turns = itertools.cycle(itertools.product((INSTALLS, INSTALLS[::-1]), GUARDS))
    stays = itertools.cycle(("window", "", "", "process", "", ""))
    for name in SAMPLES:
        (install, other), guard = next(turns)
        by_day = {("invocation", install), (next(stays), other)}
        for isolation, mode, way in (
            ("invocation", "block", install),
            ("invocation", "block", other),
            ("window", guard, other),
            ("process", "block", other),
        ):
            marks = [] if (isolation, way) in by_day else [pytest.mark.nightly]
            yield pytest.param(
                name,
                isolation,
                mode,
                way,
                id=f"{name}-{isolation}-{mode}-{way}",
                marks=[pytest.mark.slow, *marks],
            )


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


def deployed(name: str, folder: Path) -> Path:
    """The function as it is deployed, without settings of its own."""
    return shutil.copytree(
        FUNCTIONS / name, folder / "function", ignore=shutil.ignore_patterns("__pycache__")
    )


def environment_of(sample: Sample, servers: Servers) -> dict[str, str]:
    return {name: value for kind in sample.needs for name, value in servers.get(kind).environment.items()}


def answers_of(rie: Rie, sample: Sample) -> list[Answer]:
    return [rie.invoke(event) for event in sent_to(sample)]


def sent_to(sample: Sample) -> list[Event]:
    """All events, and the first ones again: what one builds, the next one of its kind finds."""
    events = sample.sent()
    return events + events[:5]


@functools.cache
def plain_answers(name: str, servers: Servers) -> list[bytes]:
    """What the function answers under plain awslambdaric."""
    sample = SAMPLES[name]
    with Rie(
        FUNCTIONS / name,
        "app.handler",
        runtime="plain",
        environment=environment_of(sample, servers),
        interpreter=honest_python(),
    ) as rie:
        answers = [answer.body for answer in answers_of(rie, sample)]
        failed = [body for body in answers if b'"errorType"' in body]
        assert failed == [], f"the function does not work:\n{rie.logs()[-3000:]}"
    assert answers
    return answers


def honest_python() -> Path:
    return real_python(HERE / "requirements.txt")


def _types(finding: dict[str, object]) -> object:
    return finding["finding_info"]["types"]  # type: ignore[index]


def findings(log: str) -> list[dict[str, object]]:
    """Every finding in a log, but for the line that says what is active."""
    found = []
    at = log.find('{"activity_id"')
    while at >= 0:
        record, length = json.JSONDecoder().raw_decode(log[at:])
        if "finding_info" in record:
            found.append(record)
        at = log.find('{"activity_id"', at + length)
    assert found, "Dayfly said nothing: is it active?"
    assert found[0]["finding_info"]["types"] == ["environment.started"]
    return found


@pytest.mark.parametrize(("name", "isolation", "guard", "install"), list(cases()))
def test_an_honest_function_is_let_alone(
    name: str, isolation: str, guard: str, install: Install, servers: Servers, tmp_path: Path
) -> None:
    sample = SAMPLES[name]
    expected = plain_answers(name, servers)
    with Rie(
        deployed(name, tmp_path),
        "app.handler",
        environment={
            **environment_of(sample, servers),
            "DAYFLY_GUARD": guard,
            "DAYFLY_ISOLATION": isolation,
        },
        command=started_with(install, honest_python(), "app.handler"),
        binds=[servers.folder],
        confined=True,
        refusals=True,
        is_lambda=True,
    ) as rie:
        answers = answers_of(rie, sample)
        log = rie.logs()
    started, *others = findings(log)
    # Whole, for it happened once in thousands of runs, beside others, that connections of nobody's here were waited for.
    told = [line for line in log.splitlines() if line.startswith("dayfly: ")]
    assert [(one["message"], one["unmapped"]) for one in others if _types(one) != FILES_REMOVED] == [], told
    active = started["unmapped"]["evidence"]  # type: ignore[index]
    assert (active["isolation"], active["guard"]) == (isolation, guard)
    assert "Dayfly's guard" not in log
    for event, answer, wanted in zip(sent_to(sample), answers, expected, strict=True):
        assert answer.body == wanted, f"for {json.dumps(event)[:500]}"


def test_every_function_here_is_tried() -> None:
    assert sorted(SAMPLES) == sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))


@pytest.mark.parametrize("install", INSTALLS)
def test_a_finding_is_seen(install: Install, tmp_path: Path) -> None:
    """The assertion above fails where a function is not honest: each guard mode, and a residue."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return eval(event['code'])\n")
    for guard in ("observe", "block"):
        command = started_with(install, honest_python(), "app.handler")
        with Rie(tmp_path, "app.handler", environment={"DAYFLY_GUARD": guard}, command=command) as rie:
            rie.invoke({"code": "__import__('os').getpid()"})
            kinds = [one["finding_info"]["types"][0] for one in findings(rie.logs())[1:]]  # type: ignore[index]
        assert [kind.startswith("guard.") for kind in kinds] == [True]
