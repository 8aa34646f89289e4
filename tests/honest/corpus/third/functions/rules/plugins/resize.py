"""Resizes."""


def run(value):
    return ["resized", value]
