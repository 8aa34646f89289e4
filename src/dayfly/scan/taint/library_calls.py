"""Calls of libraries: what the tables of knowledge say of them, and what is assumed where they say nothing."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.model import Step
from dayfly.scan.taint import (
    conditions,
    effects,
    exceptions,
    formatting,
    namespaces,
    path_functions,
    pattern_functions,
    standard_library,
    stdlib_objects,
)
from dayfly.scan.taint.characters import read_group
from dayfly.scan.taint.joining import direct_taint, join_all
from dayfly.scan.taint.judging import harmful_labels
from dayfly.scan.taint.knowledge.model import Danger, Part, Trust
from dayfly.scan.taint.responses import is_sent_otherwise
from dayfly.scan.taint.values import (
    Bound,
    Const,
    Function,
    Hole,
    Items,
    Label,
    Name,
    Partial,
    Symbol,
    Text,
    Thing,
    Trail,
    alternatives,
    cleanse,
    map_taint,
    predictable,
    restore,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.knowledge.model import Argument, Call, Result, Sink
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Taint, Value

_NEVER_RETURN = {
    "sys.exit", "os._exit", "exit", "quit", "os.abort", "flask.abort", "quart.abort", "bottle.abort", "bottle.redirect",
    "werkzeug.exceptions.abort", "werkzeug.abort",
}  # fmt: skip
_BUILT_IN = {"str", "bytes", "list", "dict", "set", "tuple", "int", "float"}
_WHOSE = {Trust.PREDICTABLE: "is predictable", Trust.IDENTITY: "has been verified"}
_TEXT_KINDS = {"str", "bytes"}
_NUMBER_KINDS = {"int", "float", "bool", "NoneType"}

# Names of functions that look somebody up, or look at what the caller has shown: `verify_token`, `find_user`.
_ANSWERS = re.compile(
    r"^(?!.*(?:unverif|insecure|unsafe|without)).*(?:verif|authent|authori|find|fetch|look_?up|get_?(?:\w*_)?(?:user|claim|identity|session|principal|account)"
    r"|load_?(?:user|session)|current_|resolve|check|require|claims|session|identity|introspect)",
    re.IGNORECASE,
)
_NO_CLAIM = frozenset({Danger.TRUST})


def default_result(machine: Machine, values: Iterable[Value]) -> Value:
    """What something unknown makes of these: whatever they are tainted by, so is the result."""
    machine.risks += 1
    return Thing("", unite(*(machine.taint_of(one) for one in values)))


def call_name(machine: Machine, dotted: str, arguments: Arguments, node: ast.AST | None) -> Value:
    """A function or class of a library."""
    machine.risks += 1
    name = machine.library.canonical(dotted)
    names = [name]
    head, dot, last = name.rpartition(".")
    if dot and head in machine.library.kinds:
        names = [f"{kind}.{last}" for kind in machine.library.lineage(head)]
    check_sinks(machine, names, arguments, None, node)
    effects.record_call(machine, name, arguments, None, node)
    if not any(one in table for one in names for table in (machine.library.sinks, machine.library.calls)):
        # An object of another package's (`from database import cursor`): judged by the method's name.
        check_sinks(machine, [f"*.{last}"] if "." in head else [], arguments, None, node)
    guarded = _apply_guards(machine, names, arguments, None)
    if name in _NEVER_RETURN:
        exceptions.raise_named(machine, "Exception")
    made = standard_library.call(machine, name, arguments, node)
    if made is not None:
        return made
    row = _find_call(machine, names, arguments, None)
    if row is not None:
        result = _apply_call(machine, row, arguments, None, node, name)
        effects.mark_client(machine, name, arguments, result)
        return _with_truth(result, guarded)
    kind = machine.library.kinds.get(name)
    if kind is not None and kind.is_class:
        made_thing = Thing(name, (), Symbol())
        keep_arguments(machine, made_thing, arguments)
        return made_thing
    _call_back(machine, arguments, node)
    if guarded:
        return _with_truth(Const(None), guarded)
    made = _derived(
        machine, name, list(arguments.every()), name.partition(".")[0] not in sys.stdlib_module_names
    )
    if name in machine.library.owners and last[:1].isupper() and isinstance(made, Thing):
        return replace(made, kind=name)  # a class of which the tables know methods
    return made


def call_method(
    machine: Machine, receiver: Value, kind: str, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    """A method of a type that is no class of the project."""
    machine.risks += 1
    names = _method_names(machine, kind, name)
    check_sinks(machine, names, arguments, receiver, node)
    effects.record_call(machine, names[0], arguments, receiver, node)
    guarded = _apply_guards(machine, names, arguments, receiver)
    row = _find_call(machine, names, arguments, receiver)
    if row is not None:
        return _with_truth(_apply_call(machine, row, arguments, receiver, node, names[0]), guarded)
    _call_back(machine, arguments, node)
    answers = not machine.taint_of(receiver)
    return _with_truth(_derived(machine, name, [receiver, *arguments.every()], answers), guarded)


def _method_names(machine: Machine, kind: str, name: str) -> list[str]:
    found = [f"{one}.{name}" for one in machine.library.lineage(kind)] if kind else []
    return found if kind in _BUILT_IN else [*found, f"*.{name}"]


def has_rows(machine: Machine, kind: str, name: str) -> bool:
    """Whether the tables know this method of this type."""
    library = machine.library
    return any(
        f"{one}.{name}" in table
        for one in library.lineage(kind)
        for table in (library.calls, library.sinks, library.guards)
    )


def _derived(machine: Machine, name: str, values: list[Value], answers: bool = False) -> Value:
    """The result of an unknown function; the same for the same tainted argument, so that a check of it counts.

    Where it `answers`, what it returns of an identity is its own word, not the caller's claim.
    """
    made = _derived_of(machine, name, [one for one in values if machine.taint_of(one)], values)
    if not answers or not _ANSWERS.match(name.rpartition(".")[2]):
        return made
    return map_taint(made, lambda taint: cleanse(taint, _NO_CLAIM))


def _derived_of(machine: Machine, name: str, tainted: list[Value], values: list[Value]) -> Thing:
    if len(tainted) == 1:
        one = tainted[0]
        constants = tuple(repr(other.value) for other in values if isinstance(other, Const))
        symbol: Symbol | None = None
        if isinstance(one, Thing):
            symbol = one.symbol.child(("call", name, constants))
        elif isinstance(one, Text) and len(one.parts) == 1 and isinstance(one.parts[0], Hole):
            symbol = one.parts[0].symbol.child(("call", name, constants))
        taint = _with_facts(machine, one)
        return Thing("", taint, symbol or Symbol())
    return Thing("", unite(*(_with_facts(machine, one) for one in tainted)))


def _with_facts(machine: Machine, value: Value) -> Taint:
    """The labels of a value, cleansed of what checks on this path have excluded."""
    if isinstance(value, Thing):
        return cleanse(machine.taint_of(value), machine.store.fact(value.symbol).cleansed)
    if isinstance(value, Text):
        return unite(
            *(
                cleanse(part.taint, machine.store.fact(part.symbol).cleansed)
                for part in value.parts
                if isinstance(part, Hole)
            )
        )
    return machine.taint_of(value)


def _find_call(
    machine: Machine, names: Sequence[str], arguments: Arguments, receiver: Value | None
) -> Call | None:
    for name in names:
        for row in machine.library.calls.get(name, ()):
            if all(conditions.holds(machine, one, arguments, receiver) for one in row.when):
                return row
    return None


def check_sinks(
    machine: Machine, names: Sequence[str], arguments: Arguments, receiver: Value | None, node: ast.AST | None
) -> None:
    """Report what reaches a dangerous argument."""
    if machine.recorder is None or node is None:
        return
    is_said = False
    for name in names:
        if is_said and name.startswith("*."):
            continue  # a method is judged by its name alone where nothing is said of its type's
        for row in machine.library.sinks.get(name, ()):
            is_said = True
            if all(conditions.holds(machine, one, arguments, receiver) for one in row.when):
                _check_sink(machine, row, name, arguments, receiver, node)


def _check_sink(
    machine: Machine, row: Sink, name: str, arguments: Arguments, receiver: Value | None, node: ast.AST
) -> None:
    assert machine.recorder is not None
    shown = name.removeprefix("*.")
    if not row.needs_taint:
        if row.check == "weak.hash" and isinstance(node, ast.Call) and _spells(node.func, shown):
            return  # the family `weak` has looked at it, and at what it is for
        machine.recorder.add_finding(machine, row.check, node, (), shown, row)
        return
    danger = row.danger or danger_of(row.check)
    if danger is Danger.LOG and len(arguments.positional) > 1 and "%" in _constant(arguments.positional[0]):
        # The logging module puts its arguments together as `%` does.
        text = formatting.percent(machine, arguments.positional[0], Items(tuple(arguments.positional[1:])))
        arguments = replace(arguments, positional=[text])
    for argument in row.arguments:
        if argument.position is not None and not argument.keyword and not argument.is_rest:
            argument = _in_order(argument, arguments)
        if (
            danger is Danger.TRUST
            and row.names[0].startswith("boto3.")
            and not _is_written(arguments, argument)
        ):
            continue
        values = conditions.select(machine, argument, arguments, receiver)
        if argument.is_rest and argument.position is not None and row.part is Part.PROGRAM:
            # The list of arguments, written out one by one.
            values = iter((Items(tuple(arguments.positional[argument.position :]), arguments.rest),))
        for value in values:
            labels = harmful_labels(machine.store, value, danger, row.part)
            if labels:
                if danger is Danger.HTML and is_sent_otherwise(machine, node):
                    return
                machine.recorder.add_finding(machine, row.check, node, labels, shown, row)
                return


def _in_order(argument: Argument, arguments: Arguments) -> Argument:
    """An argument whose keyword nobody knows, found where keywords are passed in the order of the parameters."""
    index = (argument.position or 0) - len(arguments.positional)
    keywords = list(arguments.keywords)
    if index < 0 or arguments.rest is not None or index >= len(keywords):
        return argument
    return replace(argument, keyword=keywords[index])


def _spells(function: ast.expr, shown: str) -> bool:
    """Whether a call names the function plainly: `hashlib.md5(…)`, `md5(…)`."""
    word = (
        function.attr
        if isinstance(function, ast.Attribute)
        else function.id
        if isinstance(function, ast.Name)
        else ""
    )
    return word == shown.rpartition(".")[2] and word != "new"


def _is_written(arguments: Arguments, argument: Argument) -> bool:
    """Whether the code writes out what it looks into: all of a request that is the caller's names no owner."""
    if argument.element is None:
        return True
    value = arguments.get(argument.position, argument.keyword)
    return not isinstance(value, Thing)


