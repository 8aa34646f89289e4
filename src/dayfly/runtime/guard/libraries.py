"""Has libraries followed that make or read documents: templates before they are compiled, XML and queries before they are read.

mako, Django, Tornado, chameleon (jinja2's are met at `compile`), string.Formatter, lxml; XPath, JMESPath, LDAP's filters, pandas;
members of tarfile's archives, names before PyYAML's unsafe loaders and jsonpickle call them, and arguments of what makes paths
and URLs.
"""

from __future__ import annotations

import functools
import io
import os
import re
import sys

from dayfly.runtime.guard import sinks
from dayfly.runtime.guard.places import text_of
from dayfly.runtime.guard.wrapping import precede, wrappers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard
    from dayfly.runtime.guard.wrapping import Look

    Marks = Sequence[tuple[str, str]]

# What may be a reference of another setting.
_REFERENCE = re.compile(r"[%$][({]|\$\w")
# Of one event.
_MANY_PATHS = 1000
_MAKO = (("${", "}"), ("<%", "%>"), ("\n%", "\n"))
_BRACES = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))
_STPL = (("{{", "}}"), ("<%", "%>"), ("\n%", "\n"))
_CHAMELEON = (("${", "}"), ("tal:", ">"), ("metal:", ">"), ("<?python", "?>"))
_PARSE, _YAML_NAMES = ("fromstring", "XML"), ("find_python_name", "find_python_module")
_QUERY, _ELEMENTS = "documents.about_query", "documents.about_elements"


def _template(read: Callable[..., tuple[object, object]], marks: Marks) -> Callable[..., None]:
    """Return what looks at a template from memory, or from a file that is not the deployment's, which `read` returns."""

    def look(guard: Guard, /, *arguments: object, **options: object) -> None:
        text, file = read(*arguments, **options)
        if type(text) is bytes:
            text = text.decode("utf-8", "replace")
        if type(text) is str and not (
            type(file) is str and os.path.isabs(file) and guard.places.is_deployed(file)
        ):
            guard.ask(sinks.about_template, text, marks)

    return look


def _about_shown(guard: Guard, context: Any, name: str) -> None:
    if name in guard.shown:
        guard.ask(sinks.about_shown, name, context.vars.get(name, context.parent.get(name)))


# What is asked about one argument of a function: the module, the class in it, "" for none, the functions, where the argument stands and
# what it is called there, what asks about it, and what else that is given. Not pandas' `eval`: it counts the frames above it to find
# the function's variables. JsonPath's, CSS's and Lua's literals and names are those of JMESPath.
_ASKED: tuple[
    tuple[str, str, tuple[str, ...], int, str, Callable[..., None] | str, *tuple[object, ...]], ...
] = (
    ("aiohttp.client", "ClientSession", ("_request",), 2, "str_or_url", sinks.about_url),
    ("configparser", "RawConfigParser", ("read_string",), 1, "string", "documents.about_settings", str),
    # A mail that the function wrote by hand, or one that it received.
    ("email", "", ("message_from_string", "message_from_bytes"), 0, "s", "documents.about_mail"),
    ("jmespath.parser", "Parser", ("parse",), 1, "expression", _QUERY, "jmespath"),
    ("jsonpath_ng.parser", "JsonPathParser", ("parse",), 1, "string", _QUERY, "jmespath"),
    ("jsonpickle.unpickler", "", ("loadclass",), 0, "module_and_name", sinks.about_name),
    ("ldap3.core.connection", "Connection", ("search",), 2, "search_filter", _QUERY, "ldap"),
    ("logging.config", "BaseConfigurator", ("resolve",), 1, "s", sinks.about_factory),
    # What all four ways of finding elements come to.
    ("lxml._elementpath", "", ("iterfind",), 1, "path", _QUERY, "xpath"),
    (
        "lxml.etree",
        "",
        (*_PARSE, "fromstringlist", "parse", "iterparse"),
        0,
        "text",
        "documents.about_markup",
    ),
    ("lxml.etree", "", _PARSE, 0, "text", _ELEMENTS),
    ("lxml.etree", "_Element", ("xpath",), 1, "_path", _QUERY, "xpath"),
    ("lxml.etree", "_ElementTree", ("xpath",), 1, "_path", _QUERY, "xpath"),
    ("lxml.objectify", "", _PARSE, 0, "xml", _ELEMENTS),
    ("pandas.core.computation.expr", "Expr", ("__init__",), 1, "expr", "documents.about_frame"),
    ("pydantic._internal._validators", "", ("import_string",), 0, "value", sinks.about_dotted),
    ("smtplib", "SMTP", ("sendmail",), 3, "msg", "documents.about_mail"),
    ("soupsieve.css_parser", "CSSParser", ("__init__",), 1, "selector", _QUERY, "jmespath"),
    ("xml.dom.minidom", "", ("parseString",), 0, "string", _ELEMENTS),
    ("xml.etree.ElementPath", "", ("iterfind",), 1, "path", _QUERY, "xpath"),
    ("xml.etree.ElementTree", "", _PARSE, 0, "text", _ELEMENTS),
    ("yaml.constructor", "FullConstructor", _YAML_NAMES, 1, "name", sinks.about_name),
    ("yaml.constructor", "UnsafeConstructor", _YAML_NAMES, 1, "name", sinks.about_name),
)

