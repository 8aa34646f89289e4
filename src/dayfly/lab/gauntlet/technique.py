"""What a technique of the catalogue is: one file that says what it does, and how anybody sees whether it worked.

Each file in `attacks/` holds one TECHNIQUE; its docstring is the description. The gauntlet tries each against plain
awslambdaric, where it must work, and against every protection; the project's tests hold Dayfly to what each file claims.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dayfly.core.findings import KINDS
from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.evidence import Evidence

FOLDER = Path(__file__).parent / "attacks"
# The attacked functions.
FUNCTIONS = Path(__file__).parent / "functions"
# The tactics and techniques used here; Enterprise v18.1, https://attack.mitre.org/versions/v18/.
ATTACK_NAMES: Mapping[str, str] = {
    "T1036": "Masquerading",
    "T1036.005": "Match Legitimate Resource Name or Location",
    "T1055": "Process Injection",
    "T1055.008": "Ptrace System Calls",
    "T1055.009": "Proc Memory",
    "T1056": "Input Capture",
    "T1070.004": "File Deletion",
    "T1074.001": "Local Data Staging",
    "T1083": "File and Directory Discovery",
    "T1119": "Automated Collection",
    "T1190": "Exploit Public-Facing Application",
    "T1222": "File and Directory Permissions Modification",
    "T1489": "Service Stop",
    "T1499": "Endpoint Denial of Service",
    "T1499.001": "OS Exhaustion Flood",
    "T1543": "Create or Modify System Process",
    "T1546": "Event Triggered Execution",
    "T1546.018": "Python Startup Hooks",
    "T1557": "Adversary-in-the-Middle",
    "T1559": "Inter-Process Communication",
    "T1562": "Impair Defenses",
    "T1562.001": "Disable or Modify Tools",
    "T1562.006": "Indicator Blocking",
    "T1564": "Hide Artifacts",
    "T1565.001": "Stored Data Manipulation",
    "T1565.002": "Transmitted Data Manipulation",
    "T1565.003": "Runtime Data Manipulation",
    "T1574": "Hijack Execution Flow",
    "T1574.007": "Path Interception by PATH Environment Variable",
    "T1600.001": "Reduce Key Space",
    "T1620": "Reflective Code Loading",
}
# What an attacker lays hands on; the letters say where it is: in the process's memory, in a file, in the kernel, in the
# runtime's next life, in Dayfly itself, or in the event.
FAMILIES: Mapping[str, str] = {
    "E1": "data only: values that the function merges or caches",
    "E2": "data only: values that become part of a path or a query",
    "M1": "the handler's code",
    "M2": "objects that the handler reads and calls",
    "M3": "shared modules",
    "M4": "AWS's runtime client",
    "M5": "the runtime's connection to the Runtime API",
    "M6": "frames of running code",
    "M7": "imports",
    "M8": "tracing",
    "M9": "threads",
    "M10": "surviving processes",
    "M11": "hooks, timers and settings of the process",
    "M12": "logging",
    "M13": "clients of other services",
    "M14": "environment variables and the working directory",
    "M15": "code and data in memory only",
    "M16": "audit hooks",
    "P1": "surviving files",
    "P2": "modules in files",
    "P3": "startup files of Python",
    "K1": "what init opened, mapped or connected",
    "K2": "kernel objects",
    "R1": "restart of the runtime",
    "D1": "memory and descriptors of Dayfly's processes",
    "D2": "signals to Dayfly's processes",
    "D3": "limits and priority of Dayfly's processes",
    "D4": "the log and the pipes to it",
    "D5": "frames to the supervisor",
}
_ATTACK_ID = re.compile(r"T\d{4}(\.\d{3})?")

Level = Literal["L1", "L2", "L3"]
Reach = Literal["reaches", "may reach", "contained"]
LEVELS = ("L1", "L2", "L3")


class TechniqueError(DayflyError):
    """The catalogue is not what it says it is."""


@dataclass(frozen=True, kw_only=True)
class Technique:
    """One way to outlive an invocation.

    `plant` is code that the function's `eval` runs, `event` what a function is sent that has another hole (L1:
    data alone); one of the two. `evidence` tells how later customers are found to be reached.
    """

    level: Level
    attack: tuple[str, ...]
    family: str
    # Completes "must fail to".
    must_fail_to: str
    evidence: Evidence
    plant: str = ""
    event: Mapping[str, object] = field(default_factory=dict)
    handler: str = "app.handler"
    # The folder of the attacked function.
    function: Path = FUNCTIONS
    environment: Mapping[str, str] = field(default_factory=dict)
    # What is claimed in process isolation, where one process serves for hours. "reaches" is asserted too; "may
    # reach" is a race with the supervisor.
    process: Reach = "reaches"
    # What it leaves ends a window before its next event; otherwise it may reach customers of its window.
    ends_window: bool = False
    # Finding that an environment with a fresh worker per event must report.
    finding: str = ""
    # Customers who may be reached before it is noticed; nobody is after them. What has no such number reaches nobody.
    noticed_within: int = 0
    # Settings that take away what stops it: then it must work under a worker per invocation too, so that nobody
    # takes a payload that has grown stale for a defence.
    undefended: Mapping[str, str] = field(default_factory=dict)
    # Ends the runtime by itself, so that the platform's next request may carry the failure.
    resets: bool = False
    # Customers whose request the platform may lose with nobody receiving it (docs/security-evidence.md, out of reach).
    may_lose: int = 0
    # Leaves the environment in a state that would fail the next technique (zombies, a reset).
    spoils: bool = False
    is_slow: bool = False
    # What it needs is refused or missing on Lambda, and there on other hosts of containers.
    needs_more_than_lambda: bool = False
    # Code whose `result` tells whether this machine has what it takes; where not, there is nothing to test.
    possible: str = ""
    since: tuple[int, int] = (3, 11)
    timeout_s: int = 8
    # The family of protections that it is meant for, empty: any. It says nothing of others.
    aims_at: str = ""
    # Set by the loader from the file.
    name: str = ""
    does: str = ""

    def fault(self, *, names: Mapping[str, str] | None = ATTACK_NAMES) -> str:
        """What is wrong with this entry, empty if nothing is; `names` are the ATT&CK ids that are known, None: any."""
        for name in ("name", "does", "must_fail_to"):
            if not str(getattr(self, name)).strip():
                return f"{name} is empty"
        if self.level not in LEVELS:
            return f"level is {self.level!r}"
        if not self.attack:
            return "it has no ATT&CK ID"
        for identifier in self.attack:
            if not _ATTACK_ID.fullmatch(identifier):
                return f"{identifier!r} is not an ATT&CK ID"
            if names is not None and identifier not in names:
                return f"ATT&CK ID {identifier} has no name in ATTACK_NAMES"
        if self.family not in FAMILIES:
            return f"family {self.family!r} is not in FAMILIES"
        if bool(self.plant.strip()) == bool(self.event):
            return "it needs code to inject, or an event"
        if self.finding and self.finding not in {kind.uid for kind in KINDS}:
            return f"{self.finding} is not a finding of Dayfly"
        if self.noticed_within and not self.finding:
            return "it is detected, but no finding reports it"
        if self.level == "L1" and not self.event:
            return "L1 attacks consist of data only and need an event"
        return ""


def load_techniques(
    folder: Path = FOLDER, *, names: Mapping[str, str] | None = ATTACK_NAMES
) -> list[Technique]:
    """Every technique of a folder by name. Raises TechniqueError for none, and for one that lacks something."""
    paths = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    if not paths:
        raise TechniqueError(f"no technique in {folder}")
    return [load_technique(path, names=names) for path in paths]


def load_technique(path: Path, *, names: Mapping[str, str] | None = ATTACK_NAMES) -> Technique:
    """The technique of one file, named after it. Raises TechniqueError."""
    spec = importlib.util.spec_from_file_location(f"{__package__}.attacks.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # boundary: a file of somebody else's
        raise TechniqueError(f"{path.name} cannot be read: {type(error).__name__}: {error}") from error
    technique = getattr(module, "TECHNIQUE", None)
    if not isinstance(technique, Technique):
        raise TechniqueError(f"{path.name} contains no TECHNIQUE")
    does = " ".join((module.__doc__ or "").split())
    technique = dataclasses.replace(technique, name=path.stem.replace("_", "-"), does=does)
    for code in (technique.plant, technique.possible):
        try:
            compile(code, path.name, "exec")
        except SyntaxError as fault:
            raise TechniqueError(f"{path.name}: its injected code is not valid Python: {fault}") from fault
    if fault_found := technique.fault(names=names):
        raise TechniqueError(f"{path.name}: {fault_found}")
    return technique
