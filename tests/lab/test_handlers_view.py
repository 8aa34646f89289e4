"""What a handler sees of its environment: the variables recorded on AWS, and no time between invocations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lab.running import basic, both_confinements, needs_bubblewrap, run, running_lab, until

from dayfly.lab.model import ConfinementChoice

_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
# Recorded from a python3.14 function by LocalStack's suite (test_lambda_init_environment, 2026-02-18); values that are an
# environment's own are not compared. AWS_LAMBDA_METADATA_…: announced in 2026 (configuration-metadata-endpoint.html).
_RECORDED = {
    "AWS_ACCESS_KEY_ID": None,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EXECUTION_ENV": f"AWS_Lambda_python{_VERSION}",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
    "AWS_LAMBDA_LOG_STREAM_NAME": None,
    "AWS_LAMBDA_METADATA_API": None,
    "AWS_LAMBDA_METADATA_TOKEN": None,
    "AWS_LAMBDA_RUNTIME_API": None,
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": None,
    "AWS_SESSION_TOKEN": None,
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": None,
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LANG": "en_US.UTF-8",
    "LC_CTYPE": "C.UTF-8",
    "LD_LIBRARY_PATH": (
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
    ),
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "PWD": "/var/task",
    "PYTHONPATH": "/var/runtime",
    "SHLVL": "0",
    "TZ": ":UTC",
    "_AWS_XRAY_DAEMON_ADDRESS": None,
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "_HANDLER": "app.handler",
    "_X_AMZN_TRACE_ID": None,
}
_THREAD = """
import threading, time
BEATS = 0
def beat():
    global BEATS
    while True:
        BEATS += 1
        time.sleep(0.001)
threading.Thread(target=beat, daemon=True).start()
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return BEATS
"""


@needs_bubblewrap
def test_the_variables_are_those_recorded_on_lambda() -> None:
    found: dict[str, str] = {}

    async def scenario() -> None:
        async with running_lab("bubblewrap") as running:
            found.update(await running.ask("environ"))

    run(scenario())
    assert sorted(found) == sorted(_RECORDED)
    assert {k: v for k, v in found.items() if _RECORDED[k] is not None and v != _RECORDED[k]} == {}


@both_confinements
def test_a_thread_makes_no_progress_between_invocations(
    confinement: ConfinementChoice, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "app.py").write_text(_THREAD)

    async def scenario() -> None:
        async with running_lab(confinement, config=basic(folder=tmp_path)) as running:

            async def beats(**event: Any) -> int:
                result = await running.call(event)
                await until(lambda: running.kinds()[-1] == "frozen")
                return int(json.loads(result.payload))

            await beats()
            # It runs while the handler does …
            first = await beats(seconds=0.3)
            # … and not while somebody else has the machine for longer than that.
            subprocess.run([sys.executable, "-c", "import time; time.sleep(0.6)"], check=True)
            assert await beats() - first < 100

    run(scenario())