# The same of what native code opens, which raises no event: a path.
_OPENED: tuple[tuple[str, str, tuple[str, ...], int, str], ...] = (
    ("cv2", "", ("imread", "imreadmulti", "imwrite"), 0, "filename"),
    ("h5py._hl.files", "File", ("__init__",), 1, "name"),
    ("lxml.etree", "", ("iterparse", "parse"), 0, "source"),
    ("pandas.io.parquet", "", ("_get_path_or_handle",), 0, "path"),
    ("polars.io.csv.functions", "", ("read_csv", "read_csv_batched", "scan_csv"), 0, "source"),
    ("polars.io.ipc.functions", "", ("read_ipc", "read_ipc_stream", "scan_ipc"), 0, "source"),
    ("polars.io.ndjson", "", ("read_ndjson", "scan_ndjson"), 0, "source"),
    ("polars.io.parquet.functions", "", ("read_parquet", "scan_parquet"), 0, "source"),
    ("pyarrow", "", ("create_memory_map", "memory_map"), 0, "path"),
    ("pyarrow", "", ("input_stream", "output_stream"), 0, "source"),
    ("pyarrow.csv", "", ("open_csv", "read_csv"), 0, "input_file"),
    ("pyarrow.dataset", "", ("dataset",), 0, "source"),
    ("pyarrow.parquet.core", "", ("read_table",), 0, "source"),
    ("pyarrow.parquet.core", "ParquetFile", ("__init__",), 1, "source"),
    ("pyarrow.parquet.core", "ParquetWriter", ("__init__",), 1, "where"),
    ("pymupdf", "Document", ("__init__",), 1, "filename"),
    ("pypdfium2._helpers.document", "PdfDocument", ("__init__",), 1, "input"),
)


def _asking(at: int, keyword: str, about: Callable[..., None] | str, *rest: object) -> Callable[..., None]:
    def look(guard: Guard, /, *arguments: object, **options: object) -> None:
        guard.ask(about, arguments[at] if at < len(arguments) else options.get(keyword), *rest)

    return look


def _about_field(guard: Guard, _formatter: object, name: object, *_rest: object) -> None:
    if type(name) is str and "._" in name:
        guard.ask(sinks.about_format, "{" + name + "}")


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


def _wrap_toml(module: ModuleType, guard: Guard) -> None:
    look = _asking(0, "s", "documents.about_settings", module.loads)
    precede(module, "loads", guard, functools.partial(look, guard))


def _is_by_hand(sign: str) -> bool:
    """Say whether the code that calls a library has texts with this sign: to take an event apart for all documents takes 3 ms."""
    # This, the question and the wrapper; csv's reader by its keys is one of its own.
    frame = sys._getframe(3)
    while frame.f_back is not None and frame.f_globals.get("__name__") == "csv":
        frame = frame.f_back
    return any(type(one) is str and sign in one for one in frame.f_code.co_consts)


