"""`dayfly lab gauntlet`: every attack against every protection, and what each protection costs honest requests."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.ending import TERMINATED, until_signal
from dayfly.cli.lab_gauntlet_view import GauntletProgress, draw_list, draw_result, list_as_json
from dayfly.cli.main import INTERRUPTED
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.engine import Plan, Step, run_gauntlet
from dayfly.lab.gauntlet.honest.samples import load_honest
from dayfly.lab.gauntlet.model import Door
from dayfly.lab.gauntlet.plugins import (
    choose_attacks,
    choose_rows,
    find_attacks,
    find_protections,
    one_per_family,
)
from dayfly.lab.gauntlet.report import render_report
from dayfly.lab.gauntlet.summary import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.gauntlet.technique import Technique

_TRIES, _QUICK_TRIES = 2, 1
_INVOCATIONS, _QUICK_INVOCATIONS = 100, 30
_MAX_TRIES = 20
_MAX_INVOCATIONS = 10_000


def gauntlet(
    *,
    against: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    attack: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    isolation: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    door: Door = "open",
    quick: Annotated[bool, Parameter(negative="")] = False,
    tries: int | None = None,
    jobs: int | None = None,
    invocations: int | None = None,
    honest: Path | None = None,
    cache: Path | None = None,
    report: Path | None = None,
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run attacks against protections in the lab, with legitimate requests beside them.

    Each attack runs in its own warm environment under each protection and each of its isolation modes;
    customer requests come before and after. The result is blocked, contained (it ran and affected no later
    request), contained late (it affected some requests first), detected (it continued, and the protection
    reported it) or survived. An attack that fails even without protection on this machine is void and is not
    counted. Bubblewrap is required, because attacks always run confined.

    Exit codes: 0 if everything was run, whatever the results. Ctrl-C and SIGTERM print the results so far and
    exit with 130 and 143.

    Examples:

        dayfly lab gauntlet --quick
        dayfly lab gauntlet --against bare,dayfly --isolation invocation --report gauntlet.html
        dayfly lab gauntlet --against dayfly-block --attack M10 --door hidden --json
        dayfly lab gauntlet --list

    Parameters
    ----------
    against
        Protections, separated by commas, or all (default: those that need no download). The unprotected
        function always runs.
    attack
        Attacks by name, family (M10) or level (L1), separated by commas (default: all).
    isolation
        Isolation modes, separated by commas (default: all modes of each protection).
    door
        How the event carries the attacker's code: open, in a field that the function evaluates, or hidden, in
        an encoding.
    quick
        Run one attack of each family, once, and measure costs with fewer invocations.
    tries
        Maximum number of attempts per attack (default: 2, or 1 with --quick).
    jobs
        Number of parallel runs (default: half of the CPUs, or all with --quick). Costs are measured one at a
        time.
    invocations
        Invocations for measuring costs (default: 100, or 30 with --quick); 0 skips the measurement.
    honest
        Folder with more legitimate functions: one subfolder each, with app.py and events.json.
    cache
        Folder for the files that protections install (default: below ~/.cache).
    report
        Write a self-contained HTML report to this file.
    list_
        List attacks and protections without running them.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    protections = find_protections()
    attacks = find_attacks()
    if list_:
        if output.is_json:
            output.json(list_as_json(protections, attacks))
        else:
            output.draw(draw_list(protections, attacks))
        return 0
    plan = Plan(
        rows=choose_rows(protections, _words(against), _words(isolation)),
        techniques=_choose([(source, one) for source, own in attacks.items() for one in own], attack, quick),
        honest=[*load_honest(), *(load_honest(honest) if honest is not None else [])],
        cache=cache or _default_cache(),
        door=door,
        tries=_within("tries", tries, 1, _MAX_TRIES, _QUICK_TRIES if quick else _TRIES),
        jobs=_within("jobs", jobs, 1, 64, _usual_jobs(quick)),
        invocations=_within(
            "invocations", invocations, 0, _MAX_INVOCATIONS, _QUICK_INVOCATIONS if quick else _INVOCATIONS
        ),
        is_quick=quick,
    )
    if report is not None and not report.resolve().parent.is_dir():
        raise DayflyError(f"{report.parent} is not a folder", hint="create it, or choose another --report")
    with contextlib.ExitStack() as stack:
        show = (
            stack.enter_context(GauntletProgress(output.progress)).show
            if output.is_watched
            else _show_nothing
        )
        code = INTERRUPTED

        def terminate() -> None:
            nonlocal code
            code = TERMINATED

        try:
            result = asyncio.run(until_signal(run_gauntlet(plan, progress=show), terminate=terminate))
        except asyncio.CancelledError:
            return TERMINATED
    if output.is_json:
        output.json(to_json(result))
    else:
        output.draw(draw_result(result, width=output.width))
    if report is not None:
        try:
            report.write_text(render_report(result), encoding="utf-8")
        except OSError as error:
            raise DayflyError(f"{report} cannot be written: {error.strerror}") from error
        output.note(f"wrote {report}")
    return 0 if result.is_whole else code


def _show_nothing(_step: Step) -> None:
    pass


def _words(given: Sequence[str] | None) -> list[str]:
    return [word.strip() for text in given or () for word in text.split(",") if word.strip()]


def _choose(
    attacks: Sequence[tuple[str, Technique]], wanted: Sequence[str] | None, quick: bool
) -> list[tuple[str, Technique]]:
    chosen = choose_attacks([one for _, one in attacks], _words(wanted))
    if quick:
        chosen = one_per_family(chosen)
    names = {one.name for one in chosen}
    return [(source, one) for source, one in attacks if one.name in names]


def _within(name: str, given: int | None, least: int, most: int, usual: int) -> int:
    value = usual if given is None else given
    if not least <= value <= most:
        raise DayflyError(f"--{name} {value} is out of range", hint=f"use {least} to {most}")
    return value


def _usual_jobs(quick: bool) -> int:
    processors = len(os.sched_getaffinity(0))
    return min(64, processors if quick else max(1, processors // 2))


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "dayfly" / "gauntlet"
