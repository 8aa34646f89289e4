"""A skill: greets."""


def act(words):
    return "Hello, " + words
