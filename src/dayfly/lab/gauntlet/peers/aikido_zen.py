"""Zen by Aikido, on a Flask application.

Its README lists frameworks, Flask among them, and no Lambda handler; `aikido_zen.aws_lambda.protect` of the measured
version returns the handler it is given. `AIKIDO_BLOCK` makes it refuse; a token is for reports to Aikido's service.
https://pypi.org/project/aikido_zen/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.peers.peer import Peer
from dayfly.lab.gauntlet.protection import Sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.lab.model import LogLine

_REFUSED = "Zen has blocked "


class AikidoZen(Peer):
    """Zen in blocking mode."""

    name: ClassVar[str] = "aikido-zen"
    title: ClassVar[str] = "Zen by Aikido on Flask, blocking"
    requirements: ClassVar[str] = "aikido-zen"
    packages: ClassVar[tuple[str, ...]] = ("aikido-zen",)
    programs: ClassVar[tuple[str, ...]] = ("peer_flask", "peer_aikido_zen")
    entry: ClassVar[str] = "peer_aikido_zen.handler"
    variables: ClassVar[Mapping[str, str]] = {"AIKIDO_BLOCK": "true"}

    def read_line(self, line: LogLine) -> Sign | None:
        if line.source == "platform" or _REFUSED not in line.text:
            return None
        return Sign("refused", line.text.partition(_REFUSED)[2][:40])
