"""`dayfly attach`: puts Dayfly on functions that are deployed, or into the template that deploys them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.live.attaching import PARALLEL
from dayfly.attach.live.journal import default_journal
from dayfly.attach.wrappers import check_settings, parse_settings
from dayfly.cli.attach_live import AttachRequest, Choice, attach_live, resume_live
from dayfly.cli.output import Output
from dayfly.errors import DayflyError


def attach(
    *functions: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    tag: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    template: Annotated[list[Path] | None, Parameter(negative="")] = None,
    check: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
    layer: str | None = None,
    isolation: str | None = None,
    guard: str | None = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", negative="", consume_multiple=False)] = None,
    accept_drift: Annotated[bool, Parameter(negative="")] = False,
    publish: str = "",
    verify: Path | None = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    journal: Path | None = None,
    max_parallel: int = PARALLEL,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Put Dayfly on functions: a layer and one variable, in one call that Lambda takes as a whole or not at all.

    What would change is shown first, with the reason for every function that is left as it is; then it asks (--yes does
    not). What was there before is written to a journal, so that an interrupted run goes on with --resume and `dayfly
    detach` gives everything back. Code and handler are not touched.

    The exit code is 0 if every function has Dayfly now (with --all, --tag and --template: every one that can have it;
    other languages cannot, and a container image, which takes no layer, is listed with the lines for its Dockerfile). It is 1
    if --verify did not see Dayfly active, or if a function of the template is left without Dayfly or without something that
    was asked for. It is 2 if a function was refused or failed. With --check it is 1 for every function without Dayfly or
    without what was asked for, images as well, and 2 if only the contents of a layer could not be checked.

    Examples:

        dayfly attach payments --dry-run
        dayfly attach payments orders --isolation window --yes
        dayfly attach --tag team=shop --set max_age=15m
        dayfly attach --all --region eu-central-1 --profile production
        dayfly attach payments --publish live --verify event.json
        dayfly attach --resume
        dayfly attach --template template.yaml

    Parameters
    ----------
    functions
        Names or ARNs; with --template names in it, none for all.
    all_
        Every function of the account in this region.
    tag
        Those with this tag, as key=value; several must all fit.
    template
        Edit the templates instead: SAM, CloudFormation, Serverless Framework, Terraform (docs/attach-templates.md).
    check
        With --template: change nothing, and compare what was asked for (--guard, --isolation, --set) with template and layer.
    dry_run
        Say what would change, and change nothing.
    yes
        Do not ask.
    layer
        ARN of a published version; by default Dayfly builds the layer and publishes it once for each Python.
    isolation
        invocation, window or process.
    guard
        block, observe or off.
    set_
        A setting, as max_age=15m; docs/reference.md has them all.
    accept_drift
        Also functions that CloudFormation, Terraform or another tool manages, whose next deployment takes it off again.
    publish
        Afterwards publish a version and move this alias to it, if that deploys nothing else.
    verify
        File with an event: invoke each function once with it, and read from the log whether Dayfly is in force.
    resume
        Go on with the last run of the journal, where it stopped.
    journal
        The journal; by default one for this user.
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
    settings = parse_settings(
        [
            *([f"isolation={isolation}"] if isolation is not None else ()),
            *([f"guard={guard}"] if guard is not None else ()),
            *(set_ or ()),
        ]
    )
    if template:
        if all_ or tag or publish or verify or resume:
            raise DayflyError(
                "--all, --tag, --publish, --verify and --resume are for functions that are deployed",
                hint="leave them out with --template",
            )
        check_settings(settings, beside={})
        # Its parsers are not needed for functions that are deployed.
        from dayfly.attach.templates.model import Options
        from dayfly.cli.attach_templates import attach_templates

        options = Options(layer=layer or "", settings=settings, functions=frozenset(functions))
        return attach_templates(
            output,
            template,
            options,
            is_check=check,
            is_dry_run=dry_run,
            account=Account(endpoint_url, region, profile),
        )
    if check:
        raise DayflyError("--check is for templates", hint="for deployed functions: `dayfly status`")
    account = Account(endpoint_url, region, profile)
    place = journal or default_journal(os.environ)
    if resume:
        if functions or all_ or tag:
            raise DayflyError(
                "--resume goes on with what was named before", hint="leave functions and tags out"
            )
        return resume_live(
            output,
            account,
            place,
            settings=settings,
            verify=verify,
            is_dry_run=dry_run,
            is_yes=yes,
            limit=max_parallel,
        )
    return attach_live(
        output,
        account,
        place,
        Choice(functions, is_all=all_, tags=tuple(tag or ())),
        AttachRequest(settings=settings, layer=layer or "", accept_drift=accept_drift, publish=publish),
        verify=verify,
        is_dry_run=dry_run,
        is_yes=yes,
        limit=max_parallel,
    )
