"""Writes docs/costs.md from docs/measured/release.json and Lambda's prices, the init's bill included.

Run by `make docs`; tests/docs/test_costs.py fails when the file is not what this writes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The benchmarks are no installed package.
sys.path.insert(0, str(ROOT))

from bench.contestants import CHILD, DEFAULT, OFF, PLAIN  # noqa: E402

from bench import digest  # noqa: E402
from dayfly.lab.plan.advise import MB_PER_CPU  # noqa: E402

TARGET = ROOT / "docs" / "costs.md"
RELEASE = ROOT / "docs" / "measured" / "release.json"
CONTESTANTS = (CHILD.name, DEFAULT.name, OFF.name)
# On demand, x86, first tier, us-east-1 and eu-central-1, without the free tier: https://aws.amazon.com/lambda/pricing/. The page
# fills its tables in by script; these are the amounts of copies of it made from 2024 to 2026, the same in all of them.
PRICES_AS_OF = "2026-11-25"
PER_MILLION_REQUESTS = 0.20
PER_GB_SECOND = 0.0000166667
INVOCATIONS = 1_000_000
# AWS says "under 1%" of production work:
# https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
INIT_SHARE = 0.01
MEMORIES_MB = (512, MB_PER_CPU)

HEAD = """# What it costs

Generated from [docs/measured/release.json](measured/release.json) by `make docs`. Measure your own function with [`dayfly plan`](plan.md) before you attach Dayfly: a function that makes a client or opens
a connection for each event pays more for that than for its isolation. Nothing was measured on AWS, and AWS billed nothing.
"""
ONCE = """## Once

- **Attach** updates each function's configuration once. As after any deployment, every environment starts anew; no request is lost.
- **Recycle** costs the same each time, and `dayfly recycle` reports it ([recycle](recycle.md)). 50 environments, 512 MB and an init of 0.4 s cost 50 × 0.4 s × 0.5 GB × 0.0000166667 $ = 0.0002 $.
  The real cost is 50 callers who wait 0.4 s longer; hence the pacing.
- **Fleet**: one machine with two cores and 1 GB handles ten million invocations a day ([scale](scale.md)). CloudWatch Logs and Firehose bill the log records: 0.75 KB for each invocation, if you enable them.
- **Layer**: under 1.35 MB for each Python and 0.95 MB of native code, of the 250 (`dayfly layer build` refuses more).

## Reduce it

1. Move to init what `dayfly plan` names: clients, sessions, lazy imports. This also makes the function without Dayfly faster.
2. Use `[zygote] prime` for what init cannot do at module level.
3. Use `window` if the function reuses connections and `dayfly plan` recommends it. The guard costs more where event text becomes SQL or a command (`python -m bench guard`).
4. Put a connection proxy (RDS Proxy) before databases. `python -m bench connections` measures new connections; a fleet record for each invocation is written after the answer (`python -m bench records`).
"""

Figures = Mapping[str, float]


def billed_ms(duration_ms: float) -> int:
    """A duration as it is billed: "rounded up to the nearest 1 ms" (https://aws.amazon.com/lambda/pricing/).

    Raises ValueError for a negative duration.
    """
    if duration_ms < 0:
        raise ValueError(f"a duration of {duration_ms} ms")
    # Microseconds first: 3.0000000000000004 is what differences of clocks make of 3.
    return math.ceil(round(duration_ms, 3))


def month(found: Figures, memory_mb: int) -> float:
    """US dollars for a month of a function: requests, durations, and the inits, which are billed like durations.

    At less than a whole CPU, CPU time takes as much longer as the share is smaller: at most, since waiting does not.
    """
    slower = max(1.0, MB_PER_CPU / memory_mb) - 1
    each = billed_ms(found["p50"] + slower * found["cpu"])
    init = billed_ms(found["first"] + slower * found["init"])
    seconds = (INVOCATIONS * each + INVOCATIONS * INIT_SHARE * init) / 1000
    return INVOCATIONS / 1e6 * PER_MILLION_REQUESTS + seconds * memory_mb / 1024 * PER_GB_SECOND


def render() -> str:
    """Return the whole page."""
    found = digest.load(RELEASE)
    figures: dict[tuple[str, str], dict[str, float]] = {}
    for one in found.figures:
        figures.setdefault((one.function, one.contestant), {})[one.metric] = one.value
    parts = [HEAD, *_added(found.functions, figures), *_bill(found.functions, figures), ONCE]
    machine = f"Measured {found.date} by `{found.command}` on {found.machine.sentence()}."
    return "\n".join(parts).rstrip() + f"\n\n{machine}\n"


def _added(functions: list[str], figures: Mapping[tuple[str, str], Figures]) -> Iterator[str]:
    yield "What is added to plain awslambdaric. A *bare forked child* is the same function in a new process for each event, with nothing of Dayfly."
    yield ""
    yield "| function | contestant | whole invocation, p50 | CPU for each event | init, CPU | memory |"
    yield "|---|---|---|---|---|---|"
    for function in functions:
        plain = figures[function, PLAIN.name]
        for name in CONTESTANTS:
            added = {
                metric: value - plain[metric]
                for metric, value in figures[function, name].items()
                if metric in plain
            }
            cells = (
                f"{added['p50']:+.1f} ms",
                f"{added['cpu']:+.1f} ms",
                f"{round(added['init']):+d} ms",
                f"{added['memory']:+.1f} MB",
            )
            yield f"| {' | '.join((function, name, *cells))} |"
    yield ""


def _bill(functions: list[str], figures: Mapping[tuple[str, str], Figures]) -> Iterator[str]:
    yield "## A month's bill"
    yield ""
    yield (
        f"{INVOCATIONS:,} invocations, {INIT_SHARE:.0%} of them with an init, on x86: {PER_GB_SECOND:.10f} $ per GB-second and {PER_MILLION_REQUESTS:.2f} $ "
        f"per million requests (as of {PRICES_AS_OF}; no free tier). **Init is billed** like the invocation's duration: for functions with managed "
        "runtimes [since August 2025](https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/), before that only for "
        "container images and custom runtimes. Durations are the medians and first answers of the recorded run, rounded up to whole milliseconds. "
        f"Below {MB_PER_CPU:,} MB Lambda gives a part of a CPU; the table then lets all CPU time take as much longer, which is the most that can happen."
    )
    yield ""
    yield f"| function | memory | plain | {' | '.join(CONTESTANTS)} |"
    yield f"|---|---|---|{'---|' * len(CONTESTANTS)}"
    for function in functions:
        for memory in MEMORIES_MB:
            base = month(figures[function, PLAIN.name], memory)
            cells = []
            for name in CONTESTANTS:
                total = month(figures[function, name], memory)
                cells.append(f"{total:.2f} $ ({(total - base) / base:+.0%})")
            yield f"| {function} | {memory:,} MB | {base:.2f} $ | {' | '.join(cells)} |"
    yield ""
    yield "A slower function pays the same milliseconds, so a smaller share: 3 ms added to 200 ms are 1.5 %."
    yield ""


def main() -> int:
    """Write the page."""
    TARGET.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
