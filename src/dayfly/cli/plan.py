"""`dayfly plan`: what each isolation would cost a function, what a fresh worker would lose, what to set."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.ending import TERMINATED, until_signal
from dayfly.cli.lab import parse_environment
from dayfly.cli.output import Output
from dayfly.cli.plan_view import WIDTH, PlanProgress, draw_plan
from dayfly.core.settings import FILE_NAME
from dayfly.errors import SettingError
from dayfly.lab.model import ConfinementChoice, FunctionConfig
from dayfly.lab.plan.configuration import check_settings, merge_settings, render_settings, wanted_values
from dayfly.lab.plan.contestants import PLAIN
from dayfly.lab.plan.events import load_events
from dayfly.lab.plan.model import Request
from dayfly.lab.plan.page import render_page
from dayfly.lab.plan.report import as_json
from dayfly.lab.plan.study import check_function, make_plan

if TYPE_CHECKING:
    from dayfly.lab.plan.model import Plan

DEFAULT_INVOCATIONS = 100
MAX_INVOCATIONS = 10_000
DEFAULT_LIMIT_S = 300.0
_TOO_SLOW, _UNDECIDED = 1, 2


def plan(
    handler: str,
    *,
    events: Path,
    folder: Path = Path("."),
    invocations: int = DEFAULT_INVOCATIONS,
    limit: float = DEFAULT_LIMIT_S,
    timeout: float = 3.0,
    memory: int = 128,
    env: Annotated[list[str] | None, Parameter(negative="")] = None,
    python: Path | None = None,
    confinement: ConfinementChoice = "auto",
    max_added_ms: float | None = None,
    write: Annotated[bool, Parameter(negative="")] = False,
    force: Annotated[bool, Parameter(negative="")] = False,
    report: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Measure what each isolation mode costs a function, and recommend settings for dayfly.toml.

    Plan runs the unchanged function on its test events in a Lambda emulator on this machine. It first
    records, without Dayfly, which state invocations share. Then it measures the function without Dayfly and
    under each isolation mode, and tells what a new worker adds: isolation, imports, connections, first use.
    It names the lines of your code that can move to init. Your function runs some hundreds of times, with all
    its side effects.

    Exit codes: 0; 1 if --max-added-ms is exceeded; 2 if the function or its events cannot be run, or if the
    measurements are inconclusive, for example on a busy machine.

    Examples:

        dayfly plan app.handler --events events/
        dayfly plan app.handler --events events/ --folder ./function --env TABLE=payments --memory 512
        dayfly plan app.handler --events events/ --write
        dayfly plan app.handler --events events/ --report plan.html
        dayfly plan app.handler --events events/ --json --max-added-ms 10

    Parameters
    ----------
    handler
        Handler, for example app.handler.
    events
        Folder with one test event per *.json file, replayed in alphabetical order.
    folder
        Folder with the function's deployment package.
    invocations
        Measured invocations per isolation mode.
    limit
        Maximum measuring time in seconds; then plan uses fewer invocations.
    timeout
        Timeout of an invocation in seconds.
    memory
        Memory size in MB that the function sees.
    env
        Environment variable KEY=VALUE for the function; repeatable.
    python
        Python that runs the function (default: this one); awslambdaric must be installed in it.
    confinement
        How to isolate functions from this machine: auto uses bubblewrap if it works, else runs without and
        warns.
    max_added_ms
        Exit with code 1 if the recommended isolation adds more than this to the median response time.
    write
        Write the settings to the folder's dayfly.toml, and the warm-up module beside it.
    force
        With --write: overwrite settings and a warm-up module that differ.
    report
        Write a self-contained HTML report to this file.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    if not 1 <= invocations <= MAX_INVOCATIONS:
        raise SettingError(f"--invocations {invocations} is out of range", hint=f"use 1 to {MAX_INVOCATIONS}")
    if limit <= 0:
        raise SettingError("--limit must be above 0", hint="for example --limit 300")
    if force and not write:
        raise SettingError("--force needs --write", hint="add --write")
    if report is not None and not report.resolve().parent.is_dir():
        raise SettingError(
            f"--report {report}: {report.parent} is not a folder", hint="create it, or choose another file"
        )
    request = Request(
        folder=folder,
        handler=handler,
        events=load_events(events),
        environment=parse_environment(env or []),
        timeout_s=timeout,
        memory_mb=memory,
        python=python or Path(sys.executable),
        invocations=invocations,
        limit_s=limit,
        confinement=confinement,
    )
    check_request(request)
    if write:
        check_writable(folder)
    try:
        made = asyncio.run(_make(request, output))
    except asyncio.CancelledError:
        return TERMINATED
    if made.confinement.kind == "none":
        output.warn(f"the function ran without confinement: {made.confinement.reason}")
    if output.is_json:
        output.json(as_json(made))
    else:
        output.draw(draw_plan(made), most=WIDTH)
    if report is not None:
        write_report(made, report)
        output.note(f"wrote {report}")
    if write and not made.advice.is_undecided:
        for path in write_files(made, folder, is_forced=force):
            output.say(f"wrote {path}", style="bold green")
        if made.advice.must_fix:
            output.warn("change the code before you deploy these settings: see the fixes above")
    if made.advice.is_undecided:
        output.warn(f"{made.advice.headline}{'; nothing was written' if write else ''}")
        return _UNDECIDED
    return judge(made, max_added_ms, output)


def write_report(plan: Plan, path: Path) -> None:
    """Write the HTML report; raises SettingError where that is not possible."""
    try:
        path.write_text(render_page(plan), encoding="utf-8")
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written: {error.strerror}", hint="choose another --report"
        ) from error


def check_request(request: Request) -> None:
    """Raise DayflyError for what AWS or Dayfly would refuse and for a missing handler, before anything runs."""
    FunctionConfig(
        name="plan",
        folder=request.folder,
        handler=request.handler,
        timeout_s=request.timeout_s,
        memory_mb=request.memory_mb,
        environment=request.environment,
    )
    check_function(request)
    path = request.folder / FILE_NAME
    check_settings(_read(path) if path.exists() else "", request.environment)


def judge(plan: Plan, max_added_ms: float | None, output: Output) -> int:
    """Return the exit code: that of --max-added-ms, or `_UNDECIDED` if Dayfly could not run the function at all."""
    if all(cost.unavailable for cost in plan.costs if cost.name != PLAIN):
        output.warn("no isolation could be measured: see why above")
        return _UNDECIDED
    if max_added_ms is None:
        return 0
    added = plan.advice.added_ms
    if added is not None and added <= max_added_ms:
        return 0
    low = next((cost.added_low_ms for cost in plan.costs if cost.name == plan.advice.measured_as), None)
    if added is not None and (plan.is_busy or (low is not None and low <= max_added_ms)):
        output.warn(
            f"undecided: {added:.1f} ms were added here, but the measurements vary too much; measure again on a quiet machine"
        )
        return _UNDECIDED
    what = "could not be measured" if added is None else f"is {added:.1f} ms"
    output.warn(
        f"isolation {plan.advice.settings.isolation}: added response time {what}; --max-added-ms allows "
        f"{max_added_ms:g} ms"
    )
    return _TOO_SLOW


def check_writable(folder: Path) -> None:
    """Raise SettingError where --write could not write, before minutes are spent."""
    path = folder / FILE_NAME
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise SettingError(f"{path} cannot be written", hint="check its permissions, or remove --write")


def write_files(plan: Plan, folder: Path, *, is_forced: bool) -> list[Path]:
    """Write dayfly.toml and the warm-up it names; return what was written.

    Raises SettingError, before anything is written, for a function that fails there, and where the folder has
    other settings or another module of the warm-up's name, unless `is_forced`.
    """
    if plan.advice.has_failed:
        raise SettingError(
            "nothing was written: the function fails under the recommended isolation",
            hint="first fix what the plan lists",
        )
    path = folder / FILE_NAME
    wanted = wanted_values(plan.advice.settings)
    if path.exists():
        files = {path: merge_settings(_read(path), wanted, is_forced=is_forced)}
    else:
        files = {path: render_settings(plan.advice)}
    check_settings(files[path])
    prime = plan.prime
    if prime is not None and plan.advice.settings.prime == prime.setting:
        module = folder / f"{prime.module}.py"
        if module.exists() and _read(module) != prime.source and not is_forced:
            raise SettingError(
                f"{module} exists and differs from the recommended warm-up",
                hint="compare the two, or add --force to overwrite it",
            )
        files[module] = prime.source
    for target, text in files.items():
        target.write_text(text, encoding="utf-8")
    return list(files)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path} cannot be read: {error}", hint="check that the file is readable and valid TOML"
        ) from error


async def _make(request: Request, output: Output) -> Plan:
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(PlanProgress(output.console)) if output.is_live else None

        def show(phase: str, done: int, total: int) -> None:
            if progress is not None:
                progress.show(phase, done, total)

        return await until_signal(make_plan(request, progress=show))
