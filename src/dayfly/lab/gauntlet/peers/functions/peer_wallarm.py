"""Wallarm's middleware around a Flask application."""

import os

from peer_flask import application, handler  # noqa: F401
from wallarmrasp.wallarmrasp import WallarmRASPMiddleware

application.wsgi_app = WallarmRASPMiddleware(
    application.wsgi_app,
    "block",
    host=os.environ.get("WALLARM_RASP_HOST", "127.0.0.1"),
    port=os.environ.get("WALLARM_RASP_PORT", "8989"),
)
