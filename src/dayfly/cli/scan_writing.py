"""A scan's result as the text of a file, in each format, and written so that no half of it is ever there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from typing import TYPE_CHECKING, assert_never

from rich.console import Console

from dayfly.cli.scan_view import draw_outcome
from dayfly.errors import DayflyError
from dayfly.scan.report.document import as_json

if TYPE_CHECKING:
    from pathlib import Path

    from dayfly.cli.scan import Format
    from dayfly.scan.report.outcome import Outcome

_WIDTH = 100


def render(outcome: Outcome, chosen: Format) -> str:
    """The whole text, with a newline at its end."""
    if chosen == "text":
        text = io.StringIO()
        console = Console(file=text, width=_WIDTH, highlight=False, color_system=None, force_terminal=False)
        console.print(draw_outcome(outcome, width=_WIDTH), crop=False)
        return "\n".join(line.rstrip() for line in text.getvalue().split("\n"))
    if chosen == "json":
        return json.dumps(as_json(outcome), indent=2) + "\n"
    if chosen == "sarif":
        from dayfly.scan.report.sarif import as_sarif

        return json.dumps(as_sarif(outcome), indent=1) + "\n"
    if chosen == "html":
        from dayfly.scan.report.page import as_html

        return as_html(outcome)
    assert_never(chosen)


def write_text(path: Path, text: str) -> None:
    """Replace the file as one; DayflyError where it cannot be written."""
    temporary = ""
    try:
        if path.exists() and not path.is_file():
            # /dev/stdout and the like cannot be replaced.
            path.write_text(text, encoding="utf-8")
            return
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.chmod(temporary, 0o644 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise DayflyError(
            f"{path} cannot be written: {error.strerror}", hint="choose another file"
        ) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
