"""Draw what was learned: how far it goes, what was never run, what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich import box
from rich.console import Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from dayfly.cli.policy_view import SOFT, bullet, count, draw_diff, title
from dayfly.core.shapes import parse_shape
from dayfly.policy.confidence import FORMULA, MIN_OBSERVATIONS
from dayfly.policy.reporting import describe_sources, find_never_called

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console, RenderableType

    from dayfly.policy.confidence import Confidence, Estimate, Support
    from dayfly.policy.learned import Learned, Needs
    from dayfly.policy.model import Gathered

_SOURCES = {"events": "events", "tests": "tests", "log": "environments", "fleet": "requests"}
_MANY_UNREACHED = 12
_MANY_PACKAGES = 20
# Below this share unseen uses are rare; above it learning has hardly begun.
_FEW = 0.02
_SOME = 0.1


class LearnProgress:
    """A bar of events with the uses so far, gone when everything is there."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("running the function on its events"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[uses]} different uses"),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, uses=0, start=False)

    def __enter__(self) -> LearnProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, done: int, total: int, uses: int) -> None:
        """Move the bar."""
        if not done:
            self._progress.start()
        self._progress.start_task(self._task)
        self._progress.update(self._task, completed=done, total=total, uses=uses)


def draw_learned(
    gathered: Sequence[Gathered],
    learned: Learned,
    confidence: Confidence,
    *,
    old: str,
    new: str,
    name: str,
    is_off: bool,
) -> RenderableType:
    """Everything about one learning, what has to be looked at last, next to the prompt."""
    parts: list[RenderableType] = [Text(f"Learned from {describe_sources(gathered)}", style="bold")]
    parts += draw_diff(old, new, name=name)
    parts += [title("Coverage"), _draw_kinds(gathered, confidence, learned)]
    parts += [_draw_packages(gathered, confidence, learned)]
    parts += _draw_saturation(confidence)
    unreached = find_never_called(gathered)
    if unreached:
        parts.append(title(f"Never called: {count(len(unreached), 'function')} of the package"))
        parts += [bullet(name, style="cyan") for name in unreached[:_MANY_UNREACHED]]
        if len(unreached) > _MANY_UNREACHED:
            parts.append(bullet(f"and {len(unreached) - _MANY_UNREACHED} more: see --json", style=SOFT))
        parts.append(bullet("the policy does not include what they use", style=SOFT))
    parts += _draw_care(gathered, learned)
    if is_off:
        words = 'this file sets guard = "off": set it to "observe" or "block" to apply this policy'
        parts += [Text(), bullet(words)]
    parts.append(Text())
    return Group(*parts)


def _draw_kinds(gathered: Sequence[Gathered], confidence: Confidence, learned: Learned) -> RenderableType:
    table = _table(gathered, "capability", "entries")
    for one in confidence.kinds:
        needs = learned.tables.get(one.name)
        table.add_row(
            _named(one), _entries(needs), *_units(one, gathered), _seen(one), _share(one.estimate, one)
        )
    silent = [kind for kind in learned.tables if kind not in {one.name for one in confidence.kinds}]
    parts: list[RenderableType] = [table]
    if silent:
        parts.append(bullet(f"never used, so not allowed: {', '.join(silent)}", style=SOFT))
    seen = {shape.key for one in gathered for seen in one.shapes if (shape := parse_shape(seen.use.target))}
    if seen:
        known = count(len({shape.key for shape in learned.shapes}), "call site")
        words = f"known shapes: {known}, of {len(seen)} that put together a statement, a command or code"
        parts.append(bullet(words, style=SOFT))
    return Group(*parts)


def _draw_packages(gathered: Sequence[Gathered], confidence: Confidence, learned: Learned) -> RenderableType:
    table = _table(gathered, "package", "uses")
    for one in confidence.packages[:_MANY_PACKAGES]:
        needs = learned.packages.get(one.name)
        uses = ", ".join(needs.always) if needs else ""
        if needs and needs.init:
            uses += ("; " if uses else "") + "init: " + ", ".join(needs.init)
        table.add_row(_named(one), uses or "–", *_units(one, gathered), _seen(one), _share(one.estimate, one))
    parts: list[RenderableType] = [Text(), table]
    if len(confidence.packages) > _MANY_PACKAGES:
        rest = len(confidence.packages) - _MANY_PACKAGES
        parts.append(bullet(f"and {count(rest, 'package')} more: see --json", style=SOFT))
    return Group(*parts) if confidence.packages else Group()


