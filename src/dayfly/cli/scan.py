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
    """Find injection paths, excess permissions, risky dependencies and state that leaks between invocations.

    Scan reads folders, zip files, layers, SAM, CloudFormation, Serverless Framework and Terraform templates,
    installed environments and single files. It never imports or runs the code, and sends nothing over the
    network unless you use --osv.

    Exit codes: 1 if a finding has the severity of --fail-on or a higher one; else 2 if nothing could be
    scanned, or if a Python file, an archive or a template could not be read; else 0.

    Examples:

        dayfly scan
        dayfly scan template.yaml --fail-on medium
        dayfly scan build/function.zip --handler app.handler
        dayfly scan --format sarif --output dayfly.sarif --diff origin/main...
        dayfly scan --baseline .dayfly-baseline.json --write-baseline

    Parameters
    ----------
    paths
        What to scan (default: the working directory).
    handler
        A handler, for example app.handler, if no template names it; repeatable.
    format
        Output format: text, json, sarif (for code scanning) or html (a self-contained report).
    output
        Write the output to this file.
    fail_on
        Minimum severity for exit code 1 (default: high).
    only
        Run only this check or family; repeatable.
    skip
        Skip this check or family; repeatable.
    exclude
        Skip files that match this glob, relative to the scanned path; repeatable.
    baseline
        File with known findings, which do not count.
    write_baseline
        Write the current findings to the baseline.
    diff
        Count only findings on lines, or with a step on lines, that differ from this git revision.
    suggest_policy
        Print each function's least-privilege IAM policy and the lines that need each action, instead of
        findings.
    sbom
        Write a CycloneDX bill of materials to this file.
    capabilities
        File with the recorded capabilities of dependencies (default: dayfly.capabilities.json of the scanned
        folder, if it exists).
    write_capabilities
        Write the current capabilities of each dependency to that file.
    osv_database
        Check dependencies against this folder or zip of OSV advisories.
    osv
        Check dependencies at api.osv.dev, which sends their names and versions to that service.
    config
        Read [scan] from this dayfly.toml (default: the scanned folder's, else the working directory's).
    jobs
        Number of processes (default: one per CPU).
    no_cache
        Scan everything again, without using or writing the cache.
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
            f"the OSV database {database} does not exist", hint="give a folder or a zip file of advisories"
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
                raise SettingError("--sbom accepts only one path", hint="scan each path separately")
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
        raise SettingError("--write-baseline needs --baseline", hint="add --baseline FILE")
    if is_written and has_diff:
        raise SettingError(
            (
                "--write-baseline and --diff cannot be combined: the baseline would lose findings on other "
                "lines"
            ),
            hint="use only one of them",
        )
    if jobs is not None and not 1 <= jobs <= _MAX_JOBS:
        raise SettingError(f"--jobs {jobs} is out of range", hint=f"use 1 to {_MAX_JOBS}")
    if output is not None and not output.parent.is_dir():
        raise SettingError(f"{output.parent} is not a folder", hint="create it, or choose another --output")


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
    screen.say(f"wrote {path}: {len(items)} known findings, which no longer count", style="bold green")
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
