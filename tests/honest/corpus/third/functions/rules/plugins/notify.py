"""Notifies."""


def run(value):
    return ["notified", value]
