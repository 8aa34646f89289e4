"""The corpus's labels are true: the flows are run, and what the caller sent arrives in the unsafe twin alone."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

import pytest
from tests.scan.corpus.flows import FLOWS, Flow, Kind
from tests.scan.corpus.generating import compose
from tests.scan.corpus.sinks import Category, Sink
from tests.scan.corpus.sources import SOURCES

if TYPE_CHECKING:
    from tests.scan.corpus.twins import Case

PATTERN = "[a-z0-9]{1,32}"
# One of these passes any guard that can be passed: a suffix or prefix that fits, none of the known values.
ATTACKS = ("report';--", "'; rm -rf /", "a'; x", "7'; x", "reporter'")
HARMLESS = ("report", "7", "other")
RECORDER = Category("test.recorder", (Sink("RECORD.append(value)"),), pattern=PATTERN)
PLAIN = next(source for source in SOURCES if source.shape == "plain")


def _run(case: Case, monkeypatch: pytest.MonkeyPatch, sent: str) -> list[str]:
    """What reaches the sink; nothing where the handler refuses."""
    record: list[str] = []
    for path, text in case.files.items():
        if path != "app.py":
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            module = types.ModuleType(name)
            monkeypatch.setitem(sys.modules, name, module)
            exec(text, module.__dict__)
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)
    scope = types.ModuleType("corpus_app")
    monkeypatch.setitem(sys.modules, "corpus_app", scope)  # dataclasses look their module up
    scope.__dict__["RECORD"] = record
    exec(case.files["app.py"], scope.__dict__)
    try:
        scope.__dict__["handler"]({"name": sent}, None)
    except ValueError:
        return []
    return record


def _arrives(record: list[str], sent: str) -> bool:
    return any(value == sent for value in record)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.construct)
def test_what_the_caller_sends_arrives_in_the_unsafe_twin_alone(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsafe, safe = compose(RECORDER, PLAIN, flow, RECORDER.sinks[0])
    assert any(_arrives(_run(unsafe, monkeypatch, attack), attack) for attack in ATTACKS)
    for attack in ATTACKS:
        record = _run(safe, monkeypatch, attack)
        assert not any("'" in value for value in record), record


@pytest.mark.parametrize(
    "flow",
    [flow for flow in FLOWS if flow.kind in (Kind.EXACT, Kind.PATTERN, Kind.CHARACTERS)],
    ids=lambda flow: flow.construct,
)
def test_a_safe_guard_lets_honest_callers_pass(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    _, safe = compose(RECORDER, PLAIN, flow, RECORDER.sinks[0])
    assert any(_run(safe, monkeypatch, honest) for honest in HARMLESS)
