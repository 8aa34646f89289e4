"""The programs of one life of an environment: the runtime and its external extensions, ready to be started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dayfly.lab.confinement import Place
from dayfly.lab.interpreter import Interpreter
from dayfly.lab.launch import Launch
from dayfly.lab.model import FunctionConfig, InitializationType
from dayfly.lab.snapstart.credentials import CredentialsEndpoint
from dayfly.lab.variables import list_extensions, plan_extension, plan_runtime


@dataclass(frozen=True, slots=True)
class Programs:
    """How the runtime and each extension are started, by the extension's name."""

    runtime: Launch
    extensions: Mapping[str, Launch]


def plan_programs(
    config: FunctionConfig,
    interpreter: Interpreter,
    place: Place,
    *,
    api_address: str,
    log_stream: str,
    initialization: InitializationType,
    credentials: CredentialsEndpoint | None,
    metadata_token: str,
) -> Programs:
    """Plan one life; with `credentials` the programs find them there and not in their variables."""
    runtime = plan_runtime(
        config,
        interpreter,
        place,
        api_address=api_address,
        log_stream=log_stream,
        initialization=initialization,
        metadata_token=metadata_token,
    )
    extensions = {
        name: plan_extension(
            name,
            config,
            interpreter,
            place,
            api_address=api_address,
            log_stream=log_stream,
            initialization=initialization,
            metadata_token=metadata_token,
        )
        for name in sorted(list_extensions(config.extensions_folder))
    }
    if credentials is None:
        return Programs(runtime, extensions)
    return Programs(
        credentials.instead_of_keys(runtime),
        {name: credentials.instead_of_keys(launch) for name, launch in extensions.items()},
    )
