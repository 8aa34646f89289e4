"""Has no handler."""
