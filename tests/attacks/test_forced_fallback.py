"""An attacker makes init come out otherwise and has it run again (L2; T1562.001 Disable or Modify Tools, T1489).

Whether the function can be forked may hang on something outside the environment, which init reads. Who controls that
and kills the zygote, or the supervisor, must not get a process that serves the next customer too.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = [needs_confinement(), pytest.mark.slow]

ROUNDS = 5
FUNCTION = """
import os, socket
with socket.create_connection(("127.0.0.1", int(os.environ["FLAG"])), timeout=60) as outside:
    if outside.recv(1) == b"1":
        HELD = socket.create_server(("127.0.0.1", 0))
PRICES = {"book": 10}
def handler(event, context):
    names = {**globals(), "result": PRICES["book"]}
    exec(event.get("code", ""), names)
    return names["result"]
"""
POISON = "PRICES['book'] = 0; result = 'poisoned'"
KILLS = {
    "zygote": "os.kill(os.getppid(), 9); import time; time.sleep(1)",
    "supervisor": """
zygote = os.getppid()
above = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1]) if zygote > 1 else 0
os.kill(above if above > 1 else zygote, 9); import time; time.sleep(1)
""",
}


class Flag:
    """What init reads, on a port outside the environment."""

    def __init__(self) -> None:
        self.value = b"0"
        self.port = 0


@pytest.fixture
def flag() -> Iterator[Flag]:
    flag = Flag()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(flag.value)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        flag.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield flag
        server.shutdown()
        thread.join()


def poison_and_look(shop: Shop) -> list[object]:
    """What a poisoner and the customer after him are answered; an environment that ends costs one an error."""
    answers = [shop.rie.invoke({"code": POISON}), shop.rie.invoke({})]
    return [answer.error_type or answer.payload for answer in answers]


@pytest.mark.parametrize("whom", KILLS)
def test_no_process_that_somebody_made_unforkable_serves_a_second_customer(
    whom: str, flag: Flag, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(FUNCTION)
    with Shop("dayfly", function=tmp_path, environment={"FLAG": str(flag.port)}) as shop:
        assert poison_and_look(shop) == ["poisoned", 10]
        flag.value = b"1"
        served = 0
        for _ in range(ROUNDS):
            shop.rie.invoke({"code": KILLS[whom]})
            answers = [answer for _ in range(2) for answer in poison_and_look(shop)]
            assert 0 not in answers, "a customer was served by the process of the one before"
            served += answers.count(10)
        assert served > 0, "nobody is served any more: this test proves nothing"
        assert "zygote.not-forkable" in shop.findings(), "the attack does not work: this test proves nothing"


def test_a_function_that_cannot_be_forked_from_the_beginning_is_served_as_before(
    flag: Flag, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(FUNCTION)
    flag.value = b"1"
    with Shop("dayfly", function=tmp_path, environment={"FLAG": str(flag.port)}) as shop:
        assert [poison_and_look(shop) for _ in range(2)] == [["poisoned", 0]] * 2
