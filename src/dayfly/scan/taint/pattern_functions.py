"""Regular expressions: matches, groups, substitutions, and what they show of a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.taint import formatting
from dayfly.scan.taint.characters import read_pattern, read_removal
from dayfly.scan.taint.comparisons import single_symbol, symbols_of
from dayfly.scan.taint.values import (
    NO_FACT,
    NONE,
    Const,
    Fact,
    Hole,
    Items,
    Name,
    Symbol,
    Text,
    Thing,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

_FLAGS = {
    "re.I": re.I, "re.IGNORECASE": re.I, "re.M": re.M, "re.MULTILINE": re.M, "re.S": re.S, "re.DOTALL": re.S,
    "re.X": re.X, "re.VERBOSE": re.X, "re.A": re.A, "re.ASCII": re.A,
}  # fmt: skip


def _flags_of(machine: Machine, value: Value | None) -> int:
    if isinstance(value, Const) and isinstance(value.value, int):
        return value.value
    if isinstance(value, Name):
        return int(_FLAGS.get(value.dotted, 0))
    return 0


def _pattern_call(how: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        pattern, text = arguments.get(0, "pattern"), arguments.get(1, "string")
        if pattern is None or text is None:
            return None
        return _match(machine, how, pattern, _flags_of(machine, arguments.get(2, "flags")), text)

    return run


def _match(machine: Machine, how: str, pattern: Value, flags: int, text: Value) -> Value:
    if isinstance(pattern, Const) and isinstance(text, Const):
        real = _real_match(how, pattern.value, flags, text.value)
        if real is not None:
            return real
    fact = NO_FACT
    if isinstance(pattern, Const) and isinstance(pattern.value, (str, bytes)):
        spelt = pattern.value if isinstance(pattern.value, str) else pattern.value.decode("latin-1")
        fact = read_pattern(spelt, flags, how)
        absent = frozenset(read_removal(spelt, flags)) if how == "search" else frozenset()
    else:
        absent = frozenset()
    symbols = list(symbols_of(text))
    when_true = tuple((symbol, fact) for symbol in symbols) if fact != NO_FACT else ()
    when_false = tuple((symbol, Fact(lacks=absent)) for symbol in symbols) if absent else ()
    symbol = symbols[0].child(("match", how, repr(pattern))) if len(symbols) == 1 else Symbol()
    return Thing(
        "re.Match",
        machine.taint_of(text),
        symbol,
        when_true=when_true,
        when_false=when_false,
        origin=(pattern, Const(flags), text),
    )


def _real_match(how: str, pattern: object, flags: int, text: object) -> Value | None:
    # Only short ones: a pattern of the scanned program's may take for ever.
    if not isinstance(pattern, str) or not isinstance(text, str) or len(pattern) > 60 or len(text) > 60:
        return None
    if re.search(r"[+*}][)]*[+*{]", pattern):
        return None
    try:
        found = getattr(re.compile(pattern, flags), how)(text)
    except Exception:  # boundary: the scanned program's pattern
        return None
    return NONE if found is None else Thing("re.Match", origin=(Const(pattern), Const(flags)), when_true=())


def _compile(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    pattern = arguments.get(0, "pattern")
    if pattern is None:
        return None
    flags = _flags_of(machine, arguments.get(1, "flags"))
    return Thing("re.Pattern", machine.taint_of(pattern), Symbol(), origin=(pattern, Const(flags)))


def call_pattern(machine: Machine, compiled: Thing, name: str, arguments: Arguments) -> Value | None:
    """A method of a compiled pattern."""
    pattern = compiled.origin[0] if compiled.origin else Thing()
    flags = (
        compiled.origin[1].value if len(compiled.origin) > 1 and isinstance(compiled.origin[1], Const) else 0
    )
    number = flags if isinstance(flags, int) else 0
    if name in {"match", "fullmatch", "search"}:
        text = arguments.get(0, "string")
        return None if text is None else _match(machine, name, pattern, number, text)
    if name == "sub":
        return _substitute(machine, pattern, number, arguments.get(0, "repl"), arguments.get(1, "string"))
    if name in {"findall", "finditer", "split"}:
        text = arguments.get(0, "string")
        return None if text is None else _find_all(machine, name, pattern, number, text)
    return None


def _sub(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    pattern = arguments.get(0, "pattern")
    flags = _flags_of(machine, arguments.get(4, "flags"))
    if pattern is None:
        return None
    return _substitute(machine, pattern, flags, arguments.get(1, "repl"), arguments.get(2, "string"))


def _substitute(
    machine: Machine, pattern: Value, flags: int, new: Value | None, text: Value | None
) -> Value | None:
    if new is None or text is None:
        return None
    as_text = formatting.to_text(machine, text)
    if not isinstance(new, Const) or not isinstance(new.value, str) or not isinstance(pattern, Const):
        if _is_function(new):
            from dayfly.scan.taint import library_calls

            library_calls.call_back(machine, new, [text], machine.current_call)
            return unknown_text(machine.taint_of(text))
        return unknown_text(unite(machine.taint_of(text), machine.taint_of(new)))
    if isinstance(as_text, Const):
        return unknown_text()
    removed = read_removal(pattern.value, flags) if isinstance(pattern.value, str) else frozenset()
    removed = frozenset(one for one in removed if one not in new.value)
    taint = machine.taint_of(as_text)
    single = single_symbol(as_text)
    symbol = single.child(("sub", pattern.value, new.value)) if single is not None else Symbol()
    lacks: frozenset[str] = frozenset()
    if isinstance(as_text, Text) and len(as_text.parts) == 1 and isinstance(as_text.parts[0], Hole):
        lacks = as_text.parts[0].lacks if not new.value or new.value.isalnum() else frozenset()
    return Text((Hole(taint, symbol, lacks | removed),))


def _is_function(value: Value) -> bool:
    return not isinstance(value, (Const, Text, Thing, Items))


def _find_all(machine: Machine, name: str, pattern: Value, flags: int, text: Value) -> Value:
    if name == "findall" and isinstance(pattern, Const) and isinstance(pattern.value, str):
        from dayfly.scan.taint.characters import read_group

        group = 1 if re.search(r"\((?!\?)", pattern.value) else 0
        fact = read_group(pattern.value, flags, group)
        single = single_symbol(text)
        symbol = single.child(("findall", pattern.value), is_piece=True) if single is not None else Symbol()
        return machine.new_list([], Text((Hole(machine.taint_of(text), symbol, fact.lacks),)))
    if name == "finditer":
        return machine.new_list(
            [], Thing("re.Match", machine.taint_of(text), Symbol(), origin=(pattern, Const(flags)))
        )
    return machine.new_list([], unknown_text(machine.taint_of(text)))


def _find_all_call(name: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        pattern, text = arguments.get(0, "pattern"), arguments.get(1, "string")
        if pattern is None or text is None:
            return None
        return _find_all(machine, name, pattern, _flags_of(machine, arguments.get(2, "flags")), text)

    return run


MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
    "re.compile": _compile,
    "re.match": _pattern_call("match"),
    "re.fullmatch": _pattern_call("fullmatch"),
    "re.search": _pattern_call("search"),
    "re.sub": _sub,
    "re.findall": _find_all_call("findall"),
    "re.finditer": _find_all_call("finditer"),
    "re.split": _find_all_call("split"),
}
