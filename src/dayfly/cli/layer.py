"""`dayfly layer build`: the layer that puts Dayfly on a function of a managed runtime."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.attach.build import TESTED, BuiltLayer, build_layer
from dayfly.attach.layout import MAX_BYTES, parse_pythons
from dayfly.cli.output import Output


def build(
    *,
    output: Path = Path("dayfly-layer.zip"),
    python: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Build the layer for AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly.

    The layer holds bytecode for the Python of your function's runtime (--python; by default the one this
    command runs on). On another Python the function runs without Dayfly. The same inputs give the same bytes.
    Nothing is sent anywhere; docs/layer.md tells how to publish it.

    Examples:

        dayfly layer build --python 3.12
        dayfly layer build --python 3.12,3.13 --output build/dayfly.zip
        dayfly layer build --json

    Parameters
    ----------
    output
        The zip file to write.
    python
        Version to compile for, found on this machine; several, separated by commas, load slower.
    json
        Print one JSON object instead.
    """
    out = Output(is_json=json)
    pythons = parse_pythons(python if python is not None else f"{sys.version_info[0]}.{sys.version_info[1]}")
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(out.console.status("building")).update if out.is_live else _say_nothing
        layer = build_layer(output, pythons, tell=tell)
    for name, version in layer.clients.items():
        if version != TESTED[name]:
            out.warn(f"{name} {version} is put in as a fallback; Dayfly was tested with {TESTED[name]}")
    if json:
        out.json(_described(layer))
        return 0
    out.say(f"wrote {layer.path}", style="bold green")
    out.say(
        f"{layer.bytes:,} bytes, {layer.unzipped_bytes:,} unzipped (limit {MAX_BYTES:,}), {layer.files} files"
    )
    out.say(f"sha256 {layer.sha256}")
    out.say("bytecode for Python " + (", ".join(layer.compiled) or "none"))
    if layer.not_compiled:
        without = ", without the guard" if layer.compiled else ""
        out.warn(
            f"no interpreter of Python {', '.join(layer.not_compiled)} was found here: such a function compiles "
            f"Dayfly at each cold start{without}"
        )
    out.say("next: publish it and set AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly (docs/layer.md)")
    return 0


def _say_nothing(_step: str) -> None:
    return None


def _described(layer: BuiltLayer) -> dict[str, object]:
    return {
        "path": str(layer.path),
        "sha256": layer.sha256,
        "bytes": layer.bytes,
        "unzipped_bytes": layer.unzipped_bytes,
        "limit_bytes": MAX_BYTES,
        "files": layer.files,
        "compiled": {version: str(python) for version, python in layer.compiled.items()},
        "not_compiled": list(layer.not_compiled),
        "clients": dict(layer.clients),
    }
