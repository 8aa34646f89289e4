"""Tries imports in a disposable fork of the zygote, and reports those that touch nothing but files nobody here can write."""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import os
import sys
import time
import types
import weakref
from _operator import is_
from collections import Counter
from importlib.machinery import SourceFileLoader, SourcelessFileLoader

from dayfly._sys import interpreter, proc
from dayfly._sys.access import is_writable
from dayfly.runtime import forkhooks, heap, seal
from dayfly.runtime import sealing as sealers
from dayfly.runtime.learned_imports import seal_threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.sealing import Sealing

# Seconds of processor time: more than any import takes at a quarter of a processor, and the kernel's to enforce.
_LIMIT_S = 20
# A tenth of a processor that a worker wants, too.
_NICE = 10
# Objects that are compared in one go: where one of them changed, each is looked at.
_MANY_GROUPED = 500
# Over names that no code named yet: each reads the loaded code once for each of them.
_MANY_PASSES = 4
# Audit events (https://docs.python.org/3/library/audit_events.html) of what an import that may be repeated here does not do.
_FORBIDDEN = (
    *("_thread.start", "ctypes.set_", "fcntl.", "ftplib.", "http.", "imaplib.", "mmap.", "os.ch"),
    *("os.exec", "os.fork", "os.kill", "os.lchown", "os.link", "os.lockf", "os.mkdir", "os.posix_spawn"),
    *("os.remove", "os.removexattr", "os.rename", "os.rmdir", "os.setxattr", "os.spawn", "os.symlink"),
    *("os.system", "os.truncate", "os.utime", "poplib.", "pty.", "resource.", "shutil.", "signal."),
    *("smtplib.", "socket.connect", "socket.get", "socket.send", "sqlite3.", "subprocess."),
    *("sys.addaudithook", "sys.set", "syslog.", "tempfile.", "urllib.", "webbrowser."),
)
# Arguments of these are places that are read; of an import the second, for native code.
_READS = frozenset(("open", "os.listdir", "os.scandir", "ctypes.dlopen", "glob.glob", "import"))
# The kernel's, which workers cannot change for us.
_KERNELS = ("/proc/", "/sys/", "/dev/null", "/dev/urandom", "/dev/random")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Sealers that take opportunities, and make nothing safe.
_OPTIONAL = frozenset(("deferred", "first_use", "service_data", "tls"))
_CONTAINERS = (dict, list, set)
# What does something: it, and what its code calls by another name than its own.
_CODE = (types.FunctionType, types.CellType, types.ModuleType)
# What a table says, and does not count: as `os.environ` has it, another object of the same value is the same.
_SETTINGS = (str, bytes, bool)
# What libraries count, keep and forget: not `bool`, though it is an `int`.
_PASSING = (int, float, tuple, weakref.ref, type(None))


