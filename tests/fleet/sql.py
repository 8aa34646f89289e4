"""The SQL files of the product, and an own rule of each kind, which is made of several of them."""

from __future__ import annotations

import re
from pathlib import Path

import dayfly.fleet
from dayfly.fleet.detections.rules import Rule
from dayfly.fleet.ownrules.sigma_rules import rules_of

_ROOT = Path(dayfly.fleet.__file__).parent
FILES = {str(path.relative_to(_ROOT)): path for path in sorted(_ROOT.rglob("*.sql"))}
PARAMETER = re.compile(r"\{(\w+):\s*([A-Za-z0-9()]+)\}")

_BASE = """
title: base
name: failed
logsource: {product: dayfly, category: invocation}
detection:
  selection: {status|gte: 400}
  condition: selection
"""
CORRELATIONS = {
    "": ["single", "events"],
    "type: event_count\n  rules: failed\n  timespan: 5m\n  group-by: [source]\n  condition: {gte: 2}": ["sliding"],
    "type: event_count\n  rules: failed\n  timespan: 5m\n  group-by: [source]\n  condition: {lt: 100}": ["tumbling", "sessions"],
    "type: temporal_ordered\n  rules: [failed, failed2]\n  timespan: 5m\n  group-by: [source]": ["ordered", "link"],
}  # fmt: skip


def own_rule(body: str) -> Rule:
    """The rule of one of CORRELATIONS."""
    text = _BASE
    if body:
        again = _BASE.replace("name: failed", "name: failed2")
        text += f"---{again}---\ntitle: together\ncorrelation:\n  {body}\n"
    return rules_of("own.yml", text)[-1]
