"""The layer's policy takes the place of the package's; where it cannot be had, that is said or nothing starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dayfly.core.policylayer import digest_of, render
from dayfly.core.settings import Settings, load_settings
from dayfly.errors import SettingError
from dayfly.runtime.flatsettings import read_settings
from dayfly.runtime.policyplace import take

_POLICY = render({"network": {"allow": ["pay.example:443"]}})


def _taken(place: Path, variables: dict[str, str] | None = None) -> Settings:
    environ = variables or {}
    settings = load_settings(environ, {"policy": {"read": {"allow": []}}})
    take(settings, environ, place=str(place))
    return settings


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_bytes(_POLICY)
    return path


def test_it_takes_the_place_of_the_packages_policy(place: Path) -> None:
    settings = _taken(place)
    assert settings.policy is not None
    assert settings.policy.restricts("network")
    assert not settings.policy.restricts("read")
    assert (settings.policy_source, settings.policy_digest) == ("layer", digest_of(_POLICY))
    assert settings.policy_fault == ""


def test_with_its_digest_nobody_can_have_put_another_there(place: Path) -> None:
    variables = {"DAYFLY_POLICY_DIGEST": digest_of(_POLICY)}
    assert _taken(place, variables).policy_doubt == ""
    place.write_bytes(render({}))
    settings = _taken(place, variables)
    assert "not the promoted policy" in settings.policy_fault
    # The package's own stays active.
    assert settings.policy is not None
    assert settings.policy.restricts("read")
    assert settings.policy_source == "package"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("nothing", "cannot be read"),
        ("a pipe", "not a file"),
        ("a link", "cannot be read"),
        ("a directory", "not a file"),
        ("too much", "bytes"),
        ("no policy", "schema"),
    ],
)
def test_what_cannot_be_used_is_a_fault_or_no_start(tmp_path: Path, what: str, words: str) -> None:
    place = tmp_path / "policy.json"
    if what == "a pipe":
        os.mkfifo(place)
    elif what == "a link":
        (tmp_path / "real").write_bytes(_POLICY)
        place.symlink_to(tmp_path / "real")
    elif what == "a directory":
        place.mkdir()
    elif what == "too much":
        place.write_bytes(b" " * 200_000)
    elif what == "no policy":
        place.write_bytes(b"{}")
    assert words in _taken(place).policy_fault
    with pytest.raises(SettingError, match="guard_on_fault is closed"):
        _taken(place, {"DAYFLY_GUARD_ON_FAULT": "closed"})


def test_a_digest_that_is_none_is_a_fault(place: Path) -> None:
    assert "not a digest" in _taken(place, {"DAYFLY_POLICY_DIGEST": "yes"}).policy_fault


def test_a_place_of_ones_own_is_absolute(place: Path) -> None:
    assert "absolute" in _taken(place, {"DAYFLY_POLICY": "policy.json"}).policy_fault


@pytest.mark.skipif(os.geteuid() == 0 and not os.access("/proc", os.W_OK), reason="root may write anywhere")
def test_a_file_that_the_function_may_change_is_doubted(place: Path) -> None:
    assert "the function can change" in _taken(place).policy_doubt


def test_the_runtime_asks_for_it_where_the_variables_do(place: Path) -> None:
    assert read_settings({"DAYFLY_POLICY": str(place)}).policy_source == "layer"
    assert read_settings({"DAYFLY_POLICY_DIGEST": digest_of(_POLICY)}).policy_fault
    assert read_settings({"DAYFLY_POLICY": str(place), "DAYFLY_GUARD": "off"}).policy_source == ""
    assert read_settings({}).policy_source == ""


def test_its_variables_are_known(place: Path) -> None:
    names = ("DAYFLY_POLICY", "DAYFLY_POLICY_DIGEST", "DAYFLY_ROLLOUT")
    assert load_settings(dict.fromkeys(names, "x"), {}).unknown_variables == ()
