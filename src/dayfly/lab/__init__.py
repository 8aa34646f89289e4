"""A Lambda emulator without Docker, and the attacks it shows alive and dead."""
