"""Runs a function on its events in the lab, under Dayfly with the recorder on."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.core.handshake import LEARN_VARIABLE
from dayfly.core.settings import FILE_NAME
from dayfly.core.shapes import SHAPE
from dayfly.lab.confinement import CHANNEL_PATH, DAYFLY_ROOT, TASK_ROOT
from dayfly.lab.deployment import link_package
from dayfly.lab.handler_check import check_handler
from dayfly.lab.lab import Lab
from dayfly.lab.learn.channel import Channel
from dayfly.lab.learn.coverage import find_unreached
from dayfly.lab.learn.lines import Reached, read_line
from dayfly.lab.model import FunctionConfig, LogLine
from dayfly.lab.plan.observe import error_type, wait_until_idle
from dayfly.lab.plan.packages import list_vendored
from dayfly.policy.document import read_text
from dayfly.policy.editing import without_policy
from dayfly.policy.model import Gathered, PolicyError, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.lab.model import ConfinementReport
    from dayfly.lab.plan.model import Trial
    from dayfly.policy.model import Use

_NAME = "learn"
_INSIDE = "lab/plan/inside"
_UNARMED = "the guard could not be armed: "
_NOT_FORKABLE = '"zygote.not-forkable"'
# The recorder looks at every operation, within the function's time.
_EXTRA_TIMEOUT_S = 10.0
_MAX_TIMEOUT_S = 900.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What was seen, and what kept the function apart from this machine meanwhile."""

    gathered: Gathered
    confinement: ConfinementReport


class _Hearing:
    """What the environment says of one event after the other."""

    def __init__(self) -> None:
        self.unit = ""
        self.seen: dict[tuple[str, Use], Seen] = {}
        self.shapes: dict[tuple[str, Use], Seen] = {}
        self.reached: set[str] = set()
        self.malformed = 0
        self.lines = 0
        self.is_forkable = True
        self.unarmed = ""

    def hear_log(self, line: LogLine) -> None:
        if _NOT_FORKABLE in line.text:
            self.is_forkable = False
        if _UNARMED in line.text:
            self.unarmed = line.text.partition(_UNARMED)[2].partition('"')[0]
        if isinstance(found := read_line(line.text), Reached):
            self.reached.add(found.name)

    def hear(self, line: str) -> None:
        self.lines += 1
        if isinstance(found := read_line(line), tuple):
            use, place = found
            into = self.shapes if use.kind == SHAPE else self.seen
            into.setdefault((self.unit, use), Seen(use, "events", self.unit, place))
        else:
            self.malformed += 1


async def learn_from_events(request: Trial, *, progress: Callable[[int, int, int], None]) -> Ran:
    """Run the function on each event and return what it was seen to use.

    Every event has a worker of its own, and an environment of its own where the function cannot be forked: what is done
    once is seen with each. `progress` is called with events done, all events, and different uses so far. Raises
    DayflyError when the function cannot be run on any of them.
    """
    check_handler(request.folder, request.handler)
    progress(0, len(request.events), 0)
    hearing = _Hearing()
    failed: list[str] = []
    kinds: list[str] = []
    with tempfile.TemporaryDirectory(prefix="dayfly-learn-") as scratch, Channel(hearing.hear) as channel:
        folder = _without_policy(request.folder, Path(scratch))
        async with Lab(confinement=request.confinement, max_environments=2, log=hearing.hear_log) as lab:
            confinement = lab.confinement
            is_confined = confinement.kind == "bubblewrap"
            await lab.add_function(_config(request, folder, channel.path, is_confined=is_confined))
            for number, event in enumerate(request.events):
                hearing.unit = event.name
                result = await lab.invoke(_NAME, event.payload)
                await wait_until_idle(lab, _NAME)
                channel.drain()
                if result.function_error:
                    failed.append(event.name)
                    kinds.append(error_type(result))
                if not hearing.is_forkable:
                    await lab.recycle(_NAME)
                progress(number + 1, len(request.events), len({use for _, use in hearing.seen}))
    if hearing.unarmed:
        raise PolicyError(
            f"nothing could be recorded: the guard could not be armed: {hearing.unarmed}",
            hint="Dayfly does not support this version of the interpreter or its awslambdaric",
        )
    if len(failed) == len(request.events):
        raise PolicyError(
            f"{request.handler} fails on every event: {kinds[0]}",
            hint=f"check its log: dayfly lab serve {request.folder} --handler {request.handler} --runtime "
            "dayfly; the function may need --env, --timeout or packages",
        )
    return Ran(_gather(request, hearing, failed), confinement)


def _gather(request: Trial, hearing: _Hearing, failed: list[str]) -> Gathered:
    notes: list[str] = []
    if not hearing.is_forkable:
        notes.append("the function cannot be forked, so every event ran in its own environment")
    if not hearing.reached:
        notes.append("it is not known which functions were called: that requires Python 3.12")
    return Gathered(
        source="events",
        seen=tuple(hearing.seen.values()),
        units=tuple(event.name for event in request.events),
        malformed=hearing.malformed,
        lines=hearing.lines,
        failed=tuple(failed),
        unreached=find_unreached(request.folder, hearing.reached) if hearing.reached else (),
        is_watched=bool(hearing.reached),
        notes=tuple(notes),
        shapes=tuple(hearing.shapes.values()),
    )


def _config(request: Trial, folder: Path, channel: Path, *, is_confined: bool) -> FunctionConfig:
    own = Path(__file__).resolve().parents[2]
    root = TASK_ROOT if is_confined else str(folder.resolve())
    inside = f"{DAYFLY_ROOT}/dayfly/{_INSIDE}" if is_confined else str(own / _INSIDE)
    original = request.environment.get("PYTHONPATH", root)
    path = CHANNEL_PATH if is_confined else str(channel)
    orders = {"folder": "", "root": root, "vendored": list_vendored(folder)}
    return FunctionConfig(
        name=_NAME,
        folder=folder,
        handler=request.handler,
        runtime="dayfly",
        timeout_s=min(request.timeout_s + _EXTRA_TIMEOUT_S, _MAX_TIMEOUT_S),
        memory_mb=request.memory_mb,
        environment={
            **request.environment,
            "PYTHONPATH": f"{inside}:{original}",
            "DAYFLY_LEARN_WATCH": json.dumps(orders),
            "DAYFLY_GUARD": "observe",
            "DAYFLY_ISOLATION": "invocation",
            LEARN_VARIABLE: path,
        },
        channel=channel,
        python=request.python,
    )


def _without_policy(folder: Path, scratch: Path) -> Path:
    """Return the package as it would be without a policy: what is active now must not hide what is needed."""
    path = folder / FILE_NAME
    if not path.exists():
        return folder
    text = read_text(path)
    bare = without_policy(text)
    if bare == text:
        return folder
    target = link_package(folder, scratch)
    settings = target / FILE_NAME
    settings.unlink()  # not write through a hard link
    settings.write_text(bare, encoding="utf-8")
    return target
