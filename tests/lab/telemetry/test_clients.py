"""What others wrote for Lambda's telemetry, extensions and metadata works here, under either runtime."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.moto_services import moto_client, moto_server
from tests.lab.running import basic, needs_bubblewrap, run, running_lab
from tests.lab.telemetry.clients import datadog_python, powertools_layer
from tests.lab.telemetry.listening import PORT, listening, records, request

pytestmark = [pytest.mark.slow, needs_bubblewrap]

CLIENTS = Path(__file__).parent / "functions" / "clients"
both_runtimes = pytest.mark.parametrize("runtime", ["plain", "dayfly"])


@both_runtimes
def test_powertools_finds_the_zone_of_its_environment(runtime: str) -> None:
    async def scenario() -> None:
        config = basic(folder=CLIENTS, handler="app.metadata", runtime=runtime, opt=powertools_layer())
        async with running_lab(config=config) as running:
            zones = [await running.ask("metadata") for _ in range(2)]
            assert zones == [{"zone": "use1-az1"}] * 2

    run(scenario())


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    with moto_server() as url:
        moto_client(url, "secretsmanager").create_secret(Name="shop/key", SecretString="hush")
        yield url


@both_runtimes
def test_parameters_and_secrets_come_from_an_extension_and_are_kept(
    runtime: str, services: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        parameters = moto_client(services, "ssm")
        parameters.put_parameter(Name="/shop/table", Value="orders", Type="SecureString", Overwrite=True)
        tmp_path.chmod(0o755)
        extension = tmp_path / "parameters-and-secrets"
        extension.write_text(f"#!{sys.executable}\n{(CLIENTS.parent / 'secrets.py').read_text()}")
        extension.chmod(0o755)
        config = basic(
            folder=CLIENTS,
            handler="app.secrets",
            runtime=runtime,
            extensions=tmp_path,
            environment={"AWS_ENDPOINT_URL": services, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(PORT)},
        )
        async with running_lab(config=config) as running:
            wanted = {"parameter": "orders", "secret": "hush", "without token": 401, "no such": 400}
            assert await running.ask("secrets") == wanted
            parameters.put_parameter(Name="/shop/table", Value="new", Type="SecureString", Overwrite=True)
            assert await running.ask("secrets") == wanted

    run(scenario())


@both_runtimes
def test_datadogs_library_sends_its_metrics_by_the_log(runtime: str) -> None:
    async def scenario() -> None:
        wanted = json.dumps({"request": request(types=["function"]), "port": PORT})
        variables = {"DD_LAMBDA_HANDLER": "app.coffee", "DD_FLUSH_TO_LOG": "true", "LISTENER": wanted}
        config = listening(
            folder=CLIENTS,
            handler="datadog_lambda.handler.handler",
            runtime=runtime,
            python=datadog_python(),
            environment=variables,
            memory_mb=512,
        )
        async with running_lab(config=config) as running:

            def metrics() -> list[dict[str, object]]:
                return [json.loads(line) for line in records(running, "function") if '"coffee_house' in line]

            request_ids = [await running.ask("coffee") for _ in range(2)]
            assert len(set(request_ids)) == 2
            # It is reported while an event is served: between two of them every process is frozen.
            while len(told := metrics()) < 2:
                await running.ask("coffee")
        assert {metric["m"] for metric in told} == {"coffee_house.order_value"}
        assert told[0]["v"] == 12.45
        assert "product:latte" in str(told[0]["t"])

    run(scenario())
