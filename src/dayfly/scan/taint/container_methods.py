"""Methods of lists, sets, dicts and tuples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import effects, items, library_calls
from dayfly.scan.taint.joining import bounded, join_all, join_optional
from dayfly.scan.taint.values import (
    NONE,
    Choice,
    Const,
    Fact,
    Items,
    Ref,
    Series,
    Table,
    Thing,
    alternatives,
    boolean,
)

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

_SET_QUESTIONS = {"issubset", "issuperset", "isdisjoint"}


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
        machine.store.set(one.location, replace(content, items=kept, rest=rest, last=None))


def call_series(
    machine: Machine, ref: Ref, content: Series, name: str, arguments: Arguments, node: ast.AST | None
) -> Value | None:
    value = arguments.get(0)
    found = content.items

    def put(kept: tuple[Value, ...], rest: Value | None) -> None:
        kept, rest = bounded(kept, rest)
        machine.store.set(ref.location, replace(content, items=kept, rest=rest, last=None))

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
        machine.store.set(ref.location, replace(content, items=(), rest=None, last=None))
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
        from dayfly.scan.taint import memberships

        each = items.iterate(machine, value)
        return memberships.intersection(machine, ref, machine.new_list(each.items, each.rest, "set"))
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
    from dayfly.scan.taint import comparisons, memberships

    if other is None:
        return boolean()
    if name == "issubset":
        return boolean(memberships.within(machine, ref, other))
    if name == "issuperset":
        each = items.iterate(machine, other)
        return boolean(memberships.within(machine, machine.new_list(each.items, each.rest), ref))
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
        machine.store.set(ref.location, replace(content, items=tuple(kept), last=None))
        return value
    if position is not None and position >= 0 and position < len(found):
        kept = list(found)
        value = kept.pop(position)
        machine.store.set(ref.location, replace(content, items=tuple(kept), last=None))
        return value
    element = machine.element(ref)
    if position != -1 or content.rest is None:
        machine.store.set(ref.location, replace(content, items=(), rest=element, last=None))
    return element if element is not None else Thing()


def call_table(
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


def call_tuple(
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
