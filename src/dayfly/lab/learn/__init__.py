"""Runs a function or its tests with the recorder on, and returns what they were seen to use."""
