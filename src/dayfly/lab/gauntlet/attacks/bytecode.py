"""Replaces the cached bytecode of a module that is imported late; source and timestamps stay as deployed."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import importlib.util, marshal, struct
source = "/var/task/tariffs.py"
facts = os.stat(source)
cached = importlib.util.cache_from_source(source)
os.makedirs(os.path.dirname(cached), exist_ok=True)
with open(cached, "wb") as file:
    file.write(importlib.util.MAGIC_NUMBER + struct.pack("<III", 0, int(facts.st_mtime), facts.st_size))
    file.write(marshal.dumps(compile("PRICE = 1", source, "exec")))
sys.modules.pop("tariffs", None)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1565.001"),
    family="P2",
    must_fail_to="serve an altered module to a later customer",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="late.handler",
    environment={"PYTHONPYCACHEPREFIX": "/tmp/bytecode"},
)
