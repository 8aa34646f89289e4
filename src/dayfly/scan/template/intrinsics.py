"""Evaluates CloudFormation's intrinsic functions as far as the template itself decides them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    entries,
    is_null,
    items,
    known,
    mapping,
    text,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Place

_LONG_FORM = ("Ref", "Condition")
# No name is longer; without a bound a text of unclosed braces takes its square.
_PLACEHOLDER = re.compile(r"\$\{([^{}]{0,255})\}")
_NO_VALUE = "AWS::NoValue"
# A bucket policy has 20 kB, inline code 4 MB: longer text that references put together is a bomb.
_MAX_TEXT = 200_000
_MAX_BUILT = 20_000_000
_INTRINSICS = frozenset(
    {
        "Fn::Sub", "Fn::GetAtt", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::If", "Fn::FindInMap", "Fn::ImportValue",
        "Fn::Base64", "Fn::GetAZs", "Fn::Cidr", "Fn::Transform", "Fn::Length", "Fn::ToJsonString", "Fn::ForEach",
        "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Fn::GetStackOutput", "Fn::Contains", "Fn::EachMemberIn",
        "Fn::EachMemberEquals", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll",
    }
)  # fmt: skip


class Intrinsics:
    """The sections of one template that its values refer to.

    `resolve` gives nodes without intrinsics and tags. A parameter counts as its default. What a deployment
    decides becomes a scalar that is not known, with text such as `arn:aws:s3:::${Bucket}/*`; a list under a
    condition that cannot be told has the elements of both sides.
    """

    def __init__(self, template: MappingNode, notes: list[Note]) -> None:
        self._notes = notes
        self._parameters: dict[str, Node | None] = {}
        for name, parameter in entries(template.get("Parameters")):
            default = mapping(parameter)
            node = default.get("Default") if default else None
            kind = text(default.get("Type")) if default else ""
            # A parameter of Systems Manager has a path as its default; the value lies elsewhere.
            self._parameters[name] = None if kind.startswith("AWS::SSM") else node
        self._mappings = template.get("Mappings")
        self._conditions = dict(entries(template.get("Conditions")))
        self._known_conditions: dict[str, bool | None] = {}
        self._built = 0
        self._noted: set[str] = set()

    def resolve(self, node: Node, *, names: Mapping[str, str] | None = None) -> Node:
        """`node` with everything decided that can be; `names` are the second argument of a Sub around it."""
        if isinstance(node, ScalarNode):
            if not node.tag:
                return node
            return self._call(
                _name_of_tag(node.tag), ScalarNode(node.place, node.text, node.value), node.place
            )
        if isinstance(node, SequenceNode):
            plain = SequenceNode(node.place, node.items)
            if node.tag:
                return self._call(_name_of_tag(node.tag), plain, node.place)
            return self._sequence(plain)
        if node.tag:
            return self._call(
                _name_of_tag(node.tag), MappingNode(node.place, node.entries, node.keys), node.place
            )
        if len(node.entries) == 1:
            ((key, argument),) = node.entries.items()
            if key == "Ref" or key.startswith("Fn::"):
                return self._call(key, argument, node.place)
        resolved = {key: self.resolve(value) for key, value in node.entries.items()}
        kept = {key: value for key, value in resolved.items() if not _is_no_value(value)}
        return MappingNode(node.place, kept, node.keys)

    def _sequence(self, node: SequenceNode) -> Node:
        found: list[Node] = []
        for item in node.items:
            branches = self._undecided(item)
            for one in branches if branches is not None else (item,):
                value = self.resolve(one)
                if branches is not None and isinstance(value, SequenceNode):
                    found.extend(value.items)
                elif not _is_no_value(value):
                    found.append(value)
        return SequenceNode(node.place, tuple(found))

    def _undecided(self, node: Node) -> tuple[Node, ...] | None:
        """Both sides of an If within a list, where its condition cannot be told."""
        argument: Node | None = None
        if isinstance(node, SequenceNode) and node.tag == "!If":
            argument = node
        elif isinstance(node, MappingNode) and len(node.entries) == 1:
            argument = node.entries.get("Fn::If")
        if not isinstance(argument, SequenceNode) or len(argument.items) != 3:
            return None
        if self.condition(text(argument.items[0])) is not None:
            return None
        return argument.items[1:]

    def condition(self, name: str) -> bool | None:
        """Whether a condition holds with every parameter at its default; None where that is not decided here."""
        if name not in self._known_conditions:
            self._known_conditions[name] = None  # a condition that refers to itself is never decided
            node = self._conditions.get(name)
            self._known_conditions[name] = self._truth(node) if node is not None else None
        return self._known_conditions[name]

    def _truth(self, node: Node) -> bool | None:
        name, argument = _as_call(node)
        if name == "Condition":
            return self.condition(text(argument))
        parts = items(argument)
        if name == "Fn::Not" and len(parts) == 1:
            inner = self._truth(parts[0])
            return None if inner is None else not inner
        if name in ("Fn::And", "Fn::Or"):
            values = [self._truth(part) for part in parts]
            decisive = name == "Fn::Or"
            if decisive in values:
                return decisive
            return None if None in values else not decisive
        if name == "Fn::Equals" and len(parts) == 2:
            sides = [self.resolve(part) for part in parts]
            if all(isinstance(side, ScalarNode) and side.is_known for side in sides):
                return text(sides[0]) == text(sides[1])
        return None

    def _call(self, name: str, argument: Node, place: Place) -> Node:
        if name == "Ref":
            return self._reference(text(argument), place)
        if name == "Condition":
            return unknown(place, "${Condition:" + text(argument)[:80] + "}")
        if name == "Fn::GetAtt":
            return unknown(place, "${" + ".".join(text(self.resolve(part)) for part in items(argument)) + "}")
        if name == "Fn::Sub":
            return self._substitute(argument, place)
        if name == "Fn::If":
            return self._if(argument, place)
        if name == "Fn::Join":
            return self._join(argument, place)
        if name in ("Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::Base64"):
            return self._pick(name, argument, place)
        if name == "Fn::ToJsonString":
            return self.resolve(argument)
        if name == "Fn::ImportValue":
            return unknown(place, "${ImportValue:" + text(self.resolve(argument))[:200] + "}")
        if name == "Fn::Transform":
            return unknown(place, "${Fn::Transform}")
        if name not in _INTRINSICS and name not in self._noted:
            self._noted.add(name)
            self._notes.append(
                Note(
                    NoteKind.NOT_RESOLVED,
                    f"unknown template function {name[:60]!r}: its value is unknown",
                    place,
                )
            )
        return unknown(place, "${" + name[:60] + "}")

    def _reference(self, name: str, place: Place) -> Node:
        default = self._parameters.get(name)
        if isinstance(default, ScalarNode) and not default.tag and not is_null(default) and default.text:
            return ScalarNode(place, default.text, default.value)
        return unknown(place, "${" + name[:200] + "}")

    def _substitute(self, argument: Node, place: Place) -> Node:
        parts = items(argument)
        if not parts or not isinstance(parts[0], ScalarNode):
            return unknown(place, "${Fn::Sub}")
        values = {}
        if len(parts) > 1:
            values = {key: self.resolve(value) for key, value in entries(parts[1])}
        is_known = True

        def replace(match: re.Match[str]) -> str:
            nonlocal is_known
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            value = values.get(name.strip()) or self._reference(name.strip(), place)
            if not isinstance(value, ScalarNode) or not value.is_known:
                is_known = False
            return text(value) or match[0]

        result = _PLACEHOLDER.sub(replace, parts[0].text)
        return self._build(place, result, is_known=is_known)

    def _if(self, argument: Node, place: Place) -> Node:
        parts = items(argument)
        if len(parts) != 3:
            return unknown(place, "${Fn::If}")
        name = text(parts[0])
        holds = self.condition(name)
        if holds is not None:
            return self.resolve(parts[1] if holds else parts[2])
        sides = [self.resolve(part) for part in parts[1:]]
        if all(isinstance(side, SequenceNode) for side in sides):
            return SequenceNode(place, tuple(one for side in sides for one in items(side)))
        if text(sides[0]) and text(sides[0]) == text(sides[1]):
            return sides[0]
        return unknown(place, "${If:" + name[:80] + "}")

    def _join(self, argument: Node, place: Place) -> Node:
        parts = items(argument)
        if len(parts) != 2:
            return unknown(place, "${Fn::Join}")
        inner = self.resolve(parts[1])
        if not isinstance(inner, SequenceNode):
            return unknown(place, text(inner) or "${Fn::Join}")
        is_known = all(isinstance(one, ScalarNode) and one.is_known for one in inner.items)
        return self._build(place, text(parts[0]).join(text(one) for one in inner.items), is_known=is_known)

    def _pick(self, name: str, argument: Node, place: Place) -> Node:
        if name == "Fn::Base64":
            return unknown(place, "${Fn::Base64}")
        parts = [self.resolve(part) for part in items(argument)]
        is_whole = len(parts) == 2 and isinstance(parts[1], ScalarNode) and parts[1].is_known
        if name == "Fn::Split" and is_whole and text(parts[0]):
            pieces = text(parts[1])[:_MAX_TEXT].split(text(parts[0]))[:1000]
            return SequenceNode(place, tuple(known(place, piece) for piece in pieces))
        if (
            name == "Fn::Select"
            and len(parts) >= 2
            and text(parts[0]).isdecimal()
            and len(text(parts[0])) < 6
        ):
            chosen = int(text(parts[0]))
            within = items(parts[1]) if len(parts) == 2 else tuple(parts[1:])
            if isinstance(parts[1], SequenceNode) and chosen < len(within):
                return within[chosen]
        if name == "Fn::FindInMap" and len(parts) >= 3:
            found = self._mappings
            for part in parts[:3]:
                found = found.get(text(part)) if isinstance(found, MappingNode) else None
            # Mappings hold no functions; resolving them would let one lead to itself.
            if found is not None and not found.tag:
                return found
        shown = ".".join(text(part)[:60] for part in parts if isinstance(part, ScalarNode))
        return unknown(place, "${" + name.removeprefix("Fn::") + ":" + shown + "}")

    def _build(self, place: Place, result: str, *, is_known: bool) -> Node:
        self._built += len(result)
        if len(result) > _MAX_TEXT or self._built > _MAX_BUILT:
            return unknown(place, "${too long}")
        return known(place, result) if is_known else unknown(place, result)


def _name_of_tag(tag: str) -> str:
    word = tag.removeprefix("!")
    return word if word in _LONG_FORM or word.startswith("Fn::") else "Fn::" + word


def _as_call(node: Node) -> tuple[str, Node]:
    if node.tag:
        name = _name_of_tag(node.tag)
        if isinstance(node, ScalarNode):
            return name, ScalarNode(node.place, node.text, node.value)
        if isinstance(node, SequenceNode):
            return name, SequenceNode(node.place, node.items)
        return name, MappingNode(node.place, node.entries, node.keys)
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        ((key, argument),) = node.entries.items()
        return key, argument
    return "", node


def _is_no_value(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.is_known and node.text == "${" + _NO_VALUE + "}"