def _constant(value: Value) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def danger_of(check: str) -> Danger:
    """The danger that a check's id names."""
    word = check.partition(".")[2]
    return Danger(word) if word in {one.value for one in Danger} else Danger.TRUST


def _apply_guards(
    machine: Machine, names: Sequence[str], arguments: Arguments, receiver: Value | None
) -> list[tuple[bool, Symbol, frozenset[Danger]]]:
    """Learn what a call that returns shows, and answer what its truth would show."""
    from dayfly.scan.taint.comparisons import symbols_of
    from dayfly.scan.taint.values import Fact

    found: list[tuple[bool, Symbol, frozenset[Danger]]] = []
    for name in names:
        for row in machine.library.guards.get(name, ()):
            for value in conditions.select(machine, row.argument, arguments, receiver):
                for symbol in symbols_of(value):
                    if row.raises:
                        machine.store.learn(symbol, Fact(row.dangers))
                    else:
                        found.append((row.holds_when, symbol, row.dangers))
    return found


def _with_truth(value: Value, guarded: list[tuple[bool, Symbol, frozenset[Danger]]]) -> Value:
    from dayfly.scan.taint.values import Fact, boolean

    if not guarded:
        return value
    return boolean(
        tuple((symbol, Fact(dangers)) for holds, symbol, dangers in guarded if holds),
        tuple((symbol, Fact(dangers)) for holds, symbol, dangers in guarded if not holds),
    )


