"""Serverless."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.model import Note
    from dayfly.scan.source.project import Project
    from dayfly.scan.template.model import Template
    from dayfly.scan.template.nodes import MappingNode, Node


def is_serverless(node: Node, *, is_named: bool) -> bool:
    return False


def read_serverless(project: Project, path: str, root: MappingNode, notes: list[Note]) -> Template:
    raise NotImplementedError
