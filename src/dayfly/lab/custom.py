"""Runtimes of the function's own: `bootstrap` of an OS-only runtime, and a container image's entry point.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html and
https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-parms. The emulator names the errors of programs that
cannot be started; Lambda puts the same words into the payload.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dayfly.lab.confinement import Place
from dayfly.lab.launch import Launch
from dayfly.lab.model import FunctionConfig, ImageConfig

PATH = "/usr/local/bin:/usr/bin/:/bin:/opt/bin"
LIBRARY_PATH = "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
# A managed runtime sets them, or its image does.
_NOT_THERE = ("AWS_EXECUTION_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


def plan(config: FunctionConfig, place: Place, variables: Mapping[str, str]) -> Launch:
    """Command and variables; `variables` are the platform's, over which the function's own win."""
    environment = {key: value for key, value in variables.items() if key not in _NOT_THERE}
    if place.prefix:
        environment |= {"PATH": PATH, "LD_LIBRARY_PATH": LIBRARY_PATH}
    environment |= config.environment
    image = config.image or ImageConfig()
    if not image.entry_point:
        return Launch((_bootstrap(config, place), *image.command), environment, image.working_directory)
    command = image.command or ((config.handler,) if config.handler else ())
    if command:
        environment["_HANDLER"] = command[0]
    return Launch((*image.entry_point, *command), environment, image.working_directory)


def runtime_version(config: FunctionConfig, managed: str) -> str:
    """The runtime as INIT_START names it; `managed` is what a managed one would be."""
    return config.runtime.replace(".", ":") if config.runtime.startswith("provided.") else managed


def describe_refusal(config: FunctionConfig, launch: Launch, step: str, number: int) -> tuple[str, str]:
    """Error type and words for a runtime that could not be executed: Go's, which the emulator is written in."""
    text = os.strerror(number).lower()
    if step == "chdir":
        return "Runtime.InvalidWorkingDir", f"chdir {launch.folder}: {text}"
    if not (config.image and config.image.entry_point) and _found(config) is None:
        return "Runtime.InvalidEntrypoint", (
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
        )
    return "Runtime.InvalidEntrypoint", f"fork/exec {launch.argv[0]}: {text}"


def _found(config: FunctionConfig) -> tuple[Path, str] | None:
    """Where `bootstrap` lies on this machine, and in an environment that shows it where Lambda does."""
    places = [(config.folder, "/var/task")] + ([(config.opt, "/opt")] if config.opt is not None else [])
    return next(((f / "bootstrap", inside) for f, inside in places if (f / "bootstrap").is_file()), None)


def _bootstrap(config: FunctionConfig, place: Place) -> str:
    found = _found(config)
    if found is None:
        return f"{place.task_root}/bootstrap"
    path, inside = found
    return f"{inside}/bootstrap" if place.prefix else str(path.absolute())
