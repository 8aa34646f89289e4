"""Built-in functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint import comparisons, exceptions, formatting
from dayfly.scan.taint.characters import ONLY_DIGITS
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.knowledge.model import EVERY_DANGER, Danger
from dayfly.scan.taint.machine import MAX_EXACT
from dayfly.scan.taint.values import (
    FALSE,
    NONE,
    TRUE,
    Class,
    Const,
    Fact,
    Items,
    Method,
    Name,
    Ref,
    Text,
    Thing,
    alternatives,
    boolean,
    predictable,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Symbol, Value

Model = "Callable[[Machine, Arguments, ast.AST | None], Value | None]"
_MAX_RANGE = 64
# What `int()` and `float()` accept lets no text through that harms; identities stay claims.
_NUMBER = Fact(EVERY_DANGER - {Danger.TRUST}, ONLY_DIGITS.lacks - set("+-. _\t\n"))
_PURE: Mapping[str, Callable[..., object]] = {
    "abs": abs, "chr": chr, "ord": ord, "hex": hex, "oct": oct, "bin": bin, "round": round, "ascii": ascii,
    "divmod": divmod, "pow": pow,
}  # fmt: skip
_CLEAN = {
    "abs": "int", "ord": "int", "round": "float", "hash": "int", "id": "int", "sum": "int", "callable": "bool",
    "pow": "int", "divmod": "", "hex": "str", "oct": "str", "bin": "str", "issubclass": "bool",
}  # fmt: skip


def call_builtin(machine: Machine, name: str, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The result of a built-in function; None for any other name, and for those that tables describe."""
    if "." in name:
        return None
    model = _MODELS.get(name)
    if model is not None:
        return model(machine, arguments, node)
    given = list(arguments.every())
    if name in _PURE and given and all(isinstance(one, Const) for one in given):
        try:
            result = _PURE[name](*(one.value for one in given if isinstance(one, Const)))
        except Exception:  # boundary: the scanned program's own error
            return Thing()
        if isinstance(result, tuple):
            return Items(tuple(Const(one) for one in result))
        if isinstance(result, (str, int, float)):
            return Const(result)
    if name in _CLEAN:
        kind = _CLEAN[name]
        return unknown_text() if kind == "str" else Thing(kind)
    return None


def _first(arguments: Arguments) -> Value | None:
    return arguments.get(0)


