"""Files that the function brings along and reads by a constant name: configuration as it will be found there."""

from __future__ import annotations

import configparser
import posixpath
from typing import TYPE_CHECKING

from dayfly.scan.taint.values import Const, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.source.project import Project
    from dayfly.scan.taint.values import Value

# What is longer is data and no configuration.
_MAX_BYTES = 100_000


def read_text(project: Project, name: Value) -> str | None:
    """The text of the one file of the project that is named so; None where there is none, or are several.

    Of a name that is known only in part (`os.path.join(os.path.dirname(__file__), "x.ini")`) the constant end is.
    """
    spelt = ""
    if isinstance(name, Const) and isinstance(name.value, str):
        spelt = name.value
    elif isinstance(name, Text) and isinstance(name.parts[-1], str):
        spelt = name.parts[-1]
    wanted = posixpath.basename(spelt)
    if not wanted or spelt.startswith("/tmp/"):
        return None
    found = [path for path in project.others if path == wanted or path.endswith(f"/{wanted}")]
    tail = "/" + posixpath.normpath(spelt.lstrip("/"))
    exact = [path for path in found if f"/{path}".endswith(tail)]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) != 1:
        return None
    data = project.others[chosen[0]]()
    if len(data) > _MAX_BYTES:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def read_sections(text: str) -> Mapping[str, Mapping[str, str]]:
    """Sections and options as configparser reads them, names as they are spelt; {} where it cannot."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {
        name: dict(parser[name]) for name in (*parser.sections(), *(["DEFAULT"] if parser.defaults() else []))
    }
