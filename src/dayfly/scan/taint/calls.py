"""Calls: functions of the project are run with their real arguments, classes made into objects."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dayfly.scan.taint import (
    attributes,
    builtin_functions,
    comparisons,
    expressions,
    instances,
    library_calls,
    methods,
    names,
    promises,
    statements,
)
from dayfly.scan.taint.joining import bake, join_all
from dayfly.scan.taint.machine import MAX_CALLS, MAX_RECURSION, Activation, UnreachableError
from dayfly.scan.taint.results import EffectKind
from dayfly.scan.taint.values import (
    FALSE,
    NONE,
    TRUE,
    Bound,
    Choice,
    Class,
    Const,
    Fact,
    Function,
    Items,
    Method,
    Module,
    Name,
    Partial,
    Ref,
    Scope,
    Super,
    Text,
    Thing,
    add_step,
    alternatives,
    boolean,
    fresh_number,
    map_taint,
    unite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.store import Diff
    from dayfly.scan.taint.values import Symbol, Value


@dataclass(slots=True)
class Arguments:
    """What a call passes; `rest` and `keyword_rest` stand for any number of further ones."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    rest: Value | None = None
    keyword_rest: Value | None = None

    def every(self) -> Iterator[Value]:
        yield from self.positional
        yield from self.keywords.values()
        if self.rest is not None:
            yield self.rest
        if self.keyword_rest is not None:
            yield self.keyword_rest

    def get(self, position: int | None, keyword: str = "") -> Value | None:
        """An argument by keyword or position; None where it was not passed."""
        if keyword and keyword in self.keywords:
            return self.keywords[keyword]
        if position is not None:
            if position < len(self.positional):
                return self.positional[position]
            if self.rest is not None:
                return self.rest
        if keyword and self.keyword_rest is not None:
            return self.keyword_rest
        return None


def evaluate_call(machine: Machine, node: ast.Call) -> Value:
    """The value of a call."""
    function = node.func
    receivers: Value | None = None
    callees: list[Value]
    if isinstance(function, ast.Attribute):
        receivers = expressions.evaluate(machine, function.value)
        machine.current_call = function
        callees = []
        for one in alternatives(receivers):
            if isinstance(one, (Text, Thing, Const)) or (isinstance(one, Ref) and one.kind != "object"):
                callees.append(_method_of(machine, one, function.attr))
            else:
                callees.extend(alternatives(attributes.get_attribute(machine, one, function.attr)))
    elif isinstance(function, ast.Name) and function.id == "super" and not node.args:
        return _super(machine)
    else:
        callees = list(alternatives(expressions.evaluate(machine, function)))
    arguments = evaluate_arguments(machine, node)
    machine.current_call = node
    return call_any(machine, callees, arguments, node)


def _method_of(machine: Machine, receiver: Value, name: str) -> Value:
    if isinstance(receiver, Thing):
        stored = machine.store.value((receiver.symbol, "attr", name))
        if stored is not None:
            return stored
    return Method(receiver, name)


def call_any(machine: Machine, callees: list[Value], arguments: Arguments, node: ast.AST | None) -> Value:
    """The result of calling one of these, unknown which."""
    distinct: list[Value] = []
    for one in callees:
        if one not in distinct:
            distinct.append(one)
    # `None` and other constants that cannot be called are the other path's.
    able = [one for one in distinct if not isinstance(one, (Const, Items))] or distinct
    if len(able) == 1:
        return call(machine, able[0], arguments, node)
    results: list[Value] = []
    diffs: list[Diff] = []
    for one in able:
        depth = machine.store.depth
        machine.store.begin()
        try:
            result = comparisons.with_facts(machine, call(machine, one, arguments, node))
        except UnreachableError:
            expressions.unwind(machine, depth)
            continue
        diffs.append(machine.store.end())
        results.append(result)
    if not results:
        raise UnreachableError
    machine.store.merge(diffs)
    if all(isinstance(one, Method) for one in able) and all(_is_truth(one) for one in results):
        pairs = zip(able, results, strict=False)
        if len(results) == len(able):
            return comparisons.of_alternatives(
                [(one.receiver if isinstance(one, Method) else one, result) for one, result in pairs]
            )
    return join_all(results)


def _is_truth(value: Value) -> bool:
    return (isinstance(value, Const) and isinstance(value.value, bool)) or (
        isinstance(value, Thing) and value.kind in {"bool", "re.Match"}
    )


