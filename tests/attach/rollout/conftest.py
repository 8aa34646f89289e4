"""The account of the tests of live functions, with a function that Dayfly is on."""

from __future__ import annotations

from tests.attach.live.conftest import Scene, scene

__all__ = ["Scene", "scene"]
