"""`dayfly status`: what of an account is protected, and why something is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.coverage.gathering import PARALLEL, Pause, Surveyor
from dayfly.attach.coverage.model import ORDER, Coverage, Level
from dayfly.attach.coverage.templates import TemplateCoverage, look_at
from dayfly.cli.attach_live import check_name
from dayfly.cli.iam import read_tag
from dayfly.cli.output import Output
from dayfly.cli.status_fleet import knowing
from dayfly.cli.status_view import counting, draw, told
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.attach.aws.facts import FunctionFacts

_OPEN, _UNCHECKED = 1, 2
# A list of functions has pages of fifty: told every so often to whoever watches.
_MAX_PARALLEL = 64


def status(
    *functions: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    tag: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    template: Annotated[list[Path] | None, Parameter(negative="", consume_multiple=True)] = None,
    check: Annotated[bool, Parameter(negative="")] = False,
    logs: Annotated[bool, Parameter(negative="")] = False,
    max_parallel: int = PARALLEL,
    fleet: str | None = None,
    folder: Path | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show which functions are protected, and for the others why not and what to do.

    Status reads the functions of an account and region (all, if you name none) and changes nothing. It adds
    what running environments report, from a fleet service or, with --logs, from CloudWatch Logs. With
    --template it reads the templates, and the account only if you also name functions.

    Exit codes: 1 if a function with Dayfly lacks a requested property: its guard, a setting, its Python
    version. With --check: 1 if any Python function is, or may be, unprotected. 2 if something could not be
    checked (for example a layer that the role may not read), was not found, or access was denied.

    Examples:

        dayfly status
        dayfly status payments orders --logs
        dayfly status --tag team=payments --region eu-central-1 --profile production
        dayfly status --all --check --json
        dayfly status --template template.yaml --check

    Parameters
    ----------
    functions
        Function names or ARNs (default: all functions in this account and region).
    all_
        All functions in this account and region (the default); with --template, read templates and account.
    tag
        Functions with this tag, for example team=shop; with several tags, all must match.
    template
        Templates of SAM, CloudFormation, Serverless Framework or Terraform, or a Terraform folder.
    check
        Exit with code 1 if a Python function is not protected.
    logs
        Read the last day of the attached functions' logs in CloudWatch Logs.
    max_parallel
        Maximum number of functions to read at the same time.
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
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    if not 1 <= max_parallel <= _MAX_PARALLEL:
        raise DayflyError(f"--max-parallel {max_parallel} is out of range", hint=f"use 1 to {_MAX_PARALLEL}")
    if functions and (all_ or tag):
        raise DayflyError(
            "function names cannot be combined with --all or --tag", hint="use only one of them"
        )
    for name in functions:
        check_name(name)
    tags = dict(read_tag(text) for text in tag or ())
    templates = look_at(template or [])
    found: list[Coverage] = []
    place: dict[str, str] | None = None
    if functions or all_ or tags or not templates:
        account = Account(endpoint_url, region, profile)
        with knowing(fleet, folder, output) as seen:
            client = account.client("lambda", connections=max_parallel)
            pause = Pause()
            surveyor = Surveyor(
                Caller(sleep=pause),
                client,
                seen=seen,
                logs_client=account.client("logs", connections=max_parallel) if logs else None,
                parallel=max_parallel,
                end=pause.end,
            )
            source: Iterable[str | FunctionFacts] = dict.fromkeys(functions) or surveyor.listed(tags=tags)
            found = _survey(output, surveyor, iter(source), are_listed=not functions)
        place = {"region": client.meta.region_name, "account": _account(found)}
    found.sort(key=lambda one: (ORDER.index(one.level), one.name))
    if json:
        output.json(told(found, templates, place))
    else:
        output.draw(draw(found, templates, place, width=output.width))
    if functions and any(
        one.level is Level.UNKNOWN and not one.runtime and one.package_type != "Image" for one in found
    ):
        return 2
    if (check and _is_open(found, templates)) or _has(found, templates, "is_lacking"):
        return _OPEN
    return _UNCHECKED if _has(found, templates, "is_unchecked") else 0


def _survey(
    output: Output, surveyor: Surveyor, source: Iterator[str | FunctionFacts], *, are_listed: bool
) -> list[Coverage]:
    found: list[Coverage] = []
    with counting(output) as count:
        for one in surveyor.survey(source, are_listed=are_listed):
            found.append(one)
            count(len(found), sum(each.level is not Level.NOT_PYTHON for each in found))
    return found


def _is_open(found: list[Coverage], templates: list[TemplateCoverage]) -> bool:
    return any(one.is_open and not one.is_unchecked for one in found) or any(one.is_open for one in templates)


def _has(
    found: list[Coverage], templates: list[TemplateCoverage], what: Literal["is_lacking", "is_unchecked"]
) -> bool:
    looked_at: list[Coverage | TemplateCoverage] = [*found, *templates]
    return any(one.is_lacking if what == "is_lacking" else one.is_unchecked for one in looked_at)


def _account(found: list[Coverage]) -> str:
    arns = [one.arn.split(":") for one in found if one.arn]
    return arns[0][4] if arns and len(arns[0]) > 6 else ""
