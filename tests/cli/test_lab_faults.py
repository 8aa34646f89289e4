"""`dayfly lab serve --faults` gives each function the faults of its own, or those of everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.cli.lab import give_faults
from dayfly.errors import SettingError
from dayfly.lab.model import FunctionConfig

PLAN = """
[[fault]]
route = "next"
at = "sent"
do = "reset"

[functions.payments.limits]
descriptors = 64
"""


def test_a_function_has_its_own_plan_or_everybodys_and_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(PLAN)
    names = ("payments", "orders")
    given = give_faults(tuple(FunctionConfig(name, tmp_path, "app.handler") for name in names), path)
    assert [
        (len(one.faults.faults), one.faults.limits.descriptors) if one.faults else None for one in given
    ] == [
        (0, 64),
        (1, None),
    ]
    with pytest.raises(SettingError, match="unknown function payments"):
        give_faults((given[1],), path)
