"""`python -m bench plots`: draw docs/images/workloads-*.svg from the scoreboard's figures; needs the dependency group `bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.rie import ROOT

from bench.digest import Digest, load
from bench.figures import Figure, Metric
from dayfly.errors import DayflyError

MEASURED = ROOT / "docs" / "measured" / "workloads.json"
IMAGES = ROOT / "docs" / "images"
# What it says below the picture, and its file.
TARGETS = (
    (
        "Each workload's whole invocation as a ratio to plain awslambdaric, by contestant",
        "workloads-answer.svg",
    ),
    (
        "What is added to the whole invocation, to CPU per event and to init, in milliseconds",
        "workloads-added.svg",
    ),
    ("Memory of all processes, by contestant", "workloads-memory.svg"),
)
ADDED: tuple[tuple[Metric, str], ...] = (
    ("p50", "added to the whole invocation, ms"),
    ("cpu", "added CPU per event, ms"),
    ("init", "added CPU of init, ms"),
)
# Seen apart by those who do not see red and green apart: Okabe and Ito's, https://jfly.uni-koeln.de/color/
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
# Nothing but the figures decides the bytes of a file.
SETTINGS = {"svg.hashsalt": "dayfly", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}


def draw(found: Digest, folder: Path) -> list[Path]:
    """Write the pictures and return their paths. Raises DayflyError without matplotlib."""
    try:
        # Large, and in a group of its own: only who draws needs it.
        import matplotlib
        from matplotlib.figure import Figure as Picture
    except ImportError as fault:
        raise DayflyError(
            "matplotlib is not installed", hint="uv run --group bench python -m bench plots"
        ) from fault
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for _, name in TARGETS]
    with matplotlib.rc_context(SETTINGS):
        for path, picture in zip(
            paths, (_answer(found, Picture), _added(found, Picture), _memory(found, Picture)), strict=True
        ):
            picture.savefig(path, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    return paths


def _others(found: Digest) -> list[str]:
    return [name for name in found.names if name != found.base]


def _looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    return {
        name: (COLOURS[number % len(COLOURS)], MARKS[(number + number // len(COLOURS)) % len(MARKS)])
        for number, name in enumerate(names)
    }


def _answer(found: Digest, picture_class: Any) -> Any:  # matplotlib is not there where types are checked
    known = _by_key(found, "p50")
    # Those in which isolation matters most come first: where little is done.
    order = sorted(found.functions, key=lambda name: _base(known, name, found.base))
    picture = picture_class(figsize=(9, 0.22 * len(order) + 1.2))
    axes = picture.add_subplot()
    for name, (colour, mark) in _looks(_others(found)).items():
        for at, workload in enumerate(order):
            one = known.get((workload, name))
            if one is None or one.ratio is None:
                continue
            if one.interval is not None:
                axes.plot([*one.interval], [at, at], color=colour, linewidth=1, alpha=0.4)
            axes.plot([one.ratio], [at], mark, color=colour, markersize=4)
        axes.plot([], [], mark, color=colour, label=name)
    axes.axvline(1, color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(
        range(len(order)), [f"{name}  ({_base(known, name, found.base):.1f} ms)" for name in order]
    )
    axes.invert_yaxis()
    axes.set_xlabel("whole invocation, p50, × plain awslambdaric (in brackets its milliseconds)")
    axes.grid(axis="x", alpha=0.3)
    axes.xaxis.set_major_formatter(_plainly)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize=7, frameon=False)
    return picture


def _added(found: Digest, picture_class: Any) -> Any:
    names = _others(found)
    picture = picture_class(figsize=(9, 0.3 * len(names) + 1.2))
    for number, (metric, title) in enumerate(ADDED):
        axes = picture.add_subplot(1, len(ADDED), number + 1)
        differences = [
            [one.added or 0.0 for one in found.figures if (one.metric, one.contestant) == (metric, name)]
            for name in names
        ]
        _boxes(axes, differences)
        axes.axvline(0, color="grey", linewidth=0.8)
        # A loop that starts interpreters adds hundreds of milliseconds and must not hide the rest.
        axes.set_xscale("symlog", linthresh=10)
        axes.xaxis.set_major_formatter(_plainly)
        _label(axes, names if number == 0 else [""] * len(names), title)
    return picture


def _memory(found: Digest, picture_class: Any) -> Any:
    names = found.names
    picture = picture_class(figsize=(9, 0.3 * len(names) + 1.2))
    axes = picture.add_subplot()
    used = [
        [one.value for one in found.figures if (one.metric, one.contestant) == ("memory", name)]
        for name in names
    ]
    _boxes(axes, used)
    axes.set_xlim(left=0)
    _label(axes, names, "anonymous + shared memory of all processes, MB")
    return picture


def _boxes(axes: Any, values: list[list[float]]) -> None:
    """One box for each contestant, from top to bottom; none where nothing was measured."""
    for at, those in enumerate(values):
        if those:
            axes.boxplot(those, positions=[at], orientation="horizontal", widths=0.6, showfliers=False)


def _label(axes: Any, names: list[str], title: str) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(title)
    axes.grid(axis="x", alpha=0.3)


def _plainly(value: float, position: int) -> str:
    """100 and not a power of ten."""
    return f"{value:g}"


def _by_key(found: Digest, metric: Metric) -> dict[tuple[str, str], Figure]:
    return {(one.function, one.contestant): one for one in found.figures if one.metric == metric}


def _base(known: dict[tuple[str, str], Figure], workload: str, base: str) -> float:
    one = known.get((workload, base))
    return one.value if one is not None else 0.0


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; 0 once they are drawn, 2 if they cannot be."""
    options = _parse(arguments)
    try:
        for path in draw(load(options.measured), options.folder):
            print(path)
    except DayflyError as fault:
        print(f"dayfly bench: {fault.message}\n{fault.hint}", file=sys.stderr)
        return 2
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench plots", description=__doc__)
    parser.add_argument("--measured", type=Path, default=MEASURED, metavar="FILE", help="the figures to draw")
    parser.add_argument("--folder", type=Path, default=IMAGES, help="where the pictures go")
    return parser.parse_args(arguments)
