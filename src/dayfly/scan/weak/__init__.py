"""What can be guessed, broken or taken: weak randomness, hashes, ciphers and cookies, one file at a time."""
