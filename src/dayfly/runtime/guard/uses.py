"""Which of the interpreter's events are uses of a capability, and of what."""

from __future__ import annotations

import os

from dayfly.core.destinations import pack_address
from dayfly.runtime.guard import owncode
from dayfly.runtime.guard.loading import on_exec, on_set_attribute
from dayfly.runtime.guard.places import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from dayfly.runtime.guard.capabilities import Capabilities

    Arguments = tuple[object, ...]
    Act = Callable[[Capabilities, Arguments, FrameType], None]

# What walks through directories by descriptors.
WALKERS = ("/shutil.py", "/os.py", "<frozen os>")
# What ends the children that it has started itself.
_KEEPERS = ("/subprocess.py", "/multiprocessing/", "/asyncio/", "/concurrent/futures/")
_STARTERS = ("/subprocess.py", "/os.py", "<frozen os>")
# Taken before there is code that could replace it.
_access = os.access
_SHELL = "/bin/sh"
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def program(capabilities: Capabilities, value: object) -> str:
    """Return a program as a policy names it: one that is found where functions write by its path."""
    if isinstance(value, list):
        value = list.__getitem__(value, 0) if list.__len__(value) else ""
    elif isinstance(value, tuple):
        value = tuple.__getitem__(value, 0) if tuple.__len__(value) else ""
    name = text_of(value) or ""
    if "/" in name:
        return capabilities.full_path(name)
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        path = f"{folder or '.'}/{name}"
        if _access(path, os.X_OK):
            full = capabilities.full_path(path)
            return full if full.startswith(capabilities.places.temporary) else name
    return name


