"""`dayfly promote`: takes a function's guard from observe to block, by what the fleet saw of it."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.live.journal import Journal, default_journal
from dayfly.attach.live.updating import Updater
from dayfly.attach.rollout.promoting import Promoter
from dayfly.cli.attach_live import Choice
from dayfly.cli.fleet_asking import open_fleet
from dayfly.cli.output import Output
from dayfly.cli.promote_into import write_into
from dayfly.cli.promote_run import PromoteOptions, Promotion
from dayfly.cli.promote_source import FLEET, Policies
from dayfly.errors import DayflyError
from dayfly.policy.readiness import Demand

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_PAUSE_S = 30.0
_WATCH_MINUTES = 15.0


def promote(
    *functions: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    tag: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    guard: Literal["observe", "block"] | None = None,
    from_: Annotated[str, Parameter(name="--from")] = FLEET,
    days: float = 14.0,
    invocations: int = 1000,
    quiet_days: float = 3.0,
    with_rare: Annotated[bool, Parameter(negative="")] = False,
    policy: Path | None = None,
    into: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    force: str = "",
    yes: Annotated[bool, Parameter(negative="")] = False,
    watch: Annotated[bool, Parameter(negative="")] = False,
    auto_rollback: Annotated[bool, Parameter(negative="")] = False,
    minutes: float = _WATCH_MINUTES,
    pause: float = _PAUSE_S,
    accept_drift: Annotated[bool, Parameter(negative="")] = False,
    publish: str = "",
    journal: Path | None = None,
    fleet: str | None = None,
    folder: Path | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Take a function one step: to learn, to observe with a policy, to block, when the fleet has seen enough.

    The policy is made of what the function was seen to use, without what came beside an attack, and shown as a diff. It
    reaches the function as a layer of its own; code is not deployed again. Each rule that is not met is named with what is
    missing, as "needs 6 days more". `dayfly rollback` takes a step back.

    The exit code is 0 where it was done (or would be), 1 where something is missing or not proved, 2 where it was refused.

    Examples:

        dayfly promote payments --dry-run
        dayfly promote payments --yes
        dayfly promote payments --guard block --watch --auto-rollback
        dayfly promote --tag team=shop --yes --pause 300
        dayfly promote payments --into src/dayfly.toml
        dayfly promote payments --from fortnight.log --dry-run
        dayfly promote payments --force "load test, 20 of 26 November" --yes

    Parameters
    ----------
    functions
        Names or ARNs.
    all_
        Every function of the account in this region.
    tag
        Those with this tag, as key=value; several must all fit.
    guard
        Where to: observe (with what was learned since) or block; by default the next step.
    from_
        fleet, or a file of log lines as CloudWatch exports them, which knows less.
    days
        For how many days it must have been seen.
    invocations
        How many invocations must have been seen.
    quiet_days
        For how many days the policy must have observed with nothing honest to refuse, before it blocks.
    with_rare
        Learn also what one environment on one day told, or one caller among many: you answer for it.
    policy
        A dayfly.toml whose policy is taken as it is, in the place of what was learned.
    into
        Write into this dayfly.toml of the package and leave the function as it is, for a deployment.
    dry_run
        Judge and show, and change nothing.
    force
        Do it although something is missing; why, for the journal.
    yes
        Do not ask.
    watch
        Afterwards look for what is refused, for --minutes.
    auto_rollback
        With --watch: roll back by itself where honest requests are refused.
    minutes
        How long to watch.
    pause
        Seconds between two functions that were changed.
    accept_drift
        Also a function that a tool manages, whose next deployment takes this back.
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
    _check(days, invocations, quiet_days, minutes, pause)
    if auto_rollback and not watch:
        raise DayflyError("--auto-rollback needs --watch", hint="add --watch")
    options = PromoteOptions(
        guard=guard,
        source=from_,
        demand=Demand(days=days, invocations=invocations, quiet_days=quiet_days),
        with_rare=with_rare,
        policy=policy,
        force=" ".join(force.split()),
        is_dry_run=dry_run,
        is_yes=yes,
        watch_s=minutes * 60 if watch else 0.0,
        is_auto=auto_rollback,
    )
    account = Account(endpoint_url, region, profile)
    place = journal or default_journal(os.environ)
    with ExitStack() as stack:
        client = open_fleet(fleet, folder)
        if client is not None:
            stack.enter_context(client)
        if watch and client is None:
            raise DayflyError(
                "no fleet runs that could tell what is refused",
                hint="start `dayfly fleet serve`, or leave --watch out",
            )
        aws = account.client("lambda")
        caller = Caller()
        names = Choice(functions, is_all=all_, tags=tuple(tag or ())).names(caller, aws)
        promoter = Promoter(caller, aws, time.time, accept_drift, publish)
        if into is not None:
            if len(names) != 1:
                raise DayflyError("--into writes one function's file", hint="name one function")
            return write_into(output, promoter, client, options, names[0], into)
        promotion = Promotion(
            output, promoter, Policies(caller, aws, place.parent / "policies"), client, options
        )
        return _promote_all(output, promotion, names, options, place, aws, caller, pause)


def _promote_all(
    output: Output,
    promotion: Promotion,
    names: list[str],
    options: PromoteOptions,
    place: Path,
    aws: LambdaClient,
    caller: Caller,
    pause: float,
) -> int:
    worst = 0
    is_first = True
    for name in names:
        try:
            prepared = promotion.prepare(name)
        except DayflyError as error:
            if len(names) == 1:
                raise
            output.warn(f"{name}: {error.message}" + (f" ({error.hint})" if error.hint else ""))
            worst = 2
            continue
        if isinstance(prepared, int):
            worst = max(worst, prepared)
            continue
        if options.is_dry_run:
            output.say(f"{name}: nothing was changed: --dry-run")
            continue
        _ask(output, f"promote {name} to {prepared.stage}", is_yes=options.is_yes)
        if not is_first and pause > 0:
            output.say(f"waiting {pause:g} s before the next")
            time.sleep(pause)
        is_first = False
        with Journal(place) as journal:
            updater = Updater(caller, aws, journal, run=os.urandom(6).hex())
            code = promotion.carry_out(prepared, updater, journal)
        worst = max(worst, code)
        if code:
            output.warn(f"stopped after {name}: see what is wrong before the others follow")
            break
    return worst


def _ask(output: Output, text: str, *, is_yes: bool) -> None:
    if is_yes:
        return
    if not output.can_ask:
        raise DayflyError(
            "nothing was changed: there is no terminal to ask on", hint="look at what is shown and add --yes"
        )
    if not output.ask(f"{text}?"):
        raise DayflyError("nothing was changed: that was no yes")


def _check(days: float, invocations: int, quiet_days: float, minutes: float, pause: float) -> None:
    for name, value, most in (("days", days, 89.0), ("quiet-days", quiet_days, 89.0), ("minutes", minutes, 1440.0), ("pause", pause, 86_400.0)):  # fmt: skip
        # Not `value < 0`: that lets "nan" pass.
        if not 0 <= value <= most:
            raise DayflyError(f"--{name} {value:g} is not from 0 to {most:g}", hint=f"as --{name} 3")
    if invocations < 0:
        raise DayflyError("--invocations is below 0", hint="as --invocations 1000")
    if days == 0:
        raise DayflyError("--days 0 would look at nothing", hint="as --days 14")
