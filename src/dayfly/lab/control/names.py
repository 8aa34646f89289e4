"""Names and ARNs of functions, versions and aliases as requests carry them."""

from __future__ import annotations

import re

from dayfly.lab.control import refusals
from dayfly.lab.model import ACCOUNT, REGION, VERSION

# As botocore's model has them.
_FUNCTION_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
_ALIAS_PATTERN = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
_VERSION_PATTERN = r"(\$LATEST|[0-9]+)"
_MAX_QUALIFIER = 128
_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:)?(?:\d{12}:)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)
_VERSION = re.compile(r"\$LATEST|[0-9]+", re.ASCII)
_ALIAS = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9_-]+", re.ASCII)


def function_arn(name: str, qualifier: str | None = None) -> str:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"


def parse_name(text: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """Return name and qualifier from a name, an ARN or a partial ARN, and the qualifier given beside it.

    Raises InvokeRefusedError (400) for what is no name, and where the two qualifiers differ.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise refusals.pattern_violation(text, "functionName", _FUNCTION_PATTERN)
    inner = match["qualifier"]
    # The model allows an empty one, which is none.
    qualifier = qualifier or None
    if qualifier is not None and not is_qualifier(qualifier):
        raise refusals.pattern_violation(qualifier, "qualifier", _QUALIFIER_PATTERN)
    if inner is not None and qualifier is not None and inner != qualifier:
        raise refusals.invalid(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return match["name"], inner if qualifier is None else qualifier


def is_qualifier(text: str) -> bool:
    return is_version(text) or is_alias(text)


def is_version(text: str) -> bool:
    """Is it `$LATEST` or a number?"""
    return _VERSION.fullmatch(text) is not None


def is_published(text: str) -> bool:
    return text != VERSION and is_version(text)


def is_alias(text: str) -> bool:
    return len(text) <= _MAX_QUALIFIER and _ALIAS.fullmatch(text) is not None


def check_alias(text: str) -> None:
    """Raise InvokeRefusedError (400) for what an alias cannot be called."""
    if not is_alias(text):
        raise refusals.pattern_violation(text, "name", _ALIAS_PATTERN)


def check_version(text: str) -> None:
    """Raise InvokeRefusedError (400) for what is no version."""
    if not is_version(text):
        raise refusals.pattern_violation(text, "functionVersion", _VERSION_PATTERN)
