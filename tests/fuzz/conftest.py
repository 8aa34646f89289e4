"""Make hypothesis repeat itself: the same examples on every run, unless DAYFLY_FUZZ_EXAMPLES asks for more and new ones."""

from __future__ import annotations

import os

import hypothesis

EXAMPLES = int(os.environ.get("DAYFLY_FUZZ_EXAMPLES", "0"))

hypothesis.settings.register_profile(
    "derandomized", database=None, deadline=None, derandomize=True, max_examples=150
)
hypothesis.settings.register_profile(
    "searching",
    database=None,
    deadline=None,
    max_examples=max(1, EXAMPLES),
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("searching" if EXAMPLES else "derandomized")
