"""What comes in, line by line: what it is, whose it is, whether it may be believed."""
