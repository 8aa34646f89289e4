"""Put the corpus together: what was written by hand, and source by flow by sink out of the tables.

The same tables always give the same cases in the same order; nothing is drawn.
"""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

from tests.scan.corpus.flows import FLOWS, Flow, Kind
from tests.scan.corpus.sinks import CATEGORIES, Category, Sink
from tests.scan.corpus.sources import SOURCES, Source
from tests.scan.corpus.twins import MAIN, Case, pair, read_pairs

SAMPLES = Path(__file__).parent / "samples"
_WAIT = re.compile(r"@wait\((.+)\)$", re.MULTILINE)


@functools.cache
def corpus() -> tuple[Case, ...]:
    """Every case, unsafe and safe twins next to each other."""
    return tuple(case for category in CATEGORIES for twins in pairs(category) for case in twins)


def pairs(category: Category) -> list[tuple[Case, Case]]:
    """The pairs of one category."""
    written = SAMPLES / f"{category.check}.twins"
    by_hand = list(read_pairs(written.read_text("utf-8"), category.check)) if written.exists() else []
    return [*by_hand, *_generated(category)]


def _generated(category: Category) -> list[tuple[Case, Case]]:
    """Every other flow that makes sense, with the category's sinks and fitting sources by turns."""
    turn = [one.check for one in CATEGORIES].index(category.check)
    made: list[tuple[Case, Case]] = []
    for number, flow in enumerate(FLOWS):
        if flow.kind not in category.kinds or (number + turn) % 2:
            continue
        sinks = [sink for sink in category.sinks if _fits(flow, sink)]
        if not sinks:
            continue
        sink = sinks[len(made) % len(sinks)]
        sources = [
            source
            for source in SOURCES
            if (not sink.style or source.style == sink.style) and source.shape not in category.without
        ]
        source = sources[(7 * len(made) + 3 * turn) % len(sources)]
        made.append(compose(category, source, flow, sink))
    return made


def _fits(flow: Flow, sink: Sink) -> bool:
    if "(" not in sink.clean:
        return flow.kind is not Kind.TEXT or sink.clean.startswith(('"', "'"))
    # Drawn once at init it would be no token any more.
    return "@clean" not in flow.module and not any("@clean" in text for text in flow.files.values())


def compose(category: Category, source: Source, flow: Flow, sink: Sink) -> tuple[Case, Case]:
    """The twins of one source, one flow and one sink."""
    read = f"name = {sink.dirty}" if sink.dirty else source.read
    body = "\n".join(part for part in (read, flow.body, sink.body) if part)
    if not sink.returns and source.answer:
        body += "\n" + source.answer
    sections = [
        "\n".join(
            dict.fromkeys("\n".join(part for part in (flow.imports, sink.imports) if part).split("\n"))
        ),
        source.imports,
        sink.module,
        flow.module,
        source.head + "\n" + _indented(body, source.indent) + _after(source),
    ]

    def filled(text: str) -> str:
        text = text.replace("@reject", source.reject).replace("@pattern", category.pattern)
        text = _WAIT.sub(r"await \1" if source.is_async else r"asyncio.run(\1)", text)
        if "@length" in text:
            text = text.replace("@length", str(len(ast.literal_eval(sink.clean))))
        return text.replace("@clean", sink.clean)

    name = re.sub(r"[^a-z0-9]+", "-", flow.construct.lower()).strip("-")
    files = {MAIN: filled("\n\n\n".join(section for section in sections if section))}
    files.update({path: filled(text) for path, text in flow.files.items()})
    shape = "no source" if sink.dirty else source.shape
    return pair(name, category.check, flow.construct, shape, files, is_written=False)


def _after(source: Source) -> str:
    if source.after.startswith(" "):
        return "\n" + source.after
    return f"\n\n\n{source.after}" if source.after else ""


def _indented(text: str, blanks: int) -> str:
    lines = []
    for line in text.split("\n"):
        mark = line[:1] if line[:1] in "+-" else ""
        lines.append(mark + " " * blanks + line.removeprefix(mark) if line else line)
    return "\n".join(lines)
