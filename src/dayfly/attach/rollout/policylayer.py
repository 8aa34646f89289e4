"""Makes a layer of a policy, publishes it once, and gets back what a published one holds."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError, LostAnswerError
from dayfly.attach.carrying import Carried
from dayfly.attach.layout import Entry, archive
from dayfly.attach.wrappers import POLICY_LAYER
from dayfly.core import policylayer
from dayfly.errors import DayflyError
from dayfly.policy.document import parse_document
from dayfly.policy.editing import Editor

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Where it lies in the zip; Lambda unpacks that into /opt.
_JSON = policylayer.PLACE.removeprefix("/opt/")
# The same for people, with its comments; nothing reads it at run time.
_TOML = _JSON.replace(".json", ".toml")
_MAX_ZIP_BYTES = 1 << 20
_DESCRIPTION = "Dayfly's policy "
# A layer's name may have 140 characters, a function's 64: https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
_MANY_VERSIONS = 100


@dataclass(frozen=True, slots=True)
class PolicyLayer:
    """A policy as a layer: `digest` names its file's bytes, `text` is its TOML."""

    digest: str
    text: str
    zip: bytes


def build(text: str) -> PolicyLayer:
    """Make a layer of the `[policy]` in a TOML text; the same text gives the same bytes.

    Raises DayflyError where there is none, or none that can be used.
    """
    table = parse_document(text).data.get("policy")
    if not isinstance(table, dict):
        raise DayflyError("the file has no [policy] table", hint="create one with dayfly policy learn")
    data = policylayer.render(table)
    carried = Carried(data, ())
    return PolicyLayer(carried.digest, text, archive([carried.entry, Entry(_TOML, text.encode())]))


def staged(text: str) -> str:
    """Return a policy's text without what would decide its stage by itself: a mode for all of it, and the clock.

    Modes of single rules stay: somebody wanted those. Raises PolicyError for a text that is none.
    """
    editor = Editor(text)
    for key in ("mode", "promote_after"):
        if editor.value(("policy", key)) not in (None, ""):
            editor.set_value(("policy", key), '""')
    return editor.text


def unpack(data: bytes, *, digest: str = "") -> str:
    """Return the TOML in a layer's zip. Raises DayflyError for a zip that holds no policy, or another than `digest`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if sum(entry.file_size for entry in file.infolist()) > _MAX_ZIP_BYTES:
                raise DayflyError("the policy layer is too large")
            found, text = file.read(_JSON), file.read(_TOML).decode()
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, RuntimeError, ValueError) as fault:
        raise DayflyError("the layer contains no Dayfly policy") from fault
    made = build(text)
    if policylayer.digest_of(found) != made.digest or (digest and made.digest != digest):
        raise DayflyError("the layer's policy and its TOML are not the same")
    return text


def name_of(function: str) -> str:
    """Return the name of the layer for a function's policy."""
    return POLICY_LAYER + function


def is_policy_layer(arn: str) -> bool:
    """Say whether a layer is by its name one with a policy."""
    return f":layer:{POLICY_LAYER}" in arn


def publish(caller: Caller, client: LambdaClient, function: str, layer: PolicyLayer) -> str:
    """Return the ARN of a version with this policy: one that is there, else a new one.

    Found again by its description. Somebody who may publish layers may describe them as they like; what is another policy
    than the digest says is no policy to the runtime.
    """
    name = name_of(function)
    if arn := _find(caller, client, name, layer.digest):
        return arn
    try:
        answer: Mapping[str, Any] = caller.call(
            client.publish_layer_version,
            what=f"cannot publish the policy of {function} as a layer",
            is_repeatable=False,
            LayerName=name,
            Description=_DESCRIPTION + layer.digest,
            Content={"ZipFile": layer.zip},
        )
    except LostAnswerError:
        if arn := _find(caller, client, name, layer.digest):
            return arn
        raise
    return str(answer["LayerVersionArn"])


def _find(caller: Caller, client: LambdaClient, name: str, digest: str) -> str:
    found = caller.pages(
        client.list_layer_versions, "LayerVersions", what=f"cannot list the versions of the layer {name}", LayerName=name
    )  # fmt: skip
    try:
        for number, version in enumerate(found):
            if version.get("Description") == _DESCRIPTION + digest:
                return str(version["LayerVersionArn"])
            if number >= _MANY_VERSIONS:
                break
    except CallError as error:
        if not error.is_missing:
            raise
    return ""


def fetch(
    caller: Caller, client: LambdaClient, arn: str, download: Callable[[str], bytes], *, digest: str
) -> str:
    """Return the TOML of a published policy. Raises DayflyError where it cannot be had."""
    name, _, version = arn.rpartition(":")
    told: Mapping[str, Any] = caller.call(
        client.get_layer_version, what=f"cannot read the layer {arn}", LayerName=name, VersionNumber=int(version)
    )  # fmt: skip
    content = told.get("Content") or {}
    if int(content.get("CodeSize") or 0) > _MAX_ZIP_BYTES:
        raise DayflyError(f"{arn} is too large for a policy layer")
    return unpack(download(str(content.get("Location") or "")), digest=digest)