def attempt(
    names: list[str],
    number: int,
    sealing: Sealing,
    *,
    temporary: tuple[str, ...],
    room_mb: int,
    spare_mb: int,
) -> None:
    """Import `names` one after another, as far as code names them, and write what came of each to `number`.

    They may take `room_mb`; they and the record of what there was before them `spare_mb`, which grows with the heap.

    `?name` before it is tried, `+name milliseconds` once it is found clean. The first that is not ends it: what it did is in this
    process. A worker serves beside it, so it ends before anything is done that such an import does not do.
    What the code of one names is tried as well. What no code names in the end is tried no more.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (_LIMIT_S, _LIMIT_S))
    with contextlib.suppress(OSError):
        # Beside a worker that is waited for, perhaps on one processor.
        os.nice(_NICE)
    quiet = os.open("/dev/null", os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.close(quiet)
    sys.dont_write_bytecode = True
    namers = Namers()
    most_mb = proc.resident_mb() + spare_mb
    others = _Others()
    watch = _Watch(temporary, min(most_mb, proc.resident_mb() + room_mb))
    # Pipes of the zygote's, this one's among them.
    sealing.own |= seal.open_descriptors()
    finders = len(sys.meta_path)
    before = _state(finders)
    left, loaded = names, 0
    for _ in range(_MANY_PASSES):
        if loaded == len(sys.modules):
            break
        loaded, todo, left = len(sys.modules), left, []
        for name in todo:
            if name in sys.modules:
                # By another one of them, or by what tries them.
                os.write(number, f"?{name}\n".encode())
                continue
            known = set(sys.modules)
            watch.is_on = True
            try:
                if not namers.name(name):
                    left.append(name)
                    continue
                os.write(number, f"?{name}\n".encode())
                began = time.monotonic()
                __import__(name)
                took_ms = round((time.monotonic() - began) * 1000)
            except BaseException:
                # Trust boundary: a module of the deployment's, of any kind, in a process that ends.
                return
            finally:
                watch.is_on = False
            new = [sys.modules[one] for one in list(sys.modules) if one not in known]
            seal_threads(sealing)
            if watch.is_large() or _state(finders) != before or not watch.has_restored() or _makes_state():
                return
            # Descriptors are asked what they compute.
            watch.is_on = True
            has_changed = others.has_changed()
            watch.is_on = False
            if has_changed or not all(map(watch.is_from_deployment, new)):
                return
            if seal.reasons_not_to_fork(sealing, temporary=temporary):
                return
            os.write(number, f"+{name} {took_ms}\n".encode())
    for name in left:
        os.write(number, f"?{name}\n".encode())


class Namers:
    """The code of the deployment that is loaded, and which modules it names by constants."""

    def __init__(self) -> None:
        self._texts: dict[str, bytes] = {}
        self._names: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def name(self, name: str) -> bool:
        """Say whether loaded code imports a module by this name, or holds it as a text within its own package.

        The standard library's code counts within its own packages: it names what no function needs, such as `site` does.
        """
        top = name.partition(".")[0]
        if top in ("dayfly", "awslambdaric", "__main__") or name.endswith(".__main__"):
            return False
        last = name.rpartition(".")[2].encode()
        for owner, module in list(sys.modules.items()):
            is_own = owner.partition(".")[0] == top
            if not is_own and owner.partition(".")[0] in sys.stdlib_module_names | {"dayfly", "awslambdaric"}:
                continue
            text = self._text(owner, module)
            # Names that are put together have their beginning there.
            if last not in text and not (is_own and top.encode() + b"." in text):
                continue
            imports, texts = self._named(owner, module)
            if name in imports or (is_own and any(_is_part(one, name) for one in texts)):
                return True
        return False

    def _named(self, owner: str, module: object) -> tuple[frozenset[str], frozenset[str]]:
        if owner not in self._names:
            self._names[owner] = _names_of(owner, module)
        return self._names[owner]

    def _text(self, owner: str, module: object) -> bytes:
        if owner not in self._texts:
            self._texts[owner] = _read(module)
        return self._texts[owner]


def _is_part(text: str, name: str) -> bool:
    """Say whether a text of a package's code is the end of a module's name, or the beginning that it puts before one."""
    end = text.lstrip(".")
    if end.replace(".", "").isidentifier() and (name == end or name.endswith("." + end)):
        return True
    return (
        text.endswith((".", "_")) and text.startswith(name.partition(".")[0] + ".") and name.startswith(text)
    )


def _loader(module: object) -> tuple[SourceFileLoader | SourcelessFileLoader | None, ModuleType | None]:
    spec = getattr(module, "__spec__", None)
    loader = getattr(spec, "loader", None)
    is_known = type(loader) is SourceFileLoader or type(loader) is SourcelessFileLoader
    return (loader, spec) if is_known else (None, None)


def _read(module: object) -> bytes:
    loader, spec = _loader(module)
    if loader is None:
        return b""
    for path in map(str, (getattr(spec, "cached", None), loader.path)):
        try:
            with open(path, "rb") as file:
                text: bytes = file.read()
                return text
        except (OSError, ValueError):
            continue
    return b""


def _names_of(owner: str, module: object) -> tuple[frozenset[str], frozenset[str]]:
    """Return what a module's code imports, and its other texts."""
    import dis

    loader, spec = _loader(module)
    try:
        whole = loader.get_code(owner) if loader is not None else None
    except (ImportError, SyntaxError, ValueError, OSError):
        whole = None
    imports: set[str] = set()
    texts: set[str] = set()
    todo = [] if whole is None else [whole]
    while todo:
        code = todo.pop()
        constants: list[object] = [0, None]
        # Instructions are pairs of bytes. Few functions import anything, and to take each apart took seconds with pandas.
        has_imports = dis.opmap["IMPORT_NAME"] in code.co_code[::2]
        for step in dis.get_instructions(code) if has_imports else ():
            if step.opname == "IMPORT_NAME":
                level, listed = constants[-2:]
                origin = _resolve(str(step.argval), level, str(getattr(spec, "parent", "")))
                imports.add(origin)
                if isinstance(listed, tuple):
                    imports.update(f"{origin}.{item}" for item in listed)
            elif step.opname.startswith(("LOAD_CONST", "LOAD_SMALL_INT", "RETURN_CONST")):
                constants.append(step.argval)
        for constant in code.co_consts:
            if isinstance(constant, type(code)):
                todo.append(constant)
            else:
                parts = constant if isinstance(constant, tuple) else (constant,)
                texts.update(part for part in parts if isinstance(part, str))
    return frozenset(imports), frozenset(texts)


