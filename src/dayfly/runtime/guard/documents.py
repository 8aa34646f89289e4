"""Has templates looked at before an engine compiles them, XML before it is parsed, and members of archives before they are written.

mako, Django, Tornado, chameleon (jinja2's are met at `compile`), string.Formatter, lxml, tarfile. From Python 3.12 on `str.format`
where the function's own code calls it. Not: XPath, which is in C.
"""

from __future__ import annotations

import os
import sys
from types import BuiltinFunctionType, CodeType

from dayfly.runtime.guard import sinks
from dayfly.runtime.guard.wrapping import precede

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

    Marks = Sequence[tuple[str, str]]

# Of one event.
_MANY_PATHS = 1000
_MAKO = (("${", "}"), ("<%", "%>"), ("\n%", "\n"))
_BRACES = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))
_CHAMELEON = (("${", "}"), ("tal:", ">"), ("metal:", ">"), ("<?python", "?>"))


def _about_template(guard: Guard, text: object, file: object, marks: Marks) -> None:
    """A template from memory, or from a file that is not the deployment's."""
    if type(text) is str and not (
        type(file) is str and os.path.isabs(file) and guard.places.is_deployed(file)
    ):
        guard.ask(sinks.about_template, text, marks)


def _wrap_mako(module: ModuleType, guard: Guard) -> None:
    def look(lexer: Any) -> None:
        _about_template(guard, lexer.text, lexer.filename, _MAKO)

    precede(module.Lexer, "parse", guard, look)


def _wrap_django(module: ModuleType, guard: Guard) -> None:
    def look(
        _template: object, text: object, origin: object = None, *_rest: object, **_options: object
    ) -> None:
        _about_template(guard, text, getattr(origin, "name", None), _BRACES)

    precede(module.Template, "__init__", guard, look)


def _wrap_tornado(module: ModuleType, guard: Guard) -> None:
    def look(
        _template: object,
        text: object,
        _name: object = "",
        loader: object = None,
        *_rest: object,
        **_options: object,
    ) -> None:
        if loader is None:
            _about_template(guard, text, None, _BRACES)

    precede(module.Template, "__init__", guard, look)


def _wrap_chameleon(module: ModuleType, guard: Guard) -> None:
    def look(template: Any, body: object) -> None:
        _about_template(guard, body, getattr(template, "filename", None), _CHAMELEON)

    precede(module.BaseTemplate, "cook", guard, look)


def _wrap_formatter(module: ModuleType, guard: Guard) -> None:
    def look(_formatter: object, name: object, *_rest: object) -> None:
        if type(name) is str and ("." in name or "[" in name):
            guard.ask(sinks.about_template, "{" + name + "}", (("{", "}"),))

    precede(module.Formatter, "get_field", guard, look)


def _wrap_lxml(module: ModuleType, guard: Guard) -> None:
    def look(text: object = "", *_rest: object, **_options: object) -> None:
        guard.ask(sinks.about_markup, text)

    for name in ("fromstring", "XML", "fromstringlist", "parse", "iterparse"):
        precede(module, name, guard, look)


def _wrap_pandas(module: ModuleType, guard: Guard) -> None:
    # Not `eval`: it counts the frames above it to find the function's variables.
    def look(_expression: object, text: object, *_rest: object, **_options: object) -> None:
        guard.ask(sinks.about_frame, text)

    precede(module.Expr, "__init__", guard, look)


def _wrap_posixpath(module: ModuleType, guard: Guard) -> None:
    join, normpath = module.join, module.normpath

    def keep(result: str, given: str, base: str = "") -> None:
        paths = guard.computed_paths
        paths[result] = given, base
        if len(paths) > _MANY_PATHS:
            del paths[next(iter(paths))]

    def look_at_parts(*parts: object) -> None:
        at = len(parts) - 1
        while at > 0 and not (type(part := parts[at]) is str and part[:1] == "/"):
            at -= 1
        if at > 0 and all(type(one) is str for one in parts):
            # What stands before it is left out.
            base, result = join(*parts[:at]), join(*parts[at:])
            if base.rstrip("/") != os.getcwd():
                keep(result, result, base)

    def look_at_path(path: object) -> None:
        if type(path) is str and ".." in path:
            keep(normpath(path), path)

    precede(module, "join", guard, look_at_parts)
    precede(module, "normpath", guard, look_at_path)


def _wrap_subprocess(module: ModuleType, guard: Guard) -> None:
    def look(child: Any, data: object = None, *_rest: object, **options: object) -> None:
        guard.ask(sinks.about_input, child.args, options.get("input", data))

    precede(module.Popen, "communicate", guard, look)


def _wrap_tarfile(module: ModuleType, guard: Guard) -> None:
    def look(_archive: object, member: Any, *_rest: object, **_options: object) -> None:
        leads = [member.name]
        if member.issym():
            leads.append(os.path.join(os.path.dirname(member.name), member.linkname))
        elif member.islnk():
            leads.append(member.linkname)
        if any(os.path.isabs(one) or os.path.normpath(one).startswith("..") for one in leads):
            guard.ask(sinks.about_member)

    precede(module.TarFile, "_extract_member", guard, look)


_TOOL = "dayfly"


def watch_formats(guard: Guard, codes: Iterable[CodeType]) -> None:
    """Have `str.format` looked at where code calls it that has its name, or logging: the interpreter raises no event for it."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        # Python 3.11.
        return
    # Of six; the first are a debugger's, coverage's and a profiler's.
    tool = next((one for one in (4, 3) if monitoring.get_tool(one) in (None, _TOOL)), None)
    if tool is None:
        guard.note("str.format is not looked at: other tools have the interpreter's monitoring")
        return

    def look(_code: CodeType, _offset: int, called: object, first: object) -> object:
        if called is str.format or called is str.format_map:
            text = first
        elif type(called) is BuiltinFunctionType and called.__name__ in ("format", "format_map"):
            text = called.__self__
        else:
            # What is called here is never asked about again.
            return monitoring.DISABLE
        if guard.is_active and type(text) is str and "._" in text:
            guard.ask(sinks.about_format, text)
        return None

    if monitoring.get_tool(tool) is None:
        monitoring.use_tool_id(tool, _TOOL)
    monitoring.register_callback(tool, monitoring.events.CALL, look)
    style = getattr(sys.modules.get("logging"), "StrFormatStyle", None)
    todo = [*codes, *([style._format.__code__] if style is not None else [])]
    for code in todo:
        todo += [one for one in code.co_consts if type(one) is CodeType]
        if "format" in code.co_names or "format_map" in code.co_names:
            monitoring.set_local_events(tool, code, monitoring.events.CALL)


WRAPPED: dict[str, Callable[[ModuleType, Guard], None]] = {
    "chameleon.template": _wrap_chameleon,
    "django.template.base": _wrap_django,
    "lxml.etree": _wrap_lxml,
    "mako.lexer": _wrap_mako,
    "pandas.core.computation.expr": _wrap_pandas,
    "posixpath": _wrap_posixpath,
    "string": _wrap_formatter,
    "subprocess": _wrap_subprocess,
    "tarfile": _wrap_tarfile,
    "tornado.template": _wrap_tornado,
}
