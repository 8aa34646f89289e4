"""Name the machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import dayfly

BUSY_NOTE = (
    "Other work kept this machine's cores busy at the start: Dayfly's processes had to wait for one more often "
    "than plain awslambdaric's single process, and its figures are upper bounds."
)


@dataclass(frozen=True)
class Machine:
    """Where and with what a measurement ran."""

    processor: str
    cores: int
    pinned_to: str
    memory_gb: float
    kernel: str
    python: str
    awslambdaric: str
    dayfly: str
    load: float
    huge_pages: str

    def is_busy(self) -> bool:
        """Whether other work took more than half of the cores in the minute before."""
        return self.load > self.cores / 2

    def sentence(self) -> str:
        """All of it in one line."""
        return (
            f"{self.processor}, {self.cores} cores{self.pinned_to}, {self.memory_gb:.0f} GB, Linux {self.kernel}, "
            f"Python {self.python}, awslambdaric {self.awslambdaric}, Dayfly {self.dayfly}, "
            f"transparent huge pages {self.huge_pages}, load at start {self.load:.1f}"
        )


def this_machine(*, pinned_to: int | None) -> Machine:
    """Read from /proc and the interpreter; what cannot be read is called unknown."""
    return Machine(
        processor=_field("/proc/cpuinfo", "model name") or platform.machine(),
        cores=os.cpu_count() or 0,
        pinned_to="" if pinned_to is None else f" (pinned to CPU {pinned_to})",
        memory_gb=int((_field("/proc/meminfo", "MemTotal") or "0").split()[0]) / 1e6,
        kernel=platform.release(),
        python=platform.python_version(),
        awslambdaric=metadata.version("awslambdaric"),
        dayfly=dayfly.__version__,
        load=os.getloadavg()[0],
        huge_pages=_chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
    )


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _chosen(path: str) -> str:
    try:
        return Path(path).read_text().partition("[")[2].partition("]")[0] or "unknown"
    except OSError:
        return "unknown"
