"""Adds a finder to `sys.meta_path` that returns its own module instead of one imported late."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import importlib.abc, importlib.machinery
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name == "tariffs":
            return importlib.machinery.ModuleSpec(name, self)
    def exec_module(self, module):
        module.PRICE = 1
sys.modules.pop("tariffs", None)
sys.meta_path.insert(0, Finder())
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1546"),
    family="M7",
    must_fail_to="serve an altered module to a later customer",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="late.handler",
)
