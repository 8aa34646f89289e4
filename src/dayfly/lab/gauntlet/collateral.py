"""Sends honest requests, and counts what a protection refuses, changes or reports of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.lab.comparing import differences
from dayfly.lab.gauntlet.deploying import Wanted
from dayfly.lab.gauntlet.model import Collateral
from dayfly.lab.gauntlet.trial import Heard
from dayfly.lab.gauntlet.victim import StoppedError
from dayfly.lab.plan.observe import error_type, wait_until_idle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.gauntlet.deploying import Deployment
    from dayfly.lab.gauntlet.honest.samples import HonestFunction
    from dayfly.lab.gauntlet.rows import Hearers
    from dayfly.lab.model import InvokeResult

# The second time, the function is warm.
ROUNDS = 2
_TIMEOUT_S = 20.0
_PATIENCE_S = 60.0


@dataclass
class Expected:
    """What honest functions answer without protection, twice: what differs between the two differs by itself."""

    answers: dict[str, list[InvokeResult]] = field(default_factory=dict)
    again: dict[str, list[InvokeResult]] = field(default_factory=dict)


def expect(deployment: Deployment, functions: Sequence[HonestFunction], hearers: Hearers) -> Expected:
    """Ask the yardstick. Raises DayflyError for a function that does not work even so."""
    expected = Expected()
    for function in functions:
        heard = Heard(deployment.protection)
        expected.answers[function.name] = _ask(deployment, function, heard, hearers)
        expected.again[function.name] = _ask(deployment, function, heard, hearers)
        failed = [one for one in expected.answers[function.name] if one.function_error is not None]
        if failed:
            raise DayflyError(
                f"the legitimate function {function.name} fails even without protection: "
                f"{error_type(failed[0])}"
            )
    return expected


def measure_collateral(
    deployment: Deployment, functions: Sequence[HonestFunction], expected: Expected, hearers: Hearers
) -> Collateral:
    """Ask a protected function the same, and compare."""
    requests = refused = failed = different = 0
    alarms: Counter[str] = Counter()
    unusable: dict[str, str] = {}
    not_active: dict[str, str] = {}
    for function in functions:
        heard = Heard(deployment.protection)
        try:
            answers = _ask(deployment, function, heard, hearers)
        except StoppedError:
            raise
        except DayflyError as fault:
            unusable[function.name] = fault.message
            continue
        alarms.update(sign.name for _, sign in heard.signs if sign.kind == "found")
        for _, said in heard.signs:
            if said.kind == "not active":
                not_active[function.name] = said.name
        for answer, usual, again in zip(
            answers, expected.answers[function.name], expected.again[function.name], strict=True
        ):
            requests += 1
            if Heard(deployment.protection).hear_answer(answer):
                refused += 1
            elif answer.function_error is not None:
                failed += 1
            elif set(differences(usual, answer)) - set(differences(usual, again)):
                different += 1
    return Collateral(
        requests, refused, failed, different, dict(sorted(alarms.items())), unusable, not_active
    )


def _ask(
    deployment: Deployment, function: HonestFunction, heard: Heard, hearers: Hearers
) -> list[InvokeResult]:
    wanted = Wanted(
        folder=function.folder,
        handler=function.handler,
        environment=tuple(sorted(function.environment.items())),
        timeout_s=_TIMEOUT_S,
    )
    bridge, name, recorder = deployment.fresh(wanted)
    recorder.hear = heard.hear
    hearers.set(name, heard.tell)
    answers: list[InvokeResult] = []
    try:
        for event in function.events * ROUNDS:
            answers.append(bridge.call(bridge.lab.invoke(name, event), limit_s=_TIMEOUT_S + _PATIENCE_S))
            heard.hear_answer(answers[-1])
            bridge.call(wait_until_idle(bridge.lab, name), limit_s=_PATIENCE_S)
        # What comes by another way than the log is a false alarm, too.
        bridge.call(asyncio.sleep(deployment.protection.reports_within_s), limit_s=_PATIENCE_S)
    finally:
        deployment.end(name, bridge)
    heard.check()
    return answers
