"""Subscripts, slices and iteration: what is read from and written to containers, exactly where keys are known."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import effects, events, exceptions, namespaces, promises, texts
from dayfly.scan.taint.comparisons import symbols_of
from dayfly.scan.taint.joining import bounded, join_all, join_optional
from dayfly.scan.taint.knowledge.model import Danger
from dayfly.scan.taint.values import (
    HARMLESS,
    Class,
    Const,
    Hole,
    Items,
    Name,
    Ref,
    Series,
    Symbol,
    Table,
    Text,
    Thing,
    alternatives,
    cleanse,
    unknown_text,
    unquoted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Key, Value

_IN_A_HEADER = frozenset({Danger.LOG, Danger.HEADER})


def key_of(value: Value) -> tuple[Key] | None:
    """The constant key that a value is, in a tuple of one; None where it is none."""
    if isinstance(value, Const):
        return (value.value,)
    if isinstance(value, Items) and value.rest is None and all(isinstance(one, Const) for one in value.items):
        return (tuple(one.value for one in value.items if isinstance(one, Const)),)
    return None


def get_item(machine: Machine, holder: Value, key: Value, node: ast.AST) -> Value:
    """`holder[key]`."""
    found = [_get_one(machine, a, b, node) for a in alternatives(holder) for b in alternatives(key)]
    table = machine.table(holder)
    if table is not None and table.rest is None and table.rest_keys is None and table.factory is None:
        # Without an exception it is one of the keys.
        for symbol in symbols_of(key):
            machine.store.learn(symbol, HARMLESS)
    present = [one for one in found if one is not None]
    if not present:
        if machine.attempts and machine.table(holder) is not None:
            # The key is surely not there: only the handler goes on.
            exceptions.raise_named(machine, "KeyError")
        machine.risks += 1
        return Thing()
    if len(present) < len(found) or any(isinstance(one, Thing) for one in alternatives(holder)):
        machine.risks += 1
    return join_all(present)


def _get_one(machine: Machine, holder: Value, key: Value, node: ast.AST) -> Value | None:
    series = machine.series(holder)
    if series is not None:
        return _series_item(series, key)
    if isinstance(holder, Ref):
        table = machine.table(holder)
        if table is not None and holder.kind == "dict":
            return table_item(machine, holder, table, key)
    if isinstance(holder, (Text, Const)):
        if isinstance(holder, Const):
            if (
                isinstance(key, Const)
                and isinstance(holder.value, (str, bytes))
                and isinstance(key.value, int)
            ):
                try:
                    return Const(holder.value[key.value])
                except IndexError:
                    return None
            return Thing("str") if not isinstance(holder.value, type(None)) else None
        if isinstance(key, Const) and isinstance(key.value, int):
            return texts.item(holder, key.value)
        # The type may be wrong where a value was only guessed to be a text.
        return Thing("", machine.taint_of(holder))
    from dayfly.scan.taint import attributes

    called = attributes.call_special(machine, holder, "__getitem__", [key], node)
    if called is not None:
        return called
    if isinstance(holder, Class):
        own = attributes.find_in_class(machine, holder, "__class_getitem__")
        getter = attributes.metaclass_method(machine, holder, "__getitem__") if own is None else own[0]
        if getter is not None:
            from dayfly.scan.taint import calls

            return calls.call(machine, getter, calls.Arguments([holder, key]), node)
        return attributes.enum_member(machine, holder, key)
    if isinstance(holder, Thing):
        if holder.kind == namespaces.KIND:
            return namespaces.get(machine, holder, key)
        if holder.kind == "dayfly.Sections":
            from dayfly.scan.taint import calls, stdlib_objects

            return stdlib_objects.call_object(machine, holder, "__getitem__", calls.Arguments([key]))
        return thing_item(machine, holder, key)
    return attributes.library_item(machine, holder, key)


def _series_item(series: Series, key: Value) -> Value | None:
    if isinstance(key, Const) and isinstance(key.value, int):
        index = key.value
        if 0 <= index < len(series.items):
            return series.items[index]
        if index < 0 and series.rest is None and -index <= len(series.items):
            return series.items[index]
        if index == -1 and series.last is not None:
            return series.last
        if series.rest is None:
            return None
        return series.rest if index >= 0 else join_all([series.rest, *series.items])
    found = [*series.items, *([] if series.rest is None else [series.rest])]
    return join_all(found) if found else None


def table_item(machine: Machine, holder: Ref, table: Table, key: Value) -> Value | None:
    """What lies under a key; None where nothing can."""
    constant = key_of(key)
    if constant is not None:
        if constant[0] in table.entries:
            value = table.entries[constant[0]]
            return join_optional(table.rest, value) if constant[0] in table.maybe else value
        if table.factory is not None and table.rest is None:
            from dayfly.scan.taint import calls

            made = calls.call(machine, table.factory, calls.Arguments(), None)
            set_item(machine, holder, key, made, None, is_new=True)
            return made
        return table.rest
    found = [*table.entries.values(), *([] if table.rest is None else [table.rest])]
    machine.risks += 1  # the key may not be there
    return join_all(found) if found else None


def thing_item(machine: Machine, holder: Thing, key: Value) -> Value:
    """An item of an unknown value: of the event by its shape, else with the taint of the whole."""
    constant = key_of(key)
    if holder.kind == "re.Match" and holder.origin:
        from dayfly.scan.taint import calls, library_calls

        return library_calls.match_group(machine, holder, "group", calls.Arguments([key]))
    if constant is not None:
        stored = machine.store.value((holder.symbol, "item", constant[0]))
        if stored is not None:
            return stored
        if holder.path is not None:
            return events.child(machine, holder, constant[0])
    changed = machine.store.value((holder.symbol, "items"))
    symbol = Symbol() if constant is None else holder.symbol.child(("item", constant[0]))
    if holder.path is not None:
        made = events.child(machine, holder, None, symbol)
    elif holder.element_kind == "str":
        made = unknown_text(holder.taint, symbol)
    elif holder.element_kind == "boto3.StreamingBody" and constant is not None and constant[0] != "Body":
        made = Thing("", cleanse(holder.taint, _IN_A_HEADER), symbol)  # S3 answers with it in a header
    else:
        made = Thing(holder.element_kind, holder.taint, symbol, is_structure=holder.is_structure, origin=())
    return made if changed is None else join_all([made, changed])


def set_item(
    machine: Machine, holder: Value, key: Value, value: Value, node: ast.AST | None, *, is_new: bool = False
) -> None:
    """`holder[key] = value`."""
    targets = alternatives(holder)
    for one in targets:
        if node is not None:
            promises.check(machine, key, value, node)
        if not is_new and node is not None:
            effects.record_change(machine, one, value, node, key)
        _set_one(machine, one, key, value, node, is_weak=len(targets) > 1)


def _set_one(
    machine: Machine, holder: Value, key: Value, value: Value, node: ast.AST | None, *, is_weak: bool
) -> None:
    constant = key_of(key)
    if isinstance(holder, Thing):
        if holder.kind == namespaces.KIND:
            namespaces.put(machine, holder, key, value, node)
            return
        if node is not None and holder.kind:
            from dayfly.scan.taint import calls, library_calls

            rows = [f"{kind}.__setitem__" for kind in machine.library.lineage(holder.kind)]
            library_calls.check_sinks(machine, rows, calls.Arguments([key, value]), holder, node)
        if constant is not None:
            machine.store.set((holder.symbol, "item", constant[0]), value)
        else:
            before = machine.store.value((holder.symbol, "items"))
            machine.store.set(
                (holder.symbol, "items"), value if before is None else join_all([before, value])
            )
        return
    if isinstance(holder, Name) and holder.dotted == "builtins" and node is not None:
        namespaces.put(machine, Thing(namespaces.KIND, origin=(holder,)), key, value, node)
        return
    if isinstance(holder, Name) and holder.dotted == "os.environ" and constant is not None:
        machine.store.set(("os.environ", "item", constant[0]), value)
        return
    if not isinstance(holder, Ref):
        return
    content = machine.store.get(holder.location)
    if isinstance(content, Table) and holder.kind == "dict":
        if constant is None:
            machine.store.set(
                holder.location,
                replace(
                    content,
                    rest=join_optional(content.rest, value),
                    rest_keys=join_optional(content.rest_keys, key),
                ),
            )
            return
        entries = dict(content.entries)
        maybe = content.maybe
        if is_weak and constant[0] in entries:
            value = join_all([entries[constant[0]], value])
        elif is_weak:
            maybe = maybe | {constant[0]}
        else:
            maybe = maybe - {constant[0]}
        entries[constant[0]] = value
        if len(entries) > 400:
            rest = join_all(entries.values())
            machine.store.set(holder.location, Table({}, frozenset(), rest, kind=content.kind))
            return
        machine.store.set(holder.location, replace(content, entries=entries, maybe=maybe))
    elif isinstance(content, Series):
        index = constant[0] if constant is not None else None
        if isinstance(index, int) and -len(content.items) <= index < len(content.items) and not is_weak:
            changed = list(content.items)
            changed[index] = value
            machine.store.set(holder.location, replace(content, items=tuple(changed), last=None))
        else:
            widened = tuple(join_all([one, value]) for one in content.items)
            others = None if content.rest is None else join_all([content.rest, value])
            machine.store.set(holder.location, replace(content, items=widened, rest=others))
    elif node is not None:
        from dayfly.scan.taint import attributes

        attributes.call_special(machine, holder, "__setitem__", [key, value], node)


def delete_item(machine: Machine, holder: Value, key: Value) -> None:
    """`del holder[key]`."""
    constant = key_of(key)
    from dayfly.scan.taint import attributes

    for one in alternatives(holder):
        attributes.call_special(machine, one, "__delitem__", [key], None)
        if not isinstance(one, Ref) or constant is None:
            continue
        content = machine.store.get(one.location)
        if isinstance(content, Table) and constant[0] in content.entries:
            entries = {k: v for k, v in content.entries.items() if k != constant[0]}
            machine.store.set(one.location, replace(content, entries=entries))
        elif isinstance(content, Series) and isinstance(constant[0], int):
            index = constant[0]
            if -len(content.items) <= index < len(content.items):
                kept = list(content.items)
                kept.pop(index)
                machine.store.set(one.location, replace(content, items=tuple(kept)))


def update(machine: Machine, holder: Value, other: Value) -> None:
    """`holder.update(other)`."""
    for source in alternatives(other):
        table = machine.table(source)
        for target in alternatives(holder):
            content = machine.table(target)
            if not isinstance(target, Ref) or content is None:
                if isinstance(target, Thing):
                    machine.store.set((target.symbol, "items"), Thing("", machine.taint_of(source)))
                continue
            if table is not None:
                entries = dict(content.entries)
                maybe = set(content.maybe)
                for key, value in table.entries.items():
                    if key in table.maybe and key in entries:
                        entries[key] = join_all([entries[key], value])
                    elif key in table.maybe:
                        entries[key] = value
                        maybe.add(key)
                    else:
                        entries[key] = value
                        maybe.discard(key)
                rest = join_optional(content.rest, table.rest)
                rest_keys = join_optional(content.rest_keys, table.rest_keys)
                changed = replace(
                    content, entries=entries, maybe=frozenset(maybe), rest=rest, rest_keys=rest_keys
                )
                if table.rest is not None:
                    changed = replace(
                        changed, entries={k: join_all([v, table.rest]) for k, v in entries.items()}
                    )
                machine.store.set(target.location, changed)
                continue
            series = machine.series(source)
            if series is not None:
                for pair in series.items:
                    name, held = _pair(machine, pair)
                    set_item(machine, target, name, held, None, is_new=True)
                if series.rest is not None:
                    name, held = _pair(machine, series.rest)
                    set_item(machine, target, Thing("str", machine.taint_of(name)), held, None, is_new=False)
                continue
            taint = machine.taint_of(source)
            if taint:
                unknown = Thing("", taint)
                machine.store.set(
                    target.location,
                    replace(
                        content,
                        entries={k: join_all([v, unknown]) for k, v in content.entries.items()},
                        rest=join_optional(content.rest, unknown),
                        rest_keys=join_optional(content.rest_keys, Thing("str", taint)),
                    ),
                )


def _pair(machine: Machine, value: Value) -> tuple[Value, Value]:
    """A key and its value, of what `dict()` is given of each: a tuple or list of two, or something unknown."""
    inner = machine.series(value)
    if inner is not None and len(inner.items) == 2 and inner.rest is None:
        return inner.items[0], inner.items[1]
    unknown = Thing("", machine.taint_of(value))
    return unknown, unknown


def unite_containers(machine: Machine, left: Value, right: Value) -> Value | None:
    """`left | right` of dicts or sets."""
    a, b = machine.table(left), machine.table(right)
    if a is not None and b is not None:
        made = machine.allocate(a, "dict")
        update(machine, made, right)
        return made
    first, second = machine.series(left), machine.series(right)
    if first is not None and second is not None:
        rest = join_optional(first.rest, second.rest)
        return machine.new_list([*first.items, *second.items], rest, "set")
    return None


def cut(machine: Machine, holder: Value, bounds: Sequence[Value | None]) -> Value:
    """`holder[a:b:c]`."""
    whole = all(one is None or one == Const(None) for one in bounds)
    parts = (_cut_one(machine, one, bounds) for one in alternatives(holder))
    return join_all(
        unquoted(one) if isinstance(one, Text) and not one.is_bytes and not whole else one for one in parts
    )


def _cut_one(machine: Machine, holder: Value, bounds: Sequence[Value | None]) -> Value:
    numbers: list[int | None] = []
    is_known = True
    for bound in bounds:
        if bound is None or (isinstance(bound, Const) and bound.value is None):
            numbers.append(None)
        elif isinstance(bound, Const) and isinstance(bound.value, int):
            numbers.append(bound.value)
        else:
            is_known = False
    series = machine.series(holder)
    if isinstance(holder, Const) and isinstance(holder.value, (str, bytes)):
        if is_known and numbers[2] != 0:
            return Const(holder.value[numbers[0] : numbers[1] : numbers[2]])
        return unknown_text(is_bytes=isinstance(holder.value, bytes))
    if isinstance(holder, Thing):
        if holder.path is not None or holder.kind not in {"", "str", "bytes"}:
            key = ("slice", *(numbers if numbers[2:] != [None] else numbers[:2]))
            symbol = holder.symbol.child(key, is_piece=True) if is_known else Symbol()
            return replace(holder, symbol=symbol, path=None, when_true=(), when_false=())
        holder = texts.text_of_unknown(holder)
    if isinstance(holder, Text):
        if is_known and numbers[2] in {None, 1}:
            return texts.cut(holder, numbers[0], numbers[1])
        holes = tuple(part for part in holder.parts if isinstance(part, Hole))
        key = ("slice", *numbers)
        made = (Hole(one.taint, one.symbol.child(key, is_piece=True), one.lacks) for one in holes)
        return texts.make(made, is_bytes=holder.is_bytes)
    if series is not None:
        if is_known and series.rest is None and numbers[2] != 0:
            kept = series.items[numbers[0] : numbers[1] : numbers[2]]
            return Items(kept) if isinstance(holder, Items) else machine.new_list(kept, None, series.kind)
        if is_known and numbers[2] in {None, 1} and (numbers[0] or 0) >= 0:
            start, stop = numbers[0] or 0, numbers[1]
            if stop is not None and 0 <= stop <= len(series.items):
                return machine.new_list(series.items[start:stop], None, series.kind)
            if start <= len(series.items):
                rest = (
                    series.rest
                    if stop is None or stop >= 0
                    else join_optional(series.rest, machine.element(holder))
                )
                kept = series.items[start:] if stop is None else ()
                if stop is not None:
                    rest = machine.element(holder)
                return machine.new_list(kept, rest, series.kind)
        return machine.new_list([], machine.element(holder), series.kind)
    return Thing("", machine.taint_of(holder))


def iterate(machine: Machine, value: Value) -> Series:
    """What iterating over a value yields."""
    found = [_iterate_one(machine, one) for one in alternatives(value)]
    if len(found) == 1:
        return found[0]
    rest: Value | None = None
    for series in found:
        for one in (*series.items, *([] if series.rest is None else [series.rest])):
            rest = join_optional(rest, one)
    return Series((), rest)


def _iterate_one(machine: Machine, value: Value) -> Series:
    series = machine.series(value)
    if series is not None:
        return series
    if isinstance(value, Const):
        if isinstance(value.value, str) and len(value.value) <= 256:
            return Series(tuple(Const(one) for one in value.value))
        if isinstance(value.value, bytes) and len(value.value) <= 256:
            return Series(tuple(Const(one) for one in value.value))
        return Series((), Thing("str"))
    table = machine.table(value)
    if table is not None and isinstance(value, Ref) and value.kind == "dict":
        keys = keys_of(table)
        return Series(*bounded(keys.items, keys.rest))
    if isinstance(value, Text):
        if len(value.parts) == 1 and isinstance(value.parts[0], Hole):
            hole = value.parts[0]
            each = hole.symbol.child(("each",), is_piece=True)
            return Series((), Text((Hole(hole.taint, each, hole.lacks),)))
        return Series((), unknown_text(machine.taint_of(value)))
    if isinstance(value, Thing):
        if value.path is not None:
            each = value.symbol.child(("each",), is_piece=True)
            return Series((), events.child(machine, value, None, each))
        if value.kind == "str":
            return _iterate_one(machine, texts.text_of_unknown(value))
        changed = machine.store.value((value.symbol, "items"))
        if value.element_kind == "str":
            element: Value = unknown_text(value.taint, value.symbol.child(("each",), is_piece=True))
        else:
            element = Thing(value.element_kind, value.taint, value.symbol.child(("each",), is_piece=True))
        return Series((), element if changed is None else join_all([element, changed]))
    from dayfly.scan.taint import attributes

    made = attributes.call_special(machine, value, "__iter__", [], None)
    if made is not None and made != value:
        return iterate(machine, made)
    for name, given in (("__next__", []), ("__getitem__", [Thing("int")])):
        yielded = attributes.call_special(machine, value, name, given, None)
        if yielded is not None:
            return Series((), yielded)
    if isinstance(value, Class):
        return Series(attributes.enum_members(machine, value))
    return Series((), Thing("", machine.taint_of(value)))


def keys_of(table: Table) -> Series:
    """The keys of a dict."""
    keys = tuple(
        Items(tuple(Const(part) for part in key)) if isinstance(key, tuple) else Const(key)
        for key in table.entries
    )
    rest = table.rest_keys
    if rest is None and table.rest is not None:
        rest = Thing("str")
    return Series(keys, rest)


def spread(machine: Machine, value: Value, number: int, star: int | None) -> list[Value]:
    """The values that `a, *b, c = value` binds; `star` is the position of the starred one."""
    series = iterate(machine, value)
    items = series.items
    if star is None:
        if series.rest is None and len(items) == number:
            return list(items)
        if isinstance(value, Thing) and value.path is None:
            return [thing_item(machine, value, Const(index)) for index in range(number)]
        rest = series.rest if series.rest is not None else Thing()
        return [items[index] if index < len(items) else rest for index in range(number)]
    after = number - star - 1
    if series.rest is None and len(items) >= number - 1:
        middle = machine.new_list(items[star : len(items) - after])
        return [*items[:star], middle, *items[len(items) - after :]]
    every = [*items, *([] if series.rest is None else [series.rest])]
    joined = join_all(every) if every else Thing()
    found: list[Value] = [items[index] if index < len(items) else joined for index in range(star)]
    return [*found, machine.new_list([], joined), *([joined] * after)]
