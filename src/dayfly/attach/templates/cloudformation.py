"""SAM and CloudFormation templates, YAML and JSON: attach, detach, and the proof that the one undoes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dayfly.attach.templates.attaching import current_variables, wrapper_notes
from dayfly.attach.templates.detaching import Detaching, references
from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.images import dockerfile_of, is_other_language, starts_dayfly
from dayfly.attach.templates.json_text import read_json
from dayfly.attach.templates.layers import NAME, Layer, choose_layer, is_uploaded, layer_uses
from dayfly.attach.templates.masking import is_shown, mask
from dayfly.attach.templates.model import (
    Change,
    Edited,
    Gap,
    Kind,
    Options,
    Template,
    TemplateError,
    TemplateFunction,
    dayfly_settings,
    groups_of,
    not_as_set,
    suffix_for,
)
from dayfly.attach.templates.nodes import Document, Entry, Mapping, get, text_of
from dayfly.attach.templates.proving import is_added, rest_of
from dayfly.attach.templates.record import (
    METADATA,
    METADATA_KEY,
    Kept,
    bare,
    digest,
    read_record,
    record_comments,
)
from dayfly.attach.templates.releases import nested_notes, release_notes, unseen
from dayfly.attach.templates.stack import (
    SAM_FUNCTION,
    Function,
    describe,
    find_functions,
    is_started_by_dayfly,
    resources,
)
from dayfly.attach.templates.together import LayerOf, as_gap, attach_together, try_one
from dayfly.attach.templates.values import Ref
from dayfly.attach.templates.yaml_text import read_yaml


def is_cloudformation(document: Document) -> bool:
    """Whether a document is such a template: resources with types of AWS, or the version that says so."""
    root = document.root
    section = get(root, "Resources")
    if not isinstance(root, Mapping) or not isinstance(section, Mapping):
        return False
    if root.own("AWSTemplateFormatVersion") or root.own("Transform"):
        return True
    return any("::" in text_of(get(resource, "Type")) for _, resource in resources(document))


class CloudFormationTemplate(Template):
    """One template of CloudFormation's language; `dockerfiles` are texts by function, where `load_images` found them."""

    def __init__(self, document: Document) -> None:
        self.path = document.path
        self.text = document.text
        self.dockerfiles: dict[str, str] = {}
        self._document = document
        self._functions = find_functions(document)
        comments = record_comments(document)
        self._kept: dict[int, Kept] = {}
        for entry, resource in resources(document):
            kept = read_record(document, entry.key.start, resource, comments)
            if kept is not None:
                self._kept[id(resource)] = kept
        transform = str(bare(found)) if (found := get(document.root, "Transform")) is not None else ""
        is_sam = "AWS::Serverless" in transform or any(one.type == SAM_FUNCTION for one in self._functions)
        self.kind = Kind.SAM if is_sam else Kind.CLOUDFORMATION

    def load_images(self) -> None:
        """Read the Dockerfiles that images are built from."""
        for function in self._functions:
            if text := dockerfile_of(function):
                self.dockerfiles[function.name] = text

    def functions(self) -> list[TemplateFunction]:
        found: list[TemplateFunction] = []
        for function in self._functions:
            described = self._described(function)
            kept = self._kept.get(id(function.resource))
            layer = kept.record.layer if kept is not None else ""
            if described.is_attached:
                described = replace(
                    described,
                    settings=dayfly_settings(current_variables(function)),
                    layers=layer_uses(function),
                )
                if described.gap is None and kept is not None and (names := _changed(function, kept)):
                    changed = function.gap(*not_as_set(names))
                    described = replace(described, gap=changed)
            if layer and described.is_attached and not _has_layer(function, layer):
                described = _open(described, function.gap("its layer was removed", "run attach again"))
            elif described.is_python and not described.is_attached and described.gap is None:
                gap = try_one(function, Options(), Layer(Ref(NAME)))
                described = _open(described, gap) if gap else described
            found.append(described)
        for gap in unseen(self._document):
            found.append(
                TemplateFunction(gap.function, gap.line, (), is_python=False, is_attached=False, gap=gap)
            )
        return found

    def _described(self, function: Function) -> TemplateFunction:
        described = describe(function)
        dockerfile = self.dockerfiles.get(function.name, "")
        if described.is_image and starts_dayfly(function, dockerfile):
            return replace(described, is_python=True, is_attached=True, gap=None)
        return replace(described, gap=None) if is_other_language(dockerfile) else described

    def attach(self, options: Options) -> Edited:
        others = self._others(options)
        if others:
            options = options.keeping({one.name: current_variables(one) for one in others})
        detached = self.detach() if self._kept else Edited(self.text)
        base = self
        if self._kept:
            base = CloudFormationTemplate(reread(self._document, detached.text))
            base.dockerfiles = self.dockerfiles
        edited = base._attach_afresh(options)
        notes = [
            one.gap("was already attached; its settings stay, and the layer is updated") for one in others
        ]
        edited = replace(edited, notes=(*edited.notes, *notes))
        if edited.text == self.text:
            return replace(edited, changes=())
        return edited

    def _others(self, options: Options) -> list[Function]:
        """Functions that Dayfly is on already and that are not among those named now: they keep it."""
        if not options.functions:
            return []
        return [
            one
            for one in self._functions
            if id(one.resource) in self._kept and one.name not in options.functions
        ]

    def _attach_afresh(self, options: Options) -> Edited:
        self._check_names(options)
        wanted = [one for one in self._functions if not options.functions or one.name in options.functions]
        gaps = [] if options.functions else unseen(self._document)
        candidates: list[tuple[Function, TemplateFunction]] = []
        for function in wanted:
            described = self._described(function)
            if id(function.resource) in self._kept:
                gaps.append(function.gap("was changed after attaching, so it was skipped", "run detach"))
            elif described.gap is not None:
                gaps.append(described.gap)
            elif described.is_python and not described.is_attached:
                candidates.append((function, described))
        if not candidates:
            return Edited(self.text, (), tuple(gaps))
        runtimes = {id(function): described.runtimes for function, described in candidates}
        functions = [function for function, _ in candidates]
        groups = groups_of(described for _, described in candidates)
        shared = sorted({runtime for group in groups for runtime in group})
        if options.layer or len(groups) == 1:
            one = choose_layer(self._document, self.kind, options, shared)
            layers = dict.fromkeys(groups, one)
        else:
            layers = {
                group: choose_layer(self._document, self.kind, options, group, suffix=suffix_for(group))
                for group in groups
            }
        is_local = not options.layer
        if is_local and self.kind is Kind.CLOUDFORMATION and not is_uploaded(self._document):
            reason = "nothing uploads the layer's zip: the template names no local code"
            hint = "publish the layer (`dayfly layer publish`) and give --layer ARN, or give --layer s3://BUCKET/KEY"
            tried = [(one, try_one(one, options, layers[runtimes[id(one)]])) for one in functions]
            gaps += [gap or function.gap(reason, hint) for function, gap in tried]
            return Edited(self.text, (), tuple(gaps))
        text, done, refused = self._edit(functions, options, lambda one: layers[runtimes[id(one)]])
        if refused and len(groups) > 1 and is_local:
            # Lists of layers that two Pythons share by an anchor can name one layer alone: it then serves both.
            common = choose_layer(self._document, self.kind, options, shared)
            again = self._edit(functions, options, lambda _: common)
            if len(again[2]) < len(refused):
                text, done, refused = again
                layers = dict.fromkeys(groups, common)
        gaps += refused
        if not done:
            return Edited(self.text, (), tuple(gaps))
        changes = [Change(one.name, one.line, "adds Dayfly's layer and variables") for one in done]
        used = {
            layer.name: layer for one in done if (layer := layers[runtimes[id(one)]]).resource is not None
        }
        line = self._line_of_resources()
        changes[:0] = [Change(name, line, f"adds the layer {name}") for name in used]
        notes = [note for one in done for note in self._notes(one)] + nested_notes(self._document)
        zips = {layer.zip.name: layer.zip for layer in used.values() if layer.zip is not None}
        return Edited(text, tuple(changes), tuple(gaps), tuple(notes), tuple(zips.values()))

    def _edit(
        self, functions: list[Function], options: Options, layer_of: LayerOf
    ) -> tuple[str, list[Function], list[Gap]]:
        """The text with functions attached, those, and why others are not; TemplateError if only all together fail."""
        edits, done, gaps = attach_together(self._document, functions, options, layer_of)
        text = self._applied(edits)
        if not done or self._is_proved(text, done, layer_of, options):
            return text, done, gaps
        good = [one for one in done if self._is_provable(one, options, layer_of)]
        if len(good) == len(done):
            raise TemplateError(
                f"{self.path} has a form that Dayfly cannot edit reversibly",
                hint="nothing was changed; attach its functions one at a time, and please report this",
            )
        reason = "has a form that cannot be edited reversibly"
        gaps += [
            one.gap(reason, "attach it manually, and please report this") for one in done if one not in good
        ]
        text, done, more = self._edit(good, options, layer_of)
        return text, done, gaps + more

    def _is_provable(self, function: Function, options: Options, layer_of: LayerOf) -> bool:
        edits, done, _ = attach_together(self._document, [function], options, layer_of)
        return bool(done) and self._is_proved(self._applied(edits), done, layer_of, options)

    def _check_names(self, options: Options) -> None:
        unknown = sorted(options.functions - {one.name for one in self._functions})
        if unknown:
            raise TemplateError(
                f"{self.path} does not contain the function {', '.join(unknown)}",
                hint="functions in the template: " + ", ".join(one.name for one in self._functions),
            )

    def _line_of_resources(self) -> int:
        root = self._document.root
        entry = root.find("Resources") if isinstance(root, Mapping) else None
        return self._document.line(entry.key.start) if entry else 1

    def _notes(self, function: Function) -> list[Gap]:
        notes = [function.gap(f"{one.tool}: {one.text}", one.source) for one in wrapper_notes(function)]
        return notes + release_notes(self._document, function)

    def _is_proved(self, text: str, done: Sequence[Function], layer_of: LayerOf, options: Options) -> bool:
        """Whether detach gives this text back, and nothing but the functions changed, and they as they should."""
        after = CloudFormationTemplate(reread(self._document, text))
        names = {one.name for one in done}
        edited = {one.name: one for one in after._functions}
        return (
            after.detach().text == self.text
            and rest_of(after._document, names | {layer_of(one).name for one in done})
            == rest_of(self._document, names)
            and all(one.is_attached for one in after.functions() if one.name in names)
            and all(is_added(one, edited[one.name], layer_of(one).value, options) for one in done)
        )

    def masked(self) -> str:
        return mask(self.text, self._values())

    def _values(self) -> Iterator[tuple[int, int]]:
        for function in self._functions:
            for source in (function.globals, function.properties):
                environment = get(source, "Environment")
                variables = get(environment, "Variables")
                if isinstance(variables, Mapping):
                    for name, entry in variables.effective().items():
                        if not is_shown(name, text_of(entry.value)):
                            yield entry.start, entry.end
                elif environment is not None:
                    yield environment.start, environment.end
            yield from self._noted(function)

    def _noted(self, function: Function) -> Iterator[tuple[int, int]]:
        """What a replaced variable had, where attach's note is a value itself."""
        was = get(function.resource, METADATA, METADATA_KEY, "was")
        if was is not None:
            yield was.start, was.end

    def detach(self) -> Edited:
        edits = Edits(self._document)
        detaching = Detaching(edits)
        gaps: list[Gap] = []
        changes: list[Change] = []
        for function in self._functions:
            kept = self._kept.get(id(function.resource))
            if kept is None:
                if is_started_by_dayfly(function):
                    gaps.append(
                        function.gap(
                            "has Dayfly, but this command did not add it",
                            "remove the variables and the layer manually",
                        )
                    )
                continue
            scratch = Edits(self._document)
            try:
                Detaching(scratch).detach(function, kept)
                scratch.apply()
            except NotEditableError as error:
                gaps.append(as_gap(function, error))
                continue
            try:
                detaching.detach(function, kept)
            except NotEditableError as error:
                raise self._as_error(error) from error
            changes.append(Change(function.name, function.line, "removes the layer and the variables"))
        for name, variable, offset in detaching.left:
            line = self._document.line(offset)
            gaps.append(
                Gap(
                    name,
                    line,
                    f"{variable} was changed after attaching: it stays",
                    "remove it if you do not need it",
                )
            )
        changes += self._remove_layers(edits, detaching.taken, gaps)
        return Edited(self._applied(edits), tuple(changes), tuple(gaps))

    def _applied(self, edits: Edits) -> str:
        """The edited text; what was possible for each function may still not be for all together."""
        try:
            return edits.apply()
        except NotEditableError as error:
            raise self._as_error(error) from error

    def _as_error(self, error: NotEditableError) -> TemplateError:
        line = self._document.line(error.offset)
        return TemplateError(f"{self.path}:{line} {error.reason}", hint=error.hint)

    def _remove_layers(self, edits: Edits, taken: set[int], gaps: list[Gap]) -> list[Change]:
        section = get(self._document.root, "Resources")
        changes: list[Change] = []
        for entry in section.entries if isinstance(section, Mapping) else ():
            kept = self._kept.get(id(entry.value))
            if kept is None or not kept.record.resource or not isinstance(section, Mapping):
                continue
            reason = self._kept_because(entry, kept, taken)
            if reason is not None:
                gaps.append(reason)
                continue
            if section.is_flow:
                edits.remove(section, entry)
            else:
                edits.remove_block(entry)
            line = self._document.line(entry.key.start)
            changes.append(Change(entry.key.text, line, "removes the layer"))
        return changes

    def _kept_because(self, entry: Entry, kept: Kept, taken: set[int]) -> Gap | None:
        """Why the layer's resource must stay."""
        name, line = entry.key.text, self._document.line(entry.key.start)
        value = bare(entry.value)
        if isinstance(value, dict):
            metadata = value.pop(METADATA, None)
            if isinstance(metadata, dict) and set(metadata) - {METADATA_KEY}:
                value[METADATA] = metadata
        if digest(value) != kept.record.resource:
            reason = "was changed after attach added it: it stays"
            return Gap(name, line, reason, "remove it if you do not need it")
        users = [one for one in references(self._document.root, name) if one not in taken]
        if users:
            reason = f"is still used in line {self._document.line(users[0])}: it stays"
            return Gap(name, line, reason, "remove that reference, then detach again")
        return None


def _changed(function: Function, kept: Kept) -> list[str]:
    """The variables that attach set and that somebody removed or changed since."""
    has = function.variables()
    return [
        name for name, value in kept.record.set.items() if name not in has or digest(bare(has[name])) != value
    ]


def _has_layer(function: Function, layer: str) -> bool:
    wanted = {"Ref": layer.removeprefix("!Ref ")} if layer.startswith("!Ref ") else layer.strip('"')
    return any(bare(node) == wanted for node in function.layers())


def _open(described: TemplateFunction, gap: Gap) -> TemplateFunction:
    return replace(described, is_attached=False, gap=gap)


def reread(document: Document, text: str) -> Document:
    """The same file with another text."""
    reader: Callable[[str, str], Document] = read_json if document.is_json else read_yaml
    return reader(text, document.path)
