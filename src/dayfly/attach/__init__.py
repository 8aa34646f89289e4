"""Puts Dayfly on a function: builds the layer; `enter` and `files/` are what the layer itself starts with."""
