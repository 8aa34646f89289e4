"""`dayfly policy explain`: why a use is allowed, observed or refused."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.cli.output import Output
from dayfly.cli.policy_view import draw_explanation
from dayfly.core.policy import FUNCTION, KINDS
from dayfly.policy.document import read_document
from dayfly.policy.model import PolicyError, Use

if TYPE_CHECKING:
    from dayfly.policy.explaining import Explanation

_HERE = Path(".")


def explain(
    what: str | None = None,
    target: str | None = None,
    /,
    *,
    package: Annotated[list[str] | None, Parameter(negative="")] = None,
    phase: Literal["init", "invoke"] = "invoke",
    file: Path = _HERE,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Explain why a use is allowed, observed or refused, with the rule and line of the file.

    Give a use, or a finding from the log as a file or on standard input.

    Examples:

        dayfly policy explain network api.example.com:443 --package requests
        dayfly policy explain process /bin/sh --phase init
        dayfly policy explain finding.json
        dayfly policy explain < finding.json

    Parameters
    ----------
    what
        A kind of use followed by TARGET, or a file with a finding. - or nothing reads standard input.
    target
        The used resource: a host, a path or a name.
    package
        The package that uses it, innermost first; repeatable (default: the function's own code).
    phase
        Phase of the use.
    file
        A dayfly.toml, or its folder.
    json
        Print one JSON object and nothing else.
    """
    from dayfly.policy.explaining import explain as explain_use
    from dayfly.policy.explaining import explain_mode

    output = Output(is_json=json)
    if what is not None and target is not None:
        if what not in KINDS:
            raise PolicyError(f"{what!r} is not a kind of use", hint="use one of: " + ", ".join(KINDS))
        use: Use | None = Use(what, target, tuple(package or (FUNCTION,)), phase)
        subject = ""
    elif what in KINDS:
        raise PolicyError(f"{what} needs a target", hint=f"run dayfly policy explain {what} TARGET")
    else:
        use, subject = _finding(what)
    document = read_document(file)
    if use is None:
        mode, line, words = explain_mode(document, subject)
        if output.is_json:
            output.json(
                {"schema": "dayfly-policy-explain/1", "rule": subject, "mode": mode, "mode_line": line}
            )
        else:
            place = f"{document.path}:{line}, " if line else ""
            output.say(
                f"{subject}: not decided by the policy's tables; the guard compares it with the event and with [policy.shapes]",
                style="bold",
            )
            output.say(f"  mode: {mode} ({place}{words})")
        return 0
    found = explain_use(document, use)
    if output.is_json:
        output.json(
            {"schema": "dayfly-policy-explain/1", "file": str(document.path), **_explanation_json(found)}
        )
    else:
        output.console.print(draw_explanation(document.path, found), soft_wrap=False)
    return 0


def _finding(place: str | None) -> tuple[Use | None, str]:
    """Return the use that a finding tells of, or the subject of the guard's rule where it is about none."""
    from dayfly.policy.logs import parse_log, read_log

    is_input = place in (None, "-")
    if is_input and sys.stdin.isatty():
        raise PolicyError(
            "nothing to explain", hint="dayfly policy explain KIND TARGET, or give a finding from the log"
        )
    if is_input:
        text = sys.stdin.read()
        # A finding that a log viewer has broken into lines is one all the same.
        try:
            text = jsonlib.dumps(jsonlib.loads(text))
        except ValueError:
            pass
        log = parse_log(text)
    else:
        log = read_log(Path(str(place)))
    if log.entries:
        return log.entries[0].seen.use, ""
    if log.observed:
        return None, log.observed[0][0]
    raise PolicyError(
        "the input contains no guard finding" if log.lines else "the input is empty",
        hint="give the whole record, from { to }",
    )


def _explanation_json(found: Explanation) -> dict[str, object]:
    steps = [
        {
            "allowed": one.is_allowed,
            "rule": one.rule,
            "line": one.line,
            "entry": one.entry,
            "words": one.words,
        }
        for one in found.steps
    ]
    return {
        **as_json_of_use(found.use),
        "effect": found.effect,
        "steps": steps,
        "mode": found.mode,
        "mode_line": found.mode_line,
        "fix": found.fix,
    }


def as_json_of_use(use: Use) -> dict[str, object]:
    """Return a use as every command's JSON has it."""
    return {"kind": use.kind, "target": use.target, "packages": list(use.packages), "phase": use.phase}
