"""Renders the console's pages: Jinja with everything escaped, and the few filters that pages need."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from litestar import Request
from litestar.datastructures import State
from litestar.response import Response

from dayfly import __version__
from dayfly.fleet.console import span as spans
from dayfly.fleet.console.query import finding_path, function_path
from dayfly.fleet.console.text import plain, sentence, shorten

Asked = Request[object, object, State]
STATIC = Path(__file__).parent / "static"
SEVERITY_WORDS = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation; `key` is what follows `g` on the keyboard, `group` "" or "admin"."""

    path: str
    label: str
    key: str
    group: str = ""

    def is_at(self, path: str) -> bool:
        """Say whether `path` is this entry's page or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION = (
    Entry("/", "Overview", "o"),
    Entry("/findings", "Findings", "f"),
    Entry("/functions", "Functions", "u"),
    Entry("/coverage", "Coverage", "c"),
    Entry("/lifetimes", "Lifetimes", "l"),
    Entry("/rules", "Rules", "r"),
    Entry("/ingest", "Ingest", "i"),
    Entry("/actions/retire", "Recycle jobs", "t"),
    Entry("/admin/users", "Users", "p", "admin"),
    Entry("/admin/audit", "Audit log", "a", "admin"),
    Entry("/admin/quarantine", "Quarantine", "q", "admin"),
)


@cache
def environment() -> Environment:
    """The one Jinja environment; what others append to its loader's `loaders` may extend base.html."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("dayfly.fleet.console", "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        asset=asset, severity_words=SEVERITY_WORDS, navigation=NAVIGATION, version=__version__
    )
    made.filters.update(
        plain=plain, short=shorten,
        sentence=sentence, duration=duration, seconds=seconds, micro=micro, count=count, share=share,
        utc=utc, iso=spans.iso, function_path=function_path, finding_path=finding_path, hexadecimal=hexadecimal,
        data=_data, bytes=in_bytes,
    )  # fmt: skip
    return made


def render(request: Asked, name: str, code: int = 200, **values: object) -> Response[str]:
    """Answer with a page. `request.scope["user"]` is the signed-in user, `request.state.csrf_token` the token of its forms."""
    text = (
        environment()
        .get_template(name)
        .render(
            path=request.url.path,
            user=request.scope.get("user"),
            csrf_token=getattr(request.state, "csrf_token", ""),
            **values,
        )
    )
    # Pages hold data of the signed-in user: no cache may keep them.
    return Response(text, media_type="text/html", status_code=code, headers={"Cache-Control": "no-store"})


@cache
def asset(name: str) -> str:
    """The address of a static file. It changes with the content, so that browsers may cache the file for ever."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


def duration(value: float | None) -> str:
    """Format seconds: 45 s, 12 min, 3.5 h, 2 days."""
    if value is None:
        return "—"
    if value < 1:
        return f"{max(value, 0) * 1000:.0f} ms"
    if value < 90:
        return f"{value:.0f} s"
    if value < 5400:
        return f"{value / 60:.0f} min"
    if value < 129_600:
        return f"{value / 3600:.1f} h".replace(".0 h", " h")
    return f"{value / 86_400:.1f} days".replace(".0 days", " days")


def seconds(value: float) -> str:
    """Write seconds with three digits that matter."""
    return duration(value)


def micro(value: float | None) -> str:
    """Write microseconds: 640 µs, 1.24 ms, 3.1 s."""
    if value is None:
        return "—"
    if value < 1000:
        return f"{value:.0f} µs"
    if value < 1_000_000:
        return f"{value / 1000:.3g} ms"
    return f"{value / 1_000_000:.3g} s"


def count(value: float | None) -> str:
    """Write a count with thin spaces between thousands."""
    return "—" if value is None else f"{value:,.0f}".replace(",", "\u2009")


def share(value: float | None) -> str:
    """Format a share as a percentage; write 0 % and 100 % only for exact values."""
    if value is None:
        return "—"
    if 0 < value < 0.001:
        return "< 0.1 %"
    if 0.999 < value < 1:
        return "> 99.9 %"
    return f"{value * 100:.1f} %".replace(".0 %", " %")


def in_bytes(value: float) -> str:
    """Write bytes: 640 B, 12 kB, 3.4 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def utc(moment: datetime) -> str:
    """Write a naive UTC moment for people."""
    year = "" if moment.year == datetime.now().year else f" {moment.year}"
    return f"{moment.day} {moment.strftime('%b')}{year} {moment.strftime('%H:%M:%S')} UTC"


def hexadecimal(number: int) -> str:
    """Write an identifier as the logs do: 16 hexadecimal digits."""
    return f"{int(number):016x}"


def _data(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
