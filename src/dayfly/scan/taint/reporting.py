"""Collects what an entry is seen to do, once each, and puts it into words."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Confidence, Finding, Severity, Step
from dayfly.scan.taint.knowledge.model import Trust
from dayfly.scan.taint.results import Effect, EffectKind

if TYPE_CHECKING:
    from dayfly.scan.model import Place
    from dayfly.scan.taint.knowledge.model import Sink
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Label, Taint

_MAX_SPELT = 60
_DEEDS: dict[str, str] = {
    "event.code": "is executed as code by",
    "event.command": "is part of a command that is run by",
    "event.sql": "is part of the SQL text of",
    "event.nosql": "is part of a query by",
    "event.path": "decides which file is used by",
    "event.request": "decides where a request is sent by",
    "event.deserialisation": "is deserialised into objects by",
    "event.xml": "is parsed with external entities by",
    "event.ldap": "is part of the LDAP filter of",
    "event.xpath": "is part of the XPath expression of",
    "event.template": "is executed as a template by",
    "event.header": "is part of a header set by",
    "event.redirect": "decides where the browser is redirected by",
    "event.html": "is written unescaped into HTML by",
    "event.trust": "is used as an identity by",
    "event.log": "is written to the log by",
    "weak.randomness": "is predictable, and is used as a secret by",
}


def _spelt(node: ast.AST, sink: str) -> str:
    """The called function as the code writes it: `cursor.execute`, not the name that the tables know it by."""
    text = ast.unparse(node.func) if isinstance(node, ast.Call) else sink
    return text if len(text) <= _MAX_SPELT and "\n" not in text else sink


class Recorder:
    """Findings and effects of one entry."""

    def __init__(self, function: str) -> None:
        self.function = function
        self.findings: dict[tuple[str, Place], Finding] = {}
        self.effects: dict[tuple[EffectKind, str, Place], Effect] = {}
        self._probes: set[tuple[str, Place]] = set()

    def chosen(self) -> tuple[Finding, ...]:
        """The findings; a probe only where the same value does nothing worse."""
        worse = {
            (check, finding.steps[0].place)
            for (check, at), finding in self.findings.items()
            if (check, at) not in self._probes and finding.steps
        }
        return tuple(
            finding
            for (check, at), finding in self.findings.items()
            if (check, at) not in self._probes or (check, finding.steps[0].place) not in worse
        )

    def add_finding(
        self,
        machine: Machine,
        check: str,
        node: ast.AST,
        labels: tuple[Label, ...],
        sink: str,
        row: Sink | None = None,
    ) -> None:
        """A tainted value reaches a sink. What can be foretold is reported where it was drawn."""
        label = labels[0] if labels else None
        place = machine.place(node)
        at = place
        if label is not None and label.trust is Trust.PREDICTABLE and label.trail is not None:
            at = label.trail.steps()[0].place
        steps: tuple[Step, ...] = label.trail.steps() if label is not None and label.trail is not None else ()
        last = Step(place, machine.step(node).what)
        if not steps or steps[-1].place != place:
            steps = (*steps, last)
        key = (check, at)
        known = self.findings.get(key)
        if known is not None and (len(known.steps) <= len(steps)):
            return
        if row is not None and row.is_probe:
            self._probes.add(key)
        else:
            self._probes.discard(key)
        about = CHECKS.get(check)
        source = label.source if label is not None else ""
        if row is not None and row.message:
            message = row.message.replace("{source}", source).replace("{sink}", sink)
        elif label is None:
            message = f"{about.title if about is not None else check}: {sink}"
        else:
            message = f"`{source}` {_DEEDS.get(check, 'reaches')} `{_spelt(node, sink)}`"
        self.findings[key] = Finding(
            check,
            message,
            at,
            about.severity if about is not None else Severity.HIGH,
            Confidence.HIGH,
            steps,
            self.function,
            row.harm if row is not None else "",
            (row.fix if row is not None and row.fix else about.fix if about is not None else ""),
            {"sink": sink, **({"source": source} if source else {})},
        )

    def add_effect(
        self, machine: Machine, kind: EffectKind, target: str, node: ast.AST, taint: Taint, key_taint: Taint
    ) -> None:
        """Something outlives the invocation. What is drawn by chance is nobody's: it is no part of the event."""
        taint, key_taint = (
            tuple(label for label in one if label.trust is not Trust.PREDICTABLE)
            for one in (taint, key_taint)
        )
        place = machine.place(node)
        label = (taint or key_taint or (None,))[0]
        steps = label.trail.steps() if label is not None and label.trail is not None else ()
        step = machine.step(node)
        if steps:
            steps = (*steps, step)
        key = (kind, target, place)
        known = self.effects.get(key)
        if known is not None and (known.steps or not steps) and (known.is_keyed_by_event or not key_taint):
            return
        is_keyed = bool(key_taint) or (known is not None and known.is_keyed_by_event)
        self.effects[key] = Effect(kind, target, place, step.what, steps, is_keyed)
