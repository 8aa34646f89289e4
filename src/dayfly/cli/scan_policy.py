"""`dayfly scan --suggest-policy`: the least privilege of each function, and the lines that need it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from dayfly.errors import DayflyError
from dayfly.scan.passes.inputs import list_unread, moved, moved_place
from dayfly.scan.passes.products import suggest_policies
from dayfly.scan.report.excerpts import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from dayfly.cli.output import Output
    from dayfly.scan.passes.inputs import Input
    from dayfly.scan.permissions.suggesting import Reason, Suggestion

_SOFT = "dim"
_INDENT = 2


def print_policies(inputs: Sequence[Input], screen: Output, *, width: int) -> int:
    """Print a policy for every handler; DayflyError where there is none.

    Returns 2 where a file of the project could not be read: what it needs is in no policy.
    """
    made = suggest_policies(inputs)
    if not made:
        raise DayflyError(
            "no handler was found, so no policy can be suggested", hint="give one with --handler"
        )
    unread = [moved(note, read) for read in inputs for note in list_unread(read)]
    for note in unread:
        screen.note(
            f"{printable(str(note.place))} {printable(note.message)}: the policies do not include its "
            "permissions"
        )
    code = 2 if unread else 0
    if screen.is_json:
        screen.json({"policies": [_as_json(suggestion, read) for suggestion, read in made]})
        return code
    for suggestion, read in made:
        title = Text(printable(suggestion.function), style="bold")
        screen.console.print()
        screen.console.print(
            Rule(title, align="left", style=_SOFT, characters="─"), width=width, soft_wrap=False
        )
        # Not broken into lines: it is there to be copied.
        screen.say(json.dumps(suggestion.for_cloudformation(), indent=2), style="cyan")
        screen.console.print(_draw(suggestion, read), width=width, soft_wrap=False)
    return code


def _as_json(suggestion: Suggestion, read: Input) -> Mapping[str, object]:
    return {
        "function": suggestion.function,
        "document": suggestion.document,
        "cloudformation": suggestion.for_cloudformation(),
        "reasons": [
            {
                "action": one.action,
                "resource": one.resource,
                "place": str(moved_place(one.place, read.prefix)),
                "source": one.line,
                "why": one.why,
                "unknown": one.unknown,
                "optional": one.is_optional,
            }
            for one in suggestion.reasons
        ],
        "notes": [str(moved(note, read).place) + ": " + note.message for note in suggestion.notes],
    }


def _draw(suggestion: Suggestion, read: Input) -> RenderableType:
    parts: list[RenderableType] = [
        Padding(Text("Why", style="bold"), (1, 0, 0, _INDENT - 1), expand=False),
        Padding(_reasons(suggestion.reasons, read), (0, 0, 0, _INDENT), expand=False),
    ]
    if suggestion.notes:
        parts.append(
            Padding(Text("Could not be resolved", style="bold yellow"), (1, 0, 0, _INDENT - 1), expand=False)
        )
        for note in suggestion.notes:
            place = moved(note, read).place
            line = Text.assemble((printable(str(place)), "cyan"), f": {printable(note.message)}")
            parts.append(Padding(line, (0, 0, 0, _INDENT), expand=False))
    return Group(*parts)


def _reasons(reasons: Sequence[Reason], read: Input) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column()
    for one in reasons:
        why = Text(printable(str(moved_place(one.place, read.prefix))), style="cyan")
        why.append(f"  {printable(one.line.strip() or one.why)}", style="default")
        if one.unknown:
            why.append(f"\nbroader than necessary: {printable(one.unknown)}", style="yellow")
        if one.is_optional:
            why.append("\nonly if an option is used", style=_SOFT)
        table.add_row(Text(one.action, style="bold"), why)
    return table
