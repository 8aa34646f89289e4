"""Whether the guard is on, and how the interpreter's events reach it: by audit.so, out of reach of Python code, or else in Python."""

from __future__ import annotations

import gc
import sys
from types import FunctionType

from dayfly._sys import audit
from dayfly.runtime.guard import owncode
from dayfly.runtime.guard.owncode import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import CodeType, ModuleType
    from typing import Any

    Judge = Callable[[str, tuple[object, ...]], None]
    Sealed = tuple[object, str, int]

# As native/audit/audit.h has them: when an event is passed on, and how a dictionary is sealed.
HEARD_ACTIVE, HEARD_STARTING, HEARD_IDLE = 1, 2, 4
_WHOLE, _ENTRIES, _FROM_OTHERS = 0, 1, 2
_MANY_SEALED, _MANY_FUNCTIONS = 1024, 4096
# What the judge is made of, what is below it, and what compiles its expressions.
_JUDGES = tuple("_sre. re._ dayfly.runtime.guard. dayfly.core. dayfly.runtime.words.".split())
# Modules that are sealed, each with the number of its dictionary.
_SEALED: dict[str, int] = {}


class Planted(Exception):
    """Somebody else's module has the name of one of the guard's, which this is."""


class Switch:
    """Hook and state in Python: code that runs in the worker can change both."""

    is_native = False

    def __init__(self) -> None:
        self._is_active = False
        self._heard = 0

    def install(self, judge: Judge, *_events_and_more: object) -> None:
        """Add the hook; it stays as long as the interpreter does."""
        sys.addaudithook(judge)

    def seal(self, *_parts: object) -> None:
        """Nothing is sealed here."""

    extend = seal

    def begin(self, *_reports_to: object) -> bool:
        """An event is served from here on; say whether it is not the function that says so, who cannot be told here."""
        self._is_active = True
        return True

    def end(self) -> bool:
        """No event is served from here on; say the same."""
        self._is_active = False
        return True

    def settle(self) -> None:
        """Init is over."""

    def hear(self) -> None:
        self._heard += 1

    def is_active(self) -> bool:
        return self._is_active

    def count_heard(self) -> int:
        """Return how often the hook was told of the event "dayfly.guard"."""
        return self._heard

    def hears(self) -> bool:
        """Say whether the hook is told of events, by causing one that it takes note of."""
        before = self.count_heard()
        sys.audit("dayfly.guard")
        return self.count_heard() > before

    def changed(self) -> str:
        """Return what of the guard was changed, "" where nothing was or nobody knows."""
        return ""

    def has_told(self) -> bool:
        """Say whether the supervisor knows it of this event."""
        return False


class NativeSwitch(Switch):
    """The same by the functions of audit.so."""

    is_native = True

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        # Built-in functions: nothing of these can be changed, and who puts others here is reported.
        vars(self).update(functions)


def make_switch() -> tuple[Switch, str]:
    """Return the native switch, or the other one and why."""
    try:
        return NativeSwitch(audit.functions()), ""
    except OSError as fault:
        return Switch(), str(fault)


def seal(switch: Switch, state: Mapping[str, object], handle: CodeType) -> None:
    """Have every change of the judge reported from here on.

    `state` is what its own code changes, and nobody else, by names below the guard's package; `handle` calls the handler.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    sealed, functions, codes = _parts(_unsealed(), {id(one) for one in state.values()})
    sealed += [(one, GUARD + name, _FROM_OTHERS) for name, one in state.items()]
    switch.seal(tuple(sealed), tuple(functions), tuple(codes), handle, frame.f_code)


def extend(switch: Switch) -> None:
    """Seal what of the judge was loaded since, too; raises Planted where that is not what the import system read for it."""
    modules = _unsealed()
    if not modules:
        # By another thread that asked at the same time: how often this is done is bounded.
        return
    for name, module in modules.items():
        if not owncode.is_globals(vars(module)):
            raise Planted(name)
    sealed, functions, codes = _parts(modules, set())
    switch.extend(tuple(sealed), tuple(functions), tuple(codes))


def _unsealed() -> dict[str, ModuleType]:
    """Return the judge's modules that are not sealed yet, by their names."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if (name + ".").startswith(_JUDGES) and _SEALED.get(name) != owncode.number_of(vars(module))
    }


def _parts(
    modules: Mapping[str, ModuleType], known: set[int]
) -> tuple[list[Sealed], list[FunctionType], list[CodeType]]:
    """Return what of modules is sealed: dictionaries but for those in `known`, functions, and code."""
    sealed: list[Sealed] = []
    functions: list[FunctionType] = []
    for name, dictionary, is_package in _dictionaries(modules):
        sealed.append((dictionary, name, _ENTRIES if is_package else _WHOLE))
        # Its own code may keep something there.
        for key, value in list(dictionary.items()):
            if type(value) is dict and not key.startswith("__") and id(value) not in known:
                known.add(id(value))
                sealed.append((value, f"{name}.{key}", _FROM_OTHERS))
        functions += [one for one in map(_function, dictionary.values()) if one is not None]
    # Those that call what the function's code asked for act for it, on whatever it names.
    outer = [one.__code__ for one in functions if one.__module__ != GUARD + "calls"]
    codes = [code for one in outer for code in owncode.within(one)]
    if len(sealed) > _MANY_SEALED or len(codes) > _MANY_FUNCTIONS:
        raise ValueError("the guard is too large to be sealed")
    return sealed, functions, codes


def _function(value: object) -> FunctionType | None:
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    return value if type(value) is FunctionType else None


def _dictionaries(modules: Mapping[str, ModuleType]) -> Iterator[tuple[str, dict[str, object], bool]]:
    """Yield modules and their classes: name, dictionary, and whether modules that are imported later are added to it."""
    for name, module in modules.items():
        _SEALED[name] = owncode.number_of(vars(module))
        # Where a function warns its caller, and that is a wrapper of these, the interpreter would add it.
        vars(module).setdefault("__warningregistry__", {})
        yield name, vars(module), hasattr(module, "__path__")
        for key, value in list(vars(module).items()):
            if isinstance(value, type) and value.__module__ == name:
                for one in gc.get_referents(value.__dict__):
                    if type(one) is dict:
                        yield f"{name}.{key}", one, False
