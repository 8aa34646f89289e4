"""What CreateFunction and UpdateFunctionConfiguration make of a configuration; pure."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Literal

from dayfly.errors import SettingError
from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.declaring import check_declared, declare
from dayfly.lab.control.function_shapes import Logging, Settings
from dayfly.lab.model import EPHEMERAL_MB, MAX_TIMEOUT_S, MEMORY_MB, FunctionConfig, SnapStart

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_MAX_VARIABLES_BYTES = 4096
MAX_DESCRIPTION = 256
_MAX_HANDLER = 128
_VARIABLE_PATTERN = r"[a-zA-Z]([a-zA-Z0-9_])+"
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_VARIABLES_REFUSED = "Lambda was unable to configure your environment variables because the environment variables you have provided "
_APPLICATION_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html: Python from 3.12 on, and at most 512 MB in /tmp.
_SNAP_START_PYTHON = (3, 12)


def apply(config: FunctionConfig, request: Settings) -> FunctionConfig:
    """Return the configuration after the request; what it leaves out stays, and so do layers, runtime and code.

    Raises InvokeRefusedError (400) for values that Lambda refuses.
    """
    checks = Checks()
    check_settings(checks, request)
    checks.settle()
    changes: dict[str, object] = {"declared": declare(config.declared, request)}
    if request.description is not None:
        changes["description"] = request.description
    if request.handler is not None:
        changes["handler"] = request.handler
    if request.timeout is not None:
        changes["timeout_s"] = float(request.timeout)
    if request.memory_size is not None:
        changes["memory_mb"] = request.memory_size
    if request.environment is not None:
        _check_variables(request.environment.variables)
        changes["environment"] = dict(request.environment.variables)
    if request.ephemeral_storage is not None:
        changes["ephemeral_mb"] = request.ephemeral_storage.size
    if request.snap_start is not None:
        changes["snap_start"] = request.snap_start.apply_on or "None"
    if request.logging_config is not None:
        changes |= _logging(config, request.logging_config)
    try:
        # A new object even where nothing differs: every update makes new environments.
        return dataclasses.replace(config, **changes)  # type: ignore[arg-type]
    except SettingError as error:
        raise refusals.invalid(error.message) from error


def check_snap_start(mode: SnapStart, runtime: str, ephemeral_mb: int) -> None:
    """Raise InvokeRefusedError (400) for a function that cannot have SnapStart."""
    if mode == "None":
        return
    version = runtime.removeprefix("python").split(".")
    is_python = runtime.startswith("python") and all(part.isdigit() for part in version)
    if not is_python or tuple(int(part) for part in version) < _SNAP_START_PYTHON:
        raise refusals.invalid(f"{runtime} is not supported for SnapStart enabled functions.")
    if ephemeral_mb > EPHEMERAL_MB.start:
        raise refusals.invalid("SnapStart does not support ephemeral storage greater than 512 MB.")


def check_description(text: str) -> None:
    """Raise InvokeRefusedError (400) for a description that is too long."""
    checks = Checks()
    checks.length(text, "description", most=MAX_DESCRIPTION)
    checks.settle()


def check_settings(checks: Checks, request: Settings) -> None:
    """Note what the API's model excludes."""
    checks.length(request.description, "description", most=MAX_DESCRIPTION)
    checks.length(request.handler, "handler", most=_MAX_HANDLER)
    checks.pattern(request.handler, "handler", r"[^\s]+")
    if request.environment is not None:
        names = request.environment.variables
        if not all(re.fullmatch(_VARIABLE_PATTERN, name, re.ASCII) for name in names):
            # Lambda repeats no value here: they are sensitive.
            checks.hidden(
                "environment.variables",
                f"Map keys must satisfy constraint: [Member must satisfy regular expression pattern: {_VARIABLE_PATTERN}]",
            )
    checks.within(request.timeout, "timeout", 1, int(MAX_TIMEOUT_S))
    checks.within(request.memory_size, "memorySize", MEMORY_MB.start, MEMORY_MB.stop - 1)
    if request.ephemeral_storage is not None:
        size = request.ephemeral_storage.size
        checks.present(size, "ephemeralStorage.size")
        checks.within(size, "ephemeralStorage.size", EPHEMERAL_MB.start, EPHEMERAL_MB.stop - 1)
    if request.snap_start is not None:
        checks.one_of(request.snap_start.apply_on, "snapStart.applyOn", ("PublishedVersions", "None"))
    if (logging := request.logging_config) is not None:
        checks.one_of(logging.log_format, "loggingConfig.logFormat", ("JSON", "Text"))
        at = "loggingConfig.applicationLogLevel"
        checks.one_of(logging.application_log_level, at, _APPLICATION_LEVELS)
        checks.one_of(logging.system_log_level, "loggingConfig.systemLogLevel", _SYSTEM_LEVELS)
        checks.length(logging.log_group, "loggingConfig.logGroup", least=1, most=512)
        checks.pattern(logging.log_group, "loggingConfig.logGroup", r"[\.\-_/#A-Za-z0-9]+")
    check_declared(checks, request)


def _logging(config: FunctionConfig, request: Logging) -> dict[str, object]:
    """What LoggingConfig changes. A switch to JSON sets both levels to INFO, as on Lambda (recorded by LocalStack's
    suite, test_function_advanced_logging_configuration)."""
    wanted: Literal["Text", "JSON"] = config.log_format
    if request.log_format is not None:
        wanted = "JSON" if request.log_format == "JSON" else "Text"
    has_level = request.application_log_level is not None or request.system_log_level is not None
    if wanted == "Text" and has_level:
        raise refusals.invalid(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the '
            'LogFormat to "JSON" and try again.'
        )
    changes: dict[str, object] = {"log_format": wanted}
    if request.application_log_level is not None:
        changes["log_level"] = request.application_log_level
    elif wanted != config.log_format:
        changes["log_level"] = "INFO"
    if request.log_group is not None:
        changes["log_group"] = "" if request.log_group == f"/aws/lambda/{config.name}" else request.log_group
    return changes


def _check_variables(variables: dict[str, str]) -> None:
    if reserved := sorted(_RESERVED & variables.keys()):
        raise refusals.invalid(
            f"{_VARIABLES_REFUSED}contains reserved keys that are currently not supported for modification. Reserved "
            f"keys used in this request: {', '.join(reserved)}"
        )
    # Lambda repeats what it measured; the lab does not, so that no log of its client has the values.
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode(errors="surrogatepass")) > _MAX_VARIABLES_BYTES:
        raise refusals.invalid(f"{_VARIABLES_REFUSED}exceeded the 4KB limit.")
