"""ShieldAI Zen on a Flask application."""

from peer_flask import application, handler  # noqa: F401
from shieldai_zen import FlaskZen

FlaskZen(application, mode="block")
