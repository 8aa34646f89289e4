"""Finds out by trying which defences a host allows, on this machine and on Lambda."""
