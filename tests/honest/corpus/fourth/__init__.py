"""A fourth set, smaller, of other themes: a table for each family of functions."""
