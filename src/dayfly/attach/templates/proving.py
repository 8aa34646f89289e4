"""Compares a template before and after an edit: the functions have what was to be added, and nothing else changed."""

from __future__ import annotations

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.nodes import Document, Mapping, plain
from dayfly.attach.templates.record import bare
from dayfly.attach.templates.stack import Function, resources
from dayfly.attach.templates.values import Value, as_json_value
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER, WRAPPER_VARIABLE


def is_added(before: Function, after: Function, layer: Value, options: Options) -> bool:
    """Whether a function has what it had, and what was to be added; nothing else."""
    had = {name: bare(node) for name, node in before.variables().items()}
    has = {name: bare(node) for name, node in after.variables().items()}
    wanted = {**had, **options.settings_of(before.name), WRAPPER_VARIABLE: WRAPPER}
    if (other := had.get(WRAPPER_VARIABLE)) not in (None, ""):
        wanted[NEXT_VARIABLE] = other
    layers = [bare(node) for node in before.layers()]
    added = [bare(node) for node in after.layers() if bare(node) != as_json_value(layer)]
    return has == wanted and added == [one for one in layers if one != as_json_value(layer)]


def rest_of(document: Document, names: set[str]) -> object:
    """Everything but these resources, for comparison."""
    root = document.root
    assert isinstance(root, Mapping)
    sections = {key: plain(entry.value) for key, entry in root.effective().items() if key != "Resources"}
    rest = [(entry.key.text, plain(one)) for entry, one in resources(document) if entry.key.text not in names]
    return sections, rest
