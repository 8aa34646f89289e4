"""Methods of built-in types: strings, lists, dicts, sets, and of what may be one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint import container_methods, effects, formatting, instances, items, library_calls, texts
from dayfly.scan.taint.joining import join_all, join_optional
from dayfly.scan.taint.values import (
    NONE,
    Bound,
    Choice,
    Class,
    Const,
    Function,
    Items,
    Method,
    Name,
    Partial,
    Ref,
    Series,
    Super,
    Table,
    Text,
    Thing,
    alternatives,
    boolean,
    unknown_text,
    unquoted,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

_CHANGERS = {
    "append", "appendleft", "insert", "extend", "extendleft", "pop", "popleft", "remove", "clear", "sort", "reverse",
    "update", "setdefault", "popitem", "add", "discard", "put", "put_nowait", "rotate", "move_to_end",
}  # fmt: skip
# Their `start` calls the `run` of a class of the project.
_RUNNERS = {
    "threading.Thread",
    "threading.Timer",
    "multiprocessing.Process",
    "multiprocessing.context.Process",
}
_TEXT_METHODS = {
    "strip", "lstrip", "rstrip", "lower", "upper", "casefold", "title", "capitalize", "swapcase", "replace", "split",
    "rsplit", "splitlines", "partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix",
    "encode", "decode", "find", "rfind", "isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isidentifier",
    "isprintable", "isspace", "isascii", "isupper", "islower", "istitle", "zfill", "ljust", "rjust", "center",
    "expandtabs", "format", "join", "translate", "format_map", "hex",
}  # fmt: skip


def call_method(
    machine: Machine, receiver: Value, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    """`receiver.name(…)`."""
    if isinstance(receiver, Choice):
        return join_all(call_method(machine, one, name, arguments, node) for one in receiver.alternatives)
    if isinstance(receiver, (Const, Text)):
        if name in {"format", "format_map"}:
            library_calls.check_sinks(machine, [f"str.{name}"], arguments, receiver, node)
        made = _text_method(machine, receiver, name, arguments)
        if made is not None:
            return unquoted(made) if _takes_quotes(name, arguments) and isinstance(made, Text) else made
        return library_calls.call_method(machine, receiver, "str", name, arguments, node)
    if isinstance(receiver, Ref) and receiver.kind != "object":
        if node is not None and name in _CHANGERS:
            given = list(arguments.every())
            key = given[0] if name in {"setdefault", "insert"} and len(given) > 1 else None
            effects.record_change(machine, receiver, given[-1] if given else None, node, key)
        content = machine.store.get(receiver.location)
        if isinstance(content, Series):
            made = container_methods.call_series(machine, receiver, content, name, arguments, node)
        elif isinstance(content, Table):
            made = container_methods.call_table(machine, receiver, content, name, arguments, node)
        else:
            made = None
        if made is not None:
            return made
        return library_calls.call_method(machine, receiver, receiver.kind, name, arguments, node)
    if isinstance(receiver, Items):
        return container_methods.call_tuple(machine, receiver, name, arguments, node)
    if isinstance(receiver, Thing):
        return _thing_method(machine, receiver, name, arguments, node)
    if isinstance(receiver, Ref):
        return _inherited_method(machine, receiver, name, arguments, node)
    if isinstance(receiver, (Function, Bound, Partial)):
        if name in {"cache_clear", "cache_info"}:
            return NONE
        if name in {"__call__", "__wrapped__"}:
            from dayfly.scan.taint import calls

            return calls.call(machine, receiver, arguments, node)
        return library_calls.default_result(machine, list(arguments.every()))
    if isinstance(receiver, Class):
        return _class_method(machine, receiver, name, arguments, node)
    if isinstance(receiver, Name):
        return library_calls.call_name(machine, f"{receiver.dotted}.{name}", arguments, node)
    if isinstance(receiver, (Method, Super)):
        return library_calls.default_result(machine, [receiver, *arguments.every()])
    return library_calls.default_result(machine, list(arguments.every()))


def _takes_quotes(name: str, arguments: Arguments) -> bool:
    """Whether a method may take away the quotes that a text stands in."""
    first = arguments.get(0)
    return (
        name in {"strip", "lstrip", "rstrip", "replace", "removeprefix", "removesuffix"}
        and isinstance(first, Const)
        and isinstance(first.value, str)
        and "'" in first.value
    )


def _class_method(
    machine: Machine, cls: Class, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    from dayfly.scan.taint import calls

    if name in {"_make"}:
        value = arguments.get(0)
        if value is not None:
            return instances.instantiate(
                machine, cls, calls.Arguments(list(items.iterate(machine, value).items)), node
            )
    if name in {"model_validate", "parse_obj", "from_dict", "from_json", "model_validate_json", "parse_raw"}:
        value = arguments.get(0)
        table = None if value is None else machine.table(value)
        if table is not None:
            given = {str(key): one for key, one in table.entries.items()}
            return instances.instantiate(machine, cls, calls.Arguments([], given, None, table.rest), node)
        taint = library_calls.default_result(machine, list(arguments.every()))
        return instances.instantiate(machine, cls, calls.Arguments([], {}, None, taint), node)
    if name == "__new__":
        return machine.allocate(Table(kind="object"), "object", cls)
    return library_calls.default_result(machine, list(arguments.every()))


def _inherited_method(
    machine: Machine, receiver: Ref, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    """A method that a class of the project inherits from a library's."""
    from dayfly.scan.taint import attributes

    kinds = attributes.kinds_of(machine, receiver.cls) if receiver.cls is not None else []
    if name == "_replace" or name == "model_copy":
        return receiver
    if name in {"model_dump", "dict", "_asdict", "to_dict"}:
        table = machine.table(receiver)
        return machine.allocate(
            Table(dict(table.entries) if table else {}, rest=table.rest if table else None), "dict"
        )
    if name in {"start", "run"} and not _RUNNERS.isdisjoint(kinds):
        from dayfly.scan.taint import calls

        assert receiver.cls is not None
        found = attributes.find_in_class(machine, receiver.cls, "run")
        if found is not None:
            return calls.call(machine, Bound(found[0], receiver), calls.Arguments(), node)
    for kind in kinds:
        return library_calls.call_method(machine, receiver, kind, name, arguments, node)
    return library_calls.default_result(machine, [receiver, *arguments.every()])


