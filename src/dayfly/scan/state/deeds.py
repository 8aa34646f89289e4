"""What a handler does with things that outlive its event: written, read, let out, started, registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.model import Place
    from dayfly.scan.state.values import Field, Part, Read, Root, Spot


@dataclass(frozen=True, slots=True)
class Write:
    """A kept thing was changed.

    `parts` of the event are in the value, `key` those that chose the element. `is_whole`: what was there before
    is gone. `fresh`: fields of the root that this invocation had emptied or overwritten before. `guards`: roots
    that the tests around it read.
    """

    spot: Spot
    place: Place
    what: str
    parts: frozenset[Part] = frozenset()
    key: frozenset[Part] = frozenset()
    is_whole: bool = False
    fresh: frozenset[Field] = frozenset()
    guards: frozenset[Root] = frozenset()
    is_client: bool = False
    is_credential: bool = False
    is_conditional: bool = False
    is_implied: bool = False  # a constant, written only for certain events
    is_queue: bool = False  # somebody else takes things out: a queue, a weak dictionary
    is_opaque: bool = False  # the data went through a library or a comparison
    is_memo: bool = False  # by a property that is computed once
    is_code: bool = False  # a function in a module's place


class Outlet(StrEnum):
    """Where something that was read goes to."""

    ANSWER = "answer"
    OUTSIDE = "outside"  # another service, a file, a program
    LOG = "log"
    DECISION = "decision"


# The worst first.
OUTLETS = (Outlet.ANSWER, Outlet.OUTSIDE, Outlet.DECISION, Outlet.LOG)


@dataclass(frozen=True, slots=True)
class Flow:
    """Something kept reached an outlet."""

    read: Read
    outlet: Outlet
    place: Place
    what: str


@dataclass
class Work:
    """A thread, task or program that was started while the event was served."""

    place: Place
    what: str
    parts: frozenset[Part]
    is_started: bool = False
    is_awaited: bool = False
    is_guarded: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """A callback, filter or path added to something of the process's."""

    place: Place
    what: str
    verb: str
    parts: frozenset[Part]
    is_guarded: bool


@dataclass
class Deeds:
    """Everything one entry was seen to do. `dirty`: what holds data of the event when it is over."""

    writes: dict[tuple[Spot, Place, frozenset[Part]], Write] = field(default_factory=dict)
    reads: set[Read] = field(default_factory=set)
    flows: set[Flow] = field(default_factory=set)
    works: dict[int, Work] = field(default_factory=dict)
    registrations: set[Registration] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)  # verbs that undo a registration
    dirty: set[Spot] = field(default_factory=set)
    tested: set[Spot] = field(default_factory=set)  # asked whether something is in it
    lines: set[tuple[str, int]] = field(default_factory=set)  # statements that were followed
    evicted: set[Root] = field(default_factory=set)
    clears_keys: bool = False  # the logger's keys go before each event
    is_snapstart: bool = False  # environments are copies of one snapshot
    restored: frozenset[str] = frozenset()  # names that a hook after the restore deals with
    is_bounded: bool = False
