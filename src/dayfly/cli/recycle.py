"""`dayfly recycle`: every environment of a function is replaced, and the logs prove that the old ones are gone."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.recycle.cloudwatch import CloudWatchWitness
from dayfly.attach.recycle.recycling import PATIENCE_S, Recycler
from dayfly.cli.fleet_retiring import ServiceWitness
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.client import Client
from dayfly.fleet.service.place import default_folder

if TYPE_CHECKING:
    from dayfly.attach.recycle.model import Step, Witness
    from dayfly.attach.recycle.survey import Survey

_NOT_PROVED = 1


def recycle(
    *functions: str,
    only: Literal["infected"] | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    reason: str = "",
    patience: float = PATIENCE_S,
    fleet: str | None = None,
    folder: Path | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Replace every environment of a function, and prove from the logs that none from before still serves.

    One variable of the function changes, DAYFLY_RECYCLED, and nothing else: Lambda then makes new environments, and warm
    ones end with what they are doing. Proof comes from the fleet's store, or from CloudWatch Logs where no fleet runs; it
    needs an invocation in a new environment, since silence proves nothing. Aliases and published versions are not reached
    by this, and are named.

    The exit code is 0 only if it was proved for every function, 1 if not, 2 if an order could not be given.

    Examples:

        dayfly recycle payments
        dayfly recycle payments --dry-run
        dayfly recycle --only infected
        dayfly recycle payments --region eu-central-1 --profile production
        dayfly recycle payments --endpoint-url http://127.0.0.1:9001

    Parameters
    ----------
    functions
        Names or ARNs.
    only
        infected: of these functions, or of all where none is named, those with an environment that the fleet saw infected.
        Lambda ends no single environment, so all of such a function are replaced.
    dry_run
        Say what would be reached and what not, and change nothing.
    reason
        Why, for the order's stamp, which holds a hash of it.
    patience
        Seconds to wait for proof.
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
    account = Account(endpoint_url, region, profile)
    with ExitStack() as stack:
        client = _service(fleet, folder)
        if client is not None:
            stack.enter_context(client)
        chosen = list(functions)
        if only is not None:
            if client is None:
                raise DayflyError(
                    "no fleet tells which environments are infected",
                    hint="start `dayfly fleet serve`, or name one with --fleet or --folder",
                )
            chosen = _infected(output, client, chosen)
        elif not chosen:
            raise DayflyError("no function is named", hint="dayfly recycle payments, or --only infected")
        recycler = Recycler(account.client("lambda"), _witnesses(client, account), patience_s=patience)
        worst = 0
        for function in chosen:
            code, last = _one(output, recycler, function, reason=reason, is_dry_run=dry_run)
            worst = max(worst, code)
            if client is not None and code == 0 and not dry_run:
                # Else the console would go on counting environments that are gone.
                name = function.split(":")[6] if function.startswith("arn:") else function
                proof = {"function": name, "text": last[:500], "reason": reason[:1000]}
                try:
                    client.post("/retirement/proved", proof)
                except DayflyError as fault:
                    output.warn(f"the fleet was not told of the proof: {fault.message}")
    return worst


def _service(fleet: str | None, folder: Path | None) -> Client | None:
    if fleet is not None:
        return Client(fleet, os.environ.get("DAYFLY_FLEET_TOKEN", ""))
    if folder is not None:
        return Client.beside(folder)
    try:
        return Client.beside(default_folder(os.environ))
    except DayflyError:
        return None  # none runs here: CloudWatch Logs will tell


def _witnesses(client: Client | None, account: Account) -> Callable[[Survey], Witness | None]:
    def choose(found: Survey) -> Witness | None:
        if client is not None:
            return ServiceWitness(client, found)
        # A lab has no CloudWatch Logs.
        return None if account.is_lab else CloudWatchWitness(account.client("logs"), found.log_group)

    return choose


def _infected(output: Output, client: Client, wanted: list[str]) -> list[str]:
    found: dict[str, list[str]] = client.get("/retirement/infected")
    names = {name.rpartition(":")[2] if name.startswith("arn:") else name for name in wanted}
    chosen = sorted(name for name in found if not names or name in names)
    for name in sorted(names - set(chosen)) if names else ():
        output.say(f"{name}: no infected environment is known, nothing is done")
    for name in chosen:
        output.say(f"{name}: infected are {', '.join(found[name][:8])}{' …' if len(found[name]) > 8 else ''}")
    if not names and not chosen:
        output.say("no infected environment is known, nothing is done")
    return chosen


def _one(
    output: Output, recycler: Recycler, function: str, *, reason: str, is_dry_run: bool
) -> tuple[int, str]:
    last: Step | None = None
    for step in recycler.recycle(function, reason=reason, is_dry_run=is_dry_run):
        last = step
        if output.is_json:
            output.json({"function": function, **dataclasses.asdict(step)})
        elif step.error:
            output.warn(f"{step.text} ({step.error})")
        else:
            output.say(f"{function}: {step.text}", style="green" if step.done == step.total else "")
    if last is None or (last.error and last.done < 2):
        return 2, ""
    return (_NOT_PROVED if last.error else 0), last.text
