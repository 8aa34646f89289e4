"""The layer that an installed Dayfly builds: tried by its own command, and put on functions in the lab by their users."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.frontdoor.installed import Installed

pytestmark = pytest.mark.usefixtures("confined")

FUNCTIONS = Path(__file__).parent / "functions"
CARD = "4111111111111111"
STEAL = {
    "do": "discount",
    "price": 1,
    "formula": "__import__('app').__dict__.update(receipt=lambda card: card)",
}
PAY = {"do": "pay", "card": CARD}
HONEST = "paid with **** 1111"
DEADLINE_S = 60


@dataclass(frozen=True)
class Lab:
    """A running `dayfly lab serve` with two functions, `attached` and `by-hand`, and a client of AWS's for it."""

    endpoint: str
    client: Any

    def invoke(self, name: str, event: object) -> object:
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def attacked(self, name: str) -> object:
        """The receipt of the customer who comes after the attacker."""
        self.invoke(name, STEAL)
        return self.invoke(name, PAY)

    def configuration(self, name: str) -> tuple[object, ...]:
        """What a deployment says of the function."""
        found = self.client.get_function_configuration(FunctionName=name)
        variables = found.get("Environment", {}).get("Variables", {})
        return variables, found.get("Layers", []), found["Handler"], found["CodeSha256"]


