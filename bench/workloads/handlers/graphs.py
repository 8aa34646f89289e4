"""Graphs for the three graph functions, as SeBS makes its own: each new node is tied to earlier ones, popular ones first."""

import random


def attached(count, ties, *, seed):
    """Neighbours by node: a Barabási-Albert graph, the same for the same seed."""
    drawn = random.Random(seed)
    neighbours = [set() for _ in range(count)]
    ends = list(range(ties))
    for node in range(ties, count):
        for other in {drawn.choice(ends) for _ in range(ties)}:
            neighbours[node].add(other)
            neighbours[other].add(node)
            ends += [node, other]
    # The first ones may have been chosen by nobody.
    for node, near in enumerate(neighbours):
        if not near:
            near.add(ties)
            neighbours[ties].add(node)
    return [sorted(near) for near in neighbours]
