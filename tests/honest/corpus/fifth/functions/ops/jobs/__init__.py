"""Jobs of the function."""
