"""External extensions beside a function under attack (L2; T1036.005 Masquerading, T1489 Service Stop).

They are of the same user, older than the runtime, and children of the platform's process: so, after a reset, is a
survivor of an earlier life. The one must never be ended, the other always.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.attacks.shop import FUNCTIONS, Shop, needs_confinement
from tests.attacks.test_earlier_life import SURVIVE
from tests.attacks.test_runtime_api import LATE
from tests.attacks.test_runtime_api_unlocked import ATTACKS, CLIENT, CUSTOMERS, FOUND, FOUND_S
from tests.confined import Confinement, confinement_here

pytestmark = needs_confinement()

# A script that executes another program: nothing of the process names the file in /opt/extensions any more.
SCRIPT = """#!/bin/sh
export EXTENSION_NAME="${0##*/}"
exec %s /opt/agent/main.py
"""
AGENT = """
import json, os, subprocess, sys, urllib.request
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension"
body = json.dumps({"events": ["INVOKE"]}).encode()
request = urllib.request.Request(
    base + "/register", data=body, headers={"Lambda-Extension-Name": os.environ["EXTENSION_NAME"]}
)
identifier = urllib.request.urlopen(request).headers["Lambda-Extension-Identifier"]
child = subprocess.Popen(["sleep", "600"])
while True:
    request = urllib.request.Request(
        base + "/event/next", headers={"Lambda-Extension-Identifier": identifier}
    )
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)
    print("agent", os.getpid(), event["eventType"], child.poll(), flush=True)
