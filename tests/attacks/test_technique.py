"""The loader of the catalogue refuses what is empty, incomplete, or names no ATT&CK technique."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dayfly.lab.gauntlet.technique import ATTACK_NAMES, FAMILIES, FOLDER, TechniqueError, load_techniques

SOURCE = '''"""Does something."""
from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique
TECHNIQUE = Technique(
    level="L2", attack=("T1574",), family="M1", must_fail_to="copy a card", evidence=Cards(), plant="leak(1)"
)
'''


def test_a_whole_file_is_loaded_with_its_name_and_description(tmp_path: Path) -> None:
    (tmp_path / "two_words.py").write_text(SOURCE)
    (one,) = load_techniques(tmp_path)
    assert (one.name, one.does, one.process) == ("two-words", "Does something.", "reaches")


def test_an_empty_catalogue_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(TechniqueError, match="no technique in"):
        load_techniques(tmp_path)


@pytest.mark.parametrize(
    ("present", "instead", "fault"),
    [
        ('"""Does something."""\n', "", "does is empty"),
        ('"M1"', '"M99"', "family 'M99'"),
        ('"copy a card"', '" "', "must_fail_to is empty"),
        ('"L2"', '"L4"', "level is 'L4'"),
        ('("T1574",)', "()", "it has no ATT&CK ID"),
        ('"T1574"', '"1574"', "'1574' is not an ATT&CK ID"),
        ('"T1574"', '"T1574.1"', "'T1574.1' is not an ATT&CK ID"),
        ('"T1574"', '"T9999"', "T9999 has no name"),
        ('plant="leak(1)"', 'plant=" "', "it needs code to inject, or an event"),
        ('plant="leak(1)"', 'plant="leak(1)", event={"a": 1}', "it needs code to inject, or an event"),
        ('plant="leak(1)"', 'plant="leak("', "is not valid Python"),
        ('"L2"', '"L1"', "L1 attacks consist of data only"),
        ('plant="leak(1)"', 'plant="leak(1)", noticed_within=5', "no finding reports it"),
        ('plant="leak(1)"', 'plant="leak(1)", finding="residue.nothing"', "is not a finding"),
        ("TECHNIQUE =", "OTHER =", "contains no TECHNIQUE"),
    ],
)
def test_what_lacks_something_is_named(tmp_path: Path, present: str, instead: str, fault: str) -> None:
    assert present in SOURCE
    (tmp_path / "one.py").write_text(SOURCE.replace(present, instead))
    with pytest.raises(TechniqueError, match=re.escape(fault)):
        load_techniques(tmp_path)


def test_nothing_but_techniques_lies_in_the_folder() -> None:
    strays = [path.name for path in FOLDER.iterdir() if path.suffix != ".py" and path.name != "__pycache__"]
    assert strays == []


def test_every_name_of_attack_and_every_family_is_used() -> None:
    techniques = load_techniques()
    assert sorted(ATTACK_NAMES.keys() - {identifier for one in techniques for identifier in one.attack}) == []
    assert sorted(FAMILIES.keys() - {one.family for one in techniques}) == []
