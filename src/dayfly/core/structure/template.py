"""Judges the source of a template: it is a program, and the event may not write any of it."""

from __future__ import annotations

from dayfly.core.structure.judgement import Judgement, Taint, judged, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText


# Nodes of jinja2's of which nothing but a text comes, and filters that make another text of one.
_SHOWING = frozenset("Template Output TemplateData If Not Name Filter Getitem Slice Const".split())
_FILTERS = frozenset(
    "capitalize count d default e escape first float int last length lower string striptags title trim "
    "upper urlencode".split()
)


def shown_names(tree: Any, known: Container[str]) -> set[str] | None:
    """Return the names of the values that a template of jinja2's shows, by its tree; None where it does anything else.

    It may have filters, slices and conditions of whether there is a value. `known` are names that every template has.
    """
    names: set[str] = set()
    todo = [tree]
    for node in todo:
        kind = type(node).__name__
        if (
            kind not in _SHOWING
            or (kind == "Filter" and node.name not in _FILTERS)
            # Any other item may be an attribute.
            or (kind == "Getitem" and type(node.arg).__name__ != "Slice")
            or (kind == "Name" and (node.name[:1] == "_" or node.name in known or node.name == "self"))
        ):
            return None
        if kind == "Name":
            names.add(node.name)
        todo += node.iter_child_nodes()
    return names


def judge_template(source: str, provenance: Provenance, own: OwnText) -> Judgement:
    """Say whether a template engine may compile this.

    Needed beside judge_python: jinja2 computes {{ ''.__class__.__mro__ }} while it compiles, and nothing of
    the event's is left in the Python source it makes.
    """
    return judged("template", source, provenance, own, lambda taint: _judge(source, taint, own))


def _judge(source: str, taint: Taint, own: OwnText) -> Judgement:
    if own.is_constant(source) or own.is_constant(source.strip()):
        return Judgement("allow", "template.own")
    free = bytearray(character.isspace() for character in source)
    explained = own.explain(source, free, taint.mask)
    for start, end in taint.runs():
        if explained.accounted.find(0, start, end) >= 0:
            return refuse("template.source", taint.path_at(start))
    if explained.unexplained >= 0:
        return Judgement("unknown", "template.unexplained")
    return Judgement("allow", "template.own")
