"""Tasks that the queue names."""

import textwrap


def remind(name, text):
    return f"{name}: {textwrap.shorten(text, 60)}"


def label(name, ward="A"):
    return f"[{ward}] {name.upper()}"
