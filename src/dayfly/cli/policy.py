"""`dayfly policy check`, `diff` and `promote`: look after a policy before it is trusted, and while it is active."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.output import Output
from dayfly.cli.policy_explain import as_json_of_use
from dayfly.cli.policy_view import draw_comparison, draw_problems, draw_promotion, draw_readiness
from dayfly.core.shapes import SHAPE
from dayfly.policy.document import read_document
from dayfly.policy.model import PolicyError

if TYPE_CHECKING:
    from dayfly.policy.checking import Problem
    from dayfly.policy.model import Use

_WRONG = 1
_HERE = Path(".")
# `-` is standard input.
_Log = Annotated[Path, Parameter(allow_leading_hyphen=True)]


def check(
    file: Path = _HERE,
    /,
    *,
    folder: Path | None = None,
    layer: Annotated[list[Path] | None, Parameter(negative="")] = None,
    uses: Path | None = None,
    log: _Log | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Check a policy for errors, contradictions, and rules that are too broad or have no effect.

    Exit codes: 0 if there is no problem, 1 if there is one, 2 if a file cannot be read.

    Examples:

        dayfly policy check
        dayfly policy check build/function --layer build/layer
        dayfly policy check --uses uses.jsonl
        dayfly policy check function/dayfly.toml --json

    Parameters
    ----------
    file
        A dayfly.toml, or its folder.
    folder
        Folder of the function's package, to look up the named packages (default: the policy's folder).
    layer
        Folder of a layer with more packages; repeatable.
    uses
        File that dayfly policy learn --keep wrote: report rules that these uses do not need.
    log
        The same with a log that was written with guard_learn on.
    json
        Print one JSON object and nothing else.
    """
    from datetime import UTC, datetime

    from dayfly.policy.checking import check as look_over

    output = Output(is_json=json)
    document = read_document(file)
    if "policy" not in document.data:
        raise PolicyError(
            f"{document.path} has no [policy] table", hint="create one with dayfly policy learn"
        )
    problems = look_over(
        document,
        now=datetime.now(UTC),
        folder=folder or document.path.resolve().parent,
        layers=layer or (),
        uses=_seen(uses, log, output),
    )
    if output.is_json:
        found = [_problem_json(one) for one in problems]
        output.json({"schema": "dayfly-policy-check/1", "file": str(document.path), "problems": found})
    else:
        output.console.print(draw_problems(document.path, problems), soft_wrap=False)
    return _WRONG if problems else 0


def _problem_json(problem: Problem) -> dict[str, object]:
    return {
        "line": problem.line,
        "rule": problem.rule,
        "what": problem.what,
        "fix": problem.fix,
        "is_error": problem.is_error,
    }


def _seen(uses: Path | None, log: Path | None, output: Output) -> list[Use] | None:
    from dayfly.policy.document import read_text
    from dayfly.policy.logs import read_log
    from dayfly.policy.uses import read_use

    if uses is None and log is None:
        return None
    seen: list[Use] = []
    broken = 0
    if uses is not None:
        for line in filter(None, read_text(uses).split("\n")):
            found = read_use(line)
            broken += found is None
            seen += [found[0]] if found and found[0].kind != SHAPE else []
    if log is not None:
        read = read_log(log)
        if not read.tells_allowed:
            raise PolicyError(
                f"{log} records no allowed uses, so it says nothing about the rules that allow them",
                hint=(
                    "set guard_learn = true while you record, or use a file from `dayfly policy learn --keep`"
                ),
            )
        broken += read.malformed
        seen += [entry.seen.use for entry in read.entries]
    if broken:
        output.warn(f"{broken} lines are not valid and were skipped")
    return seen


