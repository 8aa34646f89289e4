"""Generators made at init draw something else in every worker."""

from __future__ import annotations

import gc
import random
import sys

import pytest
from tests.unprivileged import forked

from dayfly.runtime import heap
from dayfly.runtime import reseed as reseeding
from dayfly.runtime.reseed import reseed


def find_generators() -> list[object]:
    return reseeding.find_generators(heap.find(reseeding.kinds()))


class Tilted(random.Random):
    """A subclass, as libraries make them."""


class Stubborn(random.Random):
    """A generator whose owner does not let it be seeded."""

    def seed(self, *_arguments: object, **_options: object) -> None:
        if getattr(self, "is_made", False):
            raise RuntimeError("not again")


class Liar:
    """Something whose class is a lie that runs code."""

    @property
    def __class__(self) -> type:
        raise AssertionError("function code was run")

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise AssertionError("function code was run")


def test_every_kind_made_at_init_is_found_and_no_system_generator() -> None:
    plain, tilted, system, liar = random.Random(1), Tilted(1), random.SystemRandom(), Liar()
    found = [id(item) for item in find_generators()]
    assert id(plain) in found
    assert id(tilted) in found
    assert id(system) not in found
    assert id(liar) not in found


def test_generators_are_found_where_the_function_froze_its_heap_itself() -> None:
    """`gc.freeze()` at init, as forking servers advise, hides everything from `gc.get_objects`."""

    def act() -> bool:
        generator = random.Random(1)
        gc.freeze()
        return any(item is generator for item in find_generators())

    assert forked(act)


def test_two_workers_draw_different_numbers() -> None:
    generators: list[object] = [random.Random(1), Tilted(1), random.Random(1)]

    def draw() -> list[float]:
        reseed(generators)
        return [item.random() for item in generators if isinstance(item, random.Random)]

    first, second = forked(draw), forked(draw)
    assert len({*first, *second}) == 6


def test_one_that_cannot_be_seeded_does_not_keep_the_others_from_it() -> None:
    def act() -> tuple[float, float]:
        stubborn, plain = Stubborn(1), random.Random(1)
        stubborn.is_made = True  # type: ignore[attr-defined]
        reseed([stubborn, object(), plain])
        return plain.random(), random.Random(1).random()

    drawn, unseeded = forked(act)
    assert drawn != unseeded


def test_nothing_is_imported_to_look() -> None:
    before = set(sys.modules)
    find_generators()
    assert set(sys.modules) == before


def test_generators_of_numpy_are_found_and_draw_different_numbers() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed here")

    def draw() -> list[float]:
        generator, legacy = numpy.random.default_rng(1), numpy.random.RandomState(1)
        numpy.random.seed(1)
        reseed(find_generators())
        return [float(generator.random()), float(legacy.random_sample()), float(numpy.random.random())]

    first, second = forked(draw), forked(draw)
    assert len({*first, *second}) == 6
