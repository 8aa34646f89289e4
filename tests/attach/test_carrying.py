"""A dayfly.toml is compiled so that a start reads from it what it would have read from the file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dayfly.attach.carrying import build_policy_layer, compile_policy, compile_table
from dayfly.attach.layout import LayerError
from dayfly.core.compiled import read_compiled
from dayfly.core.settings import load_settings
from dayfly.errors import SettingError

WHOLE = """
isolation = "window"
max_age = 90
jitter = 0.25
keep = ["/tmp/cache/**", "/tmp/é"]
retire_on = ["residue", "error"]
reseed = false
guard = "block"
[zygote]
prime = "app:prime"
[fork]
deliver = "1s"
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


def test_what_no_start_would_take_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    for text in ("isolation = ", 'isolation = "thread"', "[policy]\nmod = 1", "typo = 1"):
        path.write_text(text)
        with pytest.raises(SettingError):
            compile_policy(path)


@pytest.mark.parametrize("glob", ["/tmp/a:b", "/tmp/a\nb"])
def test_what_variables_cannot_say_is_refused(glob: str) -> None:
    with pytest.raises(SettingError):
        compile_table({"keep": [glob]}, where="dayfly.toml")


def test_an_empty_one_makes_no_layer(tmp_path: Path) -> None:
    with pytest.raises(LayerError):
        build_policy_layer(tmp_path / "p.zip", compile_table({}, where="dayfly.toml"))
    assert list(tmp_path.iterdir()) == []


def test_a_start_reads_the_same(tmp_path: Path) -> None:
    import tomllib

    path = tmp_path / "dayfly.toml"
    path.write_text(WHOLE)
    read = read_compiled(compile_policy(path).data, "layer")
    expected = load_settings({}, tomllib.loads(WHOLE))
    seen = load_settings(read.variables, {}, policy=read.policy())
    assert expected.policy is not None
    assert seen.policy is not None
    for when in (0.0, 1_795_000_000.0, 1_800_000_000.0):
        assert seen.policy.promoted(when).pack() == expected.policy.promoted(when).pack()
    assert seen.policy.promoted(1_800_000_000.0).pack() != expected.policy.pack()
    for name in ("isolation", "max_age", "jitter", "keep", "retire_on", "reseed", "guard", "zygote_prime"):
        assert getattr(seen, name) == getattr(expected, name)


def test_it_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    path = tmp_path / "dayfly.toml"
    path.write_text(WHOLE)
    layers = [build_policy_layer(tmp_path / f"{n}.zip", compile_policy(path)) for n in range(2)]
    assert layers[0] == layers[1] == (tmp_path / "0.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "0.zip") as file:
        assert file.namelist() == ["dayfly.d/policy"]
