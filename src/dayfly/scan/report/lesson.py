"""The page of a check: what goes wrong, vulnerable and fixed code, how to see it.

The code and the attacks are files of the distribution dayfly-gauntlet, which may be missing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.check import Check

PAGES = Path(__file__).resolve().parents[1] / "pages"
GET_PAGES = 'pip install "dayfly[gauntlet]"'
_LANGUAGES = {
    ".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".tf": "hcl", ".toml": "toml", ".txt": "text",
    ".ini": "ini",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of a page; `language` is what a highlighter calls it."""

    name: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A check with its samples; None where its page has none. `note` says what the lab shows, "" without a trial."""

    check: Check
    vulnerable: Sample | None
    fixed: Sample | None
    note: str = ""

    @property
    def has_trial(self) -> bool:
        return bool(self.note)


def has_pages() -> bool:
    """Say if the pages' code and attacks are installed."""
    # Not is_dir: pip leaves empty folders where it uninstalls.
    return next(PAGES.glob("*/vulnerable*"), None) is not None


def folder_of(check: Check) -> Path:
    """Where the page's files are."""
    return PAGES / check.id


def read_lesson(check: Check) -> Lesson:
    """The page of a check, without samples and note where the pages are not installed."""
    folder = folder_of(check)
    trial = folder / "trial.json"
    note = ""
    if trial.is_file():
        note = str(json.loads(trial.read_text(encoding="utf-8")).get("note", "")) or "the attack can be run"
    return Lesson(check, _sample(folder, "vulnerable"), _sample(folder, "fixed"), note)


def cwe_link(check: Check) -> str:
    return f"https://cwe.mitre.org/data/definitions/{check.cwe}.html"


def technique_link(check: Check) -> str:
    """The ATT&CK page, "" where the check names no technique."""
    return (
        f"https://attack.mitre.org/techniques/{check.technique.replace('.', '/')}/" if check.technique else ""
    )


def as_markdown(check: Check, *, has_title: bool = True) -> str:
    """The page as Markdown: docs/checks/ID.md, and the help of a SARIF rule."""
    lesson = read_lesson(check)
    parts = [f"# {check.title}", ""] if has_title else []
    parts += [
        f"`{check.id}` · {check.severity.name.lower()} · [CWE-{check.cwe}]({cwe_link(check)})"
        + (f" · [ATT&CK {check.technique}]({technique_link(check)})" if check.technique else ""),
        "",
        check.rule,
        "",
        "**In a warm environment**",
        "",
        *check.attack,
        "",
    ]
    for heading, sample in (("Vulnerable", lesson.vulnerable), ("Fixed", lesson.fixed)):
        if sample is not None:
            parts += [f"**{heading}**", "", f"```{sample.language}", sample.text.rstrip("\n"), "```", ""]
    parts += [f"**Fix**: {check.fix}", ""]
    if lesson.has_trial:
        parts += [f"**Try it**: `dayfly lab try {check.id}` runs the attack on both. {lesson.note}", ""]
    if not has_pages():
        parts += [f"**Code**: `dayfly explain {check.id}` shows it after `{GET_PAGES}`.", ""]
    return "\n".join(parts)


def as_json(lesson: Lesson) -> Mapping[str, object]:
    """The page for programs."""
    check = lesson.check
    return {
        "id": check.id,
        "family": check.family.value,
        "title": check.title,
        "severity": check.severity.name.lower(),
        "cwe": check.cwe,
        "cwe_link": cwe_link(check),
        "technique": check.technique,
        "rule": check.rule,
        "attack": list(check.attack),
        "fix": check.fix,
        "vulnerable": lesson.vulnerable.text if lesson.vulnerable is not None else "",
        "fixed": lesson.fixed.text if lesson.fixed is not None else "",
        "trial": lesson.note,
    }


def _sample(folder: Path, stem: str) -> Sample | None:
    """The one file of this name, or the whole of a folder of this name, its files one after the other."""
    if (folder / stem).is_dir():
        files = sorted(
            path for path in (folder / stem).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )
        named = [(path.relative_to(folder / stem).as_posix(), path) for path in files]
        text = "\n".join(f"# {name}\n{path.read_text(encoding='utf-8')}" for name, path in named)
        return Sample(stem, text, _LANGUAGES.get(files[0].suffix, "text")) if files else None
    for path in sorted(folder.glob(f"{stem}.*")) if folder.is_dir() else []:
        return Sample(path.name, path.read_text(encoding="utf-8"), _LANGUAGES.get(path.suffix, "text"))
    return None
