"""Builds projects in memory for the tests of dependencies."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from typing import TYPE_CHECKING

from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle

if TYPE_CHECKING:
    from collections.abc import Mapping


def project_of(files: Mapping[str, str | bytes]) -> Project:
    """A project of these files, settled as one that was read from disk."""
    project = Project("function")
    for path, content in files.items():
        project.add(path, content.encode() if isinstance(content, str) else content, DEFAULT_LIMITS)
    settle(project)
    return project


def installed(
    name: str, version: str, files: Mapping[str, str | bytes], *, root: str = ""
) -> dict[str, str | bytes]:
    """The files of a distribution as an installer leaves them: with METADATA and a RECORD of their hashes."""
    folder = f"{root}{name.replace('-', '_')}-{version}.dist-info"
    found: dict[str, str | bytes] = {f"{root}{path}": content for path, content in files.items()}
    found[f"{folder}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n"
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for path, content in found.items():
        data = content.encode() if isinstance(content, str) else content
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow([path.removeprefix(root), f"sha256={digest}", len(data)])
    writer.writerow([f"{folder}/RECORD".removeprefix(root), "", ""])
    found[f"{folder}/RECORD"] = rows.getvalue()
    return found
