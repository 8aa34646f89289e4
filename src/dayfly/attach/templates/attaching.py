"""Puts Dayfly on one function of a SAM or CloudFormation template: its layer, its variables and the record of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.intrinsics import branches_of, call_of, is_no_value, shown, values_of
from dayfly.attach.templates.model import Options
from dayfly.attach.templates.nodes import Entry, Mapping, Node, Scalar, Sequence, get, text_of
from dayfly.attach.templates.record import METADATA, METADATA_KEY, Record, bare, digest
from dayfly.attach.templates.stack import (
    MAX_LAYERS,
    TRANSFORM,
    Function,
    at_the_edge,
    count_layers,
)
from dayfly.attach.templates.values import Ref, Value, as_json_value, json_text, yaml_flow
from dayfly.attach.wrappers import (
    NEXT_VARIABLE,
    WRAPPER_VARIABLE,
    WrapperNote,
    attached_variables,
    conflicts,
)
from dayfly.errors import DayflyError

_WRITE_A_LIST = "write it as a list, or add the layer where the value is defined"


@dataclass
class Attaching:
    """Edits of all functions of one template; what two functions share by an anchor is edited once.

    `layer` is the one of the function in hand.
    """

    edits: Edits
    options: Options
    layer: Value = ""
    done: dict[tuple[str, int], tuple[Record, Value]] = field(default_factory=dict)

    def attach(self, function: Function, layer: Value) -> None:
        """Add the edits of one function; raises NotEditableError, after which the edits are not to be used."""
        properties = function.properties
        assert properties is not None
        self.layer = layer
        check(function, layer=layer)
        record = Record()
        if not self._is_there(function):
            record = Record(layer=yaml_flow(self.layer))
            record.add(self._layers(function, properties))
        record.add(self._environment(function, properties))
        self._once("record", function.resource, lambda: self._note(function, record))

    def _once(self, kind: str, node: Node, work: Callable[[], Record]) -> Record:
        key = (kind, id(node))
        if key not in self.done:
            self.done[key] = (work(), self.layer)
        record, layer = self.done[key]
        if layer != self.layer:
            raise NotEditableError(
                "shares its layers, through a YAML anchor, with a function that needs another layer",
                "write the layers of each function out",
                node.start,
            )
        return record

    # -- layers

    def _is_there(self, function: Function) -> bool:
        """Whether somebody put the layer there himself, in a list that always counts."""
        lists = (get(function.globals, "Layers"), get(function.properties, "Layers"))
        return any(
            bare(item.value) == as_json_value(self.layer)
            for node in lists
            if isinstance(node, Sequence) and call_of(node) is None
            for item in node.items
        )

    def _layers(self, function: Function, properties: Mapping) -> Record:
        entry = properties.find("Layers")
        common = get(function.globals, "Layers")
        if count_layers(common) + count_layers(entry.value if entry else None) >= MAX_LAYERS:
            raise NotEditableError(
                f"already has {MAX_LAYERS} layers, which is Lambda's limit",
                "remove one, or merge two",
                entry.key.start if entry else function.entry.key.start,
            )
        is_plain = isinstance(common, Sequence) and call_of(common) is None
        if common is not None and not is_plain and not (isinstance(common, Scalar) and common.is_empty):
            raise NotEditableError(
                "its layers in Globals come from an intrinsic function", _WRITE_A_LIST, common.start
            )
        if entry is None:
            return self._once("layers", properties, lambda: self._new_layers(properties))
        return self._into(entry, entry.value, "")

    def _new_layers(self, properties: Mapping) -> Record:
        self.edits.add_entry(properties, "Layers", [self.layer], behind=("Runtime", "Handler"))
        return Record(made=["Layers"])

    def _into(self, entry: Entry, node: Node, path: str) -> Record:
        """Put the layer into a list, or into both of an Fn::If's."""
        branches = branches_of(node)
        if branches is not None:
            call = call_of(node)
            arguments = call[1] if call else node
            assert isinstance(arguments, Sequence)
            record = Record()
            for index in branches:
                item = arguments.items[index]
                inner = f"{path}.{index}"
                if is_no_value(item.value):
                    record.none[inner] = self.edits.document.text[item.start : item.end]
                    self.edits.replace(item.start, item.end, self._one_layer())
                else:
                    record.add(self._into(entry, item.value, inner))
            return record
        if isinstance(node, Sequence) and call_of(node) is None:
            if any(bare(item.value) == as_json_value(self.layer) for item in node.items):
                raise NotEditableError(
                    "has the layer in one branch of Fn::If only", "remove it there", node.start
                )
            return self._once("item", node, lambda: self._append(node))
        if isinstance(node, Scalar) and node.is_empty and not path and not entry.is_alias:
            self.edits.fill(entry, [self.layer])
            return Record(null=["Layers"])
        raise NotEditableError(
            f"gets its Layers from {shown(node) or 'a value'} as one value", _WRITE_A_LIST, node.start
        )

    def _append(self, sequence: Sequence) -> Record:
        self.edits.add_item(sequence, self.layer)
        return Record()

    def _one_layer(self) -> str:
        if self.edits.document.is_json:
            return json_text([as_json_value(self.layer)])
        return yaml_flow([self.layer])

    # -- environment

    def _environment(self, function: Function, properties: Mapping) -> Record:
        current = current_variables(function)
        try:
            asked = attached_variables(current, self.options.settings_of(function.name))
        except DayflyError as error:
            raise NotEditableError(error.message, error.hint, function.entry.key.start) from error
        written = get(properties, "Environment", "Variables")
        is_own = isinstance(written, Mapping) and written.own(WRAPPER_VARIABLE) is not None
        wanted: dict[str, Value] = {}
        for name, value in asked.items():
            if current.get(name) != value:
                is_copy = name == NEXT_VARIABLE and WRAPPER_VARIABLE in current and not is_own
                wanted[name] = _copied(function.variables()[WRAPPER_VARIABLE]) if is_copy else value
        entry = properties.find("Environment")
        _check_whole(get(function.globals, "Environment"), "Globals' Environment")
        _check_whole(get(function.globals, "Environment", "Variables"), "Globals' Variables")
        if entry is None:
            return self._once(
                "environment",
                properties,
                lambda: self._new(
                    properties, "Environment", {"Variables": wanted}, wanted, behind=("Runtime", "Handler")
                ),
            )
        _check_whole(entry.value, "Environment")
        environment = entry.value
        if not isinstance(environment, Mapping):
            return self._once("fill", environment, lambda: self._fill(entry, "Environment", wanted))
        inner = environment.find("Variables")
        if inner is None:
            return self._once(
                "variables", environment, lambda: self._new(environment, "Variables", wanted, wanted)
            )
        _check_whole(inner.value, "Variables")
        variables = inner.value
        if not isinstance(variables, Mapping):
            return self._once("fill", variables, lambda: self._fill(inner, "Variables", wanted))
        return self._once("set", variables, lambda: self._set(variables, wanted))

    def _new(
        self,
        parent: Mapping,
        key: str,
        value: Value,
        wanted: dict[str, Value],
        *,
        behind: tuple[str, ...] = (),
    ) -> Record:
        self.edits.add_entry(parent, key, value, behind=behind)
        made = ["Environment", "Environment.Variables"] if key == "Environment" else ["Environment.Variables"]
        return Record(made=made, set=_digests(wanted))

    def _fill(self, entry: Entry, key: str, wanted: dict[str, Value]) -> Record:
        if key == "Environment":
            self.edits.fill(entry, {"Variables": wanted})
            return Record(made=["Environment.Variables"], null=["Environment"], set=_digests(wanted))
        self.edits.fill(entry, wanted)
        return Record(null=["Environment.Variables"], set=_digests(wanted))

    def _set(self, variables: Mapping, wanted: dict[str, Value]) -> Record:
        record = Record()
        # The other wrapper gives up its name before Dayfly's takes it.
        for name, value in sorted(wanted.items(), key=lambda one: one[0] != NEXT_VARIABLE):
            other = variables.own(WRAPPER_VARIABLE)
            there = variables.own(name)
            if name == NEXT_VARIABLE and other is not None:
                if there is not None:
                    raise NotEditableError(f"already has {NEXT_VARIABLE}", "remove it", there.key.start)
                self.edits.rename(other.key, NEXT_VARIABLE)
                record.is_renamed = True
            elif there is not None and not (name == WRAPPER_VARIABLE and record.is_renamed):
                record.was[name] = self._replaced(variables, there, value)
                record.set[name] = _digest(value)
            else:
                self.edits.add_entry(variables, name, value)
                record.set[name] = _digest(value)
        return record

    def _replaced(self, variables: Mapping, entry: Entry, value: Value) -> str:
        raw = self.edits.document.text[entry.start : entry.end]
        is_block = isinstance(entry.value, Scalar) and entry.value.style in ("|", ">")
        if not raw or is_block or entry.value.anchor or ("\n" in raw and not variables.is_flow):
            raise NotEditableError(
                f"its {entry.key.text} is empty, has an anchor or is written on several lines",
                "write it on one line, or remove it",
                entry.start,
            )
        new = json_text(as_json_value(value)) if self.edits.document.is_json else yaml_flow(value)
        self.edits.replace(entry.start, entry.end, new)
        return raw

    # -- the record

    def _note(self, function: Function, record: Record) -> Record:
        resource = function.resource
        if not resource.is_flow:
            self.edits.add_comment(resource, record.as_comment())
            return record
        entry = resource.own(METADATA)
        if entry is None:
            record.made.append(METADATA)
            self.edits.add_entry(resource, METADATA, {METADATA_KEY: record.as_value()}, is_compact=True)
            return record
        metadata = entry.value
        if not isinstance(metadata, Mapping) or entry.is_alias or call_of(metadata) is not None:
            raise NotEditableError(
                "its Metadata is not a mapping, so attach cannot write its note there",
                "write it as a mapping",
                metadata.start,
            )
        self.edits.add_entry(metadata, METADATA_KEY, record.as_value(), is_compact=True)
        return record


