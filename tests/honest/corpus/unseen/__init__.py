"""The half that nobody who works on the guard had seen when it was run: a table for each family of functions."""
