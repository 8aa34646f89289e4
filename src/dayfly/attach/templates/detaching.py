"""Takes Dayfly off one function of a SAM or CloudFormation template by the record that attach left."""

from __future__ import annotations

from dataclasses import dataclass, field

from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.intrinsics import branches_of, call_of
from dayfly.attach.templates.nodes import Entry, Item, Mapping, Node, Sequence, get
from dayfly.attach.templates.record import METADATA, METADATA_KEY, Kept, Record, bare, digest
from dayfly.attach.templates.stack import Function
from dayfly.attach.templates.values import Ref, Value, as_json_value
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER, WRAPPER_VARIABLE


@dataclass
class Detaching:
    """Edits of all functions of one template.

    `left` are variables that somebody changed since, with their offset; `taken` the offsets of the layer in lists.
    """

    edits: Edits
    taken: set[int] = field(default_factory=set)
    left: list[tuple[str, str, int]] = field(default_factory=list)

    def detach(self, function: Function, kept: Kept) -> None:
        """Add the edits of one function; raises NotEditableError, after which the edits are not to be used."""
        record = kept.record
        properties = function.properties
        if properties is not None:
            self._environment(function, properties, record)
            self._layers(properties, record)
        self._forget(function.resource, kept)

    # -- environment

    def _environment(self, function: Function, properties: Mapping, record: Record) -> None:
        entry = properties.find("Environment")
        if entry is None:
            return
        inner = entry.value.find("Variables") if isinstance(entry.value, Mapping) else None
        if inner is None or not isinstance(inner.value, Mapping) or call_of(inner.value) is not None:
            if record.set:
                raise NotEditableError(
                    "its Environment was rewritten after attaching",
                    "remove Dayfly's variables manually, then the note `dayfly-attach`",
                    entry.key.start,
                )
            return
        assert isinstance(entry.value, Mapping)
        environment, variables = entry.value, inner.value
        gone = self._variables(function, variables, record)
        if self._is_over(variables, gone, "Environment.Variables", record):
            is_all = self._is_over(environment, [inner], "Environment", record)
            if is_all and not self._remove_key(properties, entry):
                return
            if not self._remove_key(environment, inner):
                return
        for one in gone:
            self.edits.remove(variables, one)

    def _variables(self, function: Function, variables: Mapping, record: Record) -> list[Item]:
        """The entries to take out; replaced and renamed ones are put back."""
        gone: list[Item] = []
        ours = record.set.get(WRAPPER_VARIABLE)
        wrapper = variables.own(WRAPPER_VARIABLE)
        if ours and wrapper is not None and digest(bare(wrapper.value)) != ours:
            raise NotEditableError(
                f"its {WRAPPER_VARIABLE} was changed after attaching",
                (
                    f"set it to {WRAPPER} again, or remove Dayfly's lines and the note `dayfly-attach` manually"
                ),
                wrapper.start,
            )
        for name, wanted in record.set.items():
            entry = variables.own(name)
            if entry is None:
                continue
            if digest(bare(entry.value)) != wanted:
                self.left.append((function.name, name, entry.key.start))
            elif name in record.was:
                self.edits.replace(entry.start, entry.end, record.was[name])
            else:
                gone.append(entry)
        chained = variables.own(NEXT_VARIABLE)
        if record.is_renamed and chained is not None:
            self.edits.rename(chained.key, WRAPPER_VARIABLE)
        return gone

    # -- layers

    def _layers(self, properties: Mapping, record: Record) -> None:
        entry = properties.find("Layers")
        if entry is None or not record.layer:
            return
        node = entry.value
        if isinstance(node, Sequence) and call_of(node) is None:
            gone = self._ours(node, record)
            if self._is_over(node, gone, "Layers", record) and not self._remove_key(properties, entry):
                return
            for one in gone:
                self.edits.remove(node, one)
            return
        self._branches(node, record, "")

    def _ours(self, node: Sequence, record: Record) -> list[Item]:
        gone = [item for item in node.items if _is_layer(item.value, record.layer)]
        self.taken |= {item.start for item in gone}
        return gone

    def _branches(self, node: Node, record: Record, path: str) -> None:
        branches = branches_of(node)
        call = call_of(node)
        if branches is None or call is None or not isinstance(call[1], Sequence):
            return
        for index in branches:
            item = call[1].items[index]
            inner = f"{path}.{index}"
            value = item.value
            if not isinstance(value, Sequence) or call_of(value) is not None:
                self._branches(value, record, inner)
                continue
            gone = self._ours(value, record)
            if gone and len(gone) == len(value.items) and inner in record.none:
                self.edits.replace(item.start, item.end, record.none[inner])
            elif gone and len(gone) == len(value.items) and not value.is_flow:
                raise NotEditableError(
                    "one branch of Fn::If would have no layer left",
                    "write [] or AWS::NoValue there",
                    value.start,
                )
            else:
                for one in gone:
                    self.edits.remove(value, one)

    # -- keys and the record

    def _is_over(self, node: Mapping | Sequence, gone: list[Item], path: str, record: Record) -> bool:
        """Whether a collection goes as well: attach made it, or it would be left with nothing, which is no value."""
        children = node.entries if isinstance(node, Mapping) else node.items
        if len(gone) < len(children):
            return False
        return path in record.made or (not node.is_flow and bool(gone) and path not in record.null)

    def _remove_key(self, parent: Mapping, entry: Entry) -> bool:
        """Remove a key; True where what is below it has lines of its own, which its caller removes.

        So what else stands between those lines, such as a comment, stays.
        """
        value = entry.value
        is_block = isinstance(value, (Mapping, Sequence)) and not value.is_flow
        if entry.is_alias or parent.is_flow or not is_block:
            self.edits.remove(parent, entry)
            return False
        self.edits.remove_key_line(entry)
        return True

    def _forget(self, resource: Mapping, kept: Kept) -> None:
        if kept.offset is not None:
            self.edits.remove_line_of(kept.offset)
            return
        entry = resource.find(METADATA)
        own = entry.value.own(METADATA_KEY) if entry and isinstance(entry.value, Mapping) else None
        if entry is None or own is None or not isinstance(entry.value, Mapping):
            return
        if METADATA in kept.record.made and len(entry.value.entries) == 1:
            self.edits.remove(resource, entry)
        else:
            self.edits.remove(entry.value, own)


