"""Measures the guard on a set of the corpus: what it refuses of honest requests, and what of attacks.

python -m tests.honest.corpus unseen --json build/guard.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.honest.corpus.cases import Call, Family, families
from tests.honest.corpus.run import Mode, Result, evidence_of, learned_policy, results, surroundings
from tests.real.environment import Install
from tests.rie import ROOT

HALVES = Path(__file__).parent
MEASURED = ROOT / "docs" / "measured" / "guard.json"
# Each count that may only fall, and each that may only rise, once it is published.
FAILURES = (
    "refused",
    "High findings",
    "changed under block",
    "changed under observe",
    "silent hang",
    "does not work",
)
# A policy that blocks does so whatever the guard's mode is: with one, `observe` is `block`.
MODES: tuple[Mode, ...] = ("plain", "block", "observe")
# What a set is published as, behind its name, where a policy was learned first.
LEARNED = "-learned"
SUCCESSES = ("attacks refused", "attacks reported")


@dataclass
class Tally:
    """What was counted in one family or in all of them, and the failures behind the counts."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, object]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.failures += other.failures

    def note(self, what: str, family: Family, call: Call, kind: str, result: Result) -> None:
        """Count a failure and keep what reproduces it."""
        self.counts[what] += 1
        self.failures.append(
            {
                "what": what,
                "family": family.name,
                "handler": call.handler,
                "kind": kind,
                "event": call.event,
                "answer": result.answer.decode(errors="replace")[:600],
                "findings": [
                    {"message": one["message"], "evidence": evidence_of(one)} for one in result.findings
                ],
            }
        )


def measure_requests(
    family: Family, calls: Sequence[Call], install: Install, where: dict[str, dict[str, str]], policy: str
) -> Tally:
    """Honest requests, plain, under block and under observe."""
    tally = Tally()
    if not calls:
        return tally
    environment, addresses = where["environment"], where["addresses"]
    plain, block, *rest = (
        results(family, calls, mode, install, environment=environment, addresses=addresses, policy=policy)
        for mode in (MODES[:-1] if policy else MODES)
    )
    observe = rest[0] if rest else block
    tally.counts.update(handlers=len(family.requests), requests=len(calls))
    for call, wanted, blocked, observed in zip(calls, plain, block, observe, strict=True):
        if b'"errorType"' in wanted.answer or b"Task timed out" in wanted.answer:
            tally.note("does not work", family, call, "", wanted)
            continue
        tally.counts["refused by what was learned"] += bool(blocked.learned_rules)
        if blocked.is_refused:
            tally.note("refused", family, call, "", blocked)
        elif blocked.answer != wanted.answer:
            tally.note(
                "changed under block", family, call, wanted.answer.decode(errors="replace")[:300], blocked
            )
        if observed.severe:
            tally.note("High findings", family, call, "", observed)
        if observed is not blocked and observed.answer != wanted.answer:
            tally.note(
                "changed under observe", family, call, wanted.answer.decode(errors="replace")[:300], observed
            )
        tally.counts["other findings"] += len(observed.findings) - len(observed.severe)
    return tally


def measure_attacks(family: Family, install: Install, where: dict[str, dict[str, str]], policy: str) -> Tally:
    """Every attack, plain, under block and under observe."""
    tally = Tally()
    calls, last = [], []
    for attack in family.attacks:
        calls += [Call(handler, event) for handler, event in attack.before]
        last.append(len(calls))
        calls.append(Call(attack.handler, attack.event))
    if not calls:
        return tally
    environment, addresses = where["environment"], where["addresses"]
    plain, block, *rest = (
        results(family, calls, mode, install, environment=environment, addresses=addresses, policy=policy)
        for mode in (MODES[:-1] if policy else MODES)
    )
    observe = rest[0] if rest else block
    for attack, at in zip(family.attacks, last, strict=True):
        call, first = calls[at], at - len(attack.before)
        proof = attack.proof.encode()
        if proof not in plain[at].answer:
            tally.note("does not work", family, call, attack.kind, plain[at])
            continue
        tally.counts["attacks"] += 1
        tally.counts[f"attacks: {attack.kind}"] += 1
        tally.counts["second order"] += bool(attack.before)
        # An error names places, which may hold the proof by chance: then the answer is the refusal alone.
        is_stopped = block[at].is_refusal or proof not in block[at].answer
        if is_stopped and any(one.is_refused for one in block[first : at + 1]):
            tally.counts["attacks refused"] += 1
            tally.counts[f"refused: {attack.kind}"] += 1
            tally.counts["second order refused"] += bool(attack.before)
            rules = [one.learned_rules for one in block[first : at + 1] if one.is_refused]
            is_learned = all(rules)
            tally.counts["attacks refused by what was learned"] += is_learned
            tally.counts["attacks refused by a shape"] += is_learned and any(
                rule.endswith(".shape") for one in rules for rule in one
            )
        else:
            tally.note("attack not refused", family, call, attack.kind, block[at])
        if any(one.severe for one in observe[first : at + 1]):
            tally.counts["attacks reported"] += 1
            tally.counts[f"reported: {attack.kind}"] += 1
        else:
            tally.note("attack not reported", family, call, attack.kind, observe[at])
        for result in (block[at], observe[at]):
            if result.is_hung and not result.findings:
                tally.note("silent hang", family, call, attack.kind, result)
    return tally


