"""Says "cold start" in an environment's first worker alone, as plain Lambda would.

Libraries note in a global of theirs that the first invocation is over. Every worker is forked from a
process that has seen none, so each would call itself a cold start; and none would, where a warm-up has run the handler.
What functions note by themselves is left.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.heap import Found
    from dayfly.runtime.sealing import Sealing

# A package or module, a global in it, and what that says before a first invocation; afterwards it says the opposite.
_FLAGS = (
    # Logger, Tracer and Metrics have one each.
    ("aws_lambda_powertools", "is_cold_start", True),
    ("datadog_lambda.cold_start", "_cold_start", True),
    ("datadog_lambda.cold_start", "_lambda_container_initialized", False),
    ("ddtrace.contrib.internal.aws_lambda._cold_start", "__cold_start", True),
    ("ddtrace.contrib.internal.aws_lambda._cold_start", "__lambda_container_initialized", False),
)


def seal(found: Found, sealing: Sealing) -> None:
    """Have the first worker find the flags as init leaves them, and every other as an invocation does."""
    flags = [
        (state, flag, before)
        for name, module in list(sys.modules.items())
        for library, flag, before in _FLAGS
        if (name == library or name.startswith(library + "."))
        # A lazy module's attributes would be loaded by asking for them.
        and type((state := getattr(module, "__dict__", {})).get(flag)) is bool
    ]
    if not flags:
        return

    def wake() -> None:
        is_first = sealing.is_first
        for state, flag, before in flags:
            state[flag] = before is is_first

    sealing.in_worker(wake)
