"""Draw coverage for people: how much is protected, function by function, then each reason once with what to do."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as RichText

from dayfly import __version__
from dayfly.attach.coverage.model import ORDER, Effect, Level
from dayfly.attach.coverage.templates import level_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from dayfly.attach.coverage.model import Coverage, Gap
    from dayfly.attach.coverage.templates import TemplateCoverage
    from dayfly.cli.output import Output

SCHEMA = "dayfly-status/1"
_SOFT = "dim"
_STYLES = {
    Level.PROTECTED: "green",
    Level.PARTLY: "yellow",
    Level.UNPROTECTED: "bold red",
    Level.UNKNOWN: "magenta",
    Level.NOT_PYTHON: _SOFT,
}
_WORDS = {Level.NOT_PYTHON: "not Python", Level.PARTLY: "partly"}
# Said once below the table; in every row it would only hide the rest.
_QUIET = ("no-permission", "not-checked")
_MAX_FUNCTIONS = 60
_MAX_NAMES = 6
_BAR = 40


def _text(text: str = "", style: str = "") -> RichText:
    """What others named goes to a terminal: no control character of theirs does."""
    return RichText(
        "".join(char if char.isprintable() or char == "\n" else "?" for char in text), style=style
    )


@contextmanager
def counting(output: Output) -> Iterator[Callable[[int, int], None]]:
    """Show how many functions were looked at to somebody who watches; beside the result, which may go into a pipe."""
    if not output.is_watched or output.is_json:
        yield lambda seen, python: None
        return
    with output.progress.status("reading functions") as status:
        yield lambda seen, python: status.update(
            f"read {seen:,} functions, {python:,} of them Python or container images"
        )


def told(
    found: Sequence[Coverage], templates: Sequence[TemplateCoverage], place: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return the whole answer as one JSON object."""
    levels = Counter(one.level for one in found)
    of_templates = Counter(level_of(one) for template in templates for one in template.functions)
    return {
        "schema": SCHEMA,
        "dayfly_version": __version__,
        "time": int(time.time()),
        **({"account": place["account"], "region": place["region"]} if place is not None else {}),
        "is_open": any(one.is_open for one in found) or any(one.is_open for one in templates),
        "counts": {level.value: levels[level] for level in ORDER},
        "functions": [one.described() for one in found],
        "template_counts": {level.value: of_templates[level] for level in ORDER},
        "templates": [one.described() for one in templates],
    }


def draw(
    found: Sequence[Coverage],
    templates: Sequence[TemplateCoverage],
    place: Mapping[str, str] | None,
    *,
    width: int,
) -> RenderableType:
    """The whole answer for people; `found` comes worst first."""
    parts: list[RenderableType] = []
    if place is not None:
        where = " ".join(filter(None, (place["account"], place["region"])))
        parts.append(_draw_share([one.level for one in found], f"functions of {where}"))
        shown = [one for one in found if one.level is not Level.NOT_PYTHON]
        if shown:
            parts.append(_draw_functions(shown[:_MAX_FUNCTIONS], is_wide=width >= 110))
        if len(shown) > _MAX_FUNCTIONS:
            parts.append(_text(f" and {len(shown) - _MAX_FUNCTIONS:,} more: see --json", style=_SOFT))
        parts += _draw_gaps(found)
    for template in templates:
        parts.append(_draw_share([level_of(one) for one in template.functions], template.path))
        parts.append(_draw_template(template))
    return Group(*parts)


def _draw_share(levels: Sequence[Level], title: str) -> RenderableType:
    counts = Counter(levels)
    all_ = len(levels) - counts[Level.NOT_PYTHON]
    bar = _text(" ")
    if all_:
        for level in (Level.PROTECTED, Level.PARTLY, Level.UNKNOWN, Level.UNPROTECTED):
            bar.append("█" * round(_BAR * counts[level] / all_), style=_STYLES[level])
    words = ", ".join(
        f"{counts[level]:,} {_WORDS.get(level, level.value)}" for level in ORDER if counts[level]
    )
    head = f"{counts[Level.PROTECTED]:,} of {all_:,} protected" if all_ else "no Python functions"
    head += f": {title}"
    return Group(
        Padding(_text(head, style="bold"), (1, 0, 0, 1), expand=False),
        bar,
        _text(f" {words}" if words else " none found", style=_SOFT),
    )


