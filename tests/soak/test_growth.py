"""A leak is told from what settles, comes and goes."""

from __future__ import annotations

import dataclasses

import pytest
from tests.soak.environment import Footprint
from tests.soak.growth import Look, growth

STILL = Footprint(
    life=5,
    zygote_life=6,
    supervisor_kb=6000,
    zygote_kb=8000,
    supervisor_descriptors=15,
    zygote_descriptors=4,
    processes=5,
    zombies=0,
)


def looks(count: int = 100, *, growing: str = "", step: float = 0.0) -> list[Look]:
    """Looks every 200 events; the field that is `growing` rises by `step` each time."""
    seen: list[Look] = []
    for at in range(count):
        risen = {growing: getattr(STILL, growing) + int(step * at)} if growing else {}
        seen.append(Look(200 * at, "calm", dataclasses.replace(STILL, **risen)))
    return seen


def test_what_stays_as_it_is_does_not_grow() -> None:
    assert growth(looks()) == []


@pytest.mark.parametrize(
    ("field", "step"),
    [
        ("supervisor_kb", 20),  # 100 bytes an invocation
        ("zygote_kb", 20),
        ("supervisor_descriptors", 0.1),  # one in 2,000 invocations
        ("zygote_descriptors", 0.1),
        ("processes", 0.1),
        ("zombies", 0.1),
    ],
)
def test_a_slow_leak_is_growth(field: str, step: float) -> None:
    (told,) = growth(looks(growing=field, step=step))
    assert "grew from" in told


def test_what_is_there_at_some_looks_is_none() -> None:
    seen = looks()
    for at in range(50, 100, 2):
        held = dataclasses.replace(seen[at].held, supervisor_kb=90_000, processes=30)
        seen[at] = dataclasses.replace(seen[at], held=held)
    assert growth(seen) == []


def test_what_is_missing_at_some_looks_is_none() -> None:
    seen = looks()
    held = dataclasses.replace(STILL, supervisor_descriptors=12, processes=4)
    for at in (26, 30, 40):
        seen[at] = dataclasses.replace(seen[at], held=held)
    assert growth(seen) == []


def test_what_comes_at_the_beginning_is_settling() -> None:
    seen = looks()
    held = dataclasses.replace(STILL, supervisor_kb=2000, supervisor_descriptors=5)
    assert growth([dataclasses.replace(look, held=held) for look in seen[:20]] + seen[20:]) == []


def test_another_life_is_compared_with_itself() -> None:
    seen = looks(80)
    other = dataclasses.replace(STILL, life=50, zygote_life=51, supervisor_kb=9000, zygote_kb=11_000)
    assert growth(seen + [dataclasses.replace(look, held=other) for look in looks(80)]) == []


def test_what_cannot_be_read_says_nothing() -> None:
    held = dataclasses.replace(STILL, supervisor_descriptors=-1, supervisor_kb=-1)
    assert growth([dataclasses.replace(look, held=held) for look in looks()]) == []
