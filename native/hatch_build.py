"""Compiles the supervisor into the wheel of dayfly-runtime, which then installs without a compiler."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILD = Path(__file__).resolve().with_name("build.py")


class NativePrograms(BuildHookInterface[BuilderConfig]):
    """Adds the programs for both processors, each under dayfly/bin/."""

    def initialize(self, version: str, build_data: dict[str, dict[str, str]]) -> None:
        # An editable installation runs what `make setup` builds into the checkout.
        if self.target_name != "wheel" or version == "editable":
            return
        self._made = tempfile.TemporaryDirectory()
        folder = Path(self._made.name)
        done = subprocess.run([sys.executable, _BUILD, "--into", folder], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        for program in sorted(folder.glob("*/*")):
            build_data["force_include"][str(program)] = f"dayfly/bin/{program.relative_to(folder)}"

    def finalize(self, version: str, build_data: dict[str, object], artifact_path: str) -> None:
        if hasattr(self, "_made"):
            self._made.cleanup()
