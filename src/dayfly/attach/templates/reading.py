"""Reads a template from a file and finds out which tool's it is."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from dayfly.attach.templates.cloudformation import CloudFormationTemplate, is_cloudformation
from dayfly.attach.templates.json_text import read_json
from dayfly.attach.templates.model import Template, TemplateError
from dayfly.attach.templates.nodes import Document
from dayfly.attach.templates.serverless import ServerlessTemplate, is_serverless
from dayfly.attach.templates.terraform_reading import is_terraform, parse_terraform, read_terraform
from dayfly.attach.templates.yaml_text import read_yaml

# CloudFormation takes 1 MB: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_BYTES = 4_000_000


_CODE = frozenset({".ts", ".js", ".mjs", ".cjs", ".py"})
_WRITE_IT = (
    "add to it: provider.layers: [{ Ref: 'DayflyLambdaLayer' }], provider.environment: { "
    "AWS_LAMBDA_EXEC_WRAPPER: '/opt/dayfly' }, layers: { dayfly: { package: { artifact: "
    "'dayfly-layer.zip' } } }, and create that file: dayfly layer build --python 3.12"
)


def read(path: Path) -> Template:
    """The template in a file; raises TemplateError, with the line where there is one, for what is none."""
    if path.suffix in _CODE:
        raise TemplateError(
            f"{path} is a program, which attach cannot edit",
            hint=_WRITE_IT if path.stem.startswith("serverless") else "give the template that it generates",
        )
    template = parse(read_text(path), str(path))
    if isinstance(template, CloudFormationTemplate):
        template.load_images()
    return template


def read_all(paths: Sequence[Path]) -> list[Template]:
    """The templates of files, and of folders with Terraform's; files of one folder of Terraform's count for each other.

    Raises TemplateError as `read` does.
    """
    found: list[Template] = []
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        if is_terraform(path):
            folders.setdefault(path if path.is_dir() else path.parent, []).append(path)
        else:
            found.append(read(path))
    for together in folders.values():
        found += read_terraform(together, read_text)
    return found


def read_text(path: Path) -> str:
    """A template's text with its line ends and byte order mark as they are."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise TemplateError(f"{path} is not a file", hint="give a template")
        if status.st_size > MAX_BYTES:
            raise TemplateError(
                f"{path} has {status.st_size:,} bytes; the limit is {MAX_BYTES:,}",
                hint="CloudFormation allows 1 MB: split it",
            )
        data = path.read_bytes()
    except OSError as error:
        raise TemplateError(f"{path} cannot be read: {error.strerror}", hint="give a template") from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TemplateError(f"{path}:{line} is not UTF-8", hint="save it as UTF-8") from error
    lone = text.replace("\r\n", "\n").find("\r")
    if lone >= 0:
        line = text.replace("\r\n", "\n").count("\n", 0, lone) + 1
        raise TemplateError(f"{path}:{line} has a carriage return within a line", hint="use LF line endings")
    return text


def parse(text: str, path: str) -> Template:
    """The template that a text is; `path` names it in messages and tells JSON from YAML."""
    if path.endswith((".tf", ".tf.json")):
        return parse_terraform(text, path)
    try:
        document = _document(text, path)
        if is_cloudformation(document):
            return CloudFormationTemplate(document)
        if is_serverless(document):
            return ServerlessTemplate(document, _loader(Path(path).parent))
    except RecursionError as error:
        raise TemplateError(f"{path} is nested too deeply", hint="nothing was changed") from error
    raise TemplateError(
        f"{path} is not a SAM, CloudFormation, Serverless or Terraform template",
        hint="give the template that you deploy",
    )


def _document(text: str, path: str) -> Document:
    """JSON where the text says so, whatever the file's name: YAML's parser takes no tabs, and what it takes is flow."""
    if text.lstrip("\ufeff \t\r\n")[:1] != "{":
        return read_yaml(text, path)
    try:
        return read_json(text, path)
    except TemplateError:
        if path.endswith((".json", ".template")):
            raise
        return read_yaml(text, path)


def _loader(folder: Path) -> Callable[[str], Document | None]:
    """Reads YAML and JSON files that a service names, as far as they can be read."""

    def load(name: str) -> Document | None:
        path = folder / name
        if path.suffix not in (".yml", ".yaml", ".json"):
            return None
        try:
            text = read_text(path)
            return read_json(text, str(path)) if path.suffix == ".json" else read_yaml(text, str(path))
        except (TemplateError, ValueError):
            # What needs it is a gap.
            return None

    return load
