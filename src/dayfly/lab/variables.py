"""The environment variables a runtime or extension is started with; pure.

As seen by handlers on Lambda: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dayfly.lab import custom, managed
from dayfly.lab.confinement import Place
from dayfly.lab.init import TELEMETRY_FD
from dayfly.lab.interpreter import Interpreter
from dayfly.lab.launch import Launch
from dayfly.lab.model import REGION, FunctionConfig, ImageConfig, InitializationType

# Of the right shape and worthless: nothing in the lab may reach a real account by accident.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIALABLABLABLABLAB0",
    "AWS_SECRET_ACCESS_KEY": "lab/not/a/real/secret/access/key/0000000",
    "AWS_SESSION_TOKEN": "lab-not-a-real-session-token",
}


# Of the runtime's process alone: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html. What begins
# with an underscore is kept from extensions as well.
_RUNTIMES_OWN = frozenset(
    {
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def plan_runtime(
    config: FunctionConfig,
    interpreter: Interpreter,
    place: Place,
    *,
    api_address: str,
    log_stream: str,
    initialization: InitializationType = "on-demand",
    metadata_token: str = "",
) -> Launch:
    """Command and variables of the runtime; the function's own variables win over the platform's."""
    is_confined = bool(place.prefix)
    python_path = [place.task_root]
    dayfly_folder = interpreter.dayfly_folder
    if config.runtime == "dayfly" and (dayfly_folder is None or place.inside(dayfly_folder) != dayfly_folder):
        python_path.append(place.dayfly_root)
    variables = {
        **platform_variables(
            config,
            interpreter,
            place,
            api_address=api_address,
            log_stream=log_stream,
            initialization=initialization,
            metadata_token=metadata_token,
        ),
        "_HANDLER": config.handler,
        "_LAMBDA_TELEMETRY_LOG_FD": str(TELEMETRY_FD),
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }
    if config.opt is not None:
        packages = f"python/lib/python{interpreter.version[0]}.{interpreter.version[1]}/site-packages"
        root = "/opt" if is_confined else str(config.opt)
        python_path += [f"{root}/{packages}", f"{root}/python"]
    variables["PYTHONPATH"] = ":".join(python_path)
    is_as_on_lambda = is_confined and config.is_managed
    if is_as_on_lambda:
        # The image's bootstrap sets it itself, unless the function's own variables have it.
        del variables["PYTHONPATH"]
        variables |= {"PATH": managed.PATH, "LD_LIBRARY_PATH": managed.LIBRARY_PATH}
    if not is_confined:
        variables["PYTHONDONTWRITEBYTECODE"] = "1"  # the folder is the user's own, not a copy
    is_dayfly = config.runtime == "dayfly" or (
        is_as_on_lambda and "AWS_LAMBDA_EXEC_WRAPPER" in config.environment
    )
    if is_dayfly and is_confined:
        variables |= {"DAYFLY_SCOPE": "environment", "DAYFLY_API_LOCK": "on"}
    if config.is_custom:
        return custom.plan(config, place, variables)
    variables |= config.environment
    if is_as_on_lambda:
        return Launch(managed.BOOTSTRAP, variables)
    if config.opt is not None and not is_confined:
        variables |= _wrappers_outside(variables, config.opt)
    module = "dayfly.runtime" if config.runtime == "dayfly" else "awslambdaric"
    image = config.image or ImageConfig()
    argv = (str(place.inside(interpreter.path)), "-m", module, *(image.command or (config.handler,)))
    wrapper = variables.get("AWS_LAMBDA_EXEC_WRAPPER")
    return Launch((wrapper, *argv) if wrapper else argv, variables, image.working_directory)


def _wrappers_outside(variables: Mapping[str, str], opt: Path) -> dict[str, str]:
    """Where the wrappers of /opt lie on a machine that shows no /opt."""
    return {
        name: f"{opt}/{variables[name].removeprefix('/opt/')}"
        for name in ("AWS_LAMBDA_EXEC_WRAPPER", "DAYFLY_NEXT_WRAPPER")
        if variables.get(name, "").startswith("/opt/")
    }


def plan_extension(
    name: str,
    config: FunctionConfig,
    interpreter: Interpreter,
    place: Place,
    *,
    api_address: str,
    log_stream: str,
    initialization: InitializationType = "on-demand",
    metadata_token: str = "",
) -> Launch:
    """Command and variables of an external extension: no key that starts with `_`, none of the runtime's own."""
    variables = platform_variables(
        config,
        interpreter,
        place,
        api_address=api_address,
        log_stream=log_stream,
        initialization=initialization,
        metadata_token=metadata_token,
    )
    variables |= config.environment
    folder = "/opt/extensions" if place.prefix else str(config.extensions_folder)
    kept = {
        key: value for key, value in variables.items() if not key.startswith("_") and key not in _RUNTIMES_OWN
    }
    return Launch((f"{folder}/{name}",), kept)


def platform_variables(
    config: FunctionConfig,
    interpreter: Interpreter,
    place: Place,
    *,
    api_address: str,
    log_stream: str,
    initialization: InitializationType = "on-demand",
    metadata_token: str = "",
) -> dict[str, str]:
    """What both runtimes and extensions see of the platform."""
    variables = {
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": interpreter.execution_environment,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": config.name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization,
        "AWS_LAMBDA_LOG_GROUP_NAME": config.log_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_METADATA_API": api_address,
        "AWS_LAMBDA_METADATA_TOKEN": metadata_token,
        "AWS_LAMBDA_RUNTIME_API": api_address,
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": place.task_root,
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "LD_LIBRARY_PATH": f"{place.task_root}:{place.task_root}/lib:/opt/lib",
        "PATH": f"{place.inside(interpreter.path).parent}:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "PWD": place.task_root,
        "SHLVL": "0",
        "TZ": ":UTC",
    }
    if config.log_format == "JSON":
        variables |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": config.log_level}
    if place.tmp is not None:
        variables["TMPDIR"] = str(place.tmp)
    return variables


def list_extensions(folder: Path | None) -> frozenset[str]:
    """Names of the external extensions: every file directly in the folder."""
    if folder is None:
        return frozenset()
    return frozenset(path.name for path in folder.iterdir() if path.is_file())
