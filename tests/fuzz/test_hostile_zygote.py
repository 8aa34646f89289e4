"""A real supervisor between an honest platform and an attacker's zygote and workers: it ends in order or serves right."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.processes import descendants, end_processes
from tests.rie import ROOT

from dayfly.testing.runtime_api import FakeRuntimeApi, Outcome

HOSTILE = Path(__file__).parent / "functions"
SEEDS = range(int(os.environ.get("DAYFLY_FUZZ_EXAMPLES", "0")) // 10 or 8)
EVENTS = 6
# Beyond every wait of the supervisor for a zygote (5 s) and its sweeps (2 s), a few times over.
DEADLINE_S = 60.0
SCOPES = ["environment", "descendants"]
ISOLATIONS = ["invocation", "window", "process"]

# What a hostile zygote names may be killed: only where there is nobody else.
pytestmark = pytest.mark.skipif(confinement_here().kind == "none", reason="no confinement")


def start(api: FakeRuntimeApi, seed: str, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a supervisor with the attacker's zygote where neither can see this machine's processes."""
    runtime = [sys.executable, "/var/task/zygote.py", seed]
    # PID 1 is not the supervisor: orphans go to somebody else, as on Lambda.
    command = confinement_here().wrap(
        ["/bin/sh", "-c", '"$@"; exit $?', "sh", *runtime], task=HOSTILE, binds=[ROOT]
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "_HANDLER": "x.y",
        **settings,
    }
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def serve(seed: str, settings: dict[str, str]) -> tuple[list[tuple[str, Outcome]], int | None, str]:
    """Send events until the supervisor ends; return what came of each, its status (None: it served on), its output."""
    outcomes: list[tuple[str, Outcome]] = []
    with FakeRuntimeApi() as api:
        process = start(api, seed, settings)
        try:
            end = time.monotonic() + DEADLINE_S
            while not api._polls and process.poll() is None:
                assert time.monotonic() < end, "it neither asks for an event nor ends"
                time.sleep(0.005)
            for number in range(EVENTS):
                if process.poll() is not None:
                    break
                mark = f"{seed}-{number}"
                sent = api.send({"mark": mark})
                while not sent._done.is_set() and process.poll() is None:
                    assert time.monotonic() < end, f"event {number} was neither answered nor lost"
                    sent._done.wait(0.01)
                with contextlib.suppress(TimeoutError):
                    outcomes.append((mark, sent.wait(0.5)))
                with contextlib.suppress(TimeoutError):
                    sent.wait_next(0.5)
            status = process.poll()
        finally:
            family = descendants(process.pid)
            end_processes(family)
            process.kill()
            output = process.communicate()[0].decode(errors="replace")
    return outcomes, status, output


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_hostile_zygote_costs_its_environment_and_nobody_elses_answer(scope: str, isolation: str) -> None:
    answered = 0
    for number in SEEDS:
        seed = f"{scope}-{isolation}-{number}"
        lock = "on" if number % 2 else "off"
        outcomes, status, output = serve(
            seed,
            {
                "DAYFLY_SCOPE": scope,
                "DAYFLY_ISOLATION": isolation,
                "DAYFLY_API_LOCK": lock,
            },
        )
        assert "Traceback" not in output, f"seed {seed}:\n{output}"
        assert "internal fault" not in output, f"seed {seed}:\n{output}"
        # By a signal only where the zygote's own init ended by one, which the supervisor repeats.
        assert status is None or 0 <= status < 128 + 65, f"seed {seed} ended with {status}:\n{output}"
        for mark, outcome in outcomes:
            assert b"forged" not in outcome.body, f"seed {seed}: an answer under another event's nonce"
            if outcome.kind == "response":
                assert outcome.payload == {"mark": mark}, f"seed {seed}: a crossed answer"
                answered += 1
            elif outcome.kind == "error":
                assert b"Runtime.ExitError" in outcome.body, f"seed {seed}: {outcome.body!r}"
                assert outcome.request is not None
    assert answered, "not one honest answer passed: the attacker never let anything happen"
