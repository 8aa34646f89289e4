"""A plugin."""


def run(rows):
    return ",".join(map(str, rows))
