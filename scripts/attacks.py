"""Writes docs/attacks.md from the catalogue in src/dayfly/lab/gauntlet/attacks.

Run by `make docs`; tests/docs/test_attacks.py fails when the file is not what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The catalogue is part of the tests, which are no installed package.
sys.path.insert(0, str(ROOT))

from tests.attacks.pending import PENDING, Isolation  # noqa: E402

from dayfly.lab.gauntlet.technique import ATTACK_NAMES, FAMILIES, LEVELS, Technique, load_techniques  # noqa: E402

TARGET = ROOT / "docs" / "attacks.md"
HEAD = """# Attacks

Generated from `src/dayfly/lab/gauntlet/attacks/` by `make docs`.

{count} techniques: {levels}. Each is a file that says what it does, and four tests: against plain awslambdaric, where it must
work, or the other three prove nothing, and against each isolation with the guard off. They run under AWS's emulator, as an
unprivileged user in a PID namespace of its own, and meet what they would on Lambda: `prctl`, `ptrace`, `seccomp`, namespaces,
mounts, `userfaultfd`, `bpf` and `perf_event_open` answer EPERM, there is no `/dev/shm`, orphans go to PID 1, limits are
Lambda's. Nothing has run on AWS yet. Levels: [L1 events, L2 Python, L3 native code](security.md).

What the columns say of customers who come *after* the attack:

- **invocation**: *nobody*: none is reached, and each gets the right answer. *not forked*: the function shares memory between processes, so
  Dayfly does not fork it, says so in a finding, and gives what process isolation gives.
- **window**: *none after it*: within its window an attacker has what he has on a plain environment. *ends it*: the window ends before
  its next event.
- **process**: one process serves for hours. *reaches* is tested as well: what an invocation changes stays. *may reach* is a race with the
  supervisor.
- **noticed**: the [finding](reference.md#findings) that must be reported, where one is promised.

`dayfly lab gauntlet` runs them in the lab, against other protections, too: [the gauntlet](gauntlet.md).

¹ needs what Lambda refuses or lacks; tried where a host allows it.
"""
PROCESS = {"reaches": "reaches", "may reach": "may reach", "contained": "nobody"}


def render() -> str:
    """Return the whole page."""
    techniques = load_techniques()
    counts = {level: sum(one.level == level for one in techniques) for level in LEVELS}
    levels = ", ".join(f"{count} at {level}" for level, count in counts.items())
    parts = [HEAD.format(count=len(techniques), levels=levels)]
    for family, title in FAMILIES.items():
        parts += [
            f"## {title[0].upper()}{title[1:]}",
            "",
            "| technique | what it does | must fail to | level | ATT&CK | plain | invocation | window | process | noticed |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *(_row(one) for one in techniques if one.family == family),
            "",
        ]
    used = sorted({identifier for one in techniques for identifier in one.attack})
    parts += [
        "## ATT&CK",
        "",
        "Enterprise v18.1: " + "; ".join(f"{name} {ATTACK_NAMES[name]}" for name in used) + ".",
    ]
    return "\n".join(parts) + "\n"


def _row(one: Technique) -> str:
    note = " ¹" if one.needs_more_than_lambda else ""
    forked = "not forked" if one.is_unforkable else ""
    cells = [
        f"`{one.name}`{note}",
        one.does,
        one.must_fail_to,
        one.level,
        ", ".join(one.attack),
        "works",
        _claim(one, "invocation", forked or "nobody"),
        _claim(one, "window", forked or ("ends it" if one.ends_window else "none after it")),
        _claim(one, "process", PROCESS[one.process]),
        f"`{one.finding}`" if one.finding else "",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _claim(one: Technique, isolation: Isolation, claimed: str) -> str:
    pending = PENDING.get((one.name, isolation))
    if pending:
        return f"**reaches**: {pending}"
    return f"{claimed}, once noticed (within {one.noticed_within} events)" if one.noticed_within else claimed


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
