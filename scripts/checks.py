"""Writes docs/checks/ from the scanner's checks and their pages: one file a check, and the list.

Run by `make docs`; tests/docs/test_checks.py fails when a file is not what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from dayfly.scan.check import Family
from dayfly.scan.checks import CHECKS
from dayfly.scan.report.lesson import as_markdown, read_lesson

TARGET = Path(__file__).parent.parent / "docs" / "checks"
_FAMILIES = {
    Family.EVENT: "From the event to a sink",
    Family.WEAK: "Weak randomness, hashes, cookies",
    Family.STATE: "State that survives an invocation",
    Family.PERMISSION: "Permissions",
    Family.DEPENDENCY: "Dependencies",
    Family.SECRET: "Secrets",
    Family.CONFIGURATION: "Configuration",
}


def render() -> Mapping[str, str]:
    """Return every file's text by its name."""
    pages = {f"{check.id}.md": as_markdown(check) for check in CHECKS.values()}
    pages["README.md"] = _render_list()
    return pages


def _render_list() -> str:
    parts = [
        "# Checks",
        "",
        "Generated from the code by `make docs`. `dayfly explain CHECK` prints a page; if the last column says yes,",
        "`dayfly lab try CHECK` runs the attack.",
        "",
    ]
    for family, title in _FAMILIES.items():
        chosen = [check for check in CHECKS.values() if check.family is family]
        if not chosen:
            continue
        parts += [f"## {title}", "", "| check | severity | CWE | what | lab |", "|---|---|---|---|---|"]
        for check in chosen:
            lab = "yes" if read_lesson(check).has_trial else ""
            parts.append(
                f"| [`{check.id}`]({check.id}.md) | {check.severity.name.lower()} | {check.cwe} | {check.title} | {lab} |"
            )
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    pages = render()
    for path in TARGET.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {len(pages)} files into {TARGET.name}\n")
