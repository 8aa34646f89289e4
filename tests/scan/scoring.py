"""Score what flags cases against what is true of them: true-positive rate minus false-positive rate, per category."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set

    from tests.scan.corpus.twins import Case


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """How one category did. `misses` are unsafe cases not flagged, `alarms` safe ones that were."""

    category: str
    unsafe: int
    safe: int
    misses: tuple[Case, ...]
    alarms: tuple[Case, ...]

    @property
    def true_positive_rate(self) -> float:
        return 1 - len(self.misses) / self.unsafe if self.unsafe else 0.0

    @property
    def false_positive_rate(self) -> float:
        return len(self.alarms) / self.safe if self.safe else 0.0

    @property
    def score(self) -> float:
        """From -1 to 1; 0 is what flagging everything, nothing or at random gets."""
        return self.true_positive_rate - self.false_positive_rate


@dataclass(frozen=True, slots=True)
class Score:
    """All categories, in the order of their cases."""

    categories: tuple[CategoryScore, ...]

    @property
    def mean(self) -> float:
        """Every category weighs the same, however many cases it has."""
        return sum(one.score for one in self.categories) / len(self.categories) if self.categories else 0.0

    @property
    def worst(self) -> CategoryScore:
        return min(self.categories, key=lambda one: one.score)


def score(cases: Sequence[Case], flagged: Callable[[Case], Set[str]]) -> Score:
    """`flagged` gives the ids of the checks that found something in a case; only its own category's counts."""
    by_category: dict[str, list[Case]] = {}
    for case in cases:
        by_category.setdefault(case.category, []).append(case)
    return Score(tuple(_score_one(name, members, flagged) for name, members in by_category.items()))


def _score_one(category: str, cases: Sequence[Case], flagged: Callable[[Case], Set[str]]) -> CategoryScore:
    misses: list[Case] = []
    alarms: list[Case] = []
    for case in cases:
        is_flagged = category in flagged(case)
        if case.is_unsafe and not is_flagged:
            misses.append(case)
        elif not case.is_unsafe and is_flagged:
            alarms.append(case)
    unsafe = sum(case.is_unsafe for case in cases)
    return CategoryScore(category, unsafe, len(cases) - unsafe, tuple(misses), tuple(alarms))


def as_table(result: Score) -> str:
    """A Markdown table, the mean last."""
    lines = ["| category | unsafe | safe | TPR | FPR | score |", "|---|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {one.category} | {one.unsafe} | {one.safe} | {one.true_positive_rate:.2f} | "
        f"{one.false_positive_rate:.2f} | {one.score:+.2f} |"
        for one in result.categories
    ]
    tpr = _mean(one.true_positive_rate for one in result.categories)
    fpr = _mean(one.false_positive_rate for one in result.categories)
    unsafe = sum(one.unsafe for one in result.categories)
    safe = sum(one.safe for one in result.categories)
    return "\n".join(
        [*lines, f"| **mean** | {unsafe} | {safe} | {tpr:.2f} | {fpr:.2f} | {result.mean:+.2f} |"]
    )


def failures_by_construct(result: Score) -> str:
    """Misses and false alarms, the constructs that cost most first: what to work on."""
    failed = [(case, "missed") for one in result.categories for case in one.misses]
    failed += [(case, "alarm") for one in result.categories for case in one.alarms]
    counts = Counter(case.construct for case, _ in failed)
    lines: list[str] = []
    for construct, count in counts.most_common():
        lines.append(f"{construct}: {count}")
        lines += [
            f"    {what:6} {case.label} ({case.shape})"
            for case, what in failed
            if case.construct == construct
        ]
    return "\n".join(lines)


def failures_by_shape(result: Score) -> str:
    """The same by where the value comes from, numbers alone: a source that is not known misses everywhere."""
    failed = [case for one in result.categories for case in (*one.misses, *one.alarms)]
    return "\n".join(
        f"{shape}: {count}" for shape, count in Counter(case.shape for case in failed).most_common()
    )


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
