"""`python -m bench takeover`: how many events does a worker steal where the Runtime API is not locked, and how long does it live?"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from tests.attacks.shop import Shop
from tests.confined import confinement_here
from tests.rie import ROOT

from bench.machine import this_machine
from bench.takeovers import VARIANTS
from dayfly.errors import DayflyError

FOUND = "environment.infected"
# Every attacker ends by itself then (see bench/takeovers.py); one that is still there had the environment to itself.
ATTACK_S = 4.0
# An attacker of whom nothing was heard for so long is dead: he says every 5 ms that he lives.
QUIET_S = 0.4
# Room for an environment that begins anew.
TRIAL_S = 14.0
FEWEST = 8


@dataclasses.dataclass(frozen=True)
class Trial:
    """One attack: customers' events that the attacker received, how long he lived, and what became of the rest."""

    stolen: int
    lived_s: float
    served: int
    lost: int
    survived: bool
    found: bool
    restarted: bool
    stuck: bool


class _Ear:
    """Hears the attacker, with the time of each word."""

    def __init__(self, port: socket.socket) -> None:
        self._socket = port
        self._socket.settimeout(0.02)
        self.first = self.last = 0.0
        self.heard: list[str] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(TimeoutError):
                text = self._socket.recv(65536).decode(errors="replace")
                self.last = time.monotonic()
                self.first = self.first or self.last
                if text != "alive":
                    self.heard.append(text)

    def end(self) -> str:
        """Stop listening; all that was heard but signs of life."""
        self._is_over.set()
        self._thread.join()
        return "\n".join(self.heard)


def attempt(variant: str, environment: Mapping[str, str], memory_mb: int) -> Trial:
    """Attack one fresh environment, let customers pay until the attacker is dead, and count."""
    shop = Shop(
        "dayfly",
        environment={
            "DAYFLY_API_LOCK": "off",
            "DAYFLY_GUARD": "observe",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            **environment,
        },
        timeout_s=int(ATTACK_S),
    )
    with shop:
        shop.serve(3)
        ear = _Ear(shop.sink._socket)
        until = time.monotonic() + ATTACK_S
        with contextlib.suppress(OSError):
            shop.attack(VARIANTS[variant])
        cards: list[str] = []
        answered, after, is_stuck = 0, 0, False
        end = time.monotonic() + TRIAL_S
        while time.monotonic() < end and after < FEWEST:
            try:
                card, body = shop.order()
            except TimeoutError:
                # The platform itself gives no answer any more: an attacker has that request or its state.
                is_stuck = True
                break
            cards.append(card)
            is_right = f'"mark": "{card}"'.encode() in body
            answered += is_right
            # One who has not yet been heard may be waiting for a processor.
            is_over = time.monotonic() > (ear.last or until) + QUIET_S
            after = after + 1 if is_right and is_over else 0
        heard = ear.end()
        stolen = sum(card in heard for card in cards)
        lived = ear.last - ear.first
        return Trial(
            stolen,
            round(lived, 3),
            answered - sum(card in heard for card in cards),
            len(cards) - answered,
            lived > ATTACK_S - 0.5,
            FOUND in shop.findings(),
            shop.log().count('"types":["environment.started"]') > 1,
            is_stuck,
        )


def summary(trials: Sequence[Trial]) -> dict[str, object]:
    """Median and maximum of what `trials` lost, and how they ended."""
    stolen, lived = [trial.stolen for trial in trials], [trial.lived_s for trial in trials]
    return {
        "runs": len(trials),
        "stolen_median": statistics.median(stolen),
        "stolen_maximum": max(stolen),
        "dead_after_s_median": round(statistics.median(lived), 3),
        "dead_after_s_maximum": max(lived),
        "lost_maximum": max(trial.lost for trial in trials),
        "survived": sum(trial.survived for trial in trials),
        "found": sum(trial.found for trial in trials),
        "restarted": sum(trial.restarted for trial in trials),
        "stuck": sum(trial.stuck for trial in trials),
        "stolen": sorted(stolen),
    }


def main(arguments: Sequence[str]) -> int:
    """Attack in turn, so that a disturbance of the machine meets all variants, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench takeover", description=__doc__)
    parser.add_argument("variants", nargs="*", help="all of them if none is named")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument(
        "--memory", type=int, default=1769, help="the function's memory in MB, which patience follows"
    )
    parser.add_argument("--json", action="store_true", help="as docs/measured/takeover.json has it")
    options = parser.parse_args(arguments)
    if confinement_here().kind == "none":
        raise DayflyError("the attacks need confinement", hint="install bubblewrap")
    if unknown := set(options.variants) - set(VARIANTS):
        raise DayflyError(f"unknown: {', '.join(sorted(unknown))}", hint=f"choose from {', '.join(VARIANTS)}")
    names = options.variants or list(VARIANTS)
    machine = this_machine(pinned_to=None)
    progress = Console(stderr=True, quiet=not sys.stderr.isatty())
    trials: dict[str, list[Trial]] = {name: [] for name in names}
    for run in range(options.runs):
        for name in names:
            trials[name].append(attempt(name, {}, options.memory))
            progress.print(f"{run + 1} of {options.runs}, {name}: {trials[name][-1]}", highlight=False)
    figures = {name: summary(trials[name]) for name in names}
    if options.json:
        revision = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        whole = {
            "machine": machine.sentence(),
            "revision": revision.stdout.strip(),
            "memory_mb": options.memory,
            "variants": figures,
        }
        sys.stdout.write(json.dumps(whole, indent=1) + "\n")
        return 0
    for name, figure in figures.items():
        sys.stdout.write(
            f"{name:28} stolen {figure['stolen_median']}/{figure['stolen_maximum']}  dead after "
            f"{figure['dead_after_s_median']}/{figure['dead_after_s_maximum']} s  survived {figure['survived']}  "
            f"found {figure['found']}  lost {figure['lost_maximum']}  restarted {figure['restarted']}  stuck {figure['stuck']}\n"
        )
    return 0
