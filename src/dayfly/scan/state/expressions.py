"""Values of expressions, and what assigning to them changes."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.calling import Calls
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.folding import fold_number, fold_order
from dayfly.scan.state.keeping import State, element, is_open
from dayfly.scan.state.values import (
    CONSTANT,
    ENVIRON,
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Instance,
    ModuleRef,
    OpenFile,
    Read,
    Root,
    RootKind,
    Spot,
    Value,
    join,
    mix,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.model import Place
    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.state.following import Follower, Frame
    from dayfly.scan.state.naming import Binding, Scope

_MOST_OF_MODULE = 2_000  # statements
_DATA_CLASSES = ("dataclass", "define", "frozen", "attrs", "s", "attributes")
_DATA_BASES = (
    "BaseModel",
    "NamedTuple",
    "TypedDict",
    "Enum",
    "StrEnum",
    "IntEnum",
    "Struct",
    "BaseSettings",
    "Schema",
)


def shown(node: ast.AST) -> str:
    """Code in a few words. Constants within it are shown, as on the line itself; the output masks keys."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (ValueError, RecursionError):
        return type(node).__name__
    return text if len(text) <= 70 else text[:67] + "…"


class Expressions:
    """Evaluates for a `Follower`."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.calls = Calls(follower, self)

    # Values

    def evaluate(self, node: ast.expr, state: State, frame: Frame) -> Value:
        match node:
            case ast.Constant(value=constant):
                return Value(
                    is_constant=True,
                    truth=bool(constant),
                    text=constant if isinstance(constant, str) else str(constant),
                )
            case ast.Name():
                return self._name(node, state, frame)
            case ast.Attribute():
                return self.attribute(self.evaluate(node.value, state, frame), node.attr, node, state, frame)
            case ast.Subscript():
                return self._subscript(node, state, frame)
            case ast.Call():
                return self.calls.evaluate(node, state, frame)
            case ast.JoinedStr(values=values):
                return self._text([self.evaluate(one, state, frame) for one in values], "")
            case ast.FormattedValue(value=value):
                return self.evaluate(value, state, frame)
            case ast.BinOp():
                return self._operation(node, state, frame)
            case ast.BoolOp():
                return self._logic(node, state, frame)
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.evaluate(operand, state, frame)
                if isinstance(op, ast.Not):
                    truth = None if inner.truth is None else not inner.truth
                    return replace(inner.derived(), truth=truth, is_constant=inner.is_constant)
                return replace(inner.derived(), is_constant=inner.is_constant)
            case ast.Compare():
                return self._comparison(node, state, frame)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                tested = self.evaluate(test, state, frame)
                self.follower.decide(test, tested, frame)
                if tested.truth is not None:
                    return self.evaluate(body if tested.truth else orelse, state, frame)
                return join(self.evaluate(body, state, frame), self.evaluate(orelse, state, frame))
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                return self._display(node, state, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, state, frame)
            case ast.Await(value=value) | ast.Starred(value=value):
                result = self.evaluate(value, state, frame)
                if isinstance(node, ast.Await):
                    self.calls.await_work(result)
                return result
            case ast.Yield(value=given):
                frame.returned.append(self.evaluate(given, state, frame) if given else NOTHING)
                return NOTHING
            case ast.YieldFrom(value=value):
                frame.returned.append(self.evaluate(value, state, frame))
                return NOTHING
            case ast.NamedExpr(target=target, value=value):
                result = self.evaluate(value, state, frame)
                self.assign(target, result, state, frame, node)
                return result
            case ast.Lambda():
                return self.follower.function(node, frame, state)
            case ast.Slice(lower=lower, upper=upper, step=step):
                return mix(
                    *(self.evaluate(one, state, frame) for one in (lower, upper, step) if one is not None)
                )
            case _:
                return NOTHING

    def _name(self, node: ast.Name, state: State, frame: Frame) -> Value:
        name = node.id
        if name in state.locals and name not in frame.globals:
            value = state.locals[name]
            return self._again(value, state, frame.file.place(node)) if value.spots else value
        if name in frame.closure and name not in frame.globals:
            value = frame.closure[name]
            if frame.is_closure_kept and (name in frame.nonlocals or self._is_changeable(value)):
                return self._kept(value, Spot(self._closure_root(name, frame)), state, frame.file.place(node))
            return value
        return self.load(frame.file, name, state, frame.file.place(node))

    def _again(self, value: Value, state: State, place: Place) -> Value:
        """A local name of something kept: what it held when it was bound is gone where it was emptied since."""
        emptied = [
            spot
            for spot in value.spots
            # A default is never bound anew, so a name of it is it; a global's name may be that of its predecessor.
            if state.is_emptied(spot) or (spot.root.kind is RootKind.DEFAULT and not spot.field)
        ]
        if not emptied:
            return value
        value = replace(value, reads=frozenset(read for read in value.reads if read.spot not in emptied))
        now = join(*(self._kept(replace(value, parts=frozenset()), spot, state, place) for spot in emptied))
        return replace(now, spots=value.spots, is_client=value.is_client)

    def load(self, file: PythonFile, name: str, state: State, place: Place) -> Value:
        """A name of a module's top level, or a builtin."""
        value = self.module_name(file, name)
        for spot in value.spots:
            if not spot.field and spot.root.kind in (RootKind.GLOBAL, RootKind.CONTEXT):
                return self._kept(replace(value, spots=frozenset()), spot, state, place)
        return value

    def module_name(self, file: PythonFile, name: str) -> Value:
        """What a module's name is when initialisation is over; the root it keeps is in `spots`."""
        follower = self.follower
        if (file.path, name) in follower.bound:
            return follower.bound[file.path, name]
        scope = follower.names.scope(file)
        bindings = scope.names.get(name)
        if bindings is None and name not in scope.rebound:
            return Value(refs=(External(name),))
        follower.bound[file.path, name] = NOTHING
        follower.initialising += 1
        depth, follower.depth = follower.depth, 0
        try:
            values = [self._binding(scope, binding) for binding in bindings or ()]
        finally:
            follower.initialising -= 1
            follower.depth = depth
        value = replace(join(*values), parts=frozenset(), reads=frozenset()) if values else NOTHING
        line = bindings[0].node.lineno if bindings else 0
        is_rebindable = name in scope.rebound or (
            name in follower.names.stored_attributes
            and not isinstance(next(iter(value.refs), None), ClassRef)
        )
        if not value.spots and (is_rebindable or self._is_changeable(value)):
            kind = RootKind.CONTEXT if "threading.local()" in value.externals else RootKind.GLOBAL
            root = Root(kind, file.path, name, line, value.drawn, is_rebindable)
            value = replace(value, spots=frozenset({Spot(root)}), truth=None)
        follower.bound[file.path, name] = value
        return value

    def initialise(self, file: PythonFile) -> None:
        """Do what the module's import does to its containers: registries that decorators and calls fill."""
        from dayfly.scan.state.following import Frame

        follower = self.follower
        if file.path in follower.initialised or file.tree is None:
            return
        follower.initialised.add(file.path)
        for node in file.tree.body[:_MOST_OF_MODULE]:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
                self.module_name(file, node.name)
            elif (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)) or (
                isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute)
            ):
                follower.initialising += 1
                try:
                    follower.run([node], State(), Frame(file))
                finally:
                    follower.initialising -= 1

    def _binding(self, scope: Scope, binding: Binding) -> Value:
        from dayfly.scan.state.following import Frame

        file, node, frame = scope.file, binding.node, Frame(scope.file)
        if binding.alias is not None:
            return self.follower.imported(file, node, binding.alias)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            value = Value(refs=(FunctionRef(file, node),))
            return self.calls.decorated(value, node.decorator_list, State(), frame)
        if isinstance(node, ast.ClassDef):
            return Value(refs=(ClassRef(file, node),))
        if binding.value is None:
            return NOTHING
        value = self.evaluate(binding.value, State(), frame)
        return self.calls.entered(value) if isinstance(node, ast.With) else value

    def _is_changeable(self, value: Value) -> bool:
        """Whether it could hold something else tomorrow: no constant, function, class or module."""
        if value.drawn:
            return True
        if value.is_constant:
            return False
        settled = (FunctionRef, ClassRef, ModuleRef)
        return not value.refs or any(
            not isinstance(ref, settled) and not (isinstance(ref, External) and "()" not in ref.name)
            for ref in value.refs
        )

    def _closure_root(self, name: str, frame: Frame) -> Root:
        line = getattr(frame.function.node, "lineno", 0) if frame.function is not None else 0
        return Root(RootKind.GLOBAL, frame.file.path, name, line)

    def _kept(
        self,
        initial: Value,
        spot: Spot,
        state: State,
        place: Place,
        key: frozenset[tuple[str, ...]] = frozenset(),
    ) -> Value:
        """A part of a kept thing as it is now: what init left there, or this invocation put there."""
        stored = state.stored(spot)
        left = self.follower.left_by_init(spot)
        base = (
            stored
            if spot in state.fresh
            else join(initial, stored, *((left,) if left is not NOTHING else ()))
        )
        read = self.follower.read(spot, state, place, key=key)
        return replace(
            base,
            spots=frozenset({spot}),
            reads=base.reads | {read},
            is_constant=False,
            is_client=base.is_client or initial.is_client,
            drawn="",
        )

    def attribute(self, value: Value, name: str, node: ast.AST, state: State, frame: Frame) -> Value:
        place = frame.file.place(node)
        results: list[Value] = []
        initial: list[Value] = []
        for ref in value.refs:
            match ref:
                case ModuleRef(file=file):
                    results.append(self._module_attribute(file, name, state, place))
                case ClassRef():
                    results.append(self._class_attribute(ref, name, state, place, frame, None))
                case Instance(owner=owner, number=number):
                    if name == "__class__":
                        results.append(Value(refs=(owner,)))
                    elif name in self.follower.heap.get(number, {}):
                        initial.append(self.follower.heap[number][name])
                    else:
                        found_in_class = self._class_attribute(owner, name, state, place, frame, value)
                        is_own = _is_data_class(owner.node) and not found_in_class.spots
                        is_method = any(isinstance(one, FunctionRef) for one in found_in_class.refs)
                        (initial if is_own and not is_method else results).append(found_in_class)
                case External(name=outer):
                    initial.append(self._external_attribute(outer, name, value, frame))
                case FunctionRef(node=function):
                    root = Root(RootKind.FUNCTION, ref.file.path, getattr(function, "name", "lambda"), 0)
                    results.append(self._kept(NOTHING, Spot(root, ("." + name,)), state, place))
                case OpenFile(spot=spot):
                    initial.append(Value(text=spot.root.name if name == "name" else None))
        if value.spots:
            known = join(*initial, value.item(name) or NOTHING)
            found = [
                self._kept(known, spot.inner("." + name), state, place, _key_of(value, spot))
                for spot in value.spots
            ]
            if not results or any(
                state.stored(spot.inner("." + name)) is not NOTHING for spot in value.spots
            ):
                results.extend(found)
            rest = frozenset(read for read in value.reads if read.spot not in value.spots)
            kept = join(*results)
            return replace(
                kept,
                reads=kept.reads | rest,
                parts=kept.parts | _deeper(value, name),
                is_client=kept.is_client or value.is_client,
            )
        item = value.item(name)
        base = join(*results, *initial, *([item] if item is not None else []))
        text = "{}" if value.is_unique or name in ("aws_request_id", "request_id") else base.text
        if name in ("name", "stem") and value.text and not base.text:
            text = value.text
        if name == "parent" and value.text and "/" in value.text:
            text = value.text.rpartition("/")[0]
        return replace(
            base,
            parts=base.parts | _deeper(value, name),
            reads=base.reads | value.reads,
            work=base.work | value.work,
            text=text,
            is_unique=base.is_unique or value.is_unique or name in ("aws_request_id", "request_id"),
            drawn=base.drawn or value.drawn,
        )

    def _module_attribute(self, file: PythonFile, name: str, state: State, place: Place) -> Value:
        if name in self.follower.names.scope(file).names:
            return self.load(file, name, state, place)
        inner = self.follower.names.module(file, f"{file.module}.{name}")
        if any(isinstance(ref, ModuleRef) for ref in inner.refs):
            return inner
        root = Root(RootKind.GLOBAL, file.path, name, 0, is_rebindable=True)
        return self._kept(NOTHING, Spot(root), state, place)

    def _external_attribute(self, outer: str, name: str, value: Value, frame: Frame) -> Value:
        if outer.startswith(knowledge.REQUESTS) and not value.spots:
            return Value(parts=frozenset({("request", name)}))
        if name in knowledge.REQUEST_FIELDS:
            return Value(parts=frozenset({("request",)}))
        if "()" not in outer:
            inner = self.follower.names.module(frame.file, f"{outer}.{name}")
            if any(isinstance(ref, ModuleRef) for ref in inner.refs):
                return inner
        return Value(refs=(External(f"{outer}.{name}"),))

    def _class_attribute(
        self, owner: ClassRef, name: str, state: State, place: Place, frame: Frame, instance: Value | None
    ) -> Value:
        """A method, a property's value, or what the class itself holds."""
        for one in self.lineage(owner):
            for node in one.node.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                    return self._method(one, owner, node, instance, state, frame)
                value = _assigned(node, name)
                if value is not None:
                    return self._class_value(one, name, value, node, state, place)
        if instance is None:
            root = Root(RootKind.CLASS, owner.file.path, owner.node.name, owner.node.lineno)
            return self._kept(NOTHING, Spot(root, ("." + name,)), state, place)
        return NOTHING

    def _class_value(
        self, owner: ClassRef, name: str, value: ast.expr, node: ast.stmt, state: State, place: Place
    ) -> Value:
        from dayfly.scan.state.following import Frame

        key = (owner.file.path, f"{owner.node.name}:{owner.node.lineno}.{name}")
        bound = self.follower.bound
        if key not in bound:
            bound[key] = NOTHING
            self.follower.initialising += 1
            bound[key] = self.evaluate(value, State(), Frame(owner.file, owner=owner))
            self.follower.initialising -= 1
        initial = bound[key]
        if _is_data_class(owner.node) and not initial.drawn:
            # A default of a data class is made for each of its objects.
            return initial
        if not self._is_changeable(initial) and name not in self.follower.names.stored_attributes:
            return initial
        root = Root(RootKind.CLASS, owner.file.path, owner.node.name, node.lineno, initial.drawn)
        return self._kept(
            replace(initial, parts=frozenset(), reads=frozenset()), Spot(root, ("." + name,)), state, place
        )

    def _method(
        self,
        owner: ClassRef,
        actual: ClassRef,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        instance: Value | None,
        state: State,
        frame: Frame,
    ) -> Value:
        names = [ast.unparse(one).split("(")[0].rpartition(".")[2] for one in node.decorator_list]
        ref = FunctionRef(owner.file, node, owner.scope, owner)
        if "staticmethod" in names:
            return Value(refs=(ref,))
        if "classmethod" in names:
            return Value(refs=(replace(ref, bound=Value(refs=(actual,))),))
        if instance is None:
            return Value(refs=(ref,))
        if "property" in names:
            return self.follower.call(replace(ref, bound=instance), (), {}, state, node)
        from dayfly.scan.state.following import Frame

        value = self.calls.decorated(
            Value(refs=(replace(ref, bound=instance),)),
            node.decorator_list,
            State(),
            Frame(owner.file, owner=owner),
        )
        if any(name in ("cached_property", "cachedproperty") for name in names):
            return self.calls.cached_property(ref, instance, node, state, frame)
        return value

    def lineage(self, owner: ClassRef, depth: int = 0) -> Iterator[ClassRef]:
        """The class and its bases as far as they are the project's."""
        yield owner
        if depth > 5:
            return
        for base in owner.node.bases:
            if isinstance(base, ast.Name | ast.Attribute):
                from dayfly.scan.state.following import Frame

                self.follower.initialising += 1
                value = self.evaluate(base, State(owner.scope), Frame(owner.file))
                self.follower.initialising -= 1
                for ref in value.refs:
                    if isinstance(ref, ClassRef) and ref.node is not owner.node:
                        yield from self.lineage(ref, depth + 1)

    def _subscript(self, node: ast.Subscript, state: State, frame: Frame) -> Value:
        value = self.evaluate(node.value, state, frame)
        index = self.evaluate(node.slice, state, frame)
        if isinstance(node.slice, ast.Slice):
            return replace(mix(value, index), text=value.text and "{}", items=())
        return self.element(value, index, node, state, frame)

    def element(self, value: Value, index: Value, node: ast.AST, state: State, frame: Frame) -> Value:
        """The element of a value under a key."""
        place = frame.file.place(node)
        name = element(index, index.text)
        if "os.environ" in value.externals:
            return self._kept(NOTHING, Spot(ENVIRON, (name,)), state, place, index.parts)
        if "globals()" in value.externals and index.is_constant and index.text:
            return self.load(frame.file, index.text, state, place)
        item = value.item(index.text) if index.is_constant and index.text is not None else None
        if value.spots:
            initial = (
                item
                if item is not None
                else join(*(one for _, one in value.items))
                if value.items
                else NOTHING
            )
            kept = join(
                *(
                    self._kept(initial, spot.inner(name), state, place, index.parts | _key_of(value, spot))
                    for spot in value.spots
                )
            )
            rest = frozenset(read for read in value.reads if read.spot not in value.spots)
            return replace(
                kept,
                parts=kept.parts | index.parts,
                reads=kept.reads | rest | index.reads,
                is_client=kept.is_client or value.is_client,
                work=kept.work | value.work,
            )
        if item is not None:
            return item
        held = join(*(one for _, one in value.items)) if value.items and not index.is_constant else NOTHING
        externals = tuple(External(f"{one}[]") for one in value.externals if "()" in one)
        return Value(
            parts=_deeper(value, index.text if index.is_constant else None) | index.parts | held.parts,
            reads=value.reads | index.reads | held.reads,
            refs=held.refs or externals,
            work=value.work | held.work,
            text="{}" if value.is_unique else None,
            is_unique=value.is_unique or index.is_unique,
            drawn=value.drawn,
        )

    def element_of(self, value: Value, node: ast.expr, state: State, frame: Frame) -> Value:
        """What iterating over a value yields."""
        if value.items and not value.spots:
            held = join(*(one for _, one in value.items))
            return replace(
                held, parts=held.parts | value.parts, reads=held.reads | value.reads, is_constant=False
            )
        found = self.element(value, NOTHING, node, state, frame)
        return replace(found, text=value.text) if value.text and "*" in value.text else found

    def _text(self, values: list[Value], separator: str) -> Value:
        text = separator.join("{}" if value.text is None else value.text for value in values)
        return replace(mix(*values), text=text, is_constant=all(value.is_constant for value in values))

    def _operation(self, node: ast.BinOp, state: State, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, state, frame), self.evaluate(node.right, state, frame)
        if left.is_constant and right.is_constant and not left.reads and not right.reads:
            number = fold_number(node.op, left.text, right.text)
            if number is not None:
                return Value(is_constant=True, truth=number != 0, text=str(number))
        result = mix(left, right)
        if isinstance(node.op, ast.Sub):
            # How long ago something was drawn at init is no secret and no identity.
            reads = frozenset(read for read in result.reads if read.spot.root.drawn != "clock")
            return replace(result, reads=reads)
        if left.text is not None or right.text is not None:
            texts = (left.text or "{}", right.text or "{}")
            if isinstance(node.op, ast.Add):
                return replace(
                    result, text=texts[0] + texts[1], is_constant=left.is_constant and right.is_constant
                )
            if isinstance(node.op, ast.Div):
                return replace(result, text=texts[0].rstrip("/") + "/" + texts[1])
            if isinstance(node.op, ast.Mod):
                return replace(result, text=texts[0].replace("%s", "{}").replace("%d", "{}"))
        return result

    def _logic(self, node: ast.BoolOp, state: State, frame: Frame) -> Value:
        values: list[Value] = []
        for one in node.values:
            value = self.evaluate(one, state, frame)
            if value.truth is isinstance(node.op, ast.Or):
                values.append(value)
                break
            if value.truth is None or one is node.values[-1]:
                values.append(value)
        truths = {value.truth for value in values}
        return replace(join(*values), truth=truths.pop() if len(truths) == 1 else None)

    def _comparison(self, node: ast.Compare, state: State, frame: Frame) -> Value:
        values = [self.evaluate(one, state, frame) for one in (node.left, *node.comparators)]
        operator = node.ops[0]
        if len(values) == 2 and all(value.is_constant and not value.reads for value in values):
            order = fold_order(operator, values[0].text, values[1].text)
            if order is not None:
                return Value(is_constant=True, truth=order)
            same = values[0].text == values[1].text
            if isinstance(operator, ast.Eq | ast.Is):
                return Value(is_constant=True, truth=same)
            if isinstance(operator, ast.NotEq | ast.IsNot):
                return Value(is_constant=True, truth=not same)
        result = mix(*values)
        is_presence = isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn)
        if is_presence:
            self.follower.deeds.tested.update(read.spot for read in values[-1].reads)
        reads = frozenset(
            replace(read, is_test=read.is_test or is_presence)
            for read in result.reads
            if read.spot.root.drawn not in ("clock", "random", "generator")
        )
        return replace(result, reads=reads, is_opaque=True)

    def _display(self, node: ast.Dict | ast.List | ast.Tuple | ast.Set, state: State, frame: Frame) -> Value:
        items: list[tuple[str, Value]] = []
        loose: list[Value] = []
        if isinstance(node, ast.Dict):
            for key, one in zip(node.keys, node.values, strict=True):
                value = self.evaluate(one, state, frame)
                index = self.evaluate(key, state, frame) if key is not None else NOTHING
                if key is not None and index.is_constant and index.text is not None:
                    items.append((index.text, value))
                else:
                    loose.extend((value.derived(), index.derived()))
                    if key is None:
                        items.extend(value.items)
        else:
            for number, one in enumerate(node.elts):
                value = self.evaluate(one, state, frame)
                if isinstance(one, ast.Starred) or isinstance(node, ast.Set):
                    loose.append(value.derived())
                else:
                    items.append((str(number), value))
        everything = mix(*loose, *(value for _, value in items))
        name = {ast.Dict: "dict()", ast.List: "list()", ast.Set: "set()", ast.Tuple: "tuple()"}[type(node)]
        constant = isinstance(node, ast.Tuple) and all(value.is_constant for _, value in items) and not loose
        return replace(
            everything,
            refs=() if isinstance(node, ast.Tuple) else (External(name),),
            items=tuple(items[:40]),
            is_constant=constant,
            truth=False if isinstance(node, ast.Tuple) and not node.elts else None,
        )

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, state: State, frame: Frame
    ) -> Value:
        inner = state.copy()
        for generator in node.generators:
            items = self.evaluate(generator.iter, inner, frame)
            self.assign(
                generator.target, self.element_of(items, generator.iter, inner, frame), inner, frame, node
            )
            for test in generator.ifs:
                self.evaluate(test, inner, frame)
        if isinstance(node, ast.DictComp):
            result = mix(self.evaluate(node.key, inner, frame), self.evaluate(node.value, inner, frame))
        else:
            result = self.evaluate(node.elt, inner, frame)
        state.take_world(inner)
        return replace(result.derived(), refs=(External("list()"),), work=result.work, is_constant=False)

    # Changes

    def assign(self, target: ast.expr, value: Value, state: State, frame: Frame, node: ast.AST) -> None:
        match target:
            case ast.Name(id=name):
                self._assign_name(name, value, state, frame, node)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for number, one in enumerate(targets):
                    part = value.item(str(number))
                    self.assign(one, part if part is not None else self._part(value), state, frame, node)
            case ast.Starred(value=inner):
                self.assign(inner, value.derived(), state, frame, node)
            case ast.Attribute(value=owner, attr=name):
                self.set_attribute(owner, name, value, state, frame, node)
            case ast.Subscript(value=owner, slice=index):
                self._set_element(owner, index, value, state, frame, node)
            case _:
                pass

    def _part(self, value: Value) -> Value:
        return Value(
            parts=value.parts, reads=value.reads, spots=value.spots, work=value.work, is_unique=value.is_unique,
            text="{}" if value.text is not None and "{" in value.text else value.text, drawn=value.drawn,
        )  # fmt: skip

    def _assign_name(self, name: str, value: Value, state: State, frame: Frame, node: ast.AST) -> None:
        place = frame.file.place(node)
        if name in frame.globals:
            initial = self.module_name(frame.file, name)
            spots = [one for one in initial.spots if not one.field] or [
                Spot(Root(RootKind.GLOBAL, frame.file.path, name, 0, is_rebindable=True))
            ]
            for spot in spots:
                self.follower.write(spot, self.deep(value), state, place, shown(node))
        elif name in frame.nonlocals and name in frame.closure:
            if frame.is_closure_kept:
                spot = Spot(self._closure_root(name, frame))
                self.follower.write(spot, self.deep(value), state, place, shown(node))
            else:
                names = getattr(frame.closure, "names", None)
                if isinstance(names, dict):
                    names[name] = join(names.get(name, NOTHING), value)
        else:
            state.locals[name] = value

    def set_attribute(
        self, owner: ast.expr, name: str, value: Value, state: State, frame: Frame, node: ast.AST
    ) -> None:
        base = self.evaluate(owner, state, frame)
        self.change_attribute(base, owner, name, value, state, frame, node)

    def change_attribute(
        self, base: Value, owner: ast.expr, name: str, value: Value, state: State, frame: Frame, node: ast.AST
    ) -> None:
        place, what, write = frame.file.place(node), shown(node), self.follower.write
        is_credential = names_credential(name)
        value = self.deep(value)
        if base.spots:
            whole = base.is_client
            for spot in base.spots:
                write(
                    spot.inner("." + name), replace(value, is_client=value.is_client or whole), state, place, what,
                    is_credential=is_credential,
                )  # fmt: skip
            return
        for ref in base.refs:
            match ref:
                case Instance(number=number):
                    held = self.follower.heap.setdefault(number, {})
                    held[name] = join(held[name], value) if self.follower.guards and name in held else value
                case ClassRef():
                    root = self.class_root(ref, name)
                    write(Spot(root, ("." + name,)), value, state, place, what, is_credential=is_credential)
                case ModuleRef(file=file):
                    initial = self.module_name(file, name)
                    for spot in initial.spots or {
                        Spot(Root(RootKind.GLOBAL, file.path, name, 0, is_rebindable=True))
                    }:
                        write(spot, value, state, place, what, is_credential=is_credential)
                case FunctionRef(node=function):
                    root = Root(RootKind.FUNCTION, ref.file.path, getattr(function, "name", "lambda"), 0)
                    write(Spot(root, ("." + name,)), value, state, place, what)
                case External(name=outer):
                    self._set_library(outer, name, value, state, place, what, is_credential=is_credential)
                case _:
                    pass
        if not any(isinstance(ref, Instance) for ref in base.refs):
            self.absorb(owner, name, value, state, frame)

    def class_root(self, ref: ClassRef, name: str) -> Root:
        for one in self.lineage(ref):
            for node in one.node.body:
                if _assigned(node, name) is not None:
                    key = (one.file.path, f"{one.node.name}:{one.node.lineno}.{name}")
                    drawn = self.follower.bound[key].drawn if key in self.follower.bound else ""
                    return Root(RootKind.CLASS, one.file.path, one.node.name, node.lineno, drawn)
        return Root(RootKind.CLASS, ref.file.path, ref.node.name, ref.node.lineno)

    def _set_library(
        self,
        outer: str,
        name: str,
        value: Value,
        state: State,
        place: Place,
        what: str,
        *,
        is_credential: bool,
    ) -> None:
        """An attribute of a library's module or class, or of the decimal context."""
        target = f"{outer}.{name}"
        if outer.startswith("decimal.getcontext"):
            self.follower.write(Spot(Root(RootKind.SETTING, "", target)), value, state, place, what)
        elif "()" not in outer and not outer.startswith(knowledge.PER_REQUEST) and not outer[:1].isupper():
            is_original = target in value.externals
            self.follower.write(
                Spot(Root(RootKind.MODULE, "", target)),
                CONSTANT
                if is_original or any(read.spot.root.name == target for read in value.reads)
                else value,
                state,
                place,
                what,
                is_credential=is_credential,
                is_code=not is_original and any(isinstance(ref, FunctionRef) for ref in value.refs),
            )

    def _set_element(
        self, owner: ast.expr, index: ast.expr, value: Value, state: State, frame: Frame, node: ast.AST
    ) -> None:
        base, key = self.evaluate(owner, state, frame), self.evaluate(index, state, frame)
        self.change_element(base, owner, key, value, state, frame, node)

    def change_element(
        self, base: Value, owner: ast.expr, key: Value, value: Value, state: State, frame: Frame, node: ast.AST,
        *, is_whole: bool = True,
    ) -> None:  # fmt: skip
        place, what = frame.file.place(node), shown(node)
        name = element(key, key.text)
        value = self.deep(value)
        is_credential = names_credential(key.text or "")
        if "os.environ" in base.externals:
            self.follower.write(
                Spot(ENVIRON, (name,)), value, state, place, what, key=key.parts, is_credential=is_credential
            )
        elif "sys.modules" in base.externals:
            self.follower.write(
                Spot(Root(RootKind.MODULE, "", f"sys.modules[{key.text}]")), value, state, place, what
            )
        elif "globals()" in base.externals and key.text:
            for spot in self.module_name(frame.file, key.text).spots or {
                Spot(Root(RootKind.GLOBAL, frame.file.path, key.text, 0, is_rebindable=True))
            }:
                self.follower.write(spot, value, state, place, what)
        elif base.spots:
            for spot in base.spots:
                self.follower.write(
                    spot.inner(name), replace(value, is_client=value.is_client or base.is_client), state, place, what,
                    key=key.parts, is_credential=is_credential, is_whole=is_whole,
                )  # fmt: skip
        else:
            held = value if key.is_constant else replace(value, parts=value.parts | key.parts)
            self.absorb(owner, key.text if key.is_constant else None, held, state, frame)

    def absorb(self, owner: ast.expr, name: str | None, value: Value, state: State, frame: Frame) -> None:
        """A local thing now holds `value` as well."""
        match owner:
            case ast.Name(id=local) if local in state.locals:
                state.locals[local] = self._holding(state.locals[local], name, value)
            case ast.Attribute(value=inner, attr=attribute):
                base = self.evaluate(inner, state, frame)
                for ref in base.refs:
                    if isinstance(ref, Instance) and not base.spots:
                        held = self.follower.heap.setdefault(ref.number, {})
                        held[attribute] = self._holding(held.get(attribute, NOTHING), name, value)
            case ast.Subscript(value=inner):
                self.absorb(inner, None, value, state, frame)
            case _:
                pass

    def _holding(self, base: Value, name: str | None, value: Value) -> Value:
        inner = value.derived()
        items = base.items
        if name is not None:
            items = (*(pair for pair in items if pair[0] != name), (name, value))[:40]
        return replace(
            base,
            parts=base.parts | inner.parts,
            reads=base.reads | inner.reads,
            work=base.work | inner.work,
            items=items,
            is_constant=False,
            truth=None,
        )

    def augment(self, node: ast.AugAssign, state: State, frame: Frame) -> None:
        old = self.evaluate(_as_load(node.target), state, frame)
        value = self.evaluate(node.value, state, frame)
        if isinstance(node.target, ast.Name) and node.target.id in state.locals and old.spots:
            # `rows += […]` changes the list itself.
            for spot in old.spots:
                self.follower.write(
                    spot.inner("*"), value, state, frame.file.place(node), shown(node), is_whole=False
                )
            return
        result = mix(old, value)
        text = (
            (old.text or "{}") + (value.text or "{}")
            if old.text is not None or value.text is not None
            else None
        )
        self.assign(node.target, replace(result, text=text, refs=old.refs), state, frame, node)

    def delete(self, target: ast.expr, state: State, frame: Frame) -> None:
        match target:
            case ast.Name(id=name) if name in state.locals:
                del state.locals[name]
            case ast.Subscript(value=owner, slice=index):
                base, key = self.evaluate(owner, state, frame), self.evaluate(index, state, frame)
                self.take_away(base, key, state)
            case ast.Attribute(value=owner, attr=name):
                base = self.evaluate(owner, state, frame)
                for spot in base.spots:
                    state.remove(spot.inner("." + name))
                    self.follower.deeds.evicted.add(spot.root)
                for ref in base.refs:
                    if isinstance(ref, ClassRef):
                        state.remove(Spot(self.class_root(ref, name), ("." + name,)))
            case ast.Tuple(elts=targets):
                for one in targets:
                    self.delete(one, state, frame)
            case _:
                pass

    def take_away(self, base: Value, key: Value, state: State) -> None:
        """An element leaves a kept container or the environment's variables."""
        name = element(key, key.text)
        if "os.environ" in base.externals:
            # Names known only at run time are taken away by those who put back what was there.
            state.remove(Spot(ENVIRON) if is_open(name) else Spot(ENVIRON, (name,)))
        for spot in base.spots:
            state.remove(spot.inner(name))
            self.follower.deeds.evicted.add(spot.root)

    # Looking into values

    def deep_reads(self, value: Value, depth: int = 0) -> frozenset[Read]:
        reads = value.reads
        if depth < 3:
            for _, item in value.items:
                reads |= self.deep_reads(item, depth + 1)
            for ref in value.refs:
                if isinstance(ref, Instance):
                    for held in self.follower.heap.get(ref.number, {}).values():
                        reads |= self.deep_reads(held, depth + 1)
        return reads

    def deep(self, value: Value, depth: int = 0) -> Value:
        """The value with the data of what it holds."""
        parts, reads, is_client = value.parts, value.reads, value.is_client
        if depth < 3:
            for ref in value.refs:
                inner: Mapping[str, Value] = {}
                if isinstance(ref, Instance):
                    inner = self.follower.heap.get(ref.number, {})
                elif isinstance(ref, FunctionRef) and ref.closure is not None and not ref.is_of_init:
                    inner = self.captured(ref)
                for held in inner.values():
                    held = self.deep(held, depth + 1)
                    parts, reads = parts | held.parts, reads | held.reads
        return replace(value, parts=parts, reads=reads, is_client=is_client)

    def captured(self, ref: FunctionRef) -> dict[str, Value]:
        """What a function made in this invocation takes from around it."""
        closure: Mapping[str, Value] = ref.closure if ref.closure is not None else {}
        names = {node.id for node in ast.walk(ref.node) if isinstance(node, ast.Name)}
        return {name: closure[name] for name in sorted(names) if name in closure}

    def let_out(self, value: Value, outlet: Outlet, node: ast.AST, what: str, frame: Frame) -> None:
        self.follower.flow(value, outlet, frame.file.place(node), what)


def _key_of(value: Value, spot: Spot) -> frozenset[tuple[str, ...]]:
    """The parts of the event by which this kept thing was found."""
    keys = (read.key for read in value.reads if read.spot == spot)
    return frozenset().union(*keys)


def names_credential(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in knowledge.CREDENTIAL_WORDS)


def _deeper(value: Value, name: str | None) -> frozenset[tuple[str, ...]]:
    """Parts of the event within these parts."""
    if name is None or name in ("lower", "strip"):
        return value.parts
    return frozenset((*part, name) if len(part) < 6 else part for part in value.parts)


def _assigned(node: ast.stmt, name: str) -> ast.expr | None:
    match node:
        case ast.Assign(targets=[*targets], value=value):
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                return value
        case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
            return value
    return None


def _is_data_class(node: ast.ClassDef) -> bool:
    decorators = (ast.unparse(one).split("(")[0].rpartition(".")[2] for one in node.decorator_list)
    bases = (ast.unparse(one).split("[")[0].rpartition(".")[2] for one in node.bases)
    return any(name in _DATA_CLASSES for name in decorators) or any(name in _DATA_BASES for name in bases)


def _as_load(node: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    return node
