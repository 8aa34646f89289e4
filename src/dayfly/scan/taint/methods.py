"""Methods of built-in types: strings, lists, dicts, sets, and of what may be one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import effects, formatting, items, library_calls, texts
from dayfly.scan.taint.joining import bounded, join_all, join_optional
from dayfly.scan.taint.values import (
    NONE,
    Bound,
    Choice,
    Class,
    Const,
    Fact,
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
_TEXT_METHODS = {
    "strip", "lstrip", "rstrip", "lower", "upper", "casefold", "title", "capitalize", "swapcase", "replace", "split",
    "rsplit", "splitlines", "partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix",
    "encode", "decode", "find", "rfind", "isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isidentifier",
    "isprintable", "isspace", "isascii", "isupper", "islower", "istitle", "zfill", "ljust", "rjust", "center",
    "expandtabs", "format", "join", "translate", "format_map", "hex",
}  # fmt: skip
_SET_QUESTIONS = {"issubset", "issuperset", "isdisjoint"}


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
            return made
        return library_calls.call_method(machine, receiver, "str", name, arguments, node)
    if isinstance(receiver, Ref) and receiver.kind != "object":
        if node is not None and name in _CHANGERS:
            given = list(arguments.every())
            key = given[0] if name in {"setdefault", "insert"} and len(given) > 1 else None
            effects.record_change(machine, receiver, given[-1] if given else None, node, key)
        content = machine.store.get(receiver.location)
        if isinstance(content, Series):
            made = _series_method(machine, receiver, content, name, arguments, node)
        elif isinstance(content, Table):
            made = _table_method(machine, receiver, content, name, arguments, node)
        else:
            made = None
        if made is not None:
            return made
        return library_calls.call_method(machine, receiver, receiver.kind, name, arguments, node)
    if isinstance(receiver, Items):
        return _tuple_method(machine, receiver, name, arguments, node)
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


def _class_method(
    machine: Machine, cls: Class, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    from dayfly.scan.taint import calls

    if name in {"_make"}:
        value = arguments.get(0)
        if value is not None:
            return calls.instantiate(
                machine, cls, calls.Arguments(list(items.iterate(machine, value).items)), node
            )
    if name in {"model_validate", "parse_obj", "from_dict", "from_json", "model_validate_json", "parse_raw"}:
        value = arguments.get(0)
        table = None if value is None else machine.table(value)
        if table is not None:
            given = {str(key): one for key, one in table.entries.items()}
            return calls.instantiate(machine, cls, calls.Arguments([], given, None, table.rest), node)
        taint = library_calls.default_result(machine, list(arguments.every()))
        return calls.instantiate(machine, cls, calls.Arguments([], {}, None, taint), node)
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
        if name == "partition":
            return Items(made_one.items)
        return machine.new_list(made_one.items, made_one.rest)
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


def extend(machine: Machine, holder: Value, other: Value, node: ast.AST | None) -> None:
    """`holder.extend(other)`, `holder += other`."""
    added = items.iterate(machine, other)
    for one in alternatives(holder):
        if not isinstance(one, Ref):
            continue
        if node is not None:
            effects.record_change(machine, one, other, node)
        content = machine.store.get(one.location)
        if not isinstance(content, Series):
            continue
        if content.rest is None and not isinstance(holder, Choice):
            kept, rest = bounded((*content.items, *added.items), added.rest)
        else:
            kept = content.items
            rest = content.rest
            for value in (*added.items, *([] if added.rest is None else [added.rest])):
                rest = join_optional(rest, value)
        machine.store.set(one.location, replace(content, items=kept, rest=rest))


def _series_method(
    machine: Machine, ref: Ref, content: Series, name: str, arguments: Arguments, node: ast.AST | None
) -> Value | None:
    value = arguments.get(0)
    found = content.items

    def put(kept: tuple[Value, ...], rest: Value | None) -> None:
        kept, rest = bounded(kept, rest)
        machine.store.set(ref.location, replace(content, items=kept, rest=rest))

    if name in {"append", "add", "put", "put_nowait"} and value is not None:
        if content.kind == "set" and value in found:
            return NONE
        if content.rest is None:
            put((*found, value), None)
        else:
            put(found, join_all([content.rest, value]))
        return NONE
    if name == "appendleft" and value is not None:
        put((value, *found), content.rest)
        return NONE
    if name == "insert" and len(arguments.positional) == 2:
        index, value = arguments.positional
        if isinstance(index, Const) and isinstance(index.value, int) and content.rest is None:
            kept = list(found)
            kept.insert(index.value, value)
            put(tuple(kept), None)
        else:
            put((), join_all([*found, value, *([] if content.rest is None else [content.rest])]))
        return NONE
    if name in {"extend", "update", "union", "__iadd__"} and value is not None:
        if name == "union":
            other = items.iterate(machine, value)
            return machine.new_list([*found, *other.items], join_optional(content.rest, other.rest), "set")
        extend(machine, ref, value, None)
        return NONE
    if name in {"pop", "popleft", "get", "get_nowait", "__next__"}:
        return _pop(machine, ref, content, name, value)
    if name in {"remove", "discard"} and value is not None:
        if isinstance(value, Const) and content.rest is None and all(isinstance(one, Const) for one in found):
            kept = list(found)
            if value in kept:
                kept.remove(value)
            put(tuple(kept), None)
        elif value in found:
            kept = list(found)
            kept.remove(value)
            if all(isinstance(one, Const) for one in kept[: found.index(value)]):
                put(tuple(kept), content.rest)
            else:
                put((), join_all([*found, *([] if content.rest is None else [content.rest])]))
        return NONE
    if name == "clear":
        machine.store.set(ref.location, replace(content, items=(), rest=None))
        return NONE
    if name == "reverse":
        put(tuple(reversed(found)) if content.rest is None else (), content.rest and machine.element(ref))
        return NONE
    if name == "sort":
        put(*_sorted(machine, ref, content))
        return NONE
    if name == "copy":
        return machine.allocate(content, ref.kind)
    if name in {"index", "count", "__len__", "qsize"}:
        return _index(content, name, value)
    if name in {"empty", "full"} and content.rest is None:
        return Const(not found) if name == "empty" else boolean()
    if name in _SET_QUESTIONS:
        return _ask_set(machine, ref, content, name, value)
    if name == "intersection" and value is not None:
        from dayfly.scan.taint import comparisons

        each = items.iterate(machine, value)
        return comparisons.intersection(machine, ref, machine.new_list(each.items, each.rest, "set"))
    if name in {"difference", "symmetric_difference"}:
        return machine.new_list([], machine.element(ref), "set")
    if name == "__iter__":
        return ref
    if name in {"join", "task_done", "close", "rotate"}:
        return NONE
    if name == "send":
        return machine.element(ref) or Thing()
    return None


def _ask_set(machine: Machine, ref: Ref, content: Series, name: str, other: Value | None) -> Value:
    from dayfly.scan.taint import comparisons

    if other is None:
        return boolean()
    if name == "issubset":
        return boolean(comparisons.within(machine, ref, other))
    if name == "issuperset":
        each = items.iterate(machine, other)
        return boolean(comparisons.within(machine, machine.new_list(each.items, each.rest), ref))
    known = [one.value for one in content.items if isinstance(one, Const) and isinstance(one.value, str)]
    if content.rest is None and len(known) == len(content.items):
        lacking = Fact(lacks=frozenset(known))
        return boolean(tuple((symbol, lacking) for symbol in comparisons.symbols_of(other)))
    return boolean()


def _sorted(machine: Machine, ref: Ref, content: Series) -> tuple[tuple[Value, ...], Value | None]:
    if content.rest is None and all(isinstance(one, Const) for one in content.items):
        try:
            real = sorted(one.value for one in content.items if isinstance(one, Const))  # type: ignore[type-var]
            return tuple(Const(one) for one in real), None
        except TypeError:
            pass
    return (), machine.element(ref)


def _index(content: Series, name: str, value: Value | None) -> Value:
    if content.rest is None and name in {"__len__", "qsize"}:
        return Const(len(content.items))
    if (
        name == "index"
        and value is not None
        and content.rest is None
        and all(isinstance(one, Const) for one in content.items)
    ) and value in content.items:
        return Const(content.items.index(value))
    return Thing("int")


def _pop(machine: Machine, ref: Ref, content: Series, name: str, index: Value | None) -> Value:
    found = content.items
    position: int | None = -1
    if name in {"popleft", "get", "get_nowait", "__next__"} or (content.kind == "iterator"):
        position = 0
    elif index is not None:
        position = index.value if isinstance(index, Const) and isinstance(index.value, int) else None
    if content.kind == "lifo":
        position = -1
    if content.kind == "set":
        position = 0 if len(found) == 1 else None
    if position is not None and content.rest is None and -len(found) <= position < len(found):
        kept = list(found)
        value = kept.pop(position)
        machine.store.set(ref.location, replace(content, items=tuple(kept)))
        return value
    if position is not None and position >= 0 and position < len(found):
        kept = list(found)
        value = kept.pop(position)
        machine.store.set(ref.location, replace(content, items=tuple(kept)))
        return value
    element = machine.element(ref)
    if position != -1 or content.rest is None:
        machine.store.set(ref.location, replace(content, items=(), rest=element))
    return element if element is not None else Thing()


def _table_method(
    machine: Machine, ref: Ref, content: Table, name: str, arguments: Arguments, node: ast.AST | None
) -> Value | None:
    key, default = arguments.get(0), arguments.get(1, "default")
    if name in {"get", "pop", "setdefault", "__getitem__", "getlist"} and key is not None:
        return _look(machine, ref, content, name, key, default)
    if name == "keys":
        series = items.keys_of(content)
        return machine.new_list(series.items, series.rest)
    if name == "values":
        return machine.new_list(list(content.entries.values()), content.rest)
    if name == "items":
        series = items.keys_of(content)
        pairs = [Items((k, v)) for k, v in zip(series.items, content.entries.values(), strict=True)]
        rest = None if content.rest is None else Items((series.rest or Thing("str"), content.rest))
        return machine.new_list(pairs, rest)
    if name == "update":
        for one in arguments.positional:
            items.update(machine, ref, one)
        for keyword, value in arguments.keywords.items():
            items.set_item(machine, ref, Const(keyword), value, None, is_new=True)
        if arguments.keyword_rest is not None:
            items.update(machine, ref, machine.new_dict({}, arguments.keyword_rest))
        return NONE
    if name == "copy":
        return machine.allocate(content, "dict")
    if name == "clear":
        machine.store.set(
            ref.location, replace(content, entries={}, maybe=frozenset(), rest=None, rest_keys=None)
        )
        return NONE
    if name == "__len__":
        return Const(len(content.entries)) if content.rest is None and not content.maybe else Thing("int")
    if name == "popitem":
        found = [*content.entries.values(), *([] if content.rest is None else [content.rest])]
        return Items((Thing("str"), join_all(found))) if found else Thing()
    if name == "__contains__":
        return boolean()
    if name in {"most_common", "elements"}:
        return machine.new_list([], Thing("", machine.taint_of(ref)))
    return None


def _look(machine: Machine, ref: Ref, content: Table, name: str, key: Value, default: Value | None) -> Value:
    found: list[Value] = []
    for one in alternatives(key):
        constant = items.key_of(one)
        value = items.table_item(machine, ref, replace(content, factory=None), one)
        is_sure = constant is not None and constant[0] in content.entries and constant[0] not in content.maybe
        if value is not None:
            found.append(value)
        if not is_sure:
            found.append(default if default is not None else NONE)
        if name == "setdefault" and not is_sure and default is not None:
            merged = default if value is None else join_all([value, default])
            items.set_item(machine, ref, one, merged, None, is_new=True)
        elif name == "pop":
            items.delete_item(machine, ref, one)
    return join_all(found) if found else Thing()


def _tuple_method(
    machine: Machine, receiver: Items, name: str, arguments: Arguments, node: ast.AST | None
) -> Value:
    if name in {"index", "count"}:
        return _index(Series(receiver.items, receiver.rest), name, arguments.get(0))
    if name == "_replace":
        changed = tuple(
            arguments.keywords.get(field, one)
            for field, one in zip(receiver.names, receiver.items, strict=True)
        )
        return replace(receiver, items=changed)
    if name == "_asdict":
        return machine.new_dict(dict(zip(receiver.names, receiver.items, strict=False)))
    return library_calls.default_result(machine, [receiver, *arguments.every()])


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
