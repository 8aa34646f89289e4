"""The functions of a SAM or CloudFormation template: where they are defined and what is merged into them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dayfly.attach.image import LINES_FOR_PYTHON
from dayfly.attach.layout import PYTHONS
from dayfly.attach.templates.intrinsics import branches_of, call_of, is_no_value, shown, values_of
from dayfly.attach.templates.model import Gap, TemplateFunction
from dayfly.attach.templates.nodes import Document, Entry, Mapping, Node, Scalar, Sequence, get, text_of, walk
from dayfly.attach.templates.record import bare
from dayfly.attach.wrappers import WRAPPER, WRAPPER_VARIABLE

SAM_FUNCTION = "AWS::Serverless::Function"
FUNCTION = "AWS::Lambda::Function"
FOR_EACH = "Fn::ForEach::"
TRANSFORM = "Fn::Transform"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_LAYERS = 5
_WORD = re.compile(r"[A-Za-z0-9]+")
_PYTHON = re.compile(r"python(\d+\.\d+)$")


@dataclass(frozen=True, slots=True)
class Function:
    """A function resource; `globals` is what SAM merges into its properties."""

    document: Document
    name: str
    entry: Entry
    resource: Mapping
    type: str
    globals: Mapping | None

    @property
    def line(self) -> int:
        return self.document.line(self.entry.key.start)

    @property
    def properties(self) -> Mapping | None:
        found = get(self.resource, "Properties")
        return found if isinstance(found, Mapping) else None

    def setting(self, name: str) -> Node | None:
        """A property, the function's own before what Globals say."""
        found = get(self.properties, name)
        return found if found is not None else get(self.globals, name)

    def variables(self) -> dict[str, Node]:
        """Every variable that counts, with its value."""
        found: dict[str, Node] = {}
        for source in (self.globals, self.properties):
            node = get(source, "Environment", "Variables")
            if isinstance(node, Mapping) and call_of(node) is None:
                found |= {name: entry.value for name, entry in node.effective().items()}
        return found

    def layers(self) -> list[Node]:
        """Every layer that counts or may, in Lambda's order."""
        return [*elements(get(self.globals, "Layers")), *elements(get(self.properties, "Layers"))]

    def gap(self, reason: str, hint: str = "", *, node: Node | None = None) -> Gap:
        line = self.line if node is None else self.document.line(node.start)
        return Gap(self.name, line, reason, hint)


def find_functions(document: Document) -> list[Function]:
    """The functions in the order of the file, those within Fn::ForEach as well."""
    found = get(document.root, "Globals", "Function")
    shared = found if isinstance(found, Mapping) else None
    functions: list[Function] = []
    for entry, resource in resources(document):
        kind = text_of(get(resource, "Type"))
        if kind in (SAM_FUNCTION, FUNCTION):
            is_sam = kind == SAM_FUNCTION
            functions.append(
                Function(document, entry.key.text, entry, resource, kind, shared if is_sam else None)
            )
    return sorted(functions, key=lambda one: one.entry.key.start)


def resources(document: Document) -> Iterator[tuple[Entry, Mapping]]:
    """Every resource with its entry; loops are looked into, at any depth."""
    waiting = [get(document.root, "Resources")]
    while waiting:
        section = waiting.pop()
        for entry in section.effective().values() if isinstance(section, Mapping) else ():
            value = entry.value
            if entry.key.text.startswith(FOR_EACH):
                if isinstance(value, Sequence) and len(value.items) == 3:
                    waiting.append(value.items[2].value)
            elif isinstance(value, Mapping) and call_of(value) is None:
                yield entry, value


def at_the_edge(document: Document) -> frozenset[str]:
    """The resources that CloudFront runs: what its distributions name, and the functions that those versions are of."""
    named: set[str] = set()
    for _, resource in resources(document):
        if text_of(get(resource, "Type")) == "AWS::CloudFront::Distribution":
            for node in walk(resource):
                if isinstance(node, Mapping) and (entry := node.find("LambdaFunctionARN")) is not None:
                    named |= set(_WORD.findall(json.dumps(bare(entry.value))))
    for entry, resource in resources(document):
        if text_of(get(resource, "Type")) == "AWS::Lambda::Version" and entry.key.text in named:
            function = get(resource, "Properties", "FunctionName")
            named |= set(_WORD.findall(json.dumps(bare(function)))) if function is not None else set()
    return frozenset(named)


