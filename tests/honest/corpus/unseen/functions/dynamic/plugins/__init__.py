"""Ways to render a text."""
