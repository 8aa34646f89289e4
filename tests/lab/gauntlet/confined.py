"""Marks tests that attack: they run where bubblewrap keeps the attacks apart from this machine, or not at all."""

from __future__ import annotations

import pytest

from dayfly.lab.confinement import Confinement

_HERE = Confinement("auto", freezing="").report
needs_bubblewrap = pytest.mark.skipif(_HERE.kind != "bubblewrap", reason=f"no confinement: {_HERE.reason}")
