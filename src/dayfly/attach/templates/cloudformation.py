"""SAM and CloudFormation templates, YAML and JSON: attach, detach, and the proof that the one undoes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dayfly.attach.templates.attaching import Attaching, wrapper_notes
from dayfly.attach.templates.detaching import Detaching, references
from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.json_text import read_json
from dayfly.attach.templates.layers import NAME, Layer, choose_layer, is_uploaded
from dayfly.attach.templates.masking import mask
from dayfly.attach.templates.model import (
    Change,
    Edited,
    Gap,
    Kind,
    Options,
    Template,
    TemplateError,
    TemplateFunction,
    zip_for,
)
from dayfly.attach.templates.nodes import Document, Entry, Mapping, get, plain, text_of
from dayfly.attach.templates.record import (
    METADATA,
    METADATA_KEY,
    Kept,
    bare,
    digest,
    read_record,
    record_comments,
)
from dayfly.attach.templates.releases import release_notes
from dayfly.attach.templates.stack import (
    SAM_FUNCTION,
    Function,
    describe,
    find_functions,
    is_started_by_dayfly,
    resources,
)
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
    """One template of CloudFormation's language."""

    def __init__(self, document: Document) -> None:
        self.path = document.path
        self.text = document.text
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

    def functions(self) -> list[TemplateFunction]:
        found: list[TemplateFunction] = []
        for function in self._functions:
            described = describe(function)
            kept = self._kept.get(id(function.resource))
            if kept is not None and described.is_attached and not _has_layer(function, kept.record.layer):
                described = _open(described, function.gap("its layer was taken away", "run attach again"))
            elif described.is_python and not described.is_attached and described.gap is None:
                gap = self._tried(function, Options(), Layer(Ref(NAME)))
                described = _open(described, gap) if gap else described
            found.append(described)
        return found

    def attach(self, options: Options) -> Edited:
        detached = self.detach() if self._kept else Edited(self.text)
        base = CloudFormationTemplate(reread(self._document, detached.text)) if self._kept else self
        edited = base._attach_afresh(options)
        if edited.text == self.text:
            return replace(edited, changes=())
        return edited

    def _attach_afresh(self, options: Options) -> Edited:
        self._check_names(options)
        wanted = [one for one in self._functions if not options.functions or one.name in options.functions]
        gaps: list[Gap] = []
        candidates: list[tuple[Function, TemplateFunction]] = []
        for function in wanted:
            described = describe(function)
            if id(function.resource) in self._kept:
                gaps.append(
                    function.gap("was changed since it was attached, so it is left as it is", "run detach")
                )
            elif described.gap is not None:
                gaps.append(described.gap)
            elif described.is_python and not described.is_attached:
                candidates.append((function, described))
        if not candidates:
            return Edited(self.text, (), tuple(gaps))
        runtimes = sorted({runtime for _, described in candidates for runtime in described.runtimes})
        layer = choose_layer(self._document, self.kind, options, runtimes)
        is_local = layer.resource is not None and not options.layer
        if is_local and self.kind is Kind.CLOUDFORMATION and not is_uploaded(self._document):
            reason = "nothing uploads the layer's zip: the template names no local code"
            hint = "publish the layer (`dayfly layer publish`) and give --layer ARN, or give --layer s3://BUCKET/KEY"
            gaps += [function.gap(reason, hint) for function, _ in candidates]
            return Edited(self.text, (), tuple(gaps))
        functions = [function for function, _ in candidates]
        edits, done, refused = self._edit(functions, options, layer)
        gaps += refused
        if not done:
            return Edited(self.text, (), tuple(gaps))
        text = edits.apply()
        self._prove(text, done, layer)
        changes = [Change(one.name, one.line, "adds the layer and the variables of Dayfly") for one in done]
        if layer.resource is not None:
            changes.insert(0, Change(layer.name, 0, f"adds the layer {layer.name}"))
        notes = [note for one in done for note in self._notes(one)]
        return Edited(
            text, tuple(changes), tuple(gaps), tuple(notes), zip_for(runtimes) if is_local else None
        )

    def _check_names(self, options: Options) -> None:
        unknown = sorted(options.functions - {one.name for one in self._functions})
        if unknown:
            raise TemplateError(
                f"{self.path} has no function {', '.join(unknown)}",
                hint="functions there: " + ", ".join(one.name for one in self._functions),
            )

    def _edit(
        self, functions: list[Function], options: Options, layer: Layer
    ) -> tuple[Edits, list[Function], list[Gap]]:
        """All that can be attached together; who cannot is left out, and the rest tried again."""
        gaps: dict[int, Gap] = {}
        left = functions
        for function in functions:
            gap = self._tried(function, options, layer)
            if gap is not None:
                gaps[id(function)] = gap
        while True:
            left = [one for one in left if id(one) not in gaps]
            edits = Edits(self._document)
            attaching = Attaching(edits, options, layer.value)
            fault = self._first_fault(left, attaching)
            if fault is None:
                break
            gaps[id(fault[0])] = fault[1]
        if layer.resource is not None and left:
            section = get(self._document.root, "Resources")
            assert isinstance(section, Mapping)
            resource = dict(layer.resource)
            if section.is_flow:
                resource[METADATA] = {"Dayfly": layer.record.as_value()}
            edits.add_entry(section, layer.name, resource, note=layer.record.as_comment())
        return edits, left, list(gaps.values())

    def _first_fault(self, functions: list[Function], attaching: Attaching) -> tuple[Function, Gap] | None:
        names = {one.entry.key.start for one in functions}
        shared = self._shared()
        for function in functions:
            before = set(attaching.edits.places)
            try:
                attaching.attach(function)
            except NotEditableError as error:
                return function, self._gap(function, error)
            for start, end, users in shared:
                if users - names and any(start <= one <= end for one in attaching.edits.places - before):
                    line = self._document.line(min(users - names))
                    return function, function.gap(
                        f"shares what would be edited with line {line}, by an anchor",
                        "write it out for the function",
                    )
        return None

    def _shared(self) -> list[tuple[int, int, set[int]]]:
        """What anchors share: from where to where, and the resources (by where their keys begin) that use it."""
        places = [(entry.key.start, resource.end) for entry, resource in resources(self._document)]
        users: dict[int, tuple[int, int, set[int]]] = {}
        for offset, node in self._document.aliases:
            owner = next((start for start, end in places if start <= offset < end), -1 - offset)
            users.setdefault(id(node), (node.start, node.end, set()))[2].add(
                max(owner, offset) if owner < 0 else owner
            )
        return list(users.values())

    def _tried(self, function: Function, options: Options, layer: Layer) -> Gap | None:
        """Why a function cannot be attached, tried on edits that are thrown away."""
        edits = Edits(self._document)
        try:
            Attaching(edits, options, layer.value).attach(function)
            edits.apply()
        except NotEditableError as error:
            return self._gap(function, error)
        return None

    def _gap(self, function: Function, error: NotEditableError) -> Gap:
        return Gap(function.name, self._document.line(error.offset), error.reason, error.hint)

    def _notes(self, function: Function) -> list[Gap]:
        notes = [function.gap(f"{one.tool}: {one.text}", one.source) for one in wrapper_notes(function)]
        return notes + release_notes(self._document, function)

    def _prove(self, text: str, done: Sequence[Function], layer: Layer) -> None:
        """Raise TemplateError unless detach gives the text back and nothing but the functions changed."""
        after = CloudFormationTemplate(reread(self._document, text))
        back = after.detach()
        names = {one.name for one in done}
        if (
            back.text != self.text
            or _others(after._document, names | {layer.name}) != _others(self._document, names)
            or not all(one.is_attached for one in after.functions() if one.name in names)
        ):
            raise TemplateError(
                f"{self.path} has a form that Dayfly cannot edit so that detach gives it back byte for byte",
                hint="nothing was changed; attach its functions by hand or name them one by one, and please report this",
            )

    def masked(self) -> str:
        return mask(self.text, self._values())

    def _values(self) -> Iterator[tuple[int, int]]:
        for function in self._functions:
            for source in (function.globals, function.properties):
                environment = get(source, "Environment")
                variables = get(environment, "Variables")
                if isinstance(variables, Mapping):
                    yield from ((entry.start, entry.end) for entry in variables.effective().values())
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
                            "has Dayfly, but not by this command",
                            "take the variables and the layer out by hand",
                        )
                    )
                continue
            scratch = Edits(self._document)
            try:
                Detaching(scratch).detach(function, kept)
                scratch.apply()
                detaching.detach(function, kept)
            except NotEditableError as error:
                gaps.append(self._gap(function, error))
            else:
                changes.append(Change(function.name, function.line, "takes the layer and the variables out"))
        for name, variable, offset in detaching.left:
            line = self._document.line(offset)
            gaps.append(
                Gap(
                    name,
                    line,
                    f"{variable} was changed since it was attached: it stays",
                    "remove it if it is not wanted",
                )
            )
        text = edits.apply()
        text, removed = self._without_layers(text, gaps)
        return Edited(text, tuple(changes + removed), tuple(gaps))

    def _without_layers(self, text: str, gaps: list[Gap]) -> tuple[str, list[Change]]:
        if not any(kept.record.resource for kept in self._kept.values()):
            return text, []
        document = reread(self._document, text)
        comments = record_comments(document)
        section = get(document.root, "Resources")
        edits = Edits(document)
        changes: list[Change] = []
        for entry in section.entries if isinstance(section, Mapping) else ():
            resource = entry.value
            if not isinstance(resource, Mapping) or not isinstance(section, Mapping):
                continue
            kept = read_record(document, entry.key.start, resource, comments)
            if kept is None or not kept.record.resource:
                continue
            reason = _kept_because(document, entry, kept)
            if reason is not None:
                gaps.append(reason)
                continue
            if section.is_flow or resource.is_flow:
                edits.remove(section, entry)
            else:
                edits.remove_block(entry)
            changes.append(Change(entry.key.text, document.line(entry.key.start), "takes the layer out"))
        return edits.apply(), changes


