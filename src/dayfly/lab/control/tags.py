"""Tags of functions and of what belongs to them. https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from dayfly.lab.control import refusals
from dayfly.lab.control.registry import FunctionState, Registry
from dayfly.lab.control.shapes import TagRequest, parse

MAX_TAGS = 50
_MAX_KEY = 128
_MAX_VALUE = 256
_ARN = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:(?P<name>[a-zA-Z0-9_-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?",
    re.ASCII,
)
_OTHER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:(code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-f-]{36})",
    re.ASCII,
)
# As botocore's model has it.
_ARN_PATTERN = (
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+"
    r"(:(\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}"
    r"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|(capacity-provider|network-connector):[a-zA-Z0-9-_]{1,64})"
)
_TEXT_PATTERN = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"


class Tags:
    """Reads and changes the tags of functions, code signing configurations and event source mappings."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def list_tags(self, arn: str) -> dict[str, object]:
        return {"Tags": dict(self._tags(arn))}

    def tag(self, arn: str, body: bytes) -> None:
        before = self._tags(arn)
        tags = parse(body, TagRequest).tags
        if not tags:
            raise refusals.invalid("An error occurred and the request cannot be processed.")
        self._set(arn, joined(before, tags))

    def untag(self, arn: str, keys: Sequence[str]) -> None:
        """UntagResource; a key that is not there is no error."""
        before = self._tags(arn)
        if not keys:
            raise refusals.violation(None, "tagKeys", "Member must not be null")
        self._set(arn, {key: value for key, value in before.items() if key not in keys})

    def _tags(self, arn: str) -> Mapping[str, str]:
        if _OTHER.fullmatch(arn) is None:
            return self._state(arn).tags
        if arn not in self._registry.other_tags:
            raise refusals.missing(
                f"Event source mapping not found: {arn}"
                if ":event-source-mapping:" in arn
                else "The resource you requested does not exist."
            )
        return self._registry.other_tags[arn]

    def _set(self, arn: str, tags: dict[str, str]) -> None:
        if arn in self._registry.other_tags:
            self._registry.other_tags[arn] = tags
        else:
            state = self._state(arn)
            state.tags = tags
            state.latest = state.latest.renewed()

    def _state(self, arn: str) -> FunctionState:
        match = _ARN.fullmatch(arn)
        if match is None:
            raise refusals.pattern_violation(arn, "resource", _ARN_PATTERN)
        if match["qualifier"] is not None:
            raise refusals.invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        return self._registry.state(match["name"])


def joined(tags: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Both together; raises InvokeRefusedError (400) for tags that a function cannot have."""
    for key, value in added.items():
        _check(key, "key", _MAX_KEY)
        _check(value, "value", _MAX_VALUE)
        if not key or key.lower().startswith("aws:"):
            raise refusals.invalid("Tag keys must not be empty or start with the reserved prefix aws:")
    together = {**tags, **added}
    if len(together) > MAX_TAGS:
        raise refusals.invalid("Number of tags exceeds resource tag limit.")
    return together


def _check(text: str, at: str, limit: int) -> None:
    if len(text) > limit:
        raise refusals.violation(text, f"tags.{at}", f"Member must have length less than or equal to {limit}")
    if not all(letter in "_.:/=+-@" or unicodedata.category(letter)[0] in "LZN" for letter in text):
        raise refusals.pattern_violation(text, f"tags.{at}", _TEXT_PATTERN)
