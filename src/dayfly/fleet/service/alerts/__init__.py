"""Alerts: what is told to people and systems outside, once each, and what becomes of it when they do not answer."""