def _apply_call(
    machine: Machine, row: Call, arguments: Arguments, receiver: Value | None, node: ast.AST | None, name: str
) -> Value:
    for argument in row.absorbs:
        for value in conditions.select(machine, argument, arguments, receiver):
            if isinstance(receiver, Thing) and machine.taint_of(value):
                before = machine.store.value((receiver.symbol, "items"))
                added = Thing("", machine.taint_of(value))
                machine.store.set(
                    (receiver.symbol, "items"), added if before is None else join_all([before, added])
                )
    if row.sets is not None and isinstance(receiver, Thing):
        _record_setting(machine, row, arguments, receiver)
    called: Value | None = None
    if row.calls is not None:
        called = _call_argument(machine, row, arguments, receiver, node)
    result = row.result
    if result.alias is not None:
        for value in conditions.select(machine, result.alias, arguments, receiver):
            return value
    for selector, is_list in ((result.element_of, False), (result.collects, True)):
        if selector is not None:
            from dayfly.scan.taint import items

            for value in conditions.select(machine, selector, arguments, receiver):
                series = items.iterate(machine, value)
                if is_list:
                    return machine.new_list(series.items, series.rest)
                every = [*series.items, *([] if series.rest is None else [series.rest])]
                return join_all(every) if every else Thing()
    values: tuple[Value, ...]
    if result.taint_from is None:
        values = (*([receiver] if receiver is not None else []), *arguments.every())
    else:
        values = tuple(
            value
            for argument in result.taint_from
            for value in conditions.select(machine, argument, arguments, receiver)
        )
    made = make(machine, result, None, receiver, values, name)
    if isinstance(made, Thing) and result.keeps:
        for keep in result.keeps:
            value_kept = arguments.get(keep.position, keep.keyword)
            if value_kept is not None and keep.keyword:
                machine.store.set((made.symbol, "attr", keep.keyword), value_kept)
    if called is not None and isinstance(made, Thing) and not made.kind and not made.taint:
        return called
    return made


