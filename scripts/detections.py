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

Generated from the rules' headers by `make docs`. `dayfly fleet serve` runs each rule on a schedule over the last minutes or hours,
and again over hours whose logs arrived late. A detection has a stable ID: it is stored once, however often a rule finds it.
Measurements: [detections-measured.md](detections-measured.md).

To change a threshold or disable a rule, edit `rules.toml` in the fleet's folder. The service does not start with an unknown
name or an invalid value.

```toml
[enumeration]
min_subjects = 20

[scraping]
enabled = false
```

A rule that fails or exceeds its time limit does not affect other rules: Dayfly retries it with increasing delays and reports
`rule_failed`. A rule with more than 100 results keeps the 100 most severe and reports `rule_flooded`. Dayfly identifies a caller
by a keyed hash of its IP address. Without `DAYFLY_FLEET_KEY` there are no callers, and rules about callers detect nothing.
"""


def render() -> str:
    """Return the page."""
    rules = load_rules()
    parts = [_INTRODUCTION, "| rule | severity | ATT&CK | title |", "|---|---|---|---|"]
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
        f"- Detects: {rule.sees or rule.story}",
        f"- Does not detect: {rule.misses or 'no known gaps'}",
        f"- What to do: {rule.advice}",
        f"- ATT&CK: {_techniques(rule)}",
        f"- Runs every {rule.every} s over the last {_span(rule.lookback)}. After {_span(rule.gap)} without results, the next one is a new detection.",
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
