"""The query string of a page: every filter is in it, so that whatever is on the screen can be sent to a colleague."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

# Longer values are no filter of ours.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Query:
    """The page's path and its filters; `link` is the same page with some of them changed."""

    path: str
    values: dict[str, str]

    @classmethod
    def of(cls, path: str, values: Mapping[str, str]) -> Query:
        """Keep what has a value and may be one."""
        return cls(path, {key: value for key, value in values.items() if value and len(value) <= _LONGEST})

    def get(self, key: str, default: str = "") -> str:
        """The value of one filter."""
        return self.values.get(key, default)

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """The value of a filter that has these choices; the first of them where it has another."""
        value = self.get(key)
        return value if value in choices else choices[0]

    def number(self, key: str, default: int, *, low: int, high: int) -> int:
        """The value of a filter that is a number, within bounds."""
        value = self.get(key)
        return min(max(int(value), low), high) if value.isascii() and value.isdigit() else default

    def link(self, **changes: str) -> str:
        """This page with other filters; an empty value takes one away."""
        values = {**self.values, **changes}
        return address(self.path, **{key: value for key, value in values.items() if value})

    def without(self, *keys: str) -> dict[str, str]:
        """The filters but for these: what a form must carry along."""
        return {key: value for key, value in self.values.items() if key not in keys}


def address(path: str, **values: str) -> str:
    """A path of this console with a query string."""
    encoded = urlencode(values)
    return f"{quote(path)}?{encoded}" if encoded else quote(path)


def function_path(name: object) -> str:
    """The page of a function, whatever its name is made of."""
    return f"/functions/{quote(str(name), safe='')}"


def finding_path(uid: object) -> str:
    """The page of a detection or finding."""
    return f"/findings/{quote(str(uid), safe=':')}"
