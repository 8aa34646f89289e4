"""Writes a plan as one HTML file that needs nothing else; it holds no value of an event or of the function."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.lab.plan.configuration import render_settings
from dayfly.lab.plan.contestants import PLAIN, title_of
from dayfly.lab.plan.split import line_figures, split_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dayfly.lab.plan.model import Cost, Fix, Plan

_PAGE = Path(__file__).with_name("page")


def render_page(plan: Plan) -> str:
    """Return the whole page."""
    advice = plan.advice
    is_careful = advice.gives_up or advice.must_fix or advice.is_undecided
    values = {
        "css": (_PAGE / "report.css").read_text(encoding="utf-8"),
        "handler": escape(plan.handler),
        "tone": "bad" if advice.settings.isolation == "process" else "care" if is_careful else "good",
        "headline": escape(advice.headline),
        "reasons": _items([*advice.reasons, *(f"trade-off: {what}" for what in advice.gives_up)]),
        "differences": _differences(plan),
        "split_note": _split_note(plan),
        "split": _split(plan),
        "lines": _lines(plan),
        "modes": "".join(_modes(plan)),
        "losses": _losses(plan),
        "fixes": "".join(_fixes(advice.fixes)),
        "settings": _settings(plan),
        "notes": _items(plan.notes) or "<li>none</li>",
        "footer": escape(
            f"Dayfly {__version__}; events: {', '.join(plan.events)}; {plan.memory_mb} MB; confinement: {plan.confinement.kind}. "
            "Measured on this machine, not on AWS."
        ),
    }
    return Template((_PAGE / "report.html").read_text(encoding="utf-8")).substitute(values)


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


def _bar(share: float) -> str:
    return f'<td class="bar"><i style="width:{max(0.0, min(1.0, share)):.1%}"></i></td>'


def _number(value: float | None, digits: int = 1) -> str:
    return f'<td class="number">{"–" if value is None else f"{value:.{digits}f}"}</td>'


def _table(rows: str, *, head: str = "") -> str:
    return f'<div class="wide"><table>{head}<tbody>{rows}</tbody></table></div>'


def _differences(plan: Plan) -> str:
    if not plan.differences:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(one.path or 'the whole answer')}</code></td><td>{escape(title_of(one.isolation))}</td>"
        f"<td>{escape(one.event)}</td><td>{escape(one.expected)} → {escape(one.got)}</td><td>{escape(one.explanation)}</td></tr>"
        for one in plan.differences
    )
    return f'<h2 class="bad">Answers differ</h2>{_table(rows)}'


def _split_note(plan: Plan) -> str:
    if plan.split is None:
        return "Not measured: the function could not be traced in a new worker."
    return f"Milliseconds, from {plan.split.samples} invocations with timers in the function."


def _split(plan: Plan) -> str:
    if plan.split is None:
        return ""
    rows = split_rows(plan.split, plan.network)
    longest = max(ms for _, ms, _ in rows) or 1.0
    cells = "".join(
        f'<tr><td>{escape(name)}</td>{_number(ms)}{_bar(ms / longest)}<td class="soft">{escape(what)}</td></tr>'
        for name, ms, what in rows
    )
    return _table(cells)


def _lines(plan: Plan) -> str:
    if plan.split is None or not plan.split.lines:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(line.code or 'this line')}</code></td><td><code>{escape(line.where)}</code></td>"
        f"<td>{escape(line_figures(line))}</td><td>{'<b class=good>can move to init</b>' if line.can_move else ''}</td></tr>"
        for line in plan.split.lines
    )
    return f"<h2>Lines that take the time</h2>{_table(rows)}"


def _modes(plan: Plan) -> Iterator[str]:
    longest = max((cost.p50_ms or 0.0 for cost in plan.costs), default=0.0) or 1.0
    differing = {one.isolation for one in plan.differences}
    for cost in plan.costs:
        chosen = ' class="chosen"' if cost.name == plan.advice.measured_as else ""
        yield f"<tr{chosen}><td>{escape(title_of(cost.name))}{_fallback(cost)}</td>"
        if cost.unavailable:
            yield f'<td colspan="7" class="soft">not run: {escape(cost.unavailable)}</td></tr>'
            continue
        yield _number(cost.p50_ms) + _bar((cost.p50_ms or 0.0) / longest)
        yield (
            _number(cost.p99_ms)
            + _number(cost.cpu_ms)
            + _number(cost.init_ms, 0)
            + _number(cost.memory_mb, 0)
        )
        same = "" if cost.name == PLAIN else "differ" if cost.name in differing else "same"
        yield f'<td class="{"bad" if same == "differ" else "good"}">{same}</td></tr>'


def _fallback(cost: Cost) -> str:
    return '<br><span class="bad">ran as process</span>' if cost.is_fallback else ""


def _losses(plan: Plan) -> str:
    if not plan.losses:
        return ""
    rows = "".join(
        f"<tr><td>{escape(loss.kind)}</td><td>{escape(loss.what)}<br><code>{escape(loss.where)}</code></td>"
        f'<td class="number">{loss.uses} of {loss.invocations}</td><td class="soft">{escape(loss.consequence)}</td></tr>'
        for loss in plan.losses
    )
    head = "<thead><tr><th>kind</th><th>what</th><th>invocations</th><th></th></tr></thead>"
    return f"<h2>State that a new worker does not have</h2>{_table(rows, head=head)}"


def _fixes(fixes: Iterable[Fix]) -> Iterator[str]:
    known = list(fixes)
    for urgency, title in (("before", "Fix before you enable it"), ("later", "Recommended changes")):
        chosen = [fix for fix in known if fix.urgency == urgency]
        if chosen:
            items = "".join(
                f"<li><b>{escape(fix.what)}</b> <code>{escape(fix.where)}</code><br>{escape(fix.how)}</li>"
                for fix in chosen
            )
            yield f"<h2>{title}</h2><ul>{items}</ul>"


def _settings(plan: Plan) -> str:
    if plan.advice.is_undecided:
        return ""
    files = [("dayfly.toml", render_settings(plan.advice))]
    if plan.prime is not None and plan.advice.settings.prime is not None:
        files.append((f"{plan.prime.module}.py", plan.prime.source))
    return "".join(f"<h2>{escape(name)}</h2><pre>{escape(text)}</pre>" for name, text in files)
