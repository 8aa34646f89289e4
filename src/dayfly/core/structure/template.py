"""Judges the source of a template: it is a program, and the event may not write any of it."""

from __future__ import annotations

from dayfly.core.structure.judgement import Judgement, Taint, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from typing import Any

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText


# Of jinja2's filters, those that make another text of one; and names that are not of what a template is given.
_FILTERS = frozenset(
    (
        *("capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "last", "length"),
        *("lower", "string", "striptags", "title", "trim", "upper", "urlencode", "wordcount"),
    )
)
_SPECIAL = frozenset(("caller", "kwargs", "loop", "self", "super", "varargs"))


def shown_names(tree: Any, known: Container[str]) -> set[str] | None:
    """Return the names of the values that a template of jinja2's shows, by its tree; None where it does anything else.

    It may have filters, slices and conditions of whether there is a value. `known` are names that every template has.
    """
    names: set[str] = set()
    todo = [tree]
    while todo:
        node = todo.pop()
        match type(node).__name__:
            case "TemplateData":
                pass
            case "Template":
                todo += node.body
            case "Output":
                todo += node.nodes
            case "If":
                todo += [node.test, *node.body, *node.elif_, *node.else_]
            case "Not":
                todo.append(node.node)
            case "Name" if not (node.name[:1] == "_" or node.name in _SPECIAL or node.name in known):
                names.add(node.name)
            case "Filter" if (
                node.node is not None
                and node.name in _FILTERS
                and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
                and _are_constants(node.args)
            ):
                todo.append(node.node)
            case "Getitem" if type(node.arg).__name__ == "Slice" and _are_constants(
                (node.arg.start, node.arg.stop, node.arg.step)
            ):
                todo.append(node.node)
            case _:
                return None
    return names


def _are_constants(nodes: Iterable[Any]) -> bool:
    return all(node is None or type(node).__name__ == "Const" for node in nodes)


def judge_template(source: str, provenance: Provenance, own: OwnText) -> Judgement:
    """Say whether a template engine may compile this.

    Needed beside judge_python: jinja2 computes {{ ''.__class__.__mro__ }} while it compiles, and nothing of
    the event's is left in the Python source it makes.
    """
    return judged("template", source, provenance, own, _judge)


def _judge(source: str, taint: Taint, own: OwnText) -> Judgement:
    if own.is_constant(source) or own.is_constant(source.strip()):
        return Judgement("allow", "template.own", "the function's own template")
    free = bytearray(character.isspace() for character in source)
    explained = own.explain(source, free, taint.mask)
    for start, end in taint.runs():
        if explained.accounted.find(0, start, end) >= 0:
            return Judgement(
                "refuse", "template.source", "the event supplies template text", taint.path_at(start)
            )
    if explained.unexplained >= 0:
        return Judgement(
            "unknown", "template.unexplained", "the text comes from neither the event nor the function"
        )
    return Judgement("allow", "template.own", "the function's own template")
