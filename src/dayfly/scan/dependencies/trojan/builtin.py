"""Evaluates the interpreter's own functions and methods of text: names, attributes, files, decoders."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan import folding, knowledge
from dayfly.scan.dependencies.trojan.arguments import (
    address_of,
)
from dayfly.scan.dependencies.trojan.deed import Act
from dayfly.scan.dependencies.trojan.expressions import COMPUTED, DECODED, Expressions
from dayfly.scan.dependencies.trojan.values import (
    ABSENT,
    NOTHING,
    Absent,
    Class,
    Instance,
    Kind,
    Label,
    Value,
    constant,
    join,
    labels_of,
    named,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


_MUTATES = frozenset(
    {
        "append",
        "extend",
        "update",
        "add",
        "insert",
        "write",
        "writestr",
        "writelines",
        "setdefault",
        "add_header",
        "attach",
    }
)
_WRITE_MODE = re.compile(r"[wax+]")


class Builtins(Expressions):
    """Builtins, methods of constants, and what assignment does to objects."""

    def _path(self, name: str, arguments: Sequence[Value]) -> str:
        if name in ("os.path.join", "posixpath.join") or name.endswith(".joinpath"):
            return "/".join(one.text for one in arguments)[:4_000]
        return ""

    def _builtin(
        self, name: str, first: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value | None:
        short = name.removeprefix("builtins.")
        if name in ("importlib.import_module", "builtins.__import__", "importlib.__import__", "pydoc.locate"):
            return self._imported(first, node)
        if name == "builtins.getattr" and len(arguments) > 1:
            return self._getattr(first, arguments[1], arguments[2:], node)
        if name == "builtins.setattr" and len(arguments) > 2:
            attribute = arguments[1].const if isinstance(arguments[1].const, str) else "*"
            self.assign_attribute(first, attribute, arguments[2], node)
            return NOTHING
        if name in ("builtins.vars", "builtins.dir") and first.names:
            return Value(names=frozenset(f"{one}.__dict__" for one in first.names))
        if name in ("builtins.globals", "builtins.locals"):
            return named(f"{name}()")
        if name == "builtins.open" or name in ("io.open", "codecs.open", "gzip.open", "os.open"):
            return self._open(first, arguments, keywords)
        if name == "builtins.super" and self.frame.cls is not None:
            return Value(names=frozenset(f"{one}()" for base in self.frame.cls.bases for one in base.names))
        if name.startswith("builtins.") and first.is_constant:
            const = folding.builtin(short, [one.const for one in arguments])
            if not isinstance(const, Absent):
                labels = labels_of(arguments)
                is_numbers = isinstance(first.const, tuple) and len(first.const) > 3
                if short == "chr" or (short in ("bytes", "bytearray") and is_numbers):
                    labels |= {Label(Kind.DECODED, "numbers of letters")}
                elif short == "reversed":
                    labels |= {COMPUTED}
                return Value(labels=labels, const=const, sketch=const if isinstance(const, str) else "")
        if name in ("builtins.chr", "builtins.bytes", "builtins.bytearray") and first.has(Kind.CONSTANT):
            return Value(labels=first.labels | {DECODED})
        if name in ("builtins.enumerate", "builtins.zip"):
            return Value(labels=labels_of([self.item_of(one) for one in arguments]))
        if name in ("builtins.map", "builtins.filter") and len(arguments) > 1:
            return self._map(first, arguments[1], node)
        return None

    def _map(self, function: Value, over: Value, node: ast.AST) -> Value:
        if isinstance(over.const, str | bytes | tuple) and len(over.const) <= 4_000 and function.names:
            computed = []
            for item in over.const:
                value = self.call(
                    function,
                    [Value(over.labels, item if isinstance(item, str | int | bytes) else ABSENT)],
                    {},
                    node,
                )
                if isinstance(value.const, Absent):
                    break
                computed.append(value.const)
            else:
                return Value(labels=over.labels | {COMPUTED}, const=tuple(computed))
        return self.call(function, [self.item_of(over)], {}, node)

    def _imported(self, module: Value, node: ast.AST) -> Value:
        if not isinstance(module.const, str):
            return Value(labels=module.labels)
        name = module.const
        if module.has(Kind.COMPUTED, Kind.DECODED) and knowledge.DANGEROUS.search(name):
            self.record(Act.HIDES, node, name, module)
        return Value(names=frozenset({name}))

    def _getattr(self, base: Value, attribute: Value, default: Sequence[Value], node: ast.AST) -> Value:
        if not isinstance(attribute.const, str):
            return Value(labels=base.labels, names=frozenset(f"{one}.*" for one in base.names))
        found = self.refer(self.attribute_of(base, attribute.const))
        if attribute.has(Kind.COMPUTED, Kind.DECODED):
            for name in sorted(found.names):
                if knowledge.DANGEROUS.search(name):
                    self.record(Act.HIDES, node, name, attribute)
        return join([found, *default]) if default else found

    def _open(self, path: Value, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        mode = keywords.get("mode") or (arguments[1] if len(arguments) > 1 else constant("r"))
        is_written = isinstance(mode.const, str) and bool(_WRITE_MODE.search(mode.const))
        labels = path.labels if is_written else path.labels | knowledge.file_label(path.text)
        return Value(
            names=frozenset({"builtins.open(w)" if is_written else "builtins.open()"}),
            labels=labels,
            sketch=path.text,
        )

    def _decoded(
        self, name: str, arguments: Sequence[Value], labels: frozenset[Label], node: ast.AST
    ) -> Value:
        if name == "codecs.decode" and len(arguments) > 1 and folding.is_plain_codec(arguments[1].const):
            return Value(labels=labels)
        first = arguments[0] if arguments else NOTHING
        const = folding.decode(name, [one.const for one in arguments])
        is_constant = first.is_constant or first.has(Kind.DECODED, Kind.CONSTANT)
        is_parsed = name.startswith(("html.", "urllib."))
        # A constant pickle is a test's; a constant code object has no honest use.
        is_code = is_constant if name.startswith("marshal") else first.has(Kind.DECODED)
        if knowledge.LOADS_CODE.search(name) and (is_code or first.has(Kind.REMOTE)):
            self.record(Act.RUN, node, name, first.with_labels({DECODED} if is_constant else set()))
        if is_constant and not is_parsed:
            labels |= {Label(Kind.DECODED, name)}
        return Value(
            labels=labels,
            const=const,
            sketch=const if isinstance(const, str) else "",
            names=frozenset({f"{name}()"}),
        )

    def _method(self, node: ast.Call, receiver: Value, name: str, arguments: Sequence[Value]) -> Value | None:
        """A method of a constant, computed; None where the receiver is none."""
        if name == "join" and arguments and receiver.is_constant:
            const = folding.method(receiver.const, name, [arguments[0].const])
            labels = arguments[0].labels | {COMPUTED}
            parts = arguments[0].const
            if (
                isinstance(parts, tuple)
                and len(parts) > 5
                and isinstance(const, str | bytes)
                and len(const) < 2 * len(parts)
            ):
                labels |= {Label(Kind.DECODED, "joined letters")}
            sketch = (
                arguments[0].sketch if isinstance(const, Absent) else const if isinstance(const, str) else ""
            )
            return Value(labels=labels, const=const, sketch=sketch)
        if not isinstance(receiver.const, str | bytes):
            return None
        const = folding.method(receiver.const, name, [one.const for one in arguments])
        labels = receiver.labels | labels_of(arguments)
        if name == "decode" and arguments and not folding.is_plain_codec(arguments[0].const):
            labels |= {Label(Kind.DECODED, f"decode({arguments[0].const!r})")}
        elif name == "translate":
            labels |= {Label(Kind.DECODED, "replaced letters")}
        elif name in ("replace", "swapcase", "join", "removeprefix", "removesuffix"):
            labels |= {COMPUTED}
        if isinstance(const, Absent):
            if name == "format" and isinstance(receiver.const, str):
                text = (
                    re.sub(r"\{[^{}]*\}", lambda _: next(iter_texts, "\0"), receiver.const)
                    if (iter_texts := iter([one.text for one in arguments]))
                    else ""
                )
                return Value(labels=labels, sketch=text[:4_000])
            return None if name in knowledge.CLEANSING_METHODS else Value(labels=labels)
        return Value(labels=labels, const=const, sketch=const if isinstance(const, str) else "")

    def assign_attribute(self, base: Value, attribute: str, value: Value, node: ast.AST) -> None:
        """`base.attribute = value`: kept for objects of the code itself, a replacement for those of others."""
        for one in base.local:
            if isinstance(one, Instance):
                one.attributes[attribute] = value
            elif isinstance(one, Class):
                one.frame.names[attribute] = value
        local = value.local
        if not local and base.names and self.find is not None:
            local = tuple(one for name in sorted(value.names) for one in self.own(name).local)
        if local:
            for name in sorted(base.names):
                top = name.partition(".")[0]
                if (
                    top
                    and top != self.package
                    and not name.startswith(("__", "."))
                    and "()" not in name.partition(".")[0]
                ):
                    self.record(
                        Act.PATCH,
                        node,
                        f"{name.removesuffix('.__dict__')}.{attribute}",
                        NOTHING,
                        replacement=local,
                    )

    def _mutate(
        self, function: ast.Attribute, arguments: Sequence[Value], keywords: dict[str, Value]
    ) -> None:
        if function.attr == "connect" and isinstance(function.value, ast.Name) and arguments:
            before = self.lookup(function.value.id)
            self.bind(function.value.id, replace(before, sketch=address_of(arguments[0]) or before.sketch))
        if function.attr in _MUTATES and isinstance(function.value, ast.Name):
            added = join([*arguments, *keywords.values()])
            if added.labels or added.local or added.names:
                before = self.lookup(function.value.id)
                self.bind(
                    function.value.id,
                    Value(
                        labels=before.labels | added.labels,
                        sketch=before.sketch,
                        names=before.names | (added.names if not before.names else frozenset()),
                        local=(*before.local, *added.local)[:8],
                    ),
                )
        if (
            function.attr == "update"
            and isinstance(function.value, ast.Attribute)
            and function.value.attr == "__dict__"
        ):
            return