def _on_popen(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    capabilities.ask("process", program(capabilities, arguments[0] or arguments[1]), frame)


def _on_program(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    # Asked about as a whole before.
    if not is_library(capabilities, frame, _STARTERS):
        capabilities.ask("process", program(capabilities, arguments[0]), frame)


def _on_spawn(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    capabilities.ask("process", program(capabilities, arguments[1]), frame)


def _on_pty(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    capabilities.ask("process", program(capabilities, arguments[0]), frame)


def _on_system(capabilities: Capabilities, _arguments: Arguments, frame: FrameType) -> None:
    capabilities.ask("process", _SHELL, frame)


def _on_fork(capabilities: Capabilities, _arguments: Arguments, frame: FrameType) -> None:
    if not is_library(capabilities, frame, (*_STARTERS, "/pty.py")):
        capabilities.ask("process", "fork", frame)


def _on_kill(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    if arguments[0] != os.getpid() and not is_library(capabilities, frame, _KEEPERS):
        capabilities.ask("process", "signal", frame)


def is_library(capabilities: Capabilities, frame: FrameType, names: tuple[str, ...]) -> bool:
    """Say whether one of these files of the interpreter's stands in this frame."""
    name = frame.f_code.co_filename
    return any(part in name for part in names) and not capabilities.origins.owner(frame.f_code)


def _ask(
    capabilities: Capabilities, kind: str, path: object, frame: FrameType, *, folder: object = -1
) -> None:
    if not owncode.is_importing(frame):
        # What the import system looks for and caches is nobody's use.
        capabilities.ask_path(kind, path, frame, folder=folder)


def _on_open(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    path, mode, flags = arguments
    if type(path) is int:
        return
    if type(path) is str and "/" not in path and is_library(capabilities, frame, WALKERS):
        # In a directory that was asked about.
        return
    for kind in kinds_of_opening(mode if type(mode) is str else "", flags if type(flags) is int else 0):
        _ask(capabilities, kind, path, frame)


def kinds_of_opening(mode: str, flags: int) -> tuple[str, ...]:
    """Return what a file that is opened like this is opened for."""
    writes = bool(flags & _WRITES) or any(letter in mode for letter in "wax+")
    if not writes:
        return ("read",)
    return ("write", "read") if (flags & os.O_ACCMODE) == os.O_RDWR or "+" in mode else ("write",)


def _on_read(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    if arguments:
        _ask(capabilities, "read", arguments[0], frame)


def _on_write(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    _ask(capabilities, "write", arguments[0], frame)


def _on_write_below(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    _ask(capabilities, "write", arguments[0], frame, folder=arguments[-1])


def _on_rename(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    for path, folder in zip(arguments[:2], arguments[2:4], strict=False):
        _ask(capabilities, "write", path, frame, folder=folder)


def _on_link(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    """A link gives what it leads to a name that may be allowed: it takes the right to read that."""
    folders = (*arguments[2:4], -1, -1)
    _ask(capabilities, "read", arguments[0], frame, folder=folders[0])
    _ask(capabilities, "write", arguments[1], frame, folder=folders[1])


def _on_symlink(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    source, target = arguments[0], arguments[1]
    full = capabilities.full_path(target, arguments[2] if len(arguments) > 2 else -1)
    text = text_of(source) or ""
    if text and not text.startswith("/"):
        text = f"{os.path.dirname(full)}/{text}"
    _ask(capabilities, "read", text, frame)
    _ask(capabilities, "write", full, frame)


def _on_database(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    text = text_of(arguments[0]) or ""
    if not text or text.startswith(":memory:") or "mode=memory" in text:
        return
    if text.startswith("file:"):
        name, _, options = text[len("file:") :].partition("?")
        _ask(capabilities, "read" if "mode=ro" in options else "write", name, frame)
        return
    _ask(capabilities, "write", text, frame)


def _on_resolve(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    host = _text(arguments[0])
    if not host or pack_address(host):
        # Its own addresses, or no look-up at all.
        return
    port = arguments[1] if len(arguments) > 1 else None
    capabilities.ask("network", f"{host}:{port}" if type(port) is int and port else host, frame)


def _on_reverse(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    value = arguments[0][0] if isinstance(arguments[0], tuple) and arguments[0] else arguments[0]
    host = _text(value)
    if host:
        capabilities.ask("network", host, frame, names=capabilities.names_of(pack_address(host)))


def _on_connect(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    address = arguments[1]
    if address is None or address == ():
        # Over a connection that was asked about.
        return
    if isinstance(address, (str, bytes)):
        text = text_of(address) or ""
        target = f"unix:@{text[1:]}" if text.startswith("\0") else f"unix:{capabilities.full_path(text)}"
        capabilities.ask("network", target, frame)
        return
    address = tuple.__getitem__(address, slice(None)) if isinstance(address, tuple) else ()
    if len(address) < 2 or not (host := _text(address[0])):
        family = getattr(arguments[0], "family", 0)
        capabilities.ask("network", f"family:{int(family) if isinstance(family, int) else 0}", frame)
        return
    port = address[1]
    packed = pack_address(host)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    capabilities.ask(
        "network", target, frame, names=tuple(f"{name}:{port}" for name in capabilities.names_of(packed))
    )


def _on_bind(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    address = arguments[1]
    if not (isinstance(address, tuple) and len(address) > 1 and address[1] == 0):
        # At a port of the kernel's choosing nobody is awaited.
        _on_connect(capabilities, arguments, frame)


def _text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytearray) else text_of(value) or ""


def _on_load_library(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    name = arguments[0]
    if name is None:
        # The interpreter's own symbols, the C library's among them.
        _ask_symbols(capabilities, frame)
        return
    _ask_library(capabilities, name, frame)


def _ask_library(capabilities: Capabilities, name: object, frame: FrameType) -> None:
    text = text_of(name) or ""
    if "/" in text:
        text = capabilities.full_path(text)
        if capabilities.guard.phase == "init" and text.startswith(capabilities.places.roots):
            return
    if text:
        capabilities.ask("native", text, frame)


def _on_symbol(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    if getattr(arguments[0], "_name", "") is None:
        _ask_symbols(capabilities, frame)


def _ask_symbols(capabilities: Capabilities, frame: FrameType) -> None:
    above: FrameType | None = frame
    while above is not None and is_library(capabilities, above, ("/ctypes/__init__.py",)):
        if above.f_code.co_name == "<module>":
            # `ctypes` itself has them from its first line on.
            return
        above = above.f_back
    capabilities.ask("native", "self", frame)


def _on_import(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    """An extension module; of the interpreter's own nobody asks."""
    path = arguments[1]
    if type(path) is str and not capabilities.places.is_library(path):
        _ask_library(capabilities, path, frame)


def _on_load_extension(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    _ask_library(capabilities, arguments[1], frame)


def _on_interpreter(capabilities: Capabilities, _arguments: Arguments, frame: FrameType) -> None:
    """No hook of Python's sees what another interpreter does."""
    capabilities.ask("native", "interpreter", frame)


def _on_thread(capabilities: Capabilities, arguments: Arguments, frame: FrameType) -> None:
    begin_thread(capabilities, arguments[0], frame, capabilities.ask)


def begin_thread(
    capabilities: Capabilities, function: object, frame: FrameType, ask: Callable[..., None]
) -> None:
    """A thread is about to run `function`: remember who started it, and ask whether he may."""
    who = capabilities.origins.starts(
        getattr(function, "__self__", function), frame, capabilities.guard.phase
    )
    if who:
        ask("threads", who, frame)


# By kind, so that what is not restricted costs nothing.
ACTS: dict[str, dict[str, Act]] = {
    "": {
        "exec": on_exec,
        "object.__setattr__": on_set_attribute,
        **dict.fromkeys(("_thread.start_new_thread", "_thread.start_joinable_thread"), _on_thread),
    },
    "process": {
        "subprocess.Popen": _on_popen,
        "os.system": _on_system,
        **dict.fromkeys(("os.exec", "os.posix_spawn"), _on_program),
        "os.spawn": _on_spawn,
        "pty.spawn": _on_pty,
        **dict.fromkeys(("os.fork", "os.forkpty"), _on_fork),
        **dict.fromkeys(("os.kill", "os.killpg"), _on_kill),
    },
    "network": {
        **dict.fromkeys(("socket.getaddrinfo", "socket.gethostbyname"), _on_resolve),
        **dict.fromkeys(("socket.gethostbyaddr", "socket.getnameinfo"), _on_reverse),
        **dict.fromkeys(("socket.connect", "socket.sendto", "socket.sendmsg"), _on_connect),
        "socket.bind": _on_bind,
    },
    "read": {
        "open": _on_open,
        **dict.fromkeys(("os.listdir", "os.scandir"), _on_read),
        "os.link": _on_link,
        "os.symlink": _on_symlink,
    },
    "write": {
        "open": _on_open,
        **dict.fromkeys("os.remove os.rmdir os.mkdir os.chmod os.chown os.utime".split(), _on_write_below),
        **dict.fromkeys(("os.truncate", "os.setxattr", "os.removexattr"), _on_write),
        "os.rename": _on_rename,
        "os.link": _on_link,
        "os.symlink": _on_symlink,
        "sqlite3.connect": _on_database,
    },
    "native": {
        "ctypes.dlopen": _on_load_library,
        "ctypes.dlsym": _on_symbol,
        "import": _on_import,
        "sqlite3.load_extension": _on_load_extension,
        "cpython.PyInterpreterState_New": _on_interpreter,
    },
    # By `/proc/self/environ`.
    "credentials": {"open": _on_open},
}
ACTS["environment"] = ACTS["credentials"]


def acts_for(kinds: frozenset[str]) -> dict[str, Act]:
    """Return what is to be done at which event where these kinds are asked about."""
    acts = dict(ACTS[""])
    for kind in kinds:
        acts |= ACTS.get(kind, {})
    return acts
