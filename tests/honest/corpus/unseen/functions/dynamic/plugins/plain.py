"""As it is."""


def render(text):
    return text
