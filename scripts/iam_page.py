"""Writes docs/iam.md from the table of commands and actions.

Run by `make docs`; tests/docs/test_iam.py fails when the file is not what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dayfly.attach.iam.commands import COMMANDS, REVOKE_NOTE
from dayfly.attach.iam.limits import RECYCLER
from dayfly.attach.iam.model import Command, On, Only
from dayfly.cli.main import COMMANDS as OF_CLI

TARGET = Path(__file__).parent.parent / "docs" / "iam.md"
_ONLY = {
    Only.ALWAYS: "",
    Only.WITHOUT_LAYERS: "only requests without layers",
    Only.WITH_THESE_LAYERS: "with `--layer`: only these layers",
    Only.THROUGH_LAMBDA: "only through Lambda",
    Only.PASSED_TO_LAMBDA: "only to Lambda",
    Only.WITHIN_BOUNDARY: "with `--boundary`: only roles that have it",
}
_HEAD = """\
# IAM permissions

Generated from the code by `make docs`. `dayfly iam COMMAND` prints a least-privilege policy: the actions that the command calls, limited to the resources that you name.

```
dayfly iam attach --region eu-central-1 --account 111122223333 > attach.json
dayfly iam recycle --function payments --function checkout-*
dayfly iam status --tag team=payments --json            # with each action's reason
aws iam create-policy --policy-name dayfly-attach --policy-document file://attach.json
```

The policy goes to standard output, notes go to standard error. Limit it with `--function`, `--region`, `--account`, `--partition`, `--tag`, `--layer`,
`--kms-key`, `--log-group`, `--alarm`, `--role` and `--boundary`; without them it covers all functions in all regions of the account. Names that could widen
the policy (`:`, `?`, policy variables) are rejected. If an option of the command needs more or fewer permissions, `dayfly iam` has the same option: see the column *only*.

How the policies are tested:
- Each command runs against moto with exactly its policy. With one action less, a call is denied. Code, callers and roles of functions cannot be changed.
- moto does not check resources and conditions of Lambda calls; Dayfly's own evaluator checks them.
- moto does not support provisioned concurrency, code signing configurations, invocations and keys. For these, the tests check only that the code calls the actions.
- Nothing was tested on AWS. Two facts come from AWS's documentation: GetFunction omits tags if `lambda:ListTags` is missing, and which actions on a key Lambda requires.
"""


def render() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for command in COMMANDS.values():
        parts += _section(command)
    parts += [
        "## What the recycler's role can and cannot do",
        "",
        "| action | prevented | how | source |",
        "|---|---|---|---|",
        *(
            f"| {one.deed} | {'yes' if one.is_stopped else '**no**'} | {one.how} | {one.known} |"
            for one in RECYCLER
        ),
        "",
        "To limit what is not prevented, give the policy above to a function that recycles, and let people and alarms only invoke that function",
        "(`lambda:InvokeFunction`). CloudTrail records every UpdateFunctionConfiguration with the function's name, without the values of variables.",
    ]
    return "\n".join(parts) + "\n"


def _section(command: Command) -> list[str]:
    title = f"`dayfly {command.name}`" if command.name in OF_CLI else f"`{command.name}`"
    parts = [f"## {title}", "", f"{command.does[0].upper()}{command.does[1:]}.", ""]
    if command.calls:
        parts += ["| action | on | why | only |", "|---|---|---|---|"]
        for call in command.calls:
            words = (
                f"`{call.option}`" if call.option and call.option != "--all" else "",
                "without `--function`, or with `--tag`" if call.option == "--all" else "",
                f"without `{call.unless}`" if call.unless else "",
                _ONLY[call.only],
            )
            only = "; ".join(filter(None, words))
            on = "*" if call.on is On.ANY else call.on.value
            parts.append(f"| `{call.action}` | {on} | {call.why} | {only} |")
        parts.append("")
    if command.tag:
        parts += [f"Only functions that have the tag `{command.tag}`.", ""]
    for denied in command.denied:
        names = ", ".join(f"`{action}`" for action in denied.actions)
        layers = " where the request names layers" if denied.is_layers else ""
        parts += [f"Denied, whatever else the role has: {names}{layers} ({denied.why}).", ""]
    revokes = any(call.option == "--revoke-sessions" for call in command.calls)
    for note in (*command.notes, *((REVOKE_NOTE,) if revokes else ())):
        parts += [f"- {note if ':' in note.split(' ')[0] else note[0].upper() + note[1:]}."]
    return [*parts, ""] if command.notes else parts


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
