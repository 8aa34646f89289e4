"""A welcome."""


def render(text):
    return f"Welcome: {text}"


def length(text):
    return len(text)