def _resolve(name: str, level: object, package: str) -> str:
    if not isinstance(level, int) or level == 0:
        return name
    parts = package.split(".")
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, name] if name else base)


class _Watch:
    """What imports touch, by their audit events; the first that is forbidden ends this process, before it is done."""

    def __init__(self, temporary: tuple[str, ...], most_mb: int) -> None:
        self.is_on = False
        self._most_mb = most_mb
        self._temporary = (*temporary, *(place + "/" for place in temporary))
        self._writable: dict[str, bool] = {}
        self._variables: dict[bytes, bytes | None] = {}
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and (
            event.startswith(_FORBIDDEN)
            or (event in _READS and not self._may_read(event, arguments))
            or (event == "import" and self.is_large())
        ):
            os._exit(0)
        if self.is_on and event in ("os.putenv", "os.unsetenv"):
            name, value = (*arguments, None)[:2]
            if isinstance(name, bytes):
                self._variables[name] = value if isinstance(value, bytes) else None

    def has_restored(self) -> bool:
        """Say whether variables that were set are again as `os.environ` has them: NumPy sets one while it loads OpenBLAS."""
        return all(os.environb.get(name) == value for name, value in self._variables.items())

    def is_large(self) -> bool:
        """Say whether this process has taken more memory than it may."""
        return proc.resident_mb() > self._most_mb

    def _may_read(self, event: str, arguments: tuple[object, ...]) -> bool:
        path = arguments[event == "import"] if arguments else None
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            return False
        # A number is a descriptor that was opened before; no name is the interpreter itself.
        return (
            not isinstance(path, str)
            or path.startswith(_KERNELS)
            # By a link, perhaps to what is not there yet.
            or not self._can_write(os.path.realpath(path))
        )

    def _can_write(self, path: str) -> bool:
        """Say whether this user can change what a path leads to."""
        if path in self._temporary or path.startswith(self._temporary):
            return True
        return is_writable(path, self._writable)

    def is_from_deployment(self, module: object) -> bool:
        """Say whether a module was loaded from a file that nobody here can write, or from none."""
        spec = getattr(module, "__spec__", None)
        places = [getattr(spec, "cached", None), getattr(module, "__file__", None)]
        places += list(getattr(module, "__path__", None) or ())
        return not any(isinstance(place, str) and self._can_write(os.path.abspath(place)) for place in places)


class _Group:
    """Objects of a kind, and what they had, one after another: an import changes few of a million.

    `flatten` gives what such objects have; `size` is the length of one, where what leaves one could be where the next one begins.
    """

    __slots__ = ("_flatten", "_lengths", "_size", "_sizes", "_values", "objects")

    def __init__(
        self, flatten: Callable[[list[Any]], list[object]], size: Callable[[Any], int] | None
    ) -> None:
        self.objects: list[Any] = []
        self._flatten = flatten
        self._size = size
        self._sizes: list[int] = []
        self._values: list[object] = []
        self._lengths: list[int] = []

    def add(self, one: Any, values: list[object]) -> None:
        self.objects.append(one)
        self._sizes += [] if self._size is None else [self._size(one)]
        self._values += values
        self._lengths.append(len(values))

    def changed(self) -> Iterator[tuple[int, Any, list[object], list[object]]]:
        """Yield what changed: its place, it, what it had and what it has."""
        now = self._flatten(self.objects)
        is_same = len(now) == len(self._values) and all(map(is_, now, self._values))
        if is_same and (self._size is None or list(map(self._size, self.objects)) == self._sizes):
            return
        begin = 0
        for place, one in enumerate(self.objects):
            before, now = self._values[begin : begin + self._lengths[place]], _values(one)
            if len(now) != len(before) or not all(map(is_, now, before)):
                yield place, one, before, now
            begin += self._lengths[place]

    def replace(self, place: int, values: list[object]) -> None:
        """Take note of what one has."""
        begin = sum(self._lengths[:place])
        self._values[begin : begin + self._lengths[place]] = values
        self._lengths[place] = len(values)
        if self._size is not None:
            self._sizes[place] = self._size(self.objects[place])


