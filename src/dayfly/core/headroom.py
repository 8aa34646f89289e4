"""How many processes one worker may have, so that what it leaves behind cannot stop the service; pure.

A dead process counts against its user's limit (RLIMIT_NPROC) until somebody waits for it, and an orphan's somebody
is PID 1. Whether Lambda's does is not known; AWS's emulator does not.
"""

from __future__ import annotations

# So that the supervisor can start, and the zygote fork, whatever workers did.
RESERVE = 128
# What a worker may have where nobody buries what it leaves: a third of the limit, so that one invocation cannot use
# it up, and never less than this. Honest functions stay far below: a default thread pool has 32 threads at most
# (concurrent.futures), boto3's transfers 10, a headless browser some 150 threads and processes. Where Lambda allows
# 742 (128 MB), 256 it is; the limit grows with memory, and the third with it.
SHARE = 3
LEAST = 256
# Dayfly's own: the supervisor, and threads that it cannot see begin.
_OWN = 16


class Headroom:
    """The room of one environment. `hard` is the user's limit, 0 for none; `buries` whether orphans are waited for.

    `zombies_before` were there when this life began: they are no reason to end it.
    """

    __slots__ = ("_buries", "_hard", "_zombies_before")

    def __init__(self, hard: int, *, buries: bool, zombies_before: int = 0) -> None:
        # With less there is nothing to divide.
        self._hard = hard if hard > 2 * RESERVE else 0
        self._buries = buries
        self._zombies_before = zombies_before

    @property
    def margin(self) -> int:
        """What one worker may have beside what is there; 0 where only the user's limit bounds it."""
        return 0 if self._buries or not self._hard else max(LEAST, self._hard // SHARE)

    def limit(self, *, zombies: int, alive: int) -> int:
        """Return the hard limit for a worker, 0 for none, with `zombies` and `alive` threads of the user there."""
        if not self._hard:
            return 0
        most = self._hard - RESERVE
        return min(most, zombies + alive + _OWN + self.margin) if self.margin else most

    def is_used_up(self, *, zombies: int, alive: int) -> bool:
        """Say whether this life's zombies leave later workers less than half of what is thought enough.

        A life that began among zombies does not end for their sake: the next one would begin among them too.
        """
        if not self.margin:
            return False
        left = self._hard - RESERVE - zombies - alive - _OWN
        return left < self.margin // 2 <= zombies - self._zombies_before