def _draw_functions(found: Sequence[Coverage], *, is_wide: bool) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("function", overflow="fold", min_width=12)
    table.add_column("", no_wrap=True)
    if is_wide:
        for name in ("Dayfly", "isolation", "guard", "last seen"):
            table.add_column(name)
    table.add_column("why", overflow="fold", ratio=1)
    for one in found:
        cells: list[str | RichText] = [
            _text(one.name),
            _text(_WORDS.get(one.level, one.level.value), style=_STYLES[one.level]),
        ]
        if is_wide:
            version = one.dayfly_version or (f"layer {one.layer.rpartition(':')[2]}" if one.layer else "–")
            cells += [
                _text(version),
                _text(one.isolation or "–"),
                _text((one.guard or "–") + (f", policy {one.policy}" if one.policy else "")),
                _text(_seen(one), style=_SOFT),
            ]
        table.add_row(*cells, _text(_why(one)))
    return table


def _seen(one: Coverage) -> str:
    seen = one.seen
    if seen is None:
        return "–"
    if seen.refused > seen.started:
        return f"not active {_moment(seen.refused)}"
    if seen.started:
        return f"active {_moment(seen.started)}"
    return seen.source if seen.source.startswith("CloudWatch Logs (") else "no data"


def _why(one: Coverage) -> str:
    blocking = [gap for gap in one.gaps if gap.effect is not Effect.NOTHING]
    advice = [gap for gap in one.gaps if gap.effect is Effect.NOTHING and gap.reason not in _QUIET]
    words = [gap.reason for gap in blocking]
    if advice:
        words.append(f"({', '.join(dict.fromkeys(gap.reason for gap in advice))})")
    if one.recycled:
        words.append(f"recycled {_moment(one.recycled)}")
    return ", ".join(dict.fromkeys(words))


def _draw_gaps(found: Sequence[Coverage]) -> list[RenderableType]:
    """Each reason once: whose it is, what the first of them says, what to do."""
    by_reason: dict[str, list[tuple[Coverage, Gap]]] = {}
    for one in found:
        if one.level is Level.NOT_PYTHON:
            continue
        for gap in one.gaps:
            by_reason.setdefault(gap.reason, []).append((one, gap))
    parts: list[RenderableType] = []
    effects = list(Effect)
    ordered = sorted(
        by_reason.items(),
        key=lambda item: (-max(effects.index(gap.effect) for _, gap in item[1]), -len(item[1])),
    )
    for reason, own in ordered:
        names = list(dict.fromkeys(one.name for one, _ in own))
        more = f" and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else ""
        grave = any(gap.effect is not Effect.NOTHING for _, gap in own)
        head = _text(reason, style="bold yellow" if grave else "bold").append_text(
            _text(f"  {', '.join(names[:_MAX_NAMES])}{more}", style="default")
        )
        texts = list(dict.fromkeys(gap.text for _, gap in own))
        body = _text(texts[0] + (f" (and {len(texts) - 1} more like it)" if len(texts) > 1 else ""))
        lines: list[RenderableType] = [head, Padding(body, (0, 0, 0, 2))]
        if hint := _common_hint(own):
            lines.append(Padding(_text(f"→ {hint}", style="cyan"), (0, 0, 0, 2)))
        parts.append(Padding(Group(*lines), (1, 0, 0, 1)))
    return parts


def _common_hint(own: Sequence[tuple[Coverage, Gap]]) -> str:
    """What to do, said for all of them where it differs by the function's name alone."""
    hints = list(dict.fromkeys(gap.hint for _, gap in own if gap.hint))
    if len(hints) <= 1:
        return "".join(hints)
    general = {gap.hint.replace(one.name, "FUNCTION") for one, gap in own if gap.hint}
    return general.pop() if len(general) == 1 else hints[0]


def _draw_template(template: TemplateCoverage) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("line", justify="right")
    table.add_column("function", overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=1)
    for one in template.functions:
        level = level_of(one)
        why = one.gap.reason + (f" → {one.gap.hint}" if one.gap.hint else "") if one.gap else ""
        if level is Level.UNPROTECTED and not why:
            why = f"→ dayfly attach --template {template.path}"
        table.add_row(
            str(one.line),
            _text(one.name),
            _text(_WORDS.get(level, level.value), style=_STYLES[level]),
            _text(why),
        )
    return table


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
