"""What a container image's Dockerfile says of Dayfly, where SAM builds the image from it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dayfly.attach.templates.nodes import get, text_of
from dayfly.attach.templates.record import bare
from dayfly.attach.templates.stack import Function

_MAX_BYTES = 200_000
_STARTS_DAYFLY = re.compile(r"dayfly\.runtime|/opt/dayfly\b")
_ENTRY = re.compile(r"^[ \t]*(?:ENTRYPOINT|CMD)\b(?:[^\n\\]|\\\r?\n|\\.)*", re.MULTILINE | re.IGNORECASE)
# AWS's own images of other languages: https://gallery.ecr.aws/lambda
_OTHER = re.compile(
    r"^[ \t]*FROM\b.*\blambda/(?:nodejs|java|dotnet|ruby|provided|go)\b", re.MULTILINE | re.IGNORECASE
)
_PYTHON = re.compile(r"^[ \t]*FROM\b.*python", re.MULTILINE | re.IGNORECASE)


def dockerfile_of(function: Function) -> str:
    """The text of the Dockerfile that SAM builds the image from; "" where there is none that can be read."""
    name = text_of(get(function.resource, "Metadata", "Dockerfile"))
    context = text_of(get(function.resource, "Metadata", "DockerContext"))
    if not name or "://" in context:
        return ""
    path = Path(function.document.path).parent / context / name
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return ""


def starts_dayfly(function: Function, dockerfile: str) -> bool:
    """Whether the image's entry point is Dayfly's, by the template or by its Dockerfile."""
    entry = get(function.setting("ImageConfig"), "EntryPoint")
    if entry is not None:
        return _STARTS_DAYFLY.search(json.dumps(bare(entry))) is not None
    return any(_STARTS_DAYFLY.search(match[0]) for match in _ENTRY.finditer(dockerfile))


def is_other_language(dockerfile: str) -> bool:
    """Whether the image is certainly not Python's."""
    return _OTHER.search(dockerfile) is not None and _PYTHON.search(dockerfile) is None
