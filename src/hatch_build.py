"""Pins the project's other distributions to its own version when one of them is built.

The three distributions share `src/`, so each source archive carries this file at the same path. No wheel does.
"""

from __future__ import annotations

from hatchling.metadata.plugin.interface import MetadataHookInterface


class SameVersion(MetadataHookInterface):
    """Adds each requirement of `same-version` to the dependencies, at exactly the version being built."""

    def update(self, metadata: dict[str, object]) -> None:
        version = metadata["version"]
        metadata["dependencies"] = [f"{name}=={version}" for name in self.config["same-version"]]
