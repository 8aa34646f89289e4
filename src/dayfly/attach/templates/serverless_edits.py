"""Puts Dayfly on the functions of a serverless.yml: on the provider where all of them get it, else on each. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.nodes import Entry, Mapping, Node, Scalar, Sequence, text_of
from dayfly.attach.templates.record import bare, digest
from dayfly.attach.templates.serverless_note import Note
from dayfly.attach.templates.serverless_service import Function, Service
from dayfly.attach.templates.stack import MAX_LAYERS
from dayfly.attach.templates.values import Value, as_json_value, json_text, yaml_flow
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER_VARIABLE

ENVIRONMENT, LAYERS = "environment", "layers"
_ADDRESS = re.compile(r"\$\{(self:[\w.-]+|file\([^()${}]+\):[\w.-]+)\}$")


@dataclass
class ServiceEdit:
    """The edits of one service. `layer` is the one of the function in hand, or of all."""

    service: Service
    layer: Value
    edits: Edits
    note: Note = field(default_factory=Note)

    def attach_all(self, functions: list[Function], wanted: Dict[str, str]) -> None:
        """Everything on the provider, and on functions what would win over it. Raises NotEditableError."""
        provider = self._provider()
        self._variables(provider, "provider", dict(wanted))
        if not functions or any(one.own(LAYERS) is None for one in functions):
            self.add_layer(provider, "provider")
        for function in functions:
            node = function.node
            assert node is not None
            own = self._own_environment(function)
            if own is not None and own.own(WRAPPER_VARIABLE) is not None:
                self._rename(own, f"{path_of(function)}.{ENVIRONMENT}")
            for name, value in wanted.items():
                there = own.find(name) if own is not None else None
                if there is not None and name not in (WRAPPER_VARIABLE, NEXT_VARIABLE):
                    _check_same(name, there, value)
            if function.own(LAYERS) is not None:
                self.add_layer(node, path_of(function))

    def attach_one(self, function: Function, wanted: Dict[str, str], *, other: Node | None) -> None:
        """Variables and layer of one function; `other` is the wrapper that the provider sets. Raises NotEditableError."""
        node = function.node
        if node is None or function.source:
            raise NotEditableError(
                f"is defined in {function.source or 'another file'}",
                f"add there: {LAYERS}: [{yaml_flow(self.layer)}], {ENVIRONMENT}: "
                + yaml_flow({name: wanted[name] for name in wanted if name == WRAPPER_VARIABLE}),
                function.entry.key.start if function.entry is not None else 0,
            )
        variables: dict[str, Value] = dict(wanted)
        own = self._own_environment(function)
        if (
            NEXT_VARIABLE in variables
            and other is not None
            and (own is None or own.find(WRAPPER_VARIABLE) is None)
        ):
            if not isinstance(other, Scalar) or other.tag:
                raise NotEditableError(
                    f"its {WRAPPER_VARIABLE} comes from the provider, through an intrinsic function",
                    "set that variable in the function itself",
                    node.start,
                )
            variables[NEXT_VARIABLE] = other.text
        self._variables(node, path_of(function), variables)
        provider = self.service.provider
        shared = provider.find(LAYERS) if provider is not None else None
        if function.own(LAYERS) is not None or shared is None:
            self.add_layer(node, path_of(function))
        elif "provider." + LAYERS not in self.note.items:
            # Layers of its own would take the provider's from it; on others this one lies idle.
            self.add_layer(self._provider(), "provider")

    def add_layer(self, parent: Mapping, path: str) -> None:
        key = f"{path}.{LAYERS}"
        if key in self.note.items:
            return
        entry = parent.find(LAYERS)
        if entry is None:
            self.edits.add_entry(parent, LAYERS, [self.layer], behind=("runtime", "handler", "name"))
            self.note.made.append(key)
        elif parent.own(LAYERS) is None or entry.is_alias:
            raise NotEditableError("defines its layers with a YAML anchor", "write them out", parent.start)
        elif isinstance(entry.value, Scalar) and entry.value.is_empty:
            self.edits.fill(entry, [self.layer])
        elif isinstance(entry.value, Sequence) and not entry.value.tag:
            if len(entry.value.items) >= MAX_LAYERS:
                raise NotEditableError(
                    f"has {len(entry.value.items)} layers; Lambda allows {MAX_LAYERS}",
                    "remove one, or merge two",
                    entry.key.start,
                )
            self.edits.add_item(entry.value, self.layer)
        else:
            self._spread(entry, key)
        self.note.add_item(key, self.layer)

    def _spread(self, entry: Entry, key: str) -> None:
        """`${self:custom.layers}` as a list of its elements: Serverless has no way to add to a list."""
        listed = self.service.follow(entry.value)
        match = _ADDRESS.match(text_of(entry.value))
        if match is None or not isinstance(listed, Sequence) or listed.tag:
            raise NotEditableError(
                f"defines its layers as one value ({text_of(entry.value)[:60] or 'by an intrinsic'})",
                "write them as a list",
                entry.key.start,
            )
        if len(listed.items) >= MAX_LAYERS:
            raise NotEditableError(
                f"has {len(listed.items)} layers; Lambda allows {MAX_LAYERS}",
                "remove one",
                entry.key.start,
            )
        items: list[Value] = [f"${{{match[1]}.{index}}}" for index in range(len(listed.items))]
        text = self.edits.document.text[entry.start : entry.end]
        self.edits.replace(entry.start, entry.end, self._flow([*items, self.layer]))
        self.note.was[key] = text

    def _flow(self, value: list[Value]) -> str:
        if self.edits.document.is_json:
            return json_text(as_json_value(value))
        return yaml_flow(value)

    # -- variables

    def _variables(self, parent: Mapping, path: str, wanted: Dict[str, Value]) -> None:
        key = f"{path}.{ENVIRONMENT}"
        entry = parent.find(ENVIRONMENT)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_empty):
            values = dict(wanted)
            self.note.set[key] = {name: digest(as_json_value(value)) for name, value in values.items()}
            if entry is None:
                self.edits.add_entry(parent, ENVIRONMENT, values, behind=("runtime", "handler", "name"))
                self.note.made.append(key)
            else:
                self.edits.fill(entry, values)
            return
        own = _editable(parent, entry)
        done: dict[str, str] = {}
        for name, value in wanted.items():
            there = own.find(name)
            if name == NEXT_VARIABLE and own.own(WRAPPER_VARIABLE) is not None:
                continue
            if name == WRAPPER_VARIABLE and there is not None:
                self._rename(own, key)
            elif there is not None:
                _check_same(name, there, value)
                continue
            self.edits.add_entry(own, name, value)
            done[name] = digest(as_json_value(value))
        self.note.set[key] = done

    def _rename(self, own: Mapping, key: str) -> None:
        there = own.own(WRAPPER_VARIABLE)
        if there is None or own.find(NEXT_VARIABLE) is not None:
            raise NotEditableError(
                f"defines its {WRAPPER_VARIABLE} with a YAML anchor, or already has {NEXT_VARIABLE}",
                "write it out",
                own.start,
            )
        self.edits.rename(there.key, NEXT_VARIABLE)
        self.note.renamed.append(key)
        self.note.set.setdefault(key, {})

    def _own_environment(self, function: Function) -> Mapping | None:
        entry = function.own(ENVIRONMENT)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_empty):
            return None
        found = self.service.follow(entry.value)
        if not isinstance(found, Mapping):
            raise NotEditableError(
                f"defines its environment as one value ({text_of(entry.value)[:60]})",
                "write it as a mapping, and put that value under `provider`",
                entry.key.start,
            )
        return found

    def _provider(self) -> Mapping:
        provider = self.service.provider
        if provider is None or not self.service.is_editable(provider):
            raise NotEditableError("defines its provider in another file", "write it into this file", 0)
        return provider


def path_of(function: Function) -> str:
    """The keys from the root to a function that is written in the service's document."""
    entry = function.service.root.find("functions")
    section = entry.value if entry is not None else None
    if isinstance(section, Sequence):
        for index, item in enumerate(section.items):
            if isinstance(item.value, Mapping) and item.value.own(function.name) is function.entry:
                return f"functions.{index}.{function.name}"
    return f"functions.{function.name}"


def _editable(parent: Mapping, entry: Entry) -> Mapping:
    if parent.own(ENVIRONMENT) is None or entry.is_alias:
        raise NotEditableError("defines its environment with a YAML anchor", "write it out", parent.start)
    if not isinstance(entry.value, Mapping) or entry.value.tag:
        raise NotEditableError(
            f"defines its environment as one value ({text_of(entry.value)[:60] or 'by an intrinsic'})",
            "write it as a mapping; put shared variables under `provider`",
            entry.key.start,
        )
    if any(key.startswith("Fn::") for key in entry.value.effective()):
        raise NotEditableError(
            "defines its environment with an intrinsic function", "write it as a mapping", entry.key.start
        )
    return entry.value


def _check_same(name: str, there: Entry, value: Value) -> None:
    if bare(there.value) != as_json_value(value):
        raise NotEditableError(f"sets {name} itself", "remove it, or request the same value", there.key.start)
