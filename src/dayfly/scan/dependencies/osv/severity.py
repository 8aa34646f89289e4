"""Scores CVSS vectors as FIRST specifies.

Version 3: https://www.first.org/cvss/v3-1/specification-document, section 7 and appendix A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.dependencies.osv.fourth import base_score_4
from dayfly.scan.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_V3: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
# Privileges weigh differently where the scope changes.
_PRIVILEGES: Mapping[str, Mapping[str, float]] = {
    "U": {"N": 0.85, "L": 0.62, "H": 0.27},
    "C": {"N": 0.85, "L": 0.68, "H": 0.5},
}
_V2: Mapping[str, Mapping[str, float]] = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.660},
    "I": {"N": 0.0, "P": 0.275, "C": 0.660},
    "A": {"N": 0.0, "P": 0.275, "C": 0.660},
}
_WORDS = {
    "LOW": Severity.LOW,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "IMPORTANT": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}


def base_score(vector: str) -> float | None:
    """The base score of a vector of version 2, 3 or 4; None where it is no such vector."""
    metrics = _metrics(vector)
    try:
        if vector.startswith("CVSS:4"):
            return base_score_4(metrics)
        return _score_3(metrics) if vector.startswith("CVSS:3") else _score_2(metrics)
    except KeyError:
        return None


def rating(score: float) -> Severity:
    """The qualitative rating of a score, as version 3 words it; 0.0 is informational."""
    if score >= 9.0:
        return Severity.CRITICAL
    if score >= 7.0:
        return Severity.HIGH
    if score >= 4.0:
        return Severity.MEDIUM
    return Severity.LOW if score > 0 else Severity.INFORMATIONAL


def rating_of_word(word: str) -> Severity | None:
    return _WORDS.get(word.strip().upper())


def _metrics(vector: str) -> dict[str, str]:
    parts = (part.partition(":") for part in vector.strip("()").split("/"))
    return {name: value for name, colon, value in parts if colon}


def _score_3(metrics: Mapping[str, str]) -> float:
    weight = {name: values[metrics[name]] for name, values in _V3.items()}
    is_changed = {"U": False, "C": True}[metrics["S"]]
    privileges = _PRIVILEGES[metrics["S"]][metrics["PR"]]
    base = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if is_changed else 6.42 * base
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    total = impact + exploitability
    return _round_up(min(1.08 * total if is_changed else total, 10))


def _round_up(value: float) -> float:
    """Up to one decimal; integer arithmetic, as appendix A demands, so that 4.000000000000001 stays 4.0."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10


def _score_2(metrics: Mapping[str, str]) -> float:
    """https://www.first.org/cvss/v2/guide, section 3.2.1."""
    weight = {name: values[metrics[name]] for name, values in _V2.items()}
    impact = 10.41 * (1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"]))
    exploitability = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    factor = 1.176 if impact else 0.0
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * factor, 1)
