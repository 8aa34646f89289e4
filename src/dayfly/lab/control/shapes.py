"""The bodies of requests and answers, as botocore's model has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from dayfly.lab.control.function_shapes import Content
from dayfly.lab.model import InvokeRefusedError


class LayerRequest(msgspec.Struct, rename="pascal"):
    """The body of PublishLayerVersion."""

    content: Content | None = None
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


class Publishers(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """AllowedPublishers of a code signing configuration."""

    signing_profile_version_arns: list[str] | None = None


class SigningPolicies(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """CodeSigningPolicies of a code signing configuration."""

    untrusted_artifact_on_deployment: str | None = None


class SigningRequest(msgspec.Struct, rename="pascal"):
    """The body of CreateCodeSigningConfig, UpdateCodeSigningConfig and PutFunctionCodeSigningConfig."""

    description: str | None = None
    allowed_publishers: Publishers | None = None
    code_signing_policies: SigningPolicies | None = None
    tags: dict[str, str] | None = None
    code_signing_config_arn: str | None = None


class PermissionRequest(msgspec.Struct, rename="pascal"):
    """The body of AddPermission and AddLayerVersionPermission."""

    statement_id: str | None = None
    action: str | None = None
    principal: str | None = None
    source_arn: str | None = None
    source_account: str | None = None
    event_source_token: str | None = None
    function_url_auth_type: str | None = None
    invoked_via_function_url: bool | None = None
    principal_org_id: str | None = msgspec.field(default=None, name="PrincipalOrgID")
    organization_id: str | None = None
    revision_id: str | None = None


class Target(msgspec.Struct, rename="pascal", omit_defaults=True):
    """OnSuccess or OnFailure of a request."""

    destination: str | None = None


class DestinationConfig(msgspec.Struct, rename="pascal", omit_defaults=True):
    """DestinationConfig of a request."""

    on_success: Target | None = None
    on_failure: Target | None = None


class RuntimeUpdateRequest(msgspec.Struct, rename="pascal"):
    """The body of PutRuntimeManagementConfig."""

    update_runtime_on: str | None = None
    runtime_version_arn: str | None = None


class RecursionRequest(msgspec.Struct, rename="pascal"):
    """The body of PutFunctionRecursionConfig."""

    recursive_loop: str | None = None


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
