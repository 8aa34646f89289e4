"""Settings of one function as Terraform has them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import Draft, code_path
from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    entries,
    integer,
    is_unknown,
    items,
    string,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Place


def read_settings(
    address: str, path: str, properties: MappingNode, place: Place, archives: Mapping[str, MappingNode]
) -> Draft:
    """A function of these properties; `archives` are the archive_file data sources by name."""
    draft = Draft(address.rpartition(".")[2], place)
    draft.handler = string(properties.get("handler")) or ""
    draft.runtime = string(properties.get("runtime"))
    draft.is_image = (
        text(properties.get("package_type")) == "Image" or properties.get("image_uri") is not None
    )
    draft.timeout = integer(properties.get("timeout"))
    draft.memory = integer(properties.get("memory_size"))
    draft.reserved_concurrency = integer(properties.get("reserved_concurrent_executions"))
    draft.layers = [(string(node) or "", node.place) for node in items(properties.get("layers"))]
    draft.has_dead_letter = properties.get("dead_letter_config") is not None
    draft.is_snapstart = any(
        text(one.get("apply_on")) == "PublishedVersions" for one in _blocks_of(properties, "snap_start")
    )
    for one in _blocks_of(properties, "image_config"):
        draft.command = string(next(iter(items(one.get("command"))), None))
    for one in _blocks_of(properties, "environment"):
        draft.set_environment(
            (name, string(node), node.place) for name, node in entries(one.get("variables"))
        )
    draft.code = _code(place.path, properties.get("filename"), archives)
    take_places(draft, properties, handler="handler", runtime="runtime", timeout="timeout",
                 reserved_concurrency="reserved_concurrent_executions", environment="environment",
                 layers="layers", code="filename", role="role")  # fmt: skip
    return draft


def take_places(draft: Draft, properties: MappingNode, **settings: str) -> None:
    """Remember where settings stand: our word for one to the key."""
    for setting, key in settings.items():
        if key in properties.keys:
            draft.places[setting] = properties.keys[key]


def _blocks_of(properties: MappingNode, kind: str) -> list[MappingNode]:
    return [one for one in items(properties.get(kind)) if isinstance(one, MappingNode)]


def _code(path: str, filename: Node | None, archives: Mapping[str, MappingNode]) -> str | None:
    """Where a package's code is: what an archive_file packs, or the file itself."""
    written = text(filename)
    if not written:
        return None
    for name, archive in archives.items():
        if f"archive_file.{name.rpartition('.')[2]}." in written or written == text(
            archive.get("output_path")
        ):
            source = archive.get("source_dir")
            if source is not None:
                return None if is_unknown(source) else code_path(path, text(source))
            file = archive.get("source_file")
            if file is not None and not is_unknown(file):
                return code_path(path, posixpath.dirname(text(file)) or ".")
            return None
    return None if is_unknown(filename) else code_path(path, written)
