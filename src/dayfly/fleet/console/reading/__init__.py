"""Read models: SQL of this package into frozen values that the pages show."""
