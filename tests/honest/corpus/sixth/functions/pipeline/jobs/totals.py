"""Jobs by name."""

import statistics


def mean(values):
    return statistics.mean(values)


def join(values):
    return ", ".join(str(one) for one in values)
