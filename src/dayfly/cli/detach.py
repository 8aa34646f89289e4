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
    """Remove Dayfly from functions and restore their previous configuration.

    With the journal of the machine that attached them, detach reverts exactly what attach changed: the layers
    and their order, the previous exec wrapper, the variables it set. It keeps and reports later changes by
    others. Without the journal, detach uses the function's current configuration and reports what it cannot
    restore.

    Exit codes: 0 if Dayfly was removed from every function; 2 if one was refused or failed.

    Examples:

        dayfly detach payments --dry-run
        dayfly detach payments orders --yes
        dayfly detach --all --region eu-central-1
        dayfly detach payments --publish live
        dayfly detach --template template.yaml

    Parameters
    ----------
    functions
        Function names or ARNs.
    all_
        All functions with Dayfly in this account and region.
    tag
        Functions with this tag, for example team=shop; with several tags, all must match.
    template
        Edit these templates instead of deployed functions.
    dry_run
        Show what would change, without changing anything.
    yes
        Do not ask for confirmation.
    publish
        Afterwards publish a version and point this alias to it, if nothing else would be deployed.
    journal
        The journal file (default: this user's journal).
    max_parallel
        Maximum number of functions to change at the same time.
    endpoint_url
        Lambda API endpoint to use instead of AWS, for example the lab's.
    region
        AWS region (default: the profile's region).
    profile
        AWS profile.
    json
        Print one JSON object for each function and step.
    """
    output = Output(is_json=json)
    if template:
        if functions or all_ or tag or publish:
            raise DayflyError(
                "function names, --all, --tag and --publish apply to deployed functions only",
                hint="remove them, or remove --template",
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
