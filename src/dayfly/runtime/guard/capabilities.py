"""Asks the policy about what code uses: processes, the network, files, the environment, native code, threads.

While the function initialises and while it serves an event; a refusal and a finding name the rule, the package and the place.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from dayfly.core.policy import KINDS, is_credential
from dayfly.core.reports import Report, Use
from dayfly.runtime.guard import baseline, generalising
from dayfly.runtime.guard.places import text_of
from dayfly.runtime.guard.reentrancy import is_at_work, take_turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from dayfly.core.policy import Policy
    from dayfly.runtime.guard.guarding import Guard
    from dayfly.runtime.guard.origins import Origins
    from dayfly.runtime.guard.recording import Recorder
    from dayfly.runtime.guard.tampering import Unchanged

# Uses that one process tells of: a function that opens a file of another name for each event has no end of them.
_MANY_USES = 1000
_MANY_ADDRESSES = 4096
_MANY_NAMES = 8


# Taken before there is code that could replace them.
_getcwd, _getpid, _normpath, _readlink = os.getcwd, os.getpid, os.path.normpath, os.readlink


def _use_of(variable: str) -> tuple[str, str]:
    """Return the kind and target of the use that reading a variable is; "" for what everybody may read."""
    if is_credential(variable):
        return "credentials", "*"
    is_free = variable in baseline.VARIABLES or variable.startswith(baseline.VARIABLES_NAMED)
    return ("", "") if is_free else ("environment", variable)


class Capabilities:
    """What one function may use, and what it was seen to use.

    `kinds` are those that anybody has to be asked about. `learns` has every new use noted in `news`, as reports of the verdict
    `used`, whether it is allowed or not; `path` is where they are written as well, "" for nowhere.
    """

    def __init__(
        self,
        guard: Guard | Recorder,
        origins: Origins,
        policy: Policy,
        *,
        learns: bool = False,
        path: str = "",
    ) -> None:
        self.guard = guard
        self.origins = origins
        self.policy = policy
        self.places = origins.places
        self.learns = learns or bool(path)
        self.kinds = frozenset(kind for kind in KINDS if self.learns or policy.restricts(kind))
        self.news: list[Report] = []
        # The environment's, where nobody has them but who asks first.
        self.variables: dict[bytes, bytes] | None = None
        # What the guard is made of, once all of it is there.
        self.own: Unchanged | None = None
        self._tells = learns
        self._path = path
        # Threads in which the recorder writes. Where a wrapper asked, the hook cannot tell that this is Dayfly's own.
        self._writing: set[int] = set()
        self._known: set[tuple[str, str, tuple[str, ...], str]] = set()
        self._names: dict[bytes, list[str]] = {}
        self._hosts: dict[str, frozenset[str]] = {}
        roots = {*self.places.roots, sys.prefix + "/", sys.base_prefix + "/"} - {"/"}
        self._free = (*sorted(roots), *baseline.READ_BELOW)
        # The import system and who looks for installed packages list these, the working directory among them.
        self._import_path = frozenset(root.rstrip("/") or "/" for root in self.places.roots)
        self._process = ""

    def ask(self, kind: str, target: str, frame: FrameType, *, names: tuple[str, ...] = ()) -> None:
        """Have a use judged; `names` are other names of the target, one of which is enough.

        Raises Refused or RefusedRecord where it is not allowed and the rule blocks.
        """
        if kind not in self.kinds or (self._path and get_ident() in self._writing):
            return
        packages = self.origins.packages(frame)
        if not packages:
            return
        phase = self.guard.phase
        for best in (*names, target):
            verdict = self.policy.allows(kind, best, packages, phase)
            if verdict.is_allowed:
                break
        else:
            best = names[0] if names else target
        if self.learns:
            self._learn(kind, best, packages, phase, frame)
        if verdict.is_allowed:
            return
        use = Use(self._general(kind, best, packages), packages, phase, verdict.rule)
        self.guard.refuse_use(f"capability.{kind}", frame, use, verdict.package, target=best)

    def learn_absent(self, kind: str, target: str, frame: FrameType) -> None:
        """What is used is not there here, and may be elsewhere: nothing to refuse, but something to learn."""
        packages = self.origins.packages(frame)
        if self.learns and packages:
            self._learn(kind, target, packages, self.guard.phase, frame)

    def ask_wrapped(
        self, kind: str, target: str, frame: FrameType, *, is_path: bool = False, is_there: bool = True
    ) -> None:
        """The same for what stands in for a builtin that raises no event."""
        guard, ident = self.guard, get_ident()
        if not guard.phase:
            return
        if ident in guard.busy and is_at_work(guard, frame):
            return
        act = self.ask_path if is_path else self.ask if is_there else self.learn_absent
        take_turn(guard, frame, act, kind, target, frame)

    def ask_path(self, kind: str, path: object, frame: FrameType, *, folder: object = -1) -> None:
        """A file that is read or written; `folder` is the descriptor that a relative path begins at."""
        if kind not in self.kinds and not (kind == "read" and "credentials" in self.kinds):
            return
        full = self.full_path(path, folder)
        if not full:
            return
        if kind == "read":
            if full.startswith(self._free) or full in self._import_path:
                return
            if full.startswith("/proc/"):
                if full.endswith("/environ"):
                    self.ask("credentials", full, frame)
                    self.ask("environment", "*", frame)
                full = self._own_process(full)
            if full in baseline.READ:
                return
        elif full in baseline.WRITTEN:
            return
        self.ask(kind, full, frame)

    def ask_variable(self, name: str, frame: FrameType, *, is_set: bool) -> None:
        kind, target = _use_of(name)
        # What is not there gives nothing away, but another environment may have it.
        if kind and (is_set or self.learns):
            self.ask_wrapped(kind, target, frame, is_there=is_set)

    def may_see(self, name: str, frame: FrameType) -> bool:
        """Say whether code that goes through all variables finds this one: not, where reading it would be refused."""
        kind, target = _use_of(name)
        if not kind or kind not in self.kinds or not self.guard.refuses(f"capability.{kind}"):
            return True
        packages = self.origins.packages(frame)
        verdict = self.policy.allows(kind, target, packages, self.guard.phase) if packages else None
        if verdict is None or verdict.is_allowed:
            return True
        hidden = ("hidden", kind, packages, target)
        if hidden not in self._known and len(self._known) < _MANY_USES:
            # In the note, behind what was refused: a hundred variables are not to keep one refusal from being told.
            self._known.add(hidden)
            use = Use(target, packages, self.guard.phase, verdict.rule)
            self.news.append(Report("observed", f"capability.{kind}", place=self.places.name(frame), use=use))
        return False

    def full_path(self, path: object, folder: object = -1) -> str:
        """Return what a path means, absolute and without `..`; "" for a descriptor and for what the system would not take."""
        text = text_of(path)
        if not text:
            return ""
        if not text.startswith("/"):
            is_open = type(folder) is int and folder >= 0
            text = f"{_readlink(f'/proc/self/fd/{folder}') if is_open else _getcwd()}/{text}"
        return "/" + _normpath(text).lstrip("/")

    def _own_process(self, path: str) -> str:
        own = f"/proc/{_getpid()}/"
        if path.startswith(own):
            return "/proc/self/" + path[len(own) :]
        return path.replace("/proc/thread-self/", "/proc/self/", 1)

    def resolved(self, host: str, addresses: list[bytes]) -> None:
        """An allowed name was found to have these addresses."""
        for address in addresses:
            names = self._names.setdefault(address, [])
            if host not in names:
                # The latest that was looked up is the likeliest.
                names.insert(0, host)
                del names[_MANY_NAMES:]
        while len(self._names) > _MANY_ADDRESSES:
            del self._names[next(iter(self._names))]

    def names_of(self, address: bytes) -> tuple[str, ...]:
        return tuple(self._names.get(address, ()))

    def _learn(self, kind: str, target: str, packages: tuple[str, ...], phase: str, frame: FrameType) -> None:
        raw = (kind, target, packages, phase)
        if raw in self._known or len(self._known) >= _MANY_USES:
            return
        self._known.add(raw)
        use = (kind, self._general(kind, target, packages), packages, phase)
        if use in self._known and use != raw:
            return
        self._known.add(use)
        place = self.places.name(frame)
        if self._tells:
            self.news.append(Report("used", f"capability.{kind}", place=place, use=Use(*use[1:])))
        if self._path:
            from dayfly.runtime.guard import recording

            self._writing.add(get_ident())
            try:
                recording.write(self._path, *use, place)
            finally:
                self._writing.discard(get_ident())

    def forget(self) -> None:
        self._known.clear()

    def take_news(self, limit: int, *, is_suspect: bool = False) -> list[Report]:
        """Return `limit` at most of the new uses that there are to tell of, and none of them again.

        Who learns leaves out the uses of an event that `is_suspect`, and an environment tells each use once: another event does.
        """
        news, self.news = self.news, []
        if is_suspect:
            news = [one for one in news if one.verdict != "used"]
        if len(news) > limit:
            import random

            # Each worker begins at nothing: the same ones would be left out each time.
            news = random.Random(os.urandom(8)).sample(news, limit)
        return news

    def _general(self, kind: str, target: str, packages: tuple[str, ...]) -> str:
        def own(text: str) -> bool:
            return self.guard.own.is_constant(text) or self.guard.own.has_word(text)

        spans = self.guard.spans
        if kind == "native" and target.startswith(self._free):
            # Where a library was installed is no event's doing, whatever words the path has in common with one.
            return generalising.path(target, self.places, lambda _text: [], lambda _text: True)
        if kind == "network":
            return generalising.destination(
                target, spans, lambda host: own(host) or host in self._hosts_of(packages)
            )
        if target.startswith("/") and kind != "credentials":
            return generalising.path(target, self.places, spans, own)
        return generalising.name(target, spans)

    def _hosts_of(self, packages: tuple[str, ...]) -> frozenset[str]:
        """Return the hosts that stand in the code of the innermost package: what speaks to one service names it."""
        found = self._hosts.get(packages[0])
        if found is None:
            from dayfly.runtime.guard import owntext

            texts = list(owntext.library_texts((packages[0] + ".",))) if packages[0] in sys.modules else []
            module = sys.modules.get(packages[0])
            texts += owntext.texts_in(module) if module is not None else []
            found = self._hosts[packages[0]] = frozenset((*texts, *owntext.hosts_in(texts)))
        return found
