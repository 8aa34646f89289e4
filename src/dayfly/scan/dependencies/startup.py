"""Finds what every interpreter runs at its start: `.pth` files with import lines, sitecustomize, usercustomize."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.source.project import Project

_MAX_LINE = 1_000
_MAX_BYTES = 1_000_000
# Lines that well-known installers and packages write; the whole line, and nothing in it that may be anything: what
# could be added to one would pass for it.
_NAMESPACE = r"(?:'[\w.-]+',? ?)+"
_KNOWN = (
    # setuptools; its editable installs; hatch's; virtualenv; pywin32
    re.compile(
        r"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os\.environ\.get\(var, '(?:local|stdlib)'\) == 'local'; "
        r"enabled and __import__\('_distutils_hack'\)(?:\.add_shim\(\))?;? ?"
    ),
    re.compile(r"import (?P<finder>__editable___\w+_finder); (?P=finder)\.install\(\)"),
    re.compile(r"import (?:_editable_impl_\w+|_virtualenv|pywin32_bootstrap)"),
    # coverage, before and since 7.10; what its documentation tells people to write
    re.compile(
        r"import sys; exec\('try: import coverage; coverage\.process_startup\(\)\\nexcept (?:ImportError|Exception): pass'\)"
    ),
    re.compile(
        re.escape(
            'import sys; exec(\'import os\\n\\nif os.getenv("COVERAGE_PROCESS_START") or os.getenv("COVERAGE_PROCESS_CONFIG"):\\n try:\\n'
            '  import coverage\\n except:\\n  pass\\n else:\\n  coverage.process_startup(slug="pth")\')'
        )
    ),
    re.compile(r"import coverage; coverage\.process_startup\(\)"),
    # setuptools for namespace packages: matplotlib, Google's, zope, sphinxcontrib, …
    re.compile(
        rf"import sys, ?types, ?os; ?(?:has_mfs = sys\.version_info > \(3, 5\); ?)?p = os\.path\.join\(sys\._getframe\(1\)\.f_locals"
        rf"\['sitedir'\], \*\({_NAMESPACE}\)\); ?(?:importlib = has_mfs and __import__\('importlib\.util'\); ?has_mfs and "
        rf"__import__\('importlib\.machinery'\); ?)?m = (?:has_mfs and sys\.modules\.setdefault\('[\w.]+', ?importlib\.util\.module_from_spec"
        rf"\(importlib\.machinery\.PathFinder\.find_spec\('[\w.]+', ?\[os\.path\.dirname\(p\)\]\)\)\); ?m = m or )?"
        rf"sys\.modules\.setdefault\('[\w.]+', ?types\.ModuleType\('[\w.]+'\)\); ?mp = \(m or \[\]\) and m\.__dict__\.setdefault"
        rf"\('__path__', ?\[\]\); ?\(p not in mp\) and mp\.append\(p\)(?:; ?m and setattr\(sys\.modules\['[\w.]+'\], ?'\w+', ?m\))?"
    ),
)
_PLAIN_IMPORT = re.compile(r"import\s+(?P<module>[A-Za-z_][\w.]*)\s*(?:;\s*(?P=module)(?:\.\w+)+\(\)\s*)?;?")
_ALARMING = re.compile(
    r"\b(?:exec|eval|compile|__import__|getattr|b64decode|b85decode|decompress|fromhex|urlopen|socket|subprocess|Popen"
    r"|system|popen|marshal|ctypes|requests|environ|codecs|lambda|base64)\b"
)


def find_startup(project: Project) -> Iterator[Finding | Note]:
    """Findings for import lines that no well-known installer writes, and for modules of start-up's names."""
    owned = {path: one.name for one in project.distributions for path in one.files}
    for path in sorted(project.others):
        if path.endswith(".pth") and _is_at_root(project, path):
            yield from _path_file(project, path, owned.get(path, ""))
    for path in sorted(project.python):
        name = path.rpartition("/")[2]
        if name in ("sitecustomize.py", "usercustomize.py") and _is_at_root(project, path):
            owner = owned.get(path, "")
            yield Finding(
                check="dependency.startup",
                message=f"{name} runs in every interpreter that finds it"
                + (f": {owner} installs it" if owner else ""),
                place=Place(path, 1),
                severity=Severity.HIGH if owner else Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                harm="it runs at init before the handler's module, and in every child process of the function",
                evidence={"package": owner},
            )


def _is_at_root(project: Project, path: str) -> bool:
    """Whether the file stands where the interpreter looks: directly in a folder that imports begin at."""
    folder = path.rpartition("/")[0]
    if folder.endswith(("site-packages", "dist-packages", "python", "!")) or not folder:
        return True
    return folder in {file.root for file in project.python.values()}


def _path_file(project: Project, path: str, owner: str) -> Iterator[Finding | Note]:
    data = project.read(path)
    if len(data) > _MAX_BYTES:
        yield Note(NoteKind.BOUNDED, f"has more than {_MAX_BYTES:,} bytes: not read", Place(path))
        return
    # site reads it as UTF-8 and falls back to the locale; what it takes for a line is split by \n, \r and \r\n.
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        if line.startswith(("import ", "import\t")):
            finding = _import_line(line.rstrip(), Place(path, number, 1, number, len(line) + 1), owner)
            if finding is not None:
                yield finding


def _import_line(line: str, place: Place, owner: str) -> Finding | None:
    if any(known.fullmatch(line) for known in _KNOWN):
        return None
    plain = _PLAIN_IMPORT.fullmatch(line)
    alarming = sorted({match.group() for match in _ALARMING.finditer(line)})
    if plain is not None:
        what, severity = f"it imports {plain['module']}", Severity.LOW
    elif alarming or len(line) > _MAX_LINE:
        words = ", ".join(alarming[:4]) or f"{len(line):,} characters on one line"
        what, severity = f"its line uses {words}", Severity.HIGH
    else:
        what, severity = "its line runs code", Severity.MEDIUM
    whose = f" of {owner}" if owner else ""
    return Finding(
        check="dependency.startup",
        message=f"{place.path.rpartition('/')[2]}{whose} runs code at the start of every interpreter: {what}",
        place=place,
        severity=severity,
        confidence=Confidence.HIGH if alarming else Confidence.MEDIUM,
        harm="it runs in the build, at init and in every child process, even if no code imports the package",
        evidence={"package": owner},
    )
