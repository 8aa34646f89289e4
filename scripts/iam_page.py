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
    Only.WITHOUT_LAYERS: "only requests that name no layers",
    Only.WITH_THESE_LAYERS: "with `--layer`: only these layers",
    Only.THROUGH_LAMBDA: "only by way of Lambda",
    Only.PASSED_TO_LAMBDA: "only to Lambda",
    Only.WITHIN_BOUNDARY: "with `--boundary`: only roles that have it",
}
_HEAD = """\
# What a role needs

Generated from the code by `make docs`. `dayfly iam COMMAND` prints a policy: exactly the actions that the command calls, on what you name.

```
dayfly iam attach --region eu-central-1 --account 111122223333 > attach.json
dayfly iam recycle --function payments --function checkout-*
dayfly iam status --tag team=payments --json            # with each action's reason
aws iam create-policy --policy-name dayfly-attach --policy-document file://attach.json
```

The policy goes to standard output, what JSON cannot say to standard error. `--function`, `--region`, `--account`, `--partition`, `--tag`, `--layer`,
`--kms-key`, `--log-group`, `--alarm`, `--role` and `--boundary` narrow it; without them it is for all functions of all regions of the account it is put into. A
name that could widen it (`:`, `?`, policy variables) is refused. Options of the command that need more, or less, are options here, too: the column *only* has them.

Each policy is tested: the command runs against moto under exactly this policy, and with one action fewer it is refused something; code, callers and roles
of functions stay out of reach. Resources and conditions are checked by an evaluator of ours, since moto looks at neither for Lambda, and what moto does not play
(provisioned concurrency, code signing configurations, invocations, keys) is checked to be called in the code and no more. Nothing of this has run on real AWS. Two things could only be read in AWS's pages: that GetFunction leaves tags out where `lambda:ListTags` is missing, and which of a key's actions
Lambda asks for.
"""


def render() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for command in COMMANDS.values():
        parts += _section(command)
    parts += [
        "## What the recycler's role can and cannot do",
        "",
        "| deed | stopped | how | known |",
        "|---|---|---|---|",
        *(
            f"| {one.deed} | {'yes' if one.is_stopped else '**no**'} | {one.how} | {one.known} |"
            for one in RECYCLER
        ),
        "",
        "What is not stopped is best not handed out: let people and alarms invoke a function that recycles (`lambda:InvokeFunction` on it alone), and give the policy",
        "above to that function's role. CloudTrail records every UpdateFunctionConfiguration with the names of the variables' function, not their values.",
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
