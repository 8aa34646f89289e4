"""Tells code of the deployment, and code made of texts that the guard let pass, from code that came otherwise.

The file name of a code object is what its author says it is. So it is looked for, by what it does, among the code that
the file holds.
"""

from __future__ import annotations

import sys
from types import CodeType

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.guard.places import Places

    Signature = tuple[object, ...]

# Of texts that were compiled while events were served: a megabyte, then nothing made of text is called foreign.
_MANY_CHARACTERS = 1 << 20
# What `from __future__` adds to the flags of code that inherits it.
_OWN_FLAGS = 0xFFF
_LOADERS = frozenset(("SourceFileLoader", "SourcelessFileLoader", "zipimporter", "ExtensionFileLoader"))
_LOADER_MODULES = frozenset(("_frozen_importlib_external", "importlib._bootstrap_external", "zipimport"))
_FROZEN = "<frozen "


class KnownCode:
    """Answers for code objects; reads a file at the first question about code that claims to be of it."""

    __slots__ = ("_characters", "_files", "_generated", "_places", "_texts")

    def __init__(self, places: Places) -> None:
        self._places = places
        self._files: dict[str, frozenset[Signature]] = {}
        self._texts: dict[str | bytes, None] = {}
        self._generated: set[Signature] = set()
        self._characters = 0

    @property
    def is_forgetful(self) -> bool:
        return self._characters > _MANY_CHARACTERS

    def remember(self, source: str | bytes) -> None:
        """A text was let pass: what is compiled of it is known from here on."""
        if source in self._texts or self.is_forgetful:
            return
        self._characters += len(source)
        if not self.is_forgetful:
            self._texts[source] = None

    def is_known(self, code: CodeType) -> bool:
        """Say whether `code` is Dayfly's, of a file of the deployment, or compiled from a text that was let pass."""
        if self.is_of_file(code):
            return True
        if self._texts:
            for text in self._texts:
                self._generated |= _compiled(text)
            self._texts.clear()
        name = code.co_filename
        return signature(code) in self._generated or (
            self.is_forgetful and not self._places.is_deployed(name)
        )

    def is_of_file(self, code: CodeType) -> bool:
        """Say whether `code` is Dayfly's, or of the file of the deployment whose name it has."""
        name = code.co_filename
        return owncode.is_own(code) or (
            self._places.is_deployed(name) and signature(code) in self._of_file(name)
        )

    def _of_file(self, name: str) -> frozenset[Signature]:
        found = self._files.get(name)
        if found is None:
            code = self._load(name)
            found = self._files[name] = _signatures(code) if code is not None else frozenset()
        return found

    def _load(self, name: str) -> CodeType | None:
        """Return the code of a file as the import system would load it; None where there is none, or it has changed."""
        if not name.startswith(_FROZEN) and self._places.is_planted(name):
            return None
        for module in list(sys.modules.values()):
            spec = getattr(module, "__spec__", None)
            if spec is None or not _is_of(module, spec, name):
                continue
            loader = spec.loader
            kind = loader if isinstance(loader, type) else type(loader)
            if kind.__module__ in _LOADER_MODULES and kind.__name__ not in _LOADERS:
                continue
            if kind.__name__ in _LOADERS or kind.__name__ == "FrozenImporter":
                return _code_of(loader, spec.name)
        return _read(name)


def _is_of(module: object, spec: object, name: str) -> bool:
    if name.startswith(_FROZEN):
        return name == f"{_FROZEN}{getattr(spec, 'name', '')}>"
    return getattr(module, "__file__", None) == name or getattr(spec, "origin", None) == name


def _code_of(loader: object, name: str) -> CodeType | None:
    try:
        code = loader.get_code(name)  # type: ignore[attr-defined]
    except (ImportError, OSError, SyntaxError, ValueError, EOFError):
        return None
    return code if isinstance(code, CodeType) else None


def _read(name: str) -> CodeType | None:
    """Return what a file's text compiles to, where no module says that it is of it."""
    try:
        with open(name, "rb") as file:
            return compile(file.read(), name, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return None


def _compiled(text: str | bytes) -> frozenset[Signature]:
    for mode in ("exec", "eval"):
        try:
            return _signatures(compile(text, "", mode, dont_inherit=True))
        except (SyntaxError, ValueError):
            continue
    return frozenset()


def _signatures(code: CodeType) -> frozenset[Signature]:
    return frozenset(map(signature, owncode.within(code)))


def signature(code: CodeType) -> Signature:
    """Return what code does, without where it says it comes from: equal for equal instructions, names and constants."""
    return (
        code.co_name,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags & _OWN_FLAGS,
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        tuple(_constant(one) for one in code.co_consts),
    )


def _constant(value: object) -> object:
    if isinstance(value, CodeType):
        return signature(value)
    if isinstance(value, tuple):
        return tuple(_constant(one) for one in value)
    if isinstance(value, frozenset):
        return frozenset(_constant(one) for one in value)
    # 1, 1.0 and True are equal, and so are the two zeros.
    return (type(value).__name__, repr(value) if isinstance(value, (float, complex)) else value)
