"""SeBS's `dna-visualisation`: a sequence turned into the points of a two-dimensional walk; the answer is some 400 kB."""

import random

BASES = "".join(random.Random(3).choices("ACGT", k=12_000))
STEPS = {"A": (0.5, -0.5), "C": (0.5, 0.5), "G": (0.5, 1.0), "T": (0.5, -1.0)}


def handler(event, context):
    start = event["number"] % 1_000
    x = y = 0.0
    xs, ys = [x], [y]
    for base in BASES[start:]:
        step = STEPS[base]
        x, y = x + step[0], y + step[1]
        xs += [x - 0.25, x]
        ys += [y - step[1] / 2, y]
    return {"x": xs, "y": ys}
