"""Are the agent's settings complete, as its own command sees them, and does it refuse a path that leaves its folder?"""

import os
import subprocess
import sys

FOLDER = os.path.dirname(sys.executable)

if "CONTRAST_ASKED" not in os.environ:
    checked = subprocess.run([f"{FOLDER}/contrast-validate-config"], capture_output=True, text=True)
    if checked.returncode != 0:
        said = checked.stdout + checked.stderr
        sys.exit("\n".join(line for line in said.splitlines() if "Missing required" in line) or said)
    os.environ["CONTRAST_ASKED"] = "1"
    runner = f"{FOLDER}/contrast-python-run"
    os.execv(runner, [runner, "--", sys.executable, __file__])

from asking import traversal_is_refused  # noqa: E402
from flask import Flask  # noqa: E402

traversal_is_refused(Flask("question"))
