"""Writes a warm-up for the zygote from what was seen, and only from that; pure."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from dayfly.lab.plan.model import Prime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dayfly.lab.plan.model import Loss

MODULE = "dayfly_prime"
FUNCTION = "prime"


def derive_prime(losses: Sequence[Loss]) -> Prime | None:
    """Return a module that imports what invocations imported first and makes what they made first.

    Called are only functions of the package without arguments that were seen to be called. Those that
    hold plain data are left to the reader as comments: data may be a secret that grows old in the zygote.
    None when there is nothing to warm up.
    """
    imports = _names(loss for loss in losses if loss.kind == "lazy-import")
    made = [loss for loss in losses if loss.kind in ("lazy-object", "cache")]
    calls = _names(loss for loss in made if not loss.is_data)
    if not imports and not calls:
        return None
    lines = [
        '"""Warm-up: what first invocations did, before a worker is forked."""',
        "",
        "",
        f"def {FUNCTION}() -> None:",
        *(f"    import {name}{_seen(where)}" for name, where in imports.items()),
    ]
    if imports and calls:
        lines.append("")
    lines += [f"    import {module}" for module in sorted({name.rpartition(".")[0] for name in calls})]
    if calls:
        lines += ["", *(f"    {name}(){_seen(where)}" for name, where in calls.items())]
    for loss in made:
        for name in loss.prime if loss.is_data else ():
            lines += [
                f"    # Left out: {name}() keeps {loss.what}, data that would grow old here.",
                "    # Add it if it may; [zygote] max_age bounds its age.",
            ]
    return Prime(MODULE, FUNCTION, "\n".join(lines) + "\n")


def _names(losses: Iterable[Loss]) -> dict[str, str]:
    """Return what a statement can name, with the place it was seen at, each once."""
    return {name: loss.where for loss in losses for name in loss.prime if _is_importable(name)}


def _is_importable(name: str) -> bool:
    """Say whether an import statement can name the module; importlib takes other names as well."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def _seen(where: str) -> str:
    return f"  # {where}" if where else ""
