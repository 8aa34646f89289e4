"""Says in words, in JSON and in lines what was learned and from what; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dayfly.policy.confidence import FORMULA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.policy.confidence import Confidence, Estimate, Support
    from dayfly.policy.learned import Learned, Needs
    from dayfly.policy.model import Gathered

_UNITS = {
    "events": ("event", "events"),
    "tests": ("test", "tests"),
    "log": ("environment", "environments"),
    "fleet": ("request", "requests"),
}


def describe_sources(gathered: Sequence[Gathered]) -> str:
    """Return what was learned from, as `4 events and 31 environments in 24 hours of log`."""
    parts: list[str] = []
    for one in gathered:
        number = len(one.units)
        words = f"{number} {_UNITS[one.source][number != 1]}"
        if one.source == "log":
            words += f" in {one.hours:.0f} hours of log" if one.hours >= 1 else " of a log"
        parts.append(words)
    return " and ".join(parts)


def find_never_called(gathered: Sequence[Gathered]) -> tuple[str, ...]:
    """Return the functions that none of the sources reached: each knows its own runs alone."""
    watched = [one.unreached for one in gathered if one.is_watched]
    return tuple(name for name in (watched[0] if watched else ()) if all(name in one for one in watched))


def lines_of_uses(gathered: Sequence[Gathered]) -> str:
    """Return every use that was seen, each once, as lines that the recorder could have written."""
    lines = {
        json.dumps(
            {
                "kind": seen.use.kind,
                "target": seen.use.target,
                "packages": list(seen.use.packages),
                "phase": seen.use.phase,
                "place": seen.place,
            }
        )
        for one in gathered
        for seen in (*one.seen, *one.shapes)
    }
    return "".join(line + "\n" for line in sorted(lines))


def as_json(
    gathered: Sequence[Gathered], learned: Learned, confidence: Confidence, *, file: str, is_written: bool
) -> dict[str, object]:
    """Return everything as one JSON object."""
    return {
        "schema": "dayfly-policy-learn/1",
        "file": file,
        "written": is_written,
        "sources": [
            {
                "source": one.source,
                "units": len(one.units),
                "uses": len({seen.use for seen in one.seen}),
                "malformed": one.malformed,
                "hours": round(one.hours, 3),
                "failed": list(one.failed),
                "notes": list(one.notes),
            }
            for one in gathered
        ],
        "tables": {kind: _needs(needs) for kind, needs in learned.tables.items()},
        "packages": {name: _needs(needs) for name, needs in learned.packages.items()},
        "shapes": [str(shape) for shape in learned.shapes],
        "confidence": {
            "units": confidence.units,
            "last_new": confidence.last_new,
            "quiet_units": confidence.quiet_units,
            "formula": FORMULA,
            **_estimate(confidence.estimate),
            "kinds": [_support(one) for one in confidence.kinds],
            "packages": [_support(one) for one in confidence.packages],
        },
        "not_reached": list(find_never_called(gathered)),
        "warnings": list(learned.warnings),
    }


def _needs(needs: Needs) -> dict[str, object]:
    return {"always": list(needs.always), "init": list(needs.init)}


def _support(one: Support) -> dict[str, object]:
    return {
        "name": one.name,
        "targets": one.targets,
        "units": dict(one.units),
        "init_only": one.is_init_only,
        **_estimate(one.estimate),
    }


def _estimate(one: Estimate) -> dict[str, object]:
    return {"seen_once": one.once, "observations": one.observations, "unseen": one.unseen}
