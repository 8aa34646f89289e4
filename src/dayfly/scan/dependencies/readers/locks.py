"""Reads lock files: uv.lock, poetry.lock, pdm.lock, pylock.toml (PEP 751) and Pipfile.lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.readers.lines import Lines, items, load_text, load_toml, table, text
from dayfly.scan.dependencies.requirement import Index, Manifest, Origin, Requirement, normalise, origin_of
from dayfly.scan.model import Note, NoteKind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.source.project import Project


def read_uv_lock(project: Project, path: str) -> Manifest | None:
    loaded = load_toml(project, path)
    if loaded is None:
        return None
    document, lines = loaded
    found, own = [], set()
    for one in map(table, items(document.get("package"))):
        name = normalise(text(one.get("name")))
        source = table(one.get("source"))
        if "virtual" in source or "editable" in source:
            own.add(name)
        found.append(
            _locked(
                one,
                lines,
                url=text(source.get("git")) or text(source.get("url")),
                is_local=any(
                    key in source for key in ("virtual", "editable", "directory", "path", "workspace")
                ),
                is_git="git" in source,
                hashes=_file_hashes([one.get("sdist"), *items(one.get("wheels"))]),
                needs=[text(table(need).get("name")) for need in items(one.get("dependencies"))],
            )
        )
    return Manifest(path, "uv.lock", is_lock=True, requirements=tuple(found), own_names=frozenset(own))


def read_poetry_lock(project: Project, path: str) -> Manifest | None:
    """poetry.lock and pdm.lock, which look alike."""
    loaded = load_toml(project, path)
    if loaded is None:
        return None
    document, lines = loaded
    old_files = table(table(document.get("metadata")).get("files"))  # Poetry before 1.3
    found = []
    for one in map(table, items(document.get("package"))):
        source = table(one.get("source"))
        kind = text(source.get("type"))
        files = items(one.get("files")) or items(old_files.get(text(one.get("name"))))
        found.append(
            _locked(
                one,
                lines,
                url=text(source.get("url") if kind in ("git", "url") else one.get("git") or one.get("url")),
                is_local=kind in ("directory", "file") or "path" in one,
                is_git=kind == "git" or "git" in one,
                revision=text(source.get("resolved_reference")) or text(one.get("revision")),
                hashes=_file_hashes(files),
                needs=[*table(one.get("dependencies"))]
                or [text(need) for need in items(one.get("dependencies"))],
            )
        )
    kind = "pdm.lock" if path.endswith("pdm.lock") else "poetry.lock"
    return Manifest(path, kind, is_lock=True, requirements=tuple(found))


def read_pylock(project: Project, path: str) -> Manifest | None:
    """A lock of PEP 751."""
    loaded = load_toml(project, path)
    if loaded is None:
        return None
    document, lines = loaded
    found = []
    for one in map(table, items(document.get("packages"))):
        vcs, archive = table(one.get("vcs")), table(one.get("archive"))
        found.append(
            _locked(
                one,
                lines,
                url=text(vcs.get("url")) or text(archive.get("url")),
                is_local="directory" in one,
                is_git=bool(vcs),
                revision=text(vcs.get("commit-id")),
                hashes=_file_hashes([one.get("sdist"), archive, *items(one.get("wheels"))]),
                needs=[text(table(need).get("name")) for need in items(one.get("dependencies"))],
            )
        )
    return Manifest(path, "pylock.toml", is_lock=True, requirements=tuple(found))


def read_pipfile_lock(project: Project, path: str) -> Manifest | None:
    content = load_text(project, path)
    if content is None:
        return None
    try:
        document = table(json.loads(content))
    except (ValueError, RecursionError) as error:
        project.notes.append(Note(NoteKind.NOT_ANALYSABLE, f"is not valid JSON: {error}", Place(path)))
        return None
    lines = Lines(path, content)
    indexes = [
        Index(
            text(one.get("url")),
            lines.place(text(one.get("url"))),
            is_unverified=one.get("verify_ssl") is False,
        )
        for one in map(table, items(table(document.get("_meta")).get("sources")))
    ]
    found = []
    for section, group in (("default", ""), ("develop", "group dev")):
        for name, value in table(document.get(section)).items():
            settings = table(value)
            git = text(settings.get("git"))
            found.append(
                Requirement(
                    name=normalise(name),
                    place=lines.place(f'"{name}"'),
                    version=text(settings.get("version")).lstrip("="),
                    hashes=tuple(text(one) for one in items(settings.get("hashes"))),
                    origin=Origin.VCS if git else Origin.LOCAL if "path" in settings else Origin.INDEX,
                    url=f"git+{git}@{text(settings.get('ref'))}" if git else "",
                    group=group,
                )
            )
    return Manifest(path, "Pipfile.lock", is_lock=True, requirements=tuple(found), indexes=tuple(indexes))


def _locked(
    one: Mapping[str, object],
    lines: Lines,
    *,
    url: str,
    is_local: bool,
    is_git: bool,
    hashes: tuple[str, ...],
    needs: list[str],
    revision: str = "",
) -> Requirement:
    name = text(one.get("name"))
    if is_git:
        # uv keeps the commit in the fragment: https://host/repo?rev=main#0123…
        revision = revision or url.rpartition("#")[2]
        url = f"git+{url.partition('#')[0].partition('?')[0].removeprefix('git+')}@{revision}"
    origin = Origin.LOCAL if is_local else Origin.VCS if is_git else origin_of(url) if url else Origin.INDEX
    return Requirement(
        name=normalise(name),
        place=lines.place(f'name = "{name}"'),
        version=text(one.get("version")),
        hashes=hashes,
        origin=origin,
        url=url,
        needs=tuple(sorted({normalise(need) for need in map(_bare, needs) if need})),
        group="group dev" if text(one.get("category")) == "dev" else "",
    )


def _bare(need: str) -> str:
    """The name in `click>=8; python_version < "3.9"`."""
    for index, letter in enumerate(need):
        if not (letter.isalnum() or letter in "-_."):
            return need[:index]
    return need


def _file_hashes(files: list[object]) -> tuple[str, ...]:
    return tuple(_hashes(files))


def _hashes(files: list[object]) -> Iterator[str]:
    for file in map(table, files):
        if text(file.get("hash")):
            yield text(file["hash"])
        for algorithm, digest in table(file.get("hashes")).items():
            yield f"{algorithm}:{text(digest)}"
