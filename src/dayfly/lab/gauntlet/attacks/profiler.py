"""Installs a profiler, which gets every call and its variables."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
def profile(frame, what, argument):
    if frame.f_code.co_name == "receipt":
        leak(frame.f_locals)
sys.setprofile(profile)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1546"),
    family="M8",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
