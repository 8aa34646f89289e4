"""BlueRock's sensor, which starts the runtime: it writes what is imported to files and refuses nothing.

Its free version watches imports and MCP servers. Its files lie in the environment, where nobody outside reads them: what it
writes is no sign here. https://pypi.org/project/bluerock/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dayfly.lab.model import FunctionConfig

_SETTINGS = {"enable": True, "mcp": True, "imports": True}


class BlueRock(Peer):
    """The sensor around awslambdaric."""

    name: ClassVar[str] = "bluerock"
    title: ClassVar[str] = "BlueRock's import sensor"
    requirements: ClassVar[str] = "bluerock"
    packages: ClassVar[tuple[str, ...]] = ("bluerock", "bluerock-oss")
    programs: ClassVar[tuple[str, ...]] = ("peer_bare",)
    entry: ClassVar[str] = "peer_bare.handler"
    is_behind_gateway: ClassVar[bool] = False
    variables: ClassVar[Mapping[str, str]] = {"HOME": "/tmp"}
    wrapper: ClassVar[str] = 'exec "$1" -m bluerock --oss --cfg-dir "$LAMBDA_TASK_ROOT" "$2"'

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        (folder / "bluerock-oss.json").write_text(json.dumps(_SETTINGS))
        return super().prepare(function, isolation, folder)
