"""Terraform's files in its own language: attach, detach, and the proof that the one undoes the other. No I/O.

A folder is one module: variables, locals and the layer of one file count for the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dayfly.attach.templates.editing import NotEditableError
from dayfly.attach.templates.hcl import Block, Expression, HclFile, items, read_hcl, string_of
from dayfly.attach.templates.masking import mask
from dayfly.attach.templates.model import (
    ARN,
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
    local_zip,
    suffix_for,
    zip_for,
)
from dayfly.attach.templates.terraform_edits import FunctionEdit, HclEdits
from dayfly.attach.templates.terraform_functions import (
    Environment,
    Function,
    edge_functions,
    environment_of,
    find_functions,
    image_gap,
    judge_runtimes,
    known_variables,
    lasting_gap,
    runtimes_of,
    spans_of_values,
)
from dayfly.attach.templates.terraform_marks import block_lines, hcl_string, marks_of, unmarked
from dayfly.attach.templates.terraform_values import Names, UnknownError
from dayfly.attach.wrappers import (
    NEXT_VARIABLE,
    WRAPPER,
    WRAPPER_VARIABLE,
    WrapperNote,
    attached_variables,
    conflicts,
)
from dayfly.errors import DayflyError

_RESOURCE, _OWN = "aws_lambda_layer_version", "dayfly"
_LAYER_NAME = re.compile(r"aws_lambda_layer_version\.dayfly(?:_python\w+)?\b")
_LABEL = re.compile(r"dayfly(?:_python\w+)?$")
_REFERENCE = re.compile(
    r"(?:var|local|data|module|each|aws_\w+)(?:\.[A-Za-z_][\w-]*|\[\"[\w.-]+\"\]|\[\d+\])+$"
)
_ZIP = re.compile(r"dayfly-layer-([\d.]+(?:-[\d.]+)*)\.zip")
_COMMENT_LINE = re.compile(r"[ \t]*(?:#|//)[^\n]*\n$")


@dataclass
class Folder:
    """The files of one module; `batch` are those that are edited together, in order.

    `modules` are sources of modules in other folders, as calls name them, that make functions themselves.
    """

    files: dict[str, HclFile] = field(default_factory=dict)
    settings: tuple[HclFile, ...] = ()
    batch: tuple[str, ...] = ()
    modules: frozenset[str] = frozenset()
    _detached: Folder | None = None
    _home: tuple[Options, str, dict[tuple[str, ...], str]] | None = None
    _wider: tuple[Options, Options] | None = None

    def templates(self) -> list[TerraformTemplate]:
        return [TerraformTemplate(self.files[path], self) for path in self.batch]

    def detached(self) -> Folder:
        """The same folder without what attach put into the batch; raises TemplateError."""
        if self._detached is None:
            files = {
                path: read_hcl(unmarked(file)[0], path) if path in self.batch and marks_of(file) else file
                for path, file in self.files.items()
            }
            self._detached = Folder(files, self.settings, self.batch, self.modules)
        return self._detached

    def widened(self, options: Options) -> Options:
        """The options with what is attached already, where some functions are named: they keep Dayfly."""
        if not options.functions:
            return options
        if self._wider is None or self._wider[0] is not options:
            attached = {
                name: variables
                for one in self.templates()
                if marks_of(self.files[one.path])
                for name, variables in one.attached_variables().items()
            }
            self._wider = (options, options.keeping(attached))
        return self._wider[1]

    def home(self, options: Options) -> tuple[str, dict[tuple[str, ...], str]]:
        """Which file of the batch gets the layers' resources, and their labels by the runtimes that each is for."""
        if self._home is None or self._home[0] is not options:
            found = [(one.path, one.candidates(options)) for one in self.templates()]
            path = next((path for path, functions in found if functions), "")
            groups = groups_of(one for _, functions in found for one in functions)
            labels = dict.fromkeys(groups, _OWN)
            if len(groups) > 1 and not options.layer:
                labels = {group: f"{_OWN}_{suffix_for(group)}" for group in groups}
            self._home = (options, path, labels)
        return self._home[1], self._home[2]


