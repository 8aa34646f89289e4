"""`dayfly detach`: takes Dayfly off functions, or out of the template that deploys them, and leaves no trace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.live.attaching import PARALLEL
from dayfly.attach.live.journal import default_journal
from dayfly.cli.attach_live import Choice
from dayfly.cli.detach_live import detach_live
from dayfly.cli.output import Output
from dayfly.errors import DayflyError


def detach(
    *functions: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    tag: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    template: Annotated[list[Path] | None, Parameter(negative="")] = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    publish: str = "",
    journal: Path | None = None,
    max_parallel: int = PARALLEL,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Take Dayfly off functions, so that they are as they were before.

    With the journal of the machine that attached them, exactly what attach did is taken back: layers and their order, the
    former exec wrapper, the variables it set. What somebody changed since is kept and told. Without that journal, what
    the function itself shows decides, and what cannot be known is said.

    The exit code is 0 if none of the functions has Dayfly any more, 2 if one was refused or failed.

    Examples:

        dayfly detach payments --dry-run
        dayfly detach payments orders --yes
        dayfly detach --all --region eu-central-1
        dayfly detach payments --publish live
        dayfly detach --template template.yaml

    Parameters
    ----------
    functions
        Names or ARNs.
    all_
        Every function of the account in this region that has Dayfly.
    tag
        Those with this tag, as key=value; several must all fit.
    template
        Edit the templates instead.
    dry_run
        Say what would change, and change nothing.
    yes
        Do not ask.
    publish
        Afterwards publish a version and move this alias to it, if that deploys nothing else.
    journal
        The journal; by default the one of this user.
    max_parallel
        How many functions at once.
    endpoint_url
        Another endpoint of the Lambda API: the lab's.
    region
        AWS region, where the profile says none.
    profile
        Profile of the AWS configuration.
    json
        One JSON object for each function and step.
    """
    output = Output(is_json=json)
    if template:
        if functions or all_ or tag or publish:
            raise DayflyError(
                "functions, --all, --tag and --publish are for functions that are deployed",
                hint="leave them out with --template",
            )
        # Its parsers are not needed for functions that are deployed.
        from dayfly.cli.attach_templates import detach_templates

        return detach_templates(output, template, is_dry_run=dry_run)
    return detach_live(
        output,
        Account(endpoint_url, region, profile),
        journal or default_journal(os.environ),
        Choice(functions, is_all=all_, tags=tuple(tag or ())),
        publish=publish,
        is_dry_run=dry_run,
        is_yes=yes,
        limit=max_parallel,
    )
