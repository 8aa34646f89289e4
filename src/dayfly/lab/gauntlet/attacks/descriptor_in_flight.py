"""Sends a memory file over a socket that init created: while it is in flight, it outlives its sender."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import array, looping
memory = os.memfd_create("stash")
os.write(memory, b"card")
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))]
# Nobody reads at that end.
looping.LOOP._ssock.sendmsg([b"x"], rights)
"""

LOOK = """
import array, looping
end = looping.LOOP._csock
end.setblocking(False)
try:
    data, rights, _, _ = end.recvmsg(1, socket.CMSG_SPACE(4))
    result = os.pread(array.array("i", bytes(rights[0][2]))[0], 4, 0) == b"card"
except BlockingIOError:
    result = False
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1559",),
    family="K1",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    handler="looping.handler",
)
