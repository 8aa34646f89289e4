"""`dayfly rollback`: takes a function's last promotion back, in one command."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.live.journal import Journal, default_journal
from dayfly.attach.live.model import State
from dayfly.attach.live.updating import Updater
from dayfly.attach.live.verifying import Verifier
from dayfly.attach.rollout.promoting import Promoter
from dayfly.attach.rollout.promotions import Promotions
from dayfly.attach.rollout.stages import standing_of
from dayfly.cli.attach_live import Choice, read_event
from dayfly.cli.fleet_asking import open_fleet
from dayfly.cli.output import Output
from dayfly.cli.promote_view import PromoteView
from dayfly.cli.promote_watch import Watcher
from dayfly.errors import DayflyError

_NOT_PROVED = 1
_REFUSED = 2


def rollback(
    *functions: str,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    verify: Path | None = None,
    patience: float = 0.0,
    publish: str = "",
    journal: Path | None = None,
    fleet: str | None = None,
    folder: Path | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Put back what was in force before a function's last promotion: guard, learning and policy, in one call.

    The journal knows every step; without it the function itself knows the last one. It does not ask: who rolls back is in
    a hurry. Environments that began before go on with what they began with until Lambda ends them, which a change of the
    configuration makes it do. Nothing counts as proved before a new environment's first log line says what is in force:
    the fleet's, or that of an invocation with --verify.

    The exit code is 0 where it was put back (and proved, where that was asked for), 1 where it was not proved, 2 where it
    was refused.

    Examples:

        dayfly rollback payments
        dayfly rollback payments --dry-run
        dayfly rollback payments --verify event.json
        dayfly rollback payments orders --patience 300

    Parameters
    ----------
    functions
        Names or ARNs.
    dry_run
        Say what would change, and change nothing.
    verify
        File with an event: invoke each function once with it, and read from its log what is in force.
    patience
        Seconds to wait until the fleet hears a new environment say what is in force.
    publish
        Afterwards publish a version and move this alias to it, if that deploys nothing else.
    journal
        Attach's journal; by default one for this user.
    fleet
        URL of a running `dayfly fleet serve`, with a token in DAYFLY_FLEET_TOKEN.
    folder
        Folder of one on this machine; by default the one of this user, if it runs.
    endpoint_url
        Another endpoint of the Lambda API: the lab's.
    region
        AWS region, where the profile says none.
    profile
        Profile of the AWS configuration.
    json
        One JSON object for each step.
    """
    output = Output(is_json=json)
    view = PromoteView(output)
    event = read_event(verify) if verify is not None else None
    if not 0 <= patience <= 86_400:
        raise DayflyError(f"--patience {patience:g} is not from 0 to 86400", hint="as --patience 300")
    caller = Caller()
    account = Account(endpoint_url, region, profile)
    aws = account.client("lambda")
    names = Choice(functions).names(caller, aws)
    promoter = Promoter(caller, aws, time.time, publish=publish)
    worst = 0
    with ExitStack() as stack:
        client = None
        if patience:
            client = open_fleet(fleet, folder)
            if client is None:
                raise DayflyError(
                    "no fleet runs that could prove it",
                    hint="start `dayfly fleet serve`, or prove it with --verify event.json",
                )
            stack.enter_context(client)
        opened = stack.enter_context(Journal(journal or default_journal(os.environ)))
        updater = Updater(caller, aws, opened, run=os.urandom(6).hex())
        for name in names:
            promotions = Promotions(opened.records())
            if dry_run:
                plan = promoter.plan_back(promoter.facts(name), promotions)
                view.plan(plan, "back")
                worst = max(worst, _REFUSED if plan.refusals else 0)
                continue
            began = time.time()
            outcome = promoter.roll_back(name, updater, promotions)
            view.outcome(outcome, "back")
            if not outcome.is_good:
                worst = _REFUSED
                continue
            facts = promoter.facts(name)
            standing = standing_of(facts, None)
            if outcome.state is State.DONE:
                view.told("standing", facts.name, f"is at {standing.stage} again", stage=standing.stage)
            if event is not None:
                verifier = Verifier(caller, aws, account.client("logs"))
                found = verifier.verify(name, facts.log_group, event)
                view.told("verified", facts.name, found.text, is_good=found.is_in_force)
                worst = worst if found.is_in_force else max(worst, _NOT_PROVED)
            if client is not None:
                watcher = Watcher(view, client, facts)
                seen = watcher.watch(
                    began, patience, guard=standing.guard, digest=standing.digest, only_force=True
                )
                worst = worst if seen.is_in_force else max(worst, _NOT_PROVED)
    return worst
