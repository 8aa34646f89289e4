"""Sends an attack to a warm environment of each function, and keeps what came back and what Dayfly said."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.core.findings import NOT_FORKABLE
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig, LogLine
from dayfly.lab.plan.measure import read_finding
from dayfly.lab.plan.observe import error_type, wait_until_idle
from dayfly.lab.trying.attack import FIXED, VULNERABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dayfly.lab.model import ConfinementChoice, ConfinementReport, RuntimeKind
    from dayfly.lab.trying.attack import Attack

_TIMEOUT_S = 10.0
# What tells that Dayfly is there, and nothing of what happened.
_SILENT = frozenset({"environment.started"})
_MAX_ANSWER = 2_000


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a page's handler: which, and under what."""

    code: str  # vulnerable, fixed
    runtime: RuntimeKind = "plain"
    isolation: str = ""
    guard: str = ""

    @property
    def name(self) -> str:
        """The name of its function in the lab."""
        return "-".join(part for part in (self.code, self.runtime, self.isolation, self.guard) if part)

    @property
    def settings(self) -> Mapping[str, str]:
        if self.runtime == "plain":
            return {}
        return {"DAYFLY_ISOLATION": self.isolation, "DAYFLY_GUARD": self.guard}


@dataclass(frozen=True, slots=True)
class Tried:
    """What happened: the answers' texts, the types of errors, and Dayfly's findings in their order."""

    way: Way
    has_succeeded: bool
    answers: tuple[str, ...]
    errors: tuple[str, ...]
    findings: tuple[str, ...]
    is_fallback: bool = False  # the function could not be forked


@dataclass
class _Heard:
    findings: dict[str, list[str]] = field(default_factory=dict)

    def hear(self, line: LogLine) -> None:
        found = read_finding(line.text)
        if found is not None and line.source != "platform" and found[0] not in _SILENT:
            kinds = self.findings.setdefault(line.function, [])
            if found[0] not in kinds:
                kinds.append(found[0])


def choose_ways(isolations: Sequence[str], guards: Sequence[str]) -> tuple[Way, ...]:
    """Plain, both; then the vulnerable one under every isolation with every guard."""
    return (
        Way(VULNERABLE),
        Way(FIXED),
        *(Way(VULNERABLE, "dayfly", isolation, guard) for isolation in isolations for guard in guards),
    )


async def try_attack(
    folder: Path,
    attack: Attack,
    ways: Sequence[Way],
    *,
    confinement: ConfinementChoice,
    progress: Callable[[int, int], None],
) -> tuple[tuple[Tried, ...], ConfinementReport]:
    """Run the page in `folder` in every way, each in one warm environment of its own."""
    heard = _Heard()
    tried: list[Tried] = []
    with tempfile.TemporaryDirectory(prefix="dayfly-try-") as scratch:
        async with Lab(confinement=confinement, max_environments=len(ways), log=heard.hear) as lab:
            for number, way in enumerate(ways):
                progress(number, len(ways))
                code = Path(scratch) / way.name
                code.mkdir()
                shutil.copyfile(folder / f"{way.code}.py", code / "app.py")
                await lab.add_function(
                    FunctionConfig(
                        name=way.name,
                        folder=code,
                        handler="app.handler",
                        runtime=way.runtime,
                        timeout_s=_TIMEOUT_S,
                        memory_mb=512,
                        environment={**attack.environment, **way.settings},
                    )
                )
                tried.append(await _try_one(lab, way, attack, heard))
            progress(len(ways), len(ways))
            return tuple(tried), lab.confinement


async def _try_one(lab: Lab, way: Way, attack: Attack, heard: _Heard) -> Tried:
    answers: list[str] = []
    errors: list[str] = []
    for event in attack.events:
        result = await lab.invoke(way.name, event)
        await wait_until_idle(lab, way.name)
        answers.append(result.payload.decode("utf-8", "replace"))
        if result.function_error:
            errors.append(error_type(result))
    findings = heard.findings.get(way.name, [])
    return Tried(
        way,
        attack.has_succeeded(tuple(answers)),
        tuple(answer[:_MAX_ANSWER] for answer in answers),
        tuple(errors),
        tuple(kind for kind in findings if kind != NOT_FORKABLE.uid),
        NOT_FORKABLE.uid in findings,
    )