class _Others:
    """What there was before an import: it may add to that, but not replace anything there, nor take it away.

    Else who owns a worker could name what the function has for tests, or for a developer's machine: a module that puts its own
    function where another's was that checks passwords.
    """

    def __init__(self) -> None:
        self._groups: list[_Group] = []
        # Those that hold texts and numbers alone, which the collector does not list up to Python 3.13.
        self._tables: dict[int, tuple[dict[object, object], dict[object, object]]] = {}
        # Descriptors of modules' own classes, and what init put before them.
        self._lazy: dict[type, dict[str, Any]] = {}
        self._hidden: set[tuple[int, str]] = set()
        # The first of these sets a flag of its class's, in many a library.
        weakref.finalize(self, int).detach()
        self._take(heap.everything())

    def _take(self, objects: list[Any]) -> None:
        """Instances of the standard library's classes are caches and counters of many kinds."""
        skipped = sys.stdlib_module_names | {"dayfly"}
        groups: dict[object, _Group] = {}
        for one in objects:
            kind = type(one)
            if (
                not issubclass(kind, (*_CONTAINERS, *_CODE, type))
                and str(kind.__module__).partition(".")[0] in skipped
            ):
                continue
            values = _values(one)
            ways = _ways(one, values)
            if ways not in groups or len(groups[ways].objects) == _MANY_GROUPED:
                groups[ways] = _Group(*ways)
                self._groups.append(groups[ways])
            groups[ways].add(one, values)
            if _is_of_modules(one):
                lazy = {name: item for name, item in vars(one).items() if hasattr(type(item), "__get__")}
                self._lazy[one] = lazy
                self._hidden |= {
                    (id(module), name) for module in _modules_of(one) for name in lazy if name in vars(module)
                }
            for value in values:
                if type(value) is dict and id(value) not in self._tables and not gc.is_tracked(value):
                    self._tables[id(value)] = (
                        value,
                        {name: each for name, each in value.items() if type(each) in _SETTINGS},
                    )
        # These lists as well.
        gc.freeze()

    def has_changed(self) -> bool:
        """Say whether anything was replaced; what is new counts as there from here on."""
        if self._has_hidden():
            return True
        for group in self._groups:
            for place, one, had, now in group.changed():
                before = had
                if _is_of_modules(one) or (type(one) is dict and "__module__" in one):
                    before = [item for item in had if not self._is_resolved(item)]
                if _is_replaced(one, before, now):
                    return True
                if len(now) > len(before):
                    # Nor may a later import replace it.
                    group.replace(place, now)
        if any(not before.items() <= table.items() for table, before in self._tables.values()):
            return True
        self._take(gc.get_objects())
        return False

    def _has_hidden(self) -> bool:
        """Say whether a module has another value than its class's descriptor of that name computes, which it hides or replaced."""
        for kind, lazy in self._lazy.items():
            for module in _modules_of(kind):
                for name in vars(module).keys() & lazy.keys():
                    # First what is there: to ask for it may put it there.
                    value, item = vars(module)[name], lazy[name]
                    is_old = (id(module), name) in self._hidden
                    if not is_old and value is not type(item).__get__(item, module, kind):
                        return True
        return False

    def _is_resolved(self, item: object) -> bool:
        """Say whether a descriptor left its class since each module of that class has what it computes: six's."""
        gone = [
            (_modules_of(kind), name)
            for kind, lazy in self._lazy.items()
            for name, one in lazy.items()
            if one is item and name not in vars(kind)
        ]
        return bool(gone) and all(
            modules and all(name in vars(module) for module in modules) for modules, name in gone
        )


def _modules_of(kind: type) -> list[object]:
    return [module for module in list(sys.modules.values()) if type(module) is kind]


def _is_of_modules(one: object) -> bool:
    """Say whether this is a class of modules other than Python's own."""
    return issubclass(type(one), type) and issubclass(one, types.ModuleType)  # type: ignore[arg-type]


