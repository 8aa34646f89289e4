"""Has a library's function preceded by a question, where the interpreter raises no event for what it does."""

from __future__ import annotations

import functools
import gc
import sys
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

    # A module, the class in it, "" for none, functions of that, and what looks at their arguments, of which a guard is the first.
    Look = tuple[str, str, tuple[str, ...], Callable[..., None]]


def _dayfly_called() -> Any:
    """What `_call` calls, by a name that no function gives a variable of its own; see `_call_with_variables`."""


def _call() -> Any:
    return _dayfly_called()


def _call_with_variables(called: Callable[[], Any], caller: FrameType) -> Any:
    variables = {**caller.f_globals, **caller.f_locals, "_dayfly_called": called}
    return FunctionType(_call.__code__, variables)()


def precede(
    owner: Any, name: str, guard: Guard, look: Callable[..., None], *, reads_variables: bool = False
) -> None:
    """Have `look` called with the arguments of a function of `owner`'s before it is, while an event is served.

    With `reads_variables` the function uses its caller's variables, as DuckDB takes a frame of pandas for a table of its name.
    Nothing is changed where `owner` itself has no such function: a version of the library that nobody tried.
    """
    plain = vars(owner).get(name)
    if plain is None:
        return

    @functools.wraps(plain)
    def guarded(*arguments: Any, **options: Any) -> Any:
        if guard.is_active:
            look(*arguments, **options)
        if not reads_variables:
            return plain(*arguments, **options)
        return _call_with_variables(functools.partial(plain, *arguments, **options), sys._getframe(1))

    try:
        setattr(owner, name, guarded)
    except TypeError:
        # A type in C, whose dictionary is behind a proxy; nothing has looked the method up yet.
        gc.get_referents(vars(owner))[0][name] = guarded
        sys._clear_type_cache()


def wrappers(looks: Sequence[Look]) -> dict[str, Callable[[ModuleType, Guard], None]]:
    """Return by a module's name what has its functions looked at; a class that is not there is noted."""
    return {name: functools.partial(_wrap, [one for one in looks if one[0] == name]) for name, *_ in looks}


def _wrap(looks: Sequence[Look], module: ModuleType, guard: Guard) -> None:
    for name, owner, functions, look in looks:
        found = getattr(module, owner, None) if owner else module
        if found is None:
            guard.note(f"{name}.{owner} is not watched")
        for function in functions if found is not None else ():
            precede(found, function, guard, functools.partial(look, guard))
