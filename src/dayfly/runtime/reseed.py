"""Gives every worker random numbers of its own.

CPython reseeds `random`'s functions after a fork and OpenSSL notices forks by itself; generators that
the function made at init are copies in every worker, and two customers would draw the same number.
"""

from __future__ import annotations

import gc
import sys


def find_generators() -> list[object]:
    """Return the generators made at init: `random.Random` and NumPy's, but no system generator.

    Undoes a `gc.freeze()` of the function's own, which hides objects from `gc.get_objects()`; the zygote
    freezes the heap again.
    """
    random = sys.modules.get("random")
    numpy = sys.modules.get("numpy.random")
    kinds: tuple[type, ...] = ()
    if random is not None:
        kinds += (random.Random,)
    if numpy is not None:
        kinds += (numpy.Generator, numpy.RandomState, numpy.BitGenerator)
    if not kinds:
        return []
    gc.unfreeze()
    found: list[object] = []
    system = getattr(random, "SystemRandom", ())
    for item in gc.get_objects():
        # type() and not isinstance(): a proxy's __class__ would run function code here.
        kind = type(item)
        if issubclass(kind, kinds) and not (system and issubclass(kind, system)):
            found.append(item)
    if numpy is not None:
        found.append(numpy.mtrand._rand)
    return found


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