def _is_replaced(one: Any, before: list[object], now: list[object]) -> bool:
    """Say whether an object lost something that it `before` had, or got code that is called in place of another's."""
    # Sets are in no order, and one object may be there twice: `True`.
    left = Counter(map(id, before))
    left.subtract(map(id, now))
    left.subtract(_stand_ins(one, before, now))
    gone = [type(item) for item in before if left[id(item)] > 0]
    if any(kind is bool or not issubclass(kind, _PASSING) for kind in gone) or _is_set(one, before, now):
        return True
    if len(now) <= len(before):
        return False
    if issubclass(type(one), _CONTAINERS):
        # What a module's code calls in place of Python's own.
        is_module = type(one) is dict and "__builtins__" in one
        added = [value for name, value in one.items() if name in vars(builtins)] if is_module else []
    else:
        # A method, or what an object calls in place of one.
        added = [item for item in now if callable(item)]
    known = set(map(id, before))
    return any(id(item) not in known for item in added)


def _ways(
    one: Any, values: list[object]
) -> tuple[Callable[[list[Any]], list[object]], Callable[[Any], int] | None]:
    """Return how to ask objects of this one's kind for what they have all at once, and for their lengths."""
    kind = type(one)
    if kind is types.FunctionType:
        return _of_functions, None
    for container in _CONTAINERS:
        if issubclass(kind, container) and not (kind is dict and "__module__" in one):
            return _referents, container.__len__
    # The class stands between what one has and what the next one has.
    if not issubclass(kind, (*_CONTAINERS, *_CODE, type)) and any(value is kind for value in values):
        return _referents, None
    return _of_each, None


def _referents(objects: list[Any]) -> list[object]:
    return gc.get_referents(*objects)


def _of_functions(functions: list[Any]) -> list[object]:
    return [
        value
        for one in functions
        for value in (one.__code__, *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values())
    ]


def _of_each(objects: list[Any]) -> list[object]:
    return [value for one in objects for value in _values(one)]


def _values(one: Any) -> list[object]:
    """Return what an object has, and of a function what it does.

    Not what a class has for Python or its metaclass, data under names like `__module__`: AnyIO moves classes, pydantic completes models.
    """
    if type(one) is types.FunctionType:
        return _of_functions([one])
    if issubclass(type(one), types.ModuleType):
        # Its names are a dictionary's; what else it refers to is its own native code's.
        return [type(one)]
    if issubclass(type(one), type):
        attributes = vars(one)
    elif type(one) is dict and "__module__" in one:
        attributes = one
    else:
        return gc.get_referents(one)
    return [
        value
        for name, value in attributes.items()
        if not (type(name) is str and name[:2] == "__" == name[-2:])
        or callable(value)
        or hasattr(type(value), "__get__")
    ]


def _stand_ins(one: Any, before: list[object], now: list[object]) -> list[int]:
    """Return the ids of what was in a package in place of modules of its own, which came and have their names now."""
    if type(one) is not dict or "__spec__" not in one or len(now) != len(one):
        return []
    package, modules = one.get("__name__"), sys.modules
    return [
        id(old)
        for name, old, new in zip(one, before, now, strict=False)
        if new is not old and not callable(old) and new is modules.get(f"{package}.{name}")
    ]


def _is_set(one: Any, before: list[object], now: list[object]) -> bool:
    """Say whether there is code now where None was left for it, or a module has other constants."""
    if type(one) is set or len(now) < len(before):
        return False
    is_module = type(one) is dict and "__builtins__" in one and len(now) == len(one)
    return any(
        (old is None and callable(new)) or (is_module and type(old) is tuple and name[:1] != "_")
        for name, old, new in zip(one if is_module else before, before, now, strict=False)
        if new is not old
    )


def _state(finders: int) -> tuple[object, ...]:
    """Return what an import could change for others beside modules; what finds modules behind `finders` changes nothing: six's."""
    signals = importlib.import_module("_signal")
    handlers = tuple(id(signals.getsignal(number)) for number in signals.valid_signals())
    path = [list(sys.path), list(map(id, sys.meta_path[:finders])), list(map(id, sys.path_hooks))]
    hooks = (id(sys.excepthook), id(sys.displayhook), id(__import__), id(sys.stdout), id(sys.stderr))
    mask = os.umask(0o77)
    os.umask(mask)
    return (
        dict(os.environ),
        path,
        os.getcwd(),
        handlers,
        hooks,
        interpreter.settings(),
        mask,
        forkhooks.count(),
        seal.count_others(),
    )


def _makes_state() -> bool:
    """Say whether anything new is of a kind that a sealer would have made fork-safe."""
    kinds: tuple[type, ...] = ()
    for name, triggers, _needed in sealers.SEALERS:
        if name not in _OPTIONAL and any(map(sys.modules.__contains__, triggers)):
            kinds += sealers.kinds_of(name)
    return any(issubclass(type(item), kinds) for item in gc.get_objects())
