"""A step of a pipeline: how many words."""


def run(text):
    return f"{len(text.split())} words"
