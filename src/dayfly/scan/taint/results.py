"""What the interpretation of one handler yields: findings, and effects that other families judge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.model import Finding, Note, Place, Step


class EffectKind(StrEnum):
    """What outlives the invocation when the handler does it."""

    MODULE_STATE = "module state"  # a global is bound anew, or something reachable from one is changed
    CLASS_STATE = "class state"  # an attribute of a class, or of an object that a global holds
    DEFAULT_STATE = "default state"  # a mutable default argument, a function's attribute
    CACHE = "cache"  # functools.cache, lru_cache, a cache library's decorator: the arguments are the key
    ENVIRONMENT = "environment"  # os.environ, os.putenv
    FILE = "file"  # a file opened for writing
    CLIENT = "client"  # an SDK client or session made with credentials of the caller's, and kept


@dataclass(frozen=True, slots=True)
class Effect:
    """One such deed.

    `target` names it as code does (`app.CACHE`, `os.environ["USER_ID"]`, `/tmp/report.csv`; "" where it could not
    be told). `steps` lead from the event to it; empty where nothing of the event is kept. `is_keyed_by_event`:
    the event decides under which key or name it is kept.
    """

    kind: EffectKind
    target: str
    place: Place
    what: str
    steps: tuple[Step, ...] = ()
    is_keyed_by_event: bool = False


@dataclass(frozen=True, slots=True)
class EntryResult:
    """Everything one handler was seen to do; `files` are the paths whose change makes it stale."""

    findings: tuple[Finding, ...]
    effects: tuple[Effect, ...]
    notes: tuple[Note, ...]
    files: frozenset[str]
