"""Evaluates Terraform's expressions as far as one module, and what calls it, decides them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from lark import Token, Tree

from dayfly.scan.model import Place
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    is_null,
    items,
    known,
    unknown,
)
from dayfly.scan.template.terraform_expressions import MAX_DEPTH, Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.terraform_syntax import Block, Body, Expression

# Before a path that is relative to the scanned root, whichever module it ends up in.
ROOT = "@root/"
_MAX_TEXT = 200_000
_MAX_STEPS = 300_000
_MAX_BUILT = 20_000_000
_TRAVERSAL = re.compile(r"\$\{\s*([A-Za-z_][\w-]*(?:\.[\w-]{1,255}|\[[^\]]{0,255}\]){0,20})\s*\}")
_KEY = re.compile(r"\[\"([\w-]+)\"\]")
_INDEX = re.compile(r"\[[^\]]*\]")


class Module:
    """One folder of Terraform files.

    A variable is what the one caller passes, else its default. References to resources and to what only a
    deployment knows become scalars that are not known: `${aws_dynamodb_table.orders.arn}`.
    """

    def __init__(
        self, project: Project, folder: str, blocks: list[Block], arguments: Mapping[str, Node] | None = None
    ) -> None:
        self.project = project
        self.folder = folder
        self.blocks = blocks
        self._arguments = arguments or {}
        self._variables = {one.labels[0]: one for one in blocks if one.type == "variable" and one.labels}
        self._locals: dict[str, tuple[Expression, Place]] = {}
        for block in blocks:
            if block.type == "locals":
                for name, expression in block.body.attributes.items():
                    self._locals[name] = (expression, block.body.places.get(name, block.place))
        self._memory: dict[str, Node | None] = {}
        self._steps = 0
        self._built = 0
        # Set by the reader of policies: what `data.aws_iam_policy_document.NAME.json` stands for.
        self.document: Callable[[str], Node | None] = lambda name: None

    def mapping(
        self, body: Body, path: str, *, scope: Mapping[str, Node] | None = None, depth: int = 0
    ) -> MappingNode:
        """A body with every attribute evaluated, and its blocks as lists of mappings by type.

        `scope` has names that are bound around the body: `each`.
        """
        if depth > MAX_DEPTH:
            return MappingNode(body.place)
        found: dict[str, Node] = {
            name: self.value(expression, path, scope) for name, expression in body.attributes.items()
        }
        keys = dict(body.places)
        for block in body.blocks:
            kind, inner = block.type, block.body
            if kind == "dynamic" and block.labels:
                kind = block.labels[0]
                inner = next((one.body for one in inner.blocks if one.type == "content"), inner)
            node = self.mapping(inner, path, scope=scope, depth=depth + 1)
            before = found.get(kind)
            found[kind] = SequenceNode(node.place, (*(items(before) if before is not None else ()), node))
            keys.setdefault(kind, block.place)
        return MappingNode(body.place, found, keys)

    def value(self, expression: Expression, path: str, scope: Mapping[str, Node] | None = None) -> Node:
        """The value of an expression of the file `path`."""
        if isinstance(expression, (Tree, Token)):
            return Evaluation(self, path, scope or {}).value(expression, 0)
        return self._json(expression)

    def _json(self, node: Node) -> Node:
        if isinstance(node, ScalarNode):
            return self.interpolate(node.text, node.place) if "${" in node.text else node
        if isinstance(node, SequenceNode):
            return SequenceNode(node.place, tuple(self._json(item) for item in node.items))
        return MappingNode(node.place, {key: self._json(one) for key, one in node.entries.items()}, node.keys)

    def interpolate(self, written: str, place: Place) -> Node:
        """A text outside HCL's grammar (a heredoc, JSON) with its simple references put in."""
        is_known = True

        def replace(match: re.Match[str]) -> str:
            nonlocal is_known
            value = self.reference(_parts(match[1]), place)
            if not isinstance(value, ScalarNode):
                is_known = False
                return match[0]
            is_known = is_known and value.is_known
            return value.text

        whole = _TRAVERSAL.fullmatch(written.strip())
        if whole is not None:
            return self.reference(_parts(whole[1]), place)
        result = _TRAVERSAL.sub(replace, written)[:_MAX_TEXT]
        if "${" in result or "%{" in result:
            is_known = False
        return known(place, result) if is_known else unknown(place, result)

    def count(self, built: int = 0) -> bool:
        """Whether there is still work allowed; a bomb of locals within locals ends here."""
        self._steps += 1
        self._built += built
        return self._steps < _MAX_STEPS and self._built < _MAX_BUILT

    def reference(self, parts: list[str], place: Place) -> Node:
        """What `var.x.y`, `local.x`, `data.….json`, `path.module` or a resource's attribute stands for."""
        kind = parts[0]
        if kind == "path" and len(parts) > 1:
            return known(place, ROOT + self.folder if self.folder else ROOT.removesuffix("/"))
        base: Node | None = None
        rest: list[str] = []
        if kind == "var" and len(parts) > 1:
            base, rest = self._remember("var." + parts[1], lambda: self._variable(parts[1])), parts[2:]
        elif kind == "local" and len(parts) > 1:
            base, rest = self._remember("local." + parts[1], lambda: self._local(parts[1])), parts[2:]
        elif parts[:2] == ["data", "aws_iam_policy_document"] and parts[3:] in (["json"], ["minified_json"]):
            base = self._remember("document." + parts[2], lambda: self.document(parts[2]))
        for key in rest:
            if isinstance(base, MappingNode):
                base = base.entries.get(key)
            elif isinstance(base, SequenceNode) and key.isdecimal() and len(key) < 6:
                base = base.items[int(key)] if int(key) < len(base.items) else None
            else:
                base = None
        if base is None or (kind == "var" and is_null(base)):
            return unknown(place, "${" + ".".join(parts)[:300] + "}")
        return base

    def _remember(self, key: str, make: Callable[[], Node | None]) -> Node | None:
        if key not in self._memory:
            self._memory[key] = None  # what refers to itself has no value
            self._memory[key] = make()
        return self._memory[key]

    def _variable(self, name: str) -> Node | None:
        if name in self._arguments:
            return self._arguments[name]
        block = self._variables.get(name)
        if block is None or "default" not in block.body.attributes:
            return None
        return self.value(block.body.attributes["default"], block.place.path)

    def _local(self, name: str) -> Node | None:
        if name not in self._locals:
            return None
        expression, place = self._locals[name]
        return self.value(expression, place.path)

    def file(self, written: str) -> tuple[str, str] | None:
        """Path and text of a file that `file(…)` names; None where the project has none."""
        inner = (
            written.removeprefix(ROOT) if written.startswith(ROOT) else posixpath.join(self.folder, written)
        )
        path = posixpath.normpath(inner)
        if path in self.project.others:
            content = self.project.read_text(path)
            if content is not None and len(content) <= _MAX_TEXT:
                return path, content
        return None


def _parts(traversal: str) -> list[str]:
    """`local.map["key"].name` and `aws_sqs_queue.q[0].arn` by their dots; the number of an instance is left out."""
    return _INDEX.sub("", _KEY.sub(r".\1", traversal)).split(".")
