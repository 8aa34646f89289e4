"""Plugins of the assistant."""
