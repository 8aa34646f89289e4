"""What the service needs of whoever can retire environments: the control plane is AWS's, or the lab's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RetireStep:
    """One thing that happened on the way, in words; `error` says why it goes no further."""

    text: str
    done: int = 0
    total: int = 0
    error: str = ""


class Retirer(Protocol):
    """Retires environments of a function."""

    def retire(
        self, function: str, *, environments: Sequence[int] | None, actor: str, reason: str
    ) -> Iterator[RetireStep]:
        """Retire all environments of a function that live now, and say how that goes.

        `environments` are those that it is about, None for all; a platform that can only retire all does so and says it.
        An exception is a fault of the retirer; what the platform refuses is a step with an `error`.
        """
        ...  # pragma: no cover
