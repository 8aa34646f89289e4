"""A step of a pipeline: capitals."""


def run(text):
    return text.upper()
