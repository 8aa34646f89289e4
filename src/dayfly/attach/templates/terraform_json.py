"""Terraform's files in JSON: attach, detach, and the proof that the one undoes the other. No I/O.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace

from dayfly.attach.image import LINES_FOR_PYTHON
from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.hcl import Expression, read_hcl
from dayfly.attach.templates.json_text import read_json
from dayfly.attach.templates.masking import is_shown, mask
from dayfly.attach.templates.model import (
    BUCKET,
    Change,
    Edited,
    Gap,
    Kind,
    LayerUse,
    LayerZip,
    Options,
    Template,
    TemplateError,
    TemplateFunction,
    dayfly_settings,
    groups_of,
    not_as_set,
    suffix_for,
    zip_for,
)
from dayfly.attach.templates.nodes import Document, Entry, Mapping, Node, Scalar, get, text_of
from dayfly.attach.templates.nodes import Sequence as List
from dayfly.attach.templates.record import digest
from dayfly.attach.templates.serverless_note import COMMENT, Note, add_note, changed_since, read_note, undo
from dayfly.attach.templates.stack import MAX_LAYERS
from dayfly.attach.templates.terraform import chosen_layer, is_own_layer, named_layers, zip_of
from dayfly.attach.templates.terraform_functions import MODULE, RESOURCE, judge
from dayfly.attach.templates.terraform_values import Names, UnknownError
from dayfly.attach.templates.values import Value
from dayfly.attach.wrappers import (
    NEXT_VARIABLE,
    WRAPPER,
    WRAPPER_VARIABLE,
    WrapperNote,
    attached_variables,
    conflicts,
)
from dayfly.errors import DayflyError

_LAYERS = "aws_lambda_layer_version"


@dataclass(frozen=True, slots=True)
class _Function:
    """A function's body, and the keys that lead to it."""

    document: Document
    name: str
    path: str
    entry: Entry
    body: Mapping | None

    @property
    def line(self) -> int:
        return self.document.line(self.entry.key.start)

    @property
    def variables_key(self) -> str:
        return "environment_variables" if self.name.startswith("module.") else "environment"

    def gap(self, reason: str, hint: str = "") -> Gap:
        return Gap(self.name, self.line, reason, hint)


def add_names(names: Names, document: Document) -> None:
    """What a file in JSON says of variables and locals, in Terraform's own language."""
    for name, one in _entries(get(document.root, "variable")):
        default = get(one.value, "default")
        if default is not None:
            # What cannot be read is as if it were decided elsewhere.
            with contextlib.suppress(UnknownError):
                names.variables.setdefault(name, []).append(_expression(document, default))
    for name, one in _entries(get(document.root, "locals")):
        with contextlib.suppress(UnknownError):
            names.locals[name] = _expression(document, one.value)


