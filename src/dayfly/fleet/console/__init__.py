"""The web console: what the store knows, as pages that say what to do next."""
