"""`dayfly demo`: the attack alive on a plain function, and dead under Dayfly, in about a minute."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from random import SystemRandom
from typing import Annotated

from cyclopts import Parameter
from rich.live import Live

from dayfly.cli.demo_view import draw_ending, draw_progress
from dayfly.cli.ending import TERMINATED
from dayfly.cli.output import Output
from dayfly.errors import SettingError
from dayfly.lab.demo.facts import DEFAULT_ATTACKERS, DEFAULT_CUSTOMERS, DEFAULT_ENVIRONMENTS, Plan
from dayfly.lab.demo.report import find_origin, render_report
from dayfly.lab.demo.story import Ending, Story
from dayfly.lab.model import ConfinementChoice

_NOT_SHOWN = 1
# Enough for a picture that one reads at a glance, beside a browser and a store on the same two cores.
FLEET_ENVIRONMENTS = 8
FLEET_ATTACKERS = 40
_REFRESH_S = 0.125


def demo(
    *,
    attackers: int = DEFAULT_ATTACKERS,
    customers: int = DEFAULT_CUSTOMERS,
    environments: int = DEFAULT_ENVIRONMENTS,
    confinement: ConfinementChoice = "auto",
    report: Path | None = None,
    fleet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show an attack that steals card numbers from a warm function, then the same attack under Dayfly.

    Act 1 runs a payments function without Dayfly in a Lambda emulator on this machine. After one burst of
    attacks, customers pay and their (invented) card numbers reach the attacker's server. Act 2 sends the same
    traffic to the same function under Dayfly. The demo takes about a minute on two CPUs. Ctrl-C stops
    everything.

    Exit codes: 0 if cards were stolen in act 1 and none in act 2; 1 if not, with the reason; 2 if the demo
    could not run.

    Examples:

        dayfly demo
        dayfly demo --report demo.html
        dayfly demo --fleet
        dayfly demo --json
        dayfly demo --environments 8 --attackers 100 --customers 50

    Parameters
    ----------
    attackers
        Number of malicious requests, sent at the same time.
    customers
        Number of customers who pay afterwards, each with a different card.
    environments
        Reserved concurrency: the maximum number of environments.
    confinement
        How to isolate functions from this machine: auto uses bubblewrap if it works, else runs without and
        warns.
    report
        Write a self-contained HTML report with a timeline of each environment.
    fleet
        Show the attack in the fleet console in a browser until Ctrl-C. Customers keep paying until you recycle
        the infected environments. Needs the fleet extra.
    json
        Print one JSON object with the figures of both acts and nothing else.
    """
    output = Output(is_json=json)
    plan = Plan(environments=environments, attackers=attackers, customers=customers)
    if fleet:
        if report is not None:
            raise SettingError(
                "--fleet and --report cannot be combined",
                hint="remove one of them; the console replaces the report",
            )
        # What it needs is of another extra.
        from dayfly.cli.demo_fleet import watch_in_console

        asyncio.run(
            watch_in_console(
                output,
                environments=min(environments, FLEET_ENVIRONMENTS),
                attackers=min(attackers, FLEET_ATTACKERS),
                confinement=confinement,
            )
        )
        return 0
    if report is not None:
        check_report(report)
    # Cards that nobody can guess: what arrives at the sink can only have come from a customer's request.
    story = Story(plan, confinement=confinement, random=SystemRandom())
    try:
        ending = asyncio.run(_play(story, plan, output))
    except asyncio.CancelledError:
        return TERMINATED
    if report is not None:
        made_at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        report.write_text(render_report(ending, origin=find_origin(made_at=made_at)), encoding="utf-8")
    return show_ending(ending, output, report=report)


def show_ending(ending: Ending, output: Output, *, report: Path | None) -> int:
    """Print the ending and return the exit code that it deserves."""
    confinement = ending.bare_facts.confinement
    if confinement.kind == "none":
        output.warn(f"environments ran without confinement: {confinement.reason}")
    if output.is_json:
        output.json(ending.as_json())
        for reason in ending.reasons:
            output.warn(reason)
    else:
        output.console.print(draw_ending(ending), soft_wrap=False)
        output.say(f"confinement of the environments: {confinement.kind} ({confinement.reason})", style="dim")
    if report is not None:
        output.say(f"report: {report}")
    return _NOT_SHOWN if ending.reasons else 0


def check_report(path: Path) -> None:
    """Raise SettingError for a report that could not be written, before a minute is spent on it."""
    folder = path.absolute().parent
    if path.is_dir():
        raise SettingError(f"{path} is a folder", hint="give a file name, for example --report demo.html")
    if not folder.is_dir():
        raise SettingError(f"{folder} is not a folder", hint="create the folder, or choose another one")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise SettingError(f"{path} cannot be written", hint="choose a folder that you can write to")


async def _play(story: Story, plan: Plan, output: Output) -> Ending:
    playing = asyncio.create_task(story.run())
    # SIGTERM ends the story as Ctrl-C does: by cancelling it, so that the lab ends its processes.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    try:
        if output.is_live:
            await _watch(playing, story, plan, output)
        return await playing
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(playing, return_exceptions=True)


async def _watch(playing: asyncio.Task[Ending], story: Story, plan: Plan, output: Output) -> None:
    output.say("Dayfly demo: the same attack and the same customers, twice\n", style="bold")
    with Live(console=output.console, auto_refresh=False, transient=False) as live:
        while not playing.done():
            live.update(draw_progress(story.snapshots(), plan=plan), refresh=True)
            await asyncio.wait({playing}, timeout=_REFRESH_S)
        live.update(draw_progress(story.snapshots(), plan=plan), refresh=True)
