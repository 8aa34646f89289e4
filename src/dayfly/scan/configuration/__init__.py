"""Secrets in code and configuration, and settings of a function that leave a door open."""
