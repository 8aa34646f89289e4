"""What an analysis depends on: the content of the files that it read, and which files their imports mean."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dayfly.scan.source.project import Project, PythonFile

# Import statements by their look, since a parse of every file at every scan is what this saves. What is matched in a
# text as well makes nothing but a comparison more.
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^#\n]*)|import[ \t]+([^#\n]+))"
    rb"|(?:import_module|__import__)\([ \t\n]*[\"']([\w.]+)[\"']",
    re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"[\w.]+")


class Resolution:
    """Digests of a project's files, each made once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._digests: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._imports: dict[str, tuple[str, ...]] = {}

    def digest(self, path: str) -> str:
        """The digest of a Python file's content, "" where there is none."""
        if path not in self._digests:
            file = self._project.python.get(path)
            self._digests[path] = hashlib.sha256(file.data).hexdigest() if file is not None else ""
        return self._digests[path]

    def reached(self, file: PythonFile) -> frozenset[str]:
        """The function's own files that a file imports, directly or not, itself included."""
        found: set[str] = set()
        waiting = [file]
        while waiting:
            one = waiting.pop()
            if one.path not in found:
                found.add(one.path)
                reached = (self._project.python.get(path) for path in self._targets(one))
                waiting += [file for file in reached if file is not None and not file.is_dependency]
        return frozenset(found)

    def _targets(self, file: PythonFile) -> Iterable[str]:
        return [name.rpartition("=")[2] for name in self._meant(file)]

    def states(self, paths: Iterable[str]) -> Mapping[str, str]:
        """By path: the file's content and what its imports lead to."""
        return {path: self._state(path) for path in sorted(paths)}

    def is_current(self, states: Mapping[str, str]) -> bool:
        """Say whether every file is as it was, and means the same files."""
        return bool(states) and all(self._state(path) == state for path, state in states.items())

    def _state(self, path: str) -> str:
        if path not in self._states:
            file = self._project.python.get(path)
            if file is None:
                # Another file of the project (a template): its absence and presence are told apart, its content
                # by what reads it.
                self._states[path] = "there" if path in self._project.others else ""
            else:
                meant = "\0".join(self._meant(file))
                whole = f"{self.digest(path)}\0{file.root}\0{file.is_dependency}\0{meant}"
                self._states[path] = hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()
        return self._states[path]

    def _meant(self, file: PythonFile) -> Sequence[str]:
        """`name=path` of every import, the path "" where it means nothing of the project."""
        if file.path not in self._imports:
            self._imports[file.path] = tuple(self._find_imports(file))
        return self._imports[file.path]

    def _find_imports(self, file: PythonFile) -> Iterator[str]:
        """Every import, and the file it reads; of a package the file of each name as well."""
        imports = self._project.imports
        for origin, names, modules, called in _IMPORT.findall(file.data.replace(b"\\\n", b" ")):
            for part in (called or modules).decode("utf-8", "replace").split(","):
                if match := _WORD.match(part.strip()):
                    name = match.group()
                    inner = name.lstrip(".")
                    level = len(name) - len(inner)
                    found = imports.find_relative(level, inner, seen_from=file)
                    yield f"{name}={_path(found)}"
                    parents = inner.split(".")[:-1] if not level else []
                    # Of what is not there, the package that it should be in may be.
                    known = len(parents) if found is not None else min(len(parents), 1)
                    for count in range(1, known + 1):
                        outer = ".".join(parents[:count])
                        yield f"{outer}={_path(imports.find(outer, seen_from=file))}"
            if called or modules:
                continue
            base = origin.decode("utf-8", "replace")
            inner = base.lstrip(".")
            package = imports.find_relative(len(base) - len(inner), inner, seen_from=file)
            yield f"{base}={_path(package)}"
            for part in _COMMENT.sub("", names.decode("utf-8", "replace")).strip("()").split(","):
                if match := _WORD.match(part.strip()):
                    child = imports.find_child(package, match.group()) if package is not None else None
                    yield f"{base}:{match.group()}={_path(child)}"
            if package is not None and names.strip() == b"*":
                # `__all__` may name any module of the package.
                prefix = package.path.removesuffix("__init__.py")
                yield from (
                    f"{base}:*={path}"
                    for path in sorted(self._project.python)
                    if package.is_package and path.startswith(prefix) and path.count("/") == prefix.count("/")
                )


def _path(file: PythonFile | None) -> str:
    return file.path if file is not None else ""
