"""Reads what pyproject.toml, Pipfile and setup.cfg declare: PEP 621, PEP 735, Poetry, PDM, uv."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.readers.lines import Lines, items, load_text, load_toml, table, text
from dayfly.scan.dependencies.requirement import (
    Index,
    Manifest,
    Origin,
    Requirement,
    exact_version,
    normalise,
    origin_of,
    parse_requirement,
)
from dayfly.scan.model import Note, NoteKind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.source.project import Project

# Poetry's indexes that are asked for a name only when the primary ones do not have it, or when a package says so.
_POETRY_LATER = frozenset({"explicit", "supplemental"})


def read_pyproject(project: Project, path: str) -> Manifest | None:
    loaded = load_toml(project, path)
    if loaded is None:
        return None
    document, lines = loaded
    metadata = table(document.get("project"))
    tool = table(document.get("tool"))
    poetry = table(tool.get("poetry"))
    found = [
        *_listed(metadata.get("dependencies"), lines),
        *(
            one
            for group, listed in table(metadata.get("optional-dependencies")).items()
            for one in _listed(listed, lines, f"extra {group}")
        ),
        *(
            one
            for group, listed in table(document.get("dependency-groups")).items()
            for one in _listed(listed, lines, f"group {group}")
        ),
        *(
            one
            for group, listed in table(table(tool.get("pdm")).get("dev-dependencies")).items()
            for one in _listed(listed, lines, f"group {group}")
        ),
        *_listed(table(tool.get("uv")).get("dev-dependencies"), lines, "group dev"),
        *_poetry(poetry, lines),
    ]
    own = {normalise(text(name)) for name in (metadata.get("name"), poetry.get("name")) if text(name)}
    sources = _redirected(table(table(tool.get("uv")).get("sources")), lines)
    requirements = tuple(sources.get(one.name, one) if one.origin is Origin.INDEX else one for one in found)
    return Manifest(
        path,
        "pyproject.toml",
        is_lock=False,
        requirements=requirements,
        indexes=tuple(_indexes(tool, poetry, lines)),
        own_names=frozenset(own),
    )


def _listed(value: object, lines: Lines, group: str = "") -> Iterator[Requirement]:
    for one in items(value):
        if text(one):
            found = parse_requirement(text(one), lines.place(text(one)), group=group)
            if found is not None:
                yield found


def _poetry(poetry: Mapping[str, object], lines: Lines) -> Iterator[Requirement]:
    yield from _named(poetry.get("dependencies"), lines, "")
    yield from _named(poetry.get("dev-dependencies"), lines, "group dev")
    for group, value in table(poetry.get("group")).items():
        yield from _named(table(value).get("dependencies"), lines, f"group {group}")


def _named(value: object, lines: Lines, group: str) -> Iterator[Requirement]:
    """Tables of Poetry and Pipenv: a name, and a version or a table that says where it is from."""
    for name, spec in table(value).items():
        if name.lower() == "python":
            continue
        for one in items(spec) or [spec]:
            place = lines.place_of_name(name)
            settings = table(one)
            is_optional = settings.get("optional") is True
            yield _one_named(
                name, text(one), settings, place, "extra" if is_optional and not group else group
            )


def _one_named(
    name: str, version: str, settings: Mapping[str, object], place: Place, group: str
) -> Requirement:
    specifier = version or text(settings.get("version"))
    hashes = tuple(text(one) for one in items(settings.get("hashes")))
    url, origin = "", Origin.INDEX
    if text(settings.get("git")):
        revision = text(settings.get("rev")) or text(settings.get("ref"))
        revision = revision or text(settings.get("tag")) or text(settings.get("branch"))
        url, origin = f"git+{text(settings['git']).removeprefix('git+')}@{revision}", Origin.VCS
    elif text(settings.get("url")) or text(settings.get("file")):
        url = text(settings.get("url")) or text(settings.get("file"))
        origin = origin_of(url)
    elif "path" in settings or settings.get("workspace") is True or settings.get("editable") is True:
        url, origin = text(settings.get("path")), Origin.LOCAL
    return Requirement(
        name=normalise(name),
        place=place,
        specifier=_pep440(specifier),
        version=exact_version(_pep440(specifier)),
        hashes=hashes,
        origin=origin,
        url=url,
        group=group,
    )


def _pep440(specifier: str) -> str:
    """Poetry's `^1.2`, `~1.2`, `1.2` and `*` in the words of PEP 440."""
    if specifier.strip() in ("", "*"):
        return ""
    return ",".join(_one_pep440(part.strip()) for part in specifier.split(","))


def _one_pep440(part: str) -> str:
    if part.startswith("^"):
        numbers = part[1:].strip().split(".")
        kept = next(
            (index for index, number in enumerate(numbers) if number not in ("0", "")), len(numbers) - 1
        )
        if not numbers[kept].isdigit():
            return ""
        upper = [*numbers[:kept], str(int(numbers[kept]) + 1)]
        return f">={'.'.join(numbers)},<{'.'.join(upper)}"
    if part.startswith("~") and not part.startswith("~="):
        numbers = part[1:].strip().split(".")
        kept = min(1, len(numbers) - 1)
        if not numbers[kept].isdigit():
            return ""
        return f">={'.'.join(numbers)},<{'.'.join([*numbers[:kept], str(int(numbers[kept]) + 1)])}"
    return f"=={part}" if part[:1].isdigit() else part


