"""Says why a use is allowed or not: by which rule, on which line, and what becomes of it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.core.policy import STRANGER, Policy, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.policy.document import Document
    from dayfly.policy.model import Use


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was asked. `line` 0: of nothing in the file; `entry` is what in the rule means the use."""

    is_allowed: bool
    rule: str
    line: int
    entry: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict, `allowed`, `observed` or `refused`, the steps to it, and what to write if it ought to be allowed."""

    use: Use
    effect: str
    steps: tuple[Step, ...]
    mode: str = ""
    mode_line: int = 0
    mode_words: str = ""
    fix: str = ""


def effect_of(policy: Policy, use: Use, *, guard: str) -> str:
    """Return what the policy makes of a use: `allowed`, `observed` or `refused`."""
    if policy.allows(use.kind, use.target, use.packages, use.phase).is_allowed:
        return "allowed"
    return "refused" if policy.mode_of(use.kind, guard) == "block" else "observed"


def explain(document: Document, use: Use) -> Explanation:
    """Return why the file's policy allows a use or not. Raises PolicyError for a file without a valid policy."""
    policy = document.policy()
    steps = tuple(_steps(document, policy, use))
    effect = effect_of(policy, use, guard=document.guard)
    if effect == "allowed":
        return Explanation(use, effect, steps)
    mode = policy.mode_of(use.kind, document.guard)
    line, words = _mode_of(document, policy, use.kind)
    return Explanation(use, effect, steps, mode, line, words, _fix(policy, use))


def _steps(document: Document, policy: Policy, use: Use) -> Iterator[Step]:
    rule = f"policy.{use.kind}"
    table = policy.tables.get(use.kind)
    if table is None:
        words = f"there is no [{rule}], so every target is allowed"
        yield Step(
            True, "", 0, "", "credentials have no list of targets" if use.kind == "credentials" else words
        )
    else:
        entry = Policy({use.kind: table}).allows(use.kind, use.target, (), use.phase).entry
        line = document.line_of(rule, entry)
        if entry:
            yield Step(True, rule, line, entry, f'"{entry}" matches {use.target}')
        elif Policy({use.kind: Table(table.init)}).allows(use.kind, use.target, (), "init").entry:
            yield Step(
                False, rule, line, "", f"{use.target} is allowed only at init, but this is an invocation"
            )
        elif not table.always and not table.init:
            yield Step(False, rule, line, "", "allow is empty, so nothing is allowed")
        else:
            yield Step(False, rule, line, "", f"no entry in allow matches {use.target}")
    if policy.packages is None:
        yield Step(True, "", 0, "", "there is no [policy.packages], so every package is allowed")
        return
    for name in use.packages:
        rule = f"policy.packages.{name}"
        package = policy.packages.get(name)
        if name == STRANGER:
            line = document.line(("policy", "packages"))
            yield Step(False, "policy.packages", line, "", "unknown code: it belongs to no package")
        elif package is None:
            line = document.line(("policy", "packages"))
            yield Step(False, "policy.packages", line, "", f"{name} is not listed, so it may use nothing")
        elif use.kind in package.always:
            yield Step(True, rule, document.line_of(rule, use.kind), use.kind, f"{name} uses {use.kind}")
        elif use.kind in package.init:
            is_init = use.phase == "init"
            words = f"{name} may use {use.kind} only at init"
            words += "" if is_init else ", but this is an invocation"
            yield Step(is_init, rule, document.line_of(rule, use.kind), use.kind, words)
        else:
            yield Step(False, rule, document.line_of(rule), "", f"{use.kind} is not in the uses of {name}")


def _mode_of(document: Document, policy: Policy, kind: str) -> tuple[int, str]:
    table = policy.tables.get(kind)
    if table is not None and table.mode:
        return document.line(("policy", kind, "mode")), f"mode of [policy.{kind}]"
    if kind in policy.modes:
        return document.line(("policy", "rules", kind)), "mode of that rule in [policy.rules]"
    if policy.mode:
        return document.line(("policy", "mode")), "mode of [policy]"
    if "guard" in document.data:
        return document.line(("guard",)), "the setting guard, because no rule has a mode"
    return 0, "the function's setting guard, because no rule has a mode; observe is assumed here"


def explain_mode(document: Document, subject: str) -> tuple[str, int, str]:
    """Return mode, line and words for a rule of the guard's that no table of the policy decides: `sql`, `path`."""
    policy = document.policy()
    line, words = _mode_of(document, policy, subject)
    return policy.mode_of(subject, document.guard), line, words


def _fix(policy: Policy, use: Use) -> str:
    """Return what to write if this use is one of the function's own."""
    parts: list[str] = []
    table = policy.tables.get(use.kind)
    key = "init" if use.phase == "init" else "allow"
    if table is not None and not Policy({use.kind: table}).allows(use.kind, use.target, (), use.phase).entry:
        parts.append(f'"{use.target}" to {key} of [policy.{use.kind}]')
    for name in use.packages if policy.packages is not None else ():
        package = (policy.packages or {}).get(name)
        is_listed = package is not None and (
            use.kind in package.always or (use.phase == "init" and use.kind in package.init)
        )
        if not is_listed and name != STRANGER:
            listed = "init" if use.phase == "init" else "uses"
            parts.append(f'"{use.kind}" to {listed} of [policy.packages.{name}]')
    return "add " + ", and ".join(parts) if parts else ""