def _text_method(machine: Machine, receiver: Const | Text, name: str, arguments: Arguments) -> Value | None:
    if isinstance(receiver, Const) and not isinstance(receiver.value, (str, bytes)):
        return _scalar_method(receiver, name, arguments)
    if name == "join":
        value = arguments.get(0)
        if value is None:
            return None
        series = items.iterate(machine, value)
        return formatting.join_texts(machine, receiver, series.items, series.rest)
    if name == "format":
        return formatting.format_text(machine, receiver, arguments)
    if name == "format_map":
        value = arguments.get(0)
        table = None if value is None else machine.table(value)
        if table is not None:
            from dayfly.scan.taint import calls

            given = {str(key): one for key, one in table.entries.items()}
            return formatting.format_text(machine, receiver, calls.Arguments([], given, None, table.rest))
        return unknown_text(machine.taint_of(value)) if value is not None else None
    given_values = list(arguments.every())
    if isinstance(receiver, Const):
        made = _constant_method(machine, receiver, name, given_values, arguments)
        if made is not None:
            return made
        parts = texts.parts_of(receiver)
        if not parts or name in {"translate", "index", "find", "count"}:
            return None
        if name in {
            "split",
            "rsplit",
            "replace",
            "startswith",
            "endswith",
            "strip",
            "removeprefix",
            "encode",
        }:
            taint = machine.taint_of(Items(tuple(given_values)))
            return boolean() if name in {"startswith", "endswith"} else unknown_text(taint)
        return None
    options = [alternatives(one) for one in given_values]
    if any(len(one) > 1 for one in options):
        made_each = [
            texts.call_method(receiver, name, [one, *(option[0] for option in options[1:])])
            for one in options[0]
        ]
        if all(one is not None and not isinstance(one, texts.Pieces) for one in made_each):
            return join_all(one for one in made_each if one is not None and not isinstance(one, texts.Pieces))
    if name == "translate" and given_values and isinstance(given_values[0], Thing):
        return _translate(receiver, given_values[0])
    made_one = texts.call_method(receiver, name, given_values)
    if isinstance(made_one, texts.Pieces):
        if name in {"partition", "rpartition"}:
            return Items(made_one.items)
        return machine.allocate(Series(made_one.items, made_one.rest, last=made_one.last), "list")
    return made_one


def _translate(text: Text, table: Thing) -> Value | None:
    if table.kind != "dayfly.Translation" or not isinstance(table.origin[0], Items):
        return None
    made: Value = text
    for pair in table.origin[0].items:
        if isinstance(pair, Items) and isinstance(made, Text):
            old, new = (one.value if isinstance(one, Const) else "" for one in pair.items)
            made = texts.replace_in(made, str(old), str(new))
    return made


def _scalar_method(receiver: Const, name: str, arguments: Arguments) -> Value | None:
    if receiver.value is None:
        return Thing()
    if name in {"bit_length", "is_integer", "as_integer_ratio", "conjugate"}:
        return Thing("int")
    return None


