"""Write the demo's ending as one HTML file that needs nothing else and shows no card number."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.lab.demo.chart import customers_per_square, draw_chart, draw_sample, draw_waffle, find_phases
from dayfly.lab.demo.lifelines import draw_lifelines
from dayfly.lab.demo.traffic import implant_source

if TYPE_CHECKING:
    from dayfly.lab.demo.facts import ActFacts
    from dayfly.lab.demo.score import ActResult
    from dayfly.lab.demo.story import Ending

_PAGE = Path(__file__).with_name("page")
_LEGEND = {
    "init": "cold start",
    "clean": "clean",
    "infected": "compromised",
    "worker": "one segment is one worker",
    "attack": "attack",
    "ping": "keep-warm ping",
    "theft": "customer, card stolen",
    "customer": "customer, card safe",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a report was made, for its last lines."""

    made_at: str
    python: str
    cores: int
    system: str


def find_origin(*, made_at: str) -> Origin:
    """Return this machine as the report names it: what bears on the figures, no host name."""
    return Origin(
        made_at=made_at,
        python=platform.python_version(),
        cores=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.machine()}",
    )


def render_report(ending: Ending, *, origin: Origin) -> str:
    """Return the whole page; it holds at most the last four digits of any card."""
    bare, dayfly = ending.bare, ending.dayfly
    seconds = max(facts.ended - facts.started for facts in (ending.bare_facts, ending.dayfly_facts))
    plan = ending.bare_facts.plan
    each = customers_per_square(plan.customers)
    values = {
        "css": (_PAGE / "report.css").read_text(encoding="utf-8"),
        "headline": f"{bare.cards_stolen} stolen cards, or {_count_in_words(dayfly.cards_stolen)}.",
        "customers": str(plan.customers),
        "alarm": _alarm(ending),
        "bare_stolen": str(bare.cards_stolen),
        "bare_customers": str(bare.customers),
        "bare_waffle": draw_waffle(customers=plan.customers, stolen=bare.cards_stolen, served=bare.customers),
        "bare_summary": f"{bare.infected} of {bare.environments} environments compromised by one burst. No further attacks.",
        "dayfly_stolen": str(dayfly.cards_stolen),
        "dayfly_customers": str(dayfly.customers),
        "dayfly_waffle": draw_waffle(
            customers=plan.customers, stolen=dayfly.cards_stolen, served=dayfly.customers
        ),
        "dayfly_summary": (
            f"The attack ran in {dayfly.reached} of {dayfly.environments} environments. {_survival(dayfly)}"
        ),
        "waffle_key": "One square is one customer." if each == 1 else f"One square is {each} customers.",
        **_steps(ending),
        "bare_chart": _chart(ending.bare_facts, bare, seconds=seconds),
        "bare_legend": _legend(ending.bare_facts),
        "dayfly_text": (
            "Each request runs in its own worker, forked from a copy of the function that has not processed any "
            f"request, and Dayfly ends the worker with the request. The bars show {dayfly.workers} workers. The attack changed "
            "only the worker in which it ran. The next customer got another worker."
        ),
        "dayfly_chart": _chart(ending.dayfly_facts, dayfly, seconds=seconds),
        "dayfly_legend": _legend(ending.dayfly_facts),
        "rows": "\n".join(_rows(bare, dayfly)),
        "payload": escape(implant_source(sink_host="attacker", sink_port=0)),
        "limits": "\n".join(f"<li>{text}</li>" for text in _limits(ending)),
        "footer": _footer(ending, origin),
    }
    page = Template((_PAGE / "report.html").read_text(encoding="utf-8"))
    return page.substitute(values)


def _count_in_words(stolen: int) -> str:
    return "none" if stolen == 0 else str(stolen)


def _survival(dayfly: ActResult) -> str:
    if dayfly.infected:
        return f"It remained after its request in {dayfly.infected} of them."
    return "It always ended with its request."


def _alarm(ending: Ending) -> str:
    if not ending.reasons:
        return ""
    text = " ".join(escape(reason) for reason in ending.reasons)
    return f'<div class="alarm"><p><strong>This run does not confirm the claims of the demo.</strong> {text}</p></div>'


def _steps(ending: Ending) -> dict[str, str]:
    bare, plan = ending.bare, ending.bare_facts.plan
    phases = find_phases(ending.bare_facts)
    burst = f"In {phases[0].end - phases[0].start:.0f} seconds " if phases else ""
    kept = (
        f" Pings kept {bare.kept_warm} compromised environments alive for longer than that."
        if bare.kept_warm
        else ""
    )
    return {
        "step_burst": (
            f"{burst}{bare.attacks} payments arrive at once, and each amount contains code. Lambda starts more environments "
            f"for the load; the code changes {bare.infected} of {bare.environments}."
        ),
        "step_silence": (
            "The attacker does not attack again. Occasional health checks, like those of a monitor, keep the "
            "environments warm."
        ),
        "step_customers": (
            f"{bare.customers} customers pay and get a normal response (median {bare.p50_ms:.0f} ms). "
            f"The attacker receives {bare.cards_stolen} of their cards."
        ),
        "step_no_end": (
            f"From the first compromise to the last stolen card: {bare.exposure_s:.0f} s, until the demo ended. Here an idle "
            f"environment ends after {plan.idle_expiry_s:.0f} s; on Lambda after about ten minutes.{kept}"
        ),
    }


