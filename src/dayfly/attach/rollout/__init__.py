"""From observe to block and back: what a function is promoted to, by which change, and what undoes it."""
