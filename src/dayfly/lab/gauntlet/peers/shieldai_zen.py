"""ShieldAI Zen, middleware for Flask, in its blocking mode; a token is for reports to its maker's service.

https://pypi.org/project/shieldai-zen/
"""

from __future__ import annotations

from typing import ClassVar

from dayfly.lab.gauntlet.peers.peer import Peer


class ShieldAiZen(Peer):
    """The middleware in blocking mode."""

    name: ClassVar[str] = "shieldai-zen"
    title: ClassVar[str] = "ShieldAI Zen on Flask, blocking"
    requirements: ClassVar[str] = "shieldai-zen"
    packages: ClassVar[tuple[str, ...]] = ("shieldai-zen",)
    programs: ClassVar[tuple[str, ...]] = ("peer_flask", "peer_shieldai_zen")
    entry: ClassVar[str] = "peer_shieldai_zen.handler"
