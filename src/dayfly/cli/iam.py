"""`dayfly iam COMMAND`: the policy that lets a role run one command, and nothing else."""

from __future__ import annotations

import difflib
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
    """Print the least-privilege IAM policy that a command needs.

    The policy covers exactly the AWS calls of the command, limited to the resources that you give. It goes to
    standard output, and notes go to standard error. Without a command, the supported commands are listed.

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
        The command, for example: layer publish.
    function
        Only functions of this name; * matches any characters. Repeatable, like all options with several
        values.
    region
        Only in this region.
    account
        Only in this account.
    partition
        aws, aws-cn or aws-us-gov.
    tag
        Only functions with this tag, for example team=payments; with several tags, all must match.
    layer
        Layer versions that the command may add or publish; * can replace the version.
    kms_key
        Customer managed KMS keys that encrypt the functions' environment variables.
    log_group
        Log groups of functions that do not log to /aws/lambda/NAME.
    alarm
        Alarms that the command may read.
    role
        Roles, with their path, whose sessions may be revoked.
    boundary
        Permissions boundary that these roles must have.
    publish
        With attach, detach, promote and rollback: include the permissions for --publish.
    verify
        With attach and rollback: include the permissions for --verify.
    logs
        With status: include the permissions for --logs.
    fleet
        With recycle: omit the log permissions, because a fleet service provides the proof.
    only_latest
        With recycle: omit the permissions for aliases and provisioned concurrency.
    max_error_rate
        With recycle: include the permissions for --max-error-rate.
    cold_starts_per_minute
        With recycle: include the permissions for --cold-starts-per-minute.
    revoke_sessions
        With recycle: include the permissions for --revoke-sessions.
    for_lambda
        With doctor: include the permissions for the commands in docs/doctor.md.
    json
        Print one JSON object with the command, the policy, notes and the reason for each action.
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
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        guess = f". Did you mean {near[0]!r}?" if near else ""
        raise DayflyError(f"Unknown command {name[:60]!r}{guess}", hint=f"use one of: {', '.join(COMMANDS)}")
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
            raise DayflyError(f"{option} does not apply to {name}", hint="remove it")
    policy = make_policy(found, scope)
    notes = [*policy.notes, *([REVOKE_NOTE] if revoke_sessions else ())]
    if policy.characters > MAX_CHARACTERS:
        raise DayflyError(
            (
                f"this policy has {policy.characters:,} characters; a managed policy can have at most "
                f"{MAX_CHARACTERS:,}"
            ),
            hint="select functions with * or --tag",
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
        raise DayflyError(
            f"--tag {text[:100]!r} is not KEY=VALUE", hint="use for example --tag team=payments"
        )
    return key, value
