"""Draw what the policy commands found for a terminal: problems, explanations, comparisons, promotions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dayfly.policy.storing import show_changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from dayfly.policy.checking import Problem
    from dayfly.policy.comparing import Change, Comparison
    from dayfly.policy.document import Document
    from dayfly.policy.explaining import Explanation
    from dayfly.policy.logs import Log
    from dayfly.policy.model import Use
    from dayfly.policy.promoting import Noise, Promotion
    from dayfly.policy.readiness import Readiness

SOFT = "dim"
_GOOD = "bold green"
_CARE = "bold yellow"
_BAD = "bold red"
_EFFECTS = {"allowed": _GOOD, "observed": _CARE, "refused": _BAD}
_MARKS = {True: Text("✓", style="green"), False: Text("✗", style="red")}
_CHECKS = {"met": ("✓", "green"), "missing": ("✗", _CARE), "unknown": ("?", "yellow")}
_MANY_CHANGES = 30


def count(number: int, what: str) -> str:
    """Return `1 event`, `2 events`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def title(text: str) -> RenderableType:
    """A heading with a line of air above it."""
    return Padding(Text(text, style="bold"), (1, 0, 0, 0), expand=False)


def bullet(text: str, *, style: str = "", mark: str = "·") -> RenderableType:
    """A point whose further lines stand under the first."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=style), Text(text, style=style))
    return Padding(grid, (0, 2), expand=False)


def draw_problems(path: Path, problems: Sequence[Problem]) -> RenderableType:
    """Each problem with its place and fix."""
    if not problems:
        return Text.assemble((f"{path}: ", ""), ("no problem", _GOOD))
    words = count(len(problems), "problem")
    parts: list[RenderableType] = []
    for one in problems:
        place = Text(f"{path}:{one.line}" if one.line else str(path), style="cyan")
        if one.rule:
            place.append(f"  [{one.rule}]" if one.rule.startswith("policy") else f"  {one.rule}", style=SOFT)
        parts.append(place)
        parts.append(
            bullet(one.what, style=_BAD if one.is_error else "bold", mark="✗" if one.is_error else "!")
        )
        parts.append(Padding(Text(one.fix, style=""), (0, 4), expand=False))
    faults = sum(one.is_error for one in problems)
    words += "; Dayfly would not start with this file" if faults else ""
    return Group(*parts, title(words))


def draw_explanation(path: Path, found: Explanation) -> RenderableType:
    """The verdict, then each rule that was asked, in the order of asking."""
    parts: list[RenderableType] = [_use_line(found.use, found.effect)]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold", style="cyan")
    for step in found.steps:
        grid.add_row(_MARKS[step.is_allowed], step.words, f"{path}:{step.line}" if step.line else "")
    parts.append(Padding(grid, (0, 2), expand=False))
    if found.mode:
        place = f" ({path}:{found.mode_line})" if found.mode_line else ""
        parts.append(bullet(f"{found.effect}, since the mode is {found.mode}: {found.mode_words}{place}"))
    if found.fix:
        parts += [title("If the function needs it"), bullet(found.fix)]
    return Group(*parts)


def _use_line(use: Use, effect: str) -> Text:
    when = " at init" if use.phase == "init" else ""
    line = Text.assemble((effect, _EFFECTS[effect]), f"  {use.kind} ", (use.target, "bold"))
    line.append(f"  by {' ‹ '.join(use.packages)}{when}", style=SOFT)
    return line


def draw_comparison(path: Path, found: Comparison, log: Log) -> RenderableType:
    """What gets stricter and what gets looser, by use."""
    parts: list[RenderableType] = []
    for is_stricter, words in (
        (True, "The new policy is stricter"),
        (False, "The new policy is more permissive"),
    ):
        changes = [one for one in found.changes if one.is_stricter is is_stricter]
        if not changes:
            continue
        parts.append(title(words))
        parts += [_draw_change(path, one) for one in changes[:_MANY_CHANGES]]
        if len(changes) > _MANY_CHANGES:
            parts.append(bullet(f"and {len(changes) - _MANY_CHANGES} more: see --json", style=SOFT))
    if not found.changes:
        parts.append(Text("No use in this log changes.", style=_GOOD))
    if not log.tells_allowed:
        words = (
            "guard_learn was off, so this log does not record allowed uses: it cannot show which of them "
            "the new policy would refuse"
        )
        parts += [Text(), bullet(words, style=_CARE, mark="!")]
    uses = len(found.changes) + found.unchanged
    facts = f"{uses} different uses in {log.lines:,} log records, {found.unchanged} of them unchanged"
    parts.append(Padding(Text(facts + _malformed(log.malformed), style=SOFT), (1, 0, 0, 0), expand=False))
    return Group(*parts)


def _draw_change(path: Path, one: Change) -> RenderableType:
    line = Text.assemble((one.before, _EFFECTS[one.before]), " → ", (one.after, _EFFECTS[one.after]))
    line.append(f"  {one.use.kind} ")
    line.append(one.use.target, style="bold")
    line.append(f"  by {' ‹ '.join(one.use.packages)}", style=SOFT)
    if one.use.phase == "init":
        line.append(" at init", style=SOFT)
    rest = f"{count(one.count, 'finding')}, {count(one.requests, 'request')}"
    if one.examples:
        rest += f": {', '.join(one.examples)}" + (" …" if one.requests > len(one.examples) else "")
    lines: list[RenderableType] = [line]
    if one.rule:
        place = f"{path}:{one.line}" if one.line else str(path)
        lines.append(bullet(f"{place}  [{one.rule}]", style="cyan"))
    return Padding(Group(*lines, bullet(rest, style=SOFT)), (0, 2), expand=False)


def _malformed(malformed: int) -> str:
    if not malformed:
        return ""
    return f"; {count(malformed, 'finding')} could not be read"


def draw_promotion(document: Document, found: Promotion, noise: Noise, malformed: int) -> RenderableType:
    """What blocks from now on, what goes on observing and why, and the diff."""
    parts: list[RenderableType] = []
    if found.promoted:
        parts += [Text("These rules now block", style=_GOOD), bullet(", ".join(found.promoted))]
    if found.noisy:
        counts = ", ".join(f"{name} ({count(noise.counts[name], 'finding')})" for name in found.noisy)
        parts += [Text("These rules still observe", style=_CARE), bullet(counts)]
        parts.append(bullet(f"quiet_since = {found.quiet_since}, the day after the last finding"))
        parts.append(bullet("to see the findings: dayfly policy explain FINDING.json", style=SOFT))
    if found.reason:
        parts.append(Text.assemble(("Nothing was promoted: ", _CARE), found.reason))
    if malformed:
        parts.append(bullet(_malformed(malformed).removeprefix("; "), style=_CARE))
    parts += draw_diff(document.text, found.text, name=str(document.path))
    parts.append(Text())
    return Group(*parts)


def draw_readiness(function: str, stage: str, readiness: Readiness) -> RenderableType:
    """The rules as a table, and what is missing below."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for check in readiness.checks:
        mark, style = _CHECKS[check.state]
        grid.add_row(Text(mark, style=style), check.name, Text(check.text))
    head = Text.assemble((function, "bold"), f": from {stage} to {readiness.stage}")
    parts: list[RenderableType] = [head, grid]
    if not readiness.is_ready:
        parts.append(Text("not ready:", style="bold yellow"))
        parts += [bullet(text) for text in readiness.missing]
    return Group(*parts)


def draw_diff(old: str, new: str, *, name: str) -> list[RenderableType]:
    """A unified diff in colours; nothing where there is none."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    rows = show_changes(old, new, name=name)
    if not rows:
        return []
    text = Text()
    for row in rows:
        is_name = row.startswith(("+++", "---"))
        text.append(row + "\n", style="bold" if is_name else styles.get(row[:1], ""))
    text.rstrip()
    return [Text(), text]