def evaluate_arguments(machine: Machine, node: ast.Call) -> Arguments:
    """The arguments of a call, with `*` and `**` opened up."""
    positional, rest = expressions.elements(machine, node.args)
    made = Arguments(positional, {}, rest)
    for keyword in node.keywords:
        value = expressions.evaluate(machine, keyword.value)
        if keyword.arg is not None:
            promises.check(machine, keyword.arg, value, keyword.value)
            made.keywords[keyword.arg] = value
            continue
        for one in alternatives(value):
            table = machine.table(one)
            if table is not None:
                for key, inner in table.entries.items():
                    if isinstance(key, str):
                        made.keywords[key] = inner
                if table.rest is not None:
                    made.keyword_rest = table.rest
            elif machine.taint_of(one):
                made.keyword_rest = Thing("", machine.taint_of(one))
    return made


def _super(machine: Machine) -> Value:
    for activation in reversed(machine.activations):
        function = activation.function
        if function is None or function.owner is None or isinstance(function.node, ast.Lambda):
            continue
        parameters = [*function.node.args.posonlyargs, *function.node.args.args]
        if not parameters:
            continue
        receiver = machine.store.value((activation.scope.identity, parameters[0].arg))
        if receiver is not None:
            return Super(function.owner, receiver)
    return Thing()


def call(machine: Machine, callee: Value, arguments: Arguments, node: ast.AST | None) -> Value:
    """The result of calling a value."""
    machine.tick()
    if isinstance(callee, Choice):
        return call_any(machine, list(callee.alternatives), arguments, node)
    if isinstance(callee, Function):
        return call_function(machine, callee, arguments, node)
    if isinstance(callee, Bound):
        if isinstance(callee.function, Function):
            with_self = replace(arguments, positional=[callee.receiver, *arguments.positional])
            return call_function(machine, callee.function, with_self, node)
        return call(machine, callee.function, arguments, node)
    if isinstance(callee, Partial):
        merged = Arguments(
            [*callee.arguments, *arguments.positional],
            {**dict(callee.keywords), **arguments.keywords},
            arguments.rest,
            arguments.keyword_rest,
        )
        return call(machine, callee.callee, merged, node)
    if isinstance(callee, Class):
        return instances.instantiate(machine, callee, arguments, node)
    if isinstance(callee, Method):
        library_calls.call_hooks(machine, callee.receiver, arguments, node)
        return methods.call_method(machine, callee.receiver, callee.name, arguments, node)
    if isinstance(callee, Name):
        library_calls.call_hooks(machine, None, arguments, node)
        found = builtin_functions.call_builtin(machine, callee.dotted, arguments, node)
        return (
            found if found is not None else library_calls.call_name(machine, callee.dotted, arguments, node)
        )
    if isinstance(callee, Thing) and library_calls.has_rows(machine, callee.kind, "__call__"):
        return library_calls.call_method(machine, callee, callee.kind, "__call__", arguments, node)
    if isinstance(callee, Thing) and callee.origin and isinstance(callee.origin[-1], Const):
        name = callee.origin[-1].value
        if isinstance(name, str) and len(callee.origin) == 2:
            return methods.call_method(machine, callee.origin[0], name, arguments, node)
    if isinstance(callee, Ref):
        found_call = attributes.find_in_class(machine, callee.cls, "__call__") if callee.cls else None
        if found_call is not None:
            return call(machine, Bound(found_call[0], callee), arguments, node)
    if isinstance(callee, (Super, Module)):
        return Thing()
    return library_calls.default_result(machine, [callee, *arguments.every()])


def call_function(machine: Machine, function: Function, arguments: Arguments, node: ast.AST | None) -> Value:
    """Run a function of the project."""
    machine.tick()
    if "cache" in function.decorations and machine.recorder is not None and node is not None:
        taint = unite(*(machine.taint_of(one) for one in arguments.every()))
        name = f"{function.scope.file.module}.{function.name}"
        machine.recorder.add_effect(machine, EffectKind.CACHE, name, node, taint, taint)
    depth = len(machine.activations)
    again = sum(
        1 for one in machine.activations if one.function is not None and one.function.node is function.node
    )
    if depth >= MAX_CALLS or again >= MAX_RECURSION:
        machine.risks += 1
        return library_calls.default_result(machine, list(arguments.every()))
    binding = names.function_bindings(function.node)
    scope = Scope(fresh_number(), function.scope, function.scope.file, binding.local, outer=binding.outer)
    machine.files.add(function.scope.file.path)
    activation = Activation(function, scope, machine.store.depth)
    machine.store.begin()
    bind_parameters(machine, function, scope, arguments, node)
    machine.activations.append(activation)
    loops, machine.loops = machine.loops, []
    call_before = machine.current_call
    is_alive = True
    try:
        with machine.within(scope):
            if isinstance(function.node, ast.Lambda):
                try:
                    result = expressions.evaluate(machine, function.node.body)
                    result = bake(result, machine.store.fact) if machine.store.depth > 1 else result
                    activation.returns.append((result, machine.store.snapshot(activation.base)))
                except UnreachableError:
                    expressions.unwind(machine, activation.base + 1)
                is_alive = False
            else:
                is_alive = statements.run_block(machine, function.node.body)
    finally:
        machine.activations.pop()
        machine.loops = loops
        machine.current_call = call_before
    final = machine.store.end()
    return _finish(machine, activation, final, is_alive, is_generator=binding.is_generator)