def check(function: Function, *, layer: Value) -> None:
    """Raise NotEditableError where editing would not last or have no effect."""
    properties = function.properties
    assert properties is not None
    if get(function.resource, METADATA, "aws:cdk:path") is not None:
        raise NotEditableError(
            "is generated by CDK, and the next `cdk synth` would undo an edit",
            "add dayfly.cdk to the app (docs/attach-templates.md)",
            function.entry.key.start,
        )
    for node in (properties, get(properties, "Environment"), get(properties, "Environment", "Variables")):
        found = node.find(TRANSFORM) if isinstance(node, Mapping) else None
        if found is not None:
            raise NotEditableError(
                "includes a file with Fn::Transform, which may define Layers or Environment",
                "attach Dayfly in the included file, or copy its content into the template",
                found.key.start,
            )
    if function.setting("CapacityProviderConfig") is not None:
        # https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
        raise NotEditableError(
            "runs on Lambda Managed Instances, where one process serves several events at the same time",
            ("Dayfly does not support such functions: remove CapacityProviderConfig, or skip this function"),
            function.entry.key.start,
        )
    if function.name in at_the_edge(function.document):
        # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
        raise NotEditableError(
            "runs at the edge (CloudFront), where functions cannot have layers or variables",
            "skip this function",
            function.entry.key.start,
        )
    signing = function.setting("CodeSigningConfigArn")
    if signing is not None and not is_no_value(signing) and isinstance(layer, Ref):
        raise NotEditableError(
            "requires signed code, but a layer built here is not signed",
            "sign and publish the layer, then give --layer ARN",
            signing.start,
        )


