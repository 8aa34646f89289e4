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


def precede(owner: Any, name: str, guard: Guard, look: Callable[..., None]) -> None:
    """Have `look` called with the arguments of a function of `owner`'s before it is, while an event is served.

    Nothing is changed where `owner` itself has no such function: a version of the library that nobody tried.
    """
    plain = vars(owner).get(name)
    if plain is None:
        return

    @functools.wraps(plain)
    def guarded(*arguments: Any, **options: Any) -> Any:
        if guard.is_active:
            look(*arguments, **options)
        return plain(*arguments, **options)

    try:
        setattr(owner, name, guarded)
    except TypeError:
        # A type in C, whose dictionary is behind a proxy; nothing has looked the method up yet.
        gc.get_referents(vars(owner))[0][name] = guarded
        sys._clear_type_cache()
