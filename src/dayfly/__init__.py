"""Dayfly makes AWS Lambda functions written in Python really ephemeral, and proves it."""

__version__ = "0.1.0"
