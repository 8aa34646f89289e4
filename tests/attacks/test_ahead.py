"""Code of the function's that runs at a fork or ahead of the event (L2; T1546 Event Triggered Execution, T1565.001).

The next worker is forked while the one before is at work. A hook that reads a file or asks a local server at that
moment reads what an attacker writes there, who then takes it away again: nothing is left to be found.
"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

READ = """
import os, socket, threading, time
os.makedirs("/tmp/made", exist_ok=True)
with open("/tmp/made/rate", "w") as file:
    file.write("shipped")
READ = []
def look():
    found = []
    for path in ("/tmp/flag", "/tmp/made/rate"):
        try:
            with open(path) as file:
                found.append(file.read())
        except OSError:
            found.append("")
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=0.2) as peer:
            found.append(peer.recv(99).decode())
    except OSError:
        found.append("")
    READ[:] = found
def handler(event, context):
    if "code" in event:
        names = {**globals(), "event": event}
        exec(event["code"], names)
        return names.get("result")
    return {"mark": event.get("card"), "read": READ}
"""
HOOKS = {
    "a hook of [fork] after": ("", {"DAYFLY_FORK_AFTER": "app:look"}),
    "a hook for the child": ("os.register_at_fork(after_in_child=look)", {}),
    "a hook for the parent": ("os.register_at_fork(before=look)", {}),
    "a thread that is started again": (
        (
            "import queue; Q = queue.Queue()\n"
            "def run():\n"
            "    while True:\n"
            "        look()\n"
            "        Q.get()\n"
            "threading.Thread(target=run, daemon=True).start(); time.sleep(0.05)"
        ),
        {},
    ),
    "a thread that sleeps between rounds": (
        (
            "def run():\n"
            "    while True:\n"
            "        look()\n"
            "        time.sleep(0.02)\n"
            "threading.Thread(target=run, daemon=True).start(); time.sleep(0.05)"
        ),
        {},
    ),
}
# Every one lasts long enough for the next workers to be forked beside it, and cleans up after itself, if it can.
ATTACKS = {
    "a file that is gone again": (
        "open('/tmp/flag', 'w').write('poison'); time.sleep(0.3); os.remove('/tmp/flag')"
    ),
    "a file that stays": "open('/tmp/flag', 'w').write('poison'); time.sleep(0.3)",
    "a file of init's, changed and changed back": (
        "s = os.stat('/tmp/made/rate'); f = open('/tmp/made/rate', 'r+'); f.write('poison!'); f.flush(); time.sleep(0.3)\n"
        "f.seek(0); f.write('shipped'); f.close(); os.utime('/tmp/made/rate', ns=(s.st_atime_ns, s.st_mtime_ns))"
    ),
    "a file of init's, changed": "open('/tmp/made/rate', 'w').write('poison'); time.sleep(0.3)",
    "a file of init's, changed, by one that dies": "open('/tmp/made/rate', 'w').write('poison'); time.sleep(0.1); os._exit(3)",
    "a file of init's, changed, and a zygote that is woken to read it": """
open("/tmp/made/rate", "w").write("poison")
for _ in range(50):
    os.kill(os.getppid(), 18)
    time.sleep(0.002)
""",
    "a file, and a zygote that is woken to read it": """
open("/tmp/flag", "w").write("poison")
for _ in range(50):
    os.kill(os.getppid(), 18)
    time.sleep(0.002)
os.remove("/tmp/flag")
""",
    "a file of a worker that dies": "open('/tmp/flag', 'w').write('poison'); time.sleep(0.1); os._exit(3)",
    "a local server": """
server = socket.create_server(("127.0.0.1", PORT))
def serve():
    while True:
        server.accept()[0].send(b"poison")
threading.Thread(target=serve, daemon=True).start()
time.sleep(0.3)
""",
    "a local server that outlives its invocation": """
if os.fork() == 0:
    server = socket.create_server(("127.0.0.1", PORT))
    while True:
        server.accept()[0].send(b"poison")
time.sleep(0.3)
""",
}


@pytest.fixture
def unused_tcp_port() -> int:
    """A port that nobody listens on now; the namespace shares the machine's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _function(folder: Path, init: str, port: int) -> Path:
    (folder / "app.py").write_text(f"PORT = {port}\n{READ}\n{init}\n")
    return folder


@pytest.mark.parametrize("isolation", ["invocation", "window"])
@pytest.mark.parametrize("hook", HOOKS)
def test_no_later_worker_has_read_what_an_attacker_wrote_beside_its_fork(
    hook: str, isolation: str, tmp_path: Path, unused_tcp_port: int
) -> None:
    init, settings = HOOKS[hook]
    environment = {**settings, "DAYFLY_ISOLATION": isolation, "DAYFLY_MAX_INVOCATIONS": "1"}
    with Shop("dayfly", function=_function(tmp_path, init, unused_tcp_port), environment=environment) as shop:
        for code in ATTACKS.values():
            shop.rie.invoke({"card": "4"})
            shop.attack(code)
            answers = [shop.rie.invoke({"card": "4"}).body for _ in range(4)]
            assert not any(b"poison" in answer for answer in answers), code
            assert all(b'"mark": "4"' in answer for answer in answers)
        assert "zygote.not-forkable" not in shop.findings()


def test_without_such_code_workers_are_forked_beside_each_other(tmp_path: Path, unused_tcp_port: int) -> None:
    """They read nothing: which they are is known before the attacker's answer is out."""
    with Shop("dayfly", function=_function(tmp_path, "", unused_tcp_port)) as shop:
        shop.rie.invoke({"card": "4"})
        seen = shop.result_of(
            "time.sleep(0.2); result = [int(p) for p in os.listdir('/proc') if p.isdigit() and "
            "open(f'/proc/{p}/stat').read().rpartition(')')[2].split()[1] == str(os.getppid())]"
        )
        assert isinstance(seen, list)
        assert len(seen) >= 2
