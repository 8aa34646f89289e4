"""The baseline: findings that are known and do not count, by fingerprint, in a file that reviews well."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.scan.report.outcome import Item

VERSION = 1
MAX_BYTES = 64 * 1024 * 1024
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_HINT = "write it again with --write-baseline"


def write_baseline(items: Iterable[Item]) -> str:
    """The file's text: a line per finding, in the order of places, so that a change of one is a diff of one line."""
    rows = [
        json.dumps(
            {
                "fingerprint": item.fingerprint,
                "check": item.finding.check,
                "path": item.finding.place.path,
                "line": item.finding.place.line,
            }
        )
        for item in sorted(items, key=lambda item: (item.finding.place, item.finding.check, item.fingerprint))
    ]
    body = "\n" + ",\n".join(f"    {row}" for row in rows) + "\n  " if rows else ""
    return f'{{\n  "dayfly_scan_baseline": {VERSION},\n  "findings": [{body}]\n}}\n'


def read_baseline(text: str, *, name: str) -> frozenset[str]:
    """The fingerprints of a baseline; raises DayflyError for a text that is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DayflyError(f"{name} is not a baseline: {error}", hint=_HINT) from error
    if not isinstance(data, dict) or data.get("dayfly_scan_baseline") != VERSION:
        raise DayflyError(f"{name} is not a baseline of version {VERSION}", hint=_HINT)
    rows = data.get("findings")
    if not isinstance(rows, list):
        raise DayflyError(f"{name} has no list of findings", hint=_HINT)
    found: set[str] = set()
    for number, row in enumerate(rows, 1):
        value = row.get("fingerprint") if isinstance(row, dict) else None
        if not isinstance(value, str) or not _FINGERPRINT.fullmatch(value):
            raise DayflyError(f"{name}: finding {number} has no fingerprint", hint=_HINT)
        found.add(value)
    return frozenset(found)
