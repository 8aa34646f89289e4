"""The templates that attach and detach are tried on, and their texts in other shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from dayfly.attach.templates.model import Options, Template
from dayfly.attach.templates.reading import parse

_FOLDER = Path(__file__).with_name("samples")
PATHS = sorted(path for path in _FOLDER.iterdir() if path.name != "expected.json")
OPTIONS = Options(settings={"DAYFLY_GUARD": "observe"})


class Expected(TypedDict):
    """What attach does to a sample: names, and for each gap a part of its reason."""

    attached: list[str]
    gaps: dict[str, str]


def expected() -> dict[str, Expected]:
    found: dict[str, Expected] = json.loads((_FOLDER / "expected.json").read_text())
    return found


def text_of(path: Path) -> str:
    return path.read_bytes().decode()


def sample(name: str) -> Template:
    path = next(path for path in PATHS if path.name.startswith(name))
    return parse(text_of(path), path.name)


def shapes(text: str) -> Iterator[tuple[str, str]]:
    """The same template as other editors would have saved it."""
    yield "as it is", text
    yield "CRLF", text.replace("\n", "\r\n")
    yield "BOM", "\ufeff" + text
    yield "no last line end", text.rstrip("\n")
    yield "CRLF, BOM and no last line end", "\ufeff" + text.rstrip("\n").replace("\n", "\r\n")
    yield "many last line ends", text + "\n\n  \n"
    yield "white space at line ends", text.replace(":\n", ":  \n")
