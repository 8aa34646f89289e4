"""Reads ahead of later forks what workers read of botocore's data for the clients that they made: 20 to 60 ms of CPU each.

A loader keeps what it has read, and each session has one. The first session that a process makes is made here, and gets a loader from
here; those of init have theirs. A worker says what it read, and who owns a worker says what he likes: it counts only as a choice among the
files that a loader finds by their names, in places that this user cannot change, few of them and for a bounded time.
"""

from __future__ import annotations

import gc
import os
import sys
import time

from dayfly._sys.access import is_writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

# A loader's methods whose results it keeps under their names and arguments. What these call themselves has a slash in it.
_METHODS = ("list_available_services", "load_data_with_path", "load_service_model")
_NONE = "-"
_BY_NAME = "api_version"
# Of processor time: EC2, the largest service, takes 0.4 s and 40 MB; most take a tenth of that. A client takes six readings.
_MOST_S = 0.6
_MANY_READINGS = 60
_MANY_LOADERS = 10


def kinds() -> tuple[type, ...]:
    """Return the class of botocore's loaders."""
    kind = getattr(sys.modules["botocore.loaders"], "Loader", None)
    return (kind,) if isinstance(kind, type) else ()


def seal(found: Found, sealing: Sealing) -> None:
    """Have the next session be one from here, once a worker has made one, with a loader from here; and know the loaders of init."""
    module = sys.modules["botocore.session"]
    make_loader, make_session = (getattr(module, name, None) for name in ("create_loader", "get_session"))
    if not sealing.warms or sealing.is_window or not kinds() or make_loader is None or make_session is None:
        return
    known: list[object] = found.of(*kinds())
    loaders: list[object] = [kinds()[0]()]
    sessions: list[object] = []

    def create_loader(search_path_string: str | None = None) -> object:
        return loaders.pop() if search_path_string is None and loaders else make_loader(search_path_string)

    def get_session(env_vars: object = None) -> object:
        return sessions.pop() if env_vars is None and sessions else make_session(env_vars)

    def prepare() -> None:
        # It takes from the environment what the platform says of itself; what is a function's it asks for when it makes a client.
        if not getattr(sys.modules["botocore"], "_INITIALIZERS", ()):
            sessions.append(make_session(None))

    sealing.learners.append(ServiceData([*loaders, *known[:_MANY_LOADERS]], prepare))
    module.create_loader, module.get_session = create_loader, get_session  # type: ignore[attr-defined]


class ServiceData:
    """What `loaders` have read in a worker, and in the zygote what they are to read.

    The first has no session yet: `prepare` makes one, once a worker has made one.
    """

    MARK = "@"
    __slots__ = ("_left_s", "_loaders", "_prepare", "_readings", "_sizes", "_waiting")

    def __init__(self, loaders: list[object], prepare: Callable[[], None]) -> None:
        self._loaders = loaders
        self._prepare: Callable[[], None] | None = prepare
        # What a worker has beyond these it has read itself.
        self._sizes = self._counts()
        self._waiting: list[tuple[object, tuple[str | None, ...]]] = []
        self._readings = _MANY_READINGS
        self._left_s = _MOST_S

    def told(self) -> list[str]:
        """In a worker: what was read since."""
        lines: list[str] = []
        for at, (loader, size) in enumerate(zip(self._loaders, self._sizes, strict=True)):
            for key in list(_kept(loader))[size:]:
                words = [_NONE if part is None else part for part in key if part is None or type(part) is str]
                if len(words) == len(key) and words[0] in _METHODS and all(map(_is_word, words)):
                    lines.append(" ".join((str(at), *words)))
        self._sizes = self._counts()
        return lines

    def _counts(self) -> list[int]:
        return [len(_kept(loader)) for loader in self._loaders]

    def hear(self, lines: list[str]) -> None:
        """In the zygote: take what a worker says that it read."""
        for line in lines:
            at, *words = line.split(" ")
            if not (at.isdecimal() and at.isascii() and int(at) < len(self._loaders)):
                continue
            loader, key = self._loaders[int(at)], tuple(None if word == _NONE else word for word in words)
            if (
                self._readings > 0
                and key not in _kept(loader)
                and (loader, key) not in self._waiting
                and words
                and words[0] in _METHODS
                and all(map(_is_word, words))
            ):
                self._readings -= 1
                self._waiting.append((loader, key))

    def spend_a_moment(self) -> None:
        """In the zygote: read one of them, or make the session that read the first."""
        if not self._waiting or self._left_s <= 0:
            return
        prepare, began = self._prepare, time.process_time()
        try:
            if prepare is not None and self._waiting[0][0] is self._loaders[0]:
                self._prepare = None
                prepare()
                return
            loader, (name, *arguments) = self._waiting.pop(0)
            _read(loader, str(name), arguments)
        except Exception:
            # Trust boundary: names that a worker chose; a library of a version nobody tried.
            return
        finally:
            self._left_s -= time.process_time() - began
            self._sizes = self._counts()
            gc.freeze()


def _read(loader: object, name: str, arguments: list[str | None]) -> None:
    named: dict[str, str | None] = {}
    if _BY_NAME in arguments:
        at = arguments.index(_BY_NAME)
        named[_BY_NAME] = arguments[at + 1]
        del arguments[at : at + 2]
    places: list[str] = loader.search_paths  # type: ignore[attr-defined]
    before = places[:]
    # As a session of boto3 will have it.
    if "boto3" in sys.modules:
        more = os.path.join(os.path.dirname(str(sys.modules["boto3"].__file__)), "data")
        places += [more] if more not in places else []
    if any(os.path.exists(place) and is_writable(place) for place in places):
        return
    # Who could make one that is missing now does not decide what is found.
    places[:] = [place for place in places if os.path.exists(place)]
    read: Callable[..., object] = getattr(loader, name)
    try:
        read(*arguments, **named)
    finally:
        places[:] = before


def _kept(loader: object) -> dict[tuple[object, ...], object]:
    kept = getattr(loader, "_cache", None)
    return kept if type(kept) is dict else {}


def _is_word(word: str) -> bool:
    return (word.isascii() and word.translate({45: None, 46: None, 95: None}).isalnum()) or word == _NONE
