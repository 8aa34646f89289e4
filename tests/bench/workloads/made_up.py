"""Runs with known figures, without anything measured."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from bench.machine import Machine
from bench.workloads.samples import BARE, Course, Life, Named, Run

MACHINE = Machine("a processor", 2, "", 4.0, "6.1", "3.13", "4.2", "0.1", 0.1, "madvise")


def life(
    answer_ms: float,
    *,
    noise: float = 0.0,
    seed: int = 0,
    bursts: int = 20,
    init_ms: float = 100.0,
    pss_kb: int = 10_000,
) -> Life:
    """One environment whose answers take about so long, give or take the share `noise`."""
    drawn = random.Random(seed)
    taken = [[answer_ms * (1 + noise * drawn.uniform(-1, 1)) for _ in range(5)] for _ in range(bursts)]
    return Life(
        init_ms=init_ms * (1 + noise * drawn.uniform(-1, 1)),
        first_ms=answer_ms * 2,
        answer_ms=taken,
        until_next_ms=[[one + 1 for one in burst] for burst in taken],
        per_second=[5000 / sum(burst) for burst in taken],
        pss_kb=pss_kb,
        dirty_kb=pss_kb // 2,
        processor_ms=answer_ms,
        faults=3.0,
    )


def course(answer_ms: float, *, noise: float = 0.0, seed: int = 0, lives: int = 3) -> Course:
    """Some lives that differ by their noise alone."""
    return Course([life(answer_ms, noise=noise, seed=seed * 100 + number) for number in range(lives)])


def run(
    workloads: Mapping[str, Mapping[str, Course]], *, missing: Sequence[Named] = (), left: Sequence[str] = ()
) -> Run:
    """A run of these workloads; every contestant's protection is called as it is."""
    names = dict.fromkeys(name for courses in workloads.values() for name in courses)
    return Run(
        MACHINE,
        "python -m bench workloads",
        "2026-11-26",
        60.0,
        ("none",),
        "0" * 64,
        [*(Named(name, name.title(), "shared", "1.0") for name in names), *missing],
        workloads,
        left,
    )


def pair(ratio: float, *, noise: float = 0.02, seed: int = 0, workloads: int = 5) -> Run:
    """Plain awslambdaric and one other that takes `ratio` times as long, with several workloads."""
    return run(
        {
            f"w{number}": {
                BARE: course(2.0 + number, noise=noise, seed=seed + number),
                "other": course((2.0 + number) * ratio, noise=noise, seed=seed + 50 + number),
            }
            for number in range(workloads)
        }
    )