def _record_setting(machine: Machine, row: Call, arguments: Arguments, receiver: Thing) -> None:
    assert row.sets is not None
    name_from, value_from = row.sets
    value = next(iter(conditions.select(machine, value_from, arguments, receiver)), None)
    if name_from.position is None and name_from.keyword:
        name: object = name_from.keyword
    else:
        key = next(iter(conditions.select(machine, name_from, arguments, receiver)), None)
        name = key.value if isinstance(key, Const) else key.dotted if isinstance(key, Name) else None
    if isinstance(name, str):
        machine.store.set((receiver.symbol, "attr", name), value if value is not None else Thing())


def _call_argument(
    machine: Machine, row: Call, arguments: Arguments, receiver: Value | None, node: ast.AST | None
) -> Value | None:
    from dayfly.scan.taint import calls, items

    assert row.calls is not None
    for function in conditions.select(machine, row.calls, arguments, receiver):
        passed: list[Value] = []
        keywords: dict[str, Value] = {}
        for argument in row.calls_with:
            for value in conditions.select(machine, argument, arguments, receiver):
                if argument.is_rest and argument.position is not None:
                    passed.append(value)
                elif argument.keyword == "kwargs":
                    table = machine.table(value)
                    keywords.update(
                        {str(k): v for k, v in table.entries.items()} if table is not None else {}
                    )
                else:
                    passed.extend(items.iterate(machine, value).items)
        return calls.call(machine, function, calls.Arguments(passed, keywords), node)
    return None