def _wrap_json(module: ModuleType, guard: Guard) -> None:
    parse = module.loads

    def look(text: object, *_rest: object, **_options: object) -> None:
        if type(text) is str and _is_by_hand('":'):
            guard.ask("documents.about_settings", text, parse)

    precede(module, "loads", guard, look)


def _wrap_csv(module: ModuleType, guard: Guard) -> None:
    parse = module.reader

    def look(rows: Any, *rest: Any, **options: Any) -> None:
        if not _is_by_hand(","):
            return
        lines = rows if type(rows) is list else []
        # As it is: what the event has as a whole is found as a whole.
        is_whole = type(rows) is io.StringIO
        text = (
            rows.getvalue()
            if is_whole
            else "\n".join(one.rstrip("\r\n") for one in lines if type(one) is str)
        )

        def read(text: str) -> list[object]:
            try:
                return [len(row) for row in parse(io.StringIO(text, newline=""), *rest, **options)]
            except module.Error as fault:
                raise ValueError(text) from fault

        guard.ask("documents.about_shape", text, read)

    precede(module, "reader", guard, look)


def _about_setting(
    guard: Guard, _way: object, parser: Any, _section: object, _option: object, value: object, known: Any
) -> None:
    if type(value) is str and _REFERENCE.search(value):
        guard.ask("documents.about_references", value, functools.partial(_setting, parser, known))


def _setting(parser: Any, known: Any, name: str) -> object:
    section, _, option = name.rpartition(":")
    key = parser.optionxform(option)
    return parser.get(section, key, raw=True, fallback="") if section else known.get(key)


def _wrap_yaml(module: ModuleType, guard: Guard) -> None:
    def read(text: str) -> list[object]:
        try:
            return [type(one) for one in module.parse(text, getattr(module, "CLoader", module.Loader))]
        except module.YAMLError as fault:
            raise ValueError(text) from fault

    look = _asking(0, "stream", "documents.about_shape", read)
    precede(module, "load", guard, functools.partial(look, guard))


def _about_entry(guard: Guard, entry: Any) -> None:
    guard.ask(sinks.about_dotted, entry.value)


def _wrap_posixpath(module: ModuleType, guard: Guard) -> None:
    join, normpath, realpath = module.join, module.normpath, module.realpath

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

    def look_at_real_path(path: object, *_rest: object, **_options: object) -> None:
        text = text_of(path)
        if text is not None and ".." in text:
            _keep(guard, realpath(text), text)

    def look_at_variables(text: object) -> None:
        if type(text) is str and "$" in text:
            guard.ask("documents.about_references", text, os.environ.get)

    precede(module, "expandvars", guard, look_at_variables)
    precede(module, "join", guard, look_at_parts)
    precede(module, "normpath", guard, look_at_path)
    precede(module, "realpath", guard, look_at_real_path)


def _about_input(guard: Guard, /, child: Any, data: object = None, *_rest: object, **options: object) -> None:
    guard.ask("commands.about_input", child.args, options.get("input", data))


def _about_input_of_loop(guard: Guard, /, child: Any, data: object = None, **options: object) -> None:
    # asyncio's child has its command line in what its transport started.
    started = child._transport.get_extra_info("subprocess")
    if started is not None:
        _about_input(guard, started, options.get("input", data))


def _about_interpreter(
    guard: Guard, /, _interpreter: object = None, code: object = None, *_rest: object, **options: object
) -> None:
    # Once it is another interpreter's no event of this one tells of it.
    code = options.get("code", options.get("script", code))
    if type(code) is str:
        guard.ask(sinks.about_python, code)


def _leads_out(member: str) -> bool:
    # "..notes" is a name like any other.
    return os.path.isabs(member) or os.path.normpath(member).partition("/")[0] == ".."


