"""The table of checks of every family: data alone."""
