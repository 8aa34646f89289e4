"""The bodies of requests and answers, as botocore's model has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from dayfly.lab.model import InvokeRefusedError

_Value = TypeVar("_Value", str, int)


def _constant(value: dict[str, _Value]) -> dict[str, _Value]:
    # msgspec's field() is typed as the value it makes.
    made: dict[str, _Value] = msgspec.field(default_factory=lambda: dict(value))
    return made


class Configuration(msgspec.Struct, rename="pascal"):
    """What GetFunctionConfiguration tells about a version of a function of the lab."""

    function_name: str
    function_arn: str
    runtime: str
    role: str
    handler: str
    code_size: int
    description: str
    timeout: int
    memory_size: int
    last_modified: str
    code_sha256: str = msgspec.field(name="CodeSha256")
    version: str
    revision_id: str
    logging_config: dict[str, str]
    environment: dict[str, dict[str, str]] | UnsetType = UNSET
    layers: tuple[dict[str, str | int], ...] | UnsetType = UNSET
    state: str | UnsetType = UNSET
    state_reason: str | UnsetType = UNSET
    state_reason_code: str | UnsetType = UNSET
    last_update_status: str | UnsetType = UNSET
    package_type: str = "Zip"
    architectures: tuple[str, ...] = ("x86_64",)
    tracing_config: dict[str, str] = _constant({"Mode": "PassThrough"})
    ephemeral_storage: dict[str, int] = _constant({"Size": 512})
    snap_start: dict[str, str] = _constant({"ApplyOn": "None", "OptimizationStatus": "Off"})

    def listed(self) -> Configuration:
        """Return the part of it that lists have.

        https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html names what they leave out.
        """
        return msgspec.structs.replace(
            self, state=UNSET, state_reason=UNSET, state_reason_code=UNSET, last_update_status=UNSET
        )


class Variables(msgspec.Struct, rename="pascal"):
    """Environment of a request."""

    variables: dict[str, str] = {}


class UpdateRequest(msgspec.Struct, rename="pascal"):
    """The body of UpdateFunctionConfiguration, as far as the lab's functions have what it names."""

    description: str | None = None
    handler: str | None = None
    timeout: int | None = None
    memory_size: int | None = None
    environment: Variables | None = None
    layers: list[str] | None = None
    revision_id: str | None = None


class LayerContent(msgspec.Struct, rename="pascal"):
    """A zip in a request, in base64."""

    zip_file: str | None = None


class CreateRequest(msgspec.Struct, rename="pascal"):
    """The body of CreateFunction, as far as the lab's functions have what it names."""

    function_name: str | None = None
    runtime: str | None = None
    role: str | None = None
    handler: str | None = None
    code: LayerContent | None = None
    description: str | None = None
    timeout: int | None = None
    memory_size: int | None = None
    environment: Variables | None = None
    layers: list[str] | None = None
    tags: dict[str, str] | None = None
    publish: bool | None = None
    package_type: str | None = None
    architectures: list[str] | None = None


class CodeRequest(msgspec.Struct, rename="pascal"):
    """The body of UpdateFunctionCode."""

    zip_file: str | None = None
    publish: bool | None = None
    dry_run: bool | None = None
    revision_id: str | None = None
    architectures: list[str] | None = None


class LayerRequest(msgspec.Struct, rename="pascal"):
    """The body of PublishLayerVersion."""

    content: LayerContent | None = None
    description: str | None = None
    compatible_runtimes: list[str] | None = None
    compatible_architectures: list[str] | None = None
    license_info: str | None = None


class PublishRequest(msgspec.Struct, rename="pascal"):
    """The body of PublishVersion."""

    code_sha256: str | None = msgspec.field(default=None, name="CodeSha256")
    description: str | None = None
    revision_id: str | None = None


class Routing(msgspec.Struct, rename="pascal"):
    """RoutingConfig of an alias."""

    additional_version_weights: dict[str, float] | None = None


class AliasRequest(msgspec.Struct, rename="pascal"):
    """The body of CreateAlias and UpdateAlias."""

    name: str | None = None
    function_version: str | None = None
    description: str | None = None
    routing_config: Routing | None = None
    revision_id: str | None = None


class TagRequest(msgspec.Struct, rename="pascal"):
    """The body of TagResource."""

    tags: dict[str, str] = {}


class ReservedRequest(msgspec.Struct, rename="pascal"):
    """The body of PutFunctionConcurrency."""

    reserved_concurrent_executions: int | None = None


class ProvisionedRequest(msgspec.Struct, rename="pascal"):
    """The body of PutProvisionedConcurrencyConfig."""

    provisioned_concurrent_executions: int | None = None


_Request = TypeVar("_Request", bound=msgspec.Struct)


def parse(body: bytes, kind: type[_Request], *, also: Sequence[str] = ("FunctionName",)) -> _Request:
    """Return the body of a request; raises InvokeRefusedError (400) when it cannot be read.

    `also` are members that the path has as well. What the lab has no notion of is refused by name, so that nobody takes it for done; null is as if left out.
    """
    known = {field.encode_name for field in msgspec.structs.fields(kind)} | {*also}
    try:
        # Any: which values are right is for the second reading to say.
        fields: dict[str, Any] = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        unknown = sorted(name for name in fields.keys() - known if fields[name] is not None)
        if unknown:
            raise InvokeRefusedError(
                400,
                "InvalidParameterValueException",
                f"The lab's functions have no {', '.join(unknown)}; it takes {', '.join(sorted(known))}",
            )
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvokeRefusedError(400, "SerializationException", f"the request body: {error}") from error
    except RecursionError as error:
        raise InvokeRefusedError(
            400, "SerializationException", "the request body: nested too deep"
        ) from error
