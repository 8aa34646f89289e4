"""`dayfly layer build`: the layer that puts Dayfly on a function of a managed runtime."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.attach.build import TESTED, BuiltLayer, build_layer
from dayfly.attach.layout import MAX_BYTES, PYTHONS, parse_pythons
from dayfly.cli.output import Output


def build(
    *,
    output: Path = Path("dayfly-layer.zip"),
    python: str = ",".join(PYTHONS),
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Build the layer for AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly.

    The layer serves every Python, and holds bytecode for those of --python that are found on this machine;
    the others compile Dayfly at each cold start. Name one Python alone for the fastest start. The same
    inputs give the same bytes. Nothing is sent anywhere; docs/layer.md tells how to publish it.

    Examples:

        dayfly layer build --python 3.12
        dayfly layer build --output build/dayfly.zip
        dayfly layer build --json

    Parameters
    ----------
    output
        The zip file to write.
    python
        Versions to compile for, separated by commas.
    json
        Print one JSON object instead.
    """
    out = Output(is_json=json)
    pythons = parse_pythons(python)
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
        out.warn(
            f"no interpreter of Python {', '.join(layer.not_compiled)} was found here: such a function compiles "
            "Dayfly at each cold start"
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
