"""Reads ahead of later forks what workers read of botocore's data for the clients that they made: 20 to 60 ms of CPU each.

A loader keeps what it has read, and each session has one. The first session that a process makes is made here, and gets a loader from
here; those of init have theirs. A worker says what it read, and who owns a worker says what he likes: it counts only as a choice among the
files that a loader finds by their names, in places that this user cannot change, few of them and for a bounded time. And it
counts for a session only as long as that looks in the same places, and is what a new one would be.
"""

from __future__ import annotations

import gc
import os
import sys
import time

from dayfly._sys import proc
from dayfly._sys.access import is_writable
from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from dayfly.runtime.sealing import Sealing

    Key = tuple[object, ...]
    Made = TypeVar("Made")

# A loader's methods whose results it keeps under their names and arguments. What these call themselves has a slash in it.
_METHODS = ("list_available_services", "load_data_with_path", "load_service_model")
_NONE = "-"
_BOTO3S = "+"
_BY_NAME = "api_version"
# Of processor time: EC2, the largest service, takes 0.4 s and 40 MB; most take a tenth of that. A client takes six readings.
_MOST_S = 0.6
_MANY_READINGS = 60
_MANY_LOADERS = 10
# Of memory that this process grows by, where the function has more than four times that and no worker needs it: the largest services
# take 170 MB in that time.
_MOST_MB = 64


