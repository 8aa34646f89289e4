"""What is put into lists and dictionaries under their keys, wherever the code does it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.permissions.framing import Framing
from dayfly.scan.permissions.values import (
    NOTHING,
    Mapping,
    Sequence,
    Text,
    Value,
    Values,
    constants,
    limited,
)

if TYPE_CHECKING:
    from dayfly.scan.permissions.program import Frame
    from dayfly.scan.permissions.scopes import Scope


class Storing(Framing):
    """Containers as they are after what is stored in them."""

    def _with_stores(self, values: Values, name: str, scope: Scope, near: Frame) -> Values:
        """Adds what is put in under keys: in its own scope, or for a module's name in any of its functions."""
        if isinstance(scope.node, ast.Module):
            stores = self.program.facts[scope.file.path].kept.get(name, [])
        else:
            stores = [(scope, key, value) for key, value in scope.stores.get(name, ())]
        if not stores:
            return values
        marker = (("stores", scope.node, name), near)
        if marker in self._active:
            return values
        self._active[marker] = len(self._active)
        try:
            return self._store(values, stores, near)
        finally:
            del self._active[marker]

    def _store(
        self, values: Values, stores: list[tuple[Scope, ast.expr | None, ast.expr]], near: Frame
    ) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        listed: tuple[Values, ...] = ()
        for value in values:
            if isinstance(value, Mapping):
                items.update(value.items)
                rest |= value.rest
            elif isinstance(value, Sequence):
                listed = value.items
                rest |= value.rest
        is_list = False
        for scope, key, stored in stores:
            for frame in self.frames_for(scope, near):
                if key is None:
                    is_list = True
                    rest |= self.evaluate(stored, frame)
                    continue
                keys = constants(self.evaluate(key, frame))
                if isinstance(key, ast.Name) and len(keys) > 1:
                    for one in keys:
                        overlay = self.overlay(frame, key.id, Text((one,)))
                        items[one] = items.get(one, NOTHING) | self.evaluate(stored, overlay)
                    continue
                found = self.evaluate(stored, frame)
                for one in keys:
                    items[one] = items.get(one, NOTHING) | found
                if not keys:
                    rest |= found
        others = {value for value in values if not isinstance(value, Mapping | Sequence)}
        made: Value = (
            Sequence(listed, limited(rest))
            if is_list
            else Mapping(tuple(sorted(items.items())), limited(rest))
        )
        return limited({*others, made})
