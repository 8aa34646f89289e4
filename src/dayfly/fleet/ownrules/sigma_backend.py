"""Turns the conditions of Sigma rules into SQL for ClickHouse, and refuses what it cannot say exactly.

Sigma compares text without regard to case, unless `cased` or `re` says otherwise:
https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
The fleet's tables have no NULL: `null` is an empty text or a zero.
"""

from __future__ import annotations

import re
from typing import ClassVar, cast

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.conversion.base import TextQueryBackend
from sigma.conversion.state import ConversionState
from sigma.types import (
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaFieldReference,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
    TimestampPart,
)

from dayfly.fleet.detections.rules import RuleError
from dayfly.fleet.ownrules.columns import Column, Kind, Source
from dayfly.fleet.ownrules.literals import Wild, like, quoted

_HEX = re.compile(r"(?:0x)?[0-9a-f]{1,16}", re.IGNORECASE)
_OPERATORS = {"GT": ">", "GTE": ">=", "LT": "<", "LTE": "<=", "NEQ": "!="}
_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}
_PARTS = {
    TimestampPart.MINUTE: "toMinute",
    TimestampPart.HOUR: "toHour",
    TimestampPart.DAY: "toDayOfMonth",
    TimestampPart.WEEK: "toISOWeek",
    TimestampPart.MONTH: "toMonth",
    TimestampPart.YEAR: "toYear",
}


