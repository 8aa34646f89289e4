"""All at once: tenants in turn, crashes, leftovers, timeouts and renewals; every caller gets his own answer, none is lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from tests.processes import state_of
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
EVENTS = 250
LATE_S = 6
ACTS = {"nothing": 60, "file": 15, "child": 8, "raise": 8, "exit": 6, "wait": 2}
TENANTS = ["anna", "berta", ""]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lock", "retire_on"),
    [
        # By day each value once.
        ("off", ""),
        ("on", "residue:suspicion:error"),
        pytest.param("off", "residue:suspicion:error", marks=pytest.mark.nightly),
        pytest.param("on", "", marks=pytest.mark.nightly),
    ],
)
def test_every_caller_gets_his_own_answer_and_meets_his_own_tenant(lock: str, retire_on: str) -> None:
    environment = {
        "DAYFLY_ISOLATION": "window",
        "DAYFLY_API_LOCK": lock,
        "DAYFLY_RETIRE_ON": retire_on,
        "DAYFLY_TENANT": "lambda",
        "DAYFLY_MAX_INVOCATIONS": "7",
        "DAYFLY_JITTER": "0.5",
        "DAYFLY_ENVIRONMENT_MAX_AGE": "1",
        "DAYFLY_ON_TIMEOUT": "answer",
        "DAYFLY_TIMEOUT_MARGIN": "3",
    }
    draw = random.Random(f"{lock}-{retire_on}")
    inits: set[object] = set()
    with RuntimeProcess(
        FUNCTIONS, "policies.handler", runtime="dayfly", environment=environment, timeout_s=60
    ) as process:
        tenant = TENANTS[0]
        for number in range(EVENTS):
            tenant = draw.choice(TENANTS) if draw.random() < 0.4 else tenant
            (act,) = draw.choices(list(ACTS), list(ACTS.values()))
            headers = {"Lambda-Runtime-Aws-Tenant-Id": tenant}
            if act == "wait":
                headers["Lambda-Runtime-Deadline-Ms"] = str(int((time.time() + LATE_S) * 1000))
            sent = process.api.send({"act": act, "tenant": tenant}, headers=headers)
            outcome = process.settle(sent)
            assert process.process.poll() is None, process.output()
            payload = outcome.payload
            assert isinstance(payload, dict), (number, act, outcome)
            if act in ("nothing", "file", "child"):
                assert outcome.kind == "response", (number, act, outcome.body)
                assert payload["request"] == sent.request_id
                assert set(payload["tenants"]) == {tenant}
                assert tenant or payload["seen"] == 1
                assert payload["files"] == [] or payload["seen"] > 1
                inits.add(payload["init"])
            else:
                expected = {
                    "raise": "ZeroDivisionError",
                    "exit": "Runtime.ExitError",
                    "wait": "Sandbox.Timedout",
                }
                assert outcome.kind == "error"
                assert payload["errorType"] == expected[act]
                if act != "raise":
                    assert sent.request_id in payload["errorMessage"]
            assert sent.deliveries == 1
        assert len(inits) > 1, "no environment was renewed: this test proves less than it says"
        output = process.output()
        assert "environment.not-clean" not in output
        assert "zygote.lost" not in output
        end = time.monotonic() + 60
        while len(left := [pid for pid in process.tree() if state_of(pid) not in ("Z", "")]) > 5:
            assert time.monotonic() < end, left
            time.sleep(0.01)
