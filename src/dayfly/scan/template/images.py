"""What a Dockerfile says of functions that are container images: the handler, the Python, whether Dayfly is there."""

from __future__ import annotations

import dataclasses
import json
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import DAYFLY_WRAPPER, WRAPPER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.model import LambdaFunction, Template

_MAX_CHARACTERS = 200_000
_INSTRUCTION = re.compile(r"\s*(?P<word>[A-Za-z]+)\s+(?P<rest>.*)")
_VARIABLE = re.compile(r"(?P<name>\w{1,200})=(?P<value>\S+)|(?P<old>\w{1,200})\s+(?P<rest>.+)")
# public.ecr.aws/lambda/python:3.12, amazon/aws-lambda-python:3.12, python:3.12-slim
_PYTHON = re.compile(r"(?:^|[/-])python:(?P<version>3\.\d+)")
# What starts a runtime and is no handler: the last argument of these commands is.
_STARTERS = ("awslambdaric", "dayfly.runtime", "datadog_lambda.handler", "/lambda-entrypoint.sh")


@dataclass(frozen=True, slots=True)
class Image:
    """The last stage of a Dockerfile."""

    path: str
    handler: str = ""
    python: str = ""
    has_dayfly: bool = False


def settle_images(project: Project, template: Template) -> Template:
    """The template with what Dockerfiles say of its image functions."""
    functions = tuple(_settle(project, template, function) for function in template.functions)
    return dataclasses.replace(template, functions=functions)


def _settle(project: Project, template: Template, function: LambdaFunction) -> LambdaFunction:
    if not function.is_image:
        return function
    image = find_image(project, function.code or posixpath.dirname(template.path))
    if image is None:
        return function
    code = function.code if function.code is not None else posixpath.dirname(image.path)
    return dataclasses.replace(
        function,
        code=code,
        command=function.command if function.command is not None else image.handler or None,
        runtime=function.runtime or (f"python{image.python}" if image.python else None),
        has_dayfly=function.has_dayfly or image.has_dayfly,
    )


def find_image(project: Project, folder: str) -> Image | None:
    """The Dockerfile of a folder, or of the one folder below it that has one."""
    prefix = folder + "/" if folder else ""
    paths = [
        path
        for path in sorted(project.others, key=lambda one: (one.count("/"), one))
        if path.startswith(prefix) and posixpath.basename(path).lower().startswith("dockerfile")
    ]
    if not paths or (len(paths) > 1 and posixpath.dirname(paths[0]) != folder):
        return None
    content = project.read(paths[0])[:_MAX_CHARACTERS].decode("utf-8", "replace")
    return read_dockerfile(paths[0], content)


def read_dockerfile(path: str, content: str) -> Image:
    """What the last stage starts, with which Python."""
    command: list[str] = []
    entrypoint: list[str] = []
    python = ""
    has_wrapper = False
    for word, rest in _instructions(content):
        if word == "FROM":
            command, entrypoint, has_wrapper = [], [], False
            match = _PYTHON.search(rest.split(" ")[0])
            python = match["version"] if match else ""
        elif word == "CMD":
            command = _arguments(rest)
        elif word == "ENTRYPOINT":
            entrypoint = _arguments(rest)
        elif word == "ENV":
            for found in _VARIABLE.finditer(rest):
                name, value = found["name"] or found["old"], found["value"] or found["rest"]
                has_wrapper = has_wrapper or (name == WRAPPER and value.strip("\"'") == DAYFLY_WRAPPER)
    started = [*entrypoint, *command]
    has_dayfly = has_wrapper or "dayfly.runtime" in started or DAYFLY_WRAPPER in started
    last = command[-1] if command else entrypoint[-1] if entrypoint else ""
    is_handler = "." in last and last not in _STARTERS and not last.endswith((".py", ".sh", "/"))
    return Image(path, last if is_handler else "", python, has_dayfly)


def _instructions(content: str) -> Iterator[tuple[str, str]]:
    """Instructions with lines that a backslash continues put together, without comments."""
    joined = ""
    for line in content.splitlines():
        if line.lstrip().startswith("#"):
            continue
        joined += line
        if joined.rstrip().endswith("\\"):
            joined = joined.rstrip()[:-1] + " "
            continue
        match = _INSTRUCTION.match(joined)
        joined = ""
        if match is not None:
            yield match["word"].upper(), match["rest"].strip()


def _arguments(rest: str) -> list[str]:
    """The exec form's list, or the shell form's words."""
    if rest.startswith("["):
        try:
            found = json.loads(rest)
        except (ValueError, RecursionError):
            return []
        return [str(one) for one in found] if isinstance(found, list) else []
    return rest.split()