def references(root: Node, name: str) -> list[int]:
    """Where a resource is referred to: by Ref, Fn::GetAtt, Fn::Sub or DependsOn."""
    found: list[int] = []
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        call = call_of(node)
        if call is not None and _names(call[0], bare(call[1]) if not node.tag else _untagged(node), name):
            found.append(node.start)
        if isinstance(node, Mapping):
            depends = get(node, "DependsOn")
            if depends is not None and name in _listed(bare(depends)):
                found.append(depends.start)
            waiting += [entry.value for entry in node.entries if not entry.is_alias]
        elif isinstance(node, Sequence):
            waiting += [item.value for item in node.items if not item.is_alias]
    return sorted(found)


def _names(function: str, argument: object, name: str) -> bool:
    if function in ("Ref", "Fn::GetAtt"):
        first = _listed(argument)[:1]
        return bool(first) and isinstance(first[0], str) and first[0].split(".")[0] == name
    if function == "Fn::Sub":
        text = _listed(argument)[:1]
        return (
            bool(text)
            and isinstance(text[0], str)
            and ("${" + name + "}" in text[0] or "${" + name + "." in text[0])
        )
    return False


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _untagged(node: Node) -> object:
    value = bare(node)
    return next(iter(value.values())) if isinstance(value, dict) and node.tag else value


def _is_layer(node: Node, layer: str) -> bool:
    value: Value = Ref(layer.removeprefix("!Ref ")) if layer.startswith("!Ref ") else layer.strip('"')
    return bare(node) == as_json_value(value)
