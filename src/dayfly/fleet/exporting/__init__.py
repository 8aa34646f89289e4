"""Carries findings out of the store, in the files that other systems take."""
