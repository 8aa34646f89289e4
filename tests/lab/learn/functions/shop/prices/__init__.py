"""Multiplies."""


def price(count, rate):
    return count * rate
