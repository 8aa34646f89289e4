"""The tokens of batches that were taken, remembered across restarts, bounded in number and time.

Two generations: when the newer is full or a day old it becomes the older one, and the older is forgotten. Firehose
sends a request again for two hours at most (https://docs.aws.amazon.com/firehose/latest/dev/data-delivery-endpoint.html).
"""

from __future__ import annotations

import contextlib
import os
import time
from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# About 20 MB for both generations; at 50 requests a second they hold three hours and more.
_MANY = 300_000
_SECONDS = 24 * 3600.0
_NEWER, _OLDER = "tokens.newer", "tokens.older"


def digest(sender: str, token: str) -> int:
    """A token of a sender as 64 bits; two senders' tokens never meet, so that none can silence another."""
    return int.from_bytes(blake2b(f"{sender}\0{token}".encode(), digest_size=8).digest(), "little")


class Tokens:
    """Digests of tokens. `add` remembers in memory, `keep` also on disk: before what bore them is deleted.

    Time is monotonic: a clock that jumps forgets nothing.
    """

    def __init__(
        self, folder: Path, *, many: int = _MANY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._many = many
        self._clock = clock
        self._older = set(_load(folder / _OLDER))
        self._newer = set(_load(folder / _NEWER))
        self._since = clock()

    def __contains__(self, token: int) -> bool:
        return token in self._newer or token in self._older

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def add(self, token: int) -> None:
        """Remember one."""
        self._newer.add(token)

    def keep(self, tokens: Iterable[int]) -> None:
        """Write these to disk; they are durable when this returns. Raises OSError. Needs no lock against the others."""
        with (self._folder / _NEWER).open("ab") as file:
            file.write(array("Q", tokens).tobytes())
            file.flush()
            os.fsync(file.fileno())

    def forget(self) -> None:
        """Forget the older generation where the newer is full or old; not while another thread keeps."""
        if len(self._newer) >= self._many or self._clock() - self._since >= _SECONDS:
            self._turn()

    def _turn(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.replace(self._folder / _NEWER, self._folder / _OLDER)
        self._older, self._newer = self._newer, set()
        self._since = self._clock()


def _load(path: Path) -> array[int]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    whole = len(data) - len(data) % 8
    if whole < len(data):
        os.truncate(path, whole)
    found = array("Q")
    found.frombytes(data[:whole])
    return found