class TerraformJsonTemplate(Template):
    """One file in JSON. Its layer has a name of its own, since other files of the folder may have one as well."""

    def __init__(self, document: Document, names: Names) -> None:
        self.path = document.path
        self.text = document.text
        self.kind = Kind.TERRAFORM
        self._document = document
        self._names = names
        if get(document.root, COMMENT, "metadata") is not None:
            raise TemplateError(
                f"{self.path} is made by CDK for Terraform: the next `cdktf synth` would undo an edit",
                hint="set layers and variables in the program that makes it",
            )
        self._functions = list(_functions(document))
        self._kept = read_note(document, COMMENT)
        stem = re.sub(r"\W", "_", self.path.replace("\\", "/").rpartition("/")[2].removesuffix(".tf.json"))
        self._layer_name = f"dayfly_{stem}"

    def functions(self) -> list[TemplateFunction]:
        return [self._described(function, Options()) for function in self._functions]

    def attach(self, options: Options) -> Edited:
        detached = self.detach()
        if self._kept is not None and detached.text == self.text:
            return Edited(self.text, (), detached.gaps)
        if options.functions and self._kept is not None:
            attached = {one.name for one in self.functions() if one.is_attached}
            options = options.keeping(
                {one.name: _current(one) for one in self._functions if one.name in attached}
            )
        base = TerraformJsonTemplate(read_json(detached.text, self.path), self._names)
        edited = base._attach_afresh(options)
        return replace(edited, changes=()) if edited.text == self.text else edited

    def detach(self) -> Edited:
        if self._kept is None:
            return Edited(self.text)
        edits = Edits(self._document)
        try:
            gaps = undo(edits, self._kept, COMMENT)
            text = edits.apply()
            if self._layer_name in text and self._layer_name in str(self._kept.note.made):
                stem = f"resource.{_LAYERS}.{self._layer_name}"
                own = frozenset(one for one in self._kept.note.made if one.startswith(stem))
                edits = Edits(self._document)
                gaps = undo(edits, self._kept, COMMENT, kept_paths=own)
                gaps.append(Gap("", 1, f"the layer {self._layer_name} is still in use, so it stays"))
                text = edits.apply()
        except NotEditableError as error:
            return Edited(
                self.text, (), (Gap("", self._document.line(error.offset), error.reason, error.hint),)
            )
        attached = [one for one in self.functions() if one.is_attached]
        changes = tuple(
            Change(one.name, one.line, "removes Dayfly's layer and variables") for one in attached
        )
        return Edited(text, changes, tuple(gaps))

    def masked(self) -> str:
        return mask(self.text, self._values())

    def _values(self) -> Iterator[tuple[int, int]]:
        for function in self._functions:
            for name, entry in _entries(_variables(function)):
                if not is_shown(name, text_of(entry.value)):
                    yield entry.start, entry.end

    def _attach_afresh(self, options: Options) -> Edited:
        known = {one.name for one in self._functions}
        if options.functions and not options.functions & known:
            raise TemplateError(
                f"{self.path} has no function {', '.join(sorted(options.functions))}",
                hint="functions in the template: " + (", ".join(sorted(known)) or "none"),
            )
        note = Note()
        edits = Edits(self._document)
        gaps: list[Gap] = []
        notes: list[Gap] = []
        chosen: list[tuple[_Function, TemplateFunction]] = []
        for function in self._functions:
            if options.functions and function.name not in options.functions:
                continue
            described = self._described(function, options)
            if described.gap is not None:
                gaps.append(described.gap)
            elif described.is_python and not described.is_attached:
                chosen.append((function, described))
        if not chosen:
            return Edited(self.text, (), tuple(gaps))
        groups = groups_of(described for _, described in chosen)
        names = dict.fromkeys(groups, self._layer_name)
        if len(groups) > 1 and not options.layer:
            names = {group: f"{self._layer_name}_{suffix_for(group)}" for group in groups}
        for function, described in chosen:
            wanted = attached_variables(_current(function), options.settings_of(function.name))
            _edit(edits, note, function, self._layer(options, names[described.runtimes]), wanted)
            notes += [function.gap(f"{one.tool}: {one.text}", one.source) for one in _conflicts(function)]
        changes = [
            Change(one.name, one.line, "adds the layer and the variables of Dayfly") for _, one in chosen
        ]
        zips: dict[str, LayerZip] = {}
        if is_own_layer(options):
            bucket = BUCKET.match(options.layer)
            if bucket is None:
                zips = {name: zip_for(group) for group, name in names.items()}
            if len(set(names.values())) == 1 and bucket is None:
                zips = {self._layer_name: zip_for(runtime for group in groups for runtime in group)}
            self._add_layers(edits, note, bucket, zips)
            changes[:0] = [
                Change(name, 0, f"adds the resource {_LAYERS}.{name}") for name in zips or (self._layer_name,)
            ]
        try:
            add_note(edits, note, COMMENT)
            text = edits.apply()
        except NotEditableError as error:
            raise TemplateError(
                f"{self.path}:{self._document.line(error.offset)} {error.reason}", hint=error.hint
            ) from error
        if TerraformJsonTemplate(read_json(text, self.path), self._names).detach().text != self.text:
            raise TemplateError(f"{self.path} cannot be edited reversibly", hint="attach it manually")
        return Edited(text, tuple(changes), tuple(gaps), tuple(notes), tuple(zips.values()))

    def _layer(self, options: Options, name: str) -> str:
        if is_own_layer(options):
            return f"${{{_LAYERS}.{name}.arn}}"
        written = chosen_layer(options)
        return options.layer if written.startswith('"') else f"${{{written}}}"

    def _add_layers(
        self, edits: Edits, note: Note, bucket: re.Match[str] | None, zips: Dict[str, LayerZip]
    ) -> None:
        values: dict[str, Value] = {}
        if bucket:
            values[self._layer_name] = {
                "layer_name": "dayfly",
                "s3_bucket": bucket[1],
                "s3_key": bucket[2],
            }
        for name, zipped in zips.items():
            where = f"${{path.module}}/{zipped.name}"
            values[name] = {
                "layer_name": name.replace(self._layer_name, "dayfly").replace("_", "-"),
                "filename": where,
                "source_code_hash": f'${{filebase64sha256("{where}")}}',
            }
        made = [f"resource.{_LAYERS}.{name}" for name in values]
        resources = get(self._document.root, "resource")
        root = self._document.root
        assert isinstance(root, Mapping)
        if not isinstance(resources, Mapping):
            if resources is not None:
                raise TemplateError(
                    f"{self.path} has its resources in a list", hint="write them as an object"
                )
            edits.add_entry(root, "resource", {_LAYERS: values})
            note.made += ["resource", f"resource.{_LAYERS}", *made]
            return
        layers = get(resources, _LAYERS)
        if isinstance(layers, Mapping):
            for name, value in values.items():
                edits.add_entry(layers, name, value)
            note.made += made
        else:
            edits.add_entry(resources, _LAYERS, values)
            note.made += [f"resource.{_LAYERS}", *made]

    def _described(self, function: _Function, options: Options) -> TemplateFunction:
        body = function.body
        if body is None:
            gap = function.gap("is a list of bodies", "write one object for each function")
            return TemplateFunction(function.name, function.line, (), False, False, False, gap)
        if text_of(get(body, "package_type")) == "Image" or get(body, "image_uri") is not None:
            hint = LINES_FOR_PYTHON
            gap = function.gap("is a container image, which cannot use layers", hint)
            return TemplateFunction(function.name, function.line, (), False, False, True, gap)
        runtime = get(body, "runtime")
        each = get(body, "for_each")
        try:
            if runtime is None:
                raise UnknownError
            runtimes = tuple(
                sorted(
                    self._names.texts(
                        _expression(self._document, runtime),
                        _expression(self._document, each) if each is not None else None,
                    )
                )
            )
        except UnknownError:
            gap = function.gap("has a runtime that is not set in this folder", "write it out")
            return TemplateFunction(function.name, function.line, (), False, False, False, gap)
        is_python, fault = judge(runtimes)
        variables = _variables(function)
        is_started = text_of(get(variables, WRAPPER_VARIABLE)) == WRAPPER
        is_attached = is_python and is_started and get(body, "layers") is not None
        found = function.gap(*fault) if fault is not None else None
        if is_python and not is_attached and found is None:
            found = self._gap(function, body, options)
        elif is_attached and found is None:
            names = changed_since(self._document, self._kept, function.path)
            found = function.gap(*not_as_set(names)) if names else None
        return TemplateFunction(
            function.name,
            function.line,
            runtimes,
            is_python,
            is_attached,
            gap=found,
            settings=dayfly_settings(_current(function)) if is_attached else {},
            layers=self._layer_uses(body) if is_attached else (),
        )

    def _layer_uses(self, body: Mapping) -> tuple[LayerUse, ...]:
        layers = get(body, "layers")
        written = self._document.text[layers.start : layers.end] if layers is not None else ""
        zips = {
            name: zip_of(text_of(get(one.value, "filename")))
            for name, one in _entries(get(self._document.root, "resource", _LAYERS))
        }
        return named_layers(written, zips)

    def _gap(self, function: _Function, body: Mapping, options: Options) -> Gap | None:
        ignored = get(body, "lifecycle", "ignore_changes")
        names = (
            {text_of(one.value) for one in ignored.items} if isinstance(ignored, List) else {text_of(ignored)}
        )
        if names & {"all", "layers", "environment"}:
            return function.gap("ignores changes of its layers or its environment, so an edit has no effect")
        if text_of(get(body, "lambda_at_edge")) == "true":
            return function.gap(
                "runs at CloudFront's edge (Lambda@Edge), which has neither layers nor variables"
            )
        for key in ("code_signing_config_arn", "provider", "providers", "region", "capacity_provider_config"):
            if get(body, key) is not None and (is_own_layer(options) or key == "capacity_provider_config"):
                return function.gap(
                    f"has {key}, and a layer made here cannot be used for it", "give --layer ARN"
                )
        try:
            wanted = attached_variables(_current(function), options.settings_of(function.name))
            _edit(Edits(self._document), Note(), function, "x", wanted)
        except NotEditableError as error:
            return replace(function.gap(error.reason, error.hint), line=self._document.line(error.offset))
        except DayflyError as error:
            return function.gap(error.message, error.hint)
        return None


