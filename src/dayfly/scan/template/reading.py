"""Finds the templates of a project and reads them; what cannot be read goes to the project's notes."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.template.cloudformation import is_cloudformation, read_cloudformation
from dayfly.scan.template.documents import read_documents
from dayfly.scan.template.images import settle_images
from dayfly.scan.template.nodes import MappingNode
from dayfly.scan.template.serverless import is_serverless, read_serverless

if TYPE_CHECKING:
    from dayfly.scan.source.project import Project
    from dayfly.scan.template.model import Template

_DOCUMENTS = (".yaml", ".yml", ".json", ".template")
_TERRAFORM = (".tf", ".tf.json", ".tofu")
_MARKS = re.compile(rb"AWS::|AWSTemplateFormatVersion")
_SERVERLESS_NAME = re.compile(r"serverless(?:[.-][\w.-]+)?\.(?:ya?ml|json)$")
_SERVERLESS_KEYS = re.compile(rb"^provider\s*:", re.MULTILINE)
# Programs that make a template when they run.
_PROGRAMS = {
    "serverless.ts": "scan the output of `serverless print --format yaml`",
    "serverless.js": "scan the output of `serverless print --format yaml`",
    "cdk.json": "run `cdk synth` and scan `cdk.out`",
    "Pulumi.yaml": "scan the functions' folder with --handler",
}
_NOT_TEMPLATES = ("site-packages/", "dist-packages/", "node_modules/")


def read_templates(project: Project) -> tuple[Template, ...]:
    """Every SAM, CloudFormation, Serverless Framework and Terraform template of the project, by path.

    Nothing is fetched, run or evaluated. A file that is broken, too large or only readable by running it is
    noted in `project.notes`.
    """
    found: list[Template] = []
    modules: dict[str, list[str]] = {}
    for path in sorted(project.others):
        if any(part in path for part in _NOT_TEMPLATES):
            continue
        name = posixpath.basename(path)
        if path.endswith(_TERRAFORM):
            modules.setdefault(posixpath.dirname(path), []).append(path)
        elif name in _PROGRAMS:
            _note_program(project, path, name)
        elif path.endswith(_DOCUMENTS):
            found.extend(_read_file(project, path, name))
    if modules:
        # python-hcl2 and its parser take longer to import than most projects to read.
        from dayfly.scan.template.terraform import read_terraform

        found.extend(read_terraform(project, modules))
    for template in found:
        for path, place in template.nested.items():
            if path not in project.others:
                message = f"the nested template {path} is not in the project: it was not read"
                project.notes.append(Note(NoteKind.NOT_CHECKED, message, place, "scan it, too"))
    settled = [settle_images(project, template) for template in found]
    return tuple(sorted(settled, key=lambda template: template.path))


def _read_file(project: Project, path: str, name: str) -> list[Template]:
    data = project.read(path)
    is_named = _SERVERLESS_NAME.match(name) is not None
    if not (is_named or _MARKS.search(data) or (_SERVERLESS_KEYS.search(data) and b"functions" in data)):
        return []
    text = project.read_text(path)
    if text is None:
        return []
    documents = read_documents(text, path)
    found: list[Template] = []
    is_template = is_named
    try:
        for node in documents.nodes:
            if is_cloudformation(node) and isinstance(node, MappingNode):
                is_template = True
                found.append(read_cloudformation(path, node, documents.notes))
            elif is_serverless(node, is_named=is_named) and isinstance(node, MappingNode):
                is_template = True
                found.append(read_serverless(project, path, node, documents.notes))
    except RecursionError:
        documents.notes.append(Note(NoteKind.BOUNDED, "is nested too deeply to be read", Place(path)))
    # A broken file that merely mentions AWS:: may be no template at all, but it may be one as well: it is named.
    if is_template or not documents.nodes:
        project.notes.extend(documents.notes)
    return found


def _note_program(project: Project, path: str, name: str) -> None:
    project.notes.append(
        Note(
            NoteKind.NOT_CHECKED,
            "describes its functions in a program, which scan does not run",
            Place(path),
            _PROGRAMS[name],
        )
    )
