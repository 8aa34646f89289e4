"""Has templates looked at before an engine compiles them, XML before it is parsed, and members of archives before they are written.

mako, Django, Tornado, chameleon (jinja2's are met at `compile`), string.Formatter, lxml, tarfile; XPath, JMESPath, LDAP's filters.
"""

from __future__ import annotations

import os

from dayfly.runtime.guard import sinks
from dayfly.runtime.guard.wrapping import precede

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    from dayfly.core.structure.query import Language
    from dayfly.runtime.guard.guarding import Guard

    Marks = Sequence[tuple[str, str]]

# Of one event.
_MANY_PATHS = 1000
_MAKO = (("${", "}"), ("<%", "%>"), ("\n%", "\n"))
_BRACES = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))
_STPL = (("{{", "}}"), ("<%", "%>"), ("\n%", "\n"))
_CHAMELEON = (("${", "}"), ("tal:", ">"), ("metal:", ">"), ("<?python", "?>"))


def _about_template(guard: Guard, text: object, file: object, marks: Marks) -> None:
    """A template from memory, or from a file that is not the deployment's."""
    if type(text) is bytes:
        text = text.decode("utf-8", "replace")
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


def _wrap_bottle(module: ModuleType, guard: Guard) -> None:
    def look(template: Any, *_rest: object, **_options: object) -> None:
        _about_template(guard, template.source, template.filename, _STPL)

    precede(module.SimpleTemplate, "prepare", guard, look)


def _wrap_chameleon(module: ModuleType, guard: Guard) -> None:
    def look(template: Any, body: object) -> None:
        _about_template(guard, body, getattr(template, "filename", None), _CHAMELEON)

    precede(module.BaseTemplate, "cook", guard, look)


def _wrap_formatter(module: ModuleType, guard: Guard) -> None:
    def look(_formatter: object, name: object, *_rest: object) -> None:
        if type(name) is str and "._" in name:
            guard.ask(sinks.about_format, "{" + name + "}")

    precede(module.Formatter, "get_field", guard, look)


def _wrap_lxml(module: ModuleType, guard: Guard) -> None:
    def look(text: object = "", *_rest: object, **_options: object) -> None:
        guard.ask(sinks.about_markup, text)

    for name in ("fromstring", "XML", "fromstringlist", "parse", "iterparse"):
        precede(module, name, guard, look)
    _wrap_markup(module, guard)
    for owner in ("_Element", "_ElementTree"):
        if (found := getattr(module, owner, None)) is not None:
            _wrap_expression(found, "xpath", guard, "xpath")


def _wrap_markup(module: ModuleType, guard: Guard) -> None:
    for name in ("fromstring", "XML", "parseString"):
        precede(module, name, guard, lambda text, *_rest, **_options: guard.ask(sinks.about_elements, text))


def _wrap_pandas(module: ModuleType, guard: Guard) -> None:
    # Not `eval`: it counts the frames above it to find the function's variables.
    def look(_expression: object, text: object, *_rest: object, **_options: object) -> None:
        guard.ask(sinks.about_frame, text)

    precede(module.Expr, "__init__", guard, look)


def _keep(guard: Guard, result: str, given: str, base: str = "") -> None:
    paths = guard.computed_paths
    paths[result] = given, base
    if len(paths) > _MANY_PATHS:
        del paths[next(iter(paths))]


def _wrap_urllib(module: ModuleType, guard: Guard) -> None:
    join = module.urljoin

    def look(base: object, url: object, *rest: object) -> None:
        if type(base) is str and type(url) is str:
            _keep(guard, join(base, url, *rest), url, base)

    precede(module, "urljoin", guard, look)


def _wrap_mail(module: ModuleType, guard: Guard) -> None:
    def look(
        _client: object, _from: object, _to: object, message: object, *_rest: object, **_options: object
    ) -> None:
        guard.ask(sinks.about_mail, message)

    precede(module.SMTP, "sendmail", guard, look)


def _wrap_posixpath(module: ModuleType, guard: Guard) -> None:
    join, normpath = module.join, module.normpath

    def look_at_parts(*given: Any) -> None:
        parts = [os.fspath(one) if isinstance(one, os.PathLike) else one for one in given]
        at = len(parts) - 1
        if (
            at > 0
            and all(type(one) is str for one in parts)
            and (found := guard.computed_paths.get(parts[at]))
        ):
            # It goes on with what was computed before.
            _keep(guard, join(*parts), join(*parts[:at], found[0]))
        while at > 0 and not (type(part := parts[at]) is str and part[:1] == "/"):
            at -= 1
        if at > 0 and all(type(one) is str for one in parts):
            # What stands before it is left out.
            base, result = join(*parts[:at]), join(*parts[at:])
            if base.rstrip("/") != os.getcwd():
                _keep(guard, result, result, base)

    def look_at_path(path: object) -> None:
        if type(path) is str and ".." in path:
            _keep(guard, normpath(path), path)

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


def _wrap_expression(owner: Any, method: str, guard: Guard, language: Language) -> None:
    def look(_owner: object, text: object, *_rest: object, **_options: object) -> None:
        guard.ask(sinks.about_query, text, language)

    precede(owner, method, guard, look)


def _wrap_paths(module: ModuleType, guard: Guard) -> None:
    # What all four ways of finding elements come to.
    _wrap_expression(module, "iterfind", guard, "xpath")


def _wrap_jmespath(module: ModuleType, guard: Guard) -> None:
    _wrap_expression(module.Parser, "parse", guard, "jmespath")


def _wrap_ldap(module: ModuleType, guard: Guard) -> None:
    def look(
        _connection: object, _base: object = "", text: object = "", *_rest: object, **options: object
    ) -> None:
        guard.ask(sinks.about_query, options.get("search_filter", text), "ldap")

    precede(module.Connection, "search", guard, look)


WRAPPED: dict[str, Callable[[ModuleType, Guard], None]] = {
    "bottle": _wrap_bottle,
    "chameleon.template": _wrap_chameleon,
    "django.template.base": _wrap_django,
    "jmespath.parser": _wrap_jmespath,
    "ldap3.core.connection": _wrap_ldap,
    "lxml._elementpath": _wrap_paths,
    "lxml.etree": _wrap_lxml,
    "mako.lexer": _wrap_mako,
    "pandas.core.computation.expr": _wrap_pandas,
    "posixpath": _wrap_posixpath,
    "smtplib": _wrap_mail,
    "string": _wrap_formatter,
    "subprocess": _wrap_subprocess,
    "tarfile": _wrap_tarfile,
    "tornado.template": _wrap_tornado,
    "urllib.parse": _wrap_urllib,
    "xml.dom.minidom": _wrap_markup,
    "xml.etree.ElementPath": _wrap_paths,
    "xml.etree.ElementTree": _wrap_markup,
}