def _functions(document: Document) -> Iterator[_Function]:
    for name, entry in _entries(get(document.root, "resource", RESOURCE)):
        body = entry.value if isinstance(entry.value, Mapping) else None
        yield _Function(document, f"{RESOURCE}.{name}", f"resource.{RESOURCE}.{name}", entry, body)
    for name, entry in _entries(get(document.root, "module")):
        source = text_of(get(entry.value, "source"))
        is_off = any(text_of(get(entry.value, one)) == "false" for one in ("create", "create_function"))
        is_layer = text_of(get(entry.value, "create_layer")) == "true"
        if MODULE.search(source) and not is_off and not is_layer and isinstance(entry.value, Mapping):
            yield _Function(document, f"module.{name}", f"module.{name}", entry, entry.value)


def _edit(edits: Edits, note: Note, function: _Function, layer: Value, wanted: Dict[str, str]) -> None:
    body = function.body
    assert body is not None
    layers = body.own("layers")
    path = f"{function.path}.layers"
    if layers is None:
        edits.add_entry(body, "layers", [layer])
        note.made.append(path)
    elif not isinstance(layers.value, List):
        raise NotEditableError("has layers that are not a list", "write them as a list", layers.key.start)
    elif len(layers.value.items) >= MAX_LAYERS:
        count = len(layers.value.items)
        raise NotEditableError(
            f"has {count} layers; Lambda allows {MAX_LAYERS}", "remove one", layers.key.start
        )
    else:
        edits.add_item(layers.value, layer)
    note.add_item(path, layer)
    key, inner = function.variables_key, "" if function.name.startswith("module.") else ".variables"
    entry = body.own(key)
    path = f"{function.path}.{key}"
    # Strings are templates in Terraform's JSON as well.
    escaped = {name: one.replace("${", "$${").replace("%{", "%%{") for name, one in wanted.items()}
    if entry is None:
        values: dict[str, Value] = dict(escaped)
        edits.add_entry(body, key, {"variables": values} if inner else values)
        note.made += [path, path + inner] if inner else [path]
        note.set[path + inner] = {name: digest(one) for name, one in escaped.items()}
        return
    variables = _variables(function)
    if not isinstance(variables, Mapping) or isinstance(entry.value, List):
        raise NotEditableError(
            "has variables that are not an object",
            "write them as one, `environment` without a list around it",
            entry.key.start,
        )
    _set_variables(edits, note, variables, path + inner, escaped)