def _call_back(machine: Machine, arguments: Arguments, node: ast.AST | None) -> None:
    """Functions of the project that are handed to something unknown may be called by it: look at their harm."""
    if machine.recorder is None:
        return
    taint = unite(*(machine.taint_of(one) for one in arguments.every()))
    for one in arguments.every():
        if _is_callable(machine, one):
            _try_call(machine, one, taint, node)


# Keyword arguments by which functions of libraries take a function that they call with what they were given.
_HOOKS = {
    "key", "object_hook", "object_pairs_hook", "parse_float", "parse_int", "parse_constant", "default", "repl",
}  # fmt: skip


def call_hooks(machine: Machine, receiver: Value | None, arguments: Arguments, node: ast.AST | None) -> None:
    """Call what a library will call by name of its argument: `sorted(words, key=f)`."""
    if machine.recorder is None or _HOOKS.isdisjoint(arguments.keywords):
        return
    hooks = [value for name, value in arguments.keywords.items() if name in _HOOKS]
    given = [*arguments.every(), *([] if receiver is None else [receiver])]
    taint = unite(*(machine.taint_of(one) for one in given if one not in hooks))
    for one in hooks:
        if _is_callable(machine, one):
            _try_call(machine, one, taint, node)


def call_back(machine: Machine, function: Value, values: Iterable[Value], node: ast.AST | None) -> None:
    """Call a function as a library does that makes what it passes of these values."""
    if machine.recorder is not None and _is_callable(machine, function):
        _try_call(machine, function, unite(*(machine.taint_of(one) for one in values)), node)


def _is_callable(machine: Machine, value: Value) -> bool:
    """Functions of the project, and those of libraries whose harm the tables know."""
    if isinstance(value, (Function, Bound, Partial)):
        return True
    if isinstance(value, Name):
        return machine.library.canonical(value.dotted) in machine.library.sinks
    if isinstance(value, Thing) and len(value.origin) == 2 and isinstance(value.origin[1], Const):
        kind, name = getattr(value.origin[0], "kind", ""), value.origin[1].value
        return isinstance(name, str) and any(
            f"{one}.{name}" in machine.library.sinks for one in machine.library.lineage(kind) if kind
        )
    return False


def _try_call(machine: Machine, function: Value, taint: Taint, node: ast.AST | None) -> None:
    from dayfly.scan.taint import calls
    from dayfly.scan.taint.machine import UnreachableError

    given = Thing("", taint)
    is_own = isinstance(function, (Function, Bound))
    arguments = calls.Arguments(rest=given) if is_own else calls.Arguments([given])
    depth = machine.store.depth
    machine.store.begin()
    try:
        calls.call(machine, function, arguments, node)
        machine.store.merge([{}, machine.store.end()])
    except UnreachableError:
        while machine.store.depth > depth:
            machine.store.end()


def keep_arguments(machine: Machine, thing: Thing, arguments: Arguments) -> None:
    """Remember a constructor's keyword arguments as attributes."""
    for name, value in arguments.keywords.items():
        machine.store.set((thing.symbol, "attr", name), value)
    for index, value in enumerate(arguments.positional):
        machine.store.set((thing.symbol, "attr", f"#{index}"), value)