def _chart(facts: ActFacts, result: ActResult, *, seconds: float) -> str:
    lifelines = draw_lifelines(facts)
    infections = [line.infected_at for line in lifelines if line.infected_at is not None]
    exposure = None
    if result.exposure_s > 0 and infections:
        exposure = (min(infections), min(infections) + result.exposure_s)
    return draw_chart(
        lifelines,
        phases=find_phases(facts),
        seconds=seconds,
        has_workers=result.workers > 0,
        exposure=exposure,
    )


def _legend(facts: ActFacts) -> str:
    """Explain what this act's chart shows, and nothing it does not show."""
    lifelines = draw_lifelines(facts)
    shown = {mark.kind for line in lifelines for mark in line.marks} | {"init"}
    if any(line.infected_at is not None for line in lifelines):
        shown.add("infected")
    if facts.workers:
        shown.add("worker")
    elif any(line.infected_at is None for line in lifelines):
        shown.add("clean")
    items = "".join(f"<li>{draw_sample(kind)}{text}</li>" for kind, text in _LEGEND.items() if kind in shown)
    return f'<ul class="legend">{items}</ul>'


def _rows(bare: ActResult, dayfly: ActResult) -> list[str]:
    def row(name: str, plain: str, ours: str, *, is_loss: bool = False) -> str:
        marks = ("bad" if plain not in _NOTHING else "good", "bad" if ours not in _NOTHING else "good")
        classes = tuple(f' class="{mark}"' if is_loss else "" for mark in marks)
        return f'<tr><th scope="row">{name}</th><td{classes[0]}>{plain}</td><td{classes[1]}>{ours}</td></tr>'

    return [
        row("Environments", str(bare.environments), str(dayfly.environments)),
        row("Attack requests answered", str(bare.attacks), str(dayfly.attacks)),
        row("Environments in which the attack ran", str(bare.reached), str(dayfly.reached)),
        row("Environments compromised", str(bare.infected), str(dayfly.infected), is_loss=True),
        row("Customers served", str(bare.customers), str(dayfly.customers)),
        row("Cards stolen", str(bare.cards_stolen), str(dayfly.cards_stolen), is_loss=True),
        row(
            "Exposure time, first compromise to last stolen card",
            _seconds(bare.exposure_s),
            _seconds(dayfly.exposure_s),
            is_loss=True,
        ),
        row("Customer latency, median", f"{bare.p50_ms:.1f} ms", f"{dayfly.p50_ms:.1f} ms"),
        row("Customer latency, p99", f"{bare.p99_ms:.1f} ms", f"{dayfly.p99_ms:.1f} ms"),
    ]


_NOTHING = ("0", "none")


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value else "none"


def _limits(ending: Ending) -> list[str]:
    confinement = ending.bare_facts.confinement
    limits = [
        (
            "In act 2 the attack <em>did run</em>, once per attack request, with all permissions of the function. Dayfly ended "
            "its effect on the process; it did not prevent the code from running."
        ),
        (
            "One attack request can send out everything that a worker can read, such as the role's credentials and secrets loaded at "
            "init. Ending the worker does not undo that, or changes outside the environment."
        ),
        "This attack changes memory. Files, child processes and other persistence methods are not part of this demo.",
        (
            "The platform is Dayfly's lab, an emulator, not AWS. The idle timeout is shorter, and there are far fewer "
            "customers than in a real shop."
        ),
        (
            "Latencies are from this machine: function, lab, database and attacker share its cores, and act 1 includes the time "
            "in which the attacker's code sends the card. Most of the longer latency in act 2 is the first database call of a new "
            "worker, which opens its own connection. The latencies compare the acts; they do not predict latencies on Lambda."
        ),
        "Card numbers are random test numbers. This page shows at most four digits of each.",
    ]
    if confinement.kind == "none":
        limits.append(
            f"Environments ran without confinement on this machine ({escape(confinement.reason)}), so Dayfly "
            "managed only its own processes."
        )
    return limits


def _footer(ending: Ending, origin: Origin) -> str:
    facts = ending.bare_facts
    total = (facts.ended - facts.started) + (ending.dayfly_facts.ended - ending.dayfly_facts.started)
    return (
        f"<p>Made by <code>dayfly demo --report</code>, Dayfly {escape(__version__)}, on {escape(origin.made_at)}. "
        f"Python {escape(origin.python)}, {origin.cores} cores, {escape(origin.system)}; both acts took {total:.0f} s.</p>"
        f"<p>Confinement of the environments: {escape(facts.confinement.kind)} ({escape(facts.confinement.reason)}).</p>"
    )
