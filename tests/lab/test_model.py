"""A function's settings are refused where AWS would refuse them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.lab.running import basic

from dayfly.errors import SettingError
from dayfly.lab.model import ConfinementReport, ImageConfig


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("name", "no spaces", "function name"),
        ("name", "", "function name"),
        ("runtime", "nodejs", "runtime"),
        ("timeout_s", 0, "timeout"),
        ("timeout_s", 901, "timeout"),
        ("timeout_s", float("nan"), "timeout"),
        ("memory_mb", 64, "memory"),
        ("idle_expiry_s", -1, "idle expiry"),
        ("reserved_concurrency", -1, "reserved concurrency"),
        ("log_format", "XML", "log format"),
        ("environment", {"1BAD": "x"}, "environment variable"),
        ("environment", {"GOOD": "a\0b"}, "environment variable"),
        ("snap_start", "Always", "snap_start"),
        ("tenancy", "per tenant", "tenancy"),
    ],
)
def test_a_value_out_of_range_is_named(setting: str, value: Any, text: str) -> None:
    with pytest.raises(SettingError, match=text):
        basic(**{setting: value})


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ({"entry_point": ("a\0b",)}, "must not contain NUL"),
        ({"command": ("a\0b",)}, "must not contain NUL"),
        ({"working_directory": "here"}, "not absolute"),
    ],
)
def test_an_images_settings_are_refused_where_no_program_could_be_started(
    image: dict[str, Any], text: str
) -> None:
    with pytest.raises(SettingError, match=text):
        ImageConfig(**image)


def test_tenants_apart_and_snapshots_do_not_go_together() -> None:
    with pytest.raises(SettingError, match="SnapStart is not supported"):
        basic(tenancy="PER_TENANT", snap_start="PublishedVersions")


def test_a_report_says_what_is_absent_too() -> None:
    report = ConfinementReport("none", "no bwrap", ("a",), ("b",))
    assert str(report).splitlines() == ["confinement: none (no bwrap)", "  active: a", "  missing: b"]
