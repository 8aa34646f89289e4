"""Make the README's pictures from one real run of the demo; run it on a quiet machine.

`scripts/uv run --frozen python docs/images/make.py` needs Chromium and takes about a minute. Nothing is
written when the run does not show what the demo claims.
"""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from playwright.sync_api import FloatRect, sync_playwright
from rich.console import Console

from dayfly.cli.demo_view import draw_ending, draw_progress
from dayfly.lab.demo.facts import Plan
from dayfly.lab.demo.report import find_origin, render_report
from dayfly.lab.demo.story import Ending, Story

_FOLDER = Path(__file__).parent
_COLUMNS = 80
_REPORT_WIDTH = 1160
# From the page's top to this element's end: the figures, and what happened in act 1.
_LAST_SHOWN = ".legend"
# rich links its font from a content network; a picture in a README may fetch nothing.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def draw_terminal(story: Story, plan: Plan, ending: Ending) -> str:
    """Return the terminal at the demo's end as SVG that fetches nothing."""
    console = Console(
        record=True,
        width=_COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        file=io.StringIO(),
        highlight=False,
    )
    console.print(draw_progress(story.snapshots(), plan=plan))
    console.print(draw_ending(ending))
    svg = _FONT_FACE.sub("", console.export_svg(title="dayfly demo"))
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace")


def photograph(page_file: Path, picture: Path) -> None:
    """Write the top of a report as PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _REPORT_WIDTH, "height": 900}, color_scheme="light")
        page.goto(page_file.as_uri())
        box = page.locator(_LAST_SHOWN).first.bounding_box()
        assert box is not None
        clip = FloatRect(x=0, y=0, width=_REPORT_WIDTH, height=box["y"] + box["height"] + 24)
        page.screenshot(path=picture, full_page=True, clip=clip)
        browser.close()


def main() -> int:
    plan = Plan()
    story = Story(plan, confinement="auto", random=SystemRandom())
    ending = asyncio.run(story.run())
    if ending.reasons:
        sys.stderr.write("\n".join(ending.reasons) + "\n")
        return 1
    (_FOLDER / "demo.svg").write_text(draw_terminal(story, plan, ending), encoding="utf-8")
    made_at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        report.write_text(render_report(ending, origin=find_origin(made_at=made_at)), encoding="utf-8")
        photograph(report, _FOLDER / "report.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
