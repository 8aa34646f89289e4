"""Where execution begins for a customer's event: the handlers, from templates, by name, or by their look."""

from __future__ import annotations

import ast
import dataclasses
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.template.handlers import find_handler
from dayfly.scan.template.inline import add_inline
from dayfly.scan.template.looks import handler_names, is_test
from dayfly.scan.template.model import LambdaFunction, Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.template.model import Template

# Handlers of libraries that call another one: the variable that names it.
_WRAPPERS = {
    "datadog_lambda.handler.handler": "DD_LAMBDA_HANDLER",
    "newrelic_lambda_wrapper.handler": "NEW_RELIC_LAMBDA_HANDLER",
    "lumigo_tracer._handler": "LUMIGO_ORIGINAL_HANDLER",
    "epsagon.wrapper": "EPSAGON_HANDLER",
    "thundra.handler.wrapper": "THUNDRA_AGENT_LAMBDA_HANDLER",
    "catalyst.handler.wrapper": "CATALYST_HANDLER",
    "sentry_sdk.integrations.init_serverless_sdk.sentry_lambda_handler": "SENTRY_INITIAL_HANDLER",
}
NOT_FOUND = "the handler of "
_FILE_AND_NAME = re.compile(r"(?P<file>.+\.py)(?:::?(?P<name>[A-Za-z_][\w.]*))?$")
_NOT_PYTHON = re.compile(r"(?:nodejs|java|go1|dotnet|ruby|provided)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A handler found in code.

    `function` describes it (from a template, or made up of the handler's name where there is none);
    `qualname` is the name within the module, as `handler` or `App.handler`.
    """

    function: LambdaFunction
    file: PythonFile
    qualname: str


@dataclass
class _Found:
    """What has been found so far; a handler counts once for each function that has it."""

    entries: dict[tuple[str, str, str], Entry] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.entries.setdefault((entry.function.name, entry.file.path, entry.qualname), entry)


def not_found(name: str) -> str:
    """How the note on a handler that is not there begins."""
    return f"{NOT_FOUND}{name} was not found"


def find_entries(
    project: Project,
    templates: Sequence[Template],
    *,
    handlers: Sequence[str] = (),
    names: Callable[[PythonFile], Sequence[str]] | None = None,
) -> tuple[tuple[Entry, ...], tuple[Note, ...]]:
    """The handlers that are named, else those of the templates, else what looks like one.

    A named one is `app.handler`, `src/app.py:handler` or a function's name in a template. What was looked for
    and not found is a note. Folders that no template describes are searched by look as well; `names` may say what
    `names_by_look` would, from an earlier scan of the same content.
    """
    found = _Found()
    functions = [function for template in templates for function in template.functions]
    if handlers:
        for name in handlers:
            _add_named(project, functions, name, found)
    else:
        for function in functions:
            _add_function(project, function, found)
        described = [posixpath.dirname(template.path) for template in templates if template.functions]
        _add_by_look(project, described if found.entries else [], found, names or names_by_look)
    return tuple(found.entries.values()), tuple(found.notes)


def _add_named(project: Project, functions: Sequence[LambdaFunction], name: str, found: _Found) -> None:
    meant = [one for one in functions if name in (one.name, one.handler)]
    for function in meant:
        _add_function(project, function, found)
    if meant:
        return
    match = _FILE_AND_NAME.match(name)
    place = Place(match["file"].removeprefix("./") if match else project.name)
    function = LambdaFunction(name, name, place)
    if match is None:
        _add_dotted(project, function, name.replace(":", "."), found)
        return
    path = posixpath.normpath(match["file"])
    file = project.python.get(path) or next(
        (one for _, one in sorted(project.python.items()) if one.path.endswith("/" + path)), None
    )
    if file is None:
        _miss(found, function, f"there is no file {path}", "give a path relative to the scanned folder")
        return
    wanted = [match["name"]] if match["name"] else list(handler_names(file.tree)) if file.tree else []
    if not wanted:
        _miss(
            found,
            function,
            f"{path} contains nothing that looks like a handler",
            f"give it with {path}:FUNCTION",
        )
    for one in wanted:
        _add_target(project, function, file, one, found)


def _add_dotted(project: Project, function: LambdaFunction, name: str, found: _Found) -> None:
    """`package.module.function` or `package.module.Class.method`, as long a module as there is."""
    parts = name.split(".")
    for split in range(len(parts) - 1, 0, -1):
        files = find_module_files(project, function, ".".join(parts[:split]))
        if len(files) == 1 or (files and split == len(parts) - 1):
            if len(files) == 1 and split < len(parts) - 1:
                _add_target(project, function, files[0], ".".join(parts[split:]), found)
                return
            break
    _add_function(project, dataclasses.replace(function, handler=name), found)


def _add_function(project: Project, function: LambdaFunction, found: _Found) -> None:
    """The entry of one function of a template."""
    runtime = function.runtime if isinstance(function.runtime, str) else ""
    if _NOT_PYTHON.match(runtime):
        note = Note(
            NoteKind.NOT_CHECKED,
            f"{function.name} runs on {runtime}: its code is not analysed",
            function.place,
        )
        found.notes.append(note)
        return
    inline = add_inline(project, function)
    if inline is not None:
        name = function.handler.rpartition(".")[2] if isinstance(function.handler, str) else "handler"
        _add_target(project, function, inline, name, found)
        return
    handler = function.command if function.is_image and function.command is not None else function.handler
    if isinstance(handler, str) and handler in _WRAPPERS:
        handler = function.environment.get(_WRAPPERS[handler], handler)
    if isinstance(handler, Unresolved):
        _miss(found, function, f"its handler is {handler.expression}", "give it with --handler")
        return
    if not handler:
        what = "the image's command is unknown" if function.is_image else "the template contains no handler"
        _miss(found, function, what, "give it with --handler")
        return
    module, _, name = handler.rpartition(".")
    if not module:
        _miss(found, function, f"{handler!r} is not MODULE.FUNCTION", "use for example app.handler")
        return
    files = find_module_files(project, function, module.replace("/", ".").strip("."))
    if not files:
        where = f"in {function.code}" if function.code else "anywhere" if function.code is None else "here"
        looked_for = module.replace(".", "/").strip("/") + ".py"
        _miss(found, function, f"no {looked_for} {where}", "scan the folder with the code, or use --handler")
        return
    bound = [file for file in files if find_handler(project, file, name) is not None]
    if len(files) > 1 and len(bound) > 1:
        paths = ", ".join(file.path for file in bound[:4])
        _miss(found, function, f"{handler} may be any of {paths}", "choose one with --handler PATH:FUNCTION")
        return
    _add_target(project, function, (bound or files)[0], name, found)


def find_module_files(project: Project, function: LambdaFunction, module: str) -> list[PythonFile]:
    """The files that a handler's module may be: in the function's code, else the nearest of that name.

    More than one where nothing tells which is meant.
    """
    inner = module.replace(".", "/")
    names = (f"{inner}.py", f"{inner}/__init__.py")
    if function.code is not None:
        separator = "!/" if function.code.endswith((".zip", ".whl")) else "/"
        prefix = function.code + separator if function.code else ""
        for name in names:
            if prefix + name in project.python:
                return [project.python[prefix + name]]
    candidates = [
        file
        for path, file in sorted(project.python.items())
        if any(path == name or path.endswith("/" + name) for name in names) and not file.is_dependency
    ]
    candidates = [file for file in candidates if not is_test(file.path)] or candidates
    home = function.code or posixpath.dirname(function.place.path)
    # Built code lies where the template does not say: what shares the most folders with the template is meant.
    shared = {file.path: len(posixpath.commonpath(["/" + home, "/" + file.path])) for file in candidates}
    best = max(shared.values(), default=0)
    return [file for file in candidates if shared[file.path] == best]


def _add_target(
    project: Project, function: LambdaFunction, file: PythonFile, name: str, found: _Found
) -> None:
    if file.tree is None:
        problem = file.problem
        reason = f"{file.path} {problem.message}" if problem is not None else f"{file.path} cannot be read"
        _miss(found, function, reason, problem.hint if problem is not None else "")
        return
    target = _method_target(file, name) if "." in name else find_handler(project, file, name)
    if target is None:
        near = ", ".join(handler_names(file.tree)[:4])
        hint = f"it has {near}" if near else "it may be created at run time: give another one with --handler"
        _miss(found, function, f"{file.path} does not define {name}", hint)
        return
    if isinstance(target, str):
        found.add(Entry(function, file, target))
    else:
        found.add(Entry(function, target.file, target.qualname))


def _method_target(file: PythonFile, name: str) -> str | None:
    """A method that the user named: `App.handler`."""
    owner, _, method = name.rpartition(".")
    for node in ast.walk(file.tree) if file.tree is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == owner.rpartition(".")[2]:
            for one in node.body:
                if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == method:
                    return name
    return None


def _add_by_look(
    project: Project,
    described: Sequence[str],
    found: _Found,
    names: Callable[[PythonFile], Sequence[str]],
) -> None:
    known = {(entry.file.path, entry.qualname) for entry in found.entries.values()}
    for file in project.own_files():
        if is_test(file.path) or _is_under(file.path, described) or "#" in file.path:
            continue
        for name in names(file):
            handler = f"{file.module}.{name}"
            function = LambdaFunction(handler, handler, Place(file.path), code=file.root or "")
            target = find_handler(project, file, name)
            if target is None or (target.file.path, target.qualname) in known:
                continue
            known.add((target.file.path, target.qualname))
            place = Place(file.path)
            found.add(Entry(dataclasses.replace(function, place=place), target.file, target.qualname))


def names_by_look(file: PythonFile) -> Sequence[str]:
    """The functions of a file that look like handlers; nothing but its content decides."""
    # Parsing is the price; a file without these words has no handler, whatever else it has.
    if not any(word in file.data for word in (b"event", b"handle", b"context", b"evt", b"ctx")):
        return ()
    tree = file.tree
    if tree is None:
        return ()
    try:
        return tuple(handler_names(tree))
    except RecursionError:
        return ()


def _is_under(path: str, folders: Sequence[str]) -> bool:
    return any(not folder or path.startswith(folder + "/") for folder in folders)


def _miss(found: _Found, function: LambdaFunction, reason: str, hint: str) -> None:
    message = f"{not_found(function.name)}: {reason}"
    found.notes.append(Note(NoteKind.NOT_RESOLVED, message, function.place, hint))
