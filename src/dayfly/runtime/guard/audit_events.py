"""What each of the interpreter's events has asked about it, one function for each form that an event has.

Not judged, since something else was: `exec` and `function.__new__` take code objects, and those come from `compile`,
`marshal` or `code.__new__`. They are counted.
"""

from __future__ import annotations

import _frozen_importlib
import os
import sys
from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader, SourcelessFileLoader
from zipimport import zipimporter

from dayfly.core.destinations import pack_address
from dayfly.core.structure.path import MAX_NAME
from dayfly.core.structure.template import shown_names
from dayfly.runtime.guard import owncode, sinks
from dayfly.runtime.guard.places import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

    Arguments = tuple[object, ...]
    Act = Callable[[Guard, Arguments, FrameType], None]

# The loaders that read what they execute from a file, whose opening is an event of its own.
_FILE_LOADERS = (SourceFileLoader, SourcelessFileLoader, zipimporter, ExtensionFileLoader)
# The loader of what is part of the interpreter.
_FROZEN_LOADERS = frozenset(
    getattr(getattr(_frozen_importlib.FrozenImporter, name, None), "__code__", None)
    for name in ("exec_module", "get_code")
)
_ZIP = "zipimport"
_READS_FILE = frozenset("get_code get_data _get_module_code _unmarshal_code _compile_source".split())
# Between a loader's method and the event it causes.
_LOADER_DEPTH = 4
# Shorter byte code occurs in anything.
_FEW_BYTES = 6
_NO_DIRECTORY = -1
# What `shell=True` of subprocess makes of a command: [shell, "-c", command].
_SHELL = "/bin/sh"
_WORDS_OF_SHELL = 3
# What makes nothing that can be executed.
_PARSERS = (("ast", "parse"), ("mako._ast_util", "parse"))
_TREE_FLAG = "PyCF_ONLY_AST"
# What compiles nothing that it has not looked at: names alone; sums and comparisons of `n` and numbers.
_LOOK_THEMSELVES = (("collections", "namedtuple"), ("gettext", "c2py"))
# Engines whose templates are looked at before.
_ENGINES = frozenset(("bottle", "mako.template", "tornado.template"))
# Of a template that is parsed once more.
_LONGEST_SHOWN = 65_536
# What walks through directories by descriptors, which the event does not tell.
_WALKERS = ("/shutil.py", "/os.py", "<frozen os>")
# What has every host resolved, which is an event, before it connects to what came of it. asyncio leaves out addresses.
_RESOLVERS = ("/socket.py", "/urllib3/util/connection.py")
# What reads the lines of a file of code for the interpreter's `inspect`, which has the name from the code.
_LINE_READERS = ("/tokenize.py", "/linecache.py")


def _loads_file(frame: FrameType | None) -> bool:
    """Say whether the import system executes what it has read from a file, in this frame."""
    for found in owncode.stack(frame, _LOADER_DEPTH):
        if not owncode.is_importing(found):
            return False
        if found.f_code in _FROZEN_LOADERS:
            return True
        if found.f_code.co_name in _READS_FILE:
            kind = type(found.f_locals.get("self"))
            return kind in _FILE_LOADERS or (owncode.module_of(found) == _ZIP and kind is type(None))
    return False