def _about_member(guard: Guard, /, _archive: object, member: Any, *_rest: object, **_options: object) -> None:
    leads = [member.name]
    if member.issym():
        leads.append(os.path.join(os.path.dirname(member.name), member.linkname))
    elif member.islnk():
        leads.append(member.linkname)
    if any(map(_leads_out, leads)):
        guard.ask(sinks.about_member)


def _note_member(guard: Guard, /, _archive: object, member: Any, *_rest: object, **_options: object) -> None:
    # `extract` leaves out of a name what leads elsewhere; who opens a member may write it where its name says.
    name = getattr(member, "filename", member)
    if type(name) is str and _leads_out(name):
        guard.leading_members.add(name)


def _about_entity(
    guard: Guard, parser: Any, _context: object, _base: object, name: object, _public: object
) -> None:
    if parser._external_ges:
        guard.ask("documents.about_entity", name)


def _about_redis(
    guard: Guard, /, _client: object, command: object, script: object = "", *rest: object, **_options: object
) -> None:
    # What is behind MATCH, in SCAN and its like.
    for before, pattern in zip((command, script, *rest), (script, *rest), strict=False):
        if before in ("KEYS", "MATCH", b"MATCH"):
            guard.ask(sinks.about_pattern, pattern)
    # Lua, whose literals and names are those of JMESPath, too.
    if command in ("EVAL", "EVAL_RO"):
        guard.ask("documents.about_query", script, "jmespath")
    if type(command) is str and " " in command:
        guard.ask("documents.about_command", command)


_LOOKS: tuple[Look, ...] = (
    ("asyncio.subprocess", "Process", ("communicate",), _about_input_of_loop),
    *((*one[:3], _asking(*one[3:])) for one in _ASKED),
    *((*one[:3], _asking(*one[3:], sinks.about_opened)) for one in _OPENED),
    ("_interpreters", "", ("exec", "run_string"), _about_interpreter),
    ("_xxsubinterpreters", "", ("run_string",), _about_interpreter),
    # Engines that compile a template by a method: the text and the file by what that is given, and its marks.
    (
        *("bottle", "SimpleTemplate", ("prepare",)),
        _template(lambda made, *_, **__: (made.source, made.filename), _STPL),
    ),
    (
        *("chameleon.template", "BaseTemplate", ("cook",)),
        _template(lambda made, body: (body, getattr(made, "filename", None)), _CHAMELEON),
    ),
    (
        *("django.template.base", "Template", ("__init__",)),
        _template(lambda _, text, origin=None, *__, **___: (text, getattr(origin, "name", None)), _BRACES),
    ),
    ("mako.lexer", "Lexer", ("parse",), _template(lambda lexer: (lexer.text, lexer.filename), _MAKO)),
    # What a loader reads is a file.
    (
        *("tornado.template", "Template", ("__init__",)),
        _template(
            lambda _, text, name="", loader=None, *__, **___: (text if loader is None else None, None),
            _BRACES,
        ),
    ),
    ("configparser", "BasicInterpolation", ("before_get",), _about_setting),
    ("configparser", "ExtendedInterpolation", ("before_get",), _about_setting),
    ("importlib.metadata", "EntryPoint", ("load",), _about_entry),
    # All that a template shows, also as another one's layout.
    ("jinja2.runtime", "Context", ("resolve_or_missing",), _about_shown),
    ("redis.asyncio.client", "Redis", ("execute_command",), _about_redis),
    ("redis.client", "Redis", ("execute_command",), _about_redis),
    ("string", "Formatter", ("get_field",), _about_field),
    ("subprocess", "Popen", ("communicate",), _about_input),
    ("tarfile", "TarFile", ("_extract_member",), _about_member),
    ("xml.sax.expatreader", "ExpatParser", ("external_entity_ref",), _about_entity),
    ("zipfile", "ZipFile", ("open",), _note_member),
)
WRAPPED: dict[str, Callable[[ModuleType, Guard], None]] = {
    **wrappers(_LOOKS),
    "csv": _wrap_csv,
    "json": _wrap_json,
    "posixpath": _wrap_posixpath,
    "tomllib": _wrap_toml,
    "urllib.parse": _wrap_urllib,
    "yaml": _wrap_yaml,
}
