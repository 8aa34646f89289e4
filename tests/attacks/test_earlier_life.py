"""Attacks that reach over the end of the runtime (L2; T1543 Create or Modify System Process, T1036.005, T1574).

The attacker leaves a survivor and a poisoned file and kills the supervisor, so that the platform starts the
runtime anew in the same environment. Rule 1: survivors and files are gone before function code runs.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.aws import MAIN, Aws
from tests.rie import Runtime

pytestmark = needs_confinement()

SURVIVE = """
import signal
zygote = os.getppid()
supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1]) if zygote > 1 else os.getpid()
with open("/tmp/survivor.py", "w") as file:
    file.write('''
import os, socket, sys, time
end = time.time() + 30
while time.time() < end:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"survivor", ("127.0.0.1", int(sys.argv[1])))
    open("/tmp/up", "w").close()
    time.sleep(0.01)
''')
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [event["name"], "/tmp/survivor.py", str(event["sink"])])
    os._exit(0)
for _ in range(200):
    if os.path.exists("/tmp/up"):
        break
    time.sleep(0.01)
os.kill(supervisor, signal.SIGKILL)
time.sleep(1)
"""
# The name of an extension is an invitation to be spared.
NAMES = ["python3", "/opt/extensions/agent", "/var/rapid/init", "aws-lambda-rie"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == NAMES[1] else [pytest.mark.nightly]) for name in NAMES]
)
def test_no_survivor_of_an_earlier_life_sees_a_customer(name: str) -> None:
    with Shop("dayfly") as shop:
        shop.serve(1)
        shop.attack(SURVIVE, name=name)
        shop.sink.wait_for("survivor")
        # The platform's first try in the new life may carry the failure of the old one.
        shop.rie.invoke({"card": "4000111122223333"})
        shop.serve(1)
        while shop.sink.received(quiet_s=0.0001):
            pass
        shop.serve(2, takes=0.1)
        assert "survivor" not in shop.sink.received()
        assert "environment.earlier-life" in shop.findings()


POISON = """
os.makedirs("/tmp/lib", exist_ok=True)
with open("/tmp/lib/rates.py", "w") as file:
    file.write("STANDARD = 'poisoned'")
import signal
zygote = os.getppid()
pids = [os.getpid()] if zygote == 1 else [zygote, int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])]
for pid in reversed(pids if event["whole"] else pids[:1]):
    os.kill(pid, signal.SIGKILL)
time.sleep(0.5)
"""


@pytest.mark.parametrize(("runtime", "poisoned"), [("plain", True), ("dayfly", False)])
@pytest.mark.parametrize("whole", [True, False])
def test_init_reads_no_file_of_an_earlier_life(runtime: Runtime, poisoned: bool, whole: bool) -> None:
    """1.3a, T1574: init that unpacks to /tmp only if nothing is there, as unzip_requirements does."""
    with Shop(runtime, handler="unpacking.handler", environment={"DAYFLY_ISOLATION": "invocation"}) as shop:
        assert shop.rie.invoke({}).payload == "shipped"
        shop.attack(POISON, whole=whole)
        answers = [shop.rie.invoke({}).body for _ in range(4)]
        assert (b'"poisoned"' in answers) is poisoned
        assert answers[-1] == (b'"poisoned"' if poisoned else b'"shipped"')


# A process that goes on when the runtime is ended.
GO_ON = """
import signal
supervisor = int(open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[1])
ready, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(tell, b"1")
        time.sleep(60)
    os._exit(0)
os.read(ready, 1)
os.kill(supervisor, signal.SIGKILL)
time.sleep(1)
"""


def restarts(shop: Shop) -> list[tuple[str, int, dict[str, object]]]:
    """Kind, severity and evidence of what was found of earlier lives."""
    records = [
        json.loads(line)
        for line in shop.log().splitlines()
        if line.startswith("{") and '"finding_info"' in line
    ]
    return [
        (one["finding_info"]["types"][0], one["severity_id"], one["unmapped"]["evidence"])
        for one in records
        if one["finding_info"]["types"][0] in ("environment.earlier-life", "environment.restarted")
    ]


@pytest.mark.parametrize(
    "aws", [pytest.param(replace(MAIN, install=kind), id=kind) for kind in ("layer", "pip")]
)
def test_the_next_life_says_what_an_invocation_has_left(aws: Aws) -> None:
    if aws.missing:
        pytest.skip(aws.missing)
    with Shop("dayfly", aws=aws) as shop:
        shop.serve(1)
        shop.attack(GO_ON)
        shop.rie.invoke({"card": "4000111122223333"})
        shop.serve(1)
        ((kind, severity, evidence),) = restarts(shop)
        assert (kind, severity) == ("environment.earlier-life", 3)
        assert evidence["from_invocations"] == 1
        assert evidence["programs"]


@pytest.mark.parametrize(
    "aws", [pytest.param(replace(MAIN, install=kind), id=kind) for kind in ("layer", "pip")]
)
def test_an_init_that_the_platform_began_anew_is_no_attack(aws: Aws) -> None:
    if aws.missing:
        pytest.skip(aws.missing)
    with Shop("dayfly", aws=aws, handler="restarting.handler") as shop:
        shop.rie.invoke({"card": "4000111122223333"})
        shop.serve(1)
        ((kind, severity, evidence),) = restarts(shop)
        assert (kind, severity) == ("environment.restarted", 1)
        assert evidence["from_invocations"] == 0
