"""Finds Lambda functions in a folder's Terraform files: resources, and calls of the registry's module for them. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dayfly.attach.image import LINES_FOR_PYTHON
from dayfly.attach.layout import PYTHONS
from dayfly.attach.templates.hcl import (
    Attribute,
    Block,
    Expression,
    HclFile,
    bare,
    call_of,
    elements,
    items,
    span,
    string_of,
    trees,
    word,
)
from dayfly.attach.templates.masking import is_shown
from dayfly.attach.templates.model import Gap
from dayfly.attach.templates.terraform_values import Names, Object, UnknownError

RESOURCE = "aws_lambda_function"
# https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws/latest, by the registry's name or by git's.
MODULE = re.compile(r"terraform-aws-modules/(?:lambda/aws|terraform-aws-lambda(?:\.git)?)(?:\?.*)?$")
_PYTHON = re.compile(r"python(\d+\.\d+)$")
_SECRET = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)
_EDGE = re.compile(r"aws_lambda_function\.([\w-]+)\b|module\.([\w-]+)\.")


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the block that makes it, and the address by which Terraform knows it."""

    file: HclFile
    block: Block
    name: str

    @property
    def line(self) -> int:
        return self.file.line(self.block.at)

    @property
    def is_module(self) -> bool:
        return self.block.type == "module"

    @property
    def each(self) -> Expression | None:
        return self.expression("for_each")

    def expression(self, name: str) -> Expression | None:
        found = self.block.attributes.get(name)
        return found.expression if found is not None else None

    def gap(self, reason: str, hint: str = "", *, offset: int | None = None) -> Gap:
        return Gap(self.name, self.line if offset is None else self.file.line(offset), reason, hint)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a function's variables are: `holder` is the block with the attribute, which may be missing.

    `dynamic` is the `dynamic "environment"` around it.
    """

    holder: Block
    variables: Attribute | None
    dynamic: Block | None = None


def find_functions(file: HclFile) -> list[Function]:
    """The functions that a file makes, in its order."""
    found: list[Function] = []
    for block in file.blocks:
        if block.type == "resource" and block.labels[:1] == (RESOURCE,) and len(block.labels) == 2:
            found.append(Function(file, block, ".".join(block.labels)))
        elif block.type == "module" and len(block.labels) == 1 and is_registry_module(block):
            found.append(Function(file, block, f"module.{block.labels[0]}"))
    return found


def is_registry_module(block: Block) -> bool:
    source = block.attributes.get("source")
    is_function = not any(_is_word(block, name, "false") for name in ("create", "create_function"))
    is_ours = source is not None and MODULE.search(string_of(source.expression) or "") is not None
    return is_ours and is_function and not _is_word(block, "create_layer", "true")


def environment_of(function: Function) -> Environment | str | None:
    """Where the variables are; a reason where they are nowhere that could be edited; None where there are none."""
    block = function.block
    if function.is_module:
        return Environment(block, block.attributes.get("environment_variables"))
    plain = block.nested("environment")
    dynamic = [one for one in block.nested("dynamic") if one.labels == ("environment",)]
    if "environment" in block.attributes:
        return "defines its environment as one value"
    if len(plain) + len(dynamic) > 1:
        return "has several environment blocks"
    if plain:
        return Environment(plain[0], plain[0].attributes.get("variables"))
    if not dynamic:
        return None
    content = dynamic[0].nested("content")
    if len(content) != 1 or "variables" not in content[0].attributes:
        return 'has a `dynamic "environment"` without `content { variables = ... }`'
    return Environment(content[0], content[0].attributes["variables"], dynamic[0])


def runtimes_of(function: Function, names: Names) -> tuple[str, ...] | Gap:
    """Every runtime that the function may get; a gap where that is not all Python that Dayfly serves."""
    attribute = function.block.attributes.get("runtime")
    if attribute is None:
        return function.gap("has no runtime", "set the runtime")
    try:
        found = tuple(sorted(names.texts(attribute.expression, function.each)))
    except UnknownError:
        written = function.file.text[attribute.start : attribute.end][:60]
        return function.gap(
            f"its runtime ({written}) is not set in this folder",
            "give the variable a default, or write the runtime out",
            offset=attribute.at,
        )
    return found


def judge_runtimes(function: Function, runtimes: Sequence[str]) -> tuple[bool, Gap | None]:
    """Whether the function is Python, and why it is not served."""
    is_python, fault = judge(runtimes)
    return is_python, function.gap(*fault) if fault is not None else None


def judge(runtimes: Sequence[str]) -> tuple[bool, tuple[str, str] | None]:
    """Whether a function with these runtimes is Python; why it is not served, and what to do."""
    pythons = [match[1] for one in runtimes if (match := _PYTHON.match(one))]
    if not pythons:
        return False, None
    if len(pythons) < len(runtimes):
        reason = f"its runtime may be Python or another language ({', '.join(runtimes)})"
        return False, (reason, "split it into two functions")
    unknown = sorted(set(pythons) - set(PYTHONS))
    if unknown:
        reason = f"Python {', '.join(unknown)} is not supported by Dayfly's layer"
        return True, (reason, f"use one of {', '.join(PYTHONS)}")
    return True, None


def image_gap(function: Function) -> Gap | None:
    """What to do where the function is a container image."""
    package = function.expression("package_type")
    if (package is None or string_of(package) != "Image") and "image_uri" not in function.block.attributes:
        return None
    return function.gap(
        "is a container image, which cannot use layers",
        LINES_FOR_PYTHON,
    )


def lasting_gap(function: Function, edges: frozenset[str], *, is_own_layer: bool) -> Gap | None:
    """Why an edit would have no effect, would not last or would be refused by AWS."""
    block = function.block
    for lifecycle in block.nested("lifecycle"):
        ignored = lifecycle.attributes.get("ignore_changes")
        listed = items(ignored.expression) if ignored is not None else None
        roots = {re.split(r"[.\[]", word(one))[0] for one in listed or ()}
        if ignored is not None and (listed is None or roots & {"all", "layers", "environment"}):
            return function.gap(
                "ignores changes of its layers or environment, so an edit has no effect",
                "remove them from ignore_changes, or attach the function itself: dayfly attach NAME",
                offset=ignored.at,
            )
    if function.name in edges or _is_word(block, "lambda_at_edge", "true"):
        # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
        return function.gap(
            "runs at CloudFront's edge (Lambda@Edge), where functions cannot have layers or variables"
        )
    if block.nested("capacity_provider_config") or "capacity_provider_config" in block.attributes:
        return function.gap(
            "runs on Managed Instances, where several events share an environment at the same time"
        )
    if not is_own_layer:
        return None
    if any(name in block.attributes for name in ("code_signing_config_arn",)):
        return function.gap(
            "requires signed code, but a layer built here is not signed",
            "sign and publish the layer, then give --layer ARN",
            offset=block.attributes["code_signing_config_arn"].at,
        )
    for name in ("provider", "region", "providers"):
        if name in block.attributes:
            return function.gap(
                f"has its own {name}, but the layer would be created by the default one",
                "publish a layer in its region, then give --layer ARN",
                offset=block.attributes[name].at,
            )
    return None


def edge_functions(files: Sequence[HclFile]) -> frozenset[str]:
    """The addresses of functions that a CloudFront distribution of the folder is associated with."""
    found: set[str] = set()
    waiting = [
        (file, block)
        for file in files
        for block in file.blocks
        if block.labels[:1] == ("aws_cloudfront_distribution",)
    ]
    while waiting:
        file, block = waiting.pop()
        waiting += [(file, one) for one in block.blocks]
        if block.type in ("lambda_function_association", "dynamic"):
            for match in _EDGE.finditer(file.text[block.inner : block.close]):
                found.add(f"{RESOURCE}.{match[1]}" if match[1] else f"module.{match[2]}")
    return frozenset(found)


def known_variables(
    expression: Expression, function: Function, names: Names
) -> tuple[dict[str, Expression], bool]:
    """The variables that an expression sets as far as they can be seen, and whether these are all."""
    call = call_of(expression)
    if call is not None and call[0] == "merge":
        found: dict[str, Expression] = {}
        is_whole = True
        for argument in call[1]:
            inner, whole = known_variables(argument, function, names)
            found |= inner
            is_whole = is_whole and whole
        return found, is_whole
    try:
        values = names.values(expression, function.each)
    except UnknownError:
        return {}, False
    # A variable's default is what one deployment gets, not every one.
    is_whole = not any(root in ("var", "each") for root in _roots(expression))
    merged: dict[str, Expression] = {}
    for value in values:
        if isinstance(value, Object):
            merged |= value.entries
            is_whole = is_whole and value.is_whole
        elif value is not None:
            return {}, False
    return merged, is_whole and len(values) == 1


def spans_of_values(file: HclFile) -> list[tuple[int, int]]:
    """Where values of variables stand, or may: in objects, in defaults and in what is named for a secret."""
    found: list[tuple[int, int]] = []
    waiting: list[tuple[str, Block]] = [(block.type, block) for block in file.blocks]
    while waiting:
        kind, block = waiting.pop()
        waiting += [(one.type, one) for one in block.blocks]
        for name, attribute in block.attributes.items():
            if kind == "locals" or name == "default" or _SECRET.search(name):
                found.append((attribute.start, attribute.end))
            for one in attribute.expression.iter_subtrees():
                sides = list(trees(one)) if one.data == "object_elem" else []
                if len(sides) == 2 and not is_shown(word(sides[0]), string_of(sides[1]) or ""):
                    found.append(span(sides[1]))
    # Within one that is masked as a whole, another has no place.
    outer: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda one: (one[0], -one[1])):
        if not outer or start >= outer[-1][1]:
            outer.append((start, end))
    return outer


def _roots(expression: Expression) -> Iterator[str]:
    if elements(expression) is not None:
        return
    for one in expression.iter_subtrees():
        if one.data in ("get_attr_expr_term", "index_expr_term"):
            root = bare(next(trees(one)))
            if root.data == "identifier":
                yield word(root)


def _is_word(block: Block, name: str, wanted: str) -> bool:
    attribute = block.attributes.get(name)
    return attribute is not None and word(bare(attribute.expression)) == wanted
