"""`dayfly recycle`: every environment of a function is replaced, and the logs prove that the old ones are gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.cloudwatch import SETTLE_S, CloudWatchWitness
from dayfly.attach.recycle.history import default_journal
from dayfly.attach.recycle.ordering import PAUSE_S, Means
from dayfly.attach.recycle.planning import check_percents
from dayfly.attach.recycle.recycling import PATIENCE_S
from dayfly.cli.attach_live import Choice
from dayfly.cli.fleet_retiring import ServiceWitness
from dayfly.cli.output import Output
from dayfly.cli.recycle_live import Live, Request
from dayfly.cli.recycle_roles import unrevoke_roles
from dayfly.errors import DayflyError
from dayfly.fleet.service.client import Client
from dayfly.fleet.service.place import default_folder

if TYPE_CHECKING:
    from dayfly.attach.recycle.model import Witness
    from dayfly.attach.recycle.survey import Survey


def recycle(
    *functions: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    tag: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    only: Literal["infected"] | None = None,
    only_latest: Annotated[bool, Parameter(negative="")] = False,
    shift: str = "",
    pause: float = PAUSE_S,
    max_parallel: int = 1,
    cold_starts_per_minute: float | None = None,
    drain: Annotated[bool, Parameter(negative="")] = False,
    alarm: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    max_error_rate: float | None = None,
    revoke_sessions: Annotated[bool, Parameter(negative="")] = False,
    unrevoke: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    reason: str = "",
    patience: float = PATIENCE_S,
    price: float | None = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    undo: Annotated[bool, Parameter(negative="")] = False,
    journal: Path | None = None,
    fleet: str | None = None,
    folder: Path | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Replace every environment of a function, and verify from the logs that no old one still serves
    requests.

    Recycle changes one environment variable, DAYFLY_RECYCLED. Lambda then creates new environments, and old
    ones end after their current invocation. If aliases serve published versions, recycle publishes a new
    version and moves the aliases to it, provided that the code is the same. The proof comes from the fleet's
    store, or from CloudWatch Logs if no fleet service runs. It needs an invocation in a new environment: no
    traffic means no proof. Recycle lists what it cannot reach.

    A journal records each step before it is done. Ctrl-C and alarms stop a run safely: a partly moved alias
    moves back, and --resume continues with the rest.

    Exit codes: 0 if every function was verified, 1 if not, 2 if a function could not be recycled.

    Examples:

        dayfly recycle payments
        dayfly recycle payments --dry-run
        dayfly recycle payments --shift 10,50,100 --alarm payments-errors
        dayfly recycle --only infected --revoke-sessions
        dayfly recycle --tag team=shop --max-parallel 4 --cold-starts-per-minute 60 --max-error-rate 2 --yes
        dayfly recycle --resume
        dayfly recycle payments --unrevoke
        dayfly recycle payments --region eu-central-1 --profile production
        dayfly recycle payments --endpoint-url http://127.0.0.1:9001

    Parameters
    ----------
    functions
        Function names or ARNs.
    all_
        All functions in this account and region.
    tag
        Functions with this tag, for example team=shop; with several tags, all must match.
    only
        infected: only functions, of those given or of all, with an environment that the fleet found infected.
        Lambda cannot end a single environment, so all environments of such a function are replaced.
    only_latest
        Do not move aliases or publish a version.
    shift
        Move aliases by weight in these steps, for example 10,50,100 (default: in one step).
    pause
        Seconds between the steps of --shift.
    max_parallel
        Maximum number of functions to recycle at the same time.
    cold_starts_per_minute
        Limit of cold starts per minute: the next function waits until the previous one's environments have
        had time to restart.
    drain
        Wait until old environments have finished their invocations before the next function and before
        --revoke-sessions.
    alarm
        A CloudWatch alarm that stops the run; repeatable.
    max_error_rate
        Maximum percentage of failed invocations after recycling; a higher rate than this and than before
        stops the run.
    revoke_sessions
        Also revoke all permissions of role sessions that were issued before recycling.
    unrevoke
        Only remove the revocation policy again.
    dry_run
        Show what would be reached and what not, without changing anything.
    yes
        Do not ask for confirmation, and revoke sessions even if that affects functions that are not recycled.
    reason
        Reason; its hash is stored in DAYFLY_RECYCLED.
    patience
        Seconds to wait for proof.
    price
        Price of a GB-second in dollars, if it differs from the list price.
    resume
        Continue the last interrupted run.
    undo
        Move partly moved aliases of that run back, and end it.
    journal
        The journal file (default: this user's journal).
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
        Print one JSON object for each step, and one at the end.
    """
    output = Output(is_json=json)
    account = Account(endpoint_url, region, profile)
    request = Request(
        Means(_percents(shift), pause, only_latest),
        reason=reason,
        patience_s=patience,
        max_parallel=max_parallel,
        cold_starts_per_minute=cold_starts_per_minute,
        is_drained=drain,
        alarms=tuple(alarm or ()),
        max_error_percent=max_error_rate,
        is_revoking=revoke_sessions,
        price=price,
        is_yes=yes,
    )
    _check(request)
    place = journal or default_journal(os.environ)
    with ExitStack() as stack:
        client = _service(fleet, folder)
        if client is not None:
            stack.enter_context(client)

        def live() -> Live:
            return Live(output, account, request, client=client, witness=_witnesses(client, account))

        if resume or undo:
            if functions or all_ or tag or only or dry_run or unrevoke or (resume and undo):
                raise DayflyError(
                    "--resume and --undo always use the functions of the last run",
                    hint="remove function names, --all, --tag and --only",
                )
            return live().undo(place) if undo else live().resume(place)
        chosen = _chosen(output, account, client, functions, is_all=all_, tags=tag or [], only=only)
        if not chosen:
            return 0
        if unrevoke:
            return unrevoke_roles(account, chosen, output.note if json else output.say)
        if dry_run:
            return live().dry_run(chosen)
        if (all_ or tag) and not yes:
            _ask(output, len(chosen))
        return live().run(chosen, place)


