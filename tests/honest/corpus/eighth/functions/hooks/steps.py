"""Steps of the state machine."""

import statistics


def total(*numbers):
    return sum(numbers)


def average(*numbers):
    return round(statistics.mean(numbers), 2)


def titled(text):
    return text.title()
