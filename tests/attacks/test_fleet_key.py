"""The fleet's key is the supervisor's alone (L2; T1552.001 Credentials In Files, T1552.007, T1003.007 Proc Filesystem).

Who has it writes lines that are believed. The worker looks for it in every variable, command line, pipe and in its own
memory; what looks for it finds it where it was left on purpose.
"""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from tests.attacks.shop import OWN_FUNCTIONS, Shop, needs_confinement
from tests.runtimes import RuntimeProcess, is_finding

from dayfly.core.proofs import FleetKey, split_seal

WITHOUT_TRACING = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]


def question(key: str) -> dict[str, str]:
    raw = bytes.fromhex(key)
    return {
        "text": key[:12].encode().hex(),
        "text_hash": hashlib.sha256(key.encode()).hexdigest(),
        "raw": raw[:6].hex(),
        "raw_hash": hashlib.sha256(raw).hexdigest(),
    }


def proved_lines(output: str, key: str) -> list[int]:
    """The sequence numbers of Dayfly's lines, each of which must bear its proof."""
    fleet = FleetKey(bytes.fromhex(key))
    numbers = []
    for line in output.splitlines():
        if not is_finding(line) and '"message":"Dayfly: invocation"' not in line:
            continue
        body, proof = split_seal(line.encode())
        assert fleet.prove(body) == proof, line
        record = json.loads(line)
        numbers.append(record.get("sequence") or record["unmapped"]["sequence"])
    return numbers


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("isolation", ["invocation", "window", "process"])
def test_a_worker_finds_the_key_nowhere(isolation: str, is_closed: bool) -> None:
    key = os.urandom(32).hex()
    environment = {
        "DAYFLY_FLEET_KEY": key,
        "DAYFLY_ISOLATION": isolation,
        "DAYFLY_LOG_INVOCATIONS": "on",
        "DAYFLY_CLOSE_MEMORY": "auto" if is_closed else "off",
    }
    runtime = RuntimeProcess(OWN_FUNCTIONS, "seeking.handler", runtime="dayfly", environment=environment)
    if is_closed and os.geteuid() == 0:
        runtime._command = [*WITHOUT_TRACING, *runtime._command]
    with runtime:
        assert [runtime.invoke(question(key)).payload for _ in range(2)] == [[], []]
        if isolation != "process":
            # The zygote is built again, by a supervisor that has the key.
            runtime.invoke({**question(key), "kill": True})
        assert [runtime.invoke(question(key)).payload for _ in range(2)] == [[], []]
        output = runtime.output()
    assert f'"memory":"{"closed" if is_closed else "open"}"' in output
    numbers = proved_lines(output, key)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 4


@pytest.mark.skipif(os.geteuid() != 0, reason="others' pipes are closed")
def test_a_pipe_of_somebody_else_is_looked_into_and_loses_nothing() -> None:
    key = os.urandom(32).hex()
    reader, writer = os.pipe()
    try:
        os.write(writer, key.encode())
        with RuntimeProcess(OWN_FUNCTIONS, "seeking.handler", runtime="plain") as runtime:
            found = runtime.invoke(question(key)).payload
        assert isinstance(found, list)
        assert "pipe" in found
        os.set_blocking(reader, False)
        assert os.read(reader, 100) == key.encode()
    finally:
        os.close(reader)
        os.close(writer)


FORGED = json.dumps(
    {"message": "Dayfly: invocation", "metadata": {"product": {"name": "Dayfly"}}, "proof": "0" * 32}
)
# What a worker does to have its invocation untold of, or something else told.
SILENCING = {
    "lines of its own": f"os.write(1, {(FORGED + chr(10)).encode()!r} * 500)",
    "half a line, and its end": f"os.write(1, {FORGED[:60].encode()!r}); os._exit(1)",
    "every descriptor of everybody": (
        f"line = {(FORGED + chr(10)).encode()!r}\n"
        "for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "    if int(pid) in (os.getpid(), os.getppid()):\n"
        "        for number in range(32):\n"
        "            try: os.write(os.open(f'/proc/{pid}/fd/{number}', os.O_WRONLY | os.O_NONBLOCK), line)\n"
        "            except OSError: pass\n"
    ),
    "its end": "os.kill(os.getpid(), 9)",
    "children that stay": "[time.sleep(60) for _ in range(20) if os.fork() == 0]",
    "all descriptors": "import resource\nkept = []\ntry:\n    while True: kept.append(os.dup(1))\nexcept OSError: pass",
    "no output": "os.close(1); os.close(2)",
    "a full pipe in passing": "threading.Thread(target=lambda: os.write(1, b'x' * 10**7), daemon=True).start()",
    "a stopped parent": "os.kill(os.getppid(), signal.SIGSTOP)",
}


@pytest.mark.parametrize("isolation", ["invocation", "window", "process"])
def test_no_invocation_goes_untold_and_nothing_else_is_proved(isolation: str) -> None:
    key = os.urandom(32).hex()
    environment = {
        "DAYFLY_FLEET_KEY": key,
        "DAYFLY_ISOLATION": isolation,
        "DAYFLY_LOG_INVOCATIONS": "on",
    }
    runtime = RuntimeProcess(OWN_FUNCTIONS, "telling.handler", runtime="dayfly", environment=environment)
    if os.geteuid() == 0:
        runtime._command = [*WITHOUT_TRACING, *runtime._command]
    with runtime:
        for act in SILENCING.values():
            runtime.invoke({"act": act})
            assert runtime.invoke({}).payload == "served"
        output = runtime.output()
    assert FORGED not in output
    numbers = proved_lines(output, key)
    assert numbers == list(range(1, len(numbers) + 1))
    told = [
        json.loads(line) for line in output.splitlines() if line.startswith("{") and '"sequence":' in line
    ]
    invocations = [one["invocation"] for one in told if one.get("message") == "Dayfly: invocation"]
    assert invocations == list(range(1, 2 * len(SILENCING) + 1))


@needs_confinement()
def test_a_worker_finds_the_key_nowhere_in_an_environment_of_its_own() -> None:
    """There the zygote is forked from the supervisor. The emulator itself has its variables, as Lambda's has not."""
    key = os.urandom(32).hex()
    with Shop("dayfly", handler="seeking.handler", environment={"DAYFLY_FLEET_KEY": key}) as shop:
        for _ in range(2):
            found = shop.rie.invoke(question(key)).payload
            assert isinstance(found, list)
            assert [place for place in found if "aws-lambda-rie" not in place] == []


def test_what_looks_for_it_finds_it_where_it_is() -> None:
    key = os.urandom(32).hex()
    environment = {"DAYFLY_FLEET_KEY": key, "COPY": key}
    with RuntimeProcess(
        OWN_FUNCTIONS, "seeking.handler", runtime="dayfly", environment=environment
    ) as runtime:
        found = runtime.invoke(question(key)).payload
    assert isinstance(found, list)
    assert "os.environ" in found
    assert any(place.startswith("environ of") for place in found)
    assert any(place.startswith("memory") for place in found)


@pytest.mark.parametrize("text", ["", "00", "g" * 64, "0" * 63, "0" * 65])
def test_what_is_no_key_is_said_and_nothing_starts(text: str) -> None:
    with RuntimeProcess(
        OWN_FUNCTIONS, "seeking.handler", runtime="dayfly", environment={"DAYFLY_FLEET_KEY": text}
    ) as runtime:
        assert runtime.process.wait(60) == 2
        output = runtime.output()
    assert "DAYFLY_FLEET_KEY is not a valid key" in output
    assert not text or len(text) < 10 or text not in output
    assert "64 hexadecimal digits" in output
