"""Makes a policy of what the guard has seen a function use, in the plainest way: every use as it was told."""

from __future__ import annotations

import json

from dayfly.core.policy import TABLES


def uses_in(log: str) -> list[dict[str, object]]:
    """The uses that findings of an observe period tell of."""
    found = []
    for line in log.split("\n"):
        if line.startswith("{") and '"types":["guard.capability"]' in line:
            found.append(json.loads(line)["unmapped"]["evidence"])
    return found


def policy_of(uses: list[dict[str, object]], *, mode: str = "block") -> str:
    """The text of a dayfly.toml that allows these and nothing else."""
    tables: dict[str, dict[str, set[str]]] = {kind: {"allow": set(), "init": set()} for kind in TABLES}
    packages: dict[str, dict[str, set[str]]] = {}
    for use in uses:
        kind, target, phase = str(use["kind"]), str(use["target"]), str(use["phase"])
        if kind in tables:
            tables[kind]["init" if phase == "init" else "allow"].add(target)
        named = use["packages"]
        assert isinstance(named, list)
        for name in named:
            one = packages.setdefault(name, {"uses": set(), "init": set()})
            one["init" if phase == "init" else "uses"].add(kind)
    lines = ["[policy]", f'mode = "{mode}"']
    for section, lists in [
        *((f"policy.{kind}", table) for kind, table in tables.items()),
        *((f"policy.packages.{name}", table) for name, table in packages.items()),
    ]:
        lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(sorted(entries))}" for name, entries in lists.items()]
    if not packages:
        lines.append("[policy.packages]")
    return "\n".join(lines) + "\n"