"""


@dataclass(frozen=True)
class _WithExtension(Confinement):
    """The confinement of this machine with one external extension."""

    folder: Path = Path()

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        line = super().wrap(command, task=task, binds=binds, refusals=refusals)
        more = ["--perms", "0755", "--tmpfs", "/opt"]
        for name in ("extensions", "agent"):
            more += ["--ro-bind", str(self.folder / name), f"/opt/{name}"]
        at = line.index("--chdir")
        return [*line[:at], *more, *line[at:]]


@contextmanager
def shop_with_extension(folder: Path, *, agent: str = AGENT, **environment: str) -> Iterator[Shop]:
    function, extensions, programs = folder / "function", folder / "extensions", folder / "agent"
    shutil.copytree(FUNCTIONS, function)
    extensions.mkdir()
    programs.mkdir()
    (extensions / "agent").write_text(SCRIPT % sys.executable)
    (extensions / "agent").chmod(0o755)
    (programs / "main.py").write_text(agent)
    shop = Shop("dayfly", function=function, environment=environment)
    here = confinement_here()
    shop.rie.confinement = _WithExtension(here.kind, here.reason, folder)
    with shop:
        yield shop


def agents_lines(shop: Shop) -> list[list[str]]:
    return [line.split()[1:] for line in shop.rie.logs().splitlines() if line.startswith("agent ")]


LEAVE = "import subprocess\nif os.fork() == 0:\n os.setsid(); time.sleep(9)\nopen('/tmp/stash', 'w')"


def test_a_script_that_executes_another_program_and_its_child_live_on(tmp_path: Path) -> None:
    with shop_with_extension(tmp_path) as shop:
        for _ in range(5):
            shop.serve(1)
            shop.attack(LEAVE)
        shop.serve(1)
        lines = agents_lines(shop)
        # The last event may reach it after the function has answered.
        assert len(lines) >= 10
        assert {pid for pid, _, _ in lines} == {lines[0][0]}
        assert {child for _, _, child in lines} == {"None"}
        assert set(shop.findings()) == {"residue.process", "residue.file"}
        assert "environment.earlier-life" not in shop.findings()


HOLDS = """
import socket
log = open("/tmp/agent.log", "a", buffering=1)
served = socket.socket(socket.AF_UNIX)
served.bind("/tmp/agent.sock")
served.listen()
""" + AGENT.replace("print(", "print('more', file=log); print(")


def test_what_an_extension_holds_open_stays_and_what_passes_for_it_goes(tmp_path: Path) -> None:
    with shop_with_extension(tmp_path, agent=HOLDS) as shop:
        look = "import os, socket; c = socket.socket(socket.AF_UNIX); c.connect('/tmp/agent.sock'); result = sorted(os.listdir('/tmp'))"
        for _ in range(3):
            assert shop.result_of(look) == ["agent.log", "agent.sock"]
            # A bound socket outlives nobody, although so much memory goes before it; a file with its name elsewhere is none.
            shop.attack(
                "m = bytearray(200 << 20)\n"
                "import socket; s = socket.socket(socket.AF_UNIX); s.bind('/tmp/stash'); os.mkdir('/tmp/d')\n"
                "open('/tmp/d/agent.sock', 'w').close(); open('/tmp/agent.log.1', 'w').close()"
            )
        assert "residue.kept-file" not in shop.findings()
        assert "residue.file" in shop.findings()


@pytest.mark.parametrize("takes", ["link", "rename"])
def test_a_file_that_an_extension_holds_open_stays_under_no_other_name(tmp_path: Path, takes: str) -> None:
    with shop_with_extension(tmp_path, agent=HOLDS) as shop:
        shop.attack(
            f"import os; os.{takes}('/tmp/agent.log', '/tmp/planted'); open('/tmp/planted', 'w').write('planted')"
        )
        assert "planted" not in str(shop.result_of("import os; result = sorted(os.listdir('/tmp'))"))
        shop.serve(1)


@pytest.mark.parametrize("name", ["/opt/extensions/agent", pytest.param("python3", marks=pytest.mark.slow)])
def test_no_survivor_passes_for_the_extension(name: str, tmp_path: Path) -> None:
    with shop_with_extension(tmp_path) as shop:
        shop.serve(1)
        shop.attack(SURVIVE, name=name)
        shop.sink.wait_for("survivor")
        # Where the two cannot be told apart both are ended, and the platform starts everything once more.
        for _ in range(6):
            shop.rie.invoke({"card": "4000111122223333"})
        while shop.sink.received(quiet_s=0.0001):
            pass
        shop.serve(2, takes=0.1)
        assert "survivor" not in shop.sink.received()
        before = len(agents_lines(shop))
        shop.serve(2)
        assert len(agents_lines(shop)) > before, "the extension is gone"


def test_a_request_that_comes_after_its_sender_s_death_is_given_nobody_s_event(tmp_path: Path) -> None:
    """The extension's connections are not told from a dead worker's, but for what is not sent yet."""
    with shop_with_extension(tmp_path) as shop:
        shop.serve(2)
        assert shop.result_of(LATE) == "sent"
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            shop.serve(1)
        assert shop.log().count('"types":["environment.started"]') == 1


def test_a_thief_that_leaves_the_supervisor_no_descriptor_is_found_all_the_same(tmp_path: Path) -> None:
    """An extension may connect to the Runtime API: whose a connection is takes descriptors to tell."""
    take = """
import resource
zygote = open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()
def lower():
    hard = resource.prlimit(int(zygote[1]), resource.RLIMIT_NOFILE)[1]
    resource.prlimit(int(zygote[1]), resource.RLIMIT_NOFILE, (22, hard))
lower()
if os.fork() == 0:
    while True:
        lower()
        time.sleep(0.0001)
"""
    with shop_with_extension(tmp_path, DAYFLY_API_LOCK="off", DAYFLY_GUARD="off") as shop:
        shop.serve(1)
        shop.attack(CLIENT + take + ATTACKS["answers for itself and polls on"])
        served = stolen = 0
        end = time.monotonic() + FOUND_S
        # One that cannot wait for its worker at all ends the environment.
        while not {FOUND, "environment.not-clean"} & set(shop.findings()) and (stolen or served < CUSTOMERS):
            assert time.monotonic() < end, f"{stolen} of {served} customers were robbed by somebody unseen"
            stolen += shop.serve_beside_a_thief(4, may_time_out=4)
            served += 4
        assert shop.stolen(shop.serve(5)) == 0
