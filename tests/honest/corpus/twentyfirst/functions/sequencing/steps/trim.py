"""Cuts what a machine was not sure of."""


def run(sequence, quality="", least=20):
    """The sequence up to the first letter below the least quality."""
    for at, letter in enumerate(quality):
        if ord(letter) - 33 < least:
            return sequence[:at]
    return sequence


def adapter(sequence, motif):
    """The sequence before a motif."""
    return sequence.split(motif)[0] if motif else sequence