def _str(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = arguments.get(0, "object")
    return Const("") if value is None else formatting.to_text(machine, value)


def _repr(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if value is None:
        return unknown_text()
    if isinstance(value, Const):
        return Const(repr(value.value))
    return formatting.quoted(formatting.to_text(machine, value))


def _bytes(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if value is None:
        return Const(b"")
    if isinstance(value, Const) and isinstance(value.value, str):
        return Const(value.value.encode("utf-8", "replace"))
    if isinstance(value, Text):
        return Text(value.parts, True)
    return (
        value
        if isinstance(value, Const) and isinstance(value.value, bytes)
        else unknown_text(machine.taint_of(value), is_bytes=True)
    )


def _number(kind: type[int] | type[float]) -> Callable[[Machine, Arguments, ast.AST | None], Value]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
        given = list(arguments.every())
        if not given:
            return Const(kind())
        if all(isinstance(one, Const) for one in given):
            try:
                return Const(kind(*(one.value for one in given if isinstance(one, Const))))  # type: ignore[arg-type]
            except (ValueError, TypeError, OverflowError) as error:
                exceptions.raise_named(machine, type(error).__name__)
        machine.risks += 1
        for symbol in comparisons.symbols_of(given[0]):
            machine.store.learn(symbol, _NUMBER)
        return Thing(kind.__name__, predictable(machine.taint_of(given[0])))

    return run


def _bool(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if value is None:
        return FALSE
    known = machine.truth(value)
    if known is not None:
        return Const(known)
    return boolean(comparisons.facts_of(value, True), comparisons.facts_of(value, False))


def _len(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if value is None:
        return Thing("int")
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
        return Const(len(value.value))
    series = machine.series(value)
    if series is not None and series.rest is None:
        return Const(len(series.items))
    table = machine.table(value)
    if (
        table is not None
        and isinstance(value, Ref)
        and value.kind == "dict"
        and table.rest is None
        and not table.maybe
    ):
        return Const(len(table.entries))
    from dayfly.scan.taint import attributes

    made = attributes.call_special(machine, value, "__len__", [], node)
    return made if made is not None else Thing("int")


def _sequence(kind: str) -> Callable[[Machine, Arguments, ast.AST | None], Value]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
        from dayfly.scan.taint import items

        value = _first(arguments)
        if value is None:
            return Items(()) if kind == "tuple" else machine.new_list((), None, kind)
        series = items.iterate(machine, value)
        if kind == "tuple":
            return Items(series.items, series.rest)
        found = series.items
        if kind == "set":
            found = tuple(dict.fromkeys(found))
        return machine.new_list(found, series.rest, kind)

    return run


def _dict(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if isinstance(value, Thing) and not arguments.keywords:
        return value
    made = machine.new_dict(arguments.keywords, arguments.keyword_rest)
    if value is not None:
        keywords = machine.table(made)
        items.update(machine, made, value)
        if keywords is not None:
            for key, one in keywords.entries.items():
                items.set_item(
                    machine,
                    made,
                    Const(key) if not isinstance(key, tuple) else Thing(),
                    one,
                    None,
                    is_new=True,
                )
    return made


def _range(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    numbers = [
        one.value for one in arguments.positional if isinstance(one, Const) and isinstance(one.value, int)
    ]
    if len(numbers) == len(arguments.positional) and 1 <= len(numbers) <= 3:
        try:
            found = range(*numbers)
        except ValueError:
            return Thing()
        if len(found) <= _MAX_RANGE:
            return machine.new_list([Const(one) for one in found])
    return machine.new_list([], Thing("int"))


def _zip(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    rows = [items.iterate(machine, one) for one in arguments.positional]
    if rows and all(one.rest is None for one in rows):
        return machine.new_list([Items(pair) for pair in zip(*(one.items for one in rows), strict=False)])
    joined: list[Value] = []
    for one in rows:
        every = [*one.items, *([] if one.rest is None else [one.rest])]
        joined.append(join_all(every) if every else Thing())
    return machine.new_list([], Items(tuple(joined)))


def _enumerate(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    start = arguments.get(1, "start")
    first = start.value if isinstance(start, Const) and isinstance(start.value, int) else 0
    pairs = [Items((Const(first + index), one)) for index, one in enumerate(series.items)]
    return machine.new_list(pairs, None if series.rest is None else Items((Thing("int"), series.rest)))


def _map(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import calls, items

    if len(arguments.positional) < 2:
        return Thing()
    function = arguments.positional[0]
    if len(arguments.positional) > 2:
        zipped = _zip(machine, calls.Arguments(arguments.positional[1:]), node)
        rows = items.iterate(machine, zipped)
        turns = [list(one.items) for one in rows.items if isinstance(one, Items)]
        rest = list(rows.rest.items) if isinstance(rows.rest, Items) else None
    else:
        series = items.iterate(machine, arguments.positional[1])
        turns = [[one] for one in series.items]
        rest = None if series.rest is None else [series.rest]
    if len(turns) > MAX_EXACT:
        turns, rest = [], [join_all([*(one[0] for one in turns), *(rest or [])])]
    found = [calls.call(machine, function, calls.Arguments(turn), node) for turn in turns]
    return machine.new_list(
        found, None if rest is None else calls.call(machine, function, calls.Arguments(rest), node)
    )


def _filter(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import calls, items

    if len(arguments.positional) < 2:
        return Thing()
    function, value = arguments.positional[:2]
    series = items.iterate(machine, value)
    found: list[Value] = []
    loose: list[Value] = []
    for one in (*series.items, *([] if series.rest is None else [series.rest])):
        machine.store.begin()
        answer = one if function == NONE else calls.call(machine, function, calls.Arguments([one]), node)
        known = machine.truth(answer)
        comparisons.assume(machine, answer, True)
        kept = comparisons.with_facts(machine, one)
        done = machine.store.end()
        machine.store.merge([{}, done])
        if known is True and one is not series.rest and not loose:
            found.append(kept)
        elif known is not False:
            loose.append(kept)
    return machine.new_list(found, join_all(loose) if loose else None)


def _sorted(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    if series.rest is None and all(isinstance(one, Const) for one in series.items) and not arguments.keywords:
        try:
            real = sorted(one.value for one in series.items if isinstance(one, Const))  # type: ignore[type-var]
            return machine.new_list([Const(one) for one in real])
        except TypeError:
            pass
    every = [*series.items, *([] if series.rest is None else [series.rest])]
    return machine.new_list([], join_all(every) if every else None)


def _reversed(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    if series.rest is None:
        return machine.new_list(tuple(reversed(series.items)))
    return machine.new_list([], join_all([*series.items, series.rest]))


def _any(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return _quantify(machine, arguments, wanted=True)


def _all(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return _quantify(machine, arguments, wanted=False)


def _quantify(machine: Machine, arguments: Arguments, *, wanted: bool) -> Value:
    """`any` (`wanted` True) and `all`: facts about each character or piece become facts about the whole."""
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing("bool")
    series = items.iterate(machine, value)
    truths = [machine.truth(one) for one in series.items]
    if wanted in truths:
        return Const(wanted)
    if series.rest is None and all(one is (not wanted) for one in truths):
        return Const(not wanted)
    # Where the answer is `not wanted`, every item was `not wanted`.
    shown: list[tuple[Symbol, Fact]] = []
    for one in (*series.items, *([] if series.rest is None else [series.rest])):
        shown.extend(comparisons.facts_of(one, not wanted))
    lifted: list[tuple[Symbol, Fact]] = []
    for symbol, fact in shown:
        lifted.append((symbol, fact))
        origin = symbol.origin
        if origin is not None and fact.lacks and one_is_each(symbol):
            lifted.append((origin, Fact(lacks=fact.lacks)))
    facts = tuple(lifted)
    return boolean((), facts) if wanted else boolean(facts, ())


def one_is_each(symbol: Symbol) -> bool:
    """Whether a symbol stands for every piece of its origin: characters, parts of a split."""
    if symbol.origin is None:
        return False
    return any(
        child is symbol and isinstance(key, tuple) and key[0] in {"each", "split"}
        for key, child in symbol.origin.children.items()
    )


def _min_max(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    found = list(arguments.positional)
    if len(found) == 1:
        series = items.iterate(machine, found[0])
        found = [*series.items, *([] if series.rest is None else [series.rest])]
    return join_all(found) if found else Thing()


def _next(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import attributes, calls, items, methods

    value, default = arguments.get(0), arguments.get(1)
    if value is None:
        return Thing()
    made = attributes.call_special(machine, value, "__next__", [], node)
    if made is not None:
        return made
    series = machine.series(value)
    if isinstance(value, Ref) and series is not None:
        if not series.items and series.rest is None and default is not None:
            return default
        popped = methods.call_method(machine, value, "__next__", calls.Arguments(), None)
        is_sure = bool(series.items)
        return popped if is_sure or default is None else join_all([popped, default])
    inner = items.iterate(machine, value)
    every = [
        *inner.items,
        *([] if inner.rest is None else [inner.rest]),
        *([default] if default is not None else []),
    ]
    return join_all(every) if every else Thing()


def _iter(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    return machine.new_list(series.items, series.rest, "iterator")


def _getattr(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import attributes

    holder, name, default = arguments.get(0), arguments.get(1), arguments.get(2)
    if holder is None or name is None:
        return Thing()
    if not isinstance(name, Const) or not isinstance(name.value, str):
        if all(isinstance(one, Const) and isinstance(one.value, str) for one in alternatives(name)):
            return join_all(
                attributes.get_attribute(machine, holder, one.value)
                for one in alternatives(name)
                if isinstance(one, Const) and isinstance(one.value, str)
            )
        return Thing("", unite(machine.taint_of(holder), machine.taint_of(name)))
    found = attributes.get_attribute(machine, holder, name.value)
    if (
        default is not None
        and isinstance(found, Method)
        and isinstance(holder, Ref)
        and holder.kind == "object"
    ):
        return default
    return found if default is None or not isinstance(holder, Thing) else join_all([found, default])


def _setattr(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import attributes

    if len(arguments.positional) == 3 and node is not None:
        holder, name, value = arguments.positional
        if isinstance(name, Const) and isinstance(name.value, str):
            attributes.set_attribute(machine, holder, name.value, value, node)
    return NONE


def _hasattr(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    holder, name = arguments.get(0), arguments.get(1)
    table = machine.table(holder) if holder is not None else None
    if table is not None and isinstance(name, Const) and name.value in table.entries:
        return TRUE
    return boolean()


def _isinstance(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value, kind = arguments.get(0), arguments.get(1)
    if value is None or kind is None:
        return boolean()
    return is_instance(machine, value, kind)


def is_instance(machine: Machine, value: Value, kind: Value) -> Value:
    """`isinstance(value, kind)`: what it answers, or what it shows."""
    from dayfly.scan.taint import conditions

    wanted = [
        one for part in (kind.items if isinstance(kind, Items) else (kind,)) for one in alternatives(part)
    ]
    names: set[object] = set()
    for one in wanted:
        names.add(one.name if isinstance(one, Class) else one.dotted if isinstance(one, Name) else "?")
    answers: set[bool | None] = set()
    for one in alternatives(value):
        own = conditions.type_names(machine, one)
        if own is None or "?" in names:
            answers.add(None)
        elif own & names:
            answers.add(True)
        else:
            known_types = {"str", "bytes", "int", "float", "bool", "list", "dict", "tuple", "set", "NoneType"}
            answers.add(False if own <= known_types or isinstance(one, Ref) else None)
    if len(answers) == 1 and None not in answers:
        return Const(answers.pop())
    symbols = list(comparisons.symbols_of(value))
    if names <= {"int", "float", "bool", "complex", "decimal.Decimal", "datetime.datetime", "uuid.UUID"}:
        return boolean(tuple((symbol, Fact(EVERY_DANGER - {Danger.TRUST})) for symbol in symbols))
    if names <= {"str", "bytes", "int", "float", "bool"}:
        return boolean(tuple((symbol, Fact(frozenset({Danger.NOSQL}))) for symbol in symbols))
    return boolean()


def _type(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if isinstance(value, Ref) and value.cls is not None:
        return value.cls
    if isinstance(value, Const):
        return Name(type(value.value).__name__)
    return Thing("type")


def _print(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return None


def _format(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    return unknown_text() if value is None else formatting.to_text(machine, value)


def _namespace(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    found = machine.module_names(machine.here) if machine.here.is_module else []
    scope = machine.here
    while not scope.is_module and scope.parent is not None:
        scope = scope.parent
    found = machine.module_names(scope)
    return machine.new_dict(dict(found))


def _chr(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if isinstance(value, Const) and isinstance(value.value, int) and 0 <= value.value < 0x110000:
        return Const(chr(value.value))
    return unknown_text(machine.taint_of(value) if value is not None else ())


def _object(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return Thing("object")


_MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
    "str": _str,
    "repr": _repr,
    "ascii": _repr,
    "bytes": _bytes,
    "bytearray": _bytes,
    "int": _number(int),
    "float": _number(float),
    "bool": _bool,
    "len": _len,
    "list": _sequence("list"),
    "tuple": _sequence("tuple"),
    "set": _sequence("set"),
    "frozenset": _sequence("set"),
    "dict": _dict,
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "map": _map,
    "filter": _filter,
    "sorted": _sorted,
    "reversed": _reversed,
    "any": _any,
    "all": _all,
    "min": _min_max,
    "max": _min_max,
    "next": _next,
    "anext": _next,
    "iter": _iter,
    "aiter": _iter,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "isinstance": _isinstance,
    "type": _type,
    "format": _format,
    "globals": _namespace,
    "vars": _namespace,
    "chr": _chr,
    "object": _object,
}
