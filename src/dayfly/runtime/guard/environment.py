"""Has the policy asked when code reads variables of the environment, which raises no event.

Where it refuses, code that goes through all variables finds only those that it may read; a name that it asks for is refused. What `os.environ` keeps its variables in is replaced by what asks first. C code's `getenv` is not seen.
"""

from __future__ import annotations

import os
import posix
import sys
from collections.abc import MutableMapping

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from dayfly.runtime.guard.capabilities import Capabilities
    from dayfly.runtime.guard.origins import Origins

# What hands the whole environment on to a child, which then has it in any case.
_STARTERS = frozenset(("_execvpe", "_spawnvef", "_posix_spawn", "execvpe", "get_exec_path"))
_STARTING = ("/subprocess.py", "<frozen os>", "/os.py")
# Of what this reads it keeps the proxies.
_PROXIES, _REQUESTS = "getproxies_environment", "/urllib/request.py"
_MANY_STEPS = 8


def watch(capabilities: Capabilities) -> None:
    """Put what asks between `os.environ` and its variables."""
    capabilities.variables = posix.environ
    watched = _watched(posix.environ, capabilities)
    for owner in (os.environ, os.environb):
        setattr(owner, "_data", watched)  # noqa: B010
    posix.environ = watched  # type: ignore[assignment]


def _watched(data: dict[bytes, bytes], capabilities: Capabilities) -> object:
    """Return what behaves as `data` does for `os.environ`; whoever has it has not `data`."""
    guard = capabilities.guard

    def ask(key: object) -> None:
        if guard.phase and type(key) is bytes:
            frame = _reader(sys._getframe(2), capabilities.origins, key)
            if frame is not None:
                capabilities.ask_variable(os.fsdecode(key), frame, is_set=key in data)

    def visible() -> list[bytes]:
        """Return the names that code which goes through all of them is shown."""
        if guard.phase:
            frame = _reader(sys._getframe(2), capabilities.origins, b"")
            if frame is not None:
                return [key for key in data if capabilities.may_see(os.fsdecode(key), frame)]
        return list(data)

    class Environment(MutableMapping[bytes, bytes]):
        """The variables, by name."""

        __slots__ = ()

        def __getitem__(self, key: bytes) -> bytes:
            ask(key)
            return data[key]

        def __setitem__(self, key: bytes, value: bytes) -> None:
            data[key] = value

        def __delitem__(self, key: bytes) -> None:
            del data[key]

        def __iter__(self) -> Iterator[bytes]:
            return iter(visible())

        def __len__(self) -> int:
            return len(visible())

        def __contains__(self, key: object) -> bool:
            return key in data

        def copy(self, _memo: object = None) -> dict[bytes, bytes]:
            return dict(self)

        __copy__ = __deepcopy__ = copy

    return Environment()


def _reader(frame: FrameType, origins: Origins, key: bytes) -> FrameType | None:
    """Return the frame that reads a variable; None where the interpreter hands it to a child, or looks at its name alone."""
    for above in owncode.stack(frame, _MANY_STEPS):
        if origins.owner(above.f_code):
            break
        if above.f_code.co_name in _STARTERS and above.f_code.co_filename.endswith(_STARTING):
            return None
        if above.f_code.co_name == _PROXIES and above.f_code.co_filename.endswith(_REQUESTS):
            return frame if key.lower().endswith(b"_proxy") else None
    return frame
