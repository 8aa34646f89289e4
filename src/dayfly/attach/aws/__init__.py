"""Speaks to AWS for every command that attaches, looks, recycles or takes off: calls, accounts, what a function is."""