def _on_compile(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    source = arguments[0]
    if _loads_file(frame):
        return
    if _is_one_of(frame, _PARSERS) or _only_parses(frame):
        return
    if type(source) is str or type(source) is bytes:
        before, suspicions = guard.suspicions + guard.doubts, guard.suspicions
        if not _is_one_of(frame, _LOOK_THEMSELVES) and not _judge_template(frame, guard):
            sinks.about_python(guard, source, frame)
        if guard.suspicions + guard.doubts == before:
            guard.remember(source)
        if guard.suspicions == suspicions and guard.is_installed(frame):
            guard.remember_written(source)
    elif source is not None:
        import ast

        if isinstance(source, ast.AST):
            text = _text_of_tree(source)
            before = guard.suspicions + guard.doubts
            sinks.about_python(guard, text, frame)
            if guard.suspicions + guard.doubts == before:
                guard.remember(text)


def _text_of_tree(tree: Any) -> str:
    """Return the source of a syntax tree; of one, too, whose f-strings have expressions that the compiler takes as they are."""
    import ast

    try:
        return ast.unparse(tree)
    except ValueError:
        import copy

        tree = copy.deepcopy(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                node.values = [
                    one
                    if isinstance(one, (ast.Constant, ast.FormattedValue))
                    else ast.FormattedValue(one, -1)
                    for one in node.values
                ]
        return ast.unparse(tree)


def _is_one_of(frame: FrameType, functions: tuple[tuple[str, str], ...]) -> bool:
    for module, function in functions:
        if frame.f_code is getattr(getattr(sys.modules.get(module), function, None), "__code__", None):
            return True
    return False


def _only_parses(frame: FrameType) -> bool:
    """Say whether `compile` is called with the flag for a tree, by its name, as the last argument: what compiles the tree is asked."""
    if _TREE_FLAG not in frame.f_code.co_names:
        return False
    # 10 ms, where a function has that name and compiles what an event brought.
    import dis

    given: object = None
    called_with: object = None
    for one in dis.get_instructions(frame.f_code):
        if one.offset > frame.f_lasti:
            break
        if one.opname.startswith("CALL"):
            given, called_with = None, given
        # The names of keywords, and what 3.11 puts before a call.
        elif type(one.argval) is not tuple and one.opname not in ("KW_NAMES", "PRECALL", "CACHE"):
            given = one.argval
    return called_with == _TREE_FLAG


def _judge_template(frame: FrameType, guard: Guard) -> bool:
    """Where jinja2 compiles a template: judge its text, which it has carried out in part by now; say that this was done.

    A template of the deployment's files may, and one for jinja2's sandbox, which is meant for those of strangers.
    """
    if frame.f_globals.get("__name__") in _ENGINES and guard.is_installed(frame):
        # What it makes of a template that was looked at.
        return True
    if not frame.f_code.co_filename.endswith("/jinja2/environment.py") or frame.f_back is None:
        return False
    above = frame.f_back.f_locals
    environment = above.get("self")
    if getattr(environment, "sandboxed", False) is True:
        return True
    name = above.get("filename")
    # A template from memory is called "<template>".
    if (
        type(name) is str
        and os.path.isabs(name)
        and guard.places.is_deployed(name)
        and not guard.places.is_planted(name)
    ):
        return True
    text = above.get("source_hint")
    if type(text) is str:
        # What it generates of a text that holds no tag of the event's is its own.
        shown = _shown(environment, text)
        sinks.about_template(guard, text, _marks_of(environment), frame, shown=shown)
        return True
    return False


def _shown(environment: Any, text: str) -> set[str] | None:
    """Return the names of the values that a template shows, if that is all that it does."""
    # Another class of environments may read it otherwise, and another of contexts, or jinja2 before 3.0, find its values elsewhere.
    context = getattr(environment, "context_class", None)
    if (
        type(environment).__module__ != "jinja2.environment"
        or getattr(context, "__module__", "") != "jinja2.runtime"
        or hasattr(context, "_fast_resolve_mode")
        or len(text) > _LONGEST_SHOWN
    ):
        return None
    try:
        return shown_names(environment.parse(text), environment.globals)
    except Exception:
        # The parser's errors, and its depth.
        return None


def _marks_of(environment: object) -> list[tuple[str, str]]:
    marks = [
        (
            str(getattr(environment, kind + "_start_string", "")),
            str(getattr(environment, kind + "_end_string", "")),
        )
        for kind in ("variable", "block", "comment")
    ]
    return marks + [
        (prefix, "\n")
        for kind in ("line_statement_prefix", "line_comment_prefix")
        if type(prefix := getattr(environment, kind, None)) is str
    ]


def _on_marshal(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    if _loads_file(frame):
        return
    guard.made += 1
    data = arguments[0] if arguments else b""
    sinks.about_bytes(guard, "code.marshal", data, frame)


def _on_new_code(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    guard.made += 1
    data = arguments[0]
    if type(data) is bytes and len(data) >= _FEW_BYTES:
        sinks.about_bytes(guard, "code.new", data, frame, tells_unknown=False)


def _on_new_function(guard: Guard, _arguments: Arguments, _frame: FrameType) -> None:
    """Its code was judged if it was made by an event; frozen modules' bytes are made into code without one."""
    guard.made += 1


def _on_set_attribute(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    _owner, name, value = arguments
    # Past what stands in the place of `setattr`.
    frame = sinks.caller_of(frame) or frame
    if name in ("__defaults__", "__kwdefaults__") and not guard.places.is_deployed(frame.f_code.co_filename):
        guard.refuse("code.swapped", frame)
    if name != "__code__":
        return
    guard.made += 1
    file = getattr(value, "co_filename", "")
    if guard.is_installed(frame) and guard.is_written(value):
        # A wrapper that a library writes when it is first called, and puts into its stead: networkx does.
        return
    if not (guard.places.is_deployed(file) and guard.places.is_deployed(frame.f_code.co_filename)):
        guard.refuse("code.swapped", frame)


def _on_find_class(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    sinks.about_global(guard, str(arguments[0]), str(arguments[1]), frame)


def _on_import(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    name, file = arguments[0], arguments[1]
    if type(file) is str:
        _refuse_planted(guard, file, frame)
        _judge_dynamic_import(guard, frame)
        return
    if type(name) is not str:
        return
    for found in owncode.stack(frame):
        if owncode.is_importing(found) or found.f_code.co_filename.endswith("/importlib/__init__.py"):
            continue
        if not _is_stated(name, found.f_code.co_names):
            sinks.about_import(guard, name, frame)
        return


def _is_stated(name: str, names: tuple[str, ...]) -> bool:
    """Say whether code that has these names imports a module by a statement, or has its name: `from .one.two` one below it, too."""
    for one in names:
        at = name.rfind("." + one.partition(".")[0]) + 1
        if f"{one}.".startswith((f"{name}.", f"{name[at:]}.")):
            return True
    return False


def _judge_dynamic_import(guard: Guard, frame: FrameType) -> None:
    """Where a file is loaded for `importlib.import_module`, which is no event: judge the name that it was given."""
    for found in owncode.stack(frame):
        if not owncode.is_importing(found):
            return
        if found.f_code.co_name == "_gcd_import":
            name = found.f_locals.get("name")
            if type(name) is str:
                sinks.about_import(guard, name, frame)
            return


def _refuse_planted(guard: Guard, file: str, frame: FrameType) -> None:
    if guard.places.is_planted(file):
        guard.refuse("import.planted", frame, text=file)


def _on_load_library(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    name = arguments[0]
    if type(name) is str:
        if "/" in name:
            _refuse_planted(guard, name, frame)
        sinks.about_import(guard, name, frame)


def _on_extension(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    """SQLite loads native code from a file that is named to it."""
    name = arguments[1]
    if type(name) is str and "/" in name:
        _refuse_planted(guard, name, frame)
    sinks.about_path(guard, name, frame)


def _on_system(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    guard.late("commands").about_environment(guard, None, frame)
    guard.late("commands").about_shell(guard, arguments[0], frame, is_systems=True)


def _on_link(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    sinks.about_path(guard, arguments[1], frame)
    sinks.about_link(guard, arguments[0], arguments[1], frame)


def _on_popen(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    program, words, folder, variables = arguments
    guard.late("commands").about_environment(guard, variables, frame)
    if isinstance(words, (list, tuple)):
        for word in words:
            guard.late("commands").about_variables(guard, word, variables, frame)
    if (
        program == _SHELL
        and type(words) is list
        and len(words) == _WORDS_OF_SHELL
        and frame.f_locals.get("shell") is True
        and guard.places.is_library(frame.f_code.co_filename)
    ):
        # The shell and its option are the library's words, though an event may hold the same.
        guard.late("commands").about_shell(guard, words[-1], frame, is_systems=True, folder=folder)
        return
    guard.late("commands").about_process(guard, program, words, frame, folder=folder)


def _on_execute(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    if not frame.f_code.co_filename.endswith("/subprocess.py"):
        guard.late("commands").about_environment(guard, arguments[2], frame)
        guard.late("commands").about_process(guard, arguments[0], arguments[1], frame)


def _on_spawn(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    guard.late("commands").about_process(guard, arguments[1], arguments[2], frame)


def _on_pty(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    guard.late("commands").about_process(guard, None, arguments[0], frame)


def _on_open(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    path = arguments[0]
    if owncode.is_importing(frame):
        is_code = frame.f_code.co_name == "get_data" or owncode.module_of(frame) == _ZIP
        if is_code and type(path) is str:
            _refuse_planted(guard, path, frame)
        if _loads_file(frame):
            _judge_dynamic_import(guard, frame)
            # A name for a package's data may lead elsewhere.
            if (
                type(path) is str
                and guard.places.is_deployed(path)
                and not ("/../" in path and guard.contributed(path))
            ):
                return
    if type(path) is str and "/" not in path and frame.f_code.co_filename.endswith(_WALKERS):
        # A name that was read from a directory, in that directory.
        return
    if type(path) is str and _shows_source(guard, path, frame):
        # FastAPI looks up each endpoint's lines. To take the event apart for that is 3 ms in each worker.
        return
    if not _is_document(path, arguments[2]):
        sinks.about_path(guard, path, frame)


def _is_document(path: object, flags: object) -> bool:
    """Say whether this is a text that its reader takes for a file's name first, as feedparser does: there is no such file to read."""
    text = text_of(path) or ""
    is_likely = text.startswith(("<", "{", "[")) or "\n" in text or len(text) > MAX_NAME
    if not is_likely or text[0] == "/" or not isinstance(flags, int) or flags & os.O_CREAT:
        return False
    return not os.path.lexists(text.partition("/")[0])


def _shows_source(guard: Guard, path: str, frame: FrameType) -> bool:
    """Say whether `inspect` reads a file of the deployment's, whose name it has from the code or module that it looks at."""
    found: FrameType | None = frame
    while found is not None and found.f_code.co_filename.endswith(_LINE_READERS):
        found = found.f_back
    if found is None or found is frame or not found.f_code.co_filename.endswith("/inspect.py"):
        return False
    is_librarys = guard.places.is_library(found.f_code.co_filename)
    return is_librarys and "/.." not in path and guard.places.is_deployed(path)


def _on_path(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    if not owncode.is_importing(frame):
        sinks.about_path(guard, arguments[0], frame)


def _on_pattern(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    sinks.about_pattern(guard, arguments[1], frame)
    sinks.about_path(guard, f"{arguments[0]}/{arguments[1]}", frame)


def _on_files(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    pattern, folder = text_of(arguments[0]), text_of(arguments[2])
    sinks.about_pattern(guard, pattern, frame)
    sinks.about_path(guard, os.path.join(folder, pattern) if folder and pattern else pattern, frame)


def _on_path_below(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    """The last argument is a directory's descriptor: the path was looked at when that was opened."""
    if arguments[-1] == _NO_DIRECTORY:
        sinks.about_path(guard, arguments[0], frame)


def _on_two_paths(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    sinks.about_path(guard, arguments[0], frame)
    sinks.about_path(guard, arguments[1], frame)


def _on_two_paths_below(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    if arguments[2] == _NO_DIRECTORY:
        sinks.about_path(guard, arguments[0], frame)
    if arguments[-1] == _NO_DIRECTORY:
        sinks.about_path(guard, arguments[1], frame)


def _on_resolve(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    looks_up = _looks_up(guard, frame)
    if looks_up and pack_address(str(arguments[0])):
        # What is an address already is compared; a connection to it is looked at.
        return
    if len(arguments) > 1 and type(arguments[1]) is int and not looks_up:
        sinks.about_address(guard, arguments[:2], frame)
    sinks.about_host(guard, arguments[0], frame)


def _looks_up(guard: Guard, frame: FrameType | None) -> bool:
    """Say whether the function itself asks for addresses, perhaps to check them, and connects to none here."""
    while frame is not None and frame.f_globals.get("__name__") == "socket":
        if frame.f_code.co_name == "create_connection":
            return False
        frame = frame.f_back
    return frame is not None and guard.places.is_functions(frame.f_code.co_filename)


def _on_connect(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    address = arguments[1]
    if type(address) is not tuple or not address:
        # A socket of this machine has its name in a directory, or is abstract; Netlink's are numbers in a tuple.
        sinks.about_path(guard, address, frame)
        return
    sinks.about_platform(guard, address, frame)
    sinks.about_address(guard, address, frame)
    name = frame.f_code.co_filename
    if guard.places.is_deployed(name) and name.endswith(_RESOLVERS):
        return
    sinks.about_host(guard, address[0], frame)


def _on_url(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    sinks.about_url(guard, arguments[0], frame)


def _on_hook(guard: Guard, _arguments: Arguments, frame: FrameType) -> None:
    guard.refuse("hook.audit", frame)


def _on_trace(guard: Guard, _arguments: Arguments, frame: FrameType) -> None:
    # The callback is not told; who registers it is.
    if not guard.places.is_deployed(frame.f_code.co_filename):
        guard.refuse("hook.trace", frame)


def _on_monitor(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
    code = getattr(arguments[0], "__code__", None)
    if code is not None and not guard.places.is_deployed(code.co_filename):
        guard.refuse("hook.monitoring", frame)


def _on_interpreter(guard: Guard, _arguments: Arguments, frame: FrameType) -> None:
    """No hook of Python's sees what another interpreter does."""
    if not guard.places.is_deployed(frame.f_code.co_filename):
        guard.refuse("hook.interpreter", frame)


def _on_heap(guard: Guard, _arguments: Arguments, frame: FrameType) -> None:
    """Who walks the heap finds the guard in it."""
    if not guard.places.is_deployed(frame.f_code.co_filename):
        guard.refuse("guard.heap", frame)


def _nothing(_guard: Guard, _arguments: Arguments, _frame: FrameType) -> None:
    return


def _hear(guard: Guard, _arguments: Arguments, _frame: FrameType) -> None:
    guard.switch.hear()


ACTS: dict[str, Act] = {
    "dayfly.guard": _hear,
    "exec": _nothing,
    "compile": _on_compile,
    **dict.fromkeys(("marshal.loads", "marshal.load"), _on_marshal),
    "code.__new__": _on_new_code,
    "function.__new__": _on_new_function,
    "object.__setattr__": _on_set_attribute,
    "pickle.find_class": _on_find_class,
    "import": _on_import,
    "ctypes.dlopen": _on_load_library,
    "os.system": _on_system,
    "subprocess.Popen": _on_popen,
    **dict.fromkeys(("os.exec", "os.posix_spawn"), _on_execute),
    "os.spawn": _on_spawn,
    "pty.spawn": _on_pty,
    "open": _on_open,
    **dict.fromkeys(
        "os.listdir os.scandir os.truncate os.chdir shutil.rmtree shutil.make_archive".split(), _on_path
    ),
    **dict.fromkeys("os.getxattr os.setxattr os.listxattr os.removexattr sqlite3.connect".split(), _on_path),
    **dict.fromkeys("os.remove os.rmdir os.mkdir os.chmod os.chown os.utime".split(), _on_path_below),
    **dict.fromkeys(("os.rename", "os.link"), _on_two_paths_below),
    **dict.fromkeys(
        "shutil.copyfile shutil.copytree shutil.move shutil.unpack_archive".split(), _on_two_paths
    ),
    "os.symlink": _on_link,
    "glob.glob/2": _on_files,
    **dict.fromkeys(("pathlib.Path.glob", "pathlib.Path.rglob"), _on_pattern),
    "sqlite3.load_extension": _on_extension,
    **dict.fromkeys(("socket.getaddrinfo", "socket.gethostbyname"), _on_resolve),
    **dict.fromkeys(("socket.connect", "socket.sendto", "socket.sendmsg"), _on_connect),
    "urllib.Request": _on_url,
    "sys.addaudithook": _on_hook,
    **dict.fromkeys(("sys.settrace", "sys.setprofile"), _on_trace),
    "sys.monitoring.register_callback": _on_monitor,
    "cpython.PyInterpreterState_New": _on_interpreter,
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers"), _on_heap),
}
