"""Loads a module from a memory file, which no directory shows, and uses it to patch the function."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import importlib.machinery, importlib.util
memory = os.memfd_create("module")
os.write(memory, b'''
import app
def plant(leak):
    real = app.receipt
    app.receipt = lambda card: (leak(card), real(card))[1]
''')
loader = importlib.machinery.SourceFileLoader("ghost", "/proc/self/fd/%d" % memory)
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("ghost", loader))
loader.exec_module(module)
module.plant(leak)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1620", "T1574"),
    family="M15",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
