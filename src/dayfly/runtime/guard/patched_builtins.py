"""Stands in for builtins whose results or whose use the guard has to know, and that raise no event, or too late.

Look-ups: an address is allowed if it was found for an allowed name. Children: `_posixsubprocess` starts them without a word.
"""

from __future__ import annotations

import functools
import sys
from types import CodeType

from dayfly.core.destinations import pack_address
from dayfly.runtime.guard import uses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from dayfly.runtime.guard.capabilities import Capabilities

    Arguments = tuple[Any, ...]
    Options = dict[str, Any]
    Asks = Callable[[Capabilities, Arguments, Options, FrameType], None]

# Where a builtin is defined, and the modules that have taken it from there.
_PLACES = {
    "posix": ("posix", "os"),
    "_signal": ("_signal", "signal"),
    "_socket": ("_socket", "socket"),
    "_posixsubprocess": ("_posixsubprocess", "subprocess"),
    "_thread": ("_thread", "threading"),
}
_SCHEDULING = ("sched_setaffinity", "sched_setparam", "sched_setscheduler", "setpriority", "nice")


def watch(capabilities: Capabilities) -> None:
    """Replace the builtins that the policy's kinds need."""
    if "network" in capabilities.kinds:
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            _replace("_socket", name, functools.partial(_learning, capabilities, name))
    if "process" in capabilities.kinds:
        _ask(capabilities, "_posixsubprocess", "fork_exec", _about_child)
        _ask(capabilities, "_signal", "pidfd_send_signal", _about("process", "signal"))
        for name in _SCHEDULING:
            _ask(capabilities, "posix", name, _about("process", "scheduling"))
    if "write" in capabilities.kinds:
        _ask(capabilities, "posix", "memfd_create", _about("write", "memfd"))
        for name in ("mkfifo", "mknod"):
            _ask(capabilities, "posix", name, _about_file)
    if not {"read", "write", "credentials"}.isdisjoint(capabilities.kinds):
        _ask(capabilities, "posix", "open", _about_open)
    if sys.version_info < (3, 12):
        # Later ones raise an event.
        _ask(capabilities, "_thread", "start_new_thread", _about_thread)


def _replace(module: str, name: str, make: Callable[[Any], Any]) -> None:
    __import__(module)
    plain = getattr(sys.modules[module], name, None)
    if plain is None:
        return
    watched = make(plain)
    for place in _PLACES[module]:
        # As `subprocess` and `threading` call theirs.
        for called in (name, "_" + name):
            if getattr(sys.modules.get(place), called, None) is plain:
                setattr(sys.modules[place], called, watched)


def _ask(capabilities: Capabilities, module: str, name: str, asks: Asks) -> None:
    _replace(module, name, lambda plain: _watched(plain, capabilities, asks))


def _watched(plain: Any, capabilities: Capabilities, asks: Asks) -> Any:
    def watched(*arguments: Any, **options: Any) -> Any:
        if capabilities.guard.phase:
            asks(capabilities, arguments, options, sys._getframe(1))
        return plain(*arguments, **options)

    functools.update_wrapper(watched, plain)
    # Nobody is to be handed what is asked about.
    del vars(watched)["__wrapped__"]
    return watched


# The frame in which events of such a builtin are raised.
WRAPPER = next(code for code in _watched.__code__.co_consts if isinstance(code, CodeType))


def _about(kind: str, target: str) -> Asks:
    return lambda capabilities, _arguments, _options, frame: capabilities.ask_wrapped(kind, target, frame)


def _about_file(capabilities: Capabilities, arguments: Arguments, options: Options, frame: FrameType) -> None:
    path = arguments[0] if arguments else options.get("path")
    if full := capabilities.full_path(path, options.get("dir_fd")):
        capabilities.ask_wrapped("write", full, frame)


def _about_open(capabilities: Capabilities, arguments: Arguments, options: Options, frame: FrameType) -> None:
    """The event of `os.open` does not tell the directory that a path begins at."""
    folder = options.get("dir_fd")
    if type(folder) is not int or not arguments or uses.is_library(capabilities, frame, uses.WALKERS):
        return
    flags = arguments[1] if len(arguments) > 1 else options.get("flags", 0)
    full = capabilities.full_path(arguments[0], folder)
    for kind in uses.kinds_of_opening("", flags):
        capabilities.ask_wrapped(kind, full, frame, is_path=True)


def _about_child(
    capabilities: Capabilities, arguments: Arguments, _options: Options, frame: FrameType
) -> None:
    # Of subprocess it is an event of its own.
    if not uses.is_library(capabilities, frame, ("/subprocess.py",)):
        program = uses.program(capabilities, arguments[0] if arguments else "")
        capabilities.ask_wrapped("process", program, frame)


def _about_thread(
    capabilities: Capabilities, arguments: Arguments, _options: Options, frame: FrameType
) -> None:
    if arguments:
        uses.begin_thread(capabilities, arguments[0], frame, capabilities.ask_wrapped)


def _learning(capabilities: Capabilities, name: str, plain: Any) -> Any:
    @functools.wraps(plain)
    def watched(*arguments: Any, **options: Any) -> Any:
        found = plain(*arguments, **options)
        host = arguments[0] if arguments else options.get("host")
        if capabilities.guard.phase and host:
            text = host.decode("latin-1") if isinstance(host, bytes) else str(host)
            if not pack_address(text):
                capabilities.resolved(text.lower().rstrip("."), _addresses(name, found))
        return found

    return watched


def _addresses(name: str, found: Any) -> list[bytes]:
    if name == "getaddrinfo":
        texts = [entry[4][0] for entry in found]
    else:
        texts = [found] if name == "gethostbyname" else found[2]
    return [packed for text in texts if isinstance(text, str) and (packed := pack_address(text))]
