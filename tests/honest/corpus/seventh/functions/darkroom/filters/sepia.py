"""Sepia."""

DEFAULT = {"warmth": 30}


def apply(text):
    """What the filter does to a caption."""
    return f"~{text}~"
