"""A handler by the name that Lambda gives it."""

import importlib


def load(name):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), attribute)
