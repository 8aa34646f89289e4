"""Downloads a published layer and reads what it really holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.wording import CredentialsError, printable
from dayfly.attach.layerfile import MAX_ZIP_BYTES, LayerFile, parse_layer
from dayfly.attach.layout import LayerError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Lambda's answer names an address in S3 that is good for ten minutes:
# https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersion.html
_TIMEOUT_S, _LIMIT_S = 10.0, 30.0
Fetch = Callable[[str], bytes]


def fetch(url: str) -> bytes:
    """Return what lies at an address that Lambda named; raises OSError and ValueError. Blocking."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("no address to download it from")
    # Heavy, and only commands that look at layers get here.
    from urllib.request import urlopen

    with urlopen(url, timeout=_TIMEOUT_S) as answer:
        data: bytes = answer.read(MAX_ZIP_BYTES + 1)
    if len(data) > MAX_ZIP_BYTES:
        raise ValueError(f"it is larger than {MAX_ZIP_BYTES} bytes")
    return data


def read_published(caller: Caller, client: LambdaClient, arn: str) -> LayerFile | str:
    """Return a published layer, or in words why what it holds could not be checked. Raises CredentialsError."""
    name, _, version = arn.rpartition(":")
    try:
        told = caller.call(
            client.get_layer_version, limit_s=_LIMIT_S, LayerName=name, VersionNumber=int(version)
        )
    except CredentialsError:
        raise
    except CallError as error:
        return error.message
    content = told["Content"]
    return read_contents(arn, str(content.get("Location") or ""), str(content.get("CodeSha256") or ""))


def read_contents(arn: str, url: str, code_sha256: str, *, download: Fetch = fetch) -> LayerFile | str:
    """Return the layer at `url`, or in words why what it holds could not be checked. Blocking."""
    try:
        file = parse_layer(download(url), Path(arn.rpartition(":layer:")[2]))
    except LayerError as error:
        return error.message
    except (OSError, ValueError) as error:
        return f"it could not be downloaded: {printable(str(error))[:200]}"
    if code_sha256 and file.code_sha256 != code_sha256:
        return "the download does not have the checksum that Lambda reports"
    return file
