"""Handlers in the shapes of public repositories, honest and vulnerable, that measure the guard: `python -m tests.honest.corpus`."""
