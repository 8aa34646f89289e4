"""Writes a warm-up for the zygote from what was seen, and only from that; pure."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from dayfly.lab.plan.model import Prime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.plan.model import Loss

MODULE = "dayfly_prime"
FUNCTION = "prime"


def derive_prime(losses: Sequence[Loss]) -> Prime | None:
    """Return a module that imports what invocations imported first and makes what they made first.

    Called are only functions of the package without arguments that were seen to be called. Those that
    hold plain data are left to the reader as comments: data may be a secret that grows old in the zygote.
    None when there is nothing to warm up.
    """
    imports = [loss for loss in losses if loss.kind == "lazy-import" and _is_importable(loss.prime)]
    made = [loss for loss in losses if loss.kind in ("lazy-object", "cache") and _is_importable(loss.prime)]
    calls = [loss for loss in made if not loss.is_data]
    held_back = [loss for loss in made if loss.is_data]
    if not imports and not calls:
        return None
    lines = [
        '"""Warm-up: what the first invocation did, done before a worker is forked."""',
        "",
        "",
        f"def {FUNCTION}() -> None:",
    ]
    lines += [f"    import {loss.prime}{_seen(loss)}" for loss in imports]
    modules = sorted({loss.prime.rpartition(".")[0] for loss in calls})
    if imports and calls:
        lines.append("")
    lines += [f"    import {module}" for module in modules]
    if calls:
        lines += ["", *(f"    {loss.prime}(){_seen(loss)}" for loss in calls)]
    for loss in held_back:
        lines += [
            f"    # Left out: {loss.prime}() keeps {loss.what}, data that would grow old here.",
            "    # Add it if it may; [zygote] max_age bounds its age.",
        ]
    reasons = tuple(f"import {loss.prime}" for loss in imports) + tuple(f"{loss.prime}()" for loss in calls)
    return Prime(MODULE, FUNCTION, "\n".join(lines) + "\n", reasons)


def _is_importable(name: str) -> bool:
    """Say whether an import statement can name the module; importlib takes other names as well."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def _seen(loss: Loss) -> str:
    return f"  # {loss.where}" if loss.where else ""