def _table(gathered: Sequence[Gathered], first: str, second: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, header_style=SOFT, expand=True)
    table.add_column(first, overflow="fold")
    table.add_column(second, ratio=1, overflow="fold")
    columns: list[tuple[str, Literal["left", "right"]]] = [
        (_SOURCES[one.source], "right") for one in gathered
    ]
    for heading, justify in (*columns, ("observed", "right"), ("unseen", "right")):
        table.add_column(heading, justify=justify, no_wrap=True)
    return table


def _named(one: Support) -> Text:
    return Text(one.name, style="bold")


def _entries(needs: Needs | None) -> Text:
    if needs is None:
        return Text("allowed by package only", style=SOFT)
    text = Text(", ".join(needs.always[:3]) + (" …" if len(needs.always) > 3 else ""))
    if needs.init:
        text.append("; " if needs.always else "")
        text.append("init: ", style="cyan")
        text.append(", ".join(needs.init[:3]) + (" …" if len(needs.init) > 3 else ""))
    return text if text.plain else Text("none", style=SOFT)


def _units(one: Support, gathered: Sequence[Gathered]) -> list[str]:
    if one.is_init_only and not one.units:
        return ["" for _ in gathered]
    return [f"{one.units.get(source.source, 0)}/{len(source.units)}" for source in gathered]


def _seen(one: Support) -> str:
    return f"{one.estimate.observations}×" if one.estimate.observations else ""


def _share(estimate: Estimate, one: Support | None = None) -> Text:
    if one is not None and one.is_init_only:
        return Text("init", style="cyan")
    share = estimate.unseen
    if share is None:
        return Text("too few", style="yellow")
    style = "green" if share <= _FEW else "yellow" if share <= _SOME else "red"
    return Text(f"{share:.0%}", style=style)


def _draw_saturation(confidence: Confidence) -> list[RenderableType]:
    units, quiet = confidence.units, confidence.quiet_units
    estimate = confidence.estimate
    figures = f"{estimate.once} / {estimate.observations}"
    share = estimate.unseen
    if share is None:
        known = (
            "too few observations to estimate what is missing: "
            f"{count(estimate.observations, 'observation')}, at least {MIN_OBSERVATIONS} needed"
        )
        style = "yellow"
    else:
        known = f"estimate: {share:.1%} of the uses in further runs like these are not recorded yet ({figures}: {FORMULA})"
        style = "green" if share <= _FEW else "yellow" if share <= _SOME else "red"
    last = (
        f"the last {quiet} of {units} runs found no new uses"
        if quiet
        else f"the last of {units} runs still found new uses"
    )
    if units == 0:
        last = "nothing was run"
    return [
        Text(),
        bullet(last, style="green" if quiet * 2 >= units and units else "yellow"),
        bullet(known, style=style),
    ]


def _draw_care(gathered: Sequence[Gathered], learned: Learned) -> list[RenderableType]:
    lines: list[tuple[str, str]] = [(text, "bold red") for text in learned.warnings]
    for one in gathered:
        if one.failed:
            names = ", ".join(one.failed[:5]) + (" …" if len(one.failed) > 5 else "")
            lines.append(
                (
                    f"{count(len(one.failed), 'event')} ended in an error and may be incomplete: {names}",
                    "yellow",
                )
            )
        if one.malformed:
            lines.append(
                (
                    (
                        f"{count(one.malformed, 'line')} could not be read and "
                        f"{'was' if one.malformed == 1 else 'were'} skipped"
                    ),
                    "yellow",
                )
            )
        lines += [(note, "yellow") for note in one.notes]
    if not lines:
        return []
    return [title("Warnings"), *(bullet(text, style=style, mark="!") for text, style in lines)]