def elements(node: Node | None) -> list[Node]:
    """The elements of a list of layers; those of both sides of an Fn::If around or within it."""
    if node is None or is_no_value(node) or (isinstance(node, Scalar) and node.is_empty):
        return []
    branches = branches_of(node)
    if branches is not None:
        call = call_of(node)
        arguments = call[1] if call is not None else None
        assert isinstance(arguments, Sequence)
        return [one for index in branches for one in elements(arguments.items[index].value)]
    if isinstance(node, Sequence) and call_of(node) is None:
        return [one for item in node.items for one in elements(item.value)]
    return [node]


def count_layers(node: Node | None) -> int:
    """How many layers a value comes to at most."""
    if node is None or is_no_value(node) or (isinstance(node, Scalar) and node.is_empty):
        return 0
    branches = branches_of(node)
    if branches is not None:
        call = call_of(node)
        arguments = call[1] if call is not None else None
        assert isinstance(arguments, Sequence)
        return max(count_layers(arguments.items[index].value) for index in branches)
    if isinstance(node, Sequence) and call_of(node) is None:
        return sum(count_layers(item.value) for item in node.items)
    return 1


def describe(function: Function) -> TemplateFunction:
    """What the template says of a function before anything is edited."""
    runtimes, is_python, gap = _runtime(function)
    is_image = _is_image(function)
    has_wrapper = is_started_by_dayfly(function)
    is_attached = is_python and has_wrapper and bool(function.layers())
    if is_python and has_wrapper and not is_attached:
        gap = function.gap(
            f"{WRAPPER_VARIABLE} is {WRAPPER}, but the function has no layer: it cannot start",
            "add Dayfly's layer, or remove the variable and attach it with this command",
        )
    return TemplateFunction(
        function.name,
        function.line,
        runtimes,
        is_python=is_python,
        is_attached=is_attached,
        is_image=is_image,
        gap=gap,
    )


def is_started_by_dayfly(function: Function) -> bool:
    """Whether Lambda starts Dayfly's wrapper."""
    node = function.variables().get(WRAPPER_VARIABLE)
    return node is not None and text_of(node) == WRAPPER


def _is_image(function: Function) -> bool:
    return text_of(function.setting("PackageType")) == "Image" or any(
        get(function.properties, *path) is not None for path in (("ImageUri",), ("Code", "ImageUri"))
    )


def _runtime(function: Function) -> tuple[tuple[str, ...], bool, Gap | None]:
    if _is_image(function):
        return (
            (),
            False,
            function.gap(
                "is a container image, which cannot use layers",
                LINES_FOR_PYTHON,
            ),
        )
    if function.properties is None:
        return (), False, function.gap("has no readable Properties", "write them as a mapping")
    node = function.setting("Runtime")
    if node is None:
        if get(function.properties, TRANSFORM) is not None:
            return (
                (),
                False,
                function.gap("gets its Runtime from an included file", "attach Dayfly in the included file"),
            )
        return (), False, function.gap("has no Runtime", "set the runtime")
    values = values_of(function.document, node)
    if values is None:
        return (
            (),
            False,
            function.gap(
                f"its Runtime ({shown(node) or 'no word'}) is not set in the template",
                "give the parameter a Default or AllowedValues, or write the runtime out",
                node=node,
            ),
        )
    runtimes = tuple(sorted(values))
    pythons = [match[1] for value in runtimes if (match := _PYTHON.match(value))]
    if not pythons:
        return runtimes, False, None
    if len(pythons) < len(runtimes):
        return (
            runtimes,
            False,
            function.gap(
                f"its Runtime may be Python or another language ({', '.join(runtimes)})",
                "restrict it to Python",
                node=node,
            ),
        )
    unknown = [python for python in pythons if python not in PYTHONS]
    if unknown:
        return (
            runtimes,
            True,
            function.gap(
                f"Python {', '.join(unknown)} is not supported by Dayfly's layer",
                f"use one of {', '.join(PYTHONS)}",
                node=node,
            ),
        )
    return runtimes, True, None
