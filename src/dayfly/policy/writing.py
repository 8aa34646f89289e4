"""Writes what was learned into a dayfly.toml: a policy of its own, or what an existing one lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.core.policy import KINDS, TABLES
from dayfly.policy.editing import Editor, quote, render_key, render_list
from dayfly.policy.matching import finder
from dayfly.policy.shapes import new_entries

if TYPE_CHECKING:
    from datetime import date

    from dayfly.policy.learned import Learned

PROMOTE_AFTER = "14d"


def write_policy(
    text: str, learned: Learned, *, today: date, source: str, mode: str = "observe", file: str = "dayfly.toml"
) -> str:
    """Return the file's text with everything in its policy that was learned; what is there stays.

    `source` says in some words what was learned from. A new policy without a `mode` does what the guard is set to. Raises PolicyError where the file cannot be changed safely.
    """
    editor = Editor(text, source=file)
    if "policy" not in editor.data:
        return editor.text + _render(
            learned, today=today, source=source, mode=mode, is_first=not text.strip(), newline_before=text
        ).replace("\n", "\r\n" if "\r\n" in text else "\n")
    _merge(editor, learned, comment=f"{today.isoformat()}: {source}")
    new = new_entries(_known(editor, "shapes", "allow"), learned.shapes, today)
    if new:
        editor.add_to_list(("policy", "shapes", "allow"), new, comment=f"{today.isoformat()}: {source}")
    return editor.text


def _render(
    learned: Learned, *, today: date, source: str, mode: str, is_first: bool, newline_before: str
) -> str:
    gap = "" if is_first else "\n" if newline_before.endswith("\n") else "\n\n"
    rows = [
        "[policy]",
        f"# `dayfly policy learn`, {today.isoformat()}: {source}.",
        "# Review it before you use it: it contains only recorded uses.",
    ]
    if mode:
        rows.append(f"mode = {quote(mode)}")
    if mode == "observe":
        rows += [
            f"promote_after = {quote(PROMOTE_AFTER)}",
            f"quiet_since = {today.isoformat()}",
        ]
    for kind in TABLES:
        needs = learned.tables[kind]
        rows += ["", f"[policy.{kind}]", f"allow = {render_list(needs.always)}"]
        if needs.init:
            rows += ["# Only during init.", f"init = {render_list(needs.init)}"]
    for package, needs in learned.packages.items():
        rows += ["", f"[policy.packages.{render_key(package)}]", f"uses = {render_list(needs.always)}"]
        if needs.init:
            rows.append(f"init = {render_list(needs.init)}")
    if not learned.packages:
        rows += ["", "# No uses were recorded for any package.", "[policy.packages]"]
    if learned.shapes:
        rows += [
            "",
            "# What these call sites execute looks like this and like nothing else.",
            "[policy.shapes]",
        ]
        rows.append(f"allow = {render_list(new_entries([], learned.shapes, today))}")
    return gap + "\n".join(rows) + "\n"


def _merge(editor: Editor, learned: Learned, *, comment: str) -> None:
    for kind in TABLES:
        # A table that is not there restricts nothing, and that was somebody's choice.
        if not isinstance(editor.value(("policy", kind)), dict):
            continue
        needs = learned.tables[kind]
        known = _known(editor, kind, "allow")
        find = finder(kind, known)
        new = [pattern for pattern in needs.always if not find(pattern)]
        editor.add_to_list(("policy", kind, "allow"), new, comment=comment)
        find = finder(kind, [*known, *new, *_known(editor, kind, "init")])
        missing = [pattern for pattern in needs.init if not find(pattern)]
        editor.add_to_list(("policy", kind, "init"), missing, comment=comment)
    if not isinstance(editor.value(("policy", "packages")), dict):
        return
    for package, needs in learned.packages.items():
        path = ("policy", "packages", package)
        if not isinstance(editor.value(path), dict):
            body = [f"# {comment}", f"uses = {render_list(needs.always)}"]
            body += [f"init = {render_list(needs.init)}"] if needs.init else []
            editor.add_table(path, body)
            continue
        uses = _strings(editor.value((*path, "uses")))
        added = [kind for kind in KINDS if kind in needs.always and kind not in uses]
        editor.add_to_list((*path, "uses"), added, comment=comment)
        at_init = _strings(editor.value((*path, "init")))
        lacking = [kind for kind in needs.init if kind not in (*uses, *at_init)]
        editor.add_to_list((*path, "init"), lacking, comment=comment)


def _known(editor: Editor, kind: str, key: str) -> list[str]:
    return _strings(editor.value(("policy", kind, key)))


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
