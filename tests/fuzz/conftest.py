"""New examples instead of the same ones on every run, where DAYFLY_FUZZ_EXAMPLES says how many."""

from __future__ import annotations

import os

import hypothesis

EXAMPLES = int(os.environ.get("DAYFLY_FUZZ_EXAMPLES", "0"))

if EXAMPLES:
    hypothesis.settings.register_profile(
        "searching",
        database=None,
        deadline=None,
        max_examples=EXAMPLES,
        print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("searching")
