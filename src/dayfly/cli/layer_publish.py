"""`dayfly layer publish`: a layer becomes a version in an account, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.layerfile import read_layer
from dayfly.attach.layout import LayerError
from dayfly.attach.publishing import ARCHITECTURES, check_name, find_published, publish
from dayfly.cli.output import Output

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import ArchitectureType


def publish_layer(
    layer: Path = Path("dayfly-layer.zip"),
    /,
    *,
    name: str | None = None,
    architecture: Literal["x86_64", "arm64", "both"] = "both",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Publish a layer in your AWS account, unless an identical version exists.

    The layer is private to the account: no permission is added. Its compatible runtimes are the Python
    versions that it has bytecode for.

    Examples:

        dayfly layer publish
        dayfly layer publish build/dayfly.zip --region eu-central-1 --profile production
        dayfly layer publish orders-policy.zip --name dayfly-policy-orders --dry-run

    Parameters
    ----------
    layer
        The zip file that dayfly layer build wrote.
    name
        The layer's name (default: for example dayfly-python312).
    architecture
        Compatible architecture to declare; the layer works on both.
    dry_run
        Show what would be published, without publishing it.
    endpoint_url
        Lambda API endpoint to use instead of AWS, for example the lab's.
    region
        AWS region (default: the profile's region).
    profile
        AWS profile.
    json
        Print one JSON object instead.
    """
    output = Output(is_json=json)
    file = read_layer(layer)
    if not file.name and name is None:
        raise LayerError(
            "a policy layer needs a name",
            hint=("add --name, for example --name dayfly-policy-FUNCTION"),
        )
    called = check_name(name or file.name)
    architectures: tuple[ArchitectureType, ...] = ARCHITECTURES if architecture == "both" else (architecture,)
    client = Account(endpoint_url, region, profile).client("lambda")
    caller = Caller()
    if dry_run:
        version = find_published(caller, client, file, name=called, architectures=architectures)
    else:
        version = publish(caller, client, file, name=called, architectures=architectures)
    if json:
        output.json(
            {
                "name": called,
                "layer": version.arn if version is not None else None,
                "version": version.version if version is not None else None,
                "published": version is not None and version.is_new,
                "code_sha256": file.code_sha256,
                "bytes": len(file.data),
                "runtimes": list(file.runtimes),
                "architectures": list(architectures),
            }
        )
        return 0
    if version is None:
        output.say(
            f"would publish {called}: {len(file.data):,} bytes for {', '.join(file.runtimes)}; nothing was changed"
        )
        return 0
    was = "published" if version.is_new else "already published, identical:"
    output.say(f"{was} {version.arn}", style="bold green")
    output.say(f"CodeSha256 {version.code_sha256}, for {', '.join(file.runtimes)}")
    if file.version:
        output.say(f"next: dayfly attach FUNCTION --layer {version.arn}")
    return 0
