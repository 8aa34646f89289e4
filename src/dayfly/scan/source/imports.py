"""Resolves the imports of a project's files: the one place that decides which file an import reads. No I/O."""

from __future__ import annotations

import posixpath
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from dayfly.scan.source.project import PythonFile
from dayfly.scan.source.search_path import OPT, TASK, read_search_path

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator, Sequence

    from dayfly.scan.source.project import Project

STANDARD = frozenset(sys.stdlib_module_names)
_INIT = "__init__.py"
# Nothing outside tests imports from there.
_TESTS = frozenset({"test", "tests", "testing"})


class NamespacePackage(PythonFile):
    """Folders without `__init__.py` that import as one package (PEP 420): empty itself, its modules lie in `folders`."""

    def __init__(self, name: str, folders: tuple[str, ...], *, root: str, is_dependency: bool) -> None:
        super().__init__(_join(folders[0], _INIT), b"", root=root, is_dependency=is_dependency)
        self.folders = folders
        self.module = name


class Imports:
    """Which file of a project an import reads.

    Python looks along `sys.path`, which is not written down anywhere. In the order in which folders are tried:

    1. what the importing file puts first on `sys.path`;
    2. the code folders of the template's functions that contain the file, the innermost first;
    3. the file's own folder and those around it, a folder that is itself a package last;
    4. layers, installed environments and archives;
    5. what any file of the project adds to `sys.path`;
    6. the one nearest folder of the project that has the module: `src/`, `libs/`, the content of a layer.

    The last step is a guess, so it never applies to names of the standard library or of third-party packages.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._python = project.python
        # Every folder that holds Python files at any depth, and whether one of them is the project's own.
        self._folders: dict[str, bool] = {}
        # A top-level name: the folders in which it is a module or package.
        self._homes: dict[str, list[str]] = {}
        for path, file in project.python.items():
            self._learn(path, is_own=not file.is_dependency)
        self._found: dict[tuple[str, str], tuple[PythonFile, ...]] = {}
        self._bases: dict[str, tuple[str, ...]] = {}

    def _learn(self, path: str, *, is_own: bool) -> None:
        below = path
        while True:
            folder = _parent(below)
            if folder is None:
                return
            name = posixpath.basename(below).removesuffix(".py")
            if below == path or below not in self._folders:
                self._homes.setdefault(name, []).append(folder)
            if below != path:
                self._folders[below] = self._folders.get(below, False) or is_own
            below = folder
            if not folder or folder.endswith("!"):
                self._folders[folder] = self._folders.get(folder, False) or is_own
                return

    def find(self, name: str, *, seen_from: PythonFile) -> PythonFile | None:
        """The file that `import name` reads in `seen_from`; None where the project does not have it."""
        chain = self._chain(name, seen_from)
        return chain[-1] if chain else None

    def find_top(self, name: str, *, seen_from: PythonFile) -> PythonFile | None:
        """The file of what `import a.b.c` binds: of `a`."""
        chain = self._chain(name, seen_from)
        return chain[0] if chain else self.find(name.partition(".")[0], seen_from=seen_from)

    def find_from(self, node: ast.ImportFrom, *, seen_from: PythonFile) -> PythonFile | None:
        """The file of the module or package that `from … import` names; None where the project does not have it."""
        return self.find_relative(node.level, node.module or "", seen_from=seen_from)

    def find_relative(self, level: int, name: str, *, seen_from: PythonFile) -> PythonFile | None:
        """As `find`, of a name with as many dots in front; 0 is an absolute import."""
        if not level:
            return self.find(name, seen_from=seen_from) if name else None
        folder = _parent(seen_from.path)
        for _ in range(level - 1):
            # A package may be scanned without what is around it.
            folder = _parent(folder) if folder else folder
        package: PythonFile | None = self._package(folder or "", seen_from)
        for part in name.split(".") if name else ():
            package = self.find_child(package, part) if package is not None else None
        return package

    def find_child(self, package: PythonFile, name: str) -> PythonFile | None:
        """The module `name` of a package; None where it has none, or `package` is a module."""
        if isinstance(package, NamespacePackage):
            return self._within(package.folders, name, f"{package.module}.{name}", package)
        if not package.is_package:
            return None
        return self._within((_parent(package.path) or "",), name, f"{package.module}.{name}", package)

    def is_ambiguous(self, name: str) -> bool:
        """Say whether a top-level name is that of a well-known package and of a module somewhere in the project."""
        is_declared = name.lower() in self._project.declared
        return not is_declared and name.lower() in self._project.well_known and bool(self._own_homes(name))

    def _own_homes(self, name: str) -> list[str]:
        """The folders in which a name is a top-level module or package of the project's own."""
        return [
            folder
            for folder in dict.fromkeys(self._homes.get(name, ()))
            if not self._is_regular(folder)
            and self._folders.get(folder, False)
            and not _TESTS & set(folder.split("/"))
        ]

    def _chain(self, name: str, seen_from: PythonFile) -> tuple[PythonFile, ...]:
        """The files of `a`, `a.b` and `a.b.c` for `a.b.c`; empty where the whole of it is not there."""
        if not name or name.startswith("."):
            return ()
        own = seen_from.path if seen_from.path in self._added else _parent(seen_from.path) or ""
        key = (name, own)
        if key not in self._found:
            self._found[key] = self._search(name.split("."), seen_from)
        return self._found[key]

    def _search(self, parts: list[str], seen_from: PythonFile) -> tuple[PythonFile, ...]:
        is_standard = parts[0] in STANDARD
        is_foreign = is_standard or parts[0].lower() in self._project.declared
        bases = self._bases_of(seen_from)
        for base in bases:
            if is_standard and self._is_regular(base):
                continue  # modules within a package hide nothing of the standard library
            chain = self._follow(parts, base, bases, seen_from)
            # A folder without `__init__.py` comes after every module and package on the path.
            if chain and not (is_foreign and isinstance(chain[0], NamespacePackage)):
                return chain
        if is_foreign or parts[0].lower() in self._project.well_known:
            return ()
        chain = self._follow(parts, self._nearest(parts, seen_from), bases, seen_from)
        if chain or parts[0] != self._project.folder:
            return chain
        # The scanned folder is the package.
        package = self._package("", seen_from)
        return self._extend((package,), parts[1:]) if package is not None and "" in self._folders else ()

    def _follow(
        self, parts: list[str], base: str | None, bases: Iterable[str], seen_from: PythonFile
    ) -> tuple[PythonFile, ...]:
        if base is None:
            return ()
        top = self._within((base,), parts[0], parts[0], seen_from)
        if top is None:
            return ()
        if isinstance(top, NamespacePackage):
            everywhere = [_join(one, parts[0]) for one in (base, *bases)]
            top = self._namespace(parts[0], [one for one in everywhere if self._is_namespace(one)], seen_from)
        return self._extend((top,), parts[1:])

    def _extend(self, chain: tuple[PythonFile, ...], parts: Sequence[str]) -> tuple[PythonFile, ...]:
        for part in parts:
            inner = self.find_child(chain[-1], part)
            if inner is None:
                return ()
            chain = (*chain, inner)
        return chain

    def _within(
        self, folders: Iterable[str], name: str, dotted: str, seen_from: PythonFile
    ) -> PythonFile | None:
        """As Python's path finder: in each folder a package, then a module; folders without `__init__.py` last."""
        portions = []
        for folder in folders:
            inner = _join(folder, name)
            found = self._python.get(f"{inner}/{_INIT}") or self._python.get(f"{inner}.py")
            if found is not None:
                return found
            if inner in self._folders:
                portions.append(inner)
        return self._namespace(dotted, portions, seen_from) if portions else None

    def _package(self, folder: str, seen_from: PythonFile) -> PythonFile:
        """The package that a folder is."""
        found = self._python.get(_join(folder, _INIT))
        if found is not None:
            return found
        portions = [folder]
        bases = self._bases_of(seen_from)
        for base in bases:
            if base and folder.startswith(f"{base}/"):
                inner = folder[len(base) + 1 :]
            elif not base and folder:
                inner = folder
            else:
                continue
            portions += [one for other in bases if self._is_namespace(one := _join(other, inner))]
        return self._namespace(folder.replace("/", "."), portions, seen_from)

    def _namespace(self, name: str, folders: Iterable[str], seen_from: PythonFile) -> NamespacePackage:
        chosen = tuple(dict.fromkeys(folders))
        is_dependency = not any(self._folders.get(one, False) for one in chosen)
        return NamespacePackage(name, chosen, root=seen_from.root, is_dependency=is_dependency)

    def _is_namespace(self, folder: str) -> bool:
        return folder in self._folders and not self._is_regular(folder) and f"{folder}.py" not in self._python

    def _is_regular(self, folder: str) -> bool:
        return bool(folder) and f"{folder}/{_INIT}" in self._python

    def _bases_of(self, file: PythonFile) -> tuple[str, ...]:
        """The folders that imports of a file may begin at, each once, in order."""
        key = file.path if file.path in self._added else _parent(file.path) or ""
        if key not in self._bases:
            self._bases[key] = tuple(dict.fromkeys(self._in_order(file)))
        return self._bases[key]

    def _in_order(self, file: PythonFile) -> Iterator[str]:
        own = self._added.get(file.path, ())
        yield from (folder for folder, is_first in own if is_first)
        around = list(_around(file.path))
        code = self._project.code_folders
        yield from (folder for folder in around if folder in code)
        yield from (folder for folder in around if not self._is_regular(folder))
        yield from (folder for folder, _ in own)
        yield from (folder for folder in around if self._is_regular(folder))
        yield from self._roots
        for path in sorted(self._added):
            yield from (folder for folder, _ in self._added[path])

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        roots = {file.root for file in self._python.values()}
        return tuple(sorted(roots, key=lambda root: (-len(root), root)))

    @cached_property
    def _added(self) -> dict[str, tuple[tuple[str, bool], ...]]:
        """By file: what it adds to `sys.path`, and whether it puts it first."""
        found = {}
        for file in self._project.own_files():
            added = tuple(
                (folder, one.is_first)
                for one in read_search_path(file)
                for folder in self._meant(one.path, file)
                if folder in self._folders
            )
            if added:
                found[file.path] = added
        return found

    def _meant(self, path: str, file: PythonFile) -> Iterator[str]:
        """Folders of the project that an entry of `sys.path` may mean at run time."""
        if path == OPT or path.startswith(OPT + "/"):
            # A layer's content is unpacked there.
            layers = [_parent(root) for root in self._roots if posixpath.basename(root) == "python"]
            yield from (_join(layer, path[len(OPT) + 1 :]) for layer in layers if layer is not None)
        elif path == TASK or path.startswith(TASK + "/"):
            inner = path[len(TASK) + 1 :]
            around = list(_around(file.path))
            code = [folder for folder in around if folder in self._project.code_folders]
            yield from (_join(folder, inner) for folder in code or around)
        elif not path.startswith("/"):
            yield "" if path == "." else path

    def _nearest(self, parts: list[str], seen_from: PythonFile) -> str | None:
        """The folder that shares the most folders with the file and has the module; None where several do."""
        shared: dict[str, int] = {}
        for folder in self._own_homes(parts[0]):
            inner = _join(folder, "/".join(parts))
            if inner in self._folders or f"{inner}.py" in self._python:
                shared[folder] = len(posixpath.commonpath(["/" + folder, "/" + seen_from.path]))
        best = [folder for folder, count in shared.items() if count == max(shared.values())]
        return best[0] if len(best) == 1 else None


def absolute_name(file: PythonFile, node: ast.ImportFrom) -> str:
    """The dotted name of what `from … import` names, seen from the file's import root; "" for the root itself."""
    if not node.level:
        return node.module or ""
    parts = file.module.split(".") if file.module else []
    drop = node.level - 1 if file.is_package else node.level
    kept = parts[: max(len(parts) - drop, 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _parent(path: str) -> str | None:
    """The folder of a path; an archive's content has the folder `….zip!` and nothing around it; None for the root."""
    if not path or path.endswith("!"):
        return None
    return path.rpartition("/")[0]


def _around(path: str) -> Iterator[str]:
    """The folders around a path, the innermost first."""
    folder = _parent(path)
    while folder is not None:
        yield folder
        folder = _parent(folder)
