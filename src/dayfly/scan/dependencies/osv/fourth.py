"""Scores base vectors of CVSS version 4.

https://www.first.org/cvss/v4-0/specification-document, section 8: vectors are sorted into macro vectors, each of which has
a score that experts gave it, and a vector's distance from the most severe one of its macro vector takes off a part of the
way to the next. Threat and environmental metrics are not in advisories: with them absent, exploitation counts as
attacked and every requirement as high.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# FIRST's table of scores (in its calculator), as far as base vectors reach: by the first and second equivalence class,
# then by the fourth (1, 2), then by the third and sixth together.
_THIRD = ("00", "01", "10", "11", "21")
_SCORES: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "00": ((10, 9.6, 9.3, 9.2, 7.9), (9.3, 9, 8.8, 8, 6.9)),
    "01": ((9.5, 9.1, 9.2, 8.2, 7.1), (9.2, 8.1, 8.4, 7, 6.3)),
    "10": ((9.4, 8.9, 8.6, 7.6, 6.5), (8.7, 7.5, 7.2, 5.7, 5.3)),
    "11": ((9, 7.7, 7.4, 5.9, 5.8), (7.7, 6.6, 6.1, 5.2, 2.3)),
    "20": ((8.6, 7.4, 7.2, 5.7, 4.7), (7, 5.4, 5.3, 3.6, 2.4)),
    "21": ((7.3, 5.5, 6.1, 5.1, 2.4), (5.4, 4.3, 4.6, 1.8, 1)),
}
_LEVELS: Mapping[str, str] = {
    "AV": "NALP", "PR": "NLH", "UI": "NPA", "AC": "LH", "AT": "NP",
    "VC": "HLN", "VI": "HLN", "VA": "HLN", "SC": "HLN", "SI": "HLN", "SA": "HLN",
}  # fmt: skip
# Steps between the most and the least severe vector of a class, and levels of the most severe one, added up.
_DEPTH_FIRST, _TOP_FIRST = (1, 4, 5), (0, 1, 3)
_DEPTH_SECOND, _TOP_SECOND = (1, 2), (0, 1)
_DEPTH_THIRD: Mapping[str, int] = {"00": 7, "10": 8, "21": 10}
_TOP_THIRD: Mapping[str, int] = {"00": 0, "10": 1, "21": 3}
_BELOW_THIRD: Mapping[str, tuple[str, ...]] = {"00": ("01", "10"), "10": ("11",), "21": ()}
_DEPTH_FOURTH, _TOP_FOURTH = (5, 4), (0, 3)


def base_score_4(metrics: Mapping[str, str]) -> float:
    """The score of these metrics by their abbreviations; KeyError where one is missing or has no such value."""
    level = {}
    for name, values in _LEVELS.items():
        if metrics[name] not in values or len(metrics[name]) != 1:
            raise KeyError(name)
        level[name] = values.index(metrics[name])
    if all(level[name] == 2 for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return 0.0
    entry = [level[name] for name in ("AV", "PR", "UI")]
    first = 2 if level["AV"] == 3 or all(entry) else 1 if any(entry) else 0
    second = int(level["AC"] + level["AT"] > 0)
    own = [level[name] for name in ("VC", "VI", "VA")]
    third = "00" if own[0] == own[1] == 0 else "10" if 0 in own else "21"
    later = [level[name] for name in ("SC", "SI", "SA")]
    fourth = 0 if 0 in later else 1
    value = _score(first, second, third, fourth)
    gaps = [0.0]  # of the fifth class: a lower macro vector is there, and nothing leads towards it
    if first < 2:
        gap = value - _score(first + 1, second, third, fourth)
        gaps.append(gap * (sum(entry) - _TOP_FIRST[first]) / _DEPTH_FIRST[first])
    if second < 1:
        gaps.append(0.0)  # its only vector is the most severe one
    if _BELOW_THIRD[third]:
        gap = value - max(_score(first, second, below, fourth) for below in _BELOW_THIRD[third])
        gaps.append(gap * (sum(own) - _TOP_THIRD[third]) / _DEPTH_THIRD[third])
    if fourth < 1:
        gap = value - _score(first, second, third, fourth + 1)
        gaps.append(gap * (sum(later) - _TOP_FOURTH[fourth]) / _DEPTH_FOURTH[fourth])
    return max(int((value - sum(gaps) / len(gaps)) * 10 + 0.5 + 1e-5) / 10, 0.0)


def _score(first: int, second: int, third: str, fourth: int) -> float:
    return _SCORES[f"{first}{second}"][fourth][_THIRD.index(third)]
