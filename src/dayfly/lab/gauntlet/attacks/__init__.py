"""The catalogue: one file per technique, which says what it does and how anybody sees whether it worked."""