def _redirected(sources: Mapping[str, object], lines: Lines) -> dict[str, Requirement]:
    """`[tool.uv.sources]`: packages that come from elsewhere than an index."""
    found = {}
    for name, value in sources.items():
        for one in items(value) or [value]:
            settings = table(one)
            if "index" not in settings:
                place = lines.place_of_name(name)
                found[normalise(name)] = _one_named(name, "", settings, place, "")
    return found


def _indexes(tool: Mapping[str, object], poetry: Mapping[str, object], lines: Lines) -> Iterator[Index]:
    for one in map(table, items(poetry.get("source"))):
        is_later = text(one.get("priority")).lower() in _POETRY_LATER
        url = text(one.get("url"))
        is_only = len(items(poetry.get("source"))) == 1 and text(one.get("priority")) in (
            "primary",
            "default",
        )
        if url:
            yield Index(url, lines.place(url), is_extra=not is_later and not is_only)
    uv = table(tool.get("uv"))
    # uv takes a name from the first index that has it, unless it is told to compare them all.
    is_unsafe = text(uv.get("index-strategy")).startswith("unsafe")
    for one in map(table, items(uv.get("index"))):
        url = text(one.get("url"))
        if url:
            yield Index(url, lines.place(url), is_extra=is_unsafe and one.get("explicit") is not True)
    for url in [text(one) for one in items(uv.get("extra-index-url"))]:
        yield Index(url, lines.place(url), is_extra=is_unsafe)
    if text(uv.get("index-url")):
        yield Index(text(uv["index-url"]), lines.place(text(uv["index-url"])))
    for one in map(table, items(table(tool.get("pdm")).get("source"))):
        url = text(one.get("url"))
        if url:
            is_extra = text(one.get("name")) != "pypi" and not one.get("include_packages")
            yield Index(
                url, lines.place(url), is_extra=is_extra, is_unverified=one.get("verify_ssl") is False
            )


def read_pipfile(project: Project, path: str) -> Manifest | None:
    loaded = load_toml(project, path)
    if loaded is None:
        return None
    document, lines = loaded
    indexes = []
    for one in map(table, items(document.get("source"))):
        url = text(one.get("url"))
        # Since 2022 pipenv asks a second source only for packages that name it.
        indexes.append(Index(url, lines.place(url), is_unverified=one.get("verify_ssl") is False))
    found = (
        *_named(document.get("packages"), lines, ""),
        *_named(document.get("dev-packages"), lines, "group dev"),
    )
    return Manifest(path, "Pipfile", is_lock=False, requirements=found, indexes=tuple(indexes))


def _configuration(project: Project, path: str) -> tuple[configparser.ConfigParser, Lines] | None:
    """An ini file and where its lines stand; None, with a note, where it is none."""
    content = load_text(project, path)
    if content is None:
        return None
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(content)
    except configparser.Error as error:
        message = str(error).partition("\n")[0]
        project.notes.append(
            Note(NoteKind.NOT_ANALYSABLE, f"is not a valid configuration file: {message}", Place(path))
        )
        return None
    return parser, Lines(path, content)


def read_setup_cfg(project: Project, path: str) -> Manifest | None:
    """`install_requires` and extras of setup.cfg; None where it declares nothing."""
    read = _configuration(project, path)
    if read is None:
        return None
    parser, lines = read
    wanted = [("", parser.get("options", "install_requires", fallback=""))]
    if parser.has_section("options.extras_require"):
        wanted += [(f"extra {name}", value) for name, value in parser.items("options.extras_require")]
    found = []
    for group, value in wanted:
        for line in value.splitlines():
            one = (
                parse_requirement(line.strip(), lines.place(line.strip()), group=group)
                if line.strip()
                else None
            )
            if one is not None:
                found.append(one)
    name = parser.get("metadata", "name", fallback="")
    own = frozenset({normalise(name)} if name else ())
    return (
        Manifest(path, "setup.cfg", is_lock=False, requirements=tuple(found), own_names=own)
        if found
        else None
    )


def read_pip_configuration(project: Project, path: str) -> Manifest | None:
    """The indexes that a pip.conf beside the code tells every pip there; None where it names none."""
    read = _configuration(project, path)
    if read is None:
        return None
    parser, lines = read
    indexes = []
    for section in parser.sections():
        for option, value in parser.items(section):
            for url in value.split():
                if option in ("index-url", "extra-index-url", "find-links") and "://" in url:
                    indexes.append(Index(url, lines.place(url), is_extra=option != "index-url"))
                elif option == "trusted-host":
                    indexes.append(Index(url, lines.place(url), is_unverified=True))
    return (
        Manifest(path, "pip.conf", is_lock=False, requirements=(), indexes=tuple(indexes))
        if indexes
        else None
    )
