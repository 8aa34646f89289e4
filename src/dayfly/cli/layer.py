"""`dayfly layer build`: the layer that puts Dayfly on a function of a managed runtime."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from dayfly.attach.build import TESTED, BuiltLayer, build_layer
from dayfly.attach.carrying import Carried, build_policy_layer, check_only_policy, read_policy
from dayfly.attach.layout import parse_pythons
from dayfly.cli.output import Output


def build(
    *,
    output: Path = Path("dayfly-layer.zip"),
    python: str | None = None,
    policy: Path | None = None,
    only_policy: Annotated[bool, Parameter(negative="")] = False,
    on_failure: Literal["run", "stop"] = "run",
    sbom: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Build the Lambda layer, and write its checksum to a file beside it.

    The layer starts through AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly. It holds bytecode for the Python version of
    your function's runtime (--python, default: the version that runs this command). On another version the
    function runs without Dayfly. The build is reproducible and local: test the layer with dayfly layer test,
    then upload it with dayfly layer publish.

    Examples:

        dayfly layer build --python 3.12
        dayfly layer build --python 3.12,3.13 --output build/dayfly.zip --sbom
        dayfly layer build --python 3.13 --policy dayfly.toml --on-failure stop
        dayfly layer build --policy orders.toml --only-policy --output orders-policy.zip

    Parameters
    ----------
    output
        The zip file to write.
    python
        Python version to compile for, installed on this machine; several, separated by commas, make cold
        starts slower.
    policy
        A dayfly.toml whose [policy] goes into the layer and replaces the policy in the function's package.
    only_policy
        Write a layer with only this policy, to add to a function beside Dayfly's layer.
    on_failure
        What a function does if Dayfly cannot start: run without Dayfly, or stop. DAYFLY_ON_FAILURE on the
        function overrides it.
    sbom
        Also write a CycloneDX bill of materials beside it.
    json
        Print one JSON object and nothing else.
    """
    out = Output(is_json=json)
    carried = read_policy(policy) if policy is not None else None
    if carried is not None and carried.left_out:
        out.warn(
            "a layer holds only [policy]; set these as environment variables instead: "
            f"{', '.join(carried.left_out)}"
        )
    if only_policy:
        carried = check_only_policy(carried, is_alone=not sbom and python is None and on_failure == "run")
        return _tell_policy(out, output, carried, build_policy_layer(output, carried))
    pythons = parse_pythons(python if python is not None else f"{sys.version_info[0]}.{sys.version_info[1]}")
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(out.console.status("building")).update if out.is_live else _say_nothing
        layer = build_layer(output, pythons, policy=carried, stops_on_failure=on_failure == "stop", tell=tell)
    checksum = layer.write_checksum()
    bill = layer.write_sbom() if sbom else None
    for name, version in layer.clients.items():
        if version != TESTED[name]:
            out.warn(
                f"the layer includes {name} {version} as a fallback; Dayfly was tested with {TESTED[name]}"
            )
    if json:
        out.json(
            _described(layer)
            | {"checksum": str(checksum), "sbom": str(bill) if bill is not None else None}
            | {"on_failure": on_failure, "policy": carried.digest if carried is not None else None}
        )
        return 0
    out.say(f"wrote {layer.path}", style="bold green")
    out.say(
        f"{layer.bytes:,} bytes, {layer.unzipped_bytes:,} unzipped (limit {layer.limit_bytes:,}), {layer.files} files"
    )
    out.say(f"sha256 {layer.sha256}, in {checksum.name}" + (f"; contents in {bill.name}" if bill else ""))
    out.say("bytecode for Python " + (", ".join(layer.compiled) or "none") + "; x86_64 and arm64")
    if carried is not None:
        out.say(f"contains the policy {carried.digest}")
    if layer.not_compiled:
        out.warn(
            f"Python {', '.join(layer.not_compiled)} is not installed here: a function on this version "
            "compiles Dayfly at each cold start"
        )
    out.say(
        "next: try it (dayfly layer test), publish it (dayfly layer publish) and set "
        "AWS_LAMBDA_EXEC_WRAPPER=/opt/dayfly (dayfly attach)"
    )
    return 0


def _say_nothing(_step: str) -> None:
    return None


def _tell_policy(out: Output, output: Path, carried: Carried, data: bytes) -> int:
    digest = hashlib.sha256(data)
    if out.is_json:
        out.json(
            {
                "path": str(output),
                "sha256": digest.hexdigest(),
                "code_sha256": base64.b64encode(digest.digest()).decode(),
                "bytes": len(data),
                "policy": carried.digest,
            }
        )
        return 0
    out.say(f"wrote {output}", style="bold green")
    out.say(f"{len(data):,} bytes, sha256 {digest.hexdigest()}")
    out.say(f"contains the policy {carried.digest}")
    out.say("next: publish it and add it to the function, after Dayfly's layer")
    return 0


def _described(layer: BuiltLayer) -> dict[str, object]:
    return {
        "path": str(layer.path),
        "sha256": layer.sha256,
        "code_sha256": layer.code_sha256,
        "bytes": layer.bytes,
        "unzipped_bytes": layer.unzipped_bytes,
        "limit_bytes": layer.limit_bytes,
        "files": layer.files,
        "compiled": {version: str(python) for version, python in layer.compiled.items()},
        "not_compiled": list(layer.not_compiled),
        "clients": dict(layer.clients),
    }