def _set_variables(edits: Edits, note: Note, variables: Mapping, path: str, wanted: Dict[str, str]) -> None:
    done: dict[str, str] = {}
    for name, value in wanted.items():
        there = variables.own(name)
        if name == NEXT_VARIABLE and variables.own(WRAPPER_VARIABLE) is not None:
            continue
        if name == WRAPPER_VARIABLE and there is not None:
            if text_of(there.value) == WRAPPER:
                raise NotEditableError(f"has {WRAPPER} but no layer", "remove that variable", there.key.start)
            if variables.own(NEXT_VARIABLE) is not None:
                raise NotEditableError(f"has a {NEXT_VARIABLE} already", "remove it", there.key.start)
            edits.rename(there.key, NEXT_VARIABLE)
            note.renamed.append(path)
        elif there is not None:
            if text_of(there.value) != value:
                raise NotEditableError(
                    f"sets {name} itself", "remove it, or ask for the same", there.key.start
                )
            continue
        edits.add_entry(variables, name, value)
        done[name] = digest(value)
    note.set[path] = done


def _variables(function: _Function) -> Node | None:
    node = get(function.body, function.variables_key)
    if isinstance(node, List) and len(node.items) == 1:
        node = node.items[0].value
    return node if function.name.startswith("module.") else get(node, "variables")


def _current(function: _Function) -> dict[str, str]:
    """The variables as far as they are known; Dayfly's own that are decided elsewhere are left out."""
    found: dict[str, str] = {}
    for name, entry in _entries(_variables(function)):
        value = text_of(entry.value)
        if isinstance(entry.value, Scalar) and "${" not in value and "%{" not in value:
            found[name] = value
        elif name in (WRAPPER_VARIABLE, NEXT_VARIABLE) or not name.startswith("DAYFLY_"):
            found[name] = "${...}"
    return found


def _conflicts(function: _Function) -> Sequence[WrapperNote]:
    layers = get(function.body, "layers")
    names = [text_of(one.value) for one in layers.items] if isinstance(layers, List) else []
    return conflicts(_current(function), names, text_of(get(function.body, "handler")))


def _entries(node: Node | None) -> Iterator[tuple[str, Entry]]:
    if isinstance(node, Mapping):
        yield from ((name, entry) for name, entry in node.effective().items() if name != COMMENT)


def _expression(document: Document, node: Node) -> Expression:
    """A value as an expression; raises UnknownError where it is none."""
    try:
        return (
            read_hcl(f"x = {document.text[node.start : node.end]}\n", document.path)
            .attributes["x"]
            .expression
        )
    except TemplateError as error:
        raise UnknownError from error
