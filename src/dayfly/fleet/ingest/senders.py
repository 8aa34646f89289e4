"""Who sends: the name that goes with an access key, and the functions it is good for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Sender:
    """The bearer of a key. `functions` are names or patterns, as `shop-*`; none for any."""

    name: str
    functions: tuple[str, ...] = ()


# Whose key this is, None for nobody's; called in the event loop, once a request, and must compare in constant time.
FindSender = Callable[[str], Sender | None]


def is_allowed(function: str, functions: Sequence[str]) -> bool:
    """Whether a key that is good for `functions` may speak of this one."""
    return not functions or any(fnmatchcase(function, pattern) for pattern in functions)
