"""Function URLs: an HTTP endpoint for a function or one of its aliases."""
