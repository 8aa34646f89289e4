"""A plan is read from TOML; what is not understood names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.errors import SettingError
from dayfly.lab.faults.file import load_plans
from dayfly.lab.faults.plan import Fault, FaultPlan, Limits

PLAN = """
[[fault]]
route = "response"
at = "request"
do = "status"
status = 503
nth = 2

[functions.payments.limits]
descriptors = 64
cpu = 0.5

[[functions.payments.fault]]
route = "next"
at = "sent"
do = "kill"
process = "worker"
delay = 1
"""


def test_a_file_holds_a_plan_for_all_functions_and_one_for_each(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(PLAN)
    assert load_plans(path) == {
        "": FaultPlan((Fault("response", "request", "status", status=503, nth=2),)),
        "payments": FaultPlan(
            (Fault("next", "sent", "kill", process="worker", delay=1),), Limits(descriptors=64, cpu=0.5)
        ),
    }


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no fault"),
        ("x = 1", "x"),
        ("[limits]\nfiles = 1", "files"),
        ("[limits]\ndescriptors = true", "descriptors"),
        ("[limits]\ndescriptors = 64.5", "descriptors"),
        ("fault = 1", "fault"),
        ("functions = 1", "functions"),
        ("[functions]\nf = 1", "function"),
        ('[[fault]]\nroute = "next"\nat = "sent"', "do"),
        ('[[fault]]\nroute = "next"\nat = "sent"\ndo = "kill"\nwhom = "all"', "whom"),
        ('[[fault]]\nroute = "next"\nat = "sent"\ndo = "kill"\nnth = "2"', "nth"),
        ("[[fault", "TOML"),
    ],
)
def test_what_is_not_understood_names_itself(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(SettingError) as refusal:
        load_plans(path)
    assert word in refusal.value.message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        load_plans(tmp_path / "absent.toml")
