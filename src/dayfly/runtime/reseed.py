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
    gc.unfreeze()
    random = sys.modules.get("random")
    numpy = sys.modules.get("numpy.random")
    found: list[object] = []
    if random is not None:
        found += _instances(random.Random, but=getattr(random, "SystemRandom", None))
    if numpy is not None:
        # Types written in C do not refer to their instances' side, so that every object is looked at.
        kinds = (numpy.Generator, numpy.RandomState, numpy.BitGenerator)
        found += [item for item in gc.get_objects() if issubclass(type(item), kinds)]
        found.append(numpy.mtrand._rand)
    return found


def _instances(base: type, *, but: type | None) -> list[object]:
    """Return the instances of `base` and its subclasses, without those of `but`.

    An instance of a class written in Python refers to its class, and asking for referrers walks the heap
    in C: 14 ms less in a boto3 function's init than looking at every object.
    """
    kinds = [base]
    for kind in kinds:
        below: list[type] = type.__subclasses__(kind)
        kinds += [child for child in below if child is not but and child not in kinds]
    wanted = set(kinds)
    # type() and not isinstance(): a proxy's __class__ would run function code here.
    return [item for item in gc.get_referrers(*kinds) if type(item) in wanted]


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