def printed(tally: Tally, by_family: dict[str, Tally]) -> str:
    """The figures for people."""
    counts = tally.counts
    lines = []
    if requests := counts["requests"]:
        lines += [f"{counts['handlers']} honest handlers, {requests} requests; per 100 requests:"]
        if counts["learned from"]:
            lines.append(
                f"  beside these, a policy was learned from {counts['learned from']} requests; it alone refuses "
                f"{counts['refused by what was learned']} requests, {counts['attacks refused by what was learned']} attacks "
                f"({counts['attacks refused by a shape']} by a shape)"
            )
        for what in ("refused", "High findings", "changed under block", "changed under observe"):
            lines.append(f"  {what}: {100 * counts[what] / requests:.2f} ({counts[what]})")
        lines.append(f"  findings below High: {counts['other findings']}")
        for name, one in by_family.items():
            if one.counts["refused"] or one.counts["High findings"]:
                lines.append(
                    f"    {name}: {one.counts['refused']} refused, {one.counts['High findings']} with High "
                    f"findings of {one.counts['requests']}"
                )
    if attacks := counts["attacks"]:
        lines += [f"{attacks} attacks:"]
        for what in ("refused", "reported"):
            number = counts[f"attacks {what}"]
            lines.append(f"  {what}: {100 * number / attacks:.1f} % ({number})")
        lines.append(
            f"  that an earlier event had stored: {counts['second order refused']} refused of {counts['second order']}"
        )
        lines.append(f"  silent hangs: {counts['silent hang']}")
        for key in sorted(counts):
            if key.startswith("attacks: "):
                kind = key.removeprefix("attacks: ")
                lines.append(
                    f"    {kind}: {counts[f'refused: {kind}']} refused, {counts[f'reported: {kind}']} reported "
                    f"of {counts[key]}"
                )
    if counts["does not work"]:
        lines.append(f"{counts['does not work']} cases do not work without Dayfly and were not counted")
    return "\n".join(lines)


def measure(
    folder: Path, names: Sequence[str], install: Install, at_once: int, *, learns: bool = False
) -> dict[str, Tally]:
    """The tally of each family; if it `learns`, under a policy made of every other request, which then is not judged."""
    chosen = families(folder, names)
    needs = sorted({kind for family in chosen for kind in family.needs})
    with surroundings(needs) as (environment, addresses), ThreadPoolExecutor(at_once) as pool:
        where = {"environment": environment, "addresses": addresses}

        def of(family: Family) -> Tally:
            lessons, judged, policy = list[Call](), family.calls(), ""
            if learns:
                lessons, judged = family.halves()
                policy = learned_policy(family, lessons, install, **where)
            tally = measure_requests(family, judged, install, where, policy)
            tally.counts["learned from"] = len(lessons)
            tally.add(measure_attacks(family, install, where, policy))
            return tally

        return dict(zip([family.name for family in chosen], pool.map(of, chosen), strict=True))


def check(folder: Path, names: Sequence[str]) -> int:
    """Run all cases without Dayfly and print those that do not work; 0 where there is none."""
    chosen, broken, requests, attacks = families(folder, names), 0, 0, 0
    with surroundings(sorted({kind for family in chosen for kind in family.needs})) as (
        environment,
        addresses,
    ):
        for family in chosen:
            calls, proofs = family.sequence()
            found = results(family, calls, "plain", "layer", environment=environment, addresses=addresses)
            requests += len(family.calls())
            attacks += len(family.attacks)
            for call, proof, result in zip(calls, proofs, found, strict=True):
                if b'"errorType"' in result.answer or proof.encode() not in result.answer:
                    broken += 1
                    print(
                        f"{family.name}.{call.handler}: {json.dumps(call.event)[:300]}\n  {result.answer.decode()[-600:]}"
                    )
    print(f"{requests} requests and {attacks} attacks, {broken} of them do not work")
    return int(broken > 0)


def main() -> int:
    """Run by the command line: print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.honest.corpus",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("half", help="build, unseen or third, or a folder")
    parser.add_argument("families", nargs="*", help="all of them without it")
    parser.add_argument("--install", choices=("layer", "pip"), default="layer")
    parser.add_argument("--at-once", type=int, default=2, help="families at the same time")
    parser.add_argument("--json", type=Path, help="write figures and failures to this file")
    parser.add_argument("--save", action="store_true", help=f"write figures to {MEASURED.relative_to(ROOT)}")
    parser.add_argument(
        "--learned",
        action="store_true",
        help="learn a policy from every other request first, and judge the rest with it",
    )
    parser.add_argument(
        "--check", action="store_true", help="only run without Dayfly, and say what does not work"
    )
    parser.add_argument("--failures", action="store_true", help="print what failed")
    options = parser.parse_args()
    folder = Path(options.half) if "/" in options.half else HALVES / options.half
    if options.check:
        return check(folder, options.families)
    by_family = measure(folder, options.families, options.install, options.at_once, learns=options.learned)
    total = Tally()
    for tally in by_family.values():
        total.add(tally)
    print(printed(total, by_family))
    if options.failures:
        for failure in total.failures:
            print(json.dumps(failure))
    figures = {
        "total": dict(sorted(total.counts.items())),
        "families": {name: dict(sorted(tally.counts.items())) for name, tally in by_family.items()},
    }
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({**figures, "failures": total.failures}, indent=1) + "\n")
    if options.save:
        known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
        MEASURED.write_text(
            json.dumps({**known, folder.name + LEARNED * options.learned: figures}, indent=1) + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
