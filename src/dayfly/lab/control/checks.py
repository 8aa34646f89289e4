"""Collects what a request has that the API's model excludes, and refuses it all at once, as Lambda does."""

from __future__ import annotations

import re
from collections.abc import Collection

from dayfly.lab.control import refusals
from dayfly.lab.model import InvokeRefusedError


class Checks:
    """Each method notes a violation or nothing; `settle` raises for what was noted. None is never a violation."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def note(self, value: object, at: str, constraint: str) -> None:
        self._found.append(refusals.describe_violation(value, at, constraint))

    def hidden(self, at: str, constraint: str) -> None:
        """Note a violation by a value that nobody is to read in a message."""
        self._found.append(f"Value at '{at}' failed to satisfy constraint: {constraint}")

    def present(self, value: object, at: str) -> None:
        if value is None:
            self.note(None, at, "Member must not be null")

    def pattern(self, value: str | None, at: str, pattern: str) -> None:
        if value is not None and re.fullmatch(pattern, value, re.ASCII) is None:
            self.note(value, at, f"Member must satisfy regular expression pattern: {pattern}")

    def one_of(self, value: str | None, at: str, values: Collection[str]) -> None:
        if value is not None and value not in values:
            self.note(value, at, f"Member must satisfy enum value set: [{', '.join(values)}]")

    def length(self, value: Collection[object] | None, at: str, *, least: int = 0, most: int) -> None:
        if value is None:
            return
        shown = value if isinstance(value, str) else f"[{', '.join(str(item) for item in value)}]"
        if len(value) < least:
            self.note(shown, at, f"Member must have length greater than or equal to {least}")
        if len(value) > most:
            self.note(shown, at, f"Member must have length less than or equal to {most}")

    def within(self, value: int | None, at: str, least: int, most: int) -> None:
        if value is None:
            return
        if value < least:
            self.note(value, at, f"Member must have value greater than or equal to {least}")
        if value > most:
            self.note(value, at, f"Member must have value less than or equal to {most}")

    def settle(self, *, kind: str = "ValidationException") -> None:
        """Raise InvokeRefusedError (400) with every violation, as an error of this `kind`."""
        if self._found:
            count = len(self._found)
            message = f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(self._found)}"
            raise InvokeRefusedError(400, kind, message)
