"""Finds the files that name requirements and reads each with its reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.readers.locks import (
    read_pipfile_lock,
    read_poetry_lock,
    read_pylock,
    read_uv_lock,
)
from dayfly.scan.dependencies.readers.pyproject import (
    read_pip_configuration,
    read_pipfile,
    read_pyproject,
    read_setup_cfg,
)
from dayfly.scan.dependencies.readers.requirements_txt import read_requirements

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.scan.dependencies.requirement import Manifest
    from dayfly.scan.source.project import Project

_READERS: dict[str, Callable[[Project, str], Manifest | None]] = {
    "pyproject.toml": read_pyproject,
    "Pipfile": read_pipfile,
    "setup.cfg": read_setup_cfg,
    "pip.conf": read_pip_configuration,
    "pip.ini": read_pip_configuration,
    "uv.lock": read_uv_lock,
    "poetry.lock": read_poetry_lock,
    "pdm.lock": read_poetry_lock,
    "Pipfile.lock": read_pipfile_lock,
}
_REQUIREMENTS = re.compile(r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|requirements/[\w.-]+)\.txt$")
_PYLOCK = re.compile(r"(?:^|/)pylock(?:\.[^./]+)?\.toml$")
# Words of files and folders whose packages are not deployed.
_DEVELOPMENT = re.compile(
    r"(?:^|[/._-])(?:dev|develop|development|test|tests|testing|docs?|lint|ci|build|examples?)(?:[/._-]|$)"
)


def read_manifests(project: Project) -> tuple[Manifest, ...]:
    """All of them by path; those that belong to an installed package are its own business and left out."""
    installed = {path for one in project.distributions for path in one.files}
    found = []
    for path in sorted(project.others):
        if path in installed or "site-packages/" in path or "dist-packages/" in path:
            continue
        manifest = _read(project, path)
        if manifest is not None:
            found.append(manifest)
    included = {
        one.place.path
        for manifest in found
        for one in manifest.requirements
        if one.place.path != manifest.path
    }
    return tuple(one for one in found if one.path not in included)


def is_development(path: str) -> bool:
    return bool(_DEVELOPMENT.search(path.removesuffix(".txt")))


def _read(project: Project, path: str) -> Manifest | None:
    name = path.rpartition("/")[2]
    if name in _READERS:
        return _READERS[name](project, path)
    if _PYLOCK.search(path):
        return read_pylock(project, path)
    if _REQUIREMENTS.search(path):
        return read_requirements(project, path, group="development" if is_development(path) else "")
    return None
