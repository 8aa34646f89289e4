"""Reads functions out of Terraform's files, one folder at a time."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.template.draft import referred
from dayfly.scan.template.model import (
    Default,
    Template,
    Unresolved,
)
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    known,
    text,
)
from dayfly.scan.template.terraform_policies import (
    policy_documents,
    read_grants,
    read_resource_policies,
)
from dayfly.scan.template.terraform_registry import (
    REGISTRY_MODULE,
    read_registry_module,
    read_registry_triggers,
)
from dayfly.scan.template.terraform_settings import read_settings
from dayfly.scan.template.terraform_syntax import Block, literal, place_of_default, read_blocks
from dayfly.scan.template.terraform_values import Module
from dayfly.scan.template.terraform_wiring import Infrastructure, wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.roles import Grants

_LAYER = re.compile(r"\$\{(data\.aws_lambda_layer_version\.[\w-]+)\.(?:arn|layer_arn)\}")
_MAX_INSTANCES = 200  # of one `for_each`; more are judged as one
_MAX_CALLS = 8  # modules that call modules


def read_terraform(project: Project, folders: Mapping[str, Sequence[str]]) -> list[Template]:
    """A template for each folder with functions; `folders` has the files of each.

    A folder that exactly one other calls as a module gets that one's arguments for its variables.
    """
    blocks = {
        folder: [block for path in paths for block in _blocks(project, path)]
        for folder, paths in folders.items()
    }
    arguments: dict[str, dict[str, Node]] = {}
    callers: dict[str, int] = {}
    modules: dict[str, Module] = {}
    for folder in _callers_first(blocks):
        module = Module(
            project, folder, blocks[folder], arguments.get(folder) if callers.get(folder) == 1 else None
        )
        modules[folder] = module
        module.document = policy_documents(module)
        for block in blocks[folder]:
            target = _local_source(folder, block)
            if target in blocks and target not in modules:
                callers[target] = callers.get(target, 0) + 1
                passed = module.mapping(block.body, block.place.path)
                arguments[target] = dict(passed.entries)
    found = []
    for folder in sorted(modules):
        try:
            template = _read_module(project, modules[folder], folders[folder][0])
        except RecursionError:
            note = Note(NoteKind.BOUNDED, "is nested too deeply to be read", Place(folders[folder][0]))
            project.notes.append(note)
            continue
        if template is not None:
            found.append(template)
    return found


def _blocks(project: Project, path: str) -> list[Block]:
    content = project.read_text(path)
    if content is None:
        return []
    try:
        return read_blocks(content, path, project.notes)
    except RecursionError:
        project.notes.append(Note(NoteKind.BOUNDED, "is nested too deeply to be read", Place(path)))
        return []


def _local_source(folder: str, block: Block) -> str:
    """The folder that a module block calls; "-" where it is none of the project."""
    if block.type != "module" or "source" not in block.body.attributes:
        return "-"
    source = literal(block.body.attributes["source"])
    if not source.startswith("."):
        return "-"
    joined = posixpath.normpath(posixpath.join(folder, source))
    return "" if joined == "." else joined


def _callers_first(blocks: Mapping[str, list[Block]]) -> list[str]:
    """The folders, each after those that call it; circles end after a few rounds."""
    rank = dict.fromkeys(sorted(blocks), 0)
    for _ in range(_MAX_CALLS):
        for folder in rank:
            for block in blocks[folder]:
                target = _local_source(folder, block)
                if target in rank and rank[target] <= rank[folder] < _MAX_CALLS:
                    rank[target] = rank[folder] + 1
    return sorted(rank, key=lambda folder: (rank[folder], folder))


def _read_module(project: Project, module: Module, path: str) -> Template | None:
    infrastructure = Infrastructure(path)
    for block in module.blocks:
        if block.type in ("resource", "data") and len(block.labels) == 2:
            kind, name = block.labels
            properties = module.mapping(block.body, block.place.path)
            if text(properties.get("count")) == "0":
                continue
            prefix = "data." if block.type == "data" else ""
            infrastructure.add(f"{prefix}{kind}.{name}", kind, properties, block.place)
    grants = read_grants(infrastructure)
    archives = {
        address.removeprefix("data."): one.properties
        for address, one in infrastructure.resources.items()
        if one.type == "archive_file"
    }
    for block in module.blocks:
        if (
            block.type == "resource"
            and block.labels[:1] == ("aws_lambda_function",)
            and len(block.labels) == 2
        ):
            _add_functions(module, infrastructure, block, grants, archives)
    for block in module.blocks:
        if block.type == "module" and block.labels:
            _read_call(project, module, infrastructure, block, path, archives)
    if not infrastructure.drafts and not infrastructure.resources:
        return None
    wire(infrastructure)
    return Template(
        path=path,
        kind="Terraform",
        functions=tuple(draft.finish() for draft in infrastructure.drafts.values()),
        resources={name: one.type for name, one in infrastructure.resources.items()},
        resource_policies=read_resource_policies(infrastructure),
        defaults={
            block.labels[0]: Default(value, place_of_default(block))
            for block in module.blocks
            if block.type == "variable"
            and len(block.labels) == 1
            and (value := literal(block.body.attributes.get("default")))
        },
        redriven=frozenset(
            name
            for name, one in infrastructure.resources.items()
            if one.type == "aws_sqs_queue" and one.properties.get("redrive_policy") is not None
        )
        | _redriven_apart(infrastructure),
    )


def _add_functions(
    module: Module,
    infrastructure: Infrastructure,
    block: Block,
    grants: Mapping[str, Grants],
    archives: Mapping[str, MappingNode],
) -> None:
    """One function, or one for each element of a `for_each` that is known."""
    address = ".".join(block.labels)
    if address not in infrastructure.resources:
        return
    whole = infrastructure.resources[address].properties
    for key, properties in _instances(module, block, whole):
        draft = read_settings(address, infrastructure.path, properties, block.place, archives)
        if key:
            draft.name = f"{draft.name}[{key}]"
        draft.layers = [(_named_layer(infrastructure, layer), place) for layer, place in draft.layers]
        role = properties.get("role")
        draft.role = text(role)
        found = [grants[name] for name in sorted(referred(draft.role)) if name in grants]
        for grant in found:
            grant.add_to(draft)
        if role is not None and not found:
            draft.unresolved_policies.append(Unresolved(draft.role or "a role", role.place))
        infrastructure.add_function(address, draft, text(properties.get("function_name")), key=key)


def _named_layer(infrastructure: Infrastructure, layer: str | Unresolved) -> str | Unresolved:
    """What a data source without a version stands for: whichever version of the layer was published last."""
    match = _LAYER.fullmatch(layer.expression) if isinstance(layer, Unresolved) else None
    source = infrastructure.resources.get(match[1]) if match is not None else None
    if source is None or source.properties.get("version") is not None or isinstance(layer, str):
        return layer
    name = text(source.properties.get("layer_name"))
    if name.startswith("arn:"):
        return name
    return Unresolved("arn:${partition}:lambda:${region}:${account}:layer:" + name, layer.place)


def _instances(module: Module, block: Block, whole: MappingNode) -> Iterator[tuple[str, MappingNode]]:
    each = whole.get("for_each")
    pairs: list[tuple[str, Node]] = []
    if isinstance(each, MappingNode):
        pairs = list(each.entries.items())
    elif isinstance(each, SequenceNode):
        pairs = [(one.text, one) for one in each.items if isinstance(one, ScalarNode) and one.is_known]
    if not 0 < len(pairs) <= _MAX_INSTANCES:
        yield "", whole
        return
    for key, value in pairs:
        scope = {"each": MappingNode(block.place, {"key": known(block.place, key), "value": value})}
        yield key, module.mapping(block.body, block.place.path, scope=scope)


def _redriven_apart(infrastructure: Infrastructure) -> frozenset[str]:
    return frozenset(
        name
        for one in infrastructure.resources.values()
        if one.type == "aws_sqs_queue_redrive_policy"
        for name in referred(text(one.properties.get("queue_url")))
    )


def _read_call(
    project: Project,
    module: Module,
    infrastructure: Infrastructure,
    block: Block,
    path: str,
    archives: Mapping[str, MappingNode],
) -> None:
    """A call of the registry's module for functions; other modules of elsewhere are noted."""
    properties = module.mapping(block.body, block.place.path)
    source = text(properties.get("source"))
    address = f"module.{block.labels[0]}"
    if source.startswith("."):
        return
    if not source.removeprefix("registry.terraform.io/").startswith(REGISTRY_MODULE):
        if "lambda" in source.lower() or properties.get("handler") is not None:
            project.notes.append(
                Note(
                    NoteKind.NOT_RESOLVED,
                    f"the module {source[:120] or block.labels[0]} was not read: its resources are unknown",
                    block.place,
                    "give the handler with --handler",
                )
            )
        return
    if text(properties.get("create_function")) == "false" or text(properties.get("create")) == "false":
        return
    draft = read_registry_module(block.labels[0], path, properties, block.place)
    read_registry_triggers(draft, properties, infrastructure.types)
    infrastructure.add(address, "module", properties, block.place)
    infrastructure.add_function(address, draft, text(properties.get("function_name")))
