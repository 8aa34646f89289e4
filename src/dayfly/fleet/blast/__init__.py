"""Affected requests: the requests after a compromise, with exposure levels, as figures and as a list."""
