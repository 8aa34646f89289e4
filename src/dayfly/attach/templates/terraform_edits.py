"""Puts Dayfly on one function in Terraform's language: only ever by adding text between marks. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lark import Tree

from dayfly.attach.templates.editing import NotEditableError
from dayfly.attach.templates.hcl import (
    Attribute,
    Block,
    Expression,
    bare,
    call_of,
    elements,
    items,
    span,
    string_of,
    word,
)
from dayfly.attach.templates.stack import MAX_LAYERS
from dayfly.attach.templates.terraform_functions import Environment, Function, environment_of, known_variables
from dayfly.attach.templates.terraform_marks import (
    BEGIN,
    BEGIN_CHAINED,
    END,
    FORCED,
    GUARD,
    MORE,
    WAS,
    WRAP,
    block_lines,
    hcl_string,
)
from dayfly.attach.templates.terraform_values import List, Names, UnknownError, traversal
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER, WRAPPER_VARIABLE

_BLANKS = re.compile(r"\s*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:(?:#|//)[^\n]*)?\r?\n")
# What is repeated to look into it should still be read at a glance.
_MAX_REPEATED = 300


@dataclass
class HclEdits:
    """Insertions and replacements in one file, applied together."""

    text: str
    _edits: list[tuple[int, int, str]] = field(default_factory=list)

    def insert(self, at: int, new: str) -> None:
        self._edits.append((at, at, new))

    def replace(self, start: int, end: int, new: str) -> None:
        self._edits.append((start, end, new))

    def apply(self) -> str:
        position, parts = 0, []
        for start, end, new in sorted(self._edits, key=lambda edit: edit[:2]):
            parts += [self.text[position:start], new]
            position = end
        return "".join([*parts, self.text[position:]])

    def line_start(self, offset: int) -> int:
        start = self.text.rfind("\n", 0, offset) + 1
        return 1 if start == 0 and self.text.startswith("\ufeff") else start

    def indent_of(self, offset: int) -> str | None:
        """The blanks before an offset; None where something else stands on its line."""
        before = self.text[self.line_start(offset) : offset]
        return before if not before.strip(" \t") else None

    def eol(self, offset: int) -> str:
        end = self.text.find("\n", offset)
        return "\r\n" if end > 0 and self.text[end - 1] == "\r" else "\n"


@dataclass
class FunctionEdit:
    """The edits of one function. `variables` are what attach sets, DAYFLY_NEXT_WRAPPER where there is another wrapper."""

    edits: HclEdits
    function: Function
    names: Names
    layer: str
    variables: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    def attach(self) -> None:
        """Add everything; raises NotEditableError, after which the edits are not to be used."""
        block = self.function.block
        lines = self._layers(block.attributes.get("layers"))
        environment = environment_of(self.function)
        if isinstance(environment, str):
            raise NotEditableError(environment, "write one `environment { variables = { ... } }`", block.at)
        if environment is None:
            lines += (
                ["", "environment {", *_nested(self._map("variables")), "}"]
                if lines
                else [
                    "environment {",
                    *_nested(self._map("variables")),
                    "}",
                ]
            )
        elif environment.variables is not None:
            self._dynamic(environment)
            self._variables(environment.variables)
        elif environment.holder is block:
            lines += self._map("environment_variables")
        else:
            self._append(environment.holder, self._map("variables"))
        if lines:
            self._append(block, lines)

    # -- layers

    def _layers(self, attribute: Attribute | None) -> list[str]:
        if attribute is None:
            return [f"layers = [{self.layer}]"]
        expression = attribute.expression
        listed = items(expression)
        if listed is not None and self.edits.text[attribute.start] == "[":
            count = sum(
                1 for one in listed if bare(one).data not in ("for_tuple_expr", "full_splat_expr_term")
            )
            if count >= MAX_LAYERS:
                raise NotEditableError(
                    f"has {count} layers; Lambda allows {MAX_LAYERS}",
                    "remove one, or merge two",
                    attribute.at,
                )
            self._put_first(attribute.start + 1, [f"{self.layer},"], has_more=bool(listed))
            return []
        self._check_wrapped(attribute)
        if _is_null(expression):
            self._wrap(attribute, "coalesce(", f", [{self.layer}])")
            return []
        written = self.edits.text[attribute.start : attribute.end]
        guard = (
            GUARD.format(written) if self._may_be_null(attribute) and len(written) <= _MAX_REPEATED else ""
        )
        self._wrap(attribute, f"concat({guard}", f", [{self.layer}])")
        self.notes.append(
            f"has layers that are only known at planning: with more than {MAX_LAYERS - 1} of them, Lambda "
            "rejects another one"
        )
        return []

    def _may_be_null(self, attribute: Attribute) -> bool:
        """Whether a name may stand for null; raises NotEditableError where another expression may."""
        steps = traversal(attribute.expression)
        try:
            values = self.names.values(attribute.expression, self.function.each)
            is_null, is_known = None in values, True
            if all(isinstance(one, List) and len(one.items) >= MAX_LAYERS for one in values):
                raise NotEditableError(
                    f"has {MAX_LAYERS} layers or more; Lambda allows {MAX_LAYERS}",
                    "remove one",
                    attribute.at,
                )
        except UnknownError:
            is_null, is_known = False, False
        if steps is not None:
            return is_null or (not is_known and steps[0] in ("var", "each"))
        if is_null or (not is_known and _mentions_null(attribute.expression)):
            raise NotEditableError("has layers that may be null", "write [] instead of null", attribute.at)
        return False

    # -- variables

    def _map(self, name: str) -> list[str]:
        return [f"{name} = {{", *_nested(_assignments(self.variables)), "}"]

    def _variables(self, attribute: Attribute) -> None:
        target, own = _target(attribute)
        known, is_whole = known_variables(attribute.expression, self.function, self.names)
        wanted = dict(self.variables)
        in_target = {name: key for name, key, _ in own or ()}
        for name in [name for name in wanted if name in in_target and name != WRAPPER_VARIABLE]:
            value = next(value for key, _, value in own or () if key == name)
            if string_of(value) != wanted[name]:
                raise NotEditableError(
                    f"sets {name} itself", "remove it, or request the same value", span(in_target[name])[0]
                )
            del wanted[name]
        renamed = in_target.get(WRAPPER_VARIABLE)
        if renamed is not None:
            if NEXT_VARIABLE in in_target or NEXT_VARIABLE in known:
                raise NotEditableError(f"already has {NEXT_VARIABLE}", "remove it", span(renamed)[0])
            wanted.pop(NEXT_VARIABLE, None)
            if string_of(known[WRAPPER_VARIABLE]) == WRAPPER:
                raise NotEditableError(
                    f"has {WRAPPER} but no layer", "remove that variable", span(renamed)[0]
                )
            self._rename(renamed, wanted)
            return
        other = known.get(WRAPPER_VARIABLE)
        is_plain = other is None or string_of(other) is not None
        if target is not None and is_whole and is_plain:
            self._put_first(target, wanted, has_more=bool(own))
            return
        self._check_wrapped(attribute)
        more = "{ " + ", ".join(_assignments(wanted, is_aligned=False)) + " }"
        if not (is_whole and is_plain):
            written = self.edits.text[attribute.start : attribute.end]
            if "\n" in written or len(written) > _MAX_REPEATED:
                raise NotEditableError(
                    f"defines variables that may include {WRAPPER_VARIABLE}",
                    "move them to a local value, or set that variable in the function itself",
                    attribute.at,
                )
            wanted.pop(NEXT_VARIABLE, None)
            more = "{ " + ", ".join(_assignments(wanted, is_aligned=False)) + " }, " + _CHAIN.format(written)
        if self._is_iterated(attribute):
            self._wrap(attribute, "merge(try(", f", {{}}), {more})")
        else:
            self._wrap(attribute, "merge(", f", {more})")

    def _rename(self, key: Expression, wanted: Mapping[str, str]) -> None:
        start, end = span(key)
        quote = '"' if self.edits.text[start] == '"' else ""
        indent = self.edits.indent_of(start)
        if indent is None:
            inner = ", ".join(_assignments(wanted, is_aligned=False))
            self.edits.insert(start, f"{BEGIN_CHAINED} {inner}, {END} ")
        else:
            at = self.edits.line_start(start)
            self.edits.insert(
                at, block_lines(indent, _assignments(wanted), self.edits.eol(at), is_chained=True)
            )
        self.edits.replace(start, end, f"{quote}{NEXT_VARIABLE}{quote}")

    def _dynamic(self, environment: Environment) -> None:
        """See that the environment is there even where its block was to be left out."""
        if environment.dynamic is None:
            return
        source = environment.dynamic.attributes.get("for_each")
        if source is None:
            raise NotEditableError(
                "has a dynamic environment without for_each", "add for_each", environment.dynamic.at
            )
        listed = items(source.expression)
        if listed and not any(bare(one).data in ("full_splat_expr_term", "for_tuple_expr") for one in listed):
            return
        self._check_wrapped(source)
        assert environment.variables is not None
        if not self._is_iterated(environment.variables):
            self.edits.insert(source.start, f"{FORCED}{WAS}")
            self.edits.insert(source.end, " */")
            return
        if not _is_at_most_one(source.expression):
            raise NotEditableError(
                "has a dynamic environment over a value other than a list with one element",
                'write `environment { ... }` instead of `dynamic "environment"`',
                source.at,
            )
        self._wrap(source, "[try((", ")[0], null)]")

    def _is_iterated(self, attribute: Attribute) -> bool:
        written = self.edits.text[attribute.start : attribute.end]
        dynamic = [one for one in self.function.block.nested("dynamic") if one.labels == ("environment",)]
        iterator = dynamic[0].attributes.get("iterator") if dynamic else None
        name = word(iterator.expression) if iterator is not None else "environment"
        return bool(dynamic) and re.search(rf"\b{re.escape(name)}\.", written) is not None

    # -- text

    def _check_wrapped(self, attribute: Attribute) -> None:
        written = self.edits.text[attribute.start : attribute.end]
        if "<<" in written or "*/" in written:
            raise NotEditableError(
                f"its {attribute.name} contains a heredoc or a comment",
                "move it to a local value",
                attribute.at,
            )

    def _wrap(self, attribute: Attribute, opening: str, closing: str) -> None:
        self.edits.insert(attribute.start, opening + WRAP)
        self.edits.insert(attribute.end, MORE + closing + END)

    def _put_first(self, at: int, new: Sequence[str] | Mapping[str, str], *, has_more: bool) -> None:
        """New elements behind an opening bracket: on lines of their own where the line ends there."""
        text = self.edits.text
        rest = _REST_OF_LINE.match(text, at)
        if rest is None:
            while has_more and text[at] in " \t":
                at += 1
            parts = _assignments(new, is_aligned=False) if isinstance(new, Mapping) else new
            joined = ", ".join(part.rstrip(",") for part in parts)
            self.edits.insert(at, f"{BEGIN} {joined}, {END} " if has_more else f"{BEGIN} {joined} {END}")
            return
        first = _BLANKS.match(text, rest.end())
        indent = self.edits.indent_of(first.end() if first else rest.end()) or ""
        lines = _assignments(new) if isinstance(new, Mapping) else new
        inner = indent if has_more else indent + "  "
        self.edits.insert(rest.end(), block_lines(inner, lines, self.edits.eol(at)))

    def _append(self, block: Block, lines: Sequence[str]) -> None:
        """Lines at the end of a block."""
        indent = self.edits.indent_of(block.close)
        if indent is None:
            raise NotEditableError("is written on one line", "write it on several lines", block.at)
        first = min((one.at for one in block.attributes.values()), default=None)
        inner = self.edits.indent_of(first) if first is not None else None
        at = self.edits.line_start(block.close)
        self.edits.insert(
            at, block_lines(inner if inner is not None else indent + "  ", lines, self.edits.eol(block.at))
        )


_CHAIN = (
    "{{ for name, value in merge({}) : "
    f'"{NEXT_VARIABLE}" => value if name == "{WRAPPER_VARIABLE}" && value != "{WRAPPER}" }}}}'
)


def _target(attribute: Attribute) -> tuple[int | None, list[tuple[str, Expression, Expression]] | None]:
    """Behind which brace variables may be put so that they count, and what is there."""
    expression = attribute.expression
    call = call_of(expression)
    if call is not None and call[0] == "merge" and call[1]:
        expression = call[1][-1]
    own = elements(expression)
    return (span(bare(expression))[0] + 1, own) if own is not None else (None, None)


def _assignments(variables: Mapping[str, str], *, is_aligned: bool = True) -> list[str]:
    width = max((len(name) for name in variables), default=0) if is_aligned else 0
    return [f"{name:{width}} = {hcl_string(value)}" for name, value in variables.items()]


def _nested(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def _is_null(expression: Expression) -> bool:
    inner = bare(expression)
    return inner.data == "literal_value" and word(inner) == "null"


def _mentions_null(expression: Expression) -> bool:
    return any(isinstance(one, Tree) and _is_null(one) for one in expression.iter_subtrees())


def _is_at_most_one(expression: Expression) -> bool:
    inner = bare(expression)
    if inner.data == "conditional":
        sides = [items(one) for one in list(inner.children) if isinstance(one, Tree)][-2:]
        return all(side is not None and len(side) <= 1 for side in sides)
    return inner.data in ("full_splat_expr_term", "attr_splat_expr_term") and "*" in word(inner)
