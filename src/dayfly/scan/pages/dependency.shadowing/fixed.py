"""order_format.py beside the handler: a name of its own."""

from ast import literal_eval


def loads(text):
    """Orders as our old system writes them."""
    return literal_eval(text)
