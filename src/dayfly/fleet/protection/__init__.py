"""What a fleet knows of each function's protection, for whoever compares it with the account."""
