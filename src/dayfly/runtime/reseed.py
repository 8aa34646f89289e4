"""Gives every worker random numbers of its own.

CPython reseeds `random`'s functions after a fork and OpenSSL notices forks by itself; generators that
the function made at init are copies in every worker, and two customers would draw the same number.
"""

from __future__ import annotations

import gc
import sys

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.heap import Found


def kinds() -> tuple[type, ...]:
    """Return the classes, written in Python, whose instances are generators."""
    random = sys.modules.get("random")
    return () if random is None else (random.Random,)


def find_generators(found: Found) -> list[object]:
    """Return the generators made at init: `random.Random` and NumPy's, but no system generator.

    `found` must hold the instances of `kinds()`.
    """
    random = sys.modules.get("random")
    numpy = sys.modules.get("numpy.random")
    generators: list[object] = []
    if random is not None:
        generators += [
            item for item in found.of(random.Random) if not issubclass(type(item), random.SystemRandom)
        ]
    if numpy is not None:
        # Types written in C do not refer to their instances' side, so that every object is looked at.
        heap.reveal(("numpy",))
        classes = (numpy.Generator, numpy.RandomState, numpy.BitGenerator)
        generators += [item for item in gc.get_objects() if issubclass(type(item), classes)]
        generators.append(numpy.mtrand._rand)
    return generators


def reseed(generators: list[object]) -> None:
    """Seed each generator from the kernel's randomness."""
    for generator in generators:
        try:
            _reseed_one(generator)
        except Exception:
            # Trust boundary: a subclass of the function's own may not be seedable; the others must be.
            continue


def _reseed_one(generator: object) -> None:
    bits = getattr(generator, "bit_generator", None) or getattr(generator, "_bit_generator", None)
    if bits is None and hasattr(generator, "seed_seq"):
        bits = generator
    if bits is not None:
        bits.state = type(bits)().state
        return
    generator.seed()  # type: ignore[attr-defined]
