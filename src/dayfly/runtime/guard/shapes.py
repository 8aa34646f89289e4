"""Compares the shape of what is about to be executed with those that its call site is known for, and tells of new ones.

This also finds what no comparison with the event can: structure that an earlier event left in a table, a bucket or a queue.
"""

from __future__ import annotations

import re
import time

from dayfly.core.policy import FUNCTION
from dayfly.core.provenance import Span
from dayfly.core.reports import Report, Use
from dayfly.core.shapes import SHAPE, Shape, known_shapes
from dayfly.core.structure.skeleton import read_skeleton
from dayfly.core.structure.sqlplaces import MAX_NAME
from dayfly.core.structure.trusted_literals import texts_of
from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from dayfly.core.policy import Policy
    from dayfly.core.structure.judgement import Provenance
    from dayfly.runtime.guard.guarding import Guard
    from dayfly.runtime.guard.origins import Origins

# A function that sends what others give it is told apart by who calls it, and by who calls that.
_MANY_CALLERS = 3
# Shapes that one event may teach; a note has 16 kB for everything.
_MANY_NEWS = 16
_NAMES = re.compile(r"\b\w+")
# Of one name.
_MANY_PARTS = 8
_RULE = f"capability.{SHAPE}"


class LearnedShapes:
    """What the call sites of one function are known for by its policy, and what they did in this event if it `learns`.

    `path` is a file or FIFO where news are written as well, "" for nowhere.
    """

    def __init__(self, origins: Origins, policy: Policy, *, learns: bool = False, path: str = "") -> None:
        self._origins = origins
        self._known = known_shapes(policy.shapes, time.strftime("%Y-%m-%d", time.gmtime()))
        self._tells = learns
        self._path = path
        self._news: dict[str, str] = {}
        # By identity: the code, so that no other one gets its number, and its hash.
        self._hashes: dict[int, tuple[CodeType, str]] = {}

    def ask(
        self,
        guard: Guard,
        sink: str,
        text: str | bytes,
        frame: FrameType,
        *,
        dialect: str = "",
        is_own: bool = False,
    ) -> None:
        """Have the shape of what a sink is given judged; raises as `Guard.refuse`.

        `is_own`: the judge found all of it to be the function's.
        """
        site = self._site(frame)
        if site is None:
            return
        name, code = site
        known = self._known.get((sink, code))
        if known is None and not (self._tells or self._path):
            return
        if not isinstance(text, str):
            text = bytes(text).decode("utf-8", "surrogateescape")
        skeleton = read_skeleton(sink, text, dialect=dialect)
        shape = Shape(sink, name, code, skeleton.hash())
        if known is not None and shape.hash not in known:
            spans = [*guard.contributed(text), *_within_names(text, guard.provenance)]
            if not is_own and not skeleton.is_own(guard.written, spans):
                guard.refuse(f"{sink}.{SHAPE}", frame, path=guard.record_of(text), text=text)
        elif (self._tells or self._path) and len(self._news) < _MANY_NEWS:
            self._news.setdefault(str(shape), guard.places.name(frame))

    def take_news(self, *, is_judged: bool) -> list[Report]:
        """Return what this event teaches, and forget it: nothing where the guard found fault with anything that it did."""
        news, self._news = self._news, {}
        if is_judged:
            return []
        if self._path:
            from dayfly.runtime.guard import recording

            for target, place in news.items():
                recording.write(self._path, SHAPE, target, (FUNCTION,), "invoke", place)
        if not self._tells:
            return []
        return [
            Report("used", _RULE, place=place, use=Use(target, (FUNCTION,), "invoke"))
            for target, place in news.items()
        ]

    def _site(self, frame: FrameType | None) -> tuple[str, str] | None:
        """Return the functions of own code that led here, innermost first, and a hash of their code; None for none."""
        names: list[str] = []
        hashes: list[str] = []
        file = ""
        for step in owncode.stack(frame):
            if len(hashes) == _MANY_CALLERS:
                break
            code = step.f_code
            if self._origins.is_functions(code):
                path = code.co_filename.removeprefix(self._origins.places.task)
                names.append(code.co_qualname if path == file else f"{path}:{code.co_qualname}")
                hashes.append(self._hash(code))
                file = path
        return (
            ("<".join(names), _digest("\0".join(names + hashes).encode("utf-8", "replace"), 4))
            if hashes
            else None
        )

    def _hash(self, code: CodeType) -> str:
        found = self._hashes.get(id(code))
        if found is None:
            # Not its lines: they move with the code above. A set of constants has another order in each process.
            words = "\0".join(sorted(texts_of(code))).encode("utf-8", "surrogatepass")
            found = self._hashes[id(code)] = (code, _digest(code.co_code + words, 8))
        return found[1]


def _within_names(text: str, provenance: Provenance) -> Iterator[Span]:
    """Yield where a whole value of the event makes up a name together with the function's text: `tenant_` and `acme`."""
    for name in _NAMES.finditer(text):
        if len(name[0]) > MAX_NAME:
            continue
        parts = name[0].split("_")
        for number in range(1, min(len(parts), _MANY_PARTS)):
            head = len("_".join(parts[:number]))
            if provenance.is_leaf(name[0][head + 1 :]):
                yield Span(name.start() + head + 1, name.end(), "")
            if provenance.is_leaf(name[0][:head]):
                yield Span(name.start(), name.start() + head, "")


def _digest(data: bytes, size: int) -> str:
    from _blake2 import blake2s

    return blake2s(data, digest_size=size).hexdigest()