def kinds() -> tuple[type, ...]:
    """Return the class of botocore's loaders."""
    return heap.classes(("botocore.loaders", "Loader"))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Have the next session be one from here, once a worker has made one, with a loader from here; and know the loaders of init."""
    module = sys.modules["botocore.session"]
    make_loader, make_session = (getattr(module, name, None) for name in ("create_loader", "get_session"))
    if not sealing.warms or sealing.is_window or not kinds() or make_loader is None or make_session is None:
        return
    known: list[object] = found.of(*kinds())
    loaders: list[object] = [kinds()[0]()]
    sessions: list[tuple[object, object]] = []

    def create_loader(search_path_string: str | None = None) -> object:
        made = _take(loaders) if search_path_string is None else None
        if made is None:
            made = make_loader(search_path_string)
            if search_path_string is None:
                # A second session, or one that was made past the next function, as PynamoDB makes it.
                data.give(made)
        return made

    def get_session(env_vars: object = None) -> object:
        made = _take(sessions) if env_vars is None else None
        return make_session(env_vars) if made is None or made[1] != _shape() else made[0]

    def prepare() -> None:
        # It takes from the environment what the platform says of itself; what is a function's it asks for when it makes a client.
        if not _initializers():
            sessions.append((make_session(None), _shape()))

    data = ServiceData([*loaders, *known[:_MANY_LOADERS]], prepare)
    sealing.learners.append(data)
    module.create_loader, module.get_session = create_loader, get_session  # type: ignore[attr-defined]


def _take(made: list[Made]) -> Made | None:
    """Return one of them, to one thread alone."""
    try:
        return made.pop()
    except IndexError:
        return None


def _initializers() -> tuple[object, ...]:
    return tuple(getattr(sys.modules["botocore"], "_INITIALIZERS", ()))


def _shape() -> object:
    """Return what a session is made of beside its environment: what instrumentation and mocks add to when they are loaded."""
    kind = getattr(sys.modules["botocore.session"], "Session", None)
    handlers = getattr(sys.modules.get("botocore.handlers"), "BUILTIN_HANDLERS", ())
    variables = dict(getattr(kind, "SESSION_VARIABLES", ()))
    return kind, getattr(kind, "__init__", None), tuple(handlers), variables, _initializers()


class Kept(dict[tuple[object, ...], object]):
    """What a loader has read. What was read ahead counts only while the loader finds the same places."""

    __slots__ = ("_loader", "_places", "reads_in")

    def __init__(self, loader: object, kept: dict[Key, object]) -> None:
        super().__init__(kept)
        self._loader = loader
        self._places: dict[Key, list[str]] = {}
        # Where the zygote reads just now.
        self.reads_in: list[str] = []

    def __contains__(self, key: object) -> bool:
        if not super().__contains__(key):
            return False
        places = self._places.get(key)  # type: ignore[call-overload]
        return places is None or places == (self.reads_in or _that_exist(self._loader.search_paths))  # type: ignore[attr-defined]

    def copy_for(self, loader: object) -> Kept:
        """Return the same for another loader."""
        copy = Kept(loader, self)
        copy._places = dict(self._places)
        return copy

    def __reduce__(self) -> tuple[type, tuple[dict[Key, object]]]:
        # Copies of a loader, and what it sends elsewhere, are as if this were none of ours.
        return dict, ({key: self[key] for key in list(self) if key in self},)

    def __setitem__(self, key: Key, value: object) -> None:
        super().__setitem__(key, value)
        self._places.pop(key, None)
        if self.reads_in:
            self._places[key] = self.reads_in

    def shrink(self, size: int) -> None:
        """Forget all but the first so many."""
        for key in list(self)[size:]:
            del self[key]
            self._places.pop(key, None)


def _that_exist(places: list[str]) -> list[str]:
    return [place for place in places if os.path.exists(place)]


class ServiceData:
    """What `loaders` have read in a worker, and in the zygote what they are to read.

    The first has no session yet: `prepare` makes one, once a worker has made one. Later ones of that worker have what it has read.
    """

    MARK = "@"
    MANY = 25
    __slots__ = ("_given", "_left_s", "_loaders", "_most_mb", "_prepare", "_readings", "_sizes", "_waiting")

    def __init__(self, loaders: list[object], prepare: Callable[[], None]) -> None:
        self._loaders = loaders
        for loader in loaders:
            if type(getattr(loader, "_cache", None)) is dict:
                loader._cache = Kept(loader, loader._cache)  # type: ignore[attr-defined]
        self._prepare: Callable[[], None] | None = prepare
        # Loaders of a worker's that have what the first one has, and how much that was.
        self._given: list[tuple[object, int]] = []
        # What a worker has beyond these it has read itself.
        self._sizes = self._counts()
        self._waiting: list[tuple[object, tuple[str | None, ...], bool]] = []
        self._readings = _MANY_READINGS
        self._left_s = _MOST_S
        self._most_mb = 0

    def give(self, loader: object) -> None:
        """In a worker: have a new loader begin with what the first one has."""
        kept = _kept(self._loaders[0])
        if type(kept) is Kept and type(loader) is type(self._loaders[0]) and _kept(loader) == {}:
            loader._cache = kept.copy_for(loader)  # type: ignore[attr-defined]
            self._given.append((loader, len(kept)))

    def told(self) -> list[str]:
        """In a worker: what was read since."""
        lines: list[str] = []
        loaders = [*zip(range(len(self._loaders)), self._loaders, self._sizes, strict=True)]
        for at, loader, size in [*loaders, *((0, *one) for one in self._given)]:
            news = list(_kept(loader))[size:]
            # boto3 has its sessions look in a place more.
            is_boto3s = news and not _boto3s().isdisjoint(getattr(loader, "search_paths", ()))
            mark = _BOTO3S if is_boto3s else ""
            for key in news:
                words = [_NONE if part is None else part for part in key if part is None or type(part) is str]
                if len(words) == len(key) and words[0] in _METHODS and all(map(_is_word, words)):
                    lines.append(" ".join((f"{at}{mark}", *words)))
        self._sizes = self._counts()
        self._given = []
        return lines

    def _counts(self) -> list[int]:
        return [len(_kept(loader)) for loader in self._loaders]

    def hear(self, lines: list[str]) -> None:
        """In the zygote: take what a worker says that it read."""
        for line in lines:
            at, *words = line.split(" ")
            is_boto3s, at = at.endswith(_BOTO3S), at.removesuffix(_BOTO3S)
            if not (at.isdecimal() and at.isascii() and len(at) < 3 and int(at) < len(self._loaders)):
                continue
            loader, key = self._loaders[int(at)], tuple(None if word == _NONE else word for word in words)
            if (
                self._readings > 0
                and key not in _kept(loader)
                and (loader, key, is_boto3s) not in self._waiting
                and words
                and words[0] in _METHODS
                and all(map(_is_word, words))
            ):
                self._readings -= 1
                self._waiting.append((loader, key, is_boto3s))

    def waits_alone(self) -> bool:
        """Files that no worker can change are read beside any."""
        return False

    def spend_a_moment(self) -> None:
        """In the zygote: read one of them, or make the session that read the first."""
        if not self._waiting:
            return
        if not self._most_mb:
            self._most_mb = proc.resident_mb() + min(_MOST_MB, proc.function_mb() // 4, proc.spare_mb())
        if self._left_s <= 0 or proc.resident_mb() > self._most_mb:
            # Words of workers, which are not to stay where later ones have them.
            self._waiting.clear()
            self._readings = 0
            return
        prepare, began = self._prepare, time.process_time()
        try:
            if prepare is not None and self._waiting[0][0] is self._loaders[0]:
                self._prepare = None
                prepare()
                return
            loader, (name, *arguments), is_boto3s = self._waiting.pop(0)
            _read(loader, str(name), arguments, _boto3s() if is_boto3s else frozenset())
        except Exception:
            # Trust boundary: names that a worker chose; a library of a version nobody tried.
            return
        finally:
            self._left_s -= time.process_time() - began
            self._sizes = self._counts()
            gc.freeze()


def _boto3s() -> frozenset[str]:
    """Return where a session of boto3's looks as well."""
    file = getattr(sys.modules.get("boto3"), "__file__", None)
    return frozenset(() if file is None else (os.path.join(os.path.dirname(file), "data"),))


def _read(loader: object, name: str, arguments: list[str | None], more: Iterable[str]) -> None:
    named: dict[str, str | None] = {}
    if _BY_NAME in arguments:
        at = arguments.index(_BY_NAME)
        named[_BY_NAME] = arguments[at + 1]
        del arguments[at : at + 2]
    kept, places = _kept(loader), loader.search_paths  # type: ignore[attr-defined]
    # Looked for once: who could make one that is missing now does not decide what is found.
    there = _that_exist(list(dict.fromkeys((*places, *more))))
    if type(kept) is not Kept or not there or any(map(is_writable, there)):
        return
    read: Callable[..., object] = getattr(loader, name)
    before, size, found = places[:], len(kept), None
    places[:], kept.reads_in = there, there
    try:
        found = read(*arguments, **named)
    finally:
        places[:], kept.reads_in = before, []
        if not found:
            # Its name is no file's: a worker's word.
            kept.shrink(size)


def _kept(loader: object) -> dict[Key, object]:
    kept = getattr(loader, "_cache", None)
    return kept if type(kept) is dict or type(kept) is Kept else {}


def _is_word(word: str) -> bool:
    return (word.isascii() and word.translate({45: None, 46: None, 95: None}).isalnum()) or word == _NONE