class TerraformTemplate(Template):
    """One file, and the folder it lies in."""

    def __init__(self, file: HclFile, folder: Folder) -> None:
        self.path = file.path
        self.text = file.text
        self.kind = Kind.TERRAFORM
        self._file = file
        self._folder = folder
        self._names = Names.of(list(folder.files.values()), folder.settings)
        self._functions = find_functions(file)
        self._marks = [mark.comment.start for mark in marks_of(file)]

    def functions(self) -> list[TemplateFunction]:
        return [self._described(function, Options()) for function in self._functions] + self._calls()

    def attach(self, options: Options) -> Edited:
        base = self._folder.detached()
        wider = self._folder.widened(options)
        edited = TerraformTemplate(base.files[self.path], base)._attach_afresh(wider)
        if edited.text == self.text:
            return Edited(self.text, (), edited.gaps, edited.notes)
        return edited

    def detach(self) -> Edited:
        base, gaps = self._detached()
        if base.text == self.text:
            return Edited(self.text, (), tuple(gaps))
        changes = [
            Change(one.name, one.line, "removes Dayfly's layer and variables")
            for one in self._functions
            if self._is_marked(one.block)
        ]
        return Edited(base.text, tuple(changes), tuple(gaps))

    def candidates(self, options: Options) -> list[TemplateFunction]:
        """The functions that attach would edit."""
        described = (
            self._described(function, options)
            for function in self._functions
            if not options.functions or function.name in options.functions
        )
        return [one for one in described if one.is_python and one.gap is None and not one.is_attached]

    def names_together(self) -> frozenset[str]:
        """The functions of all files that are edited together."""
        return frozenset(function.name for one in self._folder.templates() for function in one._functions)

    def attached_variables(self) -> dict[str, dict[str, str]]:
        """The functions that have Dayfly, with their variables as far as they are known."""
        attached = {one.name for one in self.functions() if one.is_attached}
        return {one.name: self._variables(one) for one in self._functions if one.name in attached}

    def masked(self) -> str:
        return mask(self.text, spans_of_values(self._file))

    # -- detaching

    def _detached(self) -> tuple[TerraformTemplate, list[Gap]]:
        if not self._marks:
            return self, []
        text, gaps, _ = unmarked(self._file)
        if self._layer_marked() and (users := self._other_users(text)):
            gaps.append(
                Gap(
                    "",
                    self._file.line(self._marks[0]),
                    f"the layer {_RESOURCE}.{_OWN} is still used by {users}, so nothing was detached here",
                    "detach the whole folder together",
                )
            )
            return self, gaps
        return TerraformTemplate(read_hcl(text, self.path), self._folder), [self._named(gap) for gap in gaps]

    def _named(self, gap: Gap) -> Gap:
        for function in self._functions:
            if function.line <= gap.line <= self._file.line(function.block.close):
                return Gap(function.name, gap.line, gap.reason, gap.hint)
        return gap

    def _layer_marked(self) -> bool:
        return any(self._is_marked(block, outside=True) for block in self._file.blocks if _is_layer(block))

    def _other_users(self, text: str) -> str:
        """Who names the layer but for what is taken out with it: lines of this file, other files."""
        if _LAYER_NAME.search(text):
            return self.path
        for path, file in self._folder.files.items():
            if path != self.path:
                rest = unmarked(file)[0] if path in self._folder.batch else file.text
                if _LAYER_NAME.search(rest):
                    return path
        return ""

    def _is_marked(self, block: Block, *, outside: bool = False) -> bool:
        if outside:
            before = [mark for mark in marks_of(self._file) if mark.comment.start < block.at]
            return bool(before) and before[-1].kind == "begin"
        return any(block.at <= mark <= block.close for mark in self._marks)

    # -- attaching

    def _attach_afresh(self, options: Options) -> Edited:
        known = self.names_together()
        if options.functions and not options.functions & known:
            raise TemplateError(
                f"{self.path} has no function {', '.join(sorted(options.functions))}",
                hint="functions in the template: " + (", ".join(sorted(known)) or "none"),
            )
        chosen_layer(options)  # for its errors, where no function is edited
        home, labels = self._folder.home(options)
        gaps: list[Gap] = []
        notes: list[Gap] = []
        done: list[Function] = []
        edits = HclEdits(self.text)
        for function in self._functions:
            if options.functions and function.name not in options.functions:
                continue
            described = self._described(function, options)
            if described.gap is not None:
                gaps.append(described.gap)
            elif described.is_python and not described.is_attached:
                layer = chosen_layer(options, labels[described.runtimes])
                notes += self._edit(function, options, layer, edits)
                done.append(function)
        gaps += [one.gap for one in self._calls() if one.gap is not None]
        if not done:
            return Edited(self.text, (), tuple(gaps))
        changes = [Change(one.name, one.line, "adds Dayfly's layer and variables") for one in done]
        zips: list[LayerZip] = []
        if is_own_layer(options) and home == self.path:
            zips = self._add_layers(options, edits, done[0], labels, changes)
        text = edits.apply()
        self._prove(text)
        return Edited(text, tuple(changes), tuple(gaps), tuple(notes), tuple(zips))

    def _add_layers(
        self,
        options: Options,
        edits: HclEdits,
        function: Function,
        labels: Mapping[tuple[str, ...], str],
        changes: list[Change],
    ) -> list[LayerZip]:
        """Add the resources that the folder does not have yet; return their zips."""
        there = {block.labels[1] for block in self._all_blocks() if _is_layer(block)}
        runtimes: dict[str, set[str]] = {}
        for group, label in labels.items():
            runtimes.setdefault(label, set()).update(group)
        zips: list[LayerZip] = []
        for label in [label for label in runtimes if label not in there]:
            zipped = zip_for(runtimes[label]) if not options.layer else None
            self._add_layer(options, edits, function, label, zipped.name if zipped else "")
            changes.insert(0, Change(f"{_RESOURCE}.{label}", 0, f"adds the resource {_RESOURCE}.{label}"))
            zips += [zipped] if zipped is not None else []
        return zips

    def _edit(self, function: Function, options: Options, layer: str, edits: HclEdits) -> list[Gap]:
        current = self._variables(function)
        notes = [
            function.gap(f"{note.tool}: {note.text}", note.source)
            for note in self._conflicts(function, current)
        ]
        edit = FunctionEdit(
            edits,
            function,
            self._names,
            layer,
            attached_variables(current, options.settings_of(function.name)),
        )
        edit.attach()
        return notes + [function.gap(note) for note in edit.notes] + self._alias_notes(function)

    def _prove(self, text: str) -> None:
        """Raise TemplateError if what was written is not Terraform's language, or would not be undone."""
        try:
            again = unmarked(read_hcl(text, self.path))[0]
        except TemplateError as error:
            raise TemplateError(
                f"{self.path} cannot be edited: the result would be invalid ({error.message})",
                hint="attach its functions one at a time with --function, or manually",
            ) from error
        if again != self.text:
            raise TemplateError(f"{self.path} cannot be edited reversibly", hint="attach it manually")

    def _add_layer(
        self, options: Options, edits: HclEdits, function: Function, label: str, zipped: str
    ) -> None:
        """The resource, on lines of its own before the first function and the comments above it."""
        at = edits.line_start(function.block.at)
        while at > 1:
            above = edits.line_start(at - 1)
            if above >= at or not _COMMENT_LINE.match(self.text[above:at]):
                break
            at = above
        bucket = BUCKET.match(options.layer)
        if bucket:
            where = [f"  s3_bucket  = {hcl_string(bucket[1])}", f"  s3_key     = {hcl_string(bucket[2])}"]
            lines = [f'  layer_name = "{_name_of(label)}"', *where]
        else:
            path = f'"${{path.module}}/{zipped}"'
            lines = [
                f'  layer_name       = "{_name_of(label)}"',
                f"  filename         = {path}",
                f"  source_code_hash = filebase64sha256({path})",
            ]
        eol = edits.eol(at)
        block = [f'resource "aws_lambda_layer_version" "{label}" {{', *lines, "}"]
        edits.insert(at, block_lines("", block, eol) + eol)

    # -- what is there

    def _described(self, function: Function, options: Options) -> TemplateFunction:
        image = image_gap(function)
        if image is not None:
            return TemplateFunction(function.name, function.line, (), False, False, True, image)
        runtimes = runtimes_of(function, self._names)
        if isinstance(runtimes, Gap):
            return TemplateFunction(function.name, function.line, (), False, False, False, runtimes)
        is_python, gap = judge_runtimes(function, runtimes)
        known = self._known(function)
        has_wrapper = WRAPPER_VARIABLE in known and string_of(known[WRAPPER_VARIABLE]) == WRAPPER
        is_attached = is_python and has_wrapper and "layers" in function.block.attributes
        if is_python and not is_attached and gap is None:
            gap = self._gap(function, options, runtimes)
        return TemplateFunction(
            function.name,
            function.line,
            runtimes,
            is_python,
            is_attached,
            gap=gap,
            settings=dayfly_settings(self._variables(function)) if is_attached else {},
            layers=self._layer_uses(function) if is_attached else (),
        )

    def _layer_uses(self, function: Function) -> tuple[LayerUse, ...]:
        attribute = function.block.attributes["layers"]
        written = function.file.text[attribute.start : attribute.end]
        zips: dict[str, str] = {}
        for path, file in self._folder.files.items():
            for block in file.blocks:
                filename = block.attributes.get("filename")
                if block.labels[:1] == (_RESOURCE,) and filename is not None:
                    text = self._folder.files[path].text[filename.start : filename.end]
                    zips[block.labels[1]] = zip_of(text.strip('"'))
        return named_layers(written, zips)

    def _gap(self, function: Function, options: Options, runtimes: Sequence[str]) -> Gap | None:
        edges = edge_functions(list(self._folder.files.values()))
        gap = lasting_gap(function, edges, is_own_layer=is_own_layer(options))
        if gap is None and is_own_layer(options):
            gap = self._layer_gap(function, runtimes)
        if gap is not None:
            return gap
        try:
            current = self._variables(function)
            wanted = attached_variables(current, options.settings_of(function.name))
            FunctionEdit(HclEdits(self.text), function, self._names, "x", wanted).attach()
        except NotEditableError as error:
            return function.gap(error.reason, error.hint, offset=error.offset)
        except DayflyError as error:
            return function.gap(error.message, error.hint)
        return None

    def _layer_gap(self, function: Function, runtimes: Sequence[str]) -> Gap | None:
        """Why the layer that is there already is none for this function."""
        layers = [block for block in self._all_blocks() if _is_layer(block)]
        layer = next((one for one in layers if one.labels[1] == _OWN), None)
        if layer is None:
            return None
        if {"count", "for_each"} & layer.attributes.keys():
            return function.gap(f"{_RESOURCE}.{_OWN} must exist exactly once", "give --layer")
        filename = layer.attributes.get("filename")
        words = filename.expression.scan_values(lambda _: True) if filename is not None else ()
        named = _ZIP.search("".join(map(str, words)))
        pythons = {one.removeprefix("python") for one in runtimes}
        if named is None or pythons <= set(named[1].split("-")):
            return None
        return function.gap(
            f"the folder's layer is for Python {named[1].replace('-', ', ')}",
            "attach the whole folder together",
        )

    def _all_blocks(self) -> list[Block]:
        return [block for file in self._folder.files.values() for block in file.blocks]

    def _known(self, function: Function) -> dict[str, Expression]:
        environment = environment_of(function)
        if not isinstance(environment, Environment) or environment.variables is None:
            return {}
        return known_variables(environment.variables.expression, function, self._names)[0]

    def _variables(self, function: Function) -> dict[str, str]:
        """The variables as far as they are known; Dayfly's own that are decided elsewhere are left out."""
        found: dict[str, str] = {}
        for name, expression in self._known(function).items():
            try:
                values = self._names.texts(expression, function.each)
            except UnknownError:
                values = set()
            if len(values) == 1:
                found[name] = next(iter(values))
            elif name in (WRAPPER_VARIABLE, NEXT_VARIABLE) or not name.startswith("DAYFLY_"):
                found[name] = "${...}"
        return found

    def _conflicts(self, function: Function, current: Mapping[str, str]) -> list[WrapperNote]:
        layers = function.expression("layers")
        listed = items(layers) if layers is not None else None
        handler = function.expression("handler")
        named = [string_of(one) or function.file.written(one) for one in listed or ()]
        return conflicts(current, named, (string_of(handler) or "") if handler is not None else "")

    def _alias_notes(self, function: Function) -> list[Gap]:
        notes = []
        for path, file in self._folder.files.items():
            for block in file.blocks:
                version = block.attributes.get("function_version")
                if block.labels[:1] != ("aws_lambda_alias",) or version is None:
                    continue
                written = string_of(version.expression)
                if (
                    written
                    and written.isdecimal()
                    and f"{function.name}." in file.text[block.inner : block.close]
                ):
                    notes.append(
                        Gap(
                            function.name,
                            file.line(block.at),
                            f"is served by {'.'.join(block.labels)} ({path}) in version {written}, without Dayfly",
                            f"point it to {function.name}.version, with publish = true",
                        )
                    )
        return notes

    def _calls(self) -> list[TemplateFunction]:
        """Calls of modules of one's own that make functions: their folders are edited, not the calls."""
        found = []
        for block in self._file.blocks:
            source = block.attributes.get("source") if block.type == "module" and block.labels else None
            written = string_of(source.expression) if source is not None else None
            if written and written in self._folder.modules:
                name, line = f"module.{block.labels[0]}", self._file.line(block.at)
                gap = Gap(
                    name,
                    line,
                    f"defines its functions in {written}",
                    f"attach that folder: --template {written}",
                )
                found.append(TemplateFunction(name, line, (), False, False, False, gap))
        return found


