"""`dayfly scan`: what is wrong with a function before it is deployed, for a person, a pipeline or a web page."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import uuid4

from cyclopts import Parameter

from dayfly.cli.ending import TERMINATED
from dayfly.cli.output import Output
from dayfly.cli.scan_config import find_table, parse_fail_on, select
from dayfly.cli.scan_files import find_recorded, read_known, read_recorded
from dayfly.cli.scan_git import read_change
from dayfly.cli.scan_policy import print_policies
from dayfly.cli.scan_view import MAX_WIDTH, ScanProgress, draw_outcome
from dayfly.cli.scan_writing import render, write_text
from dayfly.errors import SettingError
from dayfly.scan import scanning
from dayfly.scan.passes import products
from dayfly.scan.passes.families import FamilyOptions, default_families
from dayfly.scan.passes.store import default_file
from dayfly.scan.report import baseline as baselines
from dayfly.scan.report.document import as_json
from dayfly.scan.report.outcome import Outcome, Standing
from dayfly.scan.scanning import Options, default_jobs, read_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.cli.scan_config import ScanTable

Format = Literal["text", "json", "sarif", "html"]
FailOn = Literal["critical", "high", "medium", "low", "informational", "never"]
DEFAULT_FAIL_ON = "high"
_FOUND = 1
_INCOMPLETE = 2
_MAX_JOBS = 64
_Many = Annotated[list[str] | None, Parameter(negative="")]
_Flag = Annotated[bool, Parameter(negative="")]


def scan(
    *paths: Path,
    handler: _Many = None,
    format: Format = "text",
    output: Path | None = None,
    fail_on: FailOn | None = None,
    only: _Many = None,
    skip: _Many = None,
    exclude: _Many = None,
    baseline: Path | None = None,
    write_baseline: _Flag = False,
    diff: str | None = None,
    suggest_policy: _Flag = False,
    sbom: Path | None = None,
    capabilities: Path | None = None,
    write_capabilities: _Flag = False,
    osv_database: Path | None = None,
    osv: _Flag = False,
    config: Path | None = None,
    jobs: int | None = None,
    no_cache: _Flag = False,
    json: _Flag = False,
) -> int:
    """Find the way in, the harm it could do, who brought it, and where the code believes it is stateless.

    Reads a folder, a zip, a layer, a SAM, CloudFormation, Serverless Framework or Terraform template, an
    installed environment or one file. Nothing of it is imported or run, and nothing leaves this machine
    unless --osv is given.

    The exit code is 1 if there is a finding of the severity that --fail-on names or a worse one; else 2 if nothing
    could be scanned, or a Python file, an archive or a template could not be read; else 0.

    Examples:

        dayfly scan
        dayfly scan template.yaml --fail-on medium
        dayfly scan build/function.zip --handler app.handler
        dayfly scan --format sarif --output dayfly.sarif --diff origin/main...
        dayfly scan --baseline .dayfly-baseline.json --write-baseline

    Parameters
    ----------
    paths
        What to scan, the working directory if not given.
    handler
        A handler as module.function, where no template names it; repeat for more.
    format
        text for people, json for programs, sarif for code scanning, html for a page that can be sent around.
    output
        Write it into this file.
    fail_on
        The severity from which on the exit code is 1: critical, high (the default), medium, low, informational, never.
    only
        Look only for this check or family; repeat for more.
    skip
        Do not look for this check or family; repeat for more.
    exclude
        Do not read what this glob matches, relative to the scanned path; repeat for more.
    baseline
        File of findings that are known and do not count.
    write_baseline
        Write the findings that there are now into the baseline.
    diff
        Count only findings on lines, or with a step on lines, that differ from this git revision.
    suggest_policy
        Print the least-privilege IAM policy of each function, and the lines that need each action, instead.
    sbom
        Write a CycloneDX bill of materials into this file.
    capabilities
        File of what each dependency was seen to do; dayfly.capabilities.json of the scanned folder if it is there.
    write_capabilities
        Write what each dependency does today into that file.
    osv_database
        Look dependencies up in this folder or zip of OSV advisories.
    osv
        Look dependencies up at api.osv.dev: their names and versions leave this machine.
    config
        Read [scan] from this dayfly.toml; by default the scanned folder's, else the working directory's.
    jobs
        How many processes look, one per processor if not given.
    no_cache
        Look at everything anew, and remember nothing.
    json
        The same as --format json.
    """
    chosen: Format = "json" if json else format
    screen = Output(is_json=chosen != "text")
    named = list(paths) or [Path(".")]
    table = find_table(named, config)
    base = Path.cwd()
    _check(
        output, baseline or table.baseline, is_written=write_baseline, has_diff=diff is not None, jobs=jobs
    )
    now = datetime.now(UTC)
    known_file = baseline or table.baseline
    recorded = capabilities or find_recorded(named)
    database = osv_database or table.osv_database
    if database is not None and not database.exists():
        raise SettingError(
            f"there is no OSV database {database}", hint="name a folder or a zip of advisories"
        )
    options = Options(
        base=base,
        today=now.date(),
        handlers=tuple(handler or table.handlers),
        exclude=tuple(exclude or table.exclude),
        selection=select(
            tuple(only or table.only), tuple(skip or table.skip), table.severity, where="the selection"
        ),
        known=read_known(known_file) if known_file is not None and not write_baseline else frozenset(),
        change=read_change(diff, base) if diff is not None else None,
        families=FamilyOptions(
            osv_database=database,
            is_online=osv,
            now=now,
            today=now.date(),
            capabilities_lock=read_recorded(recorded, is_asked_for=capabilities is not None)
            if not write_capabilities
            else None,
            capabilities_path=str(recorded),
        ),
        jobs=jobs or default_jobs(),
        cache=None if no_cache else default_file(os.environ),
        settings=_describe(table, only=only, skip=skip, exclude=exclude),
    )
    least = parse_fail_on(fail_on or table.fail_on or DEFAULT_FAIL_ON, where="--fail-on")
    with _ending_on_sigterm(), ExitStack() as stack:
        progress = stack.enter_context(ScanProgress(screen.progress)) if screen.is_watched else None
        show = progress.show if progress is not None else lambda phase, done, total: None
        families = default_families(options.families)
        inputs = read_inputs(named, options, families=families, progress=show)
        if suggest_policy:
            return print_policies(inputs, screen, width=min(screen.console.width, MAX_WIDTH))
        if write_capabilities:
            write_text(recorded, products.record_capabilities(inputs))
            screen.note(f"wrote {recorded}")
        if sbom is not None:
            if len(inputs) > 1:
                raise SettingError("--sbom is of one path", hint="scan one after the other")
            write_text(sbom, products.list_materials(inputs[0], serial=uuid4(), now=now))
            screen.note(f"wrote {sbom}")
        outcome = scanning.scan(named, options, families=families, inputs=inputs, progress=show)
    if write_baseline:
        assert known_file is not None
        return _keep(outcome, known_file, screen)
    _show(outcome, chosen, output, screen)
    worst = outcome.worst()
    if worst is not None and worst >= least:
        return _FOUND
    return _INCOMPLETE if outcome.unread else 0


def _check(
    output: Path | None, baseline: Path | None, *, is_written: bool, has_diff: bool, jobs: int | None
) -> None:
    if is_written and baseline is None:
        raise SettingError("--write-baseline has no file to write", hint="name it with --baseline FILE")
    if is_written and has_diff:
        raise SettingError(
            "--write-baseline with --diff would forget what is elsewhere", hint="leave one of them away"
        )
    if jobs is not None and not 1 <= jobs <= _MAX_JOBS:
        raise SettingError(f"{jobs} jobs are out of range", hint=f"use 1 to {_MAX_JOBS}")
    if output is not None and not output.parent.is_dir():
        raise SettingError(
            f"{output.parent} is not a folder", hint="--output names a file in one that is there"
        )


def _describe(
    table: ScanTable, *, only: list[str] | None, skip: list[str] | None, exclude: list[str] | None
) -> tuple[str, ...]:
    given = (("--only", only), ("--skip", skip), ("--exclude", exclude))
    words = [f"{name} {value}" for name, values in given for value in values or []]
    return (*table.describe(), *((" ".join(words),) if words else ()))


def _keep(outcome: Outcome, path: Path, screen: Output) -> int:
    items = [item for item in outcome.items if item.standing is not Standing.SUPPRESSED]
    write_text(path, baselines.write_baseline(items))
    if screen.is_json:
        screen.json({"baseline": str(path), "findings": len(items)})
    screen.say(f"wrote {path}: {len(items)} findings that do not count from now on", style="bold green")
    if outcome.unread:
        screen.note(outcome.describe_unread())
    return _INCOMPLETE if outcome.unread else 0


def _show(outcome: Outcome, chosen: Format, output: Path | None, screen: Output) -> None:
    if output is not None:
        write_text(output, render(outcome, chosen))
        screen.note(f"wrote {output}: {len(outcome.open)} findings")
    elif chosen == "text" and screen.console.is_terminal:
        width = min(screen.console.width, MAX_WIDTH)
        screen.console.print(draw_outcome(outcome, width=width), width=width, soft_wrap=False, crop=False)
    elif chosen == "json":
        screen.json(as_json(outcome))
    else:
        screen.text(render(outcome, chosen))


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """End the workers, too."""

    def end(number: int, frame: object) -> None:
        sys.exit(TERMINATED)

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread: whoever started it ends it
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
