"""The policy of a dayfly.toml goes into a layer as a start reads it, and nothing that a start would refuse does."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import pytest

from dayfly.attach.carrying import build_policy_layer, read_policy
from dayfly.core import policylayer
from dayfly.core.policyfile import parse_policy
from dayfly.errors import SettingError

WHOLE = """
guard = "block"
[zygote]
prime = "app:prime"
[scan]
anything = 1
[policy]
mode = "observe"
promote_after = "14d"
quiet_since = 2026-11-25
[policy.network]
allow = ["*.amazonaws.com:443"]
[policy.process]
mode = "block"
allow = []
[policy.packages.requests]
uses = ["network"]
"""


@pytest.mark.parametrize(
    "text",
    ["isolation = ", '[policy]\n[zygote]\nprime = "no entry"', "[policy]\nmod = 1", "typo = 1\n[policy]", ""],
)
def test_what_no_start_would_take_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(text)
    with pytest.raises(SettingError):
        read_policy(path)


def test_a_start_reads_the_same_policy(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(WHOLE)
    expected = parse_policy(tomllib.loads(WHOLE)["policy"])
    seen = policylayer.parse(read_policy(path).data)
    for when in (0.0, 1_795_000_000.0, 1_800_000_000.0):
        assert seen.promoted(when).pack() == expected.promoted(when).pack()
    assert seen.promoted(1_800_000_000.0).pack() != expected.pack()


def test_what_a_layer_does_not_carry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(WHOLE)
    assert read_policy(path).left_out == ("guard", "zygote")


def test_it_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(WHOLE)
    layers = [build_policy_layer(tmp_path / f"{n}.zip", read_policy(path)) for n in range(2)]
    assert layers[0] == layers[1] == (tmp_path / "0.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "0.zip") as file:
        assert file.namelist() == ["dayfly.policy/policy.json"]
