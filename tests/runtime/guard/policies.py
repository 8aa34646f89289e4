"""A guard with a policy, for tests: nothing of it is installed in the interpreter that runs them."""

from __future__ import annotations

import functools
import os
import types
from pathlib import Path

from tests.runtime.guard.guards import serving

from dayfly.core.policy import Policy
from dayfly.runtime.guard import hooks
from dayfly.runtime.guard.capabilities import Capabilities
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.origins import Origins, early_codes

TASK = "/var/task"
# What every module here can do: call on, and ask who stands on the stack.
SOURCE = """
import sys
def call(act, *arguments):
    return act(*arguments)
def ask(origins):
    return origins.packages(sys._getframe())
def tell(hook, event, *arguments):
    return hook(event, arguments)
"""


@functools.cache
def _early() -> tuple[types.CodeType, ...]:
    """The interpreter's and Dayfly's code: what the tests bring beside is too much to be looked at each time."""
    folders = (os.path.dirname(os.__file__), "<frozen ", str(Path(hooks.__file__).parents[2]))
    return tuple(code for code in early_codes() if code.co_filename.startswith(folders))


def watching(
    policy: Policy,
    *,
    mode: str = "block",
    event: object = None,
    own: tuple[str, ...] = (),
    learns: bool = False,
    path: str = "",
    task: str = TASK,
) -> Guard:
    """A guard in whose function `lib` and `other` are installed, with an event in its handler."""
    guard = serving(event or {}, mode=mode, own=own, task=task)
    policy.bind(task, ("/tmp",))
    origins = Origins(guard.places, frozenset({"lib", "other"}), early=_early())
    guard.capabilities = Capabilities(guard, origins, policy, learns=learns, path=path)
    return guard


def origins_of(guard: Guard) -> Origins:
    assert guard.capabilities is not None
    return guard.capabilities.origins


def loaded(guard: Guard, path: str, source: str = SOURCE) -> types.ModuleType:
    """A module that the import system has loaded from `path`."""
    code = compile(source, path, "exec")
    origins_of(guard).loads(code, path)
    module = types.ModuleType(Path(path).stem)
    exec(code, vars(module))
    return module
