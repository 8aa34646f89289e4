"""Zen by Aikido on a Flask application: `protect()` before anything else is imported."""

import aikido_zen

aikido_zen.protect()

from peer_flask import handler  # noqa: E402, F401
