"""Honest functions and what they are sent."""
