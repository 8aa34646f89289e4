"""Runs a detach of deployed functions from the choice to the last outcome."""

from __future__ import annotations

import os
from pathlib import Path

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.live.attaching import in_parallel
from dayfly.attach.live.detaching import Detacher
from dayfly.attach.live.history import History
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.model import Plan
from dayfly.attach.live.updating import Updater
from dayfly.cli.attach_live import REFUSED, Choice, each_once, run_all
from dayfly.cli.attach_view import AttachView
from dayfly.cli.output import Output


def detach_live(
    output: Output,
    account: Account,
    place: Path,
    choice: Choice,
    *,
    publish: str,
    is_dry_run: bool,
    is_yes: bool,
    limit: int,
) -> int:
    """Take Dayfly off what was chosen; return the exit code."""
    client = account.client("lambda", connections=limit)
    caller = Caller()
    view = AttachView(output, "detach")
    detacher = Detacher(caller, client, publish)
    chosen = choice.names(caller, client)
    with Journal(place) as journal:
        history = History(journal.records())
        if damage := journal.damage():
            view.warn(
                f"{damage} lines of the journal {place} are not valid records and were ignored (a run was "
                "killed while writing, or the file was edited)"
            )
        plans: dict[str, Plan] = {}
        with view.busy(f"looking at {len(chosen)} functions"):
            for name, result in in_parallel(chosen, lambda one: detacher.plan(one, history), limit=limit):
                if isinstance(result, CallError):
                    raise result
                plans[name] = result
        ordered = each_once([plans[name] for name in chosen])
        for plan in ordered:
            view.plan(plan, is_quiet=choice.is_broad and plan.state == "up-to-date")
        view.planned(ordered, is_dry_run=is_dry_run)
        worst = REFUSED if any(plan.refusals for plan in ordered) else 0
        doable = [plan.function for plan in ordered if plan.changes or (publish and not plan.refusals)]
        if is_dry_run or not doable:
            return worst
        view.ask(f"remove Dayfly from {len(doable)} function{'s' if len(doable) != 1 else ''}", is_yes=is_yes)
        updater = Updater(caller, client, journal, run=os.urandom(6).hex())
        outcomes = run_all(
            view, updater, lambda name: detacher.detach(name, updater), doable, limit=limit, command="detach"
        )
    return worst if all(outcome.is_good for outcome in outcomes) else REFUSED