@pytest.fixture(scope="module")
def shop(venv: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The installed Dayfly in a folder with two functions, test events and the layer that it built."""
    shop = Installed(venv, tmp_path_factory.mktemp("shop"))
    for name in ("attached", "by-hand"):
        shutil.copytree(FUNCTIONS / "orders", shop.folder / name)
    shop.write({"pay.json": json.dumps(PAY)}, below="events")
    built = shop.run("layer", "build", "--json")
    assert built.code == 0, built
    return shop


@pytest.fixture(scope="module")
def lab(shop: Installed) -> Iterator[Lab]:
    tables = [
        f'[functions.{name}]\nfolder = "{name}"\nhandler = "app.handler"\ntimeout = 60\nmemory = 512\n'
        for name in ("attached", "by-hand")
    ]
    shop.write({"lab.toml": "[lab]\nport = 0\n" + "".join(tables)})
    # Files, not pipes: a lab whose log nobody reads stops at the first line that does not fit.
    log, errors_path = shop.folder / "lab.log", shop.folder / "lab.err"
    with log.open("w") as output, errors_path.open("w") as errors:
        process = subprocess.Popen(
            [str(shop.program), "lab", "serve", "--config", "lab.toml", "--json"],
            cwd=shop.folder,
            env=shop.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
    try:
        end = time.monotonic() + DEADLINE_S
        while "\n" not in (said := log.read_text()):
            assert process.poll() is None, errors_path.read_text()
            assert time.monotonic() < end, "the lab announces nothing"
            time.sleep(0.01)
        endpoint = json.loads(said.splitlines()[0])["endpoint"]
        client = boto3.client(
            "lambda",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="example",
            aws_secret_access_key="not-a-real-key",
            # An invocation that hangs fails the test instead of being sent again.
            config=Config(read_timeout=2 * DEADLINE_S, retries={"total_max_attempts": 1}),
        )
        yield Lab(endpoint, client)
        process.send_signal(signal.SIGINT)
        process.wait(DEADLINE_S)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors_path.read_text()) == (0, "")


def in_the_lab(shop: Installed, lab: Lab, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a command against the lab; return its exit code and its JSON lines."""
    done = shop.run(
        *words,
        "--endpoint-url",
        lab.endpoint,
        "--json",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="example",
        AWS_SECRET_ACCESS_KEY="not-a-real-key",
    )
    assert done.err == ""
    return done.code, [json.loads(line) for line in done.out.splitlines()]


def test_a_built_layer_holds_the_wrapper_and_has_a_checksum_beside_it(shop: Installed) -> None:
    data = (shop.folder / "dayfly-layer.zip").read_bytes()
    checksum = (shop.folder / "dayfly-layer.zip.sha256").read_text()
    assert checksum.split() == [hashlib.sha256(data).hexdigest(), "dayfly-layer.zip"]
    with zipfile.ZipFile(shop.folder / "dayfly-layer.zip") as layer:
        assert layer.getinfo("dayfly").external_attr >> 16 & 0o111, "Lambda cannot start the wrapper"
        native = [one for one in layer.infolist() if one.filename.startswith("dayfly.d/bin/")]
        assert {one.filename.split("/")[2] for one in native if not one.is_dir()} == {"x86_64", "aarch64"}
        total = sum(one.file_size for one in layer.infolist())
        assert total - sum(one.file_size for one in native) <= 1_350_000


def test_layer_test_passes_a_function_that_answers_alike(shop: Installed) -> None:
    command = ["layer", "test", "--handler", "app.handler", "--folder", "attached", "--events", "events"]
    done = shop.run(*command, "--json")
    told = done.json
    assert (done.code, done.err) == (0, "")
    assert (told["isolation"], told["same_answers"], told["why_not"]) == ("invocation", True, [])
    assert CARD not in done.out


def test_layer_test_fails_a_function_that_counts_on_what_an_event_left(shop: Installed) -> None:
    shop.write({"count.json": json.dumps({"do": "count"})}, below="counting")
    command = ["layer", "test", "--handler", "app.handler", "--folder", "attached", "--events", "counting"]
    done = shop.run(*command)
    assert done.code == 1
    assert "count.json" in done.out


def test_a_zip_that_is_no_layer_cannot_be_tried_and_says_why(dayfly: Installed) -> None:
    shutil.copytree(FUNCTIONS / "small", dayfly.folder / "small")
    dayfly.write({"event.json": "{}"}, below="events")
    with zipfile.ZipFile(dayfly.folder / "other.zip", "w") as other:
        other.writestr("python/library.py", "")
    command = ["layer", "test", "other.zip", "--handler", "app.handler", "--folder", "small"]
    assert "other.zip" in dayfly.run(*command, "--events", "events").refused()


def test_attach_protects_a_deployed_function_and_detach_gives_it_back(shop: Installed, lab: Lab) -> None:
    assert lab.attacked("attached") == CARD, "without Dayfly the card leaks: else this test shows nothing"
    before = lab.configuration("attached")
    code, steps = in_the_lab(shop, lab, "attach", "attached", "--yes")
    assert code == 0
    assert {"attached"} == {step["function"] for step in steps if "function" in step}
    code, [status] = in_the_lab(shop, lab, "status", "attached", "--check")
    assert (code, [one["level"] for one in status["functions"]]) == (0, ["protected"])
    assert lab.attacked("attached") == HONEST
    assert lab.configuration("attached")[2:] == before[2:], "code and handler are not touched"
    code, _ = in_the_lab(shop, lab, "detach", "attached", "--yes")
    assert (code, lab.configuration("attached")) == (0, before)
    code, [status] = in_the_lab(shop, lab, "status", "attached", "--check")
    assert (code, [one["level"] for one in status["functions"]]) == (1, ["unprotected"])
    assert lab.attacked("attached") == CARD


def test_the_layer_and_one_variable_put_by_hand_protect_a_function(shop: Installed, lab: Lab) -> None:
    assert lab.attacked("by-hand") == CARD, "without Dayfly the card leaks: else this test shows nothing"
    made = lab.client.publish_layer_version(
        LayerName="dayfly", Content={"ZipFile": (shop.folder / "dayfly-layer.zip").read_bytes()}
    )
    lab.client.update_function_configuration(
        FunctionName="by-hand",
        Layers=[made["LayerVersionArn"]],
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}},
    )
    waiter = lab.client.get_waiter("function_updated_v2")
    waiter.wait(FunctionName="by-hand", WaiterConfig={"Delay": 1, "MaxAttempts": DEADLINE_S})
    assert lab.attacked("by-hand") == HONEST
    assert lab.invoke("by-hand", {"do": "count"}) == lab.invoke("by-hand", {"do": "count"}) == 1
    code, [status] = in_the_lab(shop, lab, "status", "by-hand", "--check")
    assert (code, [one["level"] for one in status["functions"]]) == (0, ["protected"])
