"""Which worker calls itself a cold start: the first of an environment, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.runtime.sealers.serving import run

POWERTOOLS = """
import io, json, os
os.environ["POWERTOOLS_SERVICE_NAME"] = "shop"
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "shop"
os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"
from aws_lambda_powertools import Logger, Metrics, Tracer
import aws_lambda_powertools.tracing.tracer as tracing
out = io.StringIO()
logger, metrics = Logger(stream=out), Metrics()
Tracer()

class Context:
    function_name, memory_limit_in_mb = "f", 128
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-west-1:0:function:f", "1"
context = Context()

@metrics.log_metrics(capture_cold_start_metric=True)
@logger.inject_lambda_context
def serve(event, context):
    out.seek(0); out.truncate()
    logger.info("x")
    return json.loads(out.getvalue())["cold_start"]

def handler(number):
    import contextlib
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        answers = [serve({}, context), serve({}, context)]
    return [*answers, printed.getvalue().count('"ColdStart":['), tracing.is_cold_start]
"""
DATADOG = """
import time
from datadog_lambda import cold_start
started = time.time_ns()
def handler(number):
    answers = []
    for _ in range(2):
        cold_start.set_cold_start(time.time_ns())
        answers.append(cold_start.is_cold_start())
    return answers
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return real_python()


@pytest.mark.parametrize("warm_up", ["", "handler(0)\n"])
def test_powertools_sees_one_cold_start(python: Path, warm_up: str) -> None:
    seen = run(POWERTOOLS + warm_up, python=python)
    assert (seen.reasons, seen.faults) == ([], [])
    assert seen.answers == [[True, False, 1, True], [False, False, 0, False], [False, False, 0, False]]


@pytest.mark.parametrize("warm_up", ["", "handler(0)\n"])
def test_datadog_sees_one_cold_start(python: Path, warm_up: str) -> None:
    # Without them the tracer would start native threads, as on a server.
    on_lambda = {"AWS_LAMBDA_FUNCTION_NAME": "function", "LAMBDA_TASK_ROOT": "/var/task"}
    seen = run(DATADOG + warm_up, python=python, environment=on_lambda)
    assert seen.faults == []
    assert seen.answers == [[True, False], [False, False], [False, False]]
