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
    """Add Dayfly to functions: a layer and one environment variable, in one atomic Lambda API call.

    Attach shows the planned changes and the reason for every skipped function, then asks for confirmation
    (--yes skips the question). It records the previous configuration in a journal: --resume continues an
    interrupted run, and dayfly detach restores everything. Code and handler do not change.

    Exit codes: 0 if every function has Dayfly now. With --all, --tag and --template, functions that cannot
    have it do not count: other languages, and container images, for which the Dockerfile instructions are
    printed. 1 if --verify did not see Dayfly active, or if a function of the template lacks Dayfly or a
    requested setting. 2 if a function was refused or failed. With --check: 1 if any function, images
    included, lacks Dayfly or a requested setting; 2 if only the contents of a layer could not be checked.

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
        Function names or ARNs. With --template, names in the template; omit them to select all.
    all_
        All functions in this account and region.
    tag
        Functions with this tag, for example team=shop; with several tags, all must match.
    template
        Edit these templates instead of deployed functions: SAM, CloudFormation, Serverless Framework,
        Terraform (docs/attach-templates.md).
    check
        With --template: change nothing; check that template and layer match --guard, --isolation and --set.
    dry_run
        Show what would change, without changing anything.
    yes
        Do not ask for confirmation.
    layer
        ARN of a published layer version (default: build a layer and publish it once for each Python version).
    isolation
        Isolation mode: invocation, window or process.
    guard
        Guard mode: block, observe or off.
    set_
        A setting, for example max_age=15m (docs/reference.md lists all settings).
    accept_drift
        Also change functions that CloudFormation, Terraform or another tool manages; its next deployment
        removes Dayfly again.
    publish
        Afterwards publish a version and point this alias to it, if nothing else would be deployed.
    verify
        File with one event: invoke each function once with it, and check in the log that Dayfly is active.
    resume
        Continue the last interrupted run.
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
                "--all, --tag, --publish, --verify and --resume apply to deployed functions only",
                hint="remove them, or remove --template",
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
        raise DayflyError(
            "--check needs --template", hint="to check deployed functions, run `dayfly status --check`"
        )
    account = Account(endpoint_url, region, profile)
    place = journal or default_journal(os.environ)
    if resume:
        if functions or all_ or tag:
            raise DayflyError(
                "--resume continues with the functions of the last run",
                hint="remove the function names and tags",
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
