"""The bodies of requests and answers about functions, as botocore's model has them."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

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
    vpc_config: dict[str, object] | UnsetType = UNSET
    dead_letter_config: dict[str, str] | UnsetType = UNSET
    environment: dict[str, dict[str, str]] | UnsetType = UNSET
    kms_key_arn: str | UnsetType = msgspec.field(default=UNSET, name="KMSKeyArn")
    layers: tuple[dict[str, str | int], ...] | UnsetType = UNSET
    file_system_configs: tuple[dict[str, str], ...] | UnsetType = UNSET
    state: str | UnsetType = UNSET
    state_reason: str | UnsetType = UNSET
    state_reason_code: str | UnsetType = UNSET
    last_update_status: str | UnsetType = UNSET
    last_update_status_reason: str | UnsetType = UNSET
    last_update_status_reason_code: str | UnsetType = UNSET
    package_type: str = "Zip"
    architectures: tuple[str, ...] = ("x86_64",)
    tracing_config: dict[str, str] = _constant({"Mode": "PassThrough"})
    ephemeral_storage: dict[str, int] = _constant({"Size": 512})
    snap_start: dict[str, str] = _constant({"ApplyOn": "None", "OptimizationStatus": "Off"})
    runtime_version_config: dict[str, str] | UnsetType = UNSET
    tenancy_config: dict[str, str] | UnsetType = UNSET

    def listed(self) -> Configuration:
        """Return the part of it that lists have.

        https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html names what they leave out.
        """
        return msgspec.structs.replace(
            self,
            state=UNSET,
            state_reason=UNSET,
            state_reason_code=UNSET,
            last_update_status=UNSET,
            last_update_status_reason=UNSET,
            last_update_status_reason_code=UNSET,
            runtime_version_config=UNSET,
        )


class Variables(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """Environment of a request."""

    variables: dict[str, str] = {}


class VpcConfig(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """VpcConfig of a request."""

    subnet_ids: list[str] = []
    security_group_ids: list[str] = []
    ipv6_allowed_for_dual_stack: bool | None = msgspec.field(default=None, name="Ipv6AllowedForDualStack")


class DeadLetter(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """DeadLetterConfig of a request."""

    target_arn: str | None = None


class Tracing(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """TracingConfig of a request."""

    mode: str | None = None


class FileSystem(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """One of FileSystemConfigs of a request."""

    arn: str | None = None
    local_mount_path: str | None = None


class Ephemeral(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """EphemeralStorage of a request."""

    size: int | None = None


class SnapStartRequest(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """SnapStart of a request."""

    apply_on: str | None = None


class Logging(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """LoggingConfig of a request."""

    log_format: str | None = None
    application_log_level: str | None = None
    system_log_level: str | None = None
    log_group: str | None = None


class TenancyRequest(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """TenancyConfig of a request."""

    tenant_isolation_mode: str | None = None


class Settings(msgspec.Struct, rename="pascal", kw_only=True):
    """What CreateFunction and UpdateFunctionConfiguration have in common, as far as functions of the lab have it."""

    role: str | None = None
    runtime: str | None = None
    handler: str | None = None
    description: str | None = None
    timeout: int | None = None
    memory_size: int | None = None
    environment: Variables | None = None
    layers: list[str] | None = None
    vpc_config: VpcConfig | None = None
    dead_letter_config: DeadLetter | None = None
    kms_key_arn: str | None = msgspec.field(default=None, name="KMSKeyArn")
    tracing_config: Tracing | None = None
    file_system_configs: list[FileSystem] | None = None
    ephemeral_storage: Ephemeral | None = None
    snap_start: SnapStartRequest | None = None
    logging_config: Logging | None = None


class UpdateRequest(Settings, kw_only=True):
    """The body of UpdateFunctionConfiguration."""

    revision_id: str | None = None


class Content(msgspec.Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """Where a zip comes from: in base64 in the request, or from a bucket."""

    zip_file: str | None = None
    s3_bucket: str | None = msgspec.field(default=None, name="S3Bucket")
    s3_key: str | None = msgspec.field(default=None, name="S3Key")
    s3_object_version: str | None = msgspec.field(default=None, name="S3ObjectVersion")


class Code(Content, kw_only=True, forbid_unknown_fields=True):
    """Code of CreateFunction."""

    image_uri: str | None = None
    source_kms_key_arn: str | None = msgspec.field(default=None, name="SourceKMSKeyArn")


class CreateRequest(Settings, kw_only=True):
    """The body of CreateFunction."""

    function_name: str | None = None
    code: Code | None = None
    tags: dict[str, str] | None = None
    publish: bool | None = None
    package_type: str | None = None
    architectures: list[str] | None = None
    code_signing_config_arn: str | None = None
    tenancy_config: TenancyRequest | None = None


class CodeRequest(Code, kw_only=True, forbid_unknown_fields=False):
    """The body of UpdateFunctionCode."""

    publish: bool | None = None
    dry_run: bool | None = None
    revision_id: str | None = None
    architectures: list[str] | None = None