def make(
    machine: Machine,
    result: Result,
    symbol: Symbol | None,
    receiver: Value | None,
    values: Sequence[Value],
    name: str,
) -> Value:
    """The value that a row describes."""
    if result.value is not ...:
        assert not isinstance(result.value, type(...))
        return Const(result.value)
    if receiver is not None and not values and result.taint_from is None:
        values = (receiver,)
    taint: Taint = unite(*(_with_facts(machine, one) for one in values))
    if result.restores:
        taint = restore(taint)
    taint = cleanse(taint, result.cleanses)
    if result.source:
        # A request's attribute keeps its words; what is read of it is the caller's.
        where = machine.current_call
        whose = _WHOSE.get(result.trust, "comes from the caller")
        step = Step(machine.place(where), f"{result.source} {whose}") if where is not None else None
        trail = Trail(step, None, 1) if step is not None else None
        taint = (Label(result.source, result.trust, result.cleanses, trail),)
    if symbol is None:
        symbol = _result_symbol(values, name, result)
    if result.type in _TEXT_KINDS:
        return unknown_text(taint, symbol, is_bytes=result.type == "bytes")
    if (
        not result.type
        and not result.element_type
        and not result.parses
        and len(values) == 1
        and not result.source
    ):
        value = values[0]
        if isinstance(value, (Text, Const)) and not result.restores and direct_taint(value):
            # A text made harmless stays a text around the same constant parts.
            shaped = map_taint(value, lambda _: taint)
            if isinstance(shaped, Text) and len(shaped.parts) == 1 and isinstance(shaped.parts[0], Hole):
                return unknown_text(taint, symbol)
            return unknown_text(taint, symbol)
    if result.type in _NUMBER_KINDS and not result.source:
        return Thing(result.type, predictable(taint))
    return Thing(result.type, taint, symbol, result.element_type, is_structure=result.parses)


def _result_symbol(values: Sequence[Value], name: str, result: Result) -> Symbol:
    if result.type and result.type not in _TEXT_KINDS:
        return Symbol()  # an object has a state of its own
    if len(values) == 1:
        value = values[0]
        key = ("call", name)
        if isinstance(value, Thing):
            return value.symbol.child(key)
        if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
            return value.parts[0].symbol.child(key)
    return Symbol()


def special_method(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value | None:
    """Methods of types that the engine itself models."""
    if receiver.origin and isinstance(receiver.origin[0], Name) and name in {"decode", "encode", "strip"}:
        return receiver  # an encoded value stays one
    if receiver.kind == "re.Match" and name in {"group", "groups", "groupdict", "__getitem__"}:
        return match_group(machine, receiver, name, arguments)
    if receiver.kind == "re.Pattern":
        return pattern_functions.call_pattern(machine, receiver, name, arguments)
    if receiver.kind == "pathlib.Path":
        return path_functions.call_path(machine, receiver, name, arguments)
    if receiver.kind == namespaces.KIND:
        return namespaces.call(machine, receiver, name, arguments, machine.current_call)
    if receiver.kind.startswith("dayfly."):
        return stdlib_objects.call_object(machine, receiver, name, arguments)
    return None


def match_group(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value:
    pattern = receiver.origin[0] if receiver.origin else Thing()
    key = arguments.get(0)
    number = key.value if isinstance(key, Const) and isinstance(key.value, (int, str)) else 0
    if (
        name in {"groups", "groupdict"}
        or not isinstance(pattern, Const)
        or not isinstance(pattern.value, str)
    ):
        return Thing("", receiver.taint, receiver.symbol.child((name,)), element_kind="str")
    flags = (
        receiver.origin[1].value if len(receiver.origin) > 1 and isinstance(receiver.origin[1], Const) else 0
    )
    fact = read_group(pattern.value, flags if isinstance(flags, int) else 0, number)
    return Text((Hole(receiver.taint, receiver.symbol.child(("group", number)), fact.lacks),))


def path_attribute(machine: Machine, value: Thing, name: str) -> Value:
    return path_functions.path_attribute(machine, value, name)


def join_path(machine: Machine, left: Value, right: Value) -> Value | None:
    """`left / right` where one is a path."""
    for one in (*alternatives(left), *alternatives(right)):
        if isinstance(one, Thing) and one.kind == "pathlib.Path":
            return path_functions.join_paths(machine, [left, right])
    return None


def field_default(machine: Machine, default: Value) -> Value:
    """The default of a data class's field: what `field(default_factory=list)` makes."""
    if isinstance(default, Thing) and default.kind == "dataclasses.Field":
        from dayfly.scan.taint import calls

        factory = machine.store.value((default.symbol, "attr", "default_factory"))
        if factory is not None:
            return calls.call(machine, factory, calls.Arguments(), None)
        given = machine.store.value((default.symbol, "attr", "default"))
        return given if given is not None else Thing()
    return default
