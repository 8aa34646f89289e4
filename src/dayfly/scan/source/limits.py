"""How much is read, and why not more."""

from __future__ import annotations

from dataclasses import dataclass

_MB = 1_000_000
# How the note begins on files that were left out because there are too many of them.
CUT_SHORT = "reading stopped here"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one scan; what is beyond one becomes a note, never silence.

    Bytes unless said otherwise.
    """

    # The longest module of the standard library and of the ten most downloaded packages has 1.1 MB.
    python_file: int = 3 * _MB
    other_file: int = 32 * _MB
    # Lambda refuses a package of more than 250 MB unpacked, a container image of more than 10 GB.
    total: int = 1_000 * _MB
    files: int = 100_000  # number
    # A bomb packs a thousandfold and more; source packs three- to tenfold, runs of blanks a hundredfold.
    ratio: int = 200  # unpacked over packed, looked at from `ratio_from` on
    ratio_from: int = 1 * _MB
    depth: int = 60  # directories within each other
    archives: int = 2  # archives within each other


DEFAULT_LIMITS = Limits()
