"""Finds the layer that a function gets: one that was named, with what Lambda tells of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.contents import Fetch, fetch, read_contents
from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.aws.wording import CredentialsError, DeniedError
from dayfly.attach.live.model import LayerOffer, Signing, without_version
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class LayerSource(Protocol):
    """Has a layer for every function that can get one."""

    def preview(self, facts: FunctionFacts) -> LayerOffer:
        """Return the layer without changing anything; its ARN may be still to come."""

    def offer(self, facts: FunctionFacts) -> LayerOffer:
        """Return the layer, published if it was not; raises DayflyError where that fails."""


class NamedLayer:
    """A published version of a layer, by its ARN; raises DayflyError for what is none."""

    def __init__(self, caller: Caller, client: LambdaClient, arn: str, *, download: Fetch = fetch) -> None:
        parts = arn.split(":")
        if len(parts) != 8 or parts[2] != "lambda" or parts[5] != "layer" or not parts[7].isdigit():
            raise DayflyError(
                f"{arn!r} is not the ARN of a layer version",
                hint=(
                    "use an ARN that ends with the version, for example "
                    "arn:aws:lambda:eu-central-1:123456789012:layer:dayfly-python312:3"
                ),
            )
        self._caller = caller
        self._client = client
        self._arn = arn
        self._download = download
        self._lock = threading.Lock()
        self._found: LayerOffer | None = None

    def preview(self, facts: FunctionFacts) -> LayerOffer:
        """The same as `offer`."""
        return self.offer(facts)

    def offer(self, facts: FunctionFacts) -> LayerOffer:
        """What Lambda tells of the layer, read once; raises CallError where there is no such version."""
        with self._lock:
            if self._found is None:
                self._found = self._read()
            return self._found

    def _read(self) -> LayerOffer:
        try:
            told = self._caller.call(
                self._client.get_layer_version,
                what=f"cannot read the layer {self._arn}",
                LayerName=without_version(self._arn),
                VersionNumber=int(self._arn.rpartition(":")[2]),
            )
        except DeniedError:
            # Using a layer and reading it are two permissions; Lambda refuses the update if it is none for this function.
            return LayerOffer(
                f"{self._arn} (not readable by this role)", self._arn, contents="not readable by this role"
            )
        content = told["Content"]
        return LayerOffer(
            self._arn,
            self._arn,
            size=int(content.get("CodeSize") or 0),
            pythons=tuple(
                str(runtime).removeprefix("python")
                for runtime in told.get("CompatibleRuntimes") or ()
                if str(runtime).startswith("python")
            ),
            architectures=tuple(map(str, told.get("CompatibleArchitectures") or ())),
            signed_by=str(content.get("SigningProfileVersionArn") or ""),
            contents=read_contents(
                self._arn,
                str(content.get("Location") or ""),
                str(content.get("CodeSha256") or ""),
                download=self._download,
            ),
        )


def read_signing(caller: Caller, client: LambdaClient, facts: FunctionFacts) -> Signing | None:
    """Return the function's code signing configuration, None where it has none; raises CredentialsError."""
    if not (arn := facts.signing_config_arn):
        return None
    try:
        told = caller.call(
            client.get_code_signing_config,
            what=f"cannot read the code signing configuration {arn}",
            CodeSigningConfigArn=arn,
        )["CodeSigningConfig"]
    except CredentialsError:
        raise
    except CallError:
        return Signing(arn)
    return Signing(
        arn,
        str(told["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]),
        frozenset(told["AllowedPublishers"]["SigningProfileVersionArns"]),
    )
