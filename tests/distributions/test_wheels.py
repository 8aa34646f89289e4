"""What is in the wheels: each file in one of them, nothing but its layer in the runtime's, attacks in the gauntlet's alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest
from tests.interpreters import UV
from tests.rie import ROOT
from tests.wheels import (
    BUILD,
    DAYFLY,
    GAUNTLET,
    PROJECTS,
    RUNTIME,
    files_of,
    metadata_of,
    modules_of,
    run,
    wheel_of,
)

import dayfly
from dayfly.attach.build import native_programs, own_sources
from dayfly.attach.layout import HOME
from dayfly.lab.demo import act
from dayfly.lab.gauntlet.honest import samples
from dayfly.lab.gauntlet.plugins import find_attacks, find_protections
from dayfly.lab.gauntlet.technique import FOLDER
from dayfly.lab.trying.attack import FILE_NAME
from dayfly.scan.checks import CHECKS
from dayfly.scan.report.lesson import folder_of

pytestmark = pytest.mark.slow  # the first builds all of them
SOURCE = ROOT / "src"
# What every image downloads. It was 495,000 bytes when it became a distribution, and the native programs took 400,000.
RUNTIME_LIMIT_BYTES = 1_000_000


def test_every_file_of_the_source_is_in_exactly_one_wheel() -> None:
    kept = [path for path in (SOURCE / "dayfly").rglob("*") if path.is_file()]
    source = {path.relative_to(SOURCE).as_posix() for path in kept if path.parent.name != "__pycache__"}
    found = Counter(
        name
        for distribution in PROJECTS
        for name in files_of(wheel_of(distribution))
        if ".dist-info/" not in name
    )
    assert len(source) > 1000
    assert [name for name, count in found.items() if count > 1] == []
    assert sorted(found.keys() ^ source) == []


def test_the_runtime_wheel_is_what_a_layer_holds_and_requires_awslambdaric_alone(
    record_property: Callable[[str, object], None],
) -> None:
    wheel = wheel_of(RUNTIME)
    package = Path(dayfly.__file__).parent
    layer = {source.path for source in own_sources(package)}
    programs = {entry.path.replace(HOME, "dayfly"): entry.data for entry in native_programs(package)}
    files = {name: data for name, data in files_of(wheel).items() if ".dist-info/" not in name}
    assert files.keys() == layer | programs.keys() | {"dayfly/py.typed"}
    # Compiled anew for the wheel, from the same sources.
    assert {name: files[name] for name in programs} == programs
    assert metadata_of(wheel, "Requires-Dist") == ["awslambdaric>=3.0"]
    assert not [name for name in files_of(wheel) if name.endswith("entry_points.txt")]
    size = wheel.stat().st_size
    record_property("bytes of the runtime's wheel", size)
    assert size < RUNTIME_LIMIT_BYTES


def test_all_have_one_version_and_require_each_other_at_it() -> None:
    version = dayfly.__version__
    assert {name: metadata_of(wheel_of(name), "Version")[0] for name in PROJECTS} == dict.fromkeys(
        PROJECTS, version
    )
    required = {
        name: [one for one in metadata_of(wheel_of(name), "Requires-Dist") if one.startswith("dayfly")]
        for name in PROJECTS
    }
    assert required[GAUNTLET] == [f"dayfly=={version}"]
    assert required[DAYFLY][0] == f"dayfly-runtime=={version}"
    # Not pinned here: it pins this package itself.
    assert set(required[DAYFLY][1:]) == {
        f"dayfly-gauntlet; extra == '{extra}'" for extra in ("all", "gauntlet")
    }


def test_attacks_and_what_is_to_be_attacked_are_in_the_gauntlet_alone() -> None:
    techniques = [one for brought in find_attacks().values() for one in brought]
    pages = [folder_of(check) for check in CHECKS.values()]
    folders = {
        *(technique.function for technique in techniques),
        *pages,
        FOLDER,
        Path(samples.__file__).parent,
        Path(act.__file__).with_name("functions"),
    }
    modules = {type(protection).__module__ for protection in find_protections().values()}
    assert len(techniques) > 100
    assert len([page for page in pages if (page / FILE_NAME).is_file()]) > 20
    for name in (RUNTIME, DAYFLY):
        files = [SOURCE / file for file in files_of(wheel_of(name))]
        assert [file for file in files if folders.intersection(file.parents)] == []
        assert [file for file in files if "requirements" in file.parts] == []
        assert modules & modules_of(wheel_of(name)) == set()


def test_no_wheel_imports_from_one_that_may_be_missing() -> None:
    graph = grimp.build_graph("dayfly", cache_dir=None)
    runtime, middle, gauntlet = (modules_of(wheel_of(name)) for name in (RUNTIME, DAYFLY, GAUNTLET))
    assert {"dayfly.runtime", "dayfly.attach.enter"} <= runtime
    assert {"dayfly.cli.main", "dayfly.attach.build"} <= middle
    assert {"dayfly.cli.demo", "dayfly.lab.gauntlet"} <= gauntlet
    for own, above in ((runtime, middle | gauntlet), (middle, gauntlet)):
        wrong = [
            f"{module} imports {imported}"
            for module in sorted(own & graph.modules)
            for imported in graph.find_modules_directly_imported_by(module) & above
        ]
        assert wrong == []


@pytest.mark.parametrize("name", PROJECTS)
def test_a_wheel_from_the_checkout_equals_the_one_from_the_source_archive(name: str, tmp_path: Path) -> None:
    # `uv build` without --wheel, as for the other tests, goes by the source archive.
    run(UV, *BUILD, "--wheel", "--out-dir", str(tmp_path), str(PROJECTS[name]), cwd=ROOT)
    (direct,) = tmp_path.glob("*.whl")
    ours, theirs = files_of(direct), files_of(wheel_of(name))
    assert sorted(ours) == sorted(theirs)
    assert [file for file, data in ours.items() if theirs[file] != data] == []
    assert any(file.endswith("licenses/LICENSE") for file in ours)
