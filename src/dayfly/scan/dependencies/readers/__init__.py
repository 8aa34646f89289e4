"""Readers of the files that name requirements, one format or family of formats each."""