def _finish(
    machine: Machine, activation: Activation, final: Diff, is_alive: bool, *, is_generator: bool
) -> Value:
    """Join the ways out of a function."""
    ways = list(activation.returns)
    if is_alive:
        ways.append((NONE, final))
    if not ways:
        raise UnreachableError
    diffs = [diff for _, diff in ways]
    result = ways[0][0] if len(ways) == 1 else _join_results(machine, ways)
    machine.store.merge(diffs)
    if is_generator:
        if activation.is_yield_exact and len(activation.yields) <= 64:
            made = machine.new_list(activation.yields)
        else:
            made = machine.new_list([], join_all(activation.yields) if activation.yields else None)
        machine.store.set((made.location, "returned"), result)
        return made
    return result


def _join_results(machine: Machine, ways: list[tuple[Value, Diff]]) -> Value:
    """The result of one way or another; its truth tells which, and with it what that way has shown."""
    joined = join_all(value for value, _ in ways)
    truths = [machine.truth(value) for value, _ in ways]
    if all(one is None for one in truths) and not any(isinstance(value, Thing) for value, _ in ways):
        return joined
    gathered: list[tuple[tuple[Symbol, Fact], ...]] = []
    for wanted in (True, False):
        groups = []
        for (value, diff), truth in zip(ways, truths, strict=True):
            if truth is not None and truth is not wanted:
                continue
            shown = [(key, cell) for key, cell in diff.items() if isinstance(cell, Fact)]
            groups.append((*shown, *comparisons.facts_of(value, wanted)))
        gathered.append(comparisons.common_facts(groups))  # type: ignore[arg-type]
    when_true, when_false = gathered
    if joined in (TRUE, FALSE):
        return joined
    if isinstance(joined, Choice) and all(
        (isinstance(one, Const) and isinstance(one.value, bool))
        or (isinstance(one, Thing) and one.kind == "bool")
        for one in joined.alternatives
    ):
        return boolean(when_true, when_false)
    if isinstance(joined, Thing):
        return replace(joined, when_true=when_true, when_false=when_false)
    return joined


def bind_parameters(
    machine: Machine, function: Function, scope: Scope, arguments: Arguments, node: ast.AST | None
) -> None:
    """Give the parameters their values."""
    spec = function.node.args
    parameters = [*spec.posonlyargs, *spec.args]
    positional = list(arguments.positional)
    keywords = dict(arguments.keywords)
    defaults = dict(
        zip(
            [one.arg for one in parameters][len(parameters) - len(function.defaults) :],
            function.defaults,
            strict=False,
        )
    )
    defaults.update(function.keyword_defaults)
    step = machine.step(node) if node is not None and machine.recorder is not None else None

    def put(name: str, value: Value) -> None:
        if step is not None and machine.taint_of(value):
            value = map_taint(value, lambda taint: add_step(taint, step))
        machine.store.set((scope.identity, name), value)

    for one in parameters:
        if positional:
            put(one.arg, positional.pop(0))
        elif one.arg in keywords:
            put(one.arg, keywords.pop(one.arg))
        elif arguments.rest is not None:
            put(one.arg, arguments.rest)
        elif one.arg in defaults:
            value = defaults[one.arg]
            if arguments.keyword_rest is not None:
                value = join_all([value, arguments.keyword_rest])
            put(one.arg, value)
        else:
            put(one.arg, arguments.keyword_rest if arguments.keyword_rest is not None else Thing())
    if spec.vararg is not None:
        put(spec.vararg.arg, Items(tuple(positional), arguments.rest))
    for one in spec.kwonlyargs:
        if one.arg in keywords:
            put(one.arg, keywords.pop(one.arg))
        elif arguments.keyword_rest is not None:
            put(one.arg, arguments.keyword_rest)
        else:
            put(one.arg, defaults.get(one.arg, Thing()))
    if spec.kwarg is not None:
        put(spec.kwarg.arg, machine.new_dict(keywords, arguments.keyword_rest))


def join_path(machine: Machine, left: Value, right: Value) -> Value | None:
    """`left / right` where one is a path."""
    return library_calls.join_path(machine, left, right)
