"""json.py beside the handler: every library's import json means this file."""

from ast import literal_eval


def loads(text):
    """Orders as our old system writes them."""
    return literal_eval(text)
