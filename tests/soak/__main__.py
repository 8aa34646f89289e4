"""`python -m tests.soak`: many invocations of every kind; exit code 1 with the first violation and how to repeat it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import signal
import sys
from collections import Counter
from collections.abc import Callable

from tests.soak.driver import Driver, Tally, Violation
from tests.soak.environment import Environment
from tests.soak.mix import events

from dayfly.testing.runtime_api import FakeRuntimeApi

# Name, settings, share of the invocations.
PARTS: tuple[tuple[str, dict[str, str], float], ...] = (
    ("default", {}, 0.5),
    ("locked", {"DAYFLY_API_LOCK": "on"}, 0.25),
    ("window", {"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_INVOCATIONS": "20"}, 0.25),
)


def main(arguments: list[str]) -> int:
    """Run the parts that are asked for; 1 after a violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--invocations", type=int, default=100_000, help="in all parts together (100000)")
    parser.add_argument("--seed", default="", help="repeats a run; drawn anew without")
    parser.add_argument("--part", choices=[name for name, _, _ in PARTS], help="this part alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    options = parser.parse_args(arguments)
    seed = options.seed or secrets.token_hex(4)
    say = _silent if options.json else print
    say(
        f"seed {seed}, {options.invocations} invocations, Python {platform.python_version()}, {os.cpu_count()} processors"
    )
    results: dict[str, object] = {}
    for name, settings, share in PARTS:
        if options.part not in (None, name):
            continue
        count = max(1, options.invocations if options.part else round(options.invocations * share))
        try:
            tally, findings = soak(
                count, f"{seed}/{name}", settings, watch=_watcher(name, count, quiet=options.json)
            )
        except Violation as violation:
            again = f'python -m tests.soak --seed {seed} --part "{name}" --invocations {count}'
            print(f"violation in part {name!r}: {violation}\nagain: {again}", file=sys.stderr)
            return 1
        results[name] = summary(tally, findings)
        say(
            f"{name}: {tally.served} served in {tally.seconds:.0f} s, nothing lost, repeated, crossed or grown"
        )
        say(f"  outcomes {dict(tally.outcomes)}, resets of the environment {tally.resets}")
        say(f"  first look {tally.looks[0].held}\n  last look {tally.looks[-1].held}")
    if options.json:
        print(json.dumps({"seed": seed, "invocations": options.invocations, "parts": results}, indent=1))
    return 0


def soak(
    count: int, seed: str, settings: dict[str, str], *, watch: Callable[[Tally], None] = lambda tally: None
) -> tuple[Tally, Counter[str]]:
    """Serve `count` events in one environment; return what was seen, and Dayfly's findings by kind.

    Raises Violation, whose message ends with the last lines of the log.
    """
    with FakeRuntimeApi() as api, Environment(api.address, settings) as environment:
        is_fresh = settings.get("DAYFLY_ISOLATION", "invocation") == "invocation"
        driver = Driver(api, environment, is_fresh=is_fresh)
        try:
            tally = driver.run(events(count, seed), count, tell=watch)
        except (Violation, TimeoutError) as violation:
            raise Violation(f"{violation}\n" + "\n".join([*environment.tail, *api.faults[-5:]])) from None
        return tally, environment.findings


def summary(tally: Tally, findings: Counter[str]) -> dict[str, object]:
    """Return what is worth keeping of a part."""
    return {
        "served": tally.served,
        "seconds": round(tally.seconds, 1),
        "outcomes": dict(tally.outcomes),
        "kinds": dict(tally.kinds),
        "findings": dict(findings),
        "resets": tally.resets,
        "first": vars(tally.looks[0].held),
        "last": vars(tally.looks[-1].held),
    }


def _watcher(name: str, count: int, *, quiet: bool) -> Callable[[Tally], None]:
    """Return what shows progress: a bar on a terminal, nothing elsewhere."""
    if quiet or not sys.stdout.isatty():
        return lambda tally: None
    from rich.progress import Progress

    bar = Progress(transient=True)
    task = bar.add_task(name, total=count)
    bar.start()

    def watch(tally: Tally) -> None:
        bar.update(task, completed=tally.served)
        if tally.served >= count - 4:
            bar.stop()

    return watch


def _silent(*_words: object) -> None:
    return


if __name__ == "__main__":
    # As with Ctrl-C: leave no environment behind, which would start its runtime again and again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(main(sys.argv[1:]))