def current_variables(function: Function) -> dict[str, str]:
    """The function's variables as far as they are known; Dayfly's own that are decided elsewhere are left out."""
    found: dict[str, str] = {}
    for name, node in function.variables().items():
        values = values_of(function.document, node)
        if values is not None and len(values) == 1:
            found[name] = next(iter(values))
        elif name in (WRAPPER_VARIABLE, NEXT_VARIABLE) or not name.startswith("DAYFLY_"):
            found[name] = shown(node)
    return found


def wrapper_notes(function: Function) -> list[WrapperNote]:
    """What is to be known of other tools on the function."""
    names = [shown(node) for node in function.layers()]
    handler = function.setting("Handler")
    return conflicts(current_variables(function), names, text_of(handler))


def _check_whole(node: Node | None, what: str) -> None:
    if node is None or (isinstance(node, Scalar) and node.is_empty):
        return
    if isinstance(node, Mapping) and call_of(node) is None:
        return
    raise NotEditableError(
        f"gets its {what} from {shown(node) or 'a list'} as one value",
        "write `Variables` as a mapping that contains these variables, then run attach again",
        node.start,
    )


def _copied(node: Node) -> Value:
    """Another place's value, written once more."""
    call = call_of(node)
    if call is None and isinstance(node, Scalar):
        return node.text
    if call is not None and call[0] == "Ref" and isinstance(call[1], Scalar):
        return Ref(call[1].text)
    raise NotEditableError(
        f"its {WRAPPER_VARIABLE} is defined by {shown(node)} elsewhere",
        "set that variable in the function itself",
        node.start,
    )


def _digest(value: Value) -> str:
    return digest(as_json_value(value))


def _digests(wanted: dict[str, Value]) -> dict[str, str]:
    return {name: _digest(value) for name, value in wanted.items()}
