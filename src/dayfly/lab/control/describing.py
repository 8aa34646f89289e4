"""How the API tells of a version of a function; pure."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from dayfly.lab.code import Package
from dayfly.lab.control.function_shapes import Configuration
from dayfly.lab.control.stamps import stamp
from dayfly.lab.declared import Declared
from dayfly.lab.model import ACCOUNT, REGION, FunctionConfig

ROLE = f"arn:aws:iam::{ACCOUNT}:role/lab"
# The lab's runtimes are this machine's; INIT_START has the same.
RUNTIME_VERSION = f"arn:aws:lambda:{REGION}::runtime:{'0' * 64}"


def describe(
    config: FunctionConfig,
    package: Package,
    *,
    arn: str,
    runtime: str,
    revision_id: str,
    modified_at: float,
    is_pending: bool,
    is_updating: bool,
    failure: str = "",
) -> Configuration:
    """Return a version as GetFunctionConfiguration tells it; `runtime` is the one that its interpreter names.

    `failure` says why it has no snapshot, which makes it unusable.
    """
    declared = config.declared
    configuration = Configuration(
        function_name=config.name,
        function_arn=arn,
        runtime=declared.runtime or runtime,
        role=declared.role or ROLE,
        handler=config.handler,
        code_size=package.size,
        description=_description(config),
        timeout=max(1, round(config.timeout_s)),
        memory_size=config.memory_mb,
        last_modified=stamp(modified_at),
        code_sha256=package.sha256,
        version=config.version,
        revision_id=revision_id,
        logging_config=_logging(config),
        vpc_config=_vpc(declared) if declared.has_vpc else UNSET,
        dead_letter_config={"TargetArn": declared.dead_letter_arn} if declared.dead_letter_arn else UNSET,
        environment=_environment(config),
        kms_key_arn=declared.kms_key_arn or UNSET,
        layers=tuple({"Arn": layer.arn, "CodeSize": layer.code_size} for layer in config.layers) or UNSET,
        file_system_configs=tuple({"Arn": a, "LocalMountPath": p} for a, p in declared.file_systems) or UNSET,
        state="Pending" if is_pending else "Active",
        last_update_status=UNSET if is_pending else "InProgress" if is_updating else "Successful",
        tracing_config={"Mode": declared.tracing_mode},
        ephemeral_storage={"Size": config.ephemeral_mb},
        snap_start=_snap_start(config, is_made=not is_pending and not failure),
        runtime_version_config={"RuntimeVersionArn": RUNTIME_VERSION},
        tenancy_config={"TenantIsolationMode": config.tenancy} if config.tenancy else UNSET,
    )
    if is_pending:
        configuration.state_reason = "The function is being created."
        configuration.state_reason_code = "Creating"
    elif failure:
        configuration.state = "Failed"
        configuration.state_reason = failure
        configuration.state_reason_code = "FunctionError"
    elif is_updating:
        # Lambda's words for an update, too: recorded by LocalStack's suite (test_function_lifecycle).
        configuration.last_update_status_reason = "The function is being created."
        configuration.last_update_status_reason_code = "Creating"
    return configuration


def _description(config: FunctionConfig) -> str:
    if config.description is not None:
        return config.description
    return f"runtime {config.runtime} in the Dayfly lab"


def _environment(config: FunctionConfig) -> dict[str, dict[str, str]] | UnsetType:
    """Told once it was given, empty or not (recorded by LocalStack's suite, test_function_lifecycle)."""
    if not config.environment and not config.declared.has_environment:
        return UNSET
    return {"Variables": dict(config.environment)}


def _logging(config: FunctionConfig) -> dict[str, str]:
    logging: dict[str, str] = {"LogFormat": config.log_format}
    if config.log_format == "JSON":
        logging["ApplicationLogLevel"] = config.log_level
        logging["SystemLogLevel"] = config.declared.system_log_level
    return logging | {"LogGroup": config.log_group_name}


def _vpc(declared: Declared) -> dict[str, object]:
    return {
        "SubnetIds": list(declared.subnet_ids),
        "SecurityGroupIds": list(declared.security_group_ids),
        "VpcId": declared.vpc_id,
        "Ipv6AllowedForDualStack": declared.allows_ipv6,
    }


def _snap_start(config: FunctionConfig, *, is_made: bool) -> dict[str, str]:
    is_on = config.is_snapshotted and is_made
    return {"ApplyOn": config.snap_start, "OptimizationStatus": "On" if is_on else "Off"}
