"""A platform that breaks off, lies about lengths and says more than it was asked: Dayfly serves right or ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from tests.fuzz.platform import HostilePlatform, posted_mark

FUNCTIONS = Path(__file__).parent / "functions"
SEEDS = range(int(os.environ.get("DAYFLY_FUZZ_EXAMPLES", "0")) // 10 or 8)
DEADLINE_S = 60.0


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["invocation", "window", "process"])
def test_a_hostile_platform_ends_the_runtime_and_gets_no_wrong_answer(isolation: str) -> None:
    answered = 0
    for number in SEEDS:
        seed = f"{isolation}-{number}"
        lock = "on" if number % 2 else "off"
        with HostilePlatform(seed) as platform:
            status, output = _run(platform.address, {"DAYFLY_ISOLATION": isolation, "DAYFLY_API_LOCK": lock})
        assert status in (1, 2), f"seed {seed} ended with {status}:\n{output}"
        assert "Traceback" not in output, f"seed {seed}:\n{output}"
        assert "internal fault" not in output, f"seed {seed}:\n{output}"
        # The platform may hang up in the middle of a request; what came whole must be HTTP.
        assert all("stopped" in fault for fault in platform.faults), f"seed {seed}: {platform.faults}"
        for request_id, count in platform.answers.items():
            assert request_id in platform.events, f"seed {seed}: an answer to nobody"
            # Once more where the platform has refused the first one, or hung up on it; never after it has taken one.
            assert count <= 2, f"seed {seed}: {request_id} was answered {count} times"
        for request_id, action, request in platform.bodies:
            mark, echoed = posted_mark(request)
            assert action in ("response", "error")
            if mark:
                assert (mark, echoed) == (platform.events[request_id], request_id), f"seed {seed}: crossed"
                answered += 1
    assert answered, "not one honest answer passed: the platform never let anything happen"


def _run(address: str, settings: dict[str, str]) -> tuple[int, str]:
    """Run the runtime until it ends by itself; a hang fails the test."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "_HANDLER": "echo.handler",
        **settings,
    }
    command = [sys.executable, "-m", "dayfly.runtime", "echo.handler"]
    process = subprocess.Popen(
        command,
        cwd=FUNCTIONS,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        output = process.communicate(timeout=DEADLINE_S)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        _fail_for_hang(process)
    # awslambdaric logs a handler's error with its traceback, on one line.
    return process.returncode, re.sub(r"^\[ERROR\].*$", "", output, flags=re.M)


def _fail_for_hang(process: subprocess.Popen[bytes]) -> NoReturn:
    process.kill()
    pytest.fail(f"it did not end:\n{process.communicate()[0].decode(errors='replace')}")
