"""Packages that came with the function."""
