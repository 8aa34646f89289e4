"""`dayfly lifetimes`: how long environments really live, from logs alone, before anything is attached."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.lifetimes_view import draw, waiting
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.gathering import gather
from dayfly.fleet.lifetimes.measuring import measure
from dayfly.fleet.lifetimes.reading import Reader
from dayfly.fleet.lifetimes.report import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dayfly.fleet.lifetimes.model import Lifetimes, Sighting

_STDIN = "-"


def lifetimes(
    *logs: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    function: Annotated[list[str] | None, Parameter(negative="")] = None,
    all: Annotated[bool, Parameter(negative="")] = False,
    since: str = "24h",
    idle: str = "15m",
    ago: str = "1h",
    region: str = "",
    profile: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Measure how long execution environments live, and how many requests one infection would affect.

    Reads Lambda's own log records (INIT_START, START, REPORT), with or without Dayfly; one log stream is one
    environment. The source is files from CloudWatch Logs, compressed or not, or an AWS account. From an
    account it requests these records only, never the function's own output.

    Examples:

        dayfly lifetimes --function checkout --function orders
        dayfly lifetimes --all --since 7d --profile production
        dayfly lifetimes exported-logs/
        aws logs tail /aws/lambda/checkout --since 1d --format detailed | dayfly lifetimes - --function checkout

    Parameters
    ----------
    logs
        Log files or folders; - for standard input.
    function
        Functions or log groups of the account; with log files, the function's name.
    all
        Measure all functions of the account and region.
    since
        How far to look back in the account, for example 90m, 24h or 7d.
    idle
        An environment without records for this long at the end of the log counts as ended.
    ago
        Assumed time of an infection, as a duration before the end of the log.
    region
        AWS region (default: as for the AWS CLI).
    profile
        AWS profile (default: as for the AWS CLI).
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    names = tuple(function or ())
    # `-` can only be a file where anything with a hyphen can.
    for path in logs:
        if str(path).startswith("-") and str(path) != _STDIN:
            raise DayflyError(f"unknown option {path}", hint="see `dayfly lifetimes --help`")
    idle_s, ago_s, since_s = (read_duration(text, where=where) for text, where in
                              ((idle, "--idle"), (ago, "--ago"), (since, "--since")))  # fmt: skip
    if logs and (all or len(names) > 1):
        raise DayflyError(
            "log files and --all cannot be combined",
            hint="with files, use --function to name the function that wrote them",
        )
    if not logs and not all and not names:
        raise DayflyError(
            "no logs were given", hint="give log files, or functions of an account with --function or --all"
        )
    with waiting(output) as tick:
        if logs:
            result = _from_files(logs, names[0] if names else "", idle_s, ago_s, tick)
        else:
            result = _from_account(names, since_s, idle_s, ago_s, region, profile, tick)
    if not result.functions:
        raise DayflyError(
            "the logs contain no environment",
            hint="look further back with --since" if not logs else "give files that contain log events",
        )
    if json:
        output.json(as_json(result))
    else:
        output.draw(draw(result))
    return 0


def read_duration(text: str, *, where: str) -> float:
    units = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    number, unit = text[:-1], text[-1:].lower()
    seconds = float(number) * units[unit] if number.isascii() and number.isdigit() and unit in units else 0.0
    if not 0 < seconds <= 10 * 365 * units["d"]:
        raise DayflyError(f"{where} {text!r} is not a duration", hint="use for example 90m, 24h or 7d")
    return seconds


def _from_files(
    logs: Sequence[Path], function: str, idle: float, ago: float, tick: Callable[[str], None]
) -> Lifetimes:
    reader = Reader(function=function)

    def sightings() -> Iterator[Sighting]:
        for path in _files(logs):
            tick(str(path))
            if str(path) == _STDIN:
                yield from reader.read(sys.stdin.buffer, "standard input")
                continue
            try:
                file = path.open("rb")
            except OSError as error:
                raise DayflyError(f"cannot read {path}: {error.strerror}", hint="give log files") from error
            with file:
                yield from reader.read(file, str(path))

    environments = gather(sightings())
    return measure(environments, idle=idle, ago=ago, lines=reader.lines, not_understood=reader.not_understood)


def _files(logs: Sequence[Path]) -> Iterator[Path]:
    for path in logs:
        if path.is_dir():
            # `aws-logs-write-test` is what an export to S3 leaves beside the streams.
            inside = sorted(
                one for one in path.rglob("*") if one.is_file() and one.name != "aws-logs-write-test"
            )
            if not inside:
                raise DayflyError(f"{path} contains no files", hint="give a folder that contains log files")
            yield from inside
        else:
            yield path


def _from_account(
    names: tuple[str, ...],
    since: float,
    idle: float,
    ago: float,
    region: str,
    profile: str,
    tick: Callable[[str], None],
) -> Lifetimes:
    # A second of imports that reading files must do without.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from dayfly.fleet.lifetimes.cloudwatch import find_groups, read_group

    try:
        session = boto3.Session(region_name=region or None, profile_name=profile or None)
        client = session.client("logs")
        groups = find_groups(client, names)
    except (BotoCoreError, ClientError) as error:
        raise DayflyError(
            f"cannot read CloudWatch Logs: {error}", hint="set credentials and a region, as for the AWS CLI"
        ) from error
    end = time.time()
    counted = 0

    def sightings() -> Iterator[Sighting]:
        nonlocal counted
        for number, group in enumerate(groups, 1):
            where = f"{group} ({number} of {len(groups)})"
            for sighting in read_group(
                client,
                group,
                begin=end - since,
                end=end,
                tick=lambda where=where: tick(where),  # type: ignore[misc]
            ):
                counted += 1
                yield sighting

    environments = gather(sightings())
    return measure(environments, end=end, idle=idle, ago=ago, lines=counted)
