"""Advisories in the OSV format: what they say, which versions they mean, and where they are read from."""