def _constant_method(
    machine: Machine, receiver: Const, name: str, given: Sequence[Value], arguments: Arguments
) -> Value | None:
    """The real result for a constant and constant arguments."""
    real: list[object] = []
    for one in given:
        if isinstance(one, Const):
            real.append(one.value)
        elif (
            isinstance(one, Items) and one.rest is None and all(isinstance(part, Const) for part in one.items)
        ):
            real.append(tuple(part.value for part in one.items if isinstance(part, Const)))
        else:
            return None
    if name not in _TEXT_METHODS | {"index", "count", "rindex", "__len__", "hex"} or name in {
        "translate",
        "join",
    }:
        return None
    if any(isinstance(one, int) and abs(one) > 10_000 for one in real):
        return None
    if arguments.keywords:
        return (
            None
            if name not in {"split", "encode", "decode", "splitlines"}
            else _keyword_method(receiver, name)
        )
    try:
        result = getattr(receiver.value, name)(*real)
    except Exception:  # boundary: the scanned program's own error
        return Thing()
    if isinstance(result, (str, bytes)) and len(result) > texts.MAX_CONSTANT:
        return unknown_text(is_bytes=isinstance(result, bytes))
    if isinstance(result, list):
        return machine.new_list([Const(one) for one in result])
    if isinstance(result, tuple):
        return Items(tuple(Const(one) for one in result))
    return Const(result)


def _keyword_method(receiver: Const, name: str) -> Value | None:
    if name == "encode" and isinstance(receiver.value, str):
        return Const(receiver.value.encode("utf-8", "replace"))
    if name == "decode" and isinstance(receiver.value, bytes):
        return Const(receiver.value.decode("utf-8", "replace"))
    return None


def _thing_method(
    machine: Machine, receiver: Thing, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    """A method of something unknown: rows about its type first, then as a dict or a string that it may be."""
    machine.risks += 1
    special = library_calls.special_method(machine, receiver, name, arguments)
    if special is not None:
        return special
    if library_calls.has_rows(machine, receiver.kind, name) and receiver.kind not in {"", "str"}:
        return library_calls.call_method(machine, receiver, receiver.kind, name, arguments, node)
    if not receiver.kind and node is not None:
        library_calls.check_sinks(machine, [f"*.{name}"], arguments, receiver, node)
    if receiver.path is not None or receiver.kind in {"", "dict"} or receiver.element_kind:
        made = _mapping_method(machine, receiver, name, arguments)
        if made is not None:
            return made
    if (
        name in {"index", "rindex"}
        and not receiver.kind
        and len(arguments.positional) == len(list(arguments.every())) == 1
    ):
        # Of a list or a text it is a number; a search engine's own `index` is called with keywords.
        return Thing("int")
    is_query = name == "find" and not receiver.kind and _is_dict(machine, arguments.get(0))
    if name in _TEXT_METHODS and receiver.kind in {"", "str", "bytes"} and not is_query:
        if name in {"format", "format_map"}:
            library_calls.check_sinks(machine, [f"str.{name}"], arguments, receiver, node)
        made = _text_method(machine, texts.text_of_unknown(receiver), name, arguments)
        if made is not None:
            return made
    return library_calls.call_method(machine, receiver, receiver.kind, name, arguments, node)


def _is_dict(machine: Machine, value: Value | None) -> bool:
    return value is not None and any(machine.table(one) is not None for one in alternatives(value))


def _mapping_method(machine: Machine, receiver: Thing, name: str, arguments: Arguments) -> Value | None:
    key, default = arguments.get(0), arguments.get(1, "default")
    if name in {"get", "pop", "setdefault", "getlist", "get_all", "getall"} and key is not None:
        made: Value = join_all(items.thing_item(machine, receiver, one) for one in alternatives(key))
        if name in {"getlist", "get_all", "getall"}:
            return machine.new_list([], made)
        if name == "pop" or default is not None:
            return join_all([made, default]) if default is not None else made
        return made
    if name == "items":
        each = items.iterate(machine, receiver)
        key_value = unknown_text(receiver.taint, receiver.symbol.child(("keys",)))
        return machine.new_list([], Items((key_value, each.rest if each.rest is not None else Thing())))
    if name == "keys":
        return machine.new_list([], unknown_text(receiver.taint, receiver.symbol.child(("keys",))))
    if name == "values":
        return machine.new_list([], items.iterate(machine, receiver).rest)
    if name in {"copy", "to_dict", "dict", "model_dump"} and not receiver.kind:
        return receiver
    if name == "update" and key is not None:
        items.update(machine, receiver, key)
        return NONE
    if name in {"append", "add", "insert", "extend", "put"} and receiver.kind in {"", "list", "set"}:
        value = arguments.positional[-1] if arguments.positional else None
        if value is not None:
            before = machine.store.value((receiver.symbol, "items"))
            added = Thing("", machine.taint_of(value)) if name == "extend" else value
            machine.store.set((receiver.symbol, "items"), join_optional(before, added) or added)
        return NONE
    return None
