"""Runs inside a process whose uses are recorded: what of its own code was reached, and which test is running."""
