"""Runs the gauntlet: every attack against every protection in every isolation, honest requests, and what it all costs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dayfly import __version__
from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.collateral import Expected, expect, measure_collateral
from dayfly.lab.gauntlet.costs import measure_costs
from dayfly.lab.gauntlet.deploying import Deployment, Recorder
from dayfly.lab.gauntlet.model import AttackView, Cell, Collateral, Cost, Door, Result, Row
from dayfly.lab.gauntlet.protections.bare import Bare
from dayfly.lab.gauntlet.rows import Board, Hearers, run_row
from dayfly.lab.gauntlet.victim import Bridge, StoppedError
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError, LogLine

if TYPE_CHECKING:
    from dayfly.lab.gauntlet.honest.samples import HonestFunction
    from dayfly.lab.gauntlet.protection import Protection
    from dayfly.lab.gauntlet.technique import Technique

Phase = Literal["installing", "attacks", "legitimate requests", "costs"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run. `rows` are protections with an isolation; the yardstick is added where it is missing.

    `techniques` come with the name of the entry point that brings them. `tries` bounds how often an attack is repeated
    until it reaches somebody. `jobs` rows run side by side. `invocations` are measured for the cost of each row, 0: none.
    `cache` is where protections keep what they install.
    """

    rows: Sequence[tuple[Protection, str]]
    techniques: Sequence[tuple[str, Technique]]
    honest: Sequence[HonestFunction]
    cache: Path
    door: Door = "open"
    tries: int = 2
    jobs: int = 1
    invocations: int = 100
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What just happened, for whoever watches: `done` of `total` of this phase, and the cell that was done."""

    phase: Phase
    done: int
    total: int
    cell: Cell | None = None


Progress = Callable[[Step], None]


async def run_gauntlet(plan: Plan, *, progress: Progress) -> Result:
    """Run everything; on the way out, also after a cancellation, every process has ended.

    Cancelled, it returns what was found until then, with `is_whole` false; before the first attack was carried out it raises
    asyncio.CancelledError. `progress` is called from several threads, one at a time. Raises LabError where nothing
    confines the attacks.
    """
    began = time.monotonic()
    rows = list(plan.rows)
    if not any(isinstance(one, Bare) for one, _ in rows):
        rows.append((Bare(), Bare.isolations[0]))
    # The others wait for its word on each attack.
    rows.sort(key=lambda row: not isinstance(row[0], Bare))
    hearers = Hearers()
    started: list[Protection] = []
    try:
        views = await _install(rows, plan.cache, hearers, started, progress)
        running = [row for row, view in zip(rows, views, strict=True) if not view.unavailable]
        found = await _run_in_labs(plan, running, hearers, progress)
    finally:
        for one in started:
            with contextlib.suppress(
                Exception
            ):  # boundary: somebody else's code; the others must be stopped too
                one.stop()
    done = [
        replace(
            view,
            collateral=found.collateral.get(view.key, Collateral()),
            cost=found.costs.get(view.key, Cost()),
        )
        for view in views
    ]
    position = {one.name: number for number, (_, one) in enumerate(plan.techniques)}
    places = {view.key: number for number, view in enumerate(done)}
    found.cells.sort(key=lambda cell: (position[cell.attack], places[(cell.protection, cell.isolation)]))
    return Result(
        dayfly=__version__,
        machine=describe_machine(),
        confinement=found.confinement,
        door=plan.door,
        is_quick=plan.is_quick,
        tries=plan.tries,
        seconds=round(time.monotonic() - began, 1),
        attacks=tuple(_view(source, one) for source, one in plan.techniques),
        rows=tuple(done),
        cells=tuple(found.cells),
        notes=() if found.is_whole else (_what_is_missing(plan, found, len(running)),),
        is_whole=found.is_whole,
    )


def _what_is_missing(plan: Plan, found: _Found, rows: int) -> str:
    return (
        f"Stopped early: {len(found.cells)} of {rows * len(plan.techniques)} attacks were run, legitimate "
        f"requests sent to {len(found.collateral)} of {rows} rows, and costs "
        f"{'measured' if found.costs else 'not measured'}."
    )


@dataclass(frozen=True, slots=True)
class _Found:
    cells: list[Cell]
    collateral: Mapping[tuple[str, str], Collateral]
    costs: Mapping[tuple[str, str], Cost]
    confinement: tuple[str, ...]
    is_whole: bool


async def _run_in_labs(
    plan: Plan, rows: Sequence[tuple[Protection, str]], hearers: Hearers, progress: Progress
) -> _Found:
    """Run everything in two labs: one as Lambda is, and one for techniques that need more than Lambda has."""
    stop = threading.Event()
    recorders: dict[str, Recorder] = {}

    def hear(line: LogLine) -> None:
        if (recorder := recorders.get(line.function)) is not None:
            recorder.take(line)

    with tempfile.TemporaryDirectory(prefix="dayfly-gauntlet-") as folder:
        # Functions run as another user, and what a protection adds may lie beside them.
        os.chmod(folder, 0o755)
        async with (
            Lab(refuses_calls=True, max_environments=4 * len(rows) + 4, log=hear) as lab,
            Lab(max_environments=len(rows) + 4, log=hear) as open_lab,
        ):
            refuse_unconfined(lab)
            loop = asyncio.get_running_loop()
            bridges = {True: Bridge(lab, loop, stop), False: Bridge(open_lab, loop, stop)}
            deployments = [
                Deployment(one, isolation, bridges=bridges, recorders=recorders, scratch=Path(folder))
                for one, isolation in rows
            ]
            run = _Run(plan, deployments, hearers, progress, stop)
            costs: Mapping[tuple[str, str], Cost] = {}
            is_whole = False
            try:
                await run.attack_and_ask()
                if plan.invocations:
                    costs = await measure_costs(
                        lab,
                        deployments,
                        invocations=plan.invocations,
                        progress=lambda done, total: progress(Step("costs", done, total)),
                    )
                is_whole = True
            except asyncio.CancelledError:
                if not run.cells:
                    raise
                # What was found is found; whoever ends us may have waited for an hour.
                _go_on()
            finally:
                # Threads end at their next look.
                stop.set()
                run.end()
            cells, collateral = run.found()
            return _Found(cells, collateral, costs, (lab.confinement.kind, *lab.confinement.active), is_whole)


def _go_on() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


class _Run:
    """The part that threads do: attacks row by row, then honest requests."""

    def __init__(
        self,
        plan: Plan,
        deployments: Sequence[Deployment],
        hearers: Hearers,
        progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._plan = plan
        self._deployments = deployments
        self._progress = progress
        self._stop = stop
        self._hearers = hearers
        self._executor = ThreadPoolExecutor(max(1, plan.jobs), thread_name_prefix="gauntlet")
        self._lock = threading.Lock()
        self.cells: list[Cell] = []
        self._collateral: dict[tuple[str, str], Collateral] = {}

    def found(self) -> tuple[list[Cell], Mapping[tuple[str, str], Collateral]]:
        """Return what there is so far: cells in no particular order, and collateral by row."""
        with self._lock:
            return list(self.cells), dict(self._collateral)

    async def attack_and_ask(self) -> None:
        """Run every row, first the attacks, then the honest requests."""
        loop = asyncio.get_running_loop()
        board = Board(self._add, self._stop)
        techniques = [one for _, one in self._plan.techniques]
        board.expect(techniques)

        def attack(deployment: Deployment) -> None:
            run_row(
                deployment,
                techniques,
                board,
                self._hearers,
                door=self._plan.door,
                tries=self._plan.tries,
            )

        expected: Expected | None = None
        if self._plan.honest:
            # First: a function that does not work must not cost a whole run.
            yardstick = self._deployments[0]
            expected = await loop.run_in_executor(
                self._executor, expect, yardstick, self._plan.honest, self._hearers
            )
        await self._side_by_side(attack)
        if expected is not None:
            usual = expected

            def ask(deployment: Deployment) -> None:
                key = (deployment.protection.name, deployment.isolation)
                found = measure_collateral(deployment, self._plan.honest, usual, self._hearers)
                with self._lock:
                    self._collateral[key] = found
                    self._progress(Step("legitimate requests", len(self._collateral), len(self._deployments)))

            await self._side_by_side(ask)

    async def _side_by_side(self, work: Callable[[Deployment], None]) -> None:
        """Do `work` for every row, as many at once as there are jobs; the first failure ends all."""

        def guarded(deployment: Deployment) -> None:
            try:
                work(deployment)
            except BaseException:
                # Whoever waits for this row's word must not wait for ever.
                self._stop.set()
                raise

        loop = asyncio.get_running_loop()
        futures = [loop.run_in_executor(self._executor, guarded, one) for one in self._deployments]
        results = await asyncio.gather(*futures, return_exceptions=True)
        failures = [one for one in results if isinstance(one, BaseException)]
        for failure in sorted(failures, key=lambda one: isinstance(one, StoppedError)):
            raise failure

    def _add(self, cell: Cell) -> None:
        with self._lock:
            self.cells.append(cell)
            total = len(self._deployments) * len(self._plan.techniques)
            self._progress(Step("attacks", len(self.cells), total, cell))

    def end(self) -> None:
        """Begin nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def refuse_unconfined(lab: Lab) -> None:
    """Raise LabError where attacks would hit this machine."""
    if lab.confinement.kind != "bubblewrap":
        raise LabError(
            f"attacks run only with bubblewrap, so that they cannot harm this machine: {lab.confinement.reason}",
            hint="install the Debian package bubblewrap",
        )


