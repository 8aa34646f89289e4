"""No protection, behind the same gateway and framework that others need: what those alone change and cost."""

from __future__ import annotations

from typing import ClassVar

from dayfly.lab.gauntlet.peers.peer import Peer


class Flask(Peer):
    """A Flask application behind API Gateway."""

    name: ClassVar[str] = "flask"
    title: ClassVar[str] = "Flask behind API Gateway, no protection"
    requirements: ClassVar[str] = "flask"
    packages: ClassVar[tuple[str, ...]] = ("flask", "apig-wsgi")
    programs: ClassVar[tuple[str, ...]] = ("peer_flask",)
    entry: ClassVar[str] = "peer_flask.handler"
