"""Sqreen on a Flask application."""

import sqreen

sqreen.start()

from peer_flask import handler  # noqa: E402, F401
