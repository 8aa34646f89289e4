"""Has a library's function preceded by a question, where the interpreter raises no event for what it does."""

from __future__ import annotations

import functools
import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

# A name that no function gives a variable.
_CALLED = "_dayfly_called"
_CALL = compile(f"{_CALLED}()", "<dayfly>", "eval")


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
        caller = sys._getframe(1)
        called = functools.partial(plain, *arguments, **options)
        return eval(_CALL, caller.f_globals, {**caller.f_locals, _CALLED: called})

    try:
        setattr(owner, name, guarded)
    except TypeError:
        # A type in C, whose dictionary is behind a proxy; nothing has looked the method up yet.
        gc.get_referents(vars(owner))[0][name] = guarded
        sys._clear_type_cache()
