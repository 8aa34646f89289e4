"""Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.model import Template


def read_terraform(project: Project, folder: str, paths: Sequence[str]) -> Template | None:
    return None
