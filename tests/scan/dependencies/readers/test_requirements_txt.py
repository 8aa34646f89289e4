"""Requirements files are read as pip reads them."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import project_of

from dayfly.scan.dependencies.readers.requirements_txt import read_requirements
from dayfly.scan.dependencies.requirement import Manifest, Origin
from dayfly.scan.model import NoteKind
from dayfly.scan.source.project import Project

HASH = "sha256:" + "ab" * 32
COMMIT = "8b1a9953c4611296a827abf8c47804d7e6c49c6b"


def read(text: str, **others: str) -> tuple[Manifest, Project]:
    project = project_of(
        {"requirements.txt": text, **{name.replace("_", "."): content for name, content in others.items()}}
    )
    manifest = read_requirements(project, "requirements.txt")
    assert manifest is not None
    return manifest, project


@pytest.mark.parametrize(
    ("line", "name", "version", "specifier"),
    [
        ("requests==2.31.0", "requests", "2.31.0", "==2.31.0"),
        ("Requests == 2.31.0  # pinned", "requests", "2.31.0", "==2.31.0"),
        ("requests===2.31.0", "requests", "2.31.0", "===2.31.0"),
        ("requests==2.31.*", "requests", "", "==2.31.*"),
        ("requests>=2,<3", "requests", "", "<3,>=2"),
        ("requests", "requests", "", ""),
        ("requests[socks,security]~=2.31", "requests", "", "~=2.31"),
        ('Flask_Cors==6.0 ; python_version >= "3.9"', "flask-cors", "6.0", "==6.0"),
    ],
)
def test_a_line_is_a_name_and_a_version(line: str, name: str, version: str, specifier: str) -> None:
    (one,) = read(line)[0].requirements
    assert (one.name, one.version, one.specifier) == (name, version, specifier)
    assert one.is_exact is bool(version)


def test_a_line_goes_on_after_a_backslash_and_holds_hashes() -> None:
    manifest, _ = read(f"requests==2.31.0 \\\n    --hash={HASH} \\\n    # why\n    --hash={HASH}\nsix==1.0\n")
    first, second = manifest.requirements
    assert first.hashes == (HASH, HASH)
    assert first.place.line == 1
    assert second.place.line == 5
    assert not second.is_hashed


def test_files_are_included_once_and_constraints_pin() -> None:
    manifest, project = read(
        "-r base.txt\n-c constraints.txt\nrequests\n",
        base_txt="six==1.0\n-r requirements.txt\n",
        constraints_txt="requests==2.31.0\nother==1\n",
    )
    assert [(one.name, one.version, one.place.path) for one in manifest.requirements] == [
        ("six", "1.0", "base.txt"),
        ("requests", "2.31.0", "requirements.txt"),
    ]
    assert project.notes == []


@pytest.mark.parametrize(
    "line",
    [
        "-r absent.txt",
        "--requirement=../outside.txt",
        "-c https://host.example/constraints.txt",
        "-r /etc/passwd",
    ],
)
def test_what_is_included_and_not_there_is_said(line: str) -> None:
    _, project = read(line + "\nsix==1\n")
    assert [note.kind for note in project.notes] == [NoteKind.NOT_RESOLVED]


@pytest.mark.parametrize(
    ("line", "name", "origin", "is_exact", "is_hashed"),
    [
        (f"acme @ git+https://host.example/acme@{COMMIT}", "acme", Origin.VCS, True, False),
        ("acme @ git+https://host.example/acme@main", "acme", Origin.VCS, False, False),
        (f"git+ssh://git@host.example/acme.git@{COMMIT}#egg=acme", "acme", Origin.VCS, True, False),
        ("-e git+https://host.example/acme.git#egg=acme", "acme", Origin.VCS, False, False),
        ("-e .", ".", Origin.LOCAL, True, False),
        ("./vendored/acme", "acme", Origin.LOCAL, True, False),
        ("https://host.example/acme-1.2-py3-none-any.whl", "acme", Origin.ARCHIVE, True, False),
        ("acme @ https://host.example/acme.zip#sha256=" + "ab" * 32, "acme", Origin.ARCHIVE, True, True),
        ("acme @ https://host.example/acme.zip", "acme", Origin.ARCHIVE, False, False),
    ],
)
def test_sources_other_than_an_index_are_told_apart(
    line: str, name: str, origin: Origin, is_exact: bool, is_hashed: bool
) -> None:
    (one,) = read(line)[0].requirements
    assert (one.origin, one.is_exact, one.is_hashed) == (origin, is_exact, is_hashed)
    assert name == "." or one.name == name


def test_indexes_are_noted_and_other_options_passed_over() -> None:
    manifest, _ = read(
        "-i https://a.example/simple\n--extra-index-url=https://b.example/simple\n--extra-index-url https://c.example\n"
        "--trusted-host d.example\n--no-binary :all:\n--pre\n-f https://e.example/links\nsix==1\n"
    )
    assert [(one.url, one.is_extra, one.is_unverified) for one in manifest.indexes] == [
        ("https://a.example/simple", False, False),
        ("https://b.example/simple", True, False),
        ("https://c.example", True, False),
        ("d.example", False, True),
        ("https://e.example/links", True, False),
    ]
    assert [one.name for one in manifest.requirements] == ["six"]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# nothing\n", "??? !!\n", "==1.0\n", "\\\n", "a" * 100_000, "\ufeffsix==1\n"]
)
def test_nonsense_is_passed_over(text: str) -> None:
    project = project_of({"requirements.txt": text})
    assert read_requirements(project, "requirements.txt") is not None


def test_what_is_no_text_is_noted() -> None:
    project = project_of({"requirements.txt": b"\xff\xfa\x00six"})
    assert read_requirements(project, "requirements.txt") is None
    assert [note.kind for note in project.notes] == [NoteKind.NOT_ANALYSABLE]
