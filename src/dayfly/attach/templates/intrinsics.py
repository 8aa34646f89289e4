"""What CloudFormation's intrinsic functions may come to, as far as the template itself says."""

from __future__ import annotations

import re

from dayfly.attach.templates.nodes import Document, Mapping, Node, Scalar, Sequence, get, text_of

NO_VALUE = "AWS::NoValue"
# A template has at most 200 parameters and 500 resources; what refers to itself ends here.
_MAX_STEPS = 20
_PLACEHOLDER = re.compile(r"\$\{([^{}!]{1,255})\}")


def call_of(node: Node) -> tuple[str, Node] | None:
    """The intrinsic's long name and its argument, whichever form it is written in; None for a plain value.

    The argument of a short form is the node itself.
    """
    if node.tag:
        word = node.tag.removeprefix("!")
        return (word if word in ("Ref", "Condition") or word.startswith("Fn::") else f"Fn::{word}"), node
    if isinstance(node, Mapping) and len(node.entries) == 1:
        key = node.entries[0].key.text
        if key == "Ref" or key.startswith("Fn::"):
            return key, node.entries[0].value
    return None


def branches_of(node: Node) -> list[int] | None:
    """The positions of an Fn::If's two values among its arguments; None where it is none."""
    call = call_of(node)
    if call is None or call[0] != "Fn::If" or not isinstance(call[1], Sequence) or len(call[1].items) != 3:
        return None
    return [1, 2]


def is_no_value(node: Node) -> bool:
    call = call_of(node)
    return call is not None and call[0] == "Ref" and isinstance(call[1], Scalar) and call[1].text == NO_VALUE


def parameter(document: Document, name: str) -> Mapping | None:
    found = get(document.root, "Parameters", name)
    return found if isinstance(found, Mapping) else None


def values_of(document: Document, node: Node, steps: int = _MAX_STEPS) -> frozenset[str] | None:
    """Every text that a value may come to; None where the template does not decide it.

    A parameter counts with its default and with all values it allows.
    """
    call = call_of(node)
    if steps <= 0:
        return None
    if call is None:
        return frozenset({node.text}) if isinstance(node, Scalar) else None
    name, argument = call
    arguments = [item.value for item in argument.items] if isinstance(argument, Sequence) else []
    if name == "Ref" and isinstance(argument, Scalar):
        return _parameter_values(document, argument.text)
    if name == "Fn::If" and len(arguments) == 3:
        sides = [values_of(document, side, steps - 1) for side in arguments[1:] if not is_no_value(side)]
        return None if None in sides else frozenset().union(*(side for side in sides if side))
    if name == "Fn::FindInMap" and len(arguments) >= 3:
        return _mapped_values(document, arguments[:3], steps)
    if name == "Fn::Sub":
        return _substituted(document, argument)
    return None


def _parameter_values(document: Document, name: str) -> frozenset[str] | None:
    found = parameter(document, name)
    if found is None or text_of(get(found, "Type")).startswith("AWS::SSM"):
        return None
    values = {text_of(get(found, "Default"))}
    allowed = get(found, "AllowedValues")
    if isinstance(allowed, Sequence):
        values |= {text_of(item.value) for item in allowed.items}
    return frozenset(values - {""}) or None


def _mapped_values(document: Document, keys: list[Node], steps: int) -> frozenset[str] | None:
    """What a mapping holds under keys, any of which may be open."""
    level: list[Node] = [top] if (top := get(document.root, "Mappings")) is not None else []
    for key in keys:
        known = values_of(document, key, steps - 1)
        level = [
            entry.value
            for one in level
            if isinstance(one, Mapping)
            for name, entry in one.effective().items()
            if known is None or name in known
        ]
    found = [text_of(one) for one in level]
    return frozenset(found) if found and all(found) else None


def _substituted(document: Document, argument: Node) -> frozenset[str] | None:
    if not isinstance(argument, Scalar):
        return None
    names = set(_PLACEHOLDER.findall(argument.text))
    if len(names) > 1:
        return None
    if not names:
        return frozenset({argument.text})
    values = _parameter_values(document, names.pop())
    if values is None:
        return None
    return frozenset(_PLACEHOLDER.sub(lambda _match, value=value: value, argument.text) for value in values)  # type: ignore[misc]


def shown(node: Node) -> str:
    """A value as a word for people and for tables of known names: its text, or `${Name}` for what is open."""
    call = call_of(node)
    if call is None:
        return node.text if isinstance(node, Scalar) else ""
    if isinstance(call[1], Scalar):
        return call[1].text if call[0] == "Fn::Sub" else "${" + call[1].text + "}"
    return "${" + call[0] + "}"
