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
    """Move a function's guard one step further when the data allows it: learn, observe with a policy, block.

    The policy contains what the function was seen to use, except uses that came with an attack; it is shown
    as a diff. It is delivered as a separate layer, without a new deployment of the code. The command lists
    each unmet requirement with what is missing, for example "needs 6 days more". dayfly rollback undoes the
    step.

    Exit codes: 0 if it was done (or would be), 1 if a requirement is not met or not verified, 2 if it was
    refused.

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
        Function names or ARNs.
    all_
        All functions in this account and region.
    tag
        Functions with this tag, for example team=shop; with several tags, all must match.
    guard
        Target mode: observe (with the latest learned policy) or block (default: the next step).
    from_
        Data source: fleet, or a log file as CloudWatch exports it, which has less detail.
    days
        Minimum number of recorded days.
    invocations
        Minimum number of recorded invocations.
    quiet_days
        Minimum number of days that the policy must observe without a legitimate refusal before it blocks.
    with_rare
        Also learn uses that only one environment on one day, or one of many callers, showed. Review them
        first.
    policy
        Use the policy of this dayfly.toml instead of a learned one.
    into
        Write to this dayfly.toml for the next deployment, without changing the function.
    dry_run
        Show the decision without changing anything.
    force
        Promote although requirements are not met; give the reason for the journal.
    yes
        Do not ask for confirmation.
    watch
        Watch for refusals afterwards, for --minutes.
    auto_rollback
        With --watch: roll back automatically if legitimate requests are refused.
    minutes
        Minutes to watch.
    pause
        Seconds to wait between two changed functions.
    accept_drift
        Also change functions that a deployment tool manages; its next deployment undoes this.
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
                "no fleet service is running, so refusals cannot be watched",
                hint="start `dayfly fleet serve`, or remove --watch",
            )
        aws = account.client("lambda")
        caller = Caller()
        names = Choice(functions, is_all=all_, tags=tuple(tag or ())).names(caller, aws)
        promoter = Promoter(caller, aws, time.time, accept_drift, publish)
        if into is not None:
            if len(names) != 1:
                raise DayflyError("--into needs exactly one function", hint="give one function name")
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
            output.warn(f"stopped after {name}: fix the problem before you promote the others")
            break
    return worst


def _ask(output: Output, text: str, *, is_yes: bool) -> None:
    if is_yes:
        return
    if not output.can_ask:
        raise DayflyError(
            "nothing was changed: cannot ask for confirmation without a terminal",
            hint="review the changes and add --yes",
        )
    if not output.ask(f"{text}?"):
        raise DayflyError("nothing was changed: not confirmed")


def _check(days: float, invocations: int, quiet_days: float, minutes: float, pause: float) -> None:
    for name, value, most in (("days", days, 89.0), ("quiet-days", quiet_days, 89.0), ("minutes", minutes, 1440.0), ("pause", pause, 86_400.0)):  # fmt: skip
        # Not `value < 0`: that lets "nan" pass.
        if not 0 <= value <= most:
            raise DayflyError(f"--{name} {value:g} is out of range", hint=f"use 0 to {most:g}")
    if invocations < 0:
        raise DayflyError("--invocations must not be negative", hint="for example --invocations 1000")
    if days == 0:
        raise DayflyError("--days must be above 0", hint="for example --days 14")
