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

{count} techniques: {levels}. Each is one file with a description, and is tested four times: against plain awslambdaric, where it must succeed (otherwise
the other tests prove nothing), and against each isolation mode with the guard off. The tests run in AWS's emulator, as an
unprivileged user in a separate PID namespace, with Lambda's restrictions: `prctl`, `ptrace`, `seccomp`, namespaces,
mounts, `userfaultfd`, `bpf` and `perf_event_open` return EPERM, there is no `/dev/shm`, PID 1 adopts orphans, and Lambda's limits apply.
Nothing was tested on AWS. Levels: [L1 events, L2 Python, L3 native code](security.md).

The columns show which *later* customers the attack affects:

- **invocation**: *none*: no later customer is affected, and all get the correct answer.
- **window**: *none after it*: customers in the attacker's own window are affected, as without Dayfly. *ends it*: the attack ends the window before
  its next event.
- **process**: one process serves for hours. *affected* is tested, too: changes of an invocation stay. *may be affected*: the attack races with the
  supervisor.
- **finding**: the [finding](reference.md#findings) that must be reported, if Dayfly promises one.

`dayfly lab gauntlet` runs the attacks in the lab, and against other protections: [the gauntlet](gauntlet.md).

¹ needs something that Lambda refuses or lacks; tested where a host permits it.
"""
PROCESS = {"reaches": "affected", "may reach": "may be affected", "contained": "none"}


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
            "| technique | what it does | must fail to | level | ATT&CK | plain | invocation | window | process | finding |",
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
    cells = [
        f"`{one.name}`{note}",
        one.does,
        one.must_fail_to,
        one.level,
        ", ".join(one.attack),
        "succeeds",
        _claim(one, "invocation", "none"),
        _claim(one, "window", "ends it" if one.ends_window else "none after it"),
        _claim(one, "process", PROCESS[one.process]),
        f"`{one.finding}`" if one.finding else "",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _claim(one: Technique, isolation: Isolation, claimed: str) -> str:
    pending = PENDING.get((one.name, isolation))
    if pending:
        return f"**affected**: {pending}"
    return (
        f"{claimed}, after detection (within {one.noticed_within} events)" if one.noticed_within else claimed
    )


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
