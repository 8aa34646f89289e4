"""What of an account is protected, and why something is not."""
