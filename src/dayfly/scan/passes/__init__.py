"""Runs the families over files, handlers and the whole: bounded, in processes, and not twice for the same content."""
