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
    """Undo a function's last promotion: restore guard, learning and policy, in one API call.

    The journal records every step; without it, the function itself stores the last one. Rollback does not ask
    for confirmation. Lambda replaces running environments after the configuration change; until then they
    keep their settings. The result counts as verified when a new environment's first log record shows the
    settings, from the fleet or from an invocation with --verify.

    Exit codes: 0 if it was restored (and verified, if requested), 1 if it was not verified, 2 if it was
    refused.

    Examples:

        dayfly rollback payments
        dayfly rollback payments --dry-run
        dayfly rollback payments --verify event.json
        dayfly rollback payments orders --patience 300

    Parameters
    ----------
    functions
        Function names or ARNs.
    dry_run
        Show what would change, without changing anything.
    verify
        File with one event: invoke each function once with it, and read the active settings from its log.
    patience
        Seconds to wait until the fleet receives the settings of a new environment.
    publish
        Afterwards publish a version and point this alias to it, if nothing else would be deployed.
    journal
        The journal file of attach (default: this user's journal).
    fleet
        URL of a running fleet service; the API token is read from DAYFLY_FLEET_TOKEN.
    folder
        Data folder of a fleet service on this machine (default: this user's, if it runs).
    endpoint_url
        Lambda API endpoint to use instead of AWS, for example the lab's.
    region
        AWS region (default: the profile's region).
    profile
        AWS profile.
    json
        Print one JSON object for each step.
    """
    output = Output(is_json=json)
    view = PromoteView(output)
    event = read_event(verify) if verify is not None else None
    if not 0 <= patience <= 86_400:
        raise DayflyError(f"--patience {patience:g} is out of range", hint="use 0 to 86400 seconds")
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
                    "no fleet service is running, so the result cannot be verified",
                    hint="start `dayfly fleet serve`, or use --verify event.json",
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
                view.told("standing", facts.name, f"is back at {standing.stage}", stage=standing.stage)
            if event is not None:
                verifier = Verifier(caller, aws, account.client("logs"))
                found = verifier.verify(name, facts.log_group, event)
                view.told("verified", facts.name, found.text, is_good=found.is_active)
                worst = worst if found.is_active else max(worst, _NOT_PROVED)
            if client is not None:
                watcher = Watcher(view, client, facts)
                seen = watcher.watch(
                    began, patience, guard=standing.guard, digest=standing.digest, only_active=True
                )
                worst = worst if seen.is_active else max(worst, _NOT_PROVED)
    return worst
