"""Writes docs/detections.md from the headers of the rules.

Run by `make docs`; tests/docs/test_detections.py fails when the page is not what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dayfly.fleet.detections.rules import SEVERITIES, Rule, load_rules

TARGET = Path(__file__).parent.parent / "docs" / "detections.md"
_NAMES = {number: name for name, number in SEVERITIES.items()}
_INTRODUCTION = """# Detections

Generated from the rules' headers by `make docs`. `dayfly fleet serve` runs each rule by its own timer over the last minutes or
hours, again over hours of which lines came in late, and keeps what it concludes once: the same uid however often, and by
however many schedulers, it is found. What was measured is in [detections-measured.md](detections-measured.md).

Thresholds are set in `rules.toml` in the fleet's folder; `enabled = false` switches a rule off. A wrong name or value is refused
at the start:

```toml
[enumeration]
min_subjects = 20

[scraping]
enabled = false
```

A rule that fails or takes longer than its limit costs only itself: it is tried more and more seldom, and told as `rule_failed`. One
that finds more than a hundred subjects keeps the worst hundred, and that is told as `rule_flooded`. A caller is known by a keyed
hash of his address only; without `DAYFLY_FLEET_KEY` there are no callers, and rules about callers see nothing.
"""


def render() -> str:
    """Return the page."""
    rules = load_rules()
    parts = [_INTRODUCTION, "| rule | severity | ATT&CK | what |", "|---|---|---|---|"]
    parts += [
        f"| [`{rule.name}`](#{rule.name}) | {_NAMES[rule.severity]} | {_techniques(rule)} | {rule.title} |"
        for rule in rules
    ]
    for rule in rules:
        parts += ["", *_section(rule)]
    return "\n".join(parts) + "\n"


def _section(rule: Rule) -> list[str]:
    parts = [
        f"## {rule.name}",
        "",
        f"**{rule.title}.** {rule.explain}",
        "",
        f"- Sees: {rule.sees or rule.story}",
        f"- Misses: {rule.misses or 'nothing that is known'}",
        f"- Do: {rule.advice}",
        f"- ATT&CK: {_techniques(rule)}",
        f"- Runs every {rule.every} s over the last {_span(rule.lookback)}; after {_span(rule.gap)} of quiet the next sighting is new.",
    ]
    if rule.thresholds:
        parts += ["", "| threshold | value | meaning |", "|---|---|---|"]
        parts += [f"| `{each.name}` | {each.value} | {each.meaning} |" for each in rule.thresholds]
    return parts


def _techniques(rule: Rule) -> str:
    links = (
        f"[{each}](https://attack.mitre.org/techniques/{each.replace('.', '/')}/)" for each in rule.techniques
    )
    return ", ".join(links)


def _span(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
