"""Has calls looked at that the function's own code makes and for which the interpreter raises no event.

From Python 3.12 on by its monitoring; `getattr` and its like, which may name what Python keeps to itself, by functions in their place.
"""

from __future__ import annotations

import builtins
import functools
import sys
from importlib import import_module
from operator import attrgetter, methodcaller
from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType, ModuleType

from dayfly.runtime.guard import owncode, sinks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

_TOOL = "dayfly"
_EXPRESSIONS = frozenset(("ETXPath", "XPath"))
# Functions that resolve dotted names.
_RESOLVERS = frozenset((("pkgutil", "resolve_name"), ("pydoc", "locate")))
_MONITORED = _EXPRESSIONS.union(
    ("attrgetter", "format", "format_map", "import_module", "methodcaller"), (name for _, name in _RESOLVERS)
)
# Whose names no code of the function's computes.
_NAMED = (FunctionType, BuiltinFunctionType, MethodDescriptorType, type)
_BY_NAME = frozenset(("getattr", "setattr"))


def watch(guard: Guard, codes: Sequence[CodeType]) -> None:
    """Look at the calls of these modules' code."""
    for code in codes:
        names = {name for one in owncode.within(code) for name in one.co_names}
        if not _BY_NAME.isdisjoint(names):
            for module in list(sys.modules.values()):
                if type(module) is ModuleType and vars(module).get("__file__") == code.co_filename:
                    _stand_in(guard, module, names)
    _monitor(guard, codes)


def _stand_in(guard: Guard, module: ModuleType, names: set[str]) -> None:
    for name in _BY_NAME & names:
        plain = getattr(builtins, name)

        @functools.wraps(plain)
        def named(*arguments: Any, _plain: Any = plain) -> Any:
            if guard.is_active and len(arguments) > 1:
                guard.ask(sinks.about_attribute, *arguments[:2], _plain is getattr)
            return _plain(*arguments)

        vars(module).setdefault(name, named)


def _monitor(guard: Guard, codes: Sequence[CodeType]) -> None:
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        # Python 3.11.
        return
    # Of six; the first are a debugger's, coverage's and a profiler's.
    tool = next((one for one in (4, 3) if monitoring.get_tool(one) in (None, _TOOL)), None)
    if tool is None:
        guard.note("str.format is not looked at: other tools have the interpreter's monitoring")
        return

    def look(code: CodeType, _offset: int, called: object, first: object) -> object:
        if called is str.format or called is str.format_map:
            _about_format(guard, first)
        elif type(called) is BuiltinFunctionType and called.__name__ in ("format", "format_map"):
            _about_format(guard, called.__self__)
        elif called is import_module:
            # Of what is loaded already the interpreter tells nobody.
            if guard.is_active and type(first) is str:
                guard.ask(sinks.about_import, first)
        elif type(called) is FunctionType and (called.__module__, called.__name__) in _RESOLVERS:
            if guard.is_active:
                guard.ask(sinks.about_dotted, first)
        elif called is attrgetter or called is methodcaller:
            if guard.is_active:
                guard.ask(sinks.about_attribute, None, first, True)
        elif type(called) is type and called.__module__ == "lxml.etree" and called.__name__ in _EXPRESSIONS:
            if guard.is_active:
                guard.ask("documents.about_query", first, "xpath")
        elif type(called) in _NAMED:
            name = called.__name__  # type: ignore[attr-defined]
            if name in code.co_names and name not in _MONITORED:
                # What is called here is never asked about again: it is called by its name.
                return monitoring.DISABLE
        return None

    if monitoring.get_tool(tool) is None:
        monitoring.use_tool_id(tool, _TOOL)
    monitoring.register_callback(tool, monitoring.events.CALL, look)
    style = getattr(sys.modules.get("logging"), "StrFormatStyle", None)
    for code in [*codes, *([style._format.__code__] if style is not None else [])]:
        for one in owncode.within(code):
            if not _MONITORED.isdisjoint(one.co_names):
                monitoring.set_local_events(tool, one, monitoring.events.CALL)


def _about_format(guard: Guard, text: object) -> None:
    if guard.is_active and type(text) is str and "._" in text:
        guard.ask(sinks.about_format, text)
