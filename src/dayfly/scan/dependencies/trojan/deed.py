"""What the interpreter saw code do: the facts that a verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.dependencies.trojan.values import Label, Local, Value
    from dayfly.scan.model import Place


class Act(StrEnum):
    SEND = "sends"  # data leaves over the network
    RUN = "runs"  # text or bytes become code, a command or a library
    COMMAND = "starts"  # a command that is known
    WRITE = "writes"
    PATCH = "replaces"  # something of another module
    DIVERT = "diverts"  # the environment is changed so that others talk to somebody else
    HIDES = "hides"  # a name or an address is put together so that it cannot be read


class Phase(StrEnum):
    IMPORT = "when it is imported"
    CALL = "when it is called"
    WRAPPER = "instead of the function that it replaces"


@dataclass(frozen=True, slots=True)
class Deed:
    """One act.

    `name` is the dotted name of what was called or replaced, `target` where it goes as far as known, `value` what it
    is done to. `wrapped` is what is replaced, while a replacement is looked at. `is_quiet`: the result is thrown away
    and errors are swallowed. `conditions` are origins and words of the tests around it. `replacement` holds functions
    that were put in place. `is_pass_through`: the function that does it answers out of what it was given.
    """

    act: Act
    phase: Phase
    place: Place
    name: str
    value: Value
    target: str = ""
    target_labels: frozenset[Label] = frozenset()
    wrapped: str = ""
    is_quiet: bool = False
    conditions: tuple[str, ...] = ()
    replacement: tuple[Local, ...] = ()
    way: tuple[Place, ...] = ()
    is_pass_through: bool = False
