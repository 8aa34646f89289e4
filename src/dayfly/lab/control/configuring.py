"""What UpdateFunctionConfiguration makes of a configuration; pure."""

from __future__ import annotations

import dataclasses
import json

from dayfly.errors import SettingError
from dayfly.lab.control import refusals
from dayfly.lab.control.shapes import UpdateRequest
from dayfly.lab.model import MAX_TIMEOUT_S, MEMORY_MB, FunctionConfig

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_MAX_VARIABLES_BYTES = 4096
MAX_DESCRIPTION = 256
_MAX_HANDLER = 128
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


def apply(config: FunctionConfig, request: UpdateRequest) -> FunctionConfig:
    """Return the configuration after the update; what the request leaves out stays, and so do layers.

    Raises InvokeRefusedError (400) for values that Lambda refuses.
    """
    changed = config
    if request.description is not None:
        check_description(request.description)
        changed = dataclasses.replace(changed, description=request.description)
    try:
        if request.handler is not None:
            if (
                len(request.handler) > _MAX_HANDLER
                or not request.handler
                or request.handler.split() != [request.handler]
            ):
                raise refusals.pattern_violation(request.handler, "handler", r"[^\s]+")
            changed = dataclasses.replace(changed, handler=request.handler)
        if request.timeout is not None:
            _check_range(request.timeout, "timeout", 1, int(MAX_TIMEOUT_S))
            changed = dataclasses.replace(changed, timeout_s=float(request.timeout))
        if request.memory_size is not None:
            _check_range(request.memory_size, "memorySize", MEMORY_MB.start, MEMORY_MB.stop - 1)
            changed = dataclasses.replace(changed, memory_mb=request.memory_size)
        if request.environment is not None:
            _check_variables(request.environment.variables)
            changed = dataclasses.replace(changed, environment=dict(request.environment.variables))
    except SettingError as error:
        raise refusals.invalid(error.message) from error
    # A new object even where nothing differs: every update makes new environments.
    return dataclasses.replace(changed)


def check_description(text: str) -> None:
    """Raise InvokeRefusedError (400) for a description that is too long."""
    if len(text) > MAX_DESCRIPTION:
        raise refusals.violation(
            text, "description", f"Member must have length less than or equal to {MAX_DESCRIPTION}"
        )


def _check_range(value: int, at: str, least: int, most: int) -> None:
    if value < least:
        raise refusals.violation(value, at, f"Member must have value greater than or equal to {least}")
    if value > most:
        raise refusals.violation(value, at, f"Member must have value less than or equal to {most}")


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
