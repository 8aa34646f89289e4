"""What is plugged in is found by entry point, and refused by name where it is not what it must be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.plugins import (
    choose_attacks,
    choose_rows,
    find_attacks,
    find_protections,
    one_per_family,
)
from dayfly.lab.gauntlet.technique import FAMILIES, load_techniques

ATTACK = '''"""Does something."""
from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique
TECHNIQUE = Technique(
    level="L2", attack=("T1000",), family="M1", must_fail_to="copy a card", evidence=Cards(), plant="leak(1)"
)
'''


def plug_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, group: str, entry: str, files: dict[str, str]
) -> None:
    """Install a package as far as an interpreter sees it."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    metadata = folder / "plugged-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugged"]:
        monkeypatch.delitem(sys.modules, name)


def test_dayflys_own_are_plugged_in_as_anybody_elses() -> None:
    assert {"bare", "dayfly", "dayfly-observe", "dayfly-block"} <= find_protections().keys()
    assert [one.name for one in find_attacks()["dayfly"]] == [one.name for one in load_techniques()]


def test_another_packages_attack_may_use_any_id_of_attack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(
        tmp_path,
        monkeypatch,
        group="dayfly.attacks",
        entry="more = plugged.one_file",
        files={"plugged/__init__.py": "", "plugged/one_file.py": ATTACK},
    )
    assert [one.name for one in find_attacks()["more"]] == ["one-file"]


@pytest.mark.parametrize(
    ("group", "entry", "files", "fault"),
    [
        ("dayfly.protections", "x = plugged.absent:X", {}, "cannot be loaded: ModuleNotFoundError"),
        ("dayfly.protections", "x = plugged.one:X", {"plugged/one.py": "X = 1"}, "is not a Protection"),
        (
            "dayfly.protections",
            "x = plugged.one:Bare",
            {"plugged/one.py": "from dayfly.lab.gauntlet.protections.bare import Bare"},
            "has the name 'bare'",
        ),
        (
            "dayfly.attacks",
            "x = plugged.one",
            {"plugged/one.py": "1 / 0"},
            "cannot be loaded: ZeroDivisionError",
        ),
        ("dayfly.attacks", "x = plugged.one", {"plugged/one.py": "A = 1"}, "contains no TECHNIQUE"),
        (
            "dayfly.attacks",
            "x = plugged.thread",
            {"plugged/thread.py": ATTACK},
            "two attacks are named 'thread'",
        ),
        (
            "dayfly.attacks",
            "x = plugged.one",
            {"plugged/one.py": ATTACK.replace("level=", 'handler="absent.handler", level=')},
            "which is not in functions/",
        ),
    ],
)
def test_what_is_no_plugin_is_named(
    group: str,
    entry: str,
    files: dict[str, str],
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plug_in(tmp_path, monkeypatch, group=group, entry=entry, files={"plugged/__init__.py": "", **files})
    with pytest.raises(DayflyError, match=fault):
        find_attacks() if group == "dayfly.attacks" else find_protections()


def test_attacks_are_chosen_by_name_family_and_level() -> None:
    techniques = load_techniques()
    assert choose_attacks(techniques, []) == techniques
    chosen = choose_attacks(techniques, ["l1", "M16", "thread"])
    assert {one.name for one in chosen} >= {"thread", "audit-hook", "cache-key"}
    assert all(one.level == "L1" or one.family == "M16" or one.name == "thread" for one in chosen)
    with pytest.raises(DayflyError, match="no attack, family or level is named 'treads'"):
        choose_attacks(techniques, ["treads"])


def test_quick_takes_one_of_each_family() -> None:
    chosen = one_per_family(load_techniques())
    assert sorted(one.family for one in chosen) == sorted(FAMILIES)
    # What resets the runtime is slow; a family in which everything does so is represented all the same.
    assert sum(one.resets for one in chosen) < 3


def test_rows_are_protections_with_isolations() -> None:
    protections = find_protections()

    def names(against: list[str], isolations: list[str]) -> list[tuple[str, str]]:
        return [(one.name, isolation) for one, isolation in choose_rows(protections, against, isolations)]

    assert names(["dayfly", "bare"], []) == [
        ("dayfly", "invocation"),
        ("dayfly", "window"),
        ("dayfly", "process"),
        ("bare", "shared"),
    ]
    # What has no choice runs whatever was chosen for others.
    assert names(["bare", "dayfly"], ["window"]) == [("bare", "shared"), ("dayfly", "window")]
    with pytest.raises(DayflyError, match="unknown protection 'dayfry'"):
        names(["dayfry"], [])
    with pytest.raises(DayflyError, match="unknown isolation mode 'windows'"):
        names([], ["windows"])


def test_what_downloads_packages_runs_when_it_was_asked_for() -> None:
    protections = find_protections()
    usual = {one.name for one, _ in choose_rows(protections, [], [])}
    assert {"bare", "dayfly", "dayfly-block", "fork-loop"} <= usual
    assert "datadog-appsec" not in usual
    assert {one.name for one, _ in choose_rows(protections, ["all"], [])} == protections.keys()
