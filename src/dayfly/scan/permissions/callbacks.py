"""Functions and operations that a call hands on, to a pool, a thread or an event loop, and what they are called with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.values import Callable_, Operation, Sequence

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

# Callers whose other arguments are those of the function.
_PASSING_ON = ("submit", "to_thread", "run_in_executor", "partial", "apply_async")


def find_callbacks(arguments: Arguments, call: ast.Call) -> Iterator[tuple[Callable_ | Operation, Arguments]]:
    """What `call` is given to be called later, with the arguments it then gets, open where they are not known."""
    caller = getattr(call.func, "attr", getattr(call.func, "id", ""))
    for position, values in enumerate(arguments.positional):
        for value in values:
            if isinstance(value, Callable_):
                rest = Arguments(arguments.positional[position + 1 :], arguments.named)
                yield value, rest if caller in _PASSING_ON else Arguments(is_open=True)
            elif isinstance(value, Operation) and value.role not in ("paginate", "wait"):
                yield value, arguments
    for name, values in arguments.named.items():
        for value in values:
            if isinstance(value, Callable_):
                yield value, _of_thread(name, arguments)


def _of_thread(name: str, arguments: Arguments) -> Arguments:
    """Of `Thread(target=work, args=(one, two))`."""
    if name == "target":
        for one in arguments.named.get("args", frozenset()):
            if isinstance(one, Sequence) and not one.rest:
                return Arguments(one.items)
    return Arguments(is_open=True)
