"""The profile `aws`: an environment as people get it on AWS by default, for attacks, real functions and honest traffic.

Everywhere in it: own processes, an unprivileged user, Lambda's refusals, no /dev/shm, its limits (NOFILE 1024, NPROC 742, MEMLOCK 64 kB), /tmp
of 512 MB, PID 1 by the name of Lambda's own, so that settings resolve as they do there (`api_lock`, `scope`), and no setting of
Dayfly's changed. Two combinations have each value of what differs between functions. Isolations, guards and locks of other
settings are tested beside it, by tests that say so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.confined import Confinement, Disk, confinement_here, ext4_missing
from tests.real.environment import Install, real_python, started_with
from tests.rie import MODULES, ROOT, Runtime

# Of what attacked and honest functions use.
REQUIREMENTS = ROOT / "tests" / "honest" / "requirements.txt"


@dataclass(frozen=True)
class Aws:
    """A combination: how Dayfly was installed, what /tmp is, and the number of processors."""

    install: Install = "layer"
    disk: Disk = "tmpfs"
    processors: int = 2

    def __str__(self) -> str:
        return f"{self.install}-{self.disk}-{self.processors}cpu"

    @property
    def missing(self) -> str:
        """Why this machine cannot have it, empty where it can."""
        here = confinement_here()
        if here.kind == "none":
            return here.reason
        if len(os.sched_getaffinity(0)) < self.processors:
            return "this machine has one processor"
        return ext4_missing() if self.disk == "ext4" else ""

    def confinement(self) -> Confinement:
        """This machine's confinement with the combination's disk and processors. Precondition: nothing is missing."""
        assert not self.missing, self.missing
        return replace(confinement_here(), disk=self.disk, processors=self.processors)

    def command(self, runtime: Runtime, handler: str, *, requirements: Path = REQUIREMENTS) -> Sequence[str]:
        """What starts a function in the environment of its requirements, with Dayfly as it was installed or without."""
        python = real_python(requirements)
        if runtime == "plain":
            return [str(python), "-m", MODULES["plain"], handler]
        return started_with(self.install, python, handler)


MAIN = Aws()
COMBINATIONS = (MAIN, Aws("pip", "ext4", 1))
