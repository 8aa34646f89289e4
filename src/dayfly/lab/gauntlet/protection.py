"""What the gauntlet asks of a protection: to be put on a function as its users would, and to be understood.

A protection is a class derived from Protection, named under the entry point group `dayfly.protections`; docs/gauntlet.md
writes one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dayfly.lab.model import FunctionConfig, InvokeResult, LogLine

# What a protection without a choice of its own has: one process serves everybody, as on plain Lambda.
SHARED = "shared"

# refused: it says that it stopped something in this invocation. found: it says that something happened or was left.
# not active: it says that it cannot protect this function as it was asked to.
SignKind = Literal["refused", "found", "not active"]


@dataclass(frozen=True, slots=True)
class Sign:
    """A protection's word about one invocation. `name` is the protection's own for it, and nothing of customers' data.

    `request_id` is given where the protection names one; else the sign belongs to the invocation during which it came.
    """

    kind: SignKind
    name: str
    request_id: str | None = None


class UnavailableError(DayflyError):
    """A protection cannot run here; `message` is the reason as it was seen, `hint` what would help."""


class Protection(ABC):
    """One way to protect a function. The gauntlet calls, in this order:

    `version`, `install` once; `start` once; for each environment it needs, `prepare`, then `read_line` and `read_answer`
    for everything that environment says; `stop` once, also after a failure.

    `name` is what `--against` calls it: small letters, digits and hyphens. `title` is one line for tables. `isolations`
    are the ways in which it keeps invocations apart, each a row of results: words of its own, SHARED where it has none.
    `default_isolations` are those that run when nobody chose, all of them where it is empty. `reports_within_s` is how
    long after an invocation its word may come, where it does not come with the log. `family` groups protections for which
    an attack may be meant alone (Technique.aims_at). `is_default` says whether it runs when nobody chose: not what
    `install` downloads something for.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    isolations: ClassVar[tuple[str, ...]] = (SHARED,)
    default_isolations: ClassVar[tuple[str, ...]] = ()
    reports_within_s: ClassVar[float] = 0.0
    family: ClassVar[str] = ""
    is_default: ClassVar[bool] = True

    @abstractmethod
    def version(self) -> str:
        """The exact version that is measured, dependencies that decide included; "" where there is none to tell.

        Must not install, import or start anything of the protection's. Blocking.
        """

    def install(self, cache: Path) -> None:  # noqa: B027
        """Get what it needs, once; `cache` is a folder of its own that lasts, so that a second run downloads nothing.

        Runs before any clock. Raises UnavailableError with the reason that was seen (a command and what it said), and
        its whole row of results then shows that reason. Blocking.
        """

    def start(self, tell: Callable[[str, Sign], None]) -> None:  # noqa: B027
        """Start what receives its reports on this machine's loopback, if it does not write them to the log.

        `tell(function, sign)` may be called from any thread until `stop`; `function` is the name `prepare` was given.
        """

    def stop(self) -> None:  # noqa: B027
        """End what `start` began; safe without it."""

    @abstractmethod
    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        """Return `function` with the protection on, as its documentation puts it on a Lambda function.

        `folder` is `function.folder`: a copy of the function's package for this call alone, which may be changed
        (packages unpacked into it, files added). Handler, variables, layers (`opt`), interpreter and runtime may be
        others; the name must stay. Must not weaken the function's own code: what is measured is the protection.
        Blocking; raises UnavailableError where this function or isolation is none it can be put on.
        """

    def read_line(self, line: LogLine) -> Sign | None:
        """What this line of the function's log says in the protection's name, if it is one of its own.

        A line may have been printed by the attacker: what cannot be told apart must be read as the protection's own users
        would read it.
        """
        return None

    def read_answer(self, result: InvokeResult) -> Sign | None:
        """What this answer says in the protection's name: its refusal's error type or status, if it has one."""
        return None
