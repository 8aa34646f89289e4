"""Names and ARNs of functions, versions and aliases as requests carry them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.model import ACCOUNT, REGION, VERSION

_PREFIX = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?"
)


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of operation takes a function's name and the qualifier beside it, as botocore's model has it."""

    name_pattern: str
    most_name: int
    qualifier_pattern: str


NAMESPACED = Form(
    _PREFIX + r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?",
    256,
    r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
)
PLAIN = Form(_PREFIX + r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?", 140, r"(|[a-zA-Z0-9$_-]+)")
URL = Form(
    _PREFIX + r"([a-zA-Z0-9-_]{1,64})(:((?!\d+$)[0-9a-zA-Z-_]+))?", 140, r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
)
UNQUALIFIED = Form(_PREFIX + r"([a-zA-Z0-9-_]+)", 140, PLAIN.qualifier_pattern)

# CreateFunction: "If you specify only the function name, it is limited to 64 characters in length."
MAX_NEW_NAME = 64
_ALIAS_PATTERN = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
_VERSION_PATTERN = r"(\$LATEST(\.PUBLISHED)?|[0-9]+)"
_MAX_QUALIFIER = 128
# What every form takes, with its parts by name.
_NAME = re.compile(
    r"(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d:)?(?:\d{12}:)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9_.-]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[A-Za-z0-9_-]+))?",
    re.ASCII,
)
_VERSION = re.compile(r"\$LATEST|[0-9]+", re.ASCII)
_ALIAS = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9_-]+", re.ASCII)


def function_arn(name: str, qualifier: str | None = None) -> str:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"


def parse_name(text: str, qualifier: str | None = None, *, form: Form = NAMESPACED) -> tuple[str, str | None]:
    """Return name and qualifier from a name, an ARN or a partial ARN, and the qualifier given beside it.

    Raises InvokeRefusedError (400) for what the operation's `form` excludes, and where the two qualifiers differ.
    """
    checks = Checks()
    checks.pattern(text, "functionName", form.name_pattern)
    checks.length(text, "functionName", most=form.most_name)
    # The model allows an empty one, which is none.
    qualifier = qualifier or None
    checks.pattern(qualifier, "qualifier", form.qualifier_pattern)
    checks.length(qualifier, "qualifier", most=_MAX_QUALIFIER)
    checks.settle()
    match = _NAME.fullmatch(text)
    assert match is not None, "a form takes no more than _NAME"
    inner = match["qualifier"]
    if inner is not None and qualifier is not None and inner != qualifier:
        raise refusals.invalid(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return match["name"], inner if qualifier is None else qualifier


def check_new(text: str) -> None:
    """Raise InvokeRefusedError (400) for a bare name that is too long for a new function: of that, and of nothing else
    that the model excludes, Lambda says InvalidParameterValueException (recorded by LocalStack's suite, test_function_arns).
    """
    if len(text) > MAX_NEW_NAME and re.fullmatch(r"[a-zA-Z0-9_-]+", text, re.ASCII):
        raise refusals.invalid(
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: Member must "
            f"have length less than or equal to {MAX_NEW_NAME}"
        )


def is_version(text: str) -> bool:
    """Is it `$LATEST` or a number?"""
    return _VERSION.fullmatch(text) is not None


def is_published(text: str) -> bool:
    return text != VERSION and is_version(text)


def is_alias(text: str) -> bool:
    return len(text) <= _MAX_QUALIFIER and _ALIAS.fullmatch(text) is not None


def check_alias(text: str) -> None:
    """Raise InvokeRefusedError (400) for what an alias cannot be called."""
    checks = Checks()
    checks.pattern(text, "name", _ALIAS_PATTERN)
    checks.length(text, "name", most=_MAX_QUALIFIER)
    checks.settle()


def check_version(text: str) -> None:
    """Raise InvokeRefusedError (400) for what is no version."""
    checks = Checks()
    checks.pattern(text, "functionVersion", _VERSION_PATTERN)
    checks.settle()
