"""What a request declares about a function that no environment is started differently for; pure."""

from __future__ import annotations

import dataclasses
from typing import Literal

from dayfly.lab.control import refusals, targets
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.function_shapes import Settings, VpcConfig
from dayfly.lab.declared import Declared

ROLE_PATTERN = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
ARN_OR_NONE = r"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"
_ACCESS_POINT = (
    r"arn:aws[a-zA-Z-]*:(elasticfilesystem:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:access-point/"
    r"fsap-[a-f0-9]{17}|s3files:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:file-system/fs-[0-9a-f]{17,40}"
    r"/access-point/fsap-[0-9a-f]{17,40})"
)
_SUBNET = r"subnet-[0-9a-z]*"
_GROUP = r"sg-[0-9a-zA-Z]*"
_MOUNT_PATH = r"/mnt/[a-zA-Z0-9-_.]+"
_MAX_SUBNETS = 16
_MAX_GROUPS = 5


def declare(before: Declared, request: Settings) -> Declared:
    """Return what is declared after a request; precondition: `check_declared` noted nothing.

    Raises InvokeRefusedError (400) for subnets without security groups, or the other way round, and for what is no dead
    letter target.
    """
    after = before
    if request.role is not None:
        after = dataclasses.replace(after, role=request.role)
    if request.environment is not None:
        after = dataclasses.replace(after, has_environment=True)
    if request.tracing_config is not None and request.tracing_config.mode is not None:
        mode: Literal["Active", "PassThrough"] = "PassThrough"
        if request.tracing_config.mode == "Active":
            mode = "Active"
        after = dataclasses.replace(after, tracing_mode=mode)
    if request.dead_letter_config is not None:
        dead_letter_arn = request.dead_letter_config.target_arn or ""
        targets.check_dead_letter(dead_letter_arn)
        after = dataclasses.replace(after, dead_letter_arn=dead_letter_arn)
    if request.kms_key_arn is not None:
        after = dataclasses.replace(after, kms_key_arn=request.kms_key_arn)
    if request.file_system_configs is not None:
        systems = tuple((s.arn or "", s.local_mount_path or "") for s in request.file_system_configs)
        after = dataclasses.replace(after, file_systems=systems)
    if request.vpc_config is not None:
        after = _in_vpc(after, request.vpc_config)
    if (logging := request.logging_config) is not None:
        if logging.system_log_level is not None:
            after = dataclasses.replace(after, system_log_level=logging.system_log_level)
        elif logging.log_format == "Text":
            after = dataclasses.replace(after, system_log_level="INFO")
    return after


def _in_vpc(before: Declared, request: VpcConfig) -> Declared:
    if bool(request.subnet_ids) != bool(request.security_group_ids):
        raise refusals.invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    allows = request.ipv6_allowed_for_dual_stack
    return dataclasses.replace(
        before,
        subnet_ids=tuple(request.subnet_ids),
        security_group_ids=tuple(request.security_group_ids),
        has_vpc=True,
        allows_ipv6=before.allows_ipv6 if allows is None else allows,
    )


def check_declared(checks: Checks, request: Settings) -> None:
    """Note what the API's model excludes."""
    checks.pattern(request.role, "role", ROLE_PATTERN)
    if request.tracing_config is not None:
        checks.one_of(request.tracing_config.mode, "tracingConfig.mode", ("Active", "PassThrough"))
    if request.dead_letter_config is not None:
        checks.pattern(request.dead_letter_config.target_arn, "deadLetterConfig.targetArn", ARN_OR_NONE)
    checks.pattern(request.kms_key_arn, "kMSKeyArn", ARN_OR_NONE)
    checks.length(request.file_system_configs, "fileSystemConfigs", most=1)
    for number, system in enumerate(request.file_system_configs or (), 1):
        at = f"fileSystemConfigs.{number}.member"
        checks.present(system.arn, f"{at}.arn")
        checks.pattern(system.arn, f"{at}.arn", _ACCESS_POINT)
        checks.present(system.local_mount_path, f"{at}.localMountPath")
        checks.pattern(system.local_mount_path, f"{at}.localMountPath", _MOUNT_PATH)
    if request.vpc_config is not None:
        checks.length(request.vpc_config.subnet_ids, "vpcConfig.subnetIds", most=_MAX_SUBNETS)
        checks.length(request.vpc_config.security_group_ids, "vpcConfig.securityGroupIds", most=_MAX_GROUPS)
        for subnet in request.vpc_config.subnet_ids:
            checks.pattern(subnet, "vpcConfig.subnetIds", _SUBNET)
        for group in request.vpc_config.security_group_ids:
            checks.pattern(group, "vpcConfig.securityGroupIds", _GROUP)
