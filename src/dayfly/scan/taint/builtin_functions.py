"""Built-in functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint import builtin_sequences, comparisons, exceptions, formatting, namespaces, running_text
from dayfly.scan.taint.characters import ONLY_DIGITS
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.knowledge.model import EVERY_DANGER, Danger
from dayfly.scan.taint.values import (
    FALSE,
    NONE,
    TRUE,
    Class,
    Const,
    Fact,
    Items,
    Method,
    Module,
    Name,
    Ref,
    Table,
    Text,
    Thing,
    alternatives,
    boolean,
    cleanse,
    fresh_number,
    predictable,
    restore,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Taint, Value

_TYPES = {
    "str", "bytes", "int", "float", "bool", "complex", "list", "dict", "tuple", "set", "NoneType", "Decimal", "UUID",
}  # fmt: skip
Model = "Callable[[Machine, Arguments, ast.AST | None], Value | None]"
# What `int()` and `float()` accept lets no text through that harms; identities stay claims.
_NUMBER = Fact(EVERY_DANGER - {Danger.TRUST}, ONLY_DIGITS.lacks - set("+-. _\t\n"))
# The message of the exception repeats the text as its `repr`.
_REPEATED = frozenset({Danger.CODE, Danger.LOG, Danger.HEADER})
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
        else unknown_text(_of_numbers(machine, value), is_bytes=True)
    )


def _of_numbers(machine: Machine, value: Value) -> Taint:
    """The taint of bytes made of numbers: what `ord` made of a text is that text again."""
    taint = machine.taint_of(value)
    each = alternatives(machine.element(value) or value)
    return restore(taint) if all(isinstance(one, Thing) and one.kind == "int" for one in each) else taint


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
        said = cleanse(machine.taint_of(given[0]), _REPEATED)
        if machine.attempts and said:
            exceptions.may_raise(machine, "ValueError", said)
        for symbol in comparisons.symbols_of(given[0]):
            machine.store.learn(symbol, _NUMBER)
        return Thing(kind.__name__, predictable(machine.taint_of(given[0])))

    return run


def _bool(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if value is None:
        return FALSE
    from dayfly.scan.taint import special_methods

    value = special_methods.condition(machine, value, node)
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
    if default is None or not isinstance(holder, (Thing, Name, Module)):
        return found
    return join_all([found, default])


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
    from dayfly.scan.taint import attributes, conditions

    wanted = [
        one for part in (kind.items if isinstance(kind, Items) else (kind,)) for one in alternatives(part)
    ]
    names: set[object] = set()
    for one in wanted:
        if isinstance(one, Class):
            # A class of the project may be called as a type of the language is, and may answer for itself.
            asks = attributes.metaclass_method(machine, one, "__instancecheck__") is not None
            names.add("?" if asks or one.name in _TYPES else one.name)
        else:
            names.add(one.dotted if isinstance(one, Name) else "?")
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
    if len(arguments.positional) == 3:
        return _new_class(machine, *arguments.positional)
    if isinstance(value, Ref) and value.cls is not None:
        return value.cls
    if isinstance(value, Const):
        return Name(type(value.value).__name__)
    return Thing("type")


def _new_class(machine: Machine, name: Value, bases: Value, body: Value) -> Value:
    """`type("Name", (Base,), {…})`."""
    table = machine.table(body)
    if table is None or not isinstance(name, Const):
        return Thing("type")
    location = fresh_number()
    kept = bases.items if isinstance(bases, Items) else ()
    machine.store.set(location, Table(dict(table.entries), table.maybe, table.rest, kind="class"))
    return Class(location, str(name.value), machine.here, kept)


def _print(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return None


def _format(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if value is None:
        return unknown_text()
    made = formatting.format_object(machine, value, arguments.get(1, "format_spec"), node)
    return made if made is not None else formatting.to_text(machine, value)


def _namespace(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return namespaces.of_module(machine)


def _vars(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = _first(arguments)
    return namespaces.of_function(machine) if value is None else namespaces.of(machine, value)


def _import(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return namespaces.import_by_name(machine, arguments.get(0, "name"), is_top=arguments.get(3) is None)


def _chr(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    value = _first(arguments)
    if isinstance(value, Const) and isinstance(value.value, int) and 0 <= value.value < 0x110000:
        return Const(chr(value.value))
    return unknown_text(restore(machine.taint_of(value)) if value is not None else ())


def _running(*, is_expression: bool) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        return running_text.run(machine, arguments, node, is_expression=is_expression)

    return run


def _ord(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """A number, as harmless as any; `chr` makes of it again what it was."""
    value = _first(arguments)
    if value is None or isinstance(value, Const):
        return None
    return Thing("int", cleanse(machine.taint_of(value), EVERY_DANGER - {Danger.TRUST}))


def _property(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import attributes

    getter = arguments.get(0, "fget") or NONE
    setter = arguments.get(1, "fset") or NONE
    return Thing(attributes.PROPERTY, origin=(getter, setter))


def _object(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return Thing("object")


_MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
    **builtin_sequences.MODELS,
    "str": _str,
    "repr": _repr,
    "ascii": _repr,
    "bytes": _bytes,
    "bytearray": _bytes,
    "int": _number(int),
    "float": _number(float),
    "bool": _bool,
    "len": _len,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "isinstance": _isinstance,
    "type": _type,
    "format": _format,
    "globals": _namespace,
    "vars": _vars,
    "locals": _vars,
    "__import__": _import,
    "chr": _chr,
    "object": _object,
    "property": _property,
    "ord": _ord,
    "eval": _running(is_expression=True),
    "exec": _running(is_expression=False),
}
