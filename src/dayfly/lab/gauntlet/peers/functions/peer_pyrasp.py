"""PyRASP on a Flask application, with its default settings."""

from peer_flask import application, handler  # noqa: F401
from pyrasp.flaskrasp import FlaskRASP

FlaskRASP(application)
