"""Puts a scan together: read, find the functions, run the families, sort what they say."""