def diff(
    old: Path,
    new: Path,
    /,
    *,
    log: _Log,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Compare two policies against a log: what the new one would refuse or allow.

    A log always records the uses that the active policy did not allow. It records allowed uses only with
    guard_learn on, once per environment.

    Examples:

        dayfly policy diff dayfly.toml new.toml --log yesterday.log
        aws logs filter-log-events --log-group-name /aws/lambda/pay | dayfly policy diff a.toml b.toml --log - --json

    Parameters
    ----------
    old
        The active dayfly.toml, or its folder.
    new
        The new dayfly.toml, or its folder.
    log
        Log file as CloudWatch exports it, plain or JSON, optionally gzipped; - for standard input.
    json
        Print one JSON object and nothing else.
    """
    from dayfly.policy.comparing import compare
    from dayfly.policy.logs import read_log

    output = Output(is_json=json)
    before, after = read_document(old), read_document(new)
    read = read_log(log)
    found = compare(before, after, read.entries)
    if output.is_json:
        changes = [
            {
                **as_json_of_use(one.use),
                "before": one.before,
                "after": one.after,
                "findings": one.count,
                "requests": one.requests,
                "examples": list(one.examples),
                "rule": one.rule,
                "line": one.line,
            }
            for one in found.changes
        ]
        output.json(
            {
                "schema": "dayfly-policy-diff/1",
                "changes": changes,
                "unchanged": found.unchanged,
                "tells_allowed": read.tells_allowed,
                "lines": read.lines,
                "malformed": read.malformed,
            }
        )
    else:
        output.console.print(draw_comparison(after.path, found, read), soft_wrap=False)
    return 0


def promote(
    file: Path = _HERE,
    /,
    *,
    log: _Log | None = None,
    function: str = "",
    days: float = 14.0,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    fleet: str | None = None,
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Switch rules of a dayfly.toml to block after promote_after without a finding, and update quiet_since
    for the others.

    The command edits a dayfly.toml, which takes effect at the next deployment; dayfly promote changes a
    deployed function by the same rules. The log or fleet must cover the whole period. Changes are shown as a
    diff.

    Examples:

        dayfly policy promote --log fortnight.log --dry-run
        dayfly policy promote function/dayfly.toml --log fortnight.log.gz
        dayfly policy promote function/dayfly.toml --function payments

    Parameters
    ----------
    file
        A dayfly.toml, or its folder.
    log
        Log file as CloudWatch exports it, plain or JSON, optionally gzipped; - for standard input.
    function
        Use the data of a running fleet service for this function, instead of a log.
    days
        With --function: number of days to use.
    dry_run
        Show the changes without writing them.
    fleet
        URL of a running fleet service; the API token is read from DAYFLY_FLEET_TOKEN.
    folder
        Data folder of a fleet service on this machine (default: this user's).
    json
        Print one JSON object and nothing else.
    """
    from dataclasses import asdict

    from dayfly.policy.promoting import find_noise, noise_of
    from dayfly.policy.promoting import promote as promote_rules
    from dayfly.policy.readiness import Demand, judge_block
    from dayfly.policy.storing import write_file

    output = Output(is_json=json)
    document = read_document(file)
    if (log is None) == (not function):
        raise PolicyError(
            "give either --log or --function",
            hint="for example --log fortnight.log, or --function payments",
        )
    if log is not None:
        from dayfly.policy.logs import read_log
        from dayfly.policy.observed import observe_log

        read = read_log(log)
        noise, observation = find_noise(read), observe_log(read)
    else:
        from dayfly.cli.fleet_asking import ask_fleet, open_fleet

        client = open_fleet(fleet, folder)
        observation = ask_fleet(client, function, days=days)
        noise = noise_of(observation)
    found = promote_rules(document, noise)
    readiness = judge_block(observation, document.policy(), Demand(days=days), digest="")
    is_written = not dry_run and write_file(document.path, document.text, found.text)
    if output.is_json:
        output.json(
            {
                "schema": "dayfly-policy-promote/1",
                "promoted": list(found.promoted),
                "observing": {name: noise.counts[name] for name in found.noisy},
                "quiet_since": found.quiet_since.isoformat() if found.quiet_since else None,
                "reason": found.reason,
                "malformed": observation.malformed,
                "checks": [asdict(check) for check in readiness.checks],
                "written": is_written,
            }
        )
    else:
        output.console.print(draw_promotion(document, found, noise, observation.malformed), soft_wrap=False)
        output.console.print(
            draw_readiness("judged by the rules of `dayfly promote`", "observe", readiness), soft_wrap=False
        )
        say_written(output, document.path, is_written=is_written, is_dry=dry_run)
    return 0


def say_written(output: Output, path: Path, *, is_written: bool, is_dry: bool) -> None:
    """Say what became of the file."""
    if is_written:
        output.say(f"wrote {path}", style="bold green")
    elif is_dry:
        output.say(f"{path} was not changed: --dry-run")
    else:
        output.say(f"{path} was not changed: nothing to change")