def _percents(text: str) -> tuple[int, ...]:
    try:
        percents = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise DayflyError(
            f"--shift {text!r} has no percentages", hint="for example --shift 10,50,100"
        ) from error
    check_percents(percents)
    return percents


def _check(request: Request) -> None:
    for name, value, least in (
        ("--max-parallel", request.max_parallel, 1),
        ("--pause", request.means.pause_s, 0),
        ("--patience", request.patience_s, 0),
        ("--max-error-rate", request.max_error_percent, 0),
        ("--price", request.price, 0),
    ):
        # Not `value < least`: that lets "nan" pass.
        if value is not None and not least <= value < float("inf"):
            raise DayflyError(f"{name} {value:g} is out of range", hint=f"use a number of at least {least}")
    budget = request.cold_starts_per_minute
    if budget is not None and not 0 < budget < float("inf"):
        raise DayflyError(
            f"--cold-starts-per-minute {budget:g} would never finish", hint="use a number above 0"
        )


def _ask(output: Output, count: int) -> None:
    what = f"replace every environment of {count} function{'s' if count != 1 else ''}"
    if not output.can_ask:
        raise DayflyError(
            f"cannot ask for confirmation to {what} without a terminal",
            hint="add --yes, or check first with --dry-run",
        )
    if not output.ask(f"{what}?"):
        raise DayflyError("nothing was changed", hint="")


def _chosen(
    output: Output,
    account: Account,
    client: Client | None,
    functions: tuple[str, ...],
    *,
    is_all: bool,
    tags: list[str],
    only: str | None,
) -> list[str]:
    chosen: list[str] = []
    if functions or is_all or tags:
        chosen = Choice(functions, is_all=is_all, tags=tuple(tags)).names(Caller(), account.client("lambda"))
        # Two orders at one function would each see the other's environments as the new ones, and move the same aliases.
        short = [name.rpartition(":")[2] for name in chosen]
        if twice := sorted({name for name in short if short.count(name) > 1}):
            raise DayflyError(
                f"{', '.join(twice)} was given twice, by name and by ARN", hint="give each function once"
            )
    if only is not None:
        if client is None:
            raise DayflyError(
                "no fleet service is running, so infected environments are not known",
                hint="start `dayfly fleet serve`, or choose one with --fleet or --folder",
            )
        return _infected(output, client, chosen)
    if not chosen:
        raise DayflyError(
            "no function was given", hint="give function names, --tag, --all or --only infected"
        )
    return chosen


def _service(fleet: str | None, folder: Path | None) -> Client | None:
    if fleet is not None:
        return Client(fleet, os.environ.get("DAYFLY_FLEET_TOKEN", ""))
    if folder is not None:
        return Client.beside(folder)
    try:
        return Client.beside(default_folder(os.environ))
    except DayflyError:
        return None  # none runs here: CloudWatch Logs will tell


def _witnesses(client: Client | None, account: Account) -> Callable[[Survey], Witness]:
    def choose(found: Survey) -> Witness:
        if client is not None:
            return ServiceWitness(client, found)
        settle_s = 0.0 if account.is_lab else SETTLE_S
        return CloudWatchWitness(account.client("logs"), found.log_group, settle_s=settle_s)

    return choose


def _infected(output: Output, client: Client, wanted: list[str]) -> list[str]:
    found: dict[str, list[str]] = client.get("/retirement/infected")
    names = {name.rpartition(":")[2] if name.startswith("arn:") else name for name in wanted}
    chosen = sorted(name for name in found if not names or name in names)
    for name in sorted(names - set(chosen)) if names else ():
        output.say(f"{name}: no infected environment is known; nothing to do")
    for name in chosen:
        output.say(
            f"{name}: infected environments: "
            f"{', '.join(found[name][:8])}{' …' if len(found[name]) > 8 else ''}"
        )
    if not names and not chosen:
        output.say("no infected environment is known; nothing to do")
    return chosen
