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
    """Say what is protected, and for everything that is not: why, and what to do.

    Looks at functions of an account and region, all of them where none is named, and changes nothing. Where a fleet collects,
    what the environments say of themselves is put beside it; --logs asks CloudWatch Logs instead. With --template, files
    are looked at, and no account unless functions are named.

    The exit code is 1 where a function that has Dayfly lacks something that was asked for: its guard, a setting, its Python.
    With --check it is 1 for every Python function that is, or may be, without protection. It is 2 where something could not
    be checked, such as a layer that this role may not read, where what was named is not there, or where nobody may be asked.

    Examples:

        dayfly status
        dayfly status payments orders --logs
        dayfly status --tag team=payments --region eu-central-1 --profile production
        dayfly status --all --check --json
        dayfly status --template template.yaml --check

    Parameters
    ----------
    functions
        Names or ARNs; without any, every function of the account in this region.
    all_
        The same, said aloud; with --template, files and account.
    tag
        Those with this tag, as key=value; several must all fit.
    template
        Files of SAM, CloudFormation, Serverless Framework or Terraform, or Terraform's folder.
    check
        End with 1 where something is not protected.
    logs
        Look for what environments of attached functions said, a day back, in CloudWatch Logs.
    max_parallel
        How many functions at once.
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
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    if not 1 <= max_parallel <= _MAX_PARALLEL:
        raise DayflyError(f"--max-parallel is {max_parallel}", hint=f"1 to {_MAX_PARALLEL}")
    if functions and (all_ or tag):
        raise DayflyError("functions are named, and so are all of a kind", hint="leave one out")
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
