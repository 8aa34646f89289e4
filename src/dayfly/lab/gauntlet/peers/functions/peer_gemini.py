"""gemini_self_protector on a Flask application."""

from gemini_self_protector import GeminiManager
from peer_flask import application, handler  # noqa: F401

GeminiManager(application)
