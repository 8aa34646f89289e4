"""Serverless Framework's serverless.yml and .json: attach, detach, and the proof that the one undoes the other."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import replace

from dayfly.attach.image import LINES_FOR_PYTHON
from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.json_text import read_json
from dayfly.attach.templates.masking import is_shown, mask
from dayfly.attach.templates.model import (
    ARN,
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
    not_as_set,
    suffix_for,
    zip_for,
)
from dayfly.attach.templates.nodes import Document, Entry, Mapping, Node, Scalar, Sequence, get, text_of
from dayfly.attach.templates.record import bare
from dayfly.attach.templates.serverless_edits import ENVIRONMENT, LAYERS, ServiceEdit, path_of
from dayfly.attach.templates.serverless_note import add_note, changed_since, read_note, undo
from dayfly.attach.templates.serverless_resources import logical_id, overruled, plain_functions
from dayfly.attach.templates.serverless_service import Function, Load, Service
from dayfly.attach.templates.stack import MAX_LAYERS
from dayfly.attach.templates.terraform_functions import judge
from dayfly.attach.templates.values import Ref, Value
from dayfly.attach.templates.yaml_text import read_yaml
from dayfly.attach.wrappers import (
    NEXT_VARIABLE,
    WRAPPER,
    WRAPPER_VARIABLE,
    attached_variables,
    conflicts,
)
from dayfly.errors import DayflyError

OWN_LAYER = "dayfly"
_LAYER = "LambdaLayer"
# They change functions when a service is packaged, after what stands in the file.
_CHANGING = ("datadog", "lumigo", "newrelic", "dynatrace", "epsagon", "thundra", "sentry", "instana")


def is_serverless(document: Document) -> bool:
    """Whether a document is a service of the Serverless Framework."""
    root = document.root
    return (
        isinstance(root, Mapping) and root.find("service") is not None and root.find("provider") is not None
    )


class ServerlessTemplate(Template):
    """One service."""

    def __init__(self, document: Document, load: Load = lambda _name: None) -> None:
        self.path = document.path
        self.text = document.text
        self.kind = Kind.SERVERLESS
        self._document = document
        self._load = load
        self._service = Service(document, load)
        self._functions = self._service.functions()
        self._kept = read_note(document)

    def functions(self) -> list[TemplateFunction]:
        found = [self._described(one) for one in self._functions]
        if self._kept is not None:
            return found + self._plain()
        chosen = [one for one, described in zip(self._functions, found, strict=True) if _is_open(described)]
        refused = {
            gap.function: gap
            for gap in self._edit(
                chosen, Options(), {id(one): Ref(logical_id(OWN_LAYER, _LAYER)) for one in chosen}
            )[2]
        }
        return [
            replace(one, gap=refused[one.name]) if _is_open(one) and one.name in refused else one
            for one in found
        ] + self._plain()

    def _plain(self) -> list[TemplateFunction]:
        return plain_functions(self._service, frozenset(logical_id(one.name) for one in self._functions))

    def attach(self, options: Options) -> Edited:
        base = self._again(self.detach().text) if self._kept is not None else self
        if base._kept is not None:
            return Edited(self.text, (), self.detach().gaps)
        if options.functions and self._kept is not None:
            # Those that are attached already keep Dayfly.
            attached = {one.name for one in self.functions() if one.is_attached}
            options = options.keeping(
                {one.name: self._current(one) for one in self._functions if one.name in attached}
            )
        edited = base._attach_afresh(options)
        if edited.text == self.text:
            return Edited(self.text, (), edited.gaps, edited.notes)
        return edited

    def detach(self) -> Edited:
        if self._kept is None:
            return Edited(self.text)
        edits = Edits(self._document)
        own = [one for one in self._kept.note.made if one.startswith(f"{LAYERS}.{OWN_LAYER}")]
        names = {one: one.removeprefix(f"{LAYERS}.") for one in own}
        try:
            gaps = undo(edits, self._kept)
            text = edits.apply()
            used = {path: name for path, name in names.items() if logical_id(name, _LAYER) in text}
            if used:
                edits = Edits(self._document)
                gaps = undo(edits, self._kept, kept_paths=frozenset(used))
                gaps += [
                    Gap("", 1, f"the layer {name} is still in use, so it stays") for name in used.values()
                ]
                text = edits.apply()
        except NotEditableError as error:
            gap = Gap("", self._document.line(error.offset), error.reason, error.hint)
            return Edited(self.text, (), (gap,))
        changes = tuple(
            Change(one.name, one.line, "removes Dayfly's layer and variables")
            for one in self._functions
            if self._described(one).is_attached
        )
        return Edited(text, changes, tuple(gaps))

    def masked(self) -> str:
        return mask(self.text, self._values())

    def _values(self) -> Iterator[tuple[int, int]]:
        owners = [self._service.provider, *(one.node for one in self._functions if not one.source)]
        for owner in owners:
            environment = get(owner, ENVIRONMENT)
            if isinstance(environment, Mapping) and self._service.is_editable(owner):
                for name, entry in environment.effective().items():
                    if not is_shown(name, text_of(entry.value)):
                        yield entry.start, entry.end

    # -- attaching

    def _attach_afresh(self, options: Options) -> Edited:
        self._check(options)
        wanted = [one for one in self._functions if not options.functions or one.name in options.functions]
        described = {id(one): self._described(one) for one in wanted}
        gaps = [gap for one in wanted if (gap := described[id(one)].gap) is not None]
        gaps += [
            one.gap
            for one in self._plain()
            if one.gap is not None and (not options.functions or one.name in options.functions)
        ]
        chosen = [one for one in wanted if _is_open(described[id(one)])]
        layer, section = self._layer(options)
        groups = groups_of(described[id(one)] for one in chosen)
        names = dict.fromkeys(groups, OWN_LAYER)
        if section and len(groups) > 1 and not self._shares_layers(chosen):
            names = {group: f"{OWN_LAYER}-{suffix_for(group)}" for group in groups}
        layers = {
            id(one): Ref(logical_id(names[described[id(one)].runtimes], _LAYER)) if section else layer
            for one in chosen
        }
        edit, done, refused = self._edit(chosen, options, layers)
        gaps += refused
        if not done:
            return Edited(self.text, (), tuple(gaps))
        runtimes: dict[str, set[str]] = {}
        for one in done if section else ():
            group = described[id(one)].runtimes
            runtimes.setdefault(names[group], set()).update(group)
        zips = {name: zip_for(found) for name, found in runtimes.items()}
        if zips:
            self._add_section(edit, zips)
        add_note(edit.edits, edit.note)
        text = edit.edits.apply()
        if self._again(text).detach().text != self.text:
            raise TemplateError(f"{self.path} cannot be edited reversibly", hint="attach it manually")
        changes = [Change(one.name, one.line, "adds Dayfly's layer and variables") for one in done]
        changes[:0] = [Change(name, 0, f"adds the layer {name}") for name in zips]
        notes = [note for one in done for note in self._conflicts(one)] + self._notes(bool(zips))
        return Edited(text, tuple(changes), tuple(gaps), tuple(notes), tuple(zips.values()))

    def _shares_layers(self, functions: list[Function]) -> bool:
        """Whether a function gets its layers from the provider: one for all is added there."""
        return get(self._service.provider, LAYERS) is not None and any(
            one.own(LAYERS) is None for one in functions
        )

    def _edit(
        self, chosen: list[Function], options: Options, layers: Dict[int, Value]
    ) -> tuple[ServiceEdit, list[Function], list[Gap]]:
        """On the provider where that reaches exactly those functions, else on each; who cannot is left out."""
        gaps: list[Gap] = []
        # Of several, each function names its own.
        first = next(iter(layers.values()), "")
        if (
            chosen
            and all(layer == first for layer in layers.values())
            and len(chosen) == len(self._functions)
            and all(
                self._is_reached(one) and options.settings_of(one.name) == options.settings_of(chosen[0].name)
                for one in chosen
            )
        ):
            edit = ServiceEdit(self._service, first, Edits(self._document))
            try:
                # Alike for all: who has a wrapper of its own names it for itself.
                settings = options.settings_of(chosen[0].name)
                variables = attached_variables(self._current(None), settings)
                for one in chosen:
                    attached_variables(self._current(one), settings)
                edit.attach_all(chosen, variables)
                self._check_shared(edit.edits)
                edit.edits.apply()
                return edit, chosen, gaps
            except (NotEditableError, DayflyError):
                pass
        left = list(chosen)
        for function in chosen:
            gap = self._tried(function, options, layers[id(function)])
            if gap is not None:
                gaps.append(gap)
                left.remove(function)
        edit = ServiceEdit(self._service, first, Edits(self._document))
        for function in left:
            edit.layer = layers[id(function)]
            self._attach_one(edit, function, options)
        return edit, left, gaps

    def _is_reached(self, function: Function) -> bool:
        """Whether what the provider has comes to a function that lies in another file."""
        if not function.source:
            return True
        return function.own(LAYERS) is None and function.own(ENVIRONMENT) is None

    def _tried(self, function: Function, options: Options, layer: Value) -> Gap | None:
        edit = ServiceEdit(self._service, layer, Edits(self._document))
        try:
            self._attach_one(edit, function, options)
            self._check_shared(edit.edits)
            edit.edits.apply()
        except NotEditableError as error:
            line = self._document.line(error.offset) if error.offset else function.line
            return function.gap(error.reason, error.hint, line=line)
        except DayflyError as error:
            return function.gap(error.message, error.hint)
        return None

    def _attach_one(self, edit: ServiceEdit, function: Function, options: Options) -> None:
        shared = get(self._service.follow(get(self._service.provider, ENVIRONMENT)), WRAPPER_VARIABLE)
        edit.attach_one(
            function,
            attached_variables(self._current(function), options.settings_of(function.name)),
            other=shared,
        )

    def _check_shared(self, edits: Edits) -> None:
        for _, node in self._document.aliases:
            if any(node.start <= place < node.end for place in edits.places):
                raise NotEditableError(
                    "shares the part to edit with another function, through a YAML anchor",
                    "write it out for this function",
                    node.start,
                )

    def _add_section(self, edit: ServiceEdit, zips: Dict[str, LayerZip]) -> None:
        values: dict[str, Value] = {
            name: {"package": {"artifact": one.name}, "description": "Dayfly"} for name, one in zips.items()
        }
        root = self._service.root
        entry = root.find(LAYERS)
        if entry is None:
            edit.edits.add_entry(root, LAYERS, values, behind=("frameworkVersion", "service"))
            edit.note.made.append(LAYERS)
        elif isinstance(entry.value, Mapping) and not entry.is_alias:
            for name, value in values.items():
                edit.edits.add_entry(entry.value, name, value)
        edit.note.made += [f"{LAYERS}.{name}" for name in values]

    def _layer(self, options: Options) -> tuple[Value, bool]:
        """What functions refer to, and whether the service is to make it."""
        asked = options.layer
        if ARN.match(asked):
            return asked, False
        section = self._service.root.find(LAYERS)
        named = get(self._service.follow(section.value if section else None), asked or OWN_LAYER)
        if asked and named is None and not (asked.startswith("${") and asked.endswith("}")):
            raise TemplateError(
                f"--layer {asked[:80]}: {self.path} has no layer of this name",
                hint="give the ARN of a published version, a name under `layers`, or a variable such as ${ssm:/dayfly}",
            )
        if asked.startswith("${"):
            return asked, False
        if named is not None:
            return Ref(logical_id(asked or OWN_LAYER, _LAYER)), False
        if section is not None and (section.is_alias or not isinstance(section.value, Mapping)):
            raise TemplateError(
                f"{self.path}:{self._document.line(section.key.start)} defines its layers in another file",
                hint="publish the layer (`dayfly layer publish`) and give --layer ARN",
            )
        return Ref(logical_id(OWN_LAYER, _LAYER)), True

    def _check(self, options: Options) -> None:
        there = [one.name for one in self._functions] + [one.name for one in self._plain()]
        unknown = sorted(options.functions - set(there))
        if unknown:
            raise TemplateError(
                f"{self.path} does not contain the function {', '.join(unknown)}",
                hint="functions in the template: " + (", ".join(there) or "none"),
            )

    # -- what is there

    def _described(self, function: Function) -> TemplateFunction:
        node = function.node
        if node is None:
            where = function.source or "a value"
            gap = function.gap(
                f"is defined by {where[:80]}, which cannot be read here", "write it into the service file"
            )
            return TemplateFunction(function.name, function.line, (), False, False, False, gap)
        if node.find("image") is not None:
            hint = LINES_FOR_PYTHON
            gap = function.gap("is a container image, which cannot use layers", hint)
            return TemplateFunction(function.name, function.line, (), False, False, True, gap)
        runtimes, is_python, gap_ = self._runtime(function)
        variables = self._variables(function)
        is_started = text_of(variables.get(WRAPPER_VARIABLE)) == WRAPPER
        has_layers = bool(self._layers(function))
        over = overruled(self._service, function.name) if is_python else ""
        is_attached = is_python and is_started and has_layers and not over
        if is_python and is_started and not has_layers:
            gap_ = function.gap(
                f"{WRAPPER_VARIABLE} is {WRAPPER}, but the function has no layer: it cannot start",
                "add Dayfly's layer, or remove the variable and attach it with this command",
            )
        elif over and gap_ is None:
            gap_ = function.gap(
                f"its {over} is overridden under `resources`",
                "remove it there, and write it in the function",
            )
        elif is_python and not is_attached and gap_ is None and len(self._layers(function)) >= MAX_LAYERS:
            gap_ = function.gap(
                f"has {len(self._layers(function))} layers; Lambda allows {MAX_LAYERS}",
                "remove one, or merge two",
            )
        if is_attached and gap_ is None:
            names = changed_since(self._document, self._kept, "provider", path_of(function))
            gap_ = function.gap(*not_as_set(names)) if names else None
        return TemplateFunction(
            function.name,
            function.line,
            runtimes,
            is_python,
            is_attached,
            gap=gap_,
            settings=dayfly_settings(self._current(function)) if is_attached else {},
            layers=self._layer_uses(function) if is_attached else (),
        )

    def _layer_uses(self, function: Function) -> tuple[LayerUse, ...]:
        section = self._service.root.find(LAYERS)
        listed = self._service.follow(section.value if section else None)
        own = {
            logical_id(name, _LAYER): local_zip(text_of(get(one.value, "package", "artifact")))
            for name, one in (listed.effective() if isinstance(listed, Mapping) else {}).items()
        }
        values = [bare(node) for node in self._layers(function)]
        names = [str(value.get("Ref", value) if isinstance(value, dict) else value) for value in values]
        return tuple(LayerUse(name, own.get(name, "")) for name in names)

    def _runtime(self, function: Function) -> tuple[tuple[str, ...], bool, Gap | None]:
        entry = function.own("runtime")
        node = entry.value if entry is not None else get(self._service.provider, "runtime")
        if node is None and self._service.provider is None:
            return (
                (),
                False,
                function.gap(
                    "its runtime comes from a provider that cannot be read", "write the runtime out"
                ),
            )
        if node is None:
            # https://www.serverless.com/framework/docs/providers/aws/guide/functions: Node.js by default.
            return (), False, None
        values = self._service.texts(node)
        if not values:
            return (
                (),
                False,
                function.gap(
                    f"its runtime ({text_of(node)[:60] or 'an intrinsic'}) is not set in the service file",
                    "write the runtime out, or give the variable a default",
                ),
            )
        runtimes = tuple(sorted(values))
        is_python, fault = judge(runtimes)
        return runtimes, is_python, function.gap(*fault) if fault is not None else None

    def _variables(self, function: Function | None) -> dict[str, Node]:
        found: dict[str, Node] = {}
        entries: list[Entry | None] = [
            self._service.provider.find(ENVIRONMENT) if self._service.provider is not None else None,
            function.own(ENVIRONMENT) if function is not None else None,
        ]
        for entry in entries:
            mapping = self._service.follow(entry.value) if entry is not None else None
            if isinstance(mapping, Mapping):
                found |= {name: one.value for name, one in mapping.effective().items()}
        return found

    def _current(self, function: Function | None) -> dict[str, str]:
        """The variables as far as they are known; Dayfly's own that are decided elsewhere are left out."""
        found: dict[str, str] = {}
        for name, node in self._variables(function).items():
            values = self._service.texts(node)
            if values is not None and len(values) == 1:
                found[name] = next(iter(values))
            elif name in (WRAPPER_VARIABLE, NEXT_VARIABLE) or not name.startswith("DAYFLY_"):
                found[name] = "${...}"
        return found

    def _layers(self, function: Function) -> list[Node]:
        entry = function.own(LAYERS)
        node = entry.value if entry is not None else get(self._service.provider, LAYERS)
        found = self._service.follow(node)
        if isinstance(found, Sequence):
            return [item.value for item in found.items]
        return [node] if isinstance(node, Scalar) and not node.is_empty else []

    def _conflicts(self, function: Function) -> list[Gap]:
        names = [text_of(one) for one in self._layers(function)]
        handler = function.own("handler")
        known = conflicts(
            self._current(function), names, text_of(handler.value) if handler is not None else ""
        )
        return [function.gap(f"{note.tool}: {note.text}", note.source) for note in known]

    def _notes(self, has_zip: bool) -> list[Gap]:
        notes: list[Gap] = []
        if has_zip:
            notes.append(
                Gap(
                    "",
                    1,
                    "packages all files of its folder, including Dayfly's zip",
                    "add '!dayfly-layer-*.zip' to package.patterns",
                )
            )
        environment = get(self._service.provider, ENVIRONMENT)
        is_nothing = environment is None or (isinstance(environment, Scalar) and environment.is_empty)
        if not is_nothing and not isinstance(self._service.follow(environment), Mapping):
            notes.append(
                Gap(
                    "",
                    1,
                    f"the provider's environment ({text_of(environment)[:60]}) cannot be read here",
                    f"check that it does not set {WRAPPER_VARIABLE}: the function's own value takes precedence",
                )
            )
        plugins = self._service.follow(get(self._service.root, "plugins"))
        for item in plugins.items if isinstance(plugins, Sequence) else ():
            name = text_of(item.value)
            if any(word in name for word in _CHANGING):
                notes.append(
                    Gap(
                        "",
                        self._document.line(item.start),
                        f"the plugin {name} changes functions during packaging",
                        (
                            f"check in the output of `serverless package` that {WRAPPER_VARIABLE} is still {WRAPPER}"
                        ),
                    )
                )
        return notes

    def _again(self, text: str) -> ServerlessTemplate:
        read = read_json if self._document.is_json else read_yaml
        return ServerlessTemplate(read(text, self.path), self._load)


def _is_open(described: TemplateFunction) -> bool:
    return described.is_python and described.gap is None and not described.is_attached
