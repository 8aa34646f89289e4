"""Make hypothesis fit a shared machine: no time limit per example, nothing written into the checkout."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile("dayfly", database=None, deadline=None, max_examples=150)
hypothesis.settings.load_profile("dayfly")
