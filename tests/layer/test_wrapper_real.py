"""Real tools' wrappers in front of Dayfly: OpenTelemetry's launcher and Elastic's, as their layers start them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.interpreters import UV, found_interpreters
from tests.layer.conftest import WriteFunction
from tests.layer.managed import Image, ManagedRuntime, started_as

NEWEST = found_interpreters()[-1]
IMAGE = Image(NEWEST, ">=4,<5")
LIMIT_S = 500
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("confined")]

PACKAGES = ("opentelemetry-instrumentation", "opentelemetry-sdk", "opentelemetry-distro", "elastic-apm")
# What the layers' own scripts do: set variables, take the handler's place, and start the launcher or the command.
OTEL = """#!/bin/bash
set -ef -o pipefail
export PYTHONPATH="/opt/python:$PYTHONPATH"
export PYTHONPATH="$LAMBDA_RUNTIME_DIR:$PYTHONPATH"
export OTEL_TRACES_EXPORTER=none OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none
export ORIG_HANDLER=$_HANDLER
export _HANDLER="otel_wrapper.lambda_handler"
exec python3 /opt/python/bin/opentelemetry-instrument "$@"
"""
OTEL_HANDLER = """
import os
from importlib import import_module
module, _, name = os.environ["ORIG_HANDLER"].rpartition(".")
lambda_handler = getattr(import_module(module), name)
"""
ELASTIC = """#!/usr/bin/env python3
import os, shutil, sys
os.environ["ELASTICAPM_ORIGINAL_HANDLER"] = os.environ["_HANDLER"]
os.environ["_HANDLER"] = "elasticapm_handler.lambda_handler"
runtime = shutil.which(sys.argv[1])
os.execl(runtime, runtime, *sys.argv[2:])
"""
FUNCTION = """
import os, sys
calls = 0
def handler(event, context):
    global calls
    calls += 1
    from opentelemetry import trace
    with trace.get_tracer("t").start_as_current_span("s") as span:
        traced = span.is_recording()
    return {"calls": calls, "traced": traced, "elastic": "elasticapm" in sys.modules, "handler": os.environ["_HANDLER"],
        "customized": "sitecustomize" in sys.modules}
"""


@pytest.fixture(scope="module")
def tools(opt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dayfly's layer, OpenTelemetry's and Elastic's, all in one /opt."""
    folder = tmp_path_factory.mktemp("tools") / "opt"
    shutil.copytree(opt, folder)
    packages = folder / "python"
    command = [UV, "pip", "install", "--quiet", "--python", NEWEST.path, "--target", str(packages), *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd="/")
    assert done.returncode == 0, done.stderr
    for name, text in (("otel-instrument", OTEL), ("elasticapm-lambda", ELASTIC)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (packages / "otel_wrapper.py").write_text(OTEL_HANDLER)
    handler = packages / "elasticapm/contrib/serverless/aws_wrapper/elasticapm_handler.py"
    if handler.exists():
        shutil.copy(handler, packages)
    else:
        (packages / "elasticapm_handler.py").write_text(
            "import elasticapm\n" + OTEL_HANDLER.replace("ORIG_HANDLER", "ELASTICAPM_ORIGINAL_HANDLER")
        )
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o111 else 0o644)
    return folder


@pytest.mark.parametrize("wrapper", ["/opt/otel-instrument", "/opt/elasticapm-lambda"])
def test_the_tool_does_its_part_and_dayfly_does_its(
    wrapper: str, tools: Path, write_function: WriteFunction
) -> None:
    folder = write_function({"app.py": FUNCTION})
    packages = {"PYTHONPATH": "/var/task:/opt/python", "ELASTIC_APM_SEND_STRATEGY": "syncflush"}
    plain = ManagedRuntime(
        folder, "app.handler", IMAGE, opt=tools, wrapper=wrapper, environment=packages, telemetry=True
    )
    chained = ManagedRuntime(
        folder,
        "app.handler",
        IMAGE,
        opt=tools,
        environment={**packages, "DAYFLY_NEXT_WRAPPER": wrapper},
        telemetry=True,
    )
    with plain, chained:
        expected = [plain.invoke({}).payload for _ in range(2)]
        seen = [chained.invoke({}).payload for _ in range(2)]
        started = started_as(chained)
        said = chained.output()
    assert isinstance(expected[0], dict)
    assert expected[0]["handler"] != "app.handler"
    assert seen == [expected[0], expected[0]]
    assert [one["calls"] for one in expected if isinstance(one, dict)] == [1, 2]
    assert started["isolation"] == "invocation"
    assert "not active" not in said
    if wrapper == "/opt/otel-instrument":
        assert expected[0]["traced"] is True