def _kept_because(document: Document, entry: Entry, kept: Kept) -> Gap | None:
    """Why the layer's resource must stay."""
    name, line = entry.key.text, document.line(entry.key.start)
    value = bare(entry.value)
    if isinstance(value, dict):
        metadata = value.pop(METADATA, None)
        if isinstance(metadata, dict) and set(metadata) - {"Dayfly"}:
            value[METADATA] = metadata
    if digest(value) != kept.record.resource:
        return Gap(name, line, "was changed since attach added it: it stays", "remove it if it is not wanted")
    users = references(document.root, name)
    if users:
        used = document.line(users[0])
        return Gap(
            name, line, f"is used in line {used}: it stays", "remove that reference, then detach again"
        )
    return None


def _others(document: Document, names: set[str]) -> object:
    """Everything but these resources, for comparison."""
    root = document.root
    assert isinstance(root, Mapping)
    sections = {key: plain(entry.value) for key, entry in root.effective().items() if key != "Resources"}
    rest = [(entry.key.text, plain(one)) for entry, one in resources(document) if entry.key.text not in names]
    return sections, rest


def _has_layer(function: Function, layer: str) -> bool:
    wanted = {"Ref": layer.removeprefix("!Ref ")} if layer.startswith("!Ref ") else layer.strip('"')
    return any(bare(node) == wanted for node in function.layers())


def _open(described: TemplateFunction, gap: Gap) -> TemplateFunction:
    return replace(described, is_attached=False, gap=gap)


def reread(document: Document, text: str) -> Document:
    """The same file with another text."""
    reader: Callable[[str, str], Document] = read_json if document.is_json else read_yaml
    return reader(text, document.path)
