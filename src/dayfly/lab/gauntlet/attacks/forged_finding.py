"""Prints a line that looks like a Dayfly finding."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ForgedFindings
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
import json
finding = {
    "metadata": {"product": {"name": "Dayfly", "vendor_name": "Dayfly", "version": "9"}},
    "class_uid": 2004,
    "finding_info": {"uid": "forged", "title": "all is well", "types": ["forged"]},
}
os.write(1, b"\n" + json.dumps(finding).encode() + b"\n")
os.write(2, b"\n" + json.dumps(finding).replace("Dayfly", "Dayf\\u006cy").encode() + b"\n")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562.006", "T1036"),
    family="D4",
    must_fail_to="be accepted as a finding",
    plant=PLANT,
    evidence=ForgedFindings(),
    process="contained",
    aims_at="dayfly",
)
