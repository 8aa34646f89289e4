"""Finds modules that are imported in place of a standard or an installed one of the same name."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.modules import RUNTIME, module_of
from dayfly.scan.dependencies.requirement import normalise
from dayfly.scan.model import Confidence, Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.dependencies.requirement import Manifest
    from dayfly.scan.source.project import Project
    from dayfly.scan.template.model import LambdaFunction

# Built into the interpreter or loaded before any path is searched; or names nobody imports as a library.
_NEVER = frozenset(sys.builtin_module_names) | {
    "__main__", "antigravity", "idlelib", "lib2to3", "os", "site", "test", "this", "turtledemo", "zipimport", "sitecustomize",
    "usercustomize", "io", "abc", "codecs", "stat", "posixpath", "genericpath", "__hello__", "__phello__",
}  # fmt: skip
_STANDARD = frozenset(sys.stdlib_module_names) - _NEVER
_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages/$")


def find_shadowing(
    project: Project, manifests: Sequence[Manifest], functions: Sequence[LambdaFunction]
) -> Iterator[Finding]:
    """Findings for top-level modules at import roots; those of a package's own distribution are its own."""
    installed = _installed(project)
    wanted = dict(RUNTIME)
    for manifest in manifests:
        for one in manifest.requirements:
            if not one.group and one.name not in manifest.own_names:
                wanted[one.name] = module_of(one.name)
    by_module = {module: name for name, module in wanted.items()}
    by_module.update({module: name for name, modules in installed.items() for module in modules})
    owned = {path: one.name for one in project.distributions for path in one.files}
    roots = _roots(project, functions)
    for path in sorted(project.python):
        placed = _top_level(path, roots)
        if placed is None:
            continue
        root, module = placed
        owner = owned.get(path, "")
        is_site = bool(_SITE.search(root))
        if module in _STANDARD and not is_site:
            yield _standard(path, module, owner)
        elif module in by_module and not owner and not is_site:
            yield _installed_one(path, module, by_module[module])


def _installed(project: Project) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in project.distributions:
        folder = one.metadata_path.rpartition("/")[0].rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        found[normalise(one.name)] = {
            path.removeprefix(prefix).partition("/")[0].removesuffix(".py")
            for path in one.files
            if path.endswith(".py") and path.startswith(prefix)
        }
    return found


def _roots(project: Project, functions: Sequence[LambdaFunction]) -> tuple[str, ...]:
    """Folders that imports begin at, each with its slash; the scanned folder itself where no template names one."""
    roots = {f"{file.root}/" if file.root else "" for file in project.python.values()}
    code = {one.code.strip("./") for one in functions if one.code is not None}
    if code:
        roots.discard("")
        roots |= {f"{one}/" if one else "" for one in code}
    return tuple(sorted(roots, key=len, reverse=True))


def _top_level(path: str, roots: tuple[str, ...]) -> tuple[str, str] | None:
    """The import root and module of a file that stands directly at a root."""
    for root in roots:
        if path.startswith(root):
            inner = path.removeprefix(root)
            if inner.endswith("/__init__.py") and inner.count("/") == 1:
                return root, inner.partition("/")[0]
            if "/" not in inner and inner != "__init__.py":
                return root, inner.removesuffix(".py")
            return None
    return None


def _standard(path: str, module: str, owner: str) -> Finding:
    is_backport = bool(owner) and module in normalise(owner).replace("-", "_")
    whose = f"{owner} installs it" if owner else "it is in the directory that Lambda searches first"
    return Finding(
        check="dependency.shadowing",
        message=f"{path} is imported instead of the standard module {module}: {whose}",
        place=Place(path, 1),
        severity=Severity.LOW if is_backport else Severity.HIGH if owner else Severity.MEDIUM,
        confidence=Confidence.HIGH if owner else Confidence.MEDIUM,
        harm=f"every library that imports {module} loads this file",
        fix=f"remove {owner}: the standard library has {module}" if is_backport else f"rename {path}",
        evidence={"module": module, "package": owner},
    )


def _installed_one(path: str, module: str, package: str) -> Finding:
    return Finding(
        check="dependency.shadowing",
        message=f"{path} is imported instead of {module} from {package}",
        place=Place(path, 1),
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        harm=f"every import of {module} loads this file, which no lock file or advisory covers",
        fix=f"rename {path}, or install {package} with its metadata if this file is part of that package",
        evidence={"module": module, "package": package},
    )
