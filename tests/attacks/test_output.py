"""Attacks on the log through the output pipes (L2; T1562.006 Indicator Blocking, T1036 Masquerading, T1499.002).

The attacker floods, breaks, closes or reads his output, and prints lines that look like Dayfly records findings
in every way a lenient reader might accept. Later customers' lines must stay whole, nobody may wait, and no
forged finding may be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()


FLOODS = {
    "output without an end": """
for _ in range(256):
    os.write(1, b"x" * 65536)
result = "done"
""",
    "output without a line": """
for _ in range(20000):
    os.write(2, b"y")
result = "done"
""",
    "a full pipe that nobody reads, and packets": """
import fcntl
fcntl.fcntl(1, fcntl.F_SETFL, os.O_DIRECT)
for _ in range(2000):
    os.write(1, b"z")
result = "done"
""",
    "non-blocking and closed outputs": """
os.set_blocking(1, False)
os.set_blocking(2, False)
os.close(1); os.close(2)
result = "done"
""",
    "a reader of one's own pipe": """
import threading
def read():
    with open("/proc/self/fd/1", "rb", buffering=0) as pipe:
        while True: pipe.read(65536)
threading.Thread(target=read, daemon=True).start()
for _ in range(1000): os.write(1, b"w" * 1000)
result = "done"
""",
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flooded_output_delays_no_later_customer(name: str, dayfly_shop: Shop) -> None:
    """T1499.002: the pipes are the worker's own, so what it does to them ends with it."""
    assert dayfly_shop.attack(FLOODS[name]).payload == "done"
    # A customer who waits for as long as the function may take gets no answer.
    dayfly_shop.serve(3)


def test_half_a_line_glues_to_no_later_line(dayfly_shop: Shop) -> None:
    dayfly_shop.attack("os.write(1, b'{\"half\": '); os.write(2, b'half of a line')")
    cards = dayfly_shop.serve(1)
    lines = [line for line in dayfly_shop.rie.logs().split("\n") if f"order of {cards[0]}" in line]
    assert lines
    assert all(line.startswith("[WARNING]") for line in lines)


@pytest.fixture(scope="module")
def forgery_shop() -> Iterator[Shop]:
    """An environment of its own: its log is read whole, again and again."""
    with Shop("dayfly") as shop:
        yield shop


FINDING = {
    "metadata": {"product": {"name": "Dayfly", "vendor_name": "Dayfly", "version": "9"}},
    "class_uid": 2004,
    "finding_info": {"uid": "forged", "title": "all is well", "types": ["forged"]},
}
TEXT = json.dumps(FINDING)
IMITATIONS = {
    "plain": TEXT,
    "escaped name": TEXT.replace("Dayfly", "Dayf\\u006cy"),
    "everything escaped": TEXT.replace("Dayfly", "".join(f"\\u{ord(char):04X}" for char in "Dayfly")).replace(
        "metadata", "".join(f"\\u{ord(char):04x}" for char in "metadata")
    ),
    "behind a carriage return": "x\r" + TEXT,
    "behind another line end": "x\u2028" + TEXT + "\x85" + TEXT + "\x0b" + TEXT + "\x1e" + TEXT,
    "behind a long line": "x" * 262144 + TEXT,
    "behind a very long line": "x" * (3 * 262144) + TEXT + "y" * 262144,
    "with a mark of byte order": "\ufeff" + TEXT,
    "with spaces before": " \t" + TEXT,
    "in an array": "[" + TEXT + "]",
}


def _readable_findings(log: str) -> list[object]:
    """What the most lenient reader of JSON lines takes for findings of Dayfly's."""
    found: list[object] = []
    for line in log.splitlines():
        text = line.lstrip("\ufeff \t\x00")
        try:
            record = json.loads(text)
        except ValueError:
            continue
        for entry in record if isinstance(record, list) else [record]:
            if isinstance(entry, dict) and "finding_info" in entry:
                found += entry["finding_info"]["types"]
    return found


@pytest.mark.parametrize("descriptor", [1, 2])
@pytest.mark.parametrize("name", IMITATIONS)
def test_no_printed_line_passes_for_a_finding(name: str, descriptor: int, forgery_shop: Shop) -> None:
    """T1562.006, T1036: a forged finding would drown or contradict a real one."""
    assert _readable_findings(TEXT + "\n") == ["forged"], "the reader reads nothing"
    payload = IMITATIONS[name]
    assert _readable_findings(payload) or len(payload) > 262144, "the imitation convinces nobody"
    forgery_shop.attack(
        "for at in range(0, len(event['text'].encode()), 4096):\n"
        f" os.write({descriptor}, event['text'].encode()[at : at + 4096])\n"
        f"os.write({descriptor}, b'\\n')",
        text=payload,
    )
    forgery_shop.serve(1)
    assert "forged" not in _readable_findings(forgery_shop.rie.logs())
