"""Registers with `sys.monitoring`, which calls it at the start of every function."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
tool = sys.monitoring
tool.use_tool_id(3, "x")
def called(code, offset):
    if code.co_name == "receipt":
        leak(sys._getframe(1).f_locals)
tool.register_callback(3, tool.events.PY_START, called)
tool.set_events(3, tool.events.PY_START)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1546"),
    family="M8",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
    since=(3, 12),
)
