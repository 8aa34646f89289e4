"""A handler that cannot be found is refused with what there is instead; nothing is run to find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.lab.handler_check import check_handler
from dayfly.lab.model import LabError


@pytest.mark.parametrize(
    ("source", "handler", "text"),
    [
        ("def handler(e, c): ...", "app", "not valid"),
        ("def handler(e, c): ...", "app.no-name", "not valid"),
        ("def handler(e, c): ...", "other.handler", "no module 'other'"),
        ("def handler(e, c): ...", "app.main", "has no 'main'"),
        ("def handler(e, c)", "app.handler", "app.py:1: syntax error: expected"),
        ("def outer():\n  def handler(e, c): ...", "app.handler", "has no 'handler'"),
    ],
)
def test_a_handler_that_is_not_there_is_refused(tmp_path: Path, source: str, handler: str, text: str) -> None:
    (tmp_path / "app.py").write_text(source)
    with pytest.raises(LabError, match=text):
        check_handler(tmp_path, handler)


@pytest.mark.parametrize(
    "source",
    [
        "def handler(e, c): ...",
        "async def handler(e, c): ...",
        "handler = lambda e, c: None",
        "from other import handler",
        "import other.thing as handler",
        "from other import *",
        "try:\n  import x\nexcept ImportError:\n  handler = None",
        "handler: object = print",
        "raise SystemExit('never run')\nclass handler: ...",
    ],
)
def test_every_way_to_bind_a_handler_passes(tmp_path: Path, source: str) -> None:
    (tmp_path / "app.py").write_text(source)
    check_handler(tmp_path, "app.handler")


def test_modules_in_folders_and_compiled_ones_pass(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "app.py").write_text("def handler(e, c): ...")
    (tmp_path / "native.cpython-313-x86_64-linux-gnu.so").write_bytes(b"")
    check_handler(tmp_path, "pkg.app.handler")
    check_handler(tmp_path, "pkg/app.handler")
    check_handler(tmp_path, "native.handler")
