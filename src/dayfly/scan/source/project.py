"""What a scan reads, held in memory: Python files that parse on demand, and every other file as bytes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.source.parsing import NotAnalysableError, decode, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dayfly.scan.source.imports import Imports
    from dayfly.scan.source.limits import Limits


class PythonFile:
    """One Python file.

    `path` is relative to the scanned root. `root` is the directory its imports begin at (`""` for the scanned
    root), `module` its dotted name seen from there (`pkg.__init__` is `pkg`). `is_dependency` says that it
    came from a package index and not from the function's authors.
    """

    def __init__(self, path: str, data: bytes, *, root: str = "", is_dependency: bool = False) -> None:
        self.path = path
        self.data = data
        self.root = root
        self.is_dependency = is_dependency
        self._problem: Note | None = None
        self._is_parsed = False
        self._tree: ast.Module | None = None

    @cached_property
    def module(self) -> str:
        inner = self.path[len(self.root) + 1 :] if self.root else self.path
        parts = inner.rpartition("!/")[2].removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join(parts)

    @property
    def is_package(self) -> bool:
        return self.path.endswith("/__init__.py") or self.path == "__init__.py"

    @cached_property
    def text(self) -> str:
        """The decoded text; "" where it cannot be decoded (`problem` says why)."""
        try:
            return decode(self.data)
        except NotAnalysableError as error:
            self._note(error)
            return ""

    @cached_property
    def source_lines(self) -> list[str]:
        return self.text.split("\n")

    @property
    def line_count(self) -> int:
        return self.data.count(b"\n") + (not self.data.endswith(b"\n") and bool(self.data))

    @property
    def tree(self) -> ast.Module | None:
        """The parsed module, the same object at every call; None where it is not analysable."""
        if not self._is_parsed:
            self._is_parsed = True
            text = self.text
            if self._problem is None:
                try:
                    self._tree = parse(text, self.path)
                except NotAnalysableError as error:
                    self._note(error)
        return self._tree

    @property
    def problem(self) -> Note | None:
        """Why there is no tree; None where there is one."""
        _ = self.tree
        return self._problem

    def forget(self) -> None:
        """Let go of tree and text: a large project need not hold every tree at once."""
        if self._problem is None:
            self._is_parsed = False
            self._tree = None
            self.__dict__.pop("text", None)
            self.__dict__.pop("source_lines", None)

    def place(self, node: ast.AST) -> Place:
        """Where `node` stands; columns in characters (the parser counts bytes of UTF-8)."""
        line = getattr(node, "lineno", 0)
        end_line = getattr(node, "end_lineno", None) or line
        return Place(
            self.path,
            line,
            self._column(line, getattr(node, "col_offset", 0)),
            end_line,
            self._column(end_line, getattr(node, "end_col_offset", None) or 0),
        )

    def _column(self, line: int, offset: int) -> int:
        if not 0 < line <= len(self.source_lines):
            return 0
        text = self.source_lines[line - 1]
        return offset + 1 if text.isascii() else len(text.encode()[:offset].decode(errors="ignore")) + 1

    def _note(self, error: NotAnalysableError) -> None:
        place = Place(self.path, error.line, 1 if error.line else 0)
        self._problem = Note(NoteKind.NOT_ANALYSABLE, error.message, place, error.hint)


@dataclass(frozen=True)
class Distribution:
    """An installed package: from its `*.dist-info` or `*.egg-info`; `files` are paths within the project."""

    name: str
    version: str
    metadata_path: str
    files: tuple[str, ...] = ()


@dataclass
class Project:
    """Everything one scan reads.

    `name` is what the user named, `folder` the name of the folder that it is on the disk. `python` and `others` map
    a path to its file or to a function that reads its bytes (bounded). `code_folders` are those that templates
    deploy as a function's code; `declared` holds the top-level modules of the packages that the project depends on,
    `well_known` those of the most downloaded ones, both in lower case.
    """

    name: str
    python: dict[str, PythonFile] = field(default_factory=dict)
    others: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    distributions: list[Distribution] = field(default_factory=list)
    count: int = 0  # of files
    size: int = 0  # bytes held or known of
    folder: str = ""
    code_folders: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    well_known: frozenset[str] = frozenset()

    def add(self, path: str, data: bytes, limits: Limits) -> None:
        """Take a file that has been read."""
        self.count += 1
        self.size += len(data)
        if not path.endswith(".py"):
            self.others[path] = lambda: data
        elif len(data) > limits.python_file:
            self.notes.append(
                Note(
                    NoteKind.BOUNDED,
                    f"has {len(data):,} bytes; the limit is {limits.python_file:,}",
                    Place(path),
                )
            )
        else:
            self.python[path] = PythonFile(path, data)

    def add_lazily(self, path: str, full: str, size: int, limits: Limits) -> None:
        """Know of a file that is read when a check asks for it, at most as many bytes as allowed."""

        def read() -> bytes:
            try:
                with open(full, "rb") as file:
                    return file.read(limits.other_file)
            except OSError as error:
                self.notes.append(
                    Note(NoteKind.NOT_ANALYSABLE, f"cannot be read: {error.strerror}", Place(path))
                )
                return b""

        self.count += 1
        self.size += size
        self.others[path] = read

    def own_files(self) -> Iterator[PythonFile]:
        """Python files of the function's authors, by path."""
        return (file for _, file in sorted(self.python.items()) if not file.is_dependency)

    def read(self, path: str) -> bytes:
        """The bytes of any file of the project; KeyError where there is none."""
        if path in self.python:
            return self.python[path].data
        return self.others[path]()

    def read_text(self, path: str) -> str | None:
        """UTF-8 text of a file that is not Python; None with a note where it is no such text."""
        try:
            return self.read(path).decode("utf-8-sig")
        except UnicodeDecodeError:
            self.notes.append(Note(NoteKind.NOT_ANALYSABLE, "is not UTF-8 text", Place(path)))
            return None

    @cached_property
    def imports(self) -> Imports:
        """Where the imports of its files lead; made once the files and `code_folders` are known."""
        from dayfly.scan.source.imports import Imports  # that module needs this one's classes

        return Imports(self)

    def find_module(self, name: str, *, seen_from: PythonFile) -> PythonFile | None:
        """The file that `import name` reads in `seen_from`; None where the project does not have it."""
        return self.imports.find(name, seen_from=seen_from)

    def trees(self, files: Iterable[PythonFile]) -> Iterator[tuple[PythonFile, ast.Module]]:
        """Files with a tree; the problem of the others becomes a note, once."""
        for file in files:
            tree = file.tree
            if tree is not None:
                yield file, tree
            elif file.problem is not None and file.problem not in self.notes:
                self.notes.append(file.problem)