class ClickHouseBackend(TextQueryBackend):
    """Conditions over one of the fleet's tables; every field is one of `source`'s. Raises RuleError for another."""

    name: ClassVar[str] = "Dayfly's ClickHouse tables"
    formats: ClassVar[dict[str, str]] = {"default": "an expression of SQL"}
    precedence: ClassVar[tuple[type[ConditionItem], type[ConditionItem], type[ConditionItem]]] = (
        ConditionNOT,
        ConditionAND,
        ConditionOR,
    )
    group_expression: ClassVar[str | None] = "({expr})"
    or_token: ClassVar[str] = "OR"
    and_token: ClassVar[str] = "AND"
    not_token: ClassVar[str] = "NOT"
    eq_token: ClassVar[str] = " = "

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def column(self, name: str) -> Column:
        """Return the column that a field means; raises RuleError for a field that the table does not have."""
        column = self._source.fields.get(name)
        if column is None:
            known = ", ".join(sorted(self._source.fields))
            raise RuleError(f"{self._source.table} has no field {name}", hint=f"use one of {known}")
        return column

    def convert_condition_field_eq_val_str(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        return self._text(cond, is_cased=False)

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        return self._text(cond, is_cased=True)

    def _text(self, cond: ConditionFieldEqualsValueExpression, *, is_cased: bool) -> str:
        column = self.column(cond.field)
        value = cast(SigmaString, cond.value)
        parts = _parts(value, cond.field)
        is_wild = any(isinstance(part, Wild) for part in parts)
        if column.kind is Kind.HASH and not is_wild:
            return f"{column.expression} = {_number_of_hash(''.join(parts), cond.field)}"
        if column.kind in (Kind.NUMBER, Kind.TIME) and not is_wild:
            raise RuleError(
                f"{cond.field} is {'a number' if column.kind is Kind.NUMBER else 'a time'}, but "
                f"{''.join(parts)!r} is not",
                hint="use a number, or compare with gt, gte, lt, lte",
            )
        if column.kind is Kind.TIME:
            raise RuleError(
                f"{cond.field} is a time and cannot be compared with text",
                hint="use hour, day, week, month or year",
            )
        if column.kind is Kind.LIST:
            test = _match("x", parts, is_cased=is_cased)
            return f"arrayExists(x -> {test}, {column.expression})"
        return _match(_as_text(column), parts, is_cased=is_cased)

    def convert_condition_field_eq_val_num(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        column = self.column(cond.field)
        number = cast(SigmaNumber, cond.value).number
        if column.kind is Kind.HASH:
            raise RuleError(
                f"{cond.field} is a hash, but {number} is a number",
                hint="write its 16 hexadecimal digits in quotes",
            )
        if column.kind is Kind.NUMBER:
            return f"{column.expression} = {number}"
        if column.kind is Kind.TEXT:
            return f"{_as_text(column)} = {quoted(str(number))}"
        raise RuleError(f"{cond.field} is not a number", hint="write text in quotes")

    def convert_condition_field_eq_val_timestamp_part(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        part = cast(SigmaTimestampPart, cond.value)
        return f"{self._part(cond.field, part)} = {int(part.number)}"

    def _part(self, field: str, part: SigmaTimestampPart) -> str:
        column = self.column(field)
        if column.kind is not Kind.TIME:
            raise RuleError(
                f"{field} is not a time",
                hint="use minute, hour, day, week, month or year of `time`, in UTC",
            )
        return f"{_PARTS[part.timestamp_part]}({column.expression}, 'UTC')"

    def convert_condition_field_eq_val_bool(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        raise RuleError(f"{cond.field} is not a boolean", hint="the fleet's tables have no boolean fields")

    def convert_condition_field_eq_val_re(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        column = self.column(cond.field)
        pattern = _regex(cast(SigmaRegularExpression, cond.value))
        if column.kind is Kind.LIST:
            return f"arrayExists(x -> match(x, {pattern}), {column.expression})"
        if column.kind in (Kind.TIME, Kind.NUMBER):
            raise RuleError(f"{cond.field} is not text", hint="regular expressions need a text field")
        return f"match({_as_text(column)}, {pattern})"

    def convert_condition_field_eq_val_cidr(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        column = self.column(cond.field)
        if column.kind is not Kind.TEXT:
            raise RuleError(
                f"{cond.field} is not an address",
                hint="the fleet stores hashes of callers' addresses; use CloudTrail's source_ip, which is an address",
            )
        network = quoted(str(cast(SigmaCIDRExpression, cond.value).network))
        text = _as_text(column)
        # What is no address at all (a service's name) would end the query.
        address = f"if(isIPv4String({text}) OR isIPv6String({text}), {text}, '0.0.0.0')"
        return (
            f"((isIPv4String({text}) OR isIPv6String({text})) AND isIPAddressInRange({address}, {network}))"
        )

    def convert_condition_field_compare_op_val(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        value = cast(SigmaCompareExpression, cond.value)
        operator = _OPERATORS.get(value.op.name)
        if operator is None:
            raise RuleError(
                f"{cond.field} is compared with the unsupported operator {value.op.name.lower()}",
                hint="use gt, gte, lt, lte or neq",
            )
        if isinstance(value.number, SigmaTimestampPart):
            return f"{self._part(cond.field, value.number)} {operator} {int(value.number.number)}"
        column = self.column(cond.field)
        if column.kind is not Kind.NUMBER:
            raise RuleError(f"{cond.field} is not a number", hint="gt, gte, lt and lte compare numbers")
        return f"{column.expression} {operator} {value.number.number}"

    def convert_condition_field_eq_field(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        reference = cast(SigmaFieldReference, cond.value)
        left, right = self.column(cond.field), self.column(reference.field)
        if left.kind is not right.kind or left.kind is Kind.LIST:
            raise RuleError(
                f"{cond.field} and {reference.field} cannot be compared",
                hint="compare fields of the same kind",
            )
        if not reference.starts_with and not reference.ends_with:
            if left.kind is Kind.TEXT:
                return f"lowerUTF8({_as_text(left)}) = lowerUTF8({_as_text(right)})"
            return f"{left.expression} = {right.expression}"
        if left.kind is not Kind.TEXT:
            raise RuleError(f"{cond.field} is not text", hint="compare whole fields")
        one, other = f"lowerUTF8({_as_text(left)})", f"lowerUTF8({_as_text(right)})"
        if reference.starts_with and reference.ends_with:
            return f"position({one}, {other}) > 0"
        return f"{'startsWith' if reference.starts_with else 'endsWith'}({one}, {other})"

    def convert_condition_field_eq_val_null(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        return f"NOT ({self._is_there(cond.field)})"

    def convert_condition_field_exists(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        assert isinstance(cond.value, SigmaExists)
        return self._is_there(cond.field)

    def _is_there(self, name: str) -> str:
        column = self.column(name)
        match column.kind:
            case Kind.TEXT:
                return f"{_as_text(column)} != ''"
            case Kind.NUMBER | Kind.HASH:
                return f"{column.expression} != 0"
            case Kind.REQUEST:
                return f"{column.expression} != toUUIDOrZero('')"
            case Kind.LIST:
                return f"notEmpty({column.expression})"
            case Kind.TIME:
                return f"toUnixTimestamp({column.expression}) != 0"

    def convert_condition_field_eq_query_expr(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        raise RuleError("a rule must not contain SQL", hint="write an SQL rule instead")

    def convert_condition_query_expr(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        raise RuleError("a rule must not contain SQL", hint="write an SQL rule instead")

    def convert_condition_val_str(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        parts = _parts(cast(SigmaString, cond.value), "keywords")
        sought: list[str] = [Wild("*"), *parts, Wild("*")]
        return "(" + " OR ".join(_match(text, sought, is_cased=False) for text in self._searched()) + ")"

    def convert_condition_val_num(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        sought = [Wild("*"), str(cast(SigmaNumber, cond.value).number), Wild("*")]
        return "(" + " OR ".join(_match(text, sought, is_cased=False) for text in self._searched()) + ")"

    def convert_condition_val_re(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        pattern = _regex(cast(SigmaRegularExpression, cond.value))
        return "(" + " OR ".join(f"match({text}, {pattern})" for text in self._searched()) + ")"

    def _searched(self) -> list[str]:
        return [_as_text(self.column(name)) for name in self._source.searched]


def _parts(value: SigmaString, field: str) -> list[str]:
    parts: list[str] = []
    for part in value.s:
        if part is SpecialChars.WILDCARD_MULTI:
            parts.append(Wild("*"))
        elif part is SpecialChars.WILDCARD_SINGLE:
            parts.append(Wild("?"))
        elif isinstance(part, str):
            parts.append(part)
        else:
            raise RuleError(
                f"{field} contains a placeholder",
                hint="write the values; placeholders are not supported",
            )
    return parts


def _match(text: str, parts: list[str], *, is_cased: bool) -> str:
    if not any(isinstance(part, Wild) for part in parts):
        whole = quoted("".join(parts))
        return f"{text} = {whole}" if is_cased else f"lowerUTF8({text}) = lowerUTF8({whole})"
    pattern = like(parts)
    return f"{text} LIKE {pattern}" if is_cased else f"{text} ILIKE {pattern}"


def _as_text(column: Column) -> str:
    match column.kind:
        case Kind.HASH:
            return f"lower(leftPad(hex({column.expression}), 16, '0'))"
        case _:
            return f"toString({column.expression})"


def _number_of_hash(text: str, field: str) -> int:
    if not _HEX.fullmatch(text):
        raise RuleError(
            f"{field} is a hash, but {text!r} is not", hint="write up to 16 hexadecimal digits in quotes"
        )
    return int(text.removeprefix("0x"), 16)


def _regex(value: SigmaRegularExpression) -> str:
    # pySigma has let RE2 look at it, which is ClickHouse's engine, too.
    pattern = str(value.escape())
    flags = "".join(sorted(_FLAGS[flag] for flag in value.flags))
    # RE2 lets "." match a line's end here unless told; Sigma's does so only with the flag.
    prefix = f"(?{flags})" if flags else ""
    return quoted(prefix + ("" if "s" in flags else "(?-s)") + pattern)
