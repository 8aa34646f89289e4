"""`dayfly lab try`: the attack of a check, run on its vulnerable handler, its fixed twin, and under Dayfly."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.cli.ending import TERMINATED, until_signal
from dayfly.cli.lab_try_view import TryProgress, draw_tries
from dayfly.cli.output import Output
from dayfly.lab.model import ConfinementChoice
from dayfly.lab.trying.attack import FIXED, VULNERABLE, read_attack
from dayfly.lab.trying.running import choose_ways, try_attack
from dayfly.scan.checks import find_check
from dayfly.scan.report.lesson import folder_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.trying.running import Tried

Isolation = Literal["invocation", "window", "process"]
Guard = Literal["off", "observe", "block"]
_NOT_TRUE = 1


def try_check(
    check: str,
    *,
    isolation: Isolation = "invocation",
    guard: Guard | None = None,
    confinement: ConfinementChoice = "auto",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run one check's attack: on the vulnerable handler, on the fixed handler, and under Dayfly.

    Each run uses its own warm environment in a Lambda emulator on this machine. dayfly explain CHECK prints
    the handlers; they use only /tmp and loopback.

    Exit codes: 0; 1 if the attack fails on the vulnerable handler or succeeds on the fixed one; 2 if the
    check has no attack.

    Examples:

        dayfly lab try event.command
        dayfly lab try state.global --isolation window
        dayfly lab try event.sql --guard block --json

    Parameters
    ----------
    check
        The check's id, for example event.command.
    isolation
        Isolation mode under Dayfly. Events per worker: invocation (one), window (some), process (all).
    guard
        Guard mode: off, observe or block (default: observe, then block).
    confinement
        How to isolate functions from this machine: auto uses bubblewrap if it works, else runs without and
        warns.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    chosen = find_check(check)
    attack = read_attack(folder_of(chosen))
    ways = choose_ways((isolation,), (guard,) if guard is not None else ("observe", "block"))
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(TryProgress(output.console)) if output.is_live else None
        show = progress.show if progress is not None else lambda done, total: None
        try:
            tried, confined = asyncio.run(
                until_signal(
                    try_attack(folder_of(chosen), attack, ways, confinement=confinement, progress=show)
                )
            )
        except asyncio.CancelledError:
            return TERMINATED
    if confined.kind == "none":
        output.warn(f"the handlers ran without confinement: {confined.reason}")
    if output.is_json:
        output.json(
            {
                "check": chosen.id,
                "note": attack.note,
                "confinement": confined.kind,
                "tries": [
                    {
                        "code": one.way.code,
                        "runtime": one.way.runtime,
                        "isolation": one.way.isolation,
                        "guard": one.way.guard,
                        "attack_succeeded": one.has_succeeded,
                        "answers": list(one.answers),
                        "errors": list(one.errors),
                        "findings": list(one.findings),
                        "forked": not one.is_fallback,
                    }
                    for one in tried
                ],
            }
        )
    else:
        output.console.print(draw_tries(chosen, attack, tried), soft_wrap=False)
    return 0 if has_come_true(tried) else _NOT_TRUE


def has_come_true(tried: Sequence[Tried]) -> bool:
    """Say whether the page teaches the truth: plain, the attack works on the one and not on the other."""
    plain = {one.way.code: one.has_succeeded for one in tried if one.way.runtime == "plain"}
    return plain[VULNERABLE] and not plain[FIXED]
