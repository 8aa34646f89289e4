"""Counts."""

from collections import Counter


def run(sequence, size=2):
    """How often each short piece is there."""
    found = Counter(sequence[at : at + size] for at in range(len(sequence) - size + 1))
    return dict(sorted(found.items()))
