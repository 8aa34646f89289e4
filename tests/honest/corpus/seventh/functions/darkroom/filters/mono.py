"""Black and white."""

DEFAULT = {"contrast": 10}


def apply(text):
    """What the filter does to a caption."""
    return text.upper()
