"""Runs with known figures, without anything measured."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from bench.digest import Digest, Named, digest
from bench.machine import Machine
from bench.racing import Course, Life

MACHINE = Machine("a processor", 2, "", 4.0, "6.1", "3.13", "4.2", "0.1", 0.1, "madvise")
BASE = "base"


def life(whole_ms: float, *, noise: float = 0.0, seed: int = 0, bursts: int = 12) -> Life:
    """One environment whose events take about so long, give or take the share `noise`; everything else is in proportion."""
    drawn = random.Random(seed)

    def about(value: float) -> float:
        return value * (1 + noise * drawn.uniform(-1, 1))

    return Life(
        first_ms=about(whole_ms * 50),
        init_ms=about(whole_ms * 30),
        whole_ms=[[about(whole_ms) for _ in range(5)] for _ in range(bursts)],
        processor_ms=about(whole_ms),
        faults=about(whole_ms * 100),
        worker_faults=about(whole_ms * 80),
        waiting_faults=about(whole_ms * 4),
        system_calls=about(whole_ms * 70),
        memory_kb=about(whole_ms * 2048),
    )


def course(whole_ms: float, *, noise: float = 0.0, seed: int = 0, lives: int = 3) -> Course:
    """Some lives that differ by their noise alone."""
    return Course([life(whole_ms, noise=noise, seed=seed * 100 + number) for number in range(lives)])


def run(
    courses: Mapping[str, Mapping[str, Course]],
    *,
    base: str = BASE,
    missing: Sequence[Named] = (),
    left: Sequence[str] = (),
) -> Digest:
    """A run of these functions."""
    names = dict.fromkeys(name for by_name in courses.values() for name in by_name)
    return digest(
        courses,
        [*(Named(name, name.title(), "1.0") for name in names), *missing],
        base=base,
        machine=MACHINE,
        command="python -m bench workloads",
        date="2026-11-26",
        seconds=60.0,
        confinement="none",
        left=left,
    )


def pair(ratio: float, *, noise: float = 0.02, seed: int = 0, functions: int = 5) -> Digest:
    """The base and one other that needs `ratio` times as much, with several functions."""
    return run(
        {
            f"f{number}": {
                BASE: course(2.0 + number, noise=noise, seed=seed + number),
                "other": course((2.0 + number) * ratio, noise=noise, seed=seed + 50 + number),
            }
            for number in range(functions)
        }
    )