def zip_of(filename: str) -> str:
    """The zip that a layer's `filename` names, from the folder; "" where that is not known."""
    return local_zip(filename.removeprefix("${path.module}/"))


def named_layers(written: str, zips: Mapping[str, str]) -> tuple[LayerUse, ...]:
    """The layers that an expression names; `zips` are those of the folder's own, by label."""
    labels = dict.fromkeys(re.findall(rf"{_RESOURCE}\.([\w-]+)", written))
    found = [LayerUse(label, zips.get(label, "")) for label in labels]
    return (*found, *(LayerUse(arn) for arn in re.findall(r"arn:aws[\w-]*:lambda:[\w:-]+", written)))


def makes_functions(file: HclFile) -> bool:
    """Whether a file of Terraform's has anything for attach or detach."""
    return bool(find_functions(file)) or bool(marks_of(file))


def _is_layer(block: Block) -> bool:
    labels = block.labels
    return (
        block.type == "resource"
        and len(labels) == 2
        and labels[0] == _RESOURCE
        and _LABEL.match(labels[1]) is not None
    )


def _name_of(label: str) -> str:
    return label.replace("_", "-")


def is_own_layer(options: Options) -> bool:
    """Whether the layer is a resource of the folder."""
    return not options.layer or BUCKET.match(options.layer) is not None


def chosen_layer(options: Options, label: str = "dayfly") -> str:
    """The expression that functions get; raises TemplateError for words that mean none.

    `label` is that of the folder's own layer.
    """
    asked = options.layer
    if ARN.match(asked):
        return hcl_string(asked)
    if asked.startswith("arn:"):
        raise TemplateError(
            f"--layer {asked} is not the ARN of a layer version",
            hint="use an ARN that ends with :layer:NAME:VERSION, as `dayfly layer publish` prints it",
        )
    if not asked or BUCKET.match(asked):
        return f"{_RESOURCE}.{label}.arn"
    if not _REFERENCE.match(asked):
        raise TemplateError(
            f"--layer {asked[:80]} is not a Terraform name",
            hint="give an ARN, s3://BUCKET/KEY, or a reference such as var.dayfly_layer",
        )
    return asked
