"""Strings built from templates: f-strings, `%`, `format`."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from dayfly.scan.taint import comparisons, texts
from dayfly.scan.taint.characters import DIGIT, LETTER, marks_of
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.judging import is_container
from dayfly.scan.taint.knowledge.model import Danger
from dayfly.scan.taint.values import (
    Choice,
    Class,
    Const,
    Hole,
    Items,
    Ref,
    Symbol,
    Text,
    Thing,
    alternatives,
    cleanse,
    map_taint,
    predictable,
    unknown_text,
)

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

_PERCENT = re.compile(
    r"%(?:\((?P<name>[^)]*)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?(?P<kind>[diouxXeEfFgGcrsa%])"
)
_LINES = frozenset({Danger.LOG, Danger.HEADER})
_CLEAN_KINDS = {"int", "float", "bool"}


def to_text(machine: Machine, value: Value) -> Value:
    """`str(value)`."""
    return join_all(_to_text_one(machine, one) for one in alternatives(value))


def _to_text_one(machine: Machine, value: Value) -> Value:
    if isinstance(value, Const):
        return Const(value.value if isinstance(value.value, str) else str(value.value))
    if isinstance(value, Text):
        return Text(value.parts) if value.is_bytes else value
    if isinstance(value, Thing):
        if value.kind == "pathlib.Path" and value.origin:
            return to_text(machine, value.origin[0])
        # Texts within a container are written as their `repr`.
        taint = cleanse(value.taint, _LINES) if is_container(value) else value.taint
        return Text((Hole(taint, value.symbol),))
    if isinstance(value, Ref) and value.kind == "object":
        from dayfly.scan.taint import attributes

        for name in ("__str__", "__repr__"):
            made = attributes.call_special(machine, value, name, [], None)
            if made is not None:
                return made
        if isinstance(value.cls, Class) and not any(True for _ in value.cls.bases):
            return unknown_text()  # `<app.Order object at 0x…>`
    if isinstance(value, (Ref, Items)):
        taint = machine.taint_of(value)
        # Texts within a container are written as their `repr`.
        is_object = isinstance(value, Ref) and value.kind == "object"
        return unknown_text(taint if is_object else cleanse(taint, _LINES))
    return unknown_text(machine.taint_of(value))


def formatted(machine: Machine, value: Value, node: ast.FormattedValue) -> Value:
    """One `{value!conversion:format}` of an f-string."""
    from dayfly.scan.taint import expressions

    spec = None if node.format_spec is None else expressions.evaluate(machine, node.format_spec)
    if node.conversion == -1:
        made = format_object(machine, value, spec, node)
        if made is not None:
            return made
    if isinstance(value, Const) and isinstance(spec, Const) and isinstance(spec.value, str):
        made = _real_format(value.value, spec.value)
        if made is not None:
            return made
    # A format that only numbers understand lets nothing else through.
    if isinstance(spec, Const) and isinstance(spec.value, str) and spec.value[-1:] in set("dxXobeEfFgGn%"):
        return unknown_text(predictable(machine.taint_of(value)))
    text = to_text(machine, value)
    if node.conversion == ord("r"):
        if isinstance(value, Const):
            return Const(repr(value.value))
        return quoted(text)
    return text


def format_object(machine: Machine, value: Value, spec: Value | None, node: ast.AST | None) -> Value | None:
    """What the `__format__` of a class of the project makes; None where it has none."""
    from dayfly.scan.taint import attributes

    return attributes.call_special(machine, value, "__format__", [spec or Const("")], node)


def quoted(text: Value) -> Value:
    """`repr(text)`: one literal, whatever the text holds."""

    return map_taint(text, lambda taint: cleanse(taint, frozenset({Danger.CODE, Danger.LOG, Danger.HEADER})))


def _real_format(value: object, spec: str) -> Const | None:
    if re.search(r"\d{4}", spec):
        return None
    try:
        return Const(format(value, spec))
    except Exception:  # boundary: the scanned program's own format
        return None


def percent(machine: Machine, template: Value, arguments: Value) -> Value:
    """`template % arguments`."""
    if not isinstance(template, Const) or not isinstance(template.value, (str, bytes)):
        taints = [machine.taint_of(template), machine.taint_of(arguments)]
        from dayfly.scan.taint.values import unite

        return unknown_text(unite(*taints))
    is_bytes = isinstance(template.value, bytes)
    pattern = template.value.decode("latin-1") if isinstance(template.value, bytes) else template.value
    table = machine.table(arguments)
    values = list(arguments.items) if isinstance(arguments, Items) else [arguments]
    found: list[Value] = []
    last = 0
    index = 0
    for match in _PERCENT.finditer(pattern):
        found.append(Const(pattern[last : match.start()]))
        last = match.end()
        if match["kind"] == "%":
            found.append(Const("%"))
            continue
        value: Value
        if match["name"] is not None:
            known = None if table is None else table.entries.get(match["name"], table.rest)
            value = known if known is not None else Thing("", machine.taint_of(arguments))
        elif index < len(values):
            value = values[index]
        else:
            value = Thing("", machine.taint_of(arguments))
        index += 1
        if match["kind"] in "diouxXeEfFgG":
            value = (
                value
                if isinstance(value, Const) and not isinstance(value.value, (str, bytes))
                else unknown_text(predictable(machine.taint_of(value)))
            )
        text = to_text(machine, value)
        found.append(quoted(text) if match["kind"] in "ra" else text)
    found.append(Const(pattern[last:]))
    return texts.concatenate(found, is_bytes=is_bytes)


def format_text(machine: Machine, template: Value, arguments: Arguments) -> Value:
    """`template.format(…)`."""
    from dayfly.scan.taint import attributes, items
    from dayfly.scan.taint.values import unite

    everything = unite(machine.taint_of(template), *(machine.taint_of(one) for one in arguments.every()))
    if not isinstance(template, Const) or not isinstance(template.value, str):
        if isinstance(template, Text):
            return texts.concatenate([template, unknown_text(everything)])
        return unknown_text(everything)
    found: list[Value] = []
    index = 0
    try:
        fields = list(string.Formatter().parse(template.value))
    except ValueError:
        return unknown_text(everything)
    for literal, field, spec, _ in fields:
        found.append(Const(literal))
        if field is None:
            continue
        match = re.match(r"[^.\[]*", field)
        head = match.group() if match else ""
        if head == "":
            head = str(index)
            index += 1
        value: Value | None
        if head.isdigit():
            number = int(head)
            value = arguments.positional[number] if number < len(arguments.positional) else arguments.rest
        else:
            value = arguments.keywords.get(head, arguments.keyword_rest)
        if value is None:
            value = Thing()
        for attribute, key in re.findall(
            r"\.(\w+)|\[([^\]]*)\]", field[len(match.group()) if match else 0 :]
        ):
            if attribute:
                value = attributes.get_attribute(machine, value, attribute)
            else:
                constant = Const(int(key)) if key.isdigit() else Const(key)
                value = items.get_item(machine, value, constant, machine.current_call)  # type: ignore[arg-type]
        if spec and spec[-1:] in set("dxXobeEfFgGn%"):
            value = value if isinstance(value, Const) else unknown_text()
        found.append(to_text(machine, value))
    return texts.concatenate(found)


def join_texts(
    machine: Machine, separator: Value, series_items: tuple[Value, ...], rest: Value | None
) -> Value:
    """`separator.join(items)`."""
    found: list[Value] = []
    for position, one in enumerate(series_items):
        if position:
            found.append(separator)
        found.append(to_text(machine, one) if not _is_bytes(one) else one)
    if rest is not None:
        if found:
            found.append(separator)
        joined = comparisons.with_facts(machine, to_text(machine, rest))
        between = separator.value if isinstance(separator, Const) and isinstance(separator.value, str) else ""
        apart = _common_lacks(joined) - marks_of(between) - set(between)
        lacks = frozenset(one for one in apart if len(one) == 1 or one in {LETTER, DIGIT})
        found.append(Text((Hole(machine.taint_of(joined), _symbol(joined), lacks),)))
    is_bytes = isinstance(separator, Const) and isinstance(separator.value, bytes)
    return texts.concatenate(found, is_bytes=is_bytes) if found else Const(b"" if is_bytes else "")


def _is_bytes(value: Value) -> bool:
    return (isinstance(value, Const) and isinstance(value.value, bytes)) or (
        isinstance(value, Text) and value.is_bytes
    )


def _symbol(value: Value) -> Symbol:
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
        return value.parts[0].symbol.child(("joined",), is_piece=True)
    return Symbol()


def _common_lacks(value: Value) -> frozenset[str]:
    holes = [
        part
        for one in alternatives(value)
        if isinstance(one, Text)
        for part in one.parts
        if isinstance(part, Hole)
    ]
    if not holes or isinstance(value, Choice):
        return frozenset()
    lacks = holes[0].lacks
    for hole in holes[1:]:
        lacks &= hole.lacks
    return lacks