async def _install(
    rows: Sequence[tuple[Protection, str]],
    cache: Path,
    hearers: Hearers,
    started: list[Protection],
    progress: Progress,
) -> list[Row]:
    """Install and start every protection once, and add it to `started`; those that cannot be had say why."""
    reasons: dict[int, tuple[str, str]] = {}
    protections = {id(one): one for one, _ in rows}
    for number, (key, one) in enumerate(protections.items()):
        progress(Step("installing", number, len(protections)))
        folder = cache / one.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DayflyError(
                f"{folder} cannot be used: {error.strerror}", hint="choose another --cache"
            ) from error
        try:
            await asyncio.to_thread(one.install, folder)
            started.append(one)
            await asyncio.to_thread(one.start, hearers.tell)
            reasons[key] = ("", await asyncio.to_thread(one.version))
        except DayflyError as error:
            reasons[key] = (error.message, _version_or_nothing(one))
        except Exception as error:  # boundary: somebody else's code
            reasons[key] = (f"its own code failed: {type(error).__name__}: {error}", _version_or_nothing(one))
    return [
        Row(one.name, one.title, reasons[id(one)][1], isolation, reasons[id(one)][0])
        for one, isolation in rows
    ]


def _version_or_nothing(one: Protection) -> str:
    try:
        return one.version()
    except Exception:  # boundary: somebody else's code, which has said why it cannot be had
        return ""


def describe_machine() -> Mapping[str, str]:
    """What of this machine bears on the figures; no names."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processors": str(len(os.sched_getaffinity(0))),
        "python": platform.python_version(),
    }


def _view(source: str, one: Technique) -> AttackView:
    return AttackView(one.name, one.does, one.must_fail_to, one.level, one.family, one.attack, source)
