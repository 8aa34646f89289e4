"""`dayfly iam COMMAND`: the policy that lets a role run one command, and nothing else."""

from __future__ import annotations

import json as _json
from typing import Annotated

from cyclopts import Parameter

from dayfly.attach.iam.commands import COMMANDS, REVOKE_NOTE
from dayfly.attach.iam.model import Scope
from dayfly.attach.iam.policies import MAX_CHARACTERS, make_policy
from dayfly.cli.output import Output
from dayfly.errors import DayflyError


def iam(
    *command: str,
    function: Annotated[list[str] | None, Parameter(negative="")] = None,
    region: str = "*",
    account: str = "*",
    partition: str = "aws",
    tag: Annotated[list[str] | None, Parameter(negative="")] = None,
    layer: Annotated[list[str] | None, Parameter(negative="")] = None,
    kms_key: Annotated[list[str] | None, Parameter(negative="")] = None,
    log_group: Annotated[list[str] | None, Parameter(negative="")] = None,
    alarm: Annotated[list[str] | None, Parameter(negative="")] = None,
    role: Annotated[list[str] | None, Parameter(negative="")] = None,
    boundary: str = "",
    publish: Annotated[bool, Parameter(negative="")] = False,
    verify: Annotated[bool, Parameter(negative="")] = False,
    logs: Annotated[bool, Parameter(negative="")] = False,
    fleet: Annotated[bool, Parameter(negative="")] = False,
    only_latest: Annotated[bool, Parameter(negative="")] = False,
    max_error_rate: Annotated[bool, Parameter(negative="")] = False,
    cold_starts_per_minute: Annotated[bool, Parameter(negative="")] = False,
    revoke_sessions: Annotated[bool, Parameter(negative="")] = False,
    for_lambda: Annotated[bool, Parameter(name="--lambda", negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Print the least a role needs to run a command: for exactly the calls that it makes, on what you name.

    The policy goes to standard output, what a policy cannot say to standard error. Without a command: which there are.

    Examples:

        dayfly iam
        dayfly iam attach --region eu-central-1 --account 111122223333 > attach.json
        dayfly iam recycle --function payments --function checkout-*
        dayfly iam recycle --revoke-sessions --role service-role/payments
        dayfly iam layer publish --layer arn:aws:lambda:eu-central-1:111122223333:layer:dayfly:*
        dayfly iam status --tag team=payments --json

    Parameters
    ----------
    command
        The command's words, as `layer publish`.
    function
        Only functions of this name; * stands for any characters. May be given more than once, as all that follow.
    region
        Only in this region.
    account
        Only in this account.
    partition
        aws, aws-cn or aws-us-gov.
    tag
        Only functions that have this tag, as team=payments: all of them, where several are given.
    layer
        Layer versions that an update may put on functions, or that are published; * may stand for the version.
    kms_key
        Keys that functions' variables are encrypted with, where they are yours.
    log_group
        Log groups, where functions do not write to /aws/lambda/NAME.
    alarm
        Alarms that the command may look at.
    role
        Roles whose sessions may be revoked, with their path.
    boundary
        The permissions boundary that those roles must have.
    publish
        With attach, detach, promote and rollback: what --publish needs beside.
    verify
        With attach and rollback: what --verify needs beside.
    logs
        With status: what --logs needs beside.
    fleet
        With recycle: without what the proof needs where a fleet gives it.
    only_latest
        With recycle: without what aliases and provisioned concurrency need.
    max_error_rate
        With recycle: what --max-error-rate needs beside.
    cold_starts_per_minute
        With recycle: what --cold-starts-per-minute needs beside.
    revoke_sessions
        With recycle: what --revoke-sessions needs beside.
    for_lambda
        With doctor: what the commands of docs/doctor.md need.
    json
        Print one JSON object: command, policy, notes and each action's reason.
    """
    output = Output(is_json=json)
    name = " ".join(command)
    if not name:
        if json:
            output.json({"commands": {one.name: one.does for one in COMMANDS.values()}})
        for one in COMMANDS.values():
            output.say(f"dayfly iam {one.name:<16} {one.does}")
        return 0
    found = COMMANDS.get(name)
    if found is None:
        raise DayflyError(
            f"no command of AWS calls is named {name[:60]!r}", hint=f"one of: {', '.join(COMMANDS)}"
        )
    given = {
        "--publish": publish,
        "--verify": verify,
        "--logs": logs,
        "--fleet": fleet,
        "--only-latest": only_latest,
        "--max-error-rate": max_error_rate,
        "--cold-starts-per-minute": cold_starts_per_minute,
        "--revoke-sessions": revoke_sessions,
        "--lambda": for_lambda,
    }
    scope = Scope(
        functions=tuple(function or ()),
        region=region,
        account=account,
        partition=partition,
        tags=tuple(read_tag(text) for text in tag or ()),
        layers=tuple(layer or ()),
        log_groups=tuple(log_group or ()),
        alarms=tuple(alarm or ()),
        roles=tuple(role or ()),
        keys=tuple(kms_key or ()),
        boundary=boundary,
        options=frozenset(name for name, is_given in given.items() if is_given),
    )
    for option in sorted(scope.options):
        if not any(option in (call.option, call.unless) for call in found.calls):
            raise DayflyError(f"{name} has no {option} that changes what a role needs", hint="leave it out")
    policy = make_policy(found, scope)
    notes = [*policy.notes, *([REVOKE_NOTE] if revoke_sessions else ())]
    if policy.characters > MAX_CHARACTERS:
        raise DayflyError(
            f"this policy has {policy.characters:,} characters, a managed one may have {MAX_CHARACTERS:,}",
            hint="name functions with *, or by a --tag",
        )
    if json:
        output.json(
            {
                "command": policy.command,
                "policy": policy.document,
                "notes": notes,
                "calls": [
                    {"action": call.action, "on": call.on.value, "why": call.why} for call in policy.calls
                ],
            }
        )
        return 0
    output.text(_json.dumps(policy.document, indent=2) + "\n")
    for note in notes:
        output.note(f"note: {note}")
    return 0


def read_tag(text: str) -> tuple[str, str]:
    """Return a tag's key and value; raises DayflyError for what is none."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise DayflyError(f"--tag is {text[:100]!r}", hint="it must be a key and a value, as team=payments")
    return key, value
